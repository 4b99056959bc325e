# A client on Mojo::UserAgent that sends one message and closes: URL.
use strict;
use warnings;
use Mojo::UserAgent;

my $agent = Mojo::UserAgent->new;
$agent->websocket($ARGV[0] => sub {
    my (undef, $tx) = @_;
    unless ($tx->is_websocket) {
        print 'failed: ', ($tx->res->error || {})->{message} // 'no handshake', "\n";
        return Mojo::IOLoop->stop;
    }
    $tx->on(finish  => sub { print "closed $_[1]\n"; Mojo::IOLoop->stop });
    $tx->on(message => sub { print "got $_[1]\n"; $_[0]->finish(1000) });
    $tx->send('hello');
});
Mojo::IOLoop->start;
