package catalogue

import "github.com/handshark/handshark/rules"

// credentialFixes send a token with the handshake, by the program that asks.
var credentialFixes = [...]rules.Fix{
	{Product: "gorilla/websocket", Client: true, Snippet: "websocket.DefaultDialer.Dial(url, http.Header{\"Authorization\": {\"Bearer \" + token}})"},
	{Product: "coder/websocket", Client: true, Snippet: "websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: http.Header{\"Authorization\": {\"Bearer \" + token}}})"},
	{Product: "ws (npm)", Client: true, Snippet: "new WebSocket(url, { headers: { Authorization: 'Bearer ' + token } })"},
	{Product: "WebSocket-Node (npm)", Client: true, Snippet: "client.connect(url, null, null, { Authorization: 'Bearer ' + token })"},
	{Product: "Node.js", Client: true, Snippet: "new WebSocket(url, { headers: { Authorization: 'Bearer ' + token } })   // in Node.js alone: browsers have no headers"},
	{Product: "browser", Client: true, Snippet: "new WebSocket(url, ['bearer', ticket])  // and let the server select 'bearer'"},
	{Product: "websockets (Python)", Client: true, Snippet: "connect(uri, additional_headers={\"Authorization\": \"Bearer \" + token})   # extra_headers before version 14"},
	{Product: "aiohttp", Client: true, Snippet: "session.ws_connect(url, headers={\"Authorization\": \"Bearer \" + token})"},
	{Product: "websocket-client (Python)", Client: true, Snippet: "create_connection(url, header=[\"Authorization: Bearer \" + token])"},
	{Product: "Tornado", Client: true, Snippet: "websocket_connect(HTTPRequest(url, headers={\"Authorization\": \"Bearer \" + token}))"},
	{Product: "Java HttpClient", Client: true, Snippet: "client.newWebSocketBuilder().header(\"Authorization\", \"Bearer \" + token).buildAsync(uri, listener)"},
	{Product: "OkHttp", Client: true, Snippet: "new Request.Builder().url(url).header(\"Authorization\", \"Bearer \" + token).build()"},
	{Product: "Dart", Client: true, Snippet: "WebSocket.connect(url, headers: {'Authorization': 'Bearer $token'})"},
	{Product: "curl", Client: true, Snippet: "curl -H \"Authorization: Bearer $TOKEN\" ..."},
}

// refusalFixes show what the refusal of a handshake says, by the program that asks.
var refusalFixes = [...]rules.Fix{
	{Product: "gorilla/websocket", Client: true, Snippet: "conn, resp, err := dialer.Dial(url, header)\n// on ErrBadHandshake resp holds the refusal: print resp.Status and its body"},
	{Product: "coder/websocket", Client: true, Snippet: "conn, resp, err := websocket.Dial(ctx, url, options)\n// on err resp holds the refusal: print resp.Status and its body"},
	{Product: "ws (npm)", Client: true, Snippet: "ws.on('unexpected-response', (request, response) => response.pipe(process.stderr))"},
	{Product: "websockets (Python)", Client: true, Snippet: "except InvalidStatus as e: print(e.response.body)   # before version 14 InvalidStatusCode with the status alone"},
	{Product: "websocket-client (Python)", Client: true, Snippet: "except WebSocketBadStatusException as e: print(e.status_code, e.resp_body)"},
	{Product: "curl", Client: true, Snippet: "curl -i ...   # prints the refusal with its fields"},
}
