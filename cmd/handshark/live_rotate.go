package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/handshark/handshark/internal/privilege"
)

// rotation says when an output file is set aside for another one.
type rotation struct {
	size int64 // bytes; 0 = never
	age  time.Duration
	keep int // files set aside that are kept
}

// rotated is an output file. Each Write is a record and stays in one file.
type rotated struct {
	path    string
	by      rotation
	file    *os.File
	written int64
	since   time.Time
}

// createRotated opens the output, for account to write to if it is not nil.
func createRotated(path string, by rotation, account *privilege.Account) (*rotated, error) {
	r := &rotated{path: path, by: by}
	if err := r.create(); err != nil {
		return nil, err
	}
	if account != nil {
		if err := r.file.Chown(account.UID, account.GID); err != nil {
			return nil, errors.Join(fmt.Errorf("open output: %w", err), r.file.Close())
		}
	}
	return r, nil
}

// outputMode lets only the owner and the group read: verdicts quote traffic.
const outputMode = 0o640

func (r *rotated) create() error {
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, outputMode)
	if err != nil {
		return fmt.Errorf("open output: %w", err)
	}
	r.file, r.written, r.since = f, 0, time.Now()
	return nil
}

// Write implements io.Writer.
func (r *rotated) Write(p []byte) (int, error) {
	if r.written > 0 && r.due(int64(len(p))) {
		if err := r.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := r.file.Write(p)
	r.written += int64(n)
	return n, err
}

func (r *rotated) due(more int64) bool {
	return r.by.size > 0 && r.written+more > r.by.size || r.by.age > 0 && time.Since(r.since) >= r.by.age
}

// rotate sets the file aside as FILE.1, after FILE.1 became FILE.2 and so on.
func (r *rotated) rotate() error {
	if err := r.file.Close(); err != nil {
		return fmt.Errorf("close output: %w", err)
	}
	if r.by.keep > 0 {
		for i := r.by.keep - 1; i > 0; i-- {
			if err := os.Rename(r.aside(i), r.aside(i+1)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("rotate output: %w", err)
			}
		}
		if err := os.Rename(r.path, r.aside(1)); err != nil {
			return fmt.Errorf("rotate output: %w", err)
		}
	}
	return r.create()
}

func (r *rotated) aside(i int) string { return fmt.Sprintf("%s.%d", r.path, i) }

// Close closes the file.
func (r *rotated) Close() error { return r.file.Close() }
