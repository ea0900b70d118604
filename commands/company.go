package commands

import "time"

const (
	// roundEvery is the least time from one round to the next while several clients record
	// and come one by one. It costs them that much at most, and each round some hundred
	// microseconds of processor: its sync, and all who are told of it.
	roundEvery = time.Millisecond
	// companyLasts is how much is left of the number of requests that came together, from
	// one round to the next: of eight clients, one that stays is not kept waiting after some
	// thirty.
	companyLasts = 0.95
)

// Company has whoever serves requests in rounds wait for the next, so that clients who record
// at a time share it. The zero value is ready.
type Company struct {
	began    time.Time
	together float64 // how many requests came together of late
}

// Begin is called when a round begins.
func (c *Company) Begin() { c.began = time.Now() }

// Gather is called when a round of so many requests has ended. It returns when as many wait as
// came together of late, when it is a millisecond since the round began, when closing is closed,
// and at once after rounds of one. want sets how many are enough, and reports whether there are;
// when there are, enough gets a token.
func (c *Company) Gather(served int, want func(requests int) bool, enough, closing <-chan struct{}) {
	c.together = max(float64(served), c.together*companyLasts)
	most := roundEvery - time.Since(c.began)
	if c.together < 2 || most <= 0 {
		return
	}
	over := time.NewTimer(most)
	defer over.Stop()
	defer want(1)
	for !want(int(c.together)) {
		select {
		case <-enough:
		case <-over.C:
			return
		case <-closing:
			return
		}
	}
}
