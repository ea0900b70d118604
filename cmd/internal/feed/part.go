package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections"
)

const (
	// gather is how long changes are gathered at least before they are published, so
	// that a busy account's answer is not made for every event.
	gather = 20 * time.Millisecond
	// oneIn is for which part of the time answers are made.
	oneIn = 20
	// retryFirst and retryAtMost bound the wait after a failure.
	retryFirst  = 100 * time.Millisecond
	retryAtMost = 10 * time.Second
)

// part publishes one projection, on one goroutine.
type part struct {
	Projection
	nc     *nats.Conn
	js     jetstream.JetStream
	logger *zap.Logger
	dirt   *dirt
	bucket *bucket // nil until it is open
	pace   commands.Pace
}

func newPart(p Projection, nc *nats.Conn, js jetstream.JetStream, logger *zap.Logger) *part {
	return &part{
		Projection: p, nc: nc, js: js, logger: logger.With(zap.String("projection", p.Name)),
		dirt: newDirt(p.Name), pace: commands.OneIn(oneIn),
	}
}

func (p *part) run(ctx context.Context) {
	var again <-chan time.Time
	if p.Refresh > 0 {
		tick := time.NewTicker(p.Refresh)
		defer tick.Stop()
		again = tick.C
	}
	p.dirt.all(false)
	wait := retryFirst
	for {
		select {
		case <-ctx.Done():
			return
		case <-again:
			p.dirt.all(false)
			continue
		case <-p.dirt.signal:
		}
		err := p.publish(ctx)
		if ctx.Err() != nil {
			return
		}
		rest := max(gather, p.pace.Owed())
		if err != nil {
			level := zap.WarnLevel
			if errors.Is(err, projections.ErrBuilding) {
				level = zap.DebugLevel // it has nothing to say yet
			}
			p.logger.Log(level, "answers and changes are not published", zap.Error(err), zap.Duration("retry_in", wait))
			p.dirt.wake()
			rest, wait = wait, min(2*wait, retryAtMost)
		} else {
			wait = retryFirst
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(rest):
		}
	}
}

// publish brings everybody up to date.
func (p *part) publish(ctx context.Context) error {
	changes, everything, reload := p.dirt.take()
	err := p.open(ctx, reload)
	if err == nil {
		err = p.publishChanges(ctx, changes)
	}
	if err == nil && everything {
		err = p.refresh(ctx)
	}
	if err == nil {
		return nil
	}
	for _, c := range changes {
		p.dirt.putBack(c)
	}
	if everything {
		p.dirt.all(reload)
	}
	return err
}

// open opens the bucket if it is not, and reads it again on reload.
func (p *part) open(ctx context.Context, reload bool) error {
	if p.Render == nil || p.bucket != nil && !reload {
		return nil
	}
	p.bucket = nil
	b, err := openBucket(ctx, p.js, p.Name)
	p.bucket = b
	return err
}

// publishChanges removes from changes what it has published.
func (p *part) publishChanges(ctx context.Context, changes map[domain.AccountID]*Change) error {
	for account, c := range changes {
		if err := p.answer(ctx, account); err != nil {
			return err
		}
		b, err := json.Marshal(c)
		if err == nil {
			err = p.nc.Publish("changes."+p.Name+"."+Key(string(account)), b)
		}
		if err != nil {
			return fmt.Errorf("tell of %s: %w", account, err)
		}
		delete(changes, account)
	}
	return nil
}

// answer makes the account's answers and puts them into the bucket.
func (p *part) answer(ctx context.Context, account domain.AccountID) error {
	if p.Render == nil {
		return nil
	}
	if err := p.pace.Rest(ctx); err != nil {
		return err
	}
	defer p.pace.Worked(time.Now())
	answers, err := p.Render(ctx, account)
	if err != nil {
		return fmt.Errorf("answers of %s: %w", account, err)
	}
	return p.bucket.set(ctx, account, answers)
}

// refresh makes every answer again. Changes that come meanwhile go first.
func (p *part) refresh(ctx context.Context) error {
	if p.Render == nil {
		return nil
	}
	gone := make(map[domain.AccountID]bool, len(p.bucket.has))
	for account := range p.bucket.has {
		gone[account] = true
	}
	for account, err := range p.Accounts(ctx) {
		if err != nil {
			return fmt.Errorf("list accounts: %w", err)
		}
		delete(gone, account)
		if err := p.answer(ctx, account); err != nil {
			return err
		}
		if err := p.interrupt(ctx); err != nil {
			return err
		}
	}
	for account := range gone {
		if err := p.answer(ctx, account); err != nil {
			return err
		}
	}
	return nil
}

// interrupt publishes the changes that have come since.
func (p *part) interrupt(ctx context.Context) error {
	changes, everything, reload := p.dirt.take()
	err := p.publishChanges(ctx, changes)
	for _, c := range changes {
		p.dirt.putBack(c)
	}
	if everything || reload {
		p.dirt.all(reload)
	}
	return err
}
