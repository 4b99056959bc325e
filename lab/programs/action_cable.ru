# Action Cable without the rest of Rails. It lets in who has token=let-me-in as a cookie.
require 'action_cable'

class ApplicationConnection < ActionCable::Connection::Base
  def connect
    reject_unauthorized_connection unless cookies_sent['token'] == 'let-me-in'
  end

  private

  def cookies_sent
    Rack::Request.new(env).cookies
  end
end

ActionCable.server.config.tap do |config|
  config.cable = { 'adapter' => 'async' }
  config.connection_class = -> { ApplicationConnection }
  config.disable_request_forgery_protection = true
  config.logger = Logger.new($stdout)
end

map('/cable') { run ActionCable.server }
