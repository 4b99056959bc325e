import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.websocket.*;
import jakarta.websocket.server.*;
import java.io.File;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;

/** Tomcat with echo endpoints: /chat, /origin for one Origin only, /proto with a subprotocol. */
public class TomcatServer {
    @ServerEndpoint("/chat")
    public static class Chat {
        @OnMessage public String echo(String message) { return message; }
    }

    @ServerEndpoint(value = "/origin", configurator = OneOrigin.class)
    public static class Origin {
        @OnMessage public String echo(String message) { return message; }
    }

    @ServerEndpoint(value = "/proto", subprotocols = "chat.v2")
    public static class Proto {
        @OnMessage public String echo(String message) { return message; }
    }

    public static class OneOrigin extends ServerEndpointConfig.Configurator {
        @Override public boolean checkOrigin(String origin) { return "https://app.example.test".equals(origin); }
    }

    public static void main(String[] arguments) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(arguments[1]);
        tomcat.setHostname("127.0.0.1");
        tomcat.setPort(Integer.parseInt(arguments[0]));
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        new File(arguments[1], "web").mkdirs();
        Context context = tomcat.addContext("", new File(arguments[1], "web").getPath());
        context.addServletContainerInitializer(new org.apache.tomcat.websocket.server.WsSci(), java.util.Set.of(Chat.class, Origin.class, Proto.class));
        Tomcat.addServlet(context, "default", "org.apache.catalina.servlets.DefaultServlet");
        context.addServletMappingDecoded("/", "default");
        tomcat.start();
        tomcat.getServer().await();
    }
}
