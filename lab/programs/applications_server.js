// Applications that check the client after the 101: KIND PORT. They let in who has the
// made-up token "let-me-in" and refuse the others in their own protocol.
const http = require('http');

const refusal = 'invalid credentials';
const known = (token) => token === 'let-me-in';

const kinds = {
  'socket.io'(server) {
    const { Server } = require('socket.io');
    const io = new Server(server);
    io.use((socket, next) => next(known(socket.handshake.auth.token) ? undefined : new Error(refusal)));
    io.of('/admin').use((socket, next) => next(new Error('not an administrator')));
    io.on('connection', (socket) => socket.on('say', (text, answer) => answer(text)));
  },
  'subscriptions-transport-ws'(server) {
    const { SubscriptionServer } = require('subscriptions-transport-ws');
    const { execute, subscribe } = require('graphql');
    SubscriptionServer.create({
      schema: schema(), execute, subscribe,
      onConnect: ({ token }) => { if (!known(token)) throw new Error(refusal); },
    }, { server, path: '/graphql' });
  },
  'graphql-ws'(server) {
    const { useServer } = require('graphql-ws/use/ws');
    const { WebSocketServer } = require('ws');
    useServer({ schema: schema(), onConnect: ({ connectionParams }) => known(connectionParams.token) },
      new WebSocketServer({ server, path: '/graphql' }));
  },
  stomp(server) {
    const StompServer = require('stomp-broker-js');
    new StompServer({ server, path: '/stomp' })
      .addMiddleware('connect', (socket, { headers }, next) => known(headers.passcode) && next());
  },
};

function schema() {
  return require('graphql').buildSchema('type Query { hello: String }');
}

const server = http.createServer();
kinds[process.argv[2]](server);
server.listen(Number(process.argv[3]), '127.0.0.1');
