# A WebSocket echo on Mojolicious, at /chat of 127.0.0.1: daemon -l URL.
use Mojolicious::Lite -signatures;

websocket '/chat' => sub ($c) {
    $c->on(message => sub ($c, $message) { $c->send($message) });
};
app->mode('production');
app->start;
