package io.tenantredis.examples.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tenantredis.TenantCredentials;
import io.tenantredis.spring.KnownTenants;
import io.tenantredis.test.TenantIsolation;
import io.tenantredis.test.TestTenants;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespError;
import io.tenantredis.test.spring.AutoConfigureTestTenants;
import jakarta.servlet.Filter;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.test.context.bean.override.convention.TestBean;

/** The shop over HTTP, for tenants of its own on a real Redis. Each test has other tenants. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {"tenant-redis.rate-limit.calls=0", "shop.heartbeat=100ms"})
@AutoConfigureTestTenants
class ShopTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private static final AtomicInteger UNDERWAY = new AtomicInteger();

  @TestConfiguration(proxyBeanMethods = false)
  static class Requests {

    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    Filter underway() {
      return (request, response, chain) -> {
        UNDERWAY.incrementAndGet();
        try {
          chain.doFilter(request, response);
        } finally {
          UNDERWAY.decrementAndGet();
        }
      };
    }
  }

  /** The fixture's tenants have other names than those in the properties. */
  @TestBean private KnownTenants known;

  @LocalServerPort private int port;
  @Autowired private TestTenants tenants;

  private Visitor visitor;

  static KnownTenants known() {
    return tenant -> !tenant.value().equals("initech");
  }

  @BeforeEach
  void visit() {
    visitor = new Visitor(port);
  }

  /** The next test must not meet what the shop still does for a stream or a session of this one. */
  @AfterEach
  void nothingGoesOn() {
    String prefix = tenants.keyPrefix();
    String all = prefix.substring(0, prefix.indexOf('{')) + "*";
    await()
        .atMost(SOON)
        .until(() -> UNDERWAY.get() == 0 && tenants.admin().pubsubChannels(all).isEmpty());
  }

  @Test
  void nothingOfATenantCrossesToAnotherOne() {
    TenantIsolation.verify(
        tenants,
        run -> {
          Visitor own = new Visitor(port);
          String tenant = run.tenant().value();
          String sku = run.mark("espresso");
          own.of(tenant, "PUT", "/products/" + sku + "?cents=280");
          own.of(tenant, "POST", "/session?customer=" + run.mark("ann"));
          own.of(tenant, "PUT", "/cart/" + sku + "?quantity=2");
          List<String> answers =
              List.of(
                  own.of(tenant, "GET", "/products/" + sku).body(),
                  own.of(tenant, "GET", "/products/" + sku).body(),
                  own.of(tenant, "GET", "/cart").body());
          // Spring Session looks after a session once more when the client has its answer already.
          await().atMost(SOON).until(() -> UNDERWAY.get() == 0);
          return answers;
        });
  }

  @Test
  void manyRequestsOfTwoTenantsAtOnceAreAnsweredWithWhatIsTheirs() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      List<Future<List<String>>> answers = new ArrayList<>();
      List<String> expected = new ArrayList<>();
      for (int customer = 0; customer < 8; customer++) {
        for (String tenant : List.of("many-a", "many-b")) {
          String name = "customer-" + customer;
          answers.add(threads.submit(() -> shopping(tenant, name)));
          expected.add(
              "{\"customer\":\"" + name + "\",\"items\":{\"" + tenant + "-goods\":" + 25 + "}}");
        }
      }
      List<String> last = new ArrayList<>();
      for (Future<List<String>> answer : answers) {
        List<String> bodies = answer.get(90, TimeUnit.SECONDS);
        last.add(bodies.get(bodies.size() - 1));
      }
      assertThat(last).isEqualTo(expected);
    } finally {
      threads.shutdownNow();
    }
  }

  /** The same customers and products at both tenants, but for one that names the tenant. */
  private List<String> shopping(String tenant, String customer) {
    Visitor own = new Visitor(port);
    own.of(tenant, "POST", "/session?customer=" + customer);
    List<String> bodies = new ArrayList<>();
    for (int quantity = 1; quantity <= 25; quantity++) {
      HttpResponse<String> cart =
          own.of(tenant, "PUT", "/cart/" + tenant + "-goods?quantity=" + quantity);
      assertThat(cart.statusCode()).isEqualTo(200);
      bodies.add(cart.body());
    }
    return bodies;
  }

  @Test
  void eventsArriveAtTheirTenantAlone() {
    visitor.of("live-a", "POST", "/session?customer=ann");
    Visitor bob = new Visitor(port);
    bob.of("live-b", "POST", "/session?customer=bob");
    try (EventLines first = visitor.listen("live-a");
        EventLines second = bob.listen("live-b")) {
      await().atMost(SOON).until(() -> first.subscribed() && second.subscribed());

      visitor.of("live-a", "PUT", "/cart/espresso?quantity=1");
      bob.of("live-b", "PUT", "/cart/anvil?quantity=2");
      visitor.of("live-a", "PUT", "/cart/espresso?quantity=0");

      await().atMost(SOON).until(() -> first.events().size() >= 2 && second.events().size() >= 1);
      assertThat(first.events())
          .containsExactly(
              "data:{\"customer\":\"ann\",\"sku\":\"espresso\",\"quantity\":1}",
              "data:{\"customer\":\"ann\",\"sku\":\"espresso\",\"quantity\":0}");
      assertThat(second.events())
          .containsExactly("data:{\"customer\":\"bob\",\"sku\":\"anvil\",\"quantity\":2}");
    }
  }

  @Test
  void whoStopsListeningIsUnsubscribed() {
    String channel = prefix("gone") + LiveEvents.CHANNEL;
    EventLines lines = visitor.listen("gone");
    await().atMost(SOON).until(lines::subscribed);
    assertThat(tenants.admin().pubsubNumsub(channel)).containsEntry(channel, 1L);

    lines.close();

    await().atMost(SOON).until(() -> tenants.admin().pubsubNumsub(channel).get(channel) == 0);
  }

  @Test
  void aSessionOfOneTenantIsNothingToAnother() {
    visitor.of("session-a", "POST", "/session?customer=ann");
    assertThat(visitor.of("session-a", "GET", "/cart").statusCode()).isEqualTo(200);
    tenants.assertThatTenant("session-a").hasOnlyKeysMatching("spring:session:sessions:*");

    assertThat(visitor.of("session-b", "GET", "/cart").statusCode()).isEqualTo(401);
    tenants.assertThatTenant("session-b").leavesNoKeys();

    visitor.of("session-a", "DELETE", "/session");
    assertThat(visitor.of("session-a", "GET", "/cart").statusCode()).isEqualTo(401);
    tenants.assertThatTenant("session-a").leavesNoKeys();
  }

  @Test
  void anEmptiedCartIsGone() {
    visitor.of("empty", "POST", "/session?customer=ann");
    visitor.of("empty", "PUT", "/cart/espresso?quantity=2");
    tenants.assertThatTenant("empty").hasKey("cart:ann");

    assertThat(visitor.of("empty", "DELETE", "/cart").statusCode()).isEqualTo(204);

    assertThat(visitor.of("empty", "GET", "/cart").body())
        .isEqualTo("{\"customer\":\"ann\",\"items\":{}}");
  }

  @Test
  void theCacheIsEachTenantsOwnAndEndsWithTheOldPrice() {
    visitor.of("cache-a", "PUT", "/products/espresso?cents=280");
    visitor.of("cache-b", "PUT", "/products/espresso?cents=310");

    assertThat(product("cache-a")).isEqualTo("{\"sku\":\"espresso\",\"cents\":280,\"reading\":1}");
    assertThat(product("cache-b")).isEqualTo("{\"sku\":\"espresso\",\"cents\":310,\"reading\":1}");
    assertThat(product("cache-a")).isEqualTo("{\"sku\":\"espresso\",\"cents\":280,\"reading\":1}");

    visitor.of("cache-a", "PUT", "/products/espresso?cents=290");
    assertThat(product("cache-a")).isEqualTo("{\"sku\":\"espresso\",\"cents\":290,\"reading\":2}");
    assertThat(product("cache-b")).isEqualTo("{\"sku\":\"espresso\",\"cents\":310,\"reading\":1}");
  }

  private String product(String tenant) {
    return visitor.of(tenant, "GET", "/products/espresso").body();
  }

  @Test
  void aRequestWithoutOneKnownTenantIsTurnedAway() {
    assertThat(visitor.send("GET", "/cart").statusCode()).isEqualTo(400);
    assertThat(visitor.send("GET", "/cart", "X-Tenant", "*").statusCode()).isEqualTo(400);
    assertThat(visitor.send("GET", "/cart", "X-Tenant", "a", "X-Tenant", "b").statusCode())
        .isEqualTo(400);
    assertThat(visitor.of("initech", "GET", "/cart").statusCode()).isEqualTo(404);
  }

  @Test
  void whatIsWrongWithARequestIsSaid() {
    visitor.of("wrong", "POST", "/session?customer=ann");

    assertThat(visitor.of("wrong", "GET", "/products/none").statusCode()).isEqualTo(404);
    assertThat(visitor.of("wrong", "PUT", "/cart/espresso?quantity=-1").statusCode())
        .isEqualTo(400);
    assertThat(visitor.of("wrong", "PUT", "/products/espresso?cents=-1").statusCode())
        .isEqualTo(400);
    assertThat(visitor.of("wrong", "PUT", "/products/espresso").statusCode()).isEqualTo(400);
  }

  @Test
  void whatTheServerDeniesIsForbidden() {
    visitor.of("denied", "POST", "/session?customer=ann");
    tenants.denyPermission("denied", "PUBLISH");

    HttpResponse<String> denied = visitor.of("denied", "PUT", "/cart/espresso?quantity=1");

    assertThat(denied.statusCode()).isEqualTo(403);
    assertThat(denied.body()).contains("\"code\":\"SEC003\"").contains("NOPERM");
  }

  @Test
  void soIsWhatIsDeniedOutsideOfTheControllers() {
    visitor.of("unsaved", "GET", "/products/none");
    tenants.denyPermission("unsaved", "HMSET");

    HttpResponse<String> denied = visitor.of("unsaved", "POST", "/session?customer=ann");

    assertThat(denied.statusCode()).isEqualTo(403);
    assertThat(denied.body()).contains("\"code\":\"SEC003\"");
  }

  @Test
  void soIsAStreamOfEvents() {
    visitor.of("deaf", "GET", "/products/none");
    tenants.denyPermission("deaf", "SUBSCRIBE");

    assertThat(
            visitor
                .send("GET", "/events", "X-Tenant", "deaf", "Accept", "text/event-stream")
                .statusCode())
        .isEqualTo(403);
  }

  @Test
  void aTenantWhoseUserIsGoneGetsAnErrorAndTheOthersAreServed() {
    visitor.of("revoked", "GET", "/products/none");
    tenants.revoke("revoked");

    HttpResponse<String> answer = visitor.of("revoked", "GET", "/products/none");

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    assertThat(visitor.of("other", "GET", "/products/none").statusCode()).isEqualTo(404);
  }

  @Test
  void aStreamOfATenantWhoseUserIsGoneEndsAndTheOthersGoOn() {
    try (EventLines revoked = visitor.listen("sse-revoked");
        EventLines other = new Visitor(port).listen("sse-other")) {
      await().atMost(SOON).until(() -> revoked.subscribed() && other.subscribed());

      tenants.revoke("sse-revoked");

      await().atMost(SOON).until(revoked::ended);
      assertThat(
              visitor
                  .send("GET", "/events", "X-Tenant", "sse-revoked", "Accept", "text/event-stream")
                  .statusCode())
          .isBetween(400, 599);
      visitor.of("sse-other", "POST", "/session?customer=ann");
      visitor.of("sse-other", "PUT", "/cart/espresso?quantity=1");
      await().atMost(SOON).until(() -> other.events().size() == 1);
      assertThat(other.ended()).isFalse();
    }
  }

  @Test
  void theServersFenceHoldsWithoutTheClient() {
    visitor.of("fence-a", "PUT", "/products/espresso?cents=280");
    visitor.of("fence-b", "PUT", "/products/espresso?cents=310");
    TenantCredentials user = tenants.credentials("fence-a");
    URI server = URI.create(tenants.url());

    try (RespConnection raw = RespConnection.connect(server.getHost(), server.getPort())) {
      raw.auth(user.username(), String.valueOf(user.password()));

      assertThat(raw.text("HGET", prefix("fence-a") + "prices", "espresso")).isEqualTo("280");
      assertNoPermission(raw.tryCommand("HGET", prefix("fence-b") + "prices", "espresso"));
      assertNoPermission(raw.tryCommand("PUBLISH", prefix("fence-b") + LiveEvents.CHANNEL, "x"));
      assertNoPermission(raw.tryCommand("SUBSCRIBE", prefix("fence-b") + LiveEvents.CHANNEL));
    }
  }

  private static void assertNoPermission(Object reply) {
    assertThat(reply)
        .isInstanceOfSatisfying(
            RespError.class, error -> assertThat(error.code()).isEqualTo("NOPERM"));
  }

  private String prefix(String tenant) {
    return tenants.keyPrefix().replace("{tenant}", tenant);
  }

  @Test
  void healthNeedsNoTenant() {
    assertThat(visitor.send("GET", "/actuator/health").body()).contains("\"status\":\"UP\"");
  }
}
