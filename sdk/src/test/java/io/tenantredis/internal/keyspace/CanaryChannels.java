package io.tenantredis.internal.keyspace;

import io.tenantredis.SubscriptionListener;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantMessage;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Subscriptions of the canary's tenants, while a stranger publishes all around their channels. */
final class CanaryChannels {

  private static final List<String> NAMES =
      List.of("str", "new", "list", "tenant:globex:str", "tenant:acme:str", "*", "", "caf\u00e9");

  private static final List<String> PATTERNS = List.of("*", "?*", "[a-z]*", "tenant:*", "", "[");

  private static final List<String> FOREIGN_PREFIXES =
      List.of("", "tenant:", "tenant:acm:", "tenant:acme", "tenant:acme2:", "TENANT:ACME:", "*");

  private CanaryChannels() {}

  /** Subscribes in each way; what is heard is counted and looked at. */
  static AtomicLong listen(TenantClient<String, String> client, Consumer<Object> look) {
    AtomicLong heard = new AtomicLong();
    SubscriptionListener<TenantMessage<String, String>> listener =
        message -> {
          heard.incrementAndGet();
          look.accept(message.pattern() + " " + message.channel() + " " + message.payload());
        };
    client.pubSub().subscribe(NAMES, listener);
    client.pubSub().psubscribe(PATTERNS, listener);
    client.pubSub().ssubscribe(NAMES, listener);
    return heard;
  }

  /** Publishes what no tenant may hear, until it is interrupted. */
  static Thread stranger(RedisServer server) {
    Thread thread =
        new Thread(
            () -> {
              try (RespConnection connection = server.connectAsAdministrator()) {
                while (!Thread.currentThread().isInterrupted()) {
                  connection.pipeline(publications());
                  // Leaves the server, and the observer, to the tenants for most of the time.
                  LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
                }
              }
            },
            "stranger");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static List<String[]> publications() {
    List<String[]> calls = new ArrayList<>();
    for (String prefix : FOREIGN_PREFIXES) {
      for (String name : List.of("str", "new", "list", "*", "")) {
        calls.add(new String[] {"PUBLISH", prefix + name, Watch.SECRET});
        calls.add(new String[] {"SPUBLISH", prefix + name, Watch.SECRET});
      }
    }
    return calls;
  }
}
