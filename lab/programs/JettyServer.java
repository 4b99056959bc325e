import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.servlet.*;
import org.eclipse.jetty.websocket.api.*;
import org.eclipse.jetty.websocket.servlet.*;

/** Jetty with its WebSocketServlet: an echo at /chat, at /origin for one Origin only, at /proto only with a subprotocol. */
public class JettyServer {
    public static class Echo extends WebSocketAdapter {
        @Override public void onWebSocketText(String message) {
            getRemote().sendStringByFuture(message);
        }
    }

    public static class Chat extends WebSocketServlet {
        @Override public void configure(WebSocketServletFactory factory) {
            factory.register(Echo.class);
        }
    }

    public static class OneOrigin extends WebSocketServlet {
        @Override public void configure(WebSocketServletFactory factory) {
            factory.setCreator((request, response) -> {
                try {
                    if (!"https://app.example.test".equals(request.getOrigin())) {
                        response.sendForbidden("Origin not allowed");
                        return null;
                    }
                } catch (java.io.IOException e) {
                    throw new RuntimeException(e);
                }
                return new Echo();
            });
        }
    }

    public static class Proto extends WebSocketServlet {
        @Override public void configure(WebSocketServletFactory factory) {
            factory.setCreator((request, response) -> {
                if (!request.hasSubProtocol("chat.v2")) return null;
                response.setAcceptedSubProtocol("chat.v2");
                return new Echo();
            });
        }
    }

    public static void main(String[] arguments) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(Integer.parseInt(arguments[0]));
        server.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler(ServletContextHandler.SESSIONS);
        context.addServlet(Chat.class, "/chat");
        context.addServlet(OneOrigin.class, "/origin");
        context.addServlet(Proto.class, "/proto");
        server.setHandler(context);
        server.start();
        server.join();
    }
}
