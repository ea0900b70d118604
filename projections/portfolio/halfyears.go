package portfolio

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// HalfYear is what an account was worth to us in a half year of 180 days.
type HalfYear struct {
	From          time.Time       `json:"from" doc:"what occurred later counts"`
	Until         time.Time       `json:"until" doc:"what occurred up to here counts"`
	OrdersCount   int             `json:"orders_count" doc:"orders won"`
	Orders        []dossier.Money `json:"orders"`
	Referrals     int             `json:"referrals_count" doc:"times the customer recommended us"`
	Lost          bool            `json:"lost" doc:"whether the account was lost in it"`
	CostToServe   []dossier.Money `json:"cost_to_serve" doc:"as measured with margins; none if nobody measured it"`
	CostOfService []dossier.Money `json:"service" doc:"cost of service alone; none if nobody measured it"`
}

// mostHalfYears is how many are looked at: ten years.
const mostHalfYears = 20

// HalfYears are those that end at At, the last first: as far back as something of the account had
// occurred before they began, not before From, and ten years at most. Those that began while it was
// lost are left out.
func HalfYears(d *dossier.Dossier) (all []HalfYear) {
	if len(d.Events) == 0 {
		return nil
	}
	oldest := d.Events[0].OccurredAt
	if oldest.Before(d.From) {
		oldest = d.From
	}
	until := d.At
	for range mostHalfYears {
		from := until.Add(-halfYear)
		if from.Before(oldest) {
			break
		}
		if h, lost := halfYearOf(d, from, until); !lost {
			all = append(all, h)
		}
		until = from
	}
	return all
}

// halfYearOf adds up a half year; lost is whether the account was when it began.
func halfYearOf(d *dossier.Dossier, from, until time.Time) (h HalfYear, lost bool) {
	h = HalfYear{From: from, Until: until}
	orders, cost, service := dossier.Purse{}, dossier.Purse{}, dossier.Purse{}
	for _, e := range d.Events {
		if e.OccurredAt.After(until) {
			break
		}
		within := e.OccurredAt.After(from)
		switch data := e.Data.(type) {
		case domain.AccountLost:
			lost, h.Lost = lost || !within, within
		case domain.AccountRenewed:
			lost = lost && within
		case domain.OrderWon:
			lost = lost && within
			if within {
				h.OrdersCount++
				orders[data.Currency] += data.ValueMinor
			}
		case domain.ReferralGiven:
			if within {
				h.Referrals++
			}
		case domain.CostCompared:
			if within && data.Kind == "service_cost" {
				service[data.Currency] += data.OurMinor
			}
		}
	}
	served(d, func(t time.Time) bool { return t.After(from) && !t.After(until) }, cost)
	h.Orders, h.CostToServe, h.CostOfService = orders.Money(), cost.Money(), service.Money()
	return h, lost
}
