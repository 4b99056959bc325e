package report

import (
	"strings"
	"testing"
)

func TestScanSpoken(t *testing.T) {
	const random = "q7Xk2mZ94LpTt0vB3nRy81"
	tests := []struct{ text, want string }{
		{"bad key sk_live_51HxAbCdEfGhIjKlMnOp", "sk_live_51HxAbCdEfGhIjKlMnOp"},
		{"token ghp_16C7e42F292c6912E7710c838347Ae178B4a is revoked", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"},
		{"invalid token " + random + ".", random},
		{`{"error":"unknown session","session":"9f86d081884c7d659a2feaa0c55ad015"}`, "9f86d081884c7d659a2feaa0c55ad015"},
		{"token abc-" + random + "-x", "abc-" + random + "-x"},
		{"no such user", ""}, {"Forbidden", ""},
		{"System.InvalidOperationException: AspNetCore.Http.Connections.Client", ""},
		{"request 6f1c9a3e-52d4-4b8e-9d0f-3a7b1c2d4e5f failed", ""}, // a UUID
		{"python3.11-x86_64-linux-gnu", ""}, {"ip-10-0-1-23.eu-west-1.compute.internal", ""},
		{"OpenSSL/3.0.2-0ubuntu1.15 nginx/1.22.1", ""}, {"2026-01-02T03:04:05.123456Z", ""},
		{"upstream connect error or disconnect/reset before headers. reset reason: connection failure", ""},
		{"aaaaaaaaaaaaaaaaaaaa1a1a1a1a1a1a1", ""}, {"00000000000000000000000000000001", ""},
		{"sk-this-is-a-name-of-something", ""}, {"sk-learn-models-v2-unavailable", ""},
		{"SG.frankfurt.node12.unavailable", ""}, {"npm_lifecycle_event_v18_missing", ""},
		{"app_v2_handler3_route4_method5", ""}, {"MAX_FRAME_SIZE_65536_EXCEEDED_BY_16384", ""},
		{"token=ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"},
		{"key=AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"}, {"id=" + random + "==", random + "=="},
		{"sk-proj-abc123def456ghi789jkl012mno345", "sk-proj-abc123def456ghi789jkl012mno345"},
		{"Invalid session 9f8c3a7b2d1e4f5a", "9f8c3a7b2d1e4f5a"}, {"bad token: '9f8c3a7b2d1e'", "9f8c3a7b2d1e"},
		{"unknown session 6f1c9a3e-52d4-4b8e-9d0f-3a7b1c2d4e5f", "6f1c9a3e-52d4-4b8e-9d0f-3a7b1c2d4e5f"},
		{"trace 9f8c3a7b2d1e4f5a", ""}, {"Unexpected token u003c in JSON at position 0", ""},
		{"session expired-2024-b", ""}, {"key v1.2.3-beta4", ""}, {"token 12345678901234", ""},
	}
	for _, tt := range tests {
		got := ""
		scanSpoken(tt.text, false, func(s span) { got += tt.text[s.start:s.end] })
		if got != tt.want {
			t.Errorf("scanSpoken(%q) = %q; want %q", tt.text, got, tt.want)
		}
	}
}

// TestSpokenSecrets hides tokens that a server tells of, wherever they recur.
func TestSpokenSecrets(t *testing.T) {
	const random, key = "q7Xk2mZ94LpTt0vB3nRy81", "aGFuZHNoYXJrLW5vbmNlIQ=="
	const id = "6f1c9a3e52d44b8e9d0f3a7b1c2d4e5f"
	h := &Handshake{
		Request: &Request{Fields: []Field{{Name: "Sec-WebSocket-Key", Value: key}}},
		Response: &Response{
			Reason: "bad token " + random, BodyPrefix: "request " + id + " with key " + key + " and token " + random,
			Fields: []Field{{Name: "X-Request-Id", Value: id}},
		},
		RootCause: &RootCause{Summary: `The status line says "bad token ` + random + `".`},
		Findings:  []Finding{{Message: `Socket.IO: "bad key sk_live_51HxAbCdEfGhIjKlMnOp"`, Evidence: []Evidence{{Field: "status line", Value: "HTTP/1.1 401 bad token " + random}}}},
	}
	NewRedactor(false).Handshake(h)
	all := string(h.Response.Reason + h.Response.BodyPrefix + h.RootCause.Summary + h.Findings[0].Message + h.Findings[0].Evidence[0].Value)
	for _, secret := range []string{random, "sk_live"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is not hidden in %q", secret, all)
		}
	}
	for _, public := range []string{id, key} {
		if !strings.Contains(string(h.Response.BodyPrefix), public) {
			t.Errorf("%q is hidden in %q", public, h.Response.BodyPrefix)
		}
	}
}
