// Package metrics shows what a watch has seen to Prometheus.
//
// Every label has a bounded number of values, whatever the traffic: outcomes and
// rules are known beforehand; servers beyond the first hundred, and reasons beyond
// the first fifty, are "other".
package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/report"
)

// Bounds of the values of labels that come from traffic or from rules.
const (
	serversKept = 100
	reasonsKept = 50
)

// other stands for all values beyond the bound.
const other = "other"

// bounded lets the first values of a label through.
type bounded struct {
	known map[string]bool
	most  int
}

func (b *bounded) value(v string) string {
	if b.known[v] {
		return v
	}
	if len(b.known) >= b.most {
		return other
	}
	b.known[v] = true
	return v
}

// Metrics collects what a watch tells. Its methods may be called while it is
// being scraped.
type Metrics struct {
	registry   *prometheus.Registry
	handshakes *prometheus.CounterVec
	causes     *prometheus.CounterVec
	servers    *prometheus.CounterVec
	notJudged  *prometheus.CounterVec
	amended    prometheus.Counter
	response   prometheus.Histogram
	connect    prometheus.Histogram

	named, reasons bounded // used by the goroutine that calls Record

	mu     sync.Mutex
	status handshark.Status
}

// buckets of durations, in seconds: from a loopback to the timeout and beyond.
func buckets() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
}

// New makes the collectors with a registry of their own.
func New() *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "handshark", Name: name, Help: help}, labels)
	}
	histogram := func(name, help string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "handshark", Name: name, Help: help, Buckets: buckets()})
	}
	m := &Metrics{
		registry:   prometheus.NewRegistry(),
		handshakes: counter("handshakes_total", "Handshake attempts by outcome, as first decided.", "outcome", "websocket"),
		causes:     counter("failures_total", "Failed handshakes by root cause, as first decided.", "cause"),
		servers:    counter("server_handshakes_total", "Handshakes by server and whether they failed; servers beyond the first hundred are other.", "server", "result"),
		notJudged:  counter("inconclusive_total", "Rules that could not be judged, by reason.", "because"),
		amended:    prometheus.NewCounter(prometheus.CounterOpts{Namespace: "handshark", Name: "amendments_total", Help: "Handshakes whose verdict changed later."}),
		response:   histogram("response_seconds", "Time from the request to the final response."),
		connect:    histogram("connect_seconds", "Time from the SYN to the SYN-ACK."),
		named:      bounded{map[string]bool{}, serversKept},
		reasons:    bounded{map[string]bool{}, reasonsKept},
	}
	m.registry.MustRegister(m.handshakes, m.causes, m.servers, m.notJudged, m.amended, m.response, m.connect)
	m.counters()
	return m
}

// counters registers what is read off the last status.
func (m *Metrics) counters() {
	read := func(get func(*handshark.Status) float64) func() float64 {
		return func() float64 {
			m.mu.Lock()
			defer m.mu.Unlock()
			return get(&m.status)
		}
	}
	count := func(name, help string, labels prometheus.Labels, get func(*handshark.Status) float64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "handshark", Name: name, Help: help, ConstLabels: labels}, read(get)))
	}
	gauge := func(name, help string, get func(*handshark.Status) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "handshark", Name: name, Help: help}, read(get)))
	}
	count("packets_total", "Packets read.", nil, func(s *handshark.Status) float64 { return float64(s.Packets) })
	count("bytes_total", "Captured bytes read.", nil, func(s *handshark.Status) float64 { return float64(s.Bytes) })
	const drops = "Packets lost before they could be read."
	count("drops_total", drops, prometheus.Labels{"by": "kernel"}, func(s *handshark.Status) float64 { return float64(s.KernelDrops) })
	count("drops_total", drops, prometheus.Labels{"by": "interface"}, func(s *handshark.Status) float64 { return float64(s.InterfaceDrops) })
	count("undecoded_packets_total", "Packets that could not be looked through.", nil, func(s *handshark.Status) float64 { return float64(s.Undecoded) })
	count("conversations_total", "TCP conversations seen.", nil, func(s *handshark.Status) float64 { return float64(s.Conversations) })
	count("evictions_total", "Conversations given up to stay within the memory limits.", nil, func(s *handshark.Status) float64 { return float64(s.Evicted) })
	gauge("conversations_open", "TCP conversations being followed.", func(s *handshark.Status) float64 { return float64(s.Open) })
	gauge("held_bytes", "Bytes kept of unfinished heads and of packets out of order.", func(s *handshark.Status) float64 { return float64(s.HeldBytes + s.Waiting) })
	m.registry.MustRegister(unread{m})
}

// Record counts a handshake.
func (m *Metrics) Record(r *report.Record) {
	if r.Amends {
		m.amended.Inc()
		return
	}
	h := r.Handshake
	m.handshakes.WithLabelValues(h.Outcome, h.WebSocket).Inc()
	for i := range h.Inconclusive {
		m.notJudged.WithLabelValues(m.reasons.value(h.Inconclusive[i].Because)).Inc()
	}
	if h.WebSocket == "unknown" {
		return
	}
	result := "ok"
	if h.RootCause != nil {
		m.causes.WithLabelValues(h.RootCause.Rule).Inc()
		result = "failed"
	}
	m.servers.WithLabelValues(m.named.value(h.Server), result).Inc()
	observe(m.response, h.Timing.Response)
	observe(m.connect, h.Timing.Connect)
}

func observe(h prometheus.Histogram, ms *float64) {
	if ms != nil {
		h.Observe(*ms / 1000)
	}
}

// Status takes the counters of the watch.
func (m *Metrics) Status(s *handshark.Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status = *s
}

// unread collects the conversations about which nothing can be said.
type unread struct{ m *Metrics }

func unreadDesc() *prometheus.Desc {
	return prometheus.NewDesc("handshark_unread_conversations_total", "TCP conversations about which nothing can be said, by reason.", []string{"because"}, nil)
}

// Describe implements prometheus.Collector.
func (u unread) Describe(ch chan<- *prometheus.Desc) { ch <- unreadDesc() }

// Collect implements prometheus.Collector.
func (u unread) Collect(ch chan<- prometheus.Metric) {
	u.m.mu.Lock()
	list := u.m.status.NotJudged
	u.m.mu.Unlock()
	for _, n := range list {
		ch <- prometheus.MustNewConstMetric(unreadDesc(), prometheus.CounterValue, float64(n.Conversations), n.Because)
	}
}

// Server serves the metrics over HTTP.
type Server struct {
	listener net.Listener
	http     *http.Server
}

// Limits of a scrape.
const (
	headTimeout  = 5 * time.Second
	writeTimeout = 30 * time.Second
	maxHead      = 16 << 10
)

// Listen opens address ("HOST:PORT"; without a host it is the loopback) and serves
// /metrics until Close.
func (m *Metrics) Listen(address string) (*Server, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("metrics: address %q: %w", address, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	s := &Server{listener: l, http: &http.Server{
		Handler: mux, ReadHeaderTimeout: headTimeout, ReadTimeout: headTimeout, WriteTimeout: writeTimeout, MaxHeaderBytes: maxHead,
	}}
	go func() { _ = s.http.Serve(l) }()
	return s, nil
}

// Addr gives the address that is listened on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close ends the server.
func (s *Server) Close() error {
	if err := s.http.Close(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}
