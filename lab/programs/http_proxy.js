// http-proxy (npm) in front of port argv[3], as development servers use it: where the
// server cannot be reached, it ends the client's connection without a word.
const httpProxy = require('http-proxy');
const [port, target] = process.argv.slice(2);
httpProxy.createServer({ target: `http://127.0.0.1:${target}`, ws: true })
  .on('error', (error, request, socket) => { console.log(error.code); socket.end(); })
  .listen(port, '127.0.0.1');
