// A client on Boost.Beast, after its example websocket/client/sync: HOST PORT TARGET.
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <iostream>

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = boost::asio::ip::tcp;

int main(int, char** argv) try {
  boost::asio::io_context context;
  tcp::resolver resolver{context};
  websocket::stream<tcp::socket> ws{context};
  boost::asio::connect(ws.next_layer(), resolver.resolve(argv[1], argv[2]));
  ws.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
    request.set(beast::http::field::user_agent, std::string(BOOST_BEAST_VERSION_STRING) + " websocket-client-sync");
  }));
  ws.handshake(std::string(argv[1]) + ":" + argv[2], argv[3]);
  ws.write(boost::asio::buffer(std::string("hello")));
  beast::flat_buffer buffer;
  ws.read(buffer);
  ws.close(websocket::close_code::normal);
  std::cout << beast::make_printable(buffer.data()) << std::endl;
} catch (const std::exception& e) {
  std::cerr << e.what() << std::endl;
  return 1;
}
