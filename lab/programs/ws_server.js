// A server on npm's ws. One JSON argument:
//   port, host, path, page         where; page: HTML for "/" (ordinary HTTP)
//   deflate, protocol              negotiation; protocol: the one to select, "" for none
//   greet, glue                    message on connect; glue: in one write with the 101
//   close: [code, reason]          close right after the handshake
//   drop                           end the TCP connection right after the handshake
//   refuse: [status, body, type]   answer to every upgrade
//   cookie                         name of the session cookie that an upgrade must carry;
//                                  /app/login sets it with Path=/app
//   cookies                        octets of Set-Cookie in the 101
//   twice                          two WebSocketServers (paths /chat and /other) on one HTTP server
//   tls: {cert, key, ...}          serve over TLS
const http = require('http');
const https = require('https');
const fs = require('fs');
const { WebSocketServer } = require('ws');

const o = JSON.parse(process.argv[2]);

function page(request, response) {
  if (o.cookie && request.url === '/app/login') {
    response.setHeader('Set-Cookie', `${o.cookie}=s3cr3t-made-up; Path=/app; HttpOnly`);
  }
  if (o.page) {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end(request.url === '/favicon.ico' ? '' : o.page);
  } else {
    response.writeHead(request.url.startsWith('/healthz') ? 200 : 426, { 'Content-Type': 'text/plain' });
    response.end(request.url.startsWith('/healthz') ? 'ok' : 'Upgrade Required');
  }
}

const options = { path: o.path, perMessageDeflate: !!o.deflate };
if (o.protocol !== undefined) options.handleProtocols = () => o.protocol || false;

function refuse(socket, [status, body, type]) {
  socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nContent-Type: ${type || 'text/plain'}\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}

let wss;
if (o.page || o.tls || o.refuse || o.cookie || o.twice) {
  const server = o.tls
    ? https.createServer({ ...o.tls, cert: fs.readFileSync(o.tls.cert), key: fs.readFileSync(o.tls.key) }, page)
    : http.createServer(page);
  if (o.twice) {
    wss = new WebSocketServer({ ...options, server, path: '/chat' });
    new WebSocketServer({ ...options, server, path: '/other' });
  } else {
    wss = new WebSocketServer({ ...options, noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (o.refuse) return refuse(socket, o.refuse);
      if (o.cookie && !(request.headers.cookie || '').includes(`${o.cookie}=`)) {
        return refuse(socket, [401, 'Unauthorized: no session']);
      }
      wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, request));
    });
  }
  server.listen(o.port, o.host || '127.0.0.1');
} else {
  wss = new WebSocketServer({ ...options, port: o.port, host: o.host || '127.0.0.1' });
}

if (o.cookies) wss.on('headers', (headers) => headers.push(`Set-Cookie: cart=${'made-up-'.repeat(o.cookies / 8)}`));
if (o.glue) wss.on('headers', (headers, request) => request.socket.cork());

wss.on('connection', (ws, request) => {
  if (o.greet) ws.send(o.greet);
  if (o.glue) request.socket.uncork();
  if (o.close) ws.close(...o.close);
  if (o.drop) request.socket.end();
  ws.on('error', (error) => console.log('error', error.message));
  ws.on('message', (data, binary) => ws.send(data, { binary }));
});
