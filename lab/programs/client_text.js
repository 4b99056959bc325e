// Dials one URL with npm's ws and prints what it says: URL [PROTOCOL,PROTOCOL]
const { WebSocket } = require('ws');

const [url, protocols] = process.argv.slice(2);
const ws = new WebSocket(url, protocols ? protocols.split(',') : [], { handshakeTimeout: 2000 });
setTimeout(() => ws.terminate(), 3000).unref();
let said = false;
ws.on('error', (error) => { said = true; console.log(error.message || error.code); });
ws.on('close', (code, reason) => { if (!said) console.log(`close ${code}${reason.length ? ` ${reason}` : ''}`); });
