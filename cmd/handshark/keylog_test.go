package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/handshark/handshark/capture"
)

// withKeys is a recording of a refusal inside of TLS, with the secrets of the session.
const withKeys = "../../testdata/pcaps/real/wss-auth-missing-401.pcap"

// takeApart gives the packets of withKeys as a file without secrets, and the secrets.
func takeApart() (pcap, keyLog []byte, err error) {
	var secrets, packets bytes.Buffer
	src, err := capture.Open(withKeys, 0, capture.OpenOptions{Secrets: func(s capture.Secrets) { secrets.Write(s.KeyLog) }})
	if err != nil {
		return nil, nil, err
	}
	defer src.Close()
	w, err := capture.NewPcapWriter(&packets, capture.LinkEthernet, true, 0)
	for p := (capture.Packet{}); err == nil; {
		if err = src.Next(&p); err == nil {
			err = w.WritePacket(p.Ref.Time, p.Wire, p.Data)
		}
	}
	if !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	return packets.Bytes(), secrets.Bytes(), nil
}

// apart writes both into a directory: wss.pcap and keys.log.
func apart(dir string) error {
	pcap, keyLog, err := takeApart()
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "wss.pcap"), pcap, 0o600),
		os.WriteFile(filepath.Join(dir, "keys.log"), keyLog, 0o600),
	)
}
