package httpapi

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/rapport-ledger/rapport/cmd/internal/backup"
	"github.com/rapport-ledger/rapport/eventstore/relay"
	"github.com/rapport-ledger/rapport/projections"
)

// Schedule takes backups at intervals.
type Schedule interface {
	Stats() backup.Stats
}

// Relay copies the log to NATS.
type Relay interface {
	Stats() relay.Stats
}

func (s *Server) registerMetrics() {
	s.registry = prometheus.NewRegistry()
	s.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "rapport_http_request_duration_seconds", Help: "Time to answer HTTP requests, by route and status.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "status"})
	s.registry.MustRegister(s.requests, &collector{s}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.plain("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}).ServeHTTP)
}

// collector asks the ledger's parts when it is scraped.
type collector struct{ s *Server }

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("rapport_"+name, help, labels, nil)
}

var (
	eventsTotal     = describe("events_total", "Events brought to be recorded since the start, by what became of them.", "status")
	batchesTotal    = describe("recorder_batches_total", "Appends to the log since the start.")
	retriesTotal    = describe("recorder_retries_total", "Decisions made again because another writer was faster.")
	waitedSeconds   = describe("recorder_wait_seconds_total", "How long events waited for their outcome, in all.")
	queued          = describe("recorder_queued_events", "Events that wait to be recorded.")
	cachedAccounts  = describe("recorder_cached_accounts", "Accounts whose state is in memory.")
	cachedBytes     = describe("recorder_cached_bytes", "Memory that the state of accounts takes, about.")
	logHead         = describe("log_head", "Position of the last event of the log.")
	relayPosition   = describe("relay_position", "Position of the last event in the LEDGER stream.")
	relayLag        = describe("relay_lag_events", "Events of the log that are not in the LEDGER stream yet.")
	relayPublished  = describe("relay_published_total", "Events published since the start.")
	relayRebuilds   = describe("relay_rebuilds_total", "How often the LEDGER stream differed from the log and was made anew.")
	relayFailing    = describe("relay_failing", "1 if the relay cannot go on.")
	proofSize       = describe("proof_tree_size", "Events in the tree that is signed.")
	proofSigned     = describe("proof_checkpoint_size", "Events that the last signed checkpoint covers.")
	proofTime       = describe("proof_checkpoint_timestamp_seconds", "When the last checkpoint was signed, as seconds since 1970; absent if none was since the start.")
	proofFailing    = describe("proof_failing", "1 if nothing is being signed.")
	projectionAt    = describe("projection_position", "Position of the last event the projection has folded.", "projection")
	projectionLag   = describe("projection_lag_events", "Events that the projection is behind.", "projection")
	projectionState = describe("projection_state", "1 for the state the projection is in.", "projection", "state")
	backupsTotal    = describe("backups_total", "Backups at intervals since the start, by what became of them.", "status")
	backupLast      = describe("backup_last_success_timestamp_seconds", "When the last good backup at intervals was begun; 0 if there is none.")
	backupPosition  = describe("backup_last_position", "Position of the last event in the last good backup at intervals.")
	backupBytes     = describe("backup_last_bytes", "Size of the last good backup at intervals.")
)

// Describe implements [prometheus.Collector].
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		eventsTotal, batchesTotal, retriesTotal, waitedSeconds, queued, cachedAccounts, cachedBytes, logHead,
		relayPosition, relayLag, relayPublished, relayRebuilds, relayFailing, projectionAt, projectionLag, projectionState,
		backupsTotal, backupLast, backupPosition, backupBytes, proofSize, proofSigned, proofTime, proofFailing,
	} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	r := c.s.Recorder.Stats()
	count(eventsTotal, float64(r.Recorded), "recorded")
	count(eventsTotal, float64(r.Duplicates), "duplicate")
	count(eventsTotal, float64(r.Rejected), "rejected")
	count(eventsTotal, float64(r.Failed), "failed")
	count(batchesTotal, float64(r.Batches))
	count(retriesTotal, float64(r.Retries))
	count(waitedSeconds, r.Waited.Seconds())
	gauge(queued, float64(r.QueuedEvents))
	gauge(cachedAccounts, float64(r.CachedAccounts))
	gauge(cachedBytes, float64(r.CachedBytes))
	c.collectRelay(count, gauge)
	c.collectBackups(count, gauge)
	c.collectProof(gauge)
	for _, p := range c.s.Projections.Status() {
		gauge(projectionAt, float64(p.Position), p.Name)
		gauge(projectionLag, float64(p.Lag), p.Name)
		for _, state := range []projections.State{projections.Live, projections.CatchingUp, projections.Rebuilding, projections.Failed} {
			gauge(projectionState, truth(p.State == state), p.Name, string(state))
		}
	}
}

func (c *collector) collectRelay(count, gauge func(*prometheus.Desc, float64, ...string)) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	stats := c.s.Relay.Stats()
	if head, err := c.s.Log.Head(ctx); err == nil {
		gauge(logHead, float64(head))
		gauge(relayLag, float64(head-min(head, stats.Position)))
	}
	gauge(relayPosition, float64(stats.Position))
	count(relayPublished, float64(stats.Published))
	count(relayRebuilds, float64(stats.Rebuilds))
	gauge(relayFailing, truth(stats.Err != nil))
}

func (c *collector) collectBackups(count, gauge func(*prometheus.Desc, float64, ...string)) {
	if c.s.Schedule == nil {
		return
	}
	stats := c.s.Schedule.Stats()
	count(backupsTotal, float64(stats.Taken), "taken")
	count(backupsTotal, float64(stats.Failed), "failed")
	last := 0.0
	if !stats.Last.IsZero() {
		last = float64(stats.Last.Unix())
	}
	gauge(backupLast, last)
	gauge(backupPosition, float64(stats.Position))
	gauge(backupBytes, float64(stats.Bytes))
}

func (c *collector) collectProof(gauge func(*prometheus.Desc, float64, ...string)) {
	stats := c.s.Notary.Stats()
	gauge(proofSize, float64(stats.Size))
	gauge(proofSigned, float64(stats.Signed.Size))
	if !stats.At.IsZero() {
		gauge(proofTime, float64(stats.At.UnixMilli())/1000)
	}
	gauge(proofFailing, truth(stats.Err != nil))
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
