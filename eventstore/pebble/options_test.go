package pebble

import (
	"testing"
	"time"
)

func TestTheNextSyncWaitsForThoseWhoWillBeBack(t *testing.T) {
	t.Parallel()
	const slow = 8 * time.Millisecond
	for name, test := range map[string]struct {
		took           time.Duration // the last sync
		underWay, gone int64
		want           time.Duration
		waits          bool
	}{
		"a fast disk's does not":            {took: gatherFrom - 1, underWay: 64, gone: few + 1},
		"nor one client's":                  {took: slow, underWay: 1, gone: few + 1},
		"for a few it waits":                {took: slow, underWay: 8, gone: few, waits: true},
		"for many the database waits":       {took: slow, underWay: 64, gone: few + 1, want: slow / 16},
		"and not for long if syncs take so": {took: time.Second, underWay: 64, gone: few + 1, want: gatherMost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &Log{disk: new(disk)}
			l.disk.lastSync.Store(int64(test.took))
			l.disk.carried.Store(test.gone)
			l.underWay.Store(test.underWay)
			began := time.Now()
			if got := l.gather(); got != test.want {
				t.Errorf("the database is to wait %v, want %v", got, test.want)
			}
			if took := time.Since(began); test.waits && took < gatherMost {
				t.Errorf("came back after %v, before anybody was there", took)
			}
		})
	}
}

func TestWhoWaitsForAppendsGoesOnWhenAllAreThere(t *testing.T) {
	t.Parallel()
	const all = 3
	for name, come := range map[string]func(*disk){
		"already": func(d *disk) { d.handed.Store(all) },
		"one by one": func(d *disk) {
			go func() {
				for range all {
					nap()
					d.handed.Add(1)
				}
			}()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, until := new(disk), time.Now().Add(time.Minute)
			come(d)
			d.await(all, until)
			if got := d.handed.Load(); got != all {
				t.Errorf("went on with %d of %d", got, all)
			}
			if !time.Now().Before(until) {
				t.Error("waited to the end of its time")
			}
		})
	}
}
