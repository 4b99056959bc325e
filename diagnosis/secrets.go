package diagnosis

import (
	"os"

	"github.com/handshark/handshark/capture"
	"github.com/handshark/handshark/report"
)

// lateSecrets are secrets that a capture holds behind records that they are for. A run
// keeps capture.MaxProblems of them.
type lateSecrets struct {
	at       capture.Secrets // without the key log
	sessions int
}

// secrets implements taker.
func (p *pipeline) secrets(s capture.Secrets) {
	keys := p.run.o.Keys
	keys.TakeLate() // what came from elsewhere is none of the capture's
	keys.Add(s.KeyLog)
	if n := keys.TakeLate(); n > 0 && len(p.run.late) < capture.MaxProblems {
		s.KeyLog = nil
		p.run.late = append(p.run.late, lateSecrets{s, n})
	}
}

// tellLate adds to the captures that there are secrets in them that came too late.
func (r *run) tellLate(list []report.Capture) {
	for i := range list {
		for _, l := range r.late {
			if int(l.at.Capture) == list[i].Index {
				list[i].Problems = append(list[i].Problems, problem(l.at.Late(l.sessions)))
			}
		}
	}
}

// again reports whether secrets came too late for records that can be read once more.
func (r *run) again(files []string) bool {
	if len(r.late) == 0 || r.ctx.Err() != nil {
		return false
	}
	for _, name := range files {
		st, err := os.Stat(name)
		if name == "-" || err == nil && !st.Mode().IsRegular() {
			return false
		}
	}
	return true
}
