// Package tshark asks tshark, where it is installed, for the HTTP requests of a
// capture, so that tests can compare what it reads with what this project does.
package tshark

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Request is a request in HTTP/1 or HTTP/2 as tshark reads it.
type Request struct {
	Frame  uint64 // the packet that completed the head
	Stream int64  // tcp.stream; -1 = none
	Target string // of HTTP/2 the last :path
	Status int    // final status of its response; 0 = tshark saw none
	// Marked: it has Upgrade: websocket or a Sec-WebSocket field, or is a CONNECT with
	// :protocol.
	Marked bool
	// Shared: another request was completed in the same packet. tshark does not say
	// which fields are whose, so Marked and Status may be those of the other.
	Shared bool
}

// Find gives the path of tshark, or why it cannot be used.
func Find() (string, error) { return exec.LookPath("tshark") }

// separator stands between the values of one field; no field holds it but by
// design.
const separator = "\x1f"

// fields are asked for, in this order.
func fields() []string {
	return []string{
		"frame.number", "tcp.stream", "http.request.method", "http.request.uri", "http.request.line",
		"http.response.code", "http.request_in",
		"http2.type", "http2.streamid", "http2.header.count", "http2.header.name", "http2.header.value",
	}
}

// Requests gives the HTTP requests of a capture in order of packets. It runs
// tshark once. Damage that ends the reading is no error if anything was read. On the
// ports it looks for HTTP, where it would look for it only by how a connection begins:
// tshark finds HTTP/2 in clear only so.
func Requests(ctx context.Context, file string, ports ...string) ([]Request, error) {
	args := []string{
		"-n", "-r", file, "-Y", "http.request or http.response or http2.header", "-T", "fields", "-E", "aggregator=" + separator,
		"-o", "tcp.reassemble_out_of_order:TRUE", "-o", "tcp.desegment_tcp_streams:TRUE",
	}
	for _, port := range ports {
		args = append(args, "-d", "tcp.port=="+port+",http")
	}
	for _, f := range fields() {
		args = append(args, "-e", f)
	}
	cmd := exec.CommandContext(ctx, "tshark", args...)
	cmd.Env = append(os.Environ(), "HOME=/nonexistent", "XDG_CONFIG_HOME=/nonexistent") // no settings of the user
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("run tshark: %w", err)
	}
	return parse(string(out))
}

// parse reads tshark's lines, one per packet.
func parse(out string) ([]Request, error) {
	var list []Request
	byFrame := map[uint64][]int{}
	asked := streams{}
	for line := range strings.Lines(out) {
		values := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(values) != len(fields()) {
			return nil, fmt.Errorf("read tshark's output: %d fields in %q", len(values), line)
		}
		frame, err := strconv.ParseUint(values[0], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read tshark's output: %w", err)
		}
		for _, r := range requests(frame, values) {
			byFrame[frame] = append(byFrame[frame], len(list))
			list = append(list, r)
		}
		answer(list, byFrame, values)
		if list, err = asked.read(list, frame, values); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// requests gives the requests that a packet completes.
func requests(frame uint64, values []string) []Request {
	if values[2] == "" {
		return nil
	}
	stream, err := strconv.ParseInt(first(values[1]), 10, 64)
	if err != nil {
		stream = -1
	}
	var list []Request
	targets := strings.Split(values[3], separator)
	for _, target := range targets {
		list = append(list, Request{
			Frame: frame, Stream: stream, Target: target, Marked: marked(values[4]), Shared: len(targets) > 1,
		})
	}
	return list
}

// marked reports whether one of the field lines is a mark of WebSocket. tshark
// escapes line ends.
func marked(lines string) bool {
	for _, line := range strings.Split(strings.ToLower(lines), separator) {
		name, value, _ := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		if strings.HasPrefix(name, "sec-websocket-") || name == "upgrade" && strings.Contains(value, "websocket") {
			return true
		}
	}
	return false
}

// answer notes the status of the responses that a packet completes. Interim ones
// are passed over.
func answer(list []Request, byFrame map[uint64][]int, values []string) {
	codes := strings.Split(values[5], separator)
	asked := strings.Split(values[6], separator)
	for i, text := range codes {
		code, err := strconv.Atoi(text)
		if err != nil || code < 200 && code != 101 {
			continue
		}
		frame, err := strconv.ParseUint(asked[min(i, len(asked)-1)], 10, 64)
		if err != nil {
			continue
		}
		for _, at := range byFrame[frame] {
			if list[at].Status == 0 {
				list[at].Status = code
				break
			}
		}
	}
}

// first gives the first value of a field: the outer headers of a tunnel come
// first, TCP is in the inner ones only.
func first(values string) string {
	one, _, _ := strings.Cut(values, separator)
	return one
}
