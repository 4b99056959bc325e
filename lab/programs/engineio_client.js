// Opens an Engine.IO session by polling and then upgrades it to WebSocket: HOST:PORT.
const http = require('http');
const { WebSocket } = require('ws');

const query = `${process.argv[2]}/socket.io/?EIO=4&transport=`;
http.get(`http://${query}polling`, (response) => {
  let body = '';
  response.on('data', (data) => { body += data; });
  response.on('end', () => {
    const { sid } = JSON.parse(body.slice(1));
    const ws = new WebSocket(`ws://${query}websocket&sid=${sid}`, { perMessageDeflate: false });
    ws.on('open', () => ws.send('2probe'));
    ws.on('message', (data) => { console.log(String(data)); ws.close(1000); });
    ws.on('error', (error) => console.log(error.message));
    ws.on('close', () => process.exit());
  });
});
