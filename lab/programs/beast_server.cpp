// A WebSocket echo on Boost.Beast, after its example websocket/server/sync: PORT.
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <cstdlib>
#include <iostream>
#include <thread>

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = boost::asio::ip::tcp;

void session(tcp::socket socket) try {
  websocket::stream<tcp::socket> ws{std::move(socket)};
  ws.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
    response.set(beast::http::field::server, std::string(BOOST_BEAST_VERSION_STRING) + " websocket-server-sync");
  }));
  ws.accept();
  for (;;) {
    beast::flat_buffer buffer;
    ws.read(buffer);
    ws.text(ws.got_text());
    ws.write(buffer.data());
  }
} catch (const std::exception& e) {
  std::cerr << e.what() << std::endl;
}

int main(int, char** argv) {
  boost::asio::io_context context;
  tcp::acceptor acceptor{context, {boost::asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(std::atoi(argv[1]))}};
  for (;;) {
    tcp::socket socket{context};
    acceptor.accept(socket);
    std::thread(session, std::move(socket)).detach();
  }
}
