// A client on npm's ws: connects, sends one message, waits for one, closes.
// One JSON argument:
//   url, protocols, headers, origin, protocolVersion, deflate   as in ws
//   timeout      handshake timeout in ms
//   tls          TLS options, for example {"maxVersion": "TLSv1.2"}
//   keylog       file to which the TLS session keys are written
//   resolver     address of the name server to ask, in place of the system's
//   receive      wait for a message without sending one
//   stay         leave the closing to the server
//   before       ordinary requests on the same keep-alive connection first
const dns = require('dns');
const fs = require('fs');
const http = require('http');
const tls = require('tls');
const { WebSocket } = require('ws');

const o = JSON.parse(process.argv[2]);
const agent = o.before ? new http.Agent({ keepAlive: true, maxSockets: 1 }) : undefined;

function ordinary(count) {
  if (!count) return dial();
  http.get(o.url.replace(/^ws(.*)\/.*/, 'http$1/page'), { agent }, (response) => {
    response.resume();
    response.on('end', () => setTimeout(ordinary, 5, count - 1));
  });
}

function connectWithKeylog(options) {
  const socket = tls.connect({ ...options, path: undefined });
  socket.on('keylog', (line) => fs.appendFileSync(o.keylog, line));
  return socket;
}

function lookup(name, options, done) {
  const resolver = new dns.Resolver({ tries: 1 });
  resolver.setServers([o.resolver]);
  resolver.resolve4(name, (error, list) => {
    if (error) return done(error);
    if (options.all) return done(null, list.map((address) => ({ address, family: 4 })));
    done(null, list[0], 4);
  });
}

function dial() {
  const ws = new WebSocket(o.url, o.protocols || [], {
    perMessageDeflate: !!o.deflate,
    headers: o.headers,
    origin: o.origin,
    protocolVersion: o.protocolVersion || 13,
    handshakeTimeout: o.timeout,
    agent,
    ...(o.resolver && { lookup }),
    ...(o.keylog && { createConnection: connectWithKeylog }),
    ...o.tls,
  });
  ws.on('open', () => {
    console.log('open', ws.protocol, ws.extensions);
    if (!o.receive) ws.send('hello from the lab '.repeat(o.deflate ? 8 : 1));
  });
  ws.on('message', (data) => { console.log('message', String(data).slice(0, 40)); if (!o.stay) ws.close(1000); });
  ws.on('close', (code, reason) => console.log('close', code, String(reason)));
  ws.on('error', (error) => console.log('error', error.message));
}

ordinary(o.before || 0);
