package capture

import (
	"bytes"
	"testing"
)

// BenchmarkWalk reads captures from memory, so that it shows what the records
// cost beside the copy into the buffer.
func BenchmarkWalk(b *testing.B) {
	for _, size := range []int{80, 1460} {
		var pcap, ng bytes.Buffer
		w, _ := NewPcapWriter(&pcap, 1, false, 0)
		n, _ := NewPcapngWriter(&ng)
		n.AddInterface(Interface{Link: 1})
		data := make([]byte, size)
		for range 20000 {
			w.WritePacket(epoch, 0, data)
			n.WritePacket(0, epoch, 0, data, "")
		}
		for name, file := range map[string][]byte{"pcap": pcap.Bytes(), "pcapng": ng.Bytes()} {
			b.Run(name, func(b *testing.B) {
				b.SetBytes(int64(len(file)))
				for b.Loop() {
					walk(b, file)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/20000, "ns/packet")
			})
		}
	}
}

func walk(b *testing.B, file []byte) {
	s, err := NewSource(bytes.NewReader(file), "", 0, OpenOptions{})
	if err != nil {
		b.Fatal(err)
	}
	var p Packet
	for err == nil {
		err = s.Next(&p)
	}
	s.Close()
}
