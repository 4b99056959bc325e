package catalogue

import (
	"testing"

	"github.com/handshark/handshark/analyzer/field"
)

func TestHostDifference(t *testing.T) {
	tests := []struct{ from, to, want string }{
		{"ws.example.test", "WS.example.test", ""},
		{"ws.example.test:80", "ws.example.test", "port"},
		{"example.test", "www.example.test", "host"},
		{"ws.example.test", "login.example.test", "other"},
		{"", "ws.example.test", "other"},
	}
	for _, tt := range tests {
		if got := hostDifference(field.ParseHost(tt.from), field.ParseHost(tt.to)); got != tt.want {
			t.Errorf("hostDifference(%q, %q) = %q; want %q", tt.from, tt.to, got, tt.want)
		}
	}
}

func TestCanonicalPath(t *testing.T) {
	tests := []struct{ path, want string }{
		{"", ""}, {"/", ""}, {"/Chat/", "/chat"}, {"//a///b", "/a/b"}, {"/a//", "/a"},
	}
	for _, tt := range tests {
		if got := canonicalPath(tt.path); got != tt.want {
			t.Errorf("canonicalPath(%q) = %q; want %q", tt.path, got, tt.want)
		}
	}
}

func TestShownTargetHidesCredentials(t *testing.T) {
	tests := []struct{ target, want string }{
		{"/chat", "/chat"},
		{"/chat?token=secret", "/chat?..."},
		{"http://joe:secret@ws.example.test/chat?x", "http://ws.example.test/chat?..."},
		{"joe:secret@ws.example.test:443", "ws.example.test:443"},
		{"/at@sign", "/at@sign"},
		{"*", "*"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := shownTarget(tt.target); got != tt.want {
			t.Errorf("shownTarget(%q) = %q; want %q", tt.target, got, tt.want)
		}
	}
}
