# A WebSocket echo on faye-websocket for Ruby.
require 'faye/websocket'

run(lambda do |env|
  next [200, { 'Content-Type' => 'text/plain' }, ["hello\n"]] unless Faye::WebSocket.websocket?(env)

  socket = Faye::WebSocket.new(env)
  socket.on(:message) { |event| socket.send(event.data) }
  socket.rack_response
end)
