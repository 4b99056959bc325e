package http2

import "strconv"

// String gives the name of RFC 9113 section 6, or of the extension, or the number.
func (t FrameType) String() string {
	names := [...]string{
		"DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE",
		"CONTINUATION", "ALTSVC", "", "ORIGIN", "", "", "", "PRIORITY_UPDATE",
	}
	return nameOf(names[:], uint32(t))
}

// String gives the name of RFC 9113 section 6.5.2, or of the extension, with its
// prefix, or the number.
func (id SettingID) String() string {
	names := [...]string{
		"", "SETTINGS_HEADER_TABLE_SIZE", "SETTINGS_ENABLE_PUSH", "SETTINGS_MAX_CONCURRENT_STREAMS",
		"SETTINGS_INITIAL_WINDOW_SIZE", "SETTINGS_MAX_FRAME_SIZE", "SETTINGS_MAX_HEADER_LIST_SIZE", "",
		"SETTINGS_ENABLE_CONNECT_PROTOCOL", "SETTINGS_NO_RFC7540_PRIORITIES",
	}
	return nameOf(names[:], uint32(id))
}

// String gives the name of RFC 9113 section 7, or the number.
func (c ErrorCode) String() string {
	names := [...]string{
		"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
		"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
		"INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
	}
	return nameOf(names[:], uint32(c))
}

// String names the reason.
func (l Loss) String() string {
	names := [...]string{
		"", "not HTTP/2", "frame too large", "not captured", "header compression cannot be followed", "header block too large",
	}
	return nameOf(names[:], uint32(l))
}

// String names what is missing.
func (i Incomplete) String() string {
	names := [...]string{"whole", "over the limit", "header compression broken"}
	return nameOf(names[:], uint32(i))
}

func nameOf(names []string, n uint32) string {
	if uint64(n) < uint64(len(names)) && names[n] != "" {
		return names[n]
	}
	return "0x" + strconv.FormatUint(uint64(n), 16)
}
