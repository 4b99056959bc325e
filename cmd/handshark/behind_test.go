package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// failing fails once it was given more than so many octets.
type failing struct {
	bytes.Buffer
	left int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, f.err
	}
	return f.Buffer.Write(p)
}

// TestBehind: what was written comes out as it is, however it was cut.
func TestBehind(t *testing.T) {
	defer goleak.VerifyNone(t)
	text := strings.Repeat("0123456789abcde\n", 3*behindCount*behindSize/16)
	for _, size := range []int{1000, behindSize, behindSize + 1, len(text)} {
		var out bytes.Buffer
		b := newBehind(&out)
		for rest := text; rest != ""; {
			n, err := io.WriteString(b, rest[:min(size, len(rest))])
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := b.Close(); err != nil || out.String() != text {
			t.Errorf("in pieces of %d: %d octets, want %d; %v", size, out.Len(), len(text), err)
		}
	}
	if err := newBehind(io.Discard).Close(); err != nil {
		t.Errorf("nothing written: %v", err)
	}
}

// TestBehindLends: what is appended to the memory that is lent comes out as it is, and is
// not copied.
func TestBehindLends(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, size := range []int{1, 3000, behindLeast, behindLeast + 1, behindSize, 2 * behindSize} {
		var out, want bytes.Buffer
		b := newBehind(&out)
		for n := range 5 * behindSize / size {
			piece := bytes.Repeat([]byte{byte('a' + n%26)}, size)
			want.Write(piece)
			lent := append(b.AvailableBuffer(), piece...)
			if _, err := b.Write(lent); err != nil {
				t.Fatal(err)
			}
			if size < behindLeast && &lent[0] != &b.filling[len(b.filling)-size] {
				t.Fatalf("in pieces of %d: copied", size)
			}
		}
		if err := b.Close(); err != nil || !bytes.Equal(out.Bytes(), want.Bytes()) {
			t.Errorf("in pieces of %d: %d octets, want %d; %v", size, out.Len(), want.Len(), err)
		}
	}
}

// TestBehindFails: an error comes back once, from one of the next calls or the last.
func TestBehindFails(t *testing.T) {
	defer goleak.VerifyNone(t)
	broken := errors.New("broken")
	for _, left := range []int{0, 2 * behindSize, 9 * behindSize} {
		out := &failing{left: left, err: broken}
		b := newBehind(out)
		var err error
		for n := 0; err == nil && n < 10*behindSize; n += 1000 {
			_, err = b.Write(make([]byte, 1000))
		}
		if err == nil {
			err = b.Close()
		} else if again := b.Close(); again != nil {
			t.Errorf("%d octets: %v again", left, again)
		}
		if !errors.Is(err, broken) || out.Len() > left {
			t.Errorf("%d octets: %v, %d written", left, err, out.Len())
		}
	}
}

// TestBehindAbandoned: what is left is dropped.
func TestBehindAbandoned(t *testing.T) {
	defer goleak.VerifyNone(t)
	var out bytes.Buffer
	b := newBehind(&out)
	if _, err := b.Write(make([]byte, behindSize+1)); err != nil {
		t.Fatal(err)
	}
	if b.abandon(); out.Len() != behindSize {
		t.Errorf("%d octets were written", out.Len())
	}
	newBehind(&out).abandon()
}
