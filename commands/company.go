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

// Company tells who serves requests in rounds how long to wait for the next, so that clients
// who record at a time share it. The zero value is ready.
type Company struct {
	began    time.Time
	together float64 // how many requests came together of late
}

// Begin is called when a round begins.
func (c *Company) Begin() { c.began = time.Now() }

// Served is called when a round of so many requests has ended. The next should begin when
// there are as many as wanted, or when that time has passed. It is 0 after rounds of one.
func (c *Company) Served(requests int) (wanted int, most time.Duration) {
	c.together = max(float64(requests), c.together*companyLasts)
	if wanted = int(c.together); wanted < 2 {
		return wanted, 0
	}
	return wanted, max(0, roundEvery-time.Since(c.began))
}
