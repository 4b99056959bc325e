// A WebSocket echo on WebSocket++, at /chat of 127.0.0.1: PORT.
#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/server.hpp>

#include <cstdlib>

using server = websocketpp::server<websocketpp::config::asio>;

int main(int, char** argv) {
  server s;
  s.clear_access_channels(websocketpp::log::alevel::all);
  s.init_asio();
  s.set_reuse_addr(true);
  s.set_validate_handler([&](websocketpp::connection_hdl h) { return s.get_con_from_hdl(h)->get_resource() == "/chat"; });
  s.set_message_handler([&](websocketpp::connection_hdl h, server::message_ptr m) { s.send(h, m->get_payload(), m->get_opcode()); });
  s.listen("127.0.0.1", argv[1]);
  s.start_accept();
  s.run();
}
