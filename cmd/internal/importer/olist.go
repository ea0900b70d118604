package importer

import (
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

const (
	olistLayout = "2006-01-02 15:04:05"
	olistSource = "olist"
	// farLimit is how long after the purchase a hand-over limit is still believed; a
	// few lie years in the future.
	farLimit = 180 * 24 * time.Hour
)

// olist gathers what the files say before it is told as events.
type olist struct {
	zone      *time.Location
	set       Set
	customers map[string]string
	parts     map[string][]*olistPart // by order
	first     map[string]time.Time    // a seller's first order
	// biased and incredible count what was kept from the evidence.
	biased, incredible int
}

// olistPart is one seller's share of an order.
type olistPart struct {
	seller string
	limit  time.Time
	price  float64
}

type olistOrder struct {
	id, customer, status                    string
	purchased, approved, carrier, delivered time.Time
	due                                     time.Time
	biased                                  bool
}

// Olist reads the Olist marketplace from the directory: orders.csv, order_items.csv,
// order_reviews.csv, customers.csv and sellers.csv. The seller is the account.
//
// Orders marked biased_only are over-represented in the data. They are kept as
// touchpoints (the order, the customer's words) and give no evidence.
func Olist(dir fs.FS) (Set, error) {
	zone, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		return Set{}, err
	}
	o := &olist{zone: zone, customers: map[string]string{}, parts: map[string][]*olistPart{}, first: map[string]time.Time{}}
	biased := map[string]bool{}
	customerOf := map[string]string{}
	steps := []func() error{
		func() error {
			return table(dir, "customers.csv", func(get func(string) string) error {
				o.customers[get("customer_id")] = get("customer_unique_id")
				return nil
			})
		},
		func() error { return table(dir, "order_items.csv", o.item) },
		func() error {
			return table(dir, "orders.csv", func(get func(string) string) error {
				order, err := o.order(get)
				if err != nil {
					return err
				}
				if order.biased {
					biased[order.id] = true
					o.biased++
				}
				customerOf[order.id] = o.customers[order.customer]
				for _, part := range o.parts[order.id] {
					o.tell(order, part)
				}
				return nil
			})
		},
		func() error {
			return table(dir, "order_reviews.csv", func(get func(string) string) error {
				return o.review(get, biased[get("order_id")], domain.ID(customerOf[get("order_id")]))
			})
		},
		func() error { return table(dir, "sellers.csv", o.seller) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return Set{}, err
		}
	}
	o.set.note(o.biased, "orders are over-represented in the source (biased_only): kept as touchpoints, without evidence")
	o.set.note(o.incredible, "hand-over limits lie before the purchase or absurdly far after it: no commitment recorded")
	o.set.sort()
	return o.set, nil
}

func (o *olist) add(seller, id string, at time.Time, data domain.Event) {
	o.set.Events = append(o.set.Events, domain.Envelope{
		Source: olistSource, ID: id, Account: domain.AccountID(seller), OccurredAt: at, Data: data,
	})
}

func (o *olist) item(get func(string) string) error {
	limit, err := local(olistLayout, get("shipping_limit_date"), o.zone)
	if err != nil {
		return err
	}
	price, err := strconv.ParseFloat(get("price"), 64)
	if err != nil {
		return err
	}
	order, seller := get("order_id"), get("seller_id")
	i := slices.IndexFunc(o.parts[order], func(p *olistPart) bool { return p.seller == seller })
	if i < 0 {
		o.parts[order] = append(o.parts[order], &olistPart{seller: seller, limit: limit, price: price})
		return nil
	}
	part := o.parts[order][i]
	part.price += price
	if limit.After(part.limit) {
		part.limit = limit
	}
	return nil
}

func (o *olist) order(get func(string) string) (olistOrder, error) {
	order := olistOrder{
		id: get("order_id"), customer: get("customer_id"), status: get("order_status"), biased: get("biased_only") == "True",
	}
	for column, at := range map[string]*time.Time{
		"order_purchase_timestamp": &order.purchased, "order_approved_at": &order.approved,
		"order_delivered_carrier_date": &order.carrier, "order_delivered_customer_date": &order.delivered,
	} {
		var err error
		if *at, err = local(olistLayout, get(column), o.zone); err != nil {
			return order, fmt.Errorf("%s: %w", column, err)
		}
	}
	estimated, _, _ := strings.Cut(get("order_estimated_delivery_date"), " ")
	promised, err := local(time.DateOnly, estimated, o.zone)
	if err != nil {
		return order, fmt.Errorf("order_estimated_delivery_date: %w", err)
	}
	if !promised.IsZero() {
		order.due = promised.In(o.zone).AddDate(0, 0, 1).Add(-time.Second).UTC()
	}
	return order, nil
}

// short is enough of a seller's id to tell sellers of one order apart.
func short(seller string) string { return seller[:min(len(seller), 8)] }

