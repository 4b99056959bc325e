// The clients of applications_server.js, of an MQTT broker and of Action Cable:
// KIND URL TOKEN [OPTION]. They say what happened and leave when they are refused.
const [, , kind, url, token, option] = process.argv;

function told(...words) { console.log(...words); }

const kinds = {
  'socket.io'() {
    const { io } = require('socket.io-client');
    const socket = io(url + (option || ''), { transports: ['websocket'], auth: { token }, reconnection: false });
    socket.on('connect', () => socket.emit('say', 'hello', (text) => { told('answer', text); socket.close(); }));
    socket.on('connect_error', (error) => { told('connect_error', error.message); socket.close(); });
  },
  'subscriptions-transport-ws'() {
    const { SubscriptionClient } = require('subscriptions-transport-ws');
    const client = new SubscriptionClient(url, { connectionParams: { token } }, require('ws'));
    client.onConnected(() => { told('connected'); setTimeout(() => client.close(), 200); });
    client.onError((error) => { told('error', error.message); });
    client.onDisconnected(() => client.close());
  },
  'graphql-ws'() {
    const { createClient } = require('graphql-ws');
    const client = createClient({ url, webSocketImpl: require('ws'), connectionParams: { token }, retryAttempts: 0, lazy: true });
    client.subscribe({ query: '{ hello }' }, {
      next: () => told('next'),
      error: (error) => told('error', error.code, error.reason),
      complete: () => { told('complete'); client.dispose(); },
    });
  },
  stomp() {
    const { Client } = require('@stomp/stompjs');
    Object.assign(global, { WebSocket: require('ws') });
    const client = new Client({
      brokerURL: url, connectHeaders: { login: 'lab', passcode: token }, reconnectDelay: 0,
      onConnect: () => { told('connected'); client.deactivate(); },
      onStompError: (frame) => { told('error', frame.headers.message); client.deactivate(); },
    });
    client.activate();
  },
  mqtt() {
    const client = require('mqtt').connect(url, { username: 'lab', password: token, reconnectPeriod: 0, clientId: 'lab', protocolVersion: Number(option || 4) });
    client.on('connect', () => client.subscribe('news', () => client.publish('news', 'hello')));
    client.on('message', () => { told('message'); client.end(); });
    client.on('error', (error) => { told('error', error.message); client.end(); });
    client.on('close', () => told('close'));
  },
};

kinds[kind]();
setTimeout(() => process.exit(), 8000).unref();
