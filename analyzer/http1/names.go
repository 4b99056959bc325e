package http1

// String gives the name of the kind in lower case with hyphens.
func (k DeviationKind) String() string {
	names := [deviationKinds]string{
		"none", "bare-lf", "bare-cr", "obs-fold", "space-before-colon", "leading-space-line", "no-colon",
		"bad-name", "control-octet", "non-ascii", "extra-spaces", "tab-separator", "trailing-blank",
		"bad-method", "bad-version", "missing-version", "empty-target", "bad-status",
		"missing-reason-space", "empty-reason", "not-http", "target-octet",
	}
	if k < deviationKinds {
		return names[k]
	}
	return "unknown"
}
