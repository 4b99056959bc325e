package diagnosis

import (
	"errors"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
)

// status tells the counters.
func (w *watcher) status(last bool) {
	if w.o.Notice != nil && last {
		for _, n := range w.src.Notices() {
			w.o.Notice(n)
		}
	}
	if w.o.Status == nil {
		return
	}
	w.o.Status(w.counters())
}

func (w *watcher) counters() *Status {
	info, decoded := w.src.Info(), w.pipe.decoder.Stats()
	st, stats := w.pipe.assembler.Stats(), w.pipe.analyzer.Stats()
	s := &Status{
		Packets: info.Packets, Bytes: info.Bytes, Conversations: stats.Conversations,
		Open: st.Open, Evicted: st.Evicted + stats.Shed, Waiting: st.Waiting + st.History,
		HeldBytes: w.pipe.analyzer.Held(), Summary: w.recent.sum.Summary,
	}
	s.KernelDrops, s.InterfaceDrops = w.src.Dropped()
	for _, u := range decoded.Undecoded {
		s.Undecoded += u.N
	}
	w.parts = []part{w.part(nil)}
	s.NotJudged = w.notJudged()
	return s
}

// part describes what was watched.
func (w *watcher) part(err error) part {
	stats := w.pipe.analyzer.Stats()
	return part{
		infos: []*capture.Info{w.src.Info()}, decoded: w.pipe.decoder.Stats(), stats: *stats,
		evicted: w.pipe.assembler.Stats().Evicted + stats.Shed, err: err,
	}
}

// tail gives what stands at the end of the watch.
func (w *watcher) tail(err error) *report.Tail {
	w.parts = []part{w.part(err)}
	t := w.run.tail(w.recent.sum)
	if err != nil {
		t.Unusable = []error{err}
	}
	var open *capture.OpenError
	if errors.As(err, &open) {
		c := &t.Captures[0]
		c.Problems = append(c.Problems, report.Problem{Message: report.Text(open.Reason)})
	}
	return t
}
