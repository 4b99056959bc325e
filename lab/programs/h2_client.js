// Opens a WebSocket inside HTTP/2 with extended CONNECT (RFC 8441), prior knowledge: HOST:PORT PATH.
// Sends one masked text frame, waits for the echo, closes.
const http2 = require('http2');

const [authority, path] = process.argv.slice(2);
const session = http2.connect(`http://${authority}`);
session.on('error', (error) => { console.log(error.message); process.exit(1); });
session.once('remoteSettings', (settings) => {
  console.log('extended CONNECT offered:', settings.enableConnectProtocol);
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':authority': authority,
    ':path': path,
    'sec-websocket-version': '13',
  }, { endStream: false });
  const mask = Buffer.from([1, 2, 3, 4]);
  const frame = (first, body) =>
    Buffer.concat([Buffer.from([first, 0x80 | body.length]), mask, body.map((b, i) => b ^ mask[i % 4])]);
  stream.on('error', (error) => console.log(error.message));
  stream.on('response', (headers) => {
    console.log('status', headers[':status']);
    if (headers[':status'] === 200) stream.write(frame(0x81, Buffer.from('hello from the lab')));
  });
  let frames = 0;
  stream.on('data', () => {
    frames += 1;
    if (frames === 1) stream.write(frame(0x88, Buffer.from([0x03, 0xe8])));
    else stream.end();
  });
  stream.on('end', () => stream.end());
  stream.on('close', () => session.close());
});
