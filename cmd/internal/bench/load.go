package bench

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/importer"
	"github.com/rapport-ledger/rapport/domain"
)

const (
	// loadAccounts is over how many accounts a load goes, and busyAccount one of
	// them, which has busyShare of all events.
	loadAccounts = 2000
	busyAccount  = domain.AccountID("busy-0000")
	busyShare    = 0.1
	// loadSpan is how much time a load's history covers, up to its end.
	loadSpan = 548 * 24 * time.Hour
	day      = 24 * time.Hour
)

// load makes a company's history up, in the order in which it occurred: deliveries,
// conversations, requests, complaints, promises and surveys, each told to its end, with
// a few corrections. The same seed, part and end make the same events. The parts of a
// load have different accounts, so that they may be recorded side by side.
type load struct {
	rng      *rand.Rand
	accounts []*customer
	busy     float64 // chance that an event is about the first account
	now      time.Time
	step     time.Duration // from one event to the next
	pending  schedule
	sequence int
}

// customer is what a load knows of an account.
type customer struct {
	id       domain.AccountID
	contacts []domain.ID
	last     string // id of the last conversation, for corrections
}

// newLoad makes the part-th of so many parts of a load of so many events in all.
func newLoad(seed uint64, part, parts, events int, end time.Time) *load {
	l := &load{
		rng: rand.New(rand.NewPCG(seed, uint64(part))), now: end.Add(-loadSpan),
		step: loadSpan / time.Duration(max(1, events/parts)),
	}
	if part == 0 {
		l.busy = busyShare * float64(parts)
		l.accounts = append(l.accounts, &customer{id: busyAccount})
	}
	for i := 1 + part; i < loadAccounts; i += parts {
		l.accounts = append(l.accounts, &customer{id: domain.AccountID(fmt.Sprintf("account-%04d", i))})
	}
	return l
}

// next is the next event, as its emitter would send it.
func (l *load) next() ([]byte, error) {
	l.now = l.now.Add(l.step)
	for len(l.pending) == 0 || l.pending[0].OccurredAt.After(l.now) {
		c := l.accounts[l.rng.IntN(len(l.accounts))]
		if l.rng.Float64() < l.busy {
			c = l.accounts[0]
		}
		l.tell(c)
	}
	return importer.CloudEvent(heap.Pop(&l.pending).(occurrence).Envelope)
}

// say schedules an event for so long from now.
func (l *load) say(c *customer, source string, in time.Duration, data domain.Event) (id string) {
	l.sequence++
	id = fmt.Sprintf("%016x-%016x", l.rng.Uint64(), l.rng.Uint64())
	heap.Push(&l.pending, occurrence{l.sequence, domain.Envelope{
		Source: source, ID: id, Account: c.id, OccurredAt: l.now.Add(in).UTC().Truncate(time.Second), Data: data,
	}})
	return id
}

func (l *load) new(prefix string) domain.ID {
	return domain.ID(prefix + "-" + strconv.FormatUint(l.rng.Uint64()>>24, 36))
}

func (l *load) within(d time.Duration) time.Duration { return time.Duration(l.rng.Int64N(int64(d))) }

func (l *load) chance(p float64) bool { return l.rng.Float64() < p }

// tell begins one story of the account's, the first of which is how it became known.
func (l *load) tell(c *customer) {
	if c.contacts == nil {
		l.open(c)
		return
	}
	stories := []struct {
		weight float64
		tell   func(*customer)
	}{
		{.50, l.talk}, {.27, l.delivery}, {.10, l.request}, {.05, l.survey}, {.03, l.promise}, {.03, l.complaint}, {.02, l.voice},
	}
	at := l.rng.Float64()
	for _, s := range stories {
		if at -= s.weight; at < 0 {
			s.tell(c)
			return
		}
	}
	l.talk(c)
}

func (l *load) open(c *customer) {
	l.say(c, "crm", 0, domain.AccountOpened{Name: "The " + pick(l, words) + " company of " + string(c.id), Kind: "customer"})
	l.say(c, "crm", time.Second, domain.AccountClassified{TierNow: pick(l, []string{"A", "B", "C", "D"})})
	for range 3 {
		contact, name := l.new("contact"), pick(l, words)
		c.contacts = append(c.contacts, contact)
		l.say(c, "crm", 2*time.Second, domain.ContactAdded{
			Contact: contact, Name: name, Email: name + "@" + string(c.id) + ".example", Level: pick(l, []string{"operator", "manager", "executive"}),
		})
	}
}

func (l *load) talk(c *customer) {
	talk := domain.InteractionHeld{
		Interaction: l.new("talk"), Kind: pick(l, []string{"call", "call", "email", "email", "video", "meeting"}),
		Direction: pick(l, []string{"inbound", "outbound"}), Trigger: pick(l, []string{"customer_ask", "our_ask", "scheduled", "proactive"}),
		Contacts: []domain.ID{pick(l, c.contacts)}, OurPeople: []string{pick(l, people)},
		DurationMin: new(float64(5 * (1 + l.rng.IntN(18)))), Topics: []string{pick(l, words)}, Notes: l.prose(45),
	}
	id := l.say(c, "crm", 0, talk)
	switch {
	case talk.Kind == "meeting":
		l.say(c, "crm", 3*time.Hour, domain.MeetingOutcomeRecorded{Meeting: talk.Interaction, ActionsCount: l.rng.Int64N(4), Summary: l.prose(12)})
		l.say(c, "crm", day+l.within(day), domain.MeetingOutcomeTold{Meeting: talk.Interaction, Channel: "email"})
	case l.chance(.005):
		talk.DurationMin = new(*talk.DurationMin + 1)
		l.say(c, "crm", day, domain.EntryCorrected{ID: id, Reason: "wrong duration", Type: "rapport.interaction.held.v1", Data: talk})
	case l.chance(.003):
		l.say(c, "crm", day, domain.EntryRetracted{ID: id, Reason: "noted for the wrong account"})
	}
}

