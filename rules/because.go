package rules

import "github.com/handshark/handshark/analyzer"

// because says why evidence is not in the capture.
func because(h *analyzer.Handshake, missing analyzer.Evidence) string { return "not captured" }
