package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.tenantredis.test.server.RedisServer;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The options of connections, their limits and their page. */
class ConnectionOptionsTest {

  private static final Pattern ROW = Pattern.compile("(?m)^\\| `(\\w+)` \\| (\\S+) \\|");

  private static String page() throws Exception {
    return Files.readString(
        Path.of("").toAbsolutePath().getParent().resolve("docs/connections.md"));
  }

  private static Map<String, String> documented(String section) throws Exception {
    String page = page();
    int from = page.indexOf("## " + section + "\n");
    int next = page.indexOf("\n## ", from + 1);
    Map<String, String> rows = new TreeMap<>();
    Matcher row = ROW.matcher(page.substring(from, next));
    while (row.find()) {
      rows.put(row.group(1), row.group(2));
    }
    return rows;
  }

  @Test
  void thePageListsEveryOptionWithItsDefault() throws Exception {
    ConnectionOptions defaults = ConnectionOptions.builder().build();
    Map<String, String> coded = new TreeMap<>();
    for (Method method : ConnectionOptions.class.getDeclaredMethods()) {
      if (Modifier.isPublic(method.getModifiers()) && !Modifier.isStatic(method.getModifiers())) {
        coded.put(method.getName(), method.invoke(defaults).toString());
      }
    }
    assertThat(documented("ConnectionOptions")).isEqualTo(coded);
  }

  @Test
  void thePageListsTheDefaultsOfTls() throws Exception {
    TlsOptions defaults = TlsOptions.builder().build();
    assertThat(documented("TLS"))
        .isEqualTo(
            Map.of(
                "minimumVersion",
                defaults.minimumVersion().toString(),
                "hostnameVerification",
                String.valueOf(defaults.verifiesHostname()),
                "reloadInterval",
                defaults.reloadInterval().toString()));
  }

  @Test
  void everyMistakeIsNamedAtOnce() {
    assertThatThrownBy(
            () ->
                ConnectionOptions.builder()
                    .maxConnections(0)
                    .maxConcurrentConnects(0)
                    .sharedConnections(65)
                    .idleTime(Duration.ofSeconds(-1))
                    .reconnectDelay(Duration.ofSeconds(2), Duration.ofSeconds(1))
                    .keepAliveIdle(Duration.ofSeconds(1))
                    .build())
        .isInstanceOfSatisfying(
            ConfigurationException.class, mistakes -> assertThat(mistakes.problems()).hasSize(6));
  }

  @Test
  void socketsHaveKeepAlive() {
    AtomicReference<Channel> seen = new AtomicReference<>();
    ClientResources resources =
        DefaultClientResources.builder()
            .nettyCustomizer(
                new NettyCustomizer() {
                  @Override
                  public void afterChannelInitialized(Channel channel) {
                    seen.set(channel);
                  }
                })
            .build();
    try (RedisServer server = Tenants.confined().start();
        TenantRedis redis = Tenants.client(server).clientResources(resources).build()) {
      redis.tenant("acme").sync().set("k", "v");
      assertThat(seen.get().config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
      assertThat(seen.get().config().getOption(ChannelOption.TCP_NODELAY)).isTrue();
    } finally {
      resources.shutdown(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
  }
}
