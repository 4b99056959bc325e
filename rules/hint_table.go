package rules

// hintTable holds words that servers write into the body of a refusal. They are
// matched as written, anywhere in the body.
var hintTable = [...]Hint{
	{"'upgrade' token not found in 'Connection' header", "gorilla/websocket", noConnection},
	{"'websocket' token not found in 'Upgrade' header", "gorilla/websocket", noUpgrade},
	{"unsupported version: 13 not found in 'Sec-Websocket-Version' header", "gorilla/websocket", badVersion},
	{"'Origin' header value not allowed", "gorilla/websocket", []string{"origin-rejected", "origin-cross-site", "origin-host-rewritten", "origin-opaque"}},
	{"request origin not allowed by Upgrader.CheckOrigin", "gorilla/websocket", badOrigin},
	{"'Sec-WebSocket-Key' header must be Base64 encoded value of 16-byte in length", "gorilla/websocket", badKey},
	{"`Sec-Websocket-Key' header is missing or blank", "gorilla/websocket", badKey},
}
