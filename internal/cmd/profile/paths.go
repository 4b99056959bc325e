package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
)

// Numbers of the format of profiles (profile.proto of github.com/google/pprof).
const (
	stringTable  = 6 // field of Profile
	wireVarint   = 0
	wireOctets   = 2
	wireTypeBits = 3
)

var errProfile = errors.New("the profile cannot be read")

// withoutPaths empties the strings of a profile that are paths: they are of the machine
// on which it was taken, and the compiler goes by the names of functions.
func withoutPaths(profile []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(profile))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	for len(raw) > 0 {
		field, n, err := nextField(raw)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(field); err != nil {
			return nil, err
		}
		raw = raw[n:]
	}
	err = w.Close()
	return out.Bytes(), err
}

// nextField gives the field that raw begins with, without what is a path, and how long it
// was.
func nextField(raw []byte) (field []byte, n int, err error) {
	tag, at := binary.Uvarint(raw)
	value, size := binary.Uvarint(raw[max(at, 0):])
	if at <= 0 || size <= 0 {
		return nil, 0, errProfile
	}
	n = at + size
	switch tag & (1<<wireTypeBits - 1) {
	case wireVarint:
		return raw[:n], n, nil
	case wireOctets:
		if value > uint64(len(raw)-n) {
			return nil, 0, errProfile
		}
		end := n + int(value)
		if tag>>wireTypeBits == stringTable && value > 0 && raw[n] == '/' {
			return append(raw[:at:at], 0), end, nil
		}
		return raw[:end], end, nil
	}
	return nil, 0, errProfile
}
