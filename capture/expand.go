package capture

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Expand turns command line arguments into capture names, in the order of the
// arguments: a directory into the captures in it and below it, sorted by name
// and told by their content or their name; a pattern that names no file into what it matches;
// "-" and everything else into itself. Names of the same file are given once.
// What cannot be used is in problems, each an *OpenError. Once ctx ends, nothing more
// is looked for.
func Expand(ctx context.Context, args []string) (files []string, problems []error) {
	e := expansion{off: ctx.Done(), seen: map[string]bool{}}
	for _, arg := range args {
		e.argument(arg)
	}
	return e.files, e.problems
}

type expansion struct {
	off      <-chan struct{}
	files    []string
	problems []error
	seen     map[string]bool // by absolute path without links
}

func (e *expansion) argument(arg string) {
	if arg == "-" {
		e.add(arg)
		return
	}
	_, err := os.Lstat(arg)
	if err == nil || !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(arg, "*?[") {
		e.named(arg)
		return
	}
	matches, err := filepath.Glob(arg)
	if err != nil {
		e.refuse(&OpenError{Name: arg, Reason: "malformed pattern", Err: err})
		return
	}
	if len(matches) == 0 {
		e.refuse(&OpenError{Name: arg, Reason: "no file matches"})
	}
	for _, name := range matches {
		e.named(name)
	}
}

// named takes a name that the user gave: whether its content is a capture is
// for Open to say.
func (e *expansion) named(name string) {
	st, err := os.Stat(name)
	switch {
	case err != nil:
		e.refuse(openError(name, err))
	case st.IsDir():
		e.directory(name)
	case st.Mode().IsRegular() && !e.readable(name):
	default:
		e.add(name)
	}
}

// readable says at once what reading would fail at; FIFOs are not tried because
// opening one waits for its writer.
func (e *expansion) readable(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		e.refuse(openError(name, err))
		return false
	}
	f.Close()
	return true
}

func (e *expansion) directory(dir string) {
	found := false
	before := len(e.problems)
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if e.calledOff() {
			return fs.SkipAll
		}
		if err != nil {
			e.refuse(openError(name, err))
			return nil
		}
		if !entry.IsDir() && e.entry(name) {
			found = true
			e.add(name)
		}
		return nil
	})
	if err != nil {
		e.refuse(openError(dir, err))
	}
	if !found && len(e.problems) == before && !e.calledOff() {
		e.refuse(&OpenError{Name: dir, Reason: "no capture in this directory"})
	}
}

// calledOff reports whether the context ended: below some directories are millions of
// files.
func (e *expansion) calledOff() bool {
	select {
	case <-e.off:
		return true
	default:
		return false
	}
}

// entry reports whether a name found in a directory is to be read: what is a
// capture, and what is called one, so that Open says what is wrong with it. Links
// to files are followed; links to directories are not, they may lead round.
func (e *expansion) entry(name string) bool {
	st, err := os.Stat(name)
	if err != nil {
		e.refuse(openError(name, err))
		return false
	}
	if !st.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		e.refuse(openError(name, err))
		return false
	}
	defer f.Close()
	probe := file{info: Info{Name: name}}
	_, err = probe.start(f, OpenOptions{Buffer: minBuffer})
	probe.Close()
	return err == nil || calledCapture(name)
}

// calledCapture reports whether a file's name says that it is a capture:
// "a.pcapng", "a.cap.gz", "ring.pcap12".
func calledCapture(name string) bool {
	name = strings.ToLower(name)
	switch ext := filepath.Ext(name); ext {
	case ".gz", ".zst", ".lz4":
		name = strings.TrimSuffix(name, ext)
	}
	switch strings.TrimRight(filepath.Ext(name), "0123456789") {
	case ".pcap", ".pcapng", ".cap":
		return true
	}
	return false
}

func (e *expansion) add(name string) {
	key := name
	if name != "-" {
		key = realPath(name)
	}
	if !e.seen[key] {
		e.seen[key] = true
		e.files = append(e.files, name)
	}
}

func (e *expansion) refuse(err error) { e.problems = append(e.problems, err) }

func realPath(name string) string {
	if direct, err := filepath.EvalSymlinks(name); err == nil {
		name = direct
	}
	if full, err := filepath.Abs(name); err == nil {
		name = full
	}
	return name
}
