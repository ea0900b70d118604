package domain

// The commerce family: what the relationship is worth.

// OrderWon is an order the customer placed.
type OrderWon struct {
	Order      ID     `json:"order"`
	ValueMinor int64  `json:"value_minor" min:"0" doc:"value in the currency's minor unit"`
	Currency   string `json:"currency" format:"currency"`
}

func (OrderWon) EventType() Type { return "order.won" }

var commerceEvents = []Entry{
	define[OrderWon]("The customer placed an order."),
}
