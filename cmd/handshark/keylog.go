package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/report"
)

// keyLogs are TLS key logs, as programs write them into the file that SSLKEYLOGFILE
// names.
type keyLogs struct {
	keys *handshark.KeyLog
	logs []*growingLog
}

// growingLog is a key log of which part was read.
type growingLog struct {
	name string
	file *os.File
	rest []byte // a line that has no end yet
	read int64
}

// liveSessions are the sessions whose secrets are known at once where key logs grow, maybe
// for weeks: about 30 MiB.
const liveSessions = 1 << 16

// longestLine is more than any line of a key log has; what is longer is none.
const longestLine = 64 << 10

// openKeyLogs opens key logs and reads what is in them, unless ctx ends first: a FIFO
// may wait for its writer, and a device have no end.
func (p *program) openKeyLogs(ctx context.Context, names []string, grow bool) (*keyLogs, error) {
	type opened struct {
		logs *keyLogs
		err  error
	}
	got := make(chan opened, 1)
	go func() {
		logs, err := p.readKeyLogs(names, grow)
		got <- opened{logs, err}
	}()
	select {
	case o := <-got:
		return o.logs, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// openKeyLog opens a key log. One that grows has to be a file: the end of what is there
// now could not be told otherwise.
func openKeyLog(name string, grow bool) (*os.File, error) {
	if st, err := os.Stat(name); grow && err == nil && !st.Mode().IsRegular() && !st.IsDir() {
		return nil, fmt.Errorf("%s is not a regular file, as a key log that grows has to be", name)
	}
	return os.Open(name)
}

// readKeyLogs is openKeyLogs without an end. A file without a secret is mentioned, but
// where more may come.
func (p *program) readKeyLogs(names []string, grow bool) (*keyLogs, error) {
	k := &keyLogs{keys: handshark.NewKeyLog()}
	if grow {
		k.keys.Bound(liveSessions)
	}
	for _, name := range names {
		file, err := openKeyLog(name, grow)
		if err != nil {
			k.close()
			return nil, usageError{fmt.Errorf("--keylog: %w", err)}
		}
		l := &growingLog{name: name, file: file}
		k.logs = append(k.logs, l)
		taken, err := l.more(k.keys)
		if err != nil {
			k.close()
			return nil, usageError{fmt.Errorf("--keylog: %w", err)}
		}
		if !grow {
			taken += l.end(k.keys)
		}
		if taken == 0 && !grow {
			p.complain(errors.New(report.Sanitize(name) + ": no secret of a TLS session in it"))
		}
	}
	return k, nil
}

// more reads what was added since.
func (l *growingLog) more(keys *handshark.KeyLog) (taken int, err error) {
	if st, err := l.file.Stat(); err == nil && st.Size() < l.read { // begun anew
		if _, err := l.file.Seek(0, io.SeekStart); err != nil {
			return 0, err
		}
		l.read, l.rest = 0, nil
	}
	buf := make([]byte, longestLine)
	for {
		n, err := l.file.Read(buf)
		l.read += int64(n)
		taken += l.lines(keys, buf[:n])
		if errors.Is(err, io.EOF) {
			return taken, nil
		}
		if err != nil {
			return taken, err
		}
	}
}

// lines takes the whole lines of what was read, and keeps the rest.
func (l *growingLog) lines(keys *handshark.KeyLog, data []byte) int {
	l.rest = append(l.rest, data...)
	end := bytes.LastIndexByte(l.rest, '\n') + 1
	if end == 0 && len(l.rest) > longestLine {
		l.rest = l.rest[:0]
	}
	taken, _ := keys.Add(l.rest[:end])
	l.rest = append(l.rest[:0], l.rest[end:]...)
	return taken
}

// end takes the last line, which need not have an end.
func (l *growingLog) end(keys *handshark.KeyLog) int {
	taken, _ := keys.Add(l.rest)
	return taken
}

// keyLogEvery is how often key logs are looked at while they grow.
const keyLogEvery = 50 * time.Millisecond

// follow reads on until ctx ends.
func (k *keyLogs) follow(ctx context.Context) {
	tick := time.NewTicker(keyLogEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		k.again()
	}
}

// again reads what was added since. What cannot be read now may be readable later.
func (k *keyLogs) again() {
	for _, l := range k.logs {
		_, _ = l.more(k.keys)
		if l.renew() {
			_, _ = l.more(k.keys)
		}
	}
}

// renew opens the file that took the place of the one that was read, if there is one:
// logs are deleted, and begun again by the next program.
func (l *growingLog) renew() bool {
	now, err := os.Stat(l.name)
	if err != nil || !now.Mode().IsRegular() {
		return false
	}
	if old, err := l.file.Stat(); err == nil && os.SameFile(old, now) {
		return false
	}
	file, err := os.Open(l.name)
	if err != nil {
		return false
	}
	_ = l.file.Close()
	l.file, l.read, l.rest = file, 0, nil
	return true
}

func (k *keyLogs) close() {
	for _, l := range k.logs {
		_ = l.file.Close()
	}
}
