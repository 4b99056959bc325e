// A client on npm's ws: connects, sends one message, waits for one, closes.
// One JSON argument: url, protocols, headers, origin, protocolVersion, timeout (ms),
// deflate, ca (file), tls (TLS options), keep (ms to stay when nothing is sent), receive (wait only).
const fs = require('fs');
const { WebSocket } = require('ws');

const o = JSON.parse(process.argv[2]);
const ws = new WebSocket(o.url, o.protocols || [], {
  perMessageDeflate: !!o.deflate,
  headers: o.headers,
  origin: o.origin,
  protocolVersion: o.protocolVersion || 13,
  handshakeTimeout: o.timeout,
  ca: o.ca && fs.readFileSync(o.ca),
  ...o.tls,
});
ws.on('open', () => {
  console.log('open', ws.protocol, ws.extensions);
  if (!o.receive) ws.send('hello from the lab '.repeat(o.deflate ? 8 : 1));
});
ws.on('message', (data) => { console.log('message', String(data).slice(0, 40)); ws.close(1000); });
ws.on('close', (code, reason) => console.log('close', code, String(reason)));
ws.on('error', (error) => console.log('error', error.message));
