package io.tenantredis.spring.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisServer;
import jakarta.servlet.http.HttpSession;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.session.data.redis.config.annotation.web.http.EnableRedisHttpSession;
import org.springframework.session.data.redis.config.annotation.web.server.EnableRedisWebSession;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.WebSession;

/**
 * Spring Session keeps the sessions of each tenant among the tenant's keys, whether an annotation
 * or Spring Boot's own auto-configuration sets it up.
 */
class SessionTest {

  final HttpClient http = HttpClient.newHttpClient();
  RedisServer server;

  @BeforeEach
  void start() {
    server = TestTenants.server("acme", "globex");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void servletSessionsAreTheTenantsOwn() throws Exception {
    assertSessionsAreTheTenantsOwn(Servlet.class, WebApplicationType.SERVLET, "spring:session");
  }

  @Test
  void webFluxSessionsAreTheTenantsOwn() throws Exception {
    assertSessionsAreTheTenantsOwn(Reactive.class, WebApplicationType.REACTIVE, "spring:session");
  }

  @Test
  void servletSessionsThatBootSetsUpAreTheTenantsOwn() throws Exception {
    assertSessionsAreTheTenantsOwn(
        BootServlet.class, WebApplicationType.SERVLET, "shop", "spring.session.timeout=10m");
  }

  @Test
  void webFluxSessionsThatBootSetsUpAreTheTenantsOwn() throws Exception {
    assertSessionsAreTheTenantsOwn(
        BootReactive.class, WebApplicationType.REACTIVE, "shop", "spring.session.timeout=10m");
  }

  private void assertSessionsAreTheTenantsOwn(
      Class<?> type, WebApplicationType kind, String namespace, String... properties)
      throws Exception {
    SpringApplication spring = new SpringApplication(type);
    spring.setWebApplicationType(kind);
    List<String> arguments = new ArrayList<>();
    arguments.add("--server.port=0");
    arguments.add("--spring.main.banner-mode=off");
    arguments.add("--tenant-redis.web.resolver=header");
    arguments.add("--spring.session.data.redis.namespace=" + namespace);
    for (String property : properties) {
      arguments.add("--" + property);
    }
    for (String property : TestTenants.properties(server, "acme", "globex")) {
      arguments.add("--" + property);
    }
    try (ConfigurableApplicationContext application =
        spring.run(arguments.toArray(new String[0]))) {
      HttpResponse<String> first = visit(application, "acme", null);
      assertThat(first.body()).isEqualTo("1");
      String cookie =
          first.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
      assertThat(visit(application, "acme", cookie).body()).isEqualTo("2");
      // The same session id means nothing to another tenant.
      assertThat(visit(application, "globex", cookie).body()).isEqualTo("1");
      // Nothing is written in the handler, so that the session is saved when the request is over.
      assertThat(request(application, "acme", cookie, "POST").statusCode()).isEqualTo(200);
      assertThat(visit(application, "acme", cookie).body()).isEqualTo("4");
      // So is it when the handler failed, and who shows the error may look at the session.
      HttpResponse<String> failed = request(application, "acme", cookie, "DELETE");
      assertThat(failed.statusCode()).isEqualTo(500);
      assertThat(failed.body()).contains("Internal Server Error");
      assertThat(visit(application, "acme", cookie).body()).isEqualTo("6");
      List<?> keys = (List<?>) server.admin().command("KEYS", "*");
      assertThat(keys)
          .hasSize(2)
          .allMatch(
              key -> key.toString().matches("tenant:(acme|globex):" + namespace + ":sessions:.*"));
      if (properties.length > 0) {
        assertThat(server.admin().integer("TTL", keys.get(0).toString())).isBetween(1L, 600L);
      }
      assertThat(server.admin().command("ACL", "LOG").toString()).isEqualTo("[]");
    }
  }

  private HttpResponse<String> visit(
      ConfigurableApplicationContext application, String tenant, String cookie) throws Exception {
    return request(application, tenant, cookie, "GET");
  }

  private HttpResponse<String> request(
      ConfigurableApplicationContext application, String tenant, String cookie, String method)
      throws Exception {
    int port = ((WebServerApplicationContext) application).getWebServer().getPort();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/visits"))
            .header("X-Tenant", tenant)
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (cookie != null) {
      request.header("Cookie", cookie);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @EnableRedisHttpSession
  @Import(ServletVisits.class)
  static class Servlet {}

  @RestController
  static class ServletVisits {

    @PostMapping("/visits")
    void visit(HttpSession session) {
      visits(session);
    }

    @DeleteMapping("/visits")
    void fail(HttpSession session) {
      visits(session);
      throw new IllegalStateException("as it should");
    }

    @GetMapping("/visits")
    String visits(HttpSession session) {
      Object before = session.getAttribute("visits");
      int visits = before == null ? 1 : (int) before + 1;
      session.setAttribute("visits", visits);
      return String.valueOf(visits);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @EnableRedisWebSession
  @Import(ReactiveVisits.class)
  static class Reactive {}

  @RestController
  static class ReactiveVisits {

    @PostMapping("/visits")
    void visit(WebSession session) {
      visits(session);
    }

    @DeleteMapping("/visits")
    void fail(WebSession session) {
      visits(session);
      throw new IllegalStateException("as it should");
    }

    @GetMapping("/visits")
    String visits(WebSession session) {
      int visits = (int) session.getAttributeOrDefault("visits", 0) + 1;
      session.getAttributes().put("visits", visits);
      return String.valueOf(visits);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(ServletVisits.class)
  static class BootServlet {}

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(ReactiveVisits.class)
  static class BootReactive {}
}
