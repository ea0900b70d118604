package keyring

import "container/list"

// cache holds the persons last asked for. One whose key is not on disk yet stays.
type cache struct {
	most   int
	people map[who]*list.Element // of *person
	recent *list.List            // the latest in front
}

func newCache(most int) cache {
	return cache{most: most, people: make(map[who]*list.Element), recent: list.New()}
}

func (c *cache) get(w who) *person {
	at, ok := c.people[w]
	if !ok {
		return nil
	}
	c.recent.MoveToFront(at)
	return at.Value.(*person)
}

// evictions is how many of the oldest are looked at for one that comes: more than one,
// so that the cache gets small again after many new keys had to stay.
const evictions = 4

func (c *cache) put(p *person) {
	c.people[p.who] = c.recent.PushFront(p)
	at := c.recent.Back()
	for n := 0; n < evictions && len(c.people) > c.most && at != c.recent.Front(); n++ {
		oldest, before := at, at.Prev()
		if oldest.Value.(*person).pending {
			c.recent.MoveToFront(oldest)
		} else {
			c.remove(oldest)
		}
		at = before
	}
}

func (c *cache) remove(at *list.Element) {
	p := at.Value.(*person)
	delete(c.people, p.who)
	c.recent.Remove(at)
	clear(p.key[:])
}

func (c *cache) clear() {
	for at := c.recent.Front(); at != nil; at = c.recent.Front() {
		c.remove(at)
	}
}
