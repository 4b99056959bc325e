// Opens a WebSocket with undici, which may agree on HTTP/2: URL [SUBPROTOCOL...]
// The session keys go to the file named by --tls-keylog.
const { WebSocket, Agent } = require('undici');

const [url, ...protocols] = process.argv.slice(2);
const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } });
const ws = new WebSocket(url, { protocols, dispatcher });
setTimeout(() => process.exit(1), 5000).unref();
ws.onopen = () => { console.log('open', ws.protocol); ws.send('hello from the lab'); };
ws.onmessage = (event) => { console.log('message', event.data); ws.close(1000); };
ws.onerror = (event) => console.log('error', event.message || event.error);
ws.onclose = (event) => { console.log('close', event.code, event.reason); setTimeout(() => dispatcher.destroy(), 100); };