func (l *load) delivery(c *customer) {
	line, qty, due := l.new("line"), float64(10*(1+l.rng.IntN(40))), 10*day
	l.say(c, "erp", 0, domain.DeliveryPromised{
		Line: line, Order: l.new("order"), Basis: "first_confirmed", PromisedAt: l.now.Add(due).Truncate(time.Second).UTC(), Qty: &qty, UOM: "pcs",
	})
	arrives := due - l.within(day)
	if l.chance(.08) {
		arrives = due + l.within(5*day)
		l.say(c, "erp", due, domain.DeliveryMissed{Line: line, Reason: pick(l, []string{"capacity", "material late", "carrier"})})
	}
	l.say(c, "erp", arrives, domain.DeliveryMade{
		Line: line, DeliveredAt: l.now.Add(arrives).Truncate(time.Second).UTC(), Qty: &qty, UOM: "pcs", DocumentsOK: new(l.chance(.98)), DamageFree: new(l.chance(.99)),
	})
}

func (l *load) request(c *customer) {
	request, contact := l.new("request"), pick(l, c.contacts)
	l.say(c, "helpdesk", 0, domain.RequestReceived{Request: request, Text: l.prose(25), Channel: "email", Contact: contact})
	l.say(c, "helpdesk", time.Hour+l.within(day), domain.RequestAnswered{Request: request, Outcome: "answered", FirstAnswerSufficient: new(l.chance(.8)), Contact: contact})
}

func (l *load) complaint(c *customer) {
	complaint, contact := l.new("complaint"), pick(l, c.contacts)
	l.say(c, "helpdesk", 0, domain.ComplaintRaised{
		Complaint: complaint, Severity: 1 + l.rng.Int64N(4), Channel: pick(l, []string{"phone", "email", "portal"}), Contact: contact, Summary: l.prose(40),
	})
	l.say(c, "helpdesk", time.Hour+l.within(3*time.Hour), domain.ComplaintAcknowledged{Complaint: complaint, Contact: contact})
	l.say(c, "helpdesk", day, domain.ComplaintInvestigated{Complaint: complaint, Finding: l.prose(8)})
	l.say(c, "helpdesk", 2*day, domain.ComplaintAnswered{Complaint: complaint, Remedy: "replacement", Stance: "accepted", Contact: contact})
	l.say(c, "helpdesk", 3*day, domain.ComplaintClosed{Complaint: complaint, AcceptedByCustomer: new(l.chance(.8))})
}

func (l *load) promise(c *customer) {
	commitment := l.new("promise")
	l.say(c, "crm", 0, domain.CommitmentMade{
		Commitment: commitment, Statement: l.prose(10), DueAt: l.now.Add(7 * day).Truncate(time.Second).UTC(), MadeBy: pick(l, people),
		ToContact: pick(l, c.contacts), KnownToCustomer: l.chance(.7),
	})
	if l.chance(.9) {
		l.say(c, "crm", 6*day+l.within(day), domain.CommitmentKept{Commitment: commitment})
	} else {
		l.say(c, "crm", 7*day, domain.CommitmentBroken{Commitment: commitment, Reason: "capacity"})
	}
}

func (l *load) survey(c *customer) {
	survey, contact := l.new("survey"), pick(l, c.contacts)
	l.say(c, "survey", 0, domain.SurveySent{Survey: survey, Instrument: "nps", Contact: contact})
	if l.chance(.7) {
		l.say(c, "survey", day, domain.SurveyAnswered{
			Survey: survey, Instrument: "nps", Score: float64(min(10, 4+l.rng.IntN(9))), ScaleMax: 10, Contact: contact, Verbatim: l.prose(15),
		})
	}
}

func (l *load) voice(c *customer) {
	l.say(c, "crm", 0, domain.VoiceCaptured{Contact: pick(l, c.contacts), Verbatim: l.prose(30), Channel: "phone", Polarity: new(l.rng.Int64N(5) - 2)})
}

// prose is so many words that mean nothing.
func (l *load) prose(n int) string {
	var b []byte
	for range n {
		b = append(append(b, pick(l, words)...), ' ')
	}
	return string(b[:len(b)-1])
}

func pick[T any](l *load, from []T) T { return from[l.rng.IntN(len(from))] }

var (
	people = []string{"m.keller", "s.adeyemi", "j.novak", "l.moreau"}
	words  = []string{
		"delivery", "late", "pallet", "damaged", "invoice", "the", "of", "and", "we", "they", "asked", "promised", "again", "next", "week",
		"replacement", "drawing", "tolerance", "line", "stopped", "for", "hours", "price", "forecast", "quality", "report", "customer", "plant",
		"because", "carrier", "documents", "missing", "agreed", "to", "send", "before", "Friday", "sample", "approved", "capacity",
	}
)

// occurrence is an event that is to occur.
type occurrence struct {
	sequence int
	domain.Envelope
}

// schedule is a heap of what is to occur, the soonest first.
type schedule []occurrence

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	if d := s[i].OccurredAt.Compare(s[j].OccurredAt); d != 0 {
		return d < 0
	}
	return s[i].sequence < s[j].sequence
}
func (s schedule) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(x any)   { *s = append(*s, x.(occurrence)) }
func (s *schedule) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	*s = (*s)[:last]
	return x
}