// tell writes down what an order was to one seller.
func (o *olist) tell(order olistOrder, part *olistPart) {
	if first, ok := o.first[part.seller]; !ok || order.purchased.Before(first) {
		o.first[part.seller] = order.purchased
	}
	name := func(what string) string { return order.id + "/" + short(part.seller) + "/" + what }
	o.add(part.seller, name("order"), order.purchased, domain.OrderWon{
		Order: domain.ID(order.id), ValueMinor: int64(math.Round(part.price * 100)), Currency: "BRL",
	})
	if order.biased {
		return
	}
	o.delivery(order, part, name)
	o.handOver(order, part, name)
}

func (o *olist) delivery(order olistOrder, part *olistPart, name func(string) string) {
	if order.due.IsZero() {
		return
	}
	line := domain.ID(order.id)
	o.add(part.seller, name("promised"), order.purchased, domain.DeliveryPromised{
		Line: line, Order: line, Basis: "first_confirmed", PromisedAt: order.due,
	})
	// A cancelled order is no longer expected; everything else that did not come is late.
	late := order.delivered.After(order.due) || order.delivered.IsZero() && order.status != "canceled"
	if late {
		o.add(part.seller, name("missed"), order.due, domain.DeliveryMissed{Line: line})
	}
	if !order.delivered.IsZero() {
		o.add(part.seller, name("made"), order.delivered, domain.DeliveryMade{Line: line, DeliveredAt: order.delivered})
	}
}

// handOver is the seller's promise to bring the parcel to the carrier in time.
func (o *olist) handOver(order olistOrder, part *olistPart, name func(string) string) {
	if part.limit.After(order.purchased.Add(farLimit)) || part.limit.Before(order.purchased) {
		o.incredible++
		return
	}
	// Some parcels left, by the data, before they were bought.
	handedOver := order.carrier
	if !handedOver.IsZero() && handedOver.Before(order.purchased) {
		handedOver = order.purchased
	}
	commitment := domain.ID("handover/" + order.id)
	o.add(part.seller, name("handover"), order.purchased, domain.CommitmentMade{
		Commitment: commitment, Statement: "Hand the parcel over to the carrier", DueAt: part.limit, KnownToCustomer: false,
	})
	switch {
	case !handedOver.IsZero() && !handedOver.After(part.limit):
		o.add(part.seller, name("handover-kept"), handedOver, domain.CommitmentKept{Commitment: commitment})
	case order.status == "canceled" && handedOver.IsZero():
		o.add(part.seller, name("handover-released"), part.limit, domain.CommitmentReleased{Commitment: commitment, Reason: "order cancelled"})
	default:
		o.add(part.seller, name("handover-broken"), part.limit, domain.CommitmentBroken{Commitment: commitment})
	}
}

// review is the survey the marketplace sent after the delivery, or after the date
// promised for it. It speaks of every seller of the order.
func (o *olist) review(get func(string) string, biased bool, customer domain.ID) error {
	// Every creation time is midnight, and some rows have the date alone.
	created, _, _ := strings.Cut(get("review_creation_date"), " ")
	sent, err := local(time.DateOnly, created, o.zone)
	if err != nil {
		return err
	}
	answered, err := local(olistLayout, get("review_answer_timestamp"), o.zone)
	if err != nil {
		return err
	}
	score, err := strconv.ParseFloat(get("review_score"), 64)
	if err != nil {
		return err
	}
	words := strings.TrimSpace(get("review_comment_title") + "\n" + get("review_comment_message"))
	order := get("order_id")
	for _, part := range o.parts[order] {
		survey := domain.ID(get("review_id") + "/" + order)
		id := func(what string) string { return string(survey) + "/" + short(part.seller) + "/" + what }
		if biased {
			if words != "" {
				o.add(part.seller, id("voice"), answered, domain.VoiceCaptured{Contact: customer, Verbatim: words, Language: "pt-BR"})
			}
			continue
		}
		o.add(part.seller, id("sent"), sent, domain.SurveySent{Survey: survey, Instrument: "csat", Contact: customer, DesignedBy: "marketplace"})
		o.add(part.seller, id("answered"), answered, domain.SurveyAnswered{
			Survey: survey, Instrument: "csat", Score: score, ScaleMin: 1, ScaleMax: 5, Contact: customer, Verbatim: words,
		})
	}
	return nil
}

// seller opens the account when its first order came in. One without orders has no
// date in the data: it is opened when it is imported.
func (o *olist) seller(get func(string) string) error {
	id := get("seller_id")
	city, state := get("seller_city"), strings.ToUpper(get("seller_state"))
	o.add(id, id+"/opened", o.first[id], domain.AccountOpened{
		Name: fmt.Sprintf("Seller %s, %s (%s)", short(id), city, state), Kind: "partner",
	})
	return nil
}
