// An Engine.IO server, as Socket.IO uses it: PORT. Protocol 4 only.
const http = require('http');
const { Server } = require('engine.io');

const server = http.createServer();
new Server().attach(server, { path: '/socket.io/' });
server.listen(Number(process.argv[2]), '127.0.0.1');
