// An HTTP/2 server of Node.js, WebSockets by npm's ws on the stream. One JSON argument:
//   port              of 127.0.0.1
//   connect           announce extended CONNECT (true); false: with 0, 'unsaid': not at all
//   tls: {cert, key}  serve over TLS, and HTTP/1.1 too; otherwise in clear with prior knowledge
//   streams           the most streams at a time
//   page              HTML for GET of "/", which sets two cookies that /session wants
//   plain             handle requests only, as an application does that knows nothing of CONNECT
// What it answers to extended CONNECT stands in ANSWERS, by path.
const http2 = require('http2');
const fs = require('fs');
const { WebSocket, WebSocketServer } = require('ws');

const o = JSON.parse(process.argv[2]);
const { constants: c } = http2;

function open(stream, fields = {}) {
  stream.respond({ ':status': 200, ...fields });
  const ws = new WebSocket(null, undefined, {});
  ws.setSocket(stream, Buffer.alloc(0), { maxPayload: 65536, skipUTF8Validation: false });
  ws.on('error', (error) => console.log(error.message));
  ws.on('message', (data, binary) => ws.send(data, { binary }));
  return ws;
}

function refuse(stream, status, body, fields = {}) {
  stream.respond({ ':status': status, 'content-type': 'text/plain', ...fields });
  stream.end(body);
}

const ANSWERS = {
  '/chat': (stream) => open(stream),
  '/v1-only': (stream) => open(stream, { 'sec-websocket-protocol': 'chat.v1' }),
  '/proto': (stream, headers) => {
    const wanted = (headers['sec-websocket-protocol'] || '').split(/ *, */);
    open(stream, wanted.includes('chat.v2') ? { 'sec-websocket-protocol': 'chat.v2' } : {});
  },
  '/private': (stream, headers) => {
    if (headers.authorization === 'Bearer good-made-up-token') return open(stream);
    refuse(stream, 401, 'authentication required', { 'www-authenticate': 'Bearer realm="lab"' });
  },
  '/session': (stream, headers) => {
    if ((headers.cookie || '').includes('session=')) return open(stream);
    refuse(stream, 401, 'no session');
  },
  '/origin': (stream, headers) => {
    if (headers.origin === 'https://app.example.test') return open(stream);
    refuse(stream, 403, 'Origin not allowed');
  },
  '/admin': (stream) => refuse(stream, 403, 'Forbidden'),
  '/login': (stream) => refuse(stream, 302, '', { location: 'https://login.example.test/signin?next=/chat' }),
  '/created': (stream) => { stream.respond({ ':status': 201 }); },
  '/ended': (stream) => stream.respond({ ':status': 200 }, { endStream: true }),
  '/refused': (stream) => stream.close(c.NGHTTP2_REFUSED_STREAM),
  '/http-1.1': (stream) => stream.close(c.NGHTTP2_HTTP_1_1_REQUIRED),
  '/broken': (stream) => stream.close(c.NGHTTP2_INTERNAL_ERROR),
  '/calm': (stream) => { stream.session.goaway(c.NGHTTP2_ENHANCE_YOUR_CALM); setTimeout(() => stream.session.destroy(), 50); },
  '/restart': (stream) => { stream.session.goaway(c.NGHTTP2_NO_ERROR, stream.id - 2); setTimeout(() => stream.session.destroy(), 50); },
  '/silent': () => {},
  '/hints': (stream) => { stream.additionalHeaders({ ':status': 103, link: '</app.js>; rel=preload' }); open(stream); },
  '/policy': (stream) => open(stream).close(1008, 'not allowed'),
  '/drop': (stream) => { open(stream); setTimeout(() => stream.close(c.NGHTTP2_INTERNAL_ERROR), 100); },
  '/drain': (stream) => { open(stream); setTimeout(() => stream.session.destroy(), 100); },
};

function answer(stream, headers) {
  stream.on('error', (error) => console.log(error.message));
  console.log(headers[':method'], headers[':protocol'], headers[':path']);
  if (headers[':method'] === 'CONNECT') {
    (ANSWERS[headers[':path'].split('?')[0]] || ((s) => refuse(s, 404, 'Not Found')))(stream, headers);
  } else if (headers[':path'] === '/' && o.page) {
    stream.respond({ ':status': 200, 'content-type': 'text/html', 'set-cookie': ['session=s3cr3t-made-up', 'theme=dark'] });
    stream.end(o.page);
  } else {
    refuse(stream, headers[':path'] === '/healthz' ? 200 : 404, headers[':path'] === '/healthz' ? 'ok' : 'Not Found');
  }
}

const options = { settings: o.connect === 'unsaid' ? {} : { enableConnectProtocol: o.connect !== false } };
if (o.streams) options.settings.maxConcurrentStreams = o.streams;
const server = o.tls
  ? http2.createSecureServer({ ...options, allowHTTP1: true, cert: fs.readFileSync(o.tls.cert), key: fs.readFileSync(o.tls.key) })
  : http2.createServer(options);
server.on('sessionError', (error) => console.log('session', error.message));
server.on('request', (request, response) => {
  if (o.plain || request.httpVersionMajor === 1) {
    response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': o.page ? 'text/html' : 'text/plain' });
    response.end(request.url === '/' ? o.page || 'lab' : 'Not Found');
  }
});
if (!o.plain) {
  // A listener for requests brings the compatibility layer, which answers CONNECT too.
  server.removeAllListeners('stream');
  server.on('stream', answer);
}
const wss = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, socket, head) =>
  wss.handleUpgrade(request, socket, head, (ws) => ws.on('message', (data, binary) => ws.send(data, { binary }))));
server.listen(o.port, '127.0.0.1');
