package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.test.server.RedisServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * No password, key or value is in a log line at any level of the SDK's loggers, in a message, a
 * meter or a toString.
 */
class NoSecretsTest {

  private static final String VALUE = "card-number-4111";
  private static final String KEY = "patient-7781";
  private static final List<String> SECRETS =
      List.of(VALUE, KEY, Tenants.password("acme"), Tenants.password("globex"), "guessed-wrong");

  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final Logger sdk = (Logger) LoggerFactory.getLogger("io.tenantredis");
  private final ListAppender<ILoggingEvent> events = new ListAppender<>();
  private Level rootLevel;
  private Level sdkLevel;

  @BeforeEach
  void listen() {
    rootLevel = root.getLevel();
    sdkLevel = sdk.getLevel();
    events.start();
    root.addAppender(events);
    sdk.setLevel(Level.TRACE);
    sdk.setAdditive(true);
  }

  @AfterEach
  void stopListening() {
    root.detachAppender(events);
    sdk.setLevel(sdkLevel);
    root.setLevel(rootLevel);
  }

  @Test
  void nothingSecretIsWrittenAnywhere() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    StringBuilder shown = new StringBuilder();
    try (RedisServer server = Tenants.confined().start();
        TenantRedis redis = Tenants.client(server).meterRegistry(registry).build();
        TenantRedis wrong =
            Tenants.client(server)
                .meterRegistry(registry)
                .credentials(
                    TenantCredentialsProvider.of(
                        tenant -> TenantCredentials.of("tenant_acme", "guessed-wrong")))
                .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set(KEY, VALUE);
      acme.sync().get(KEY);
      shown.append(trace(catchThrowable(() -> acme.sync().lpush(KEY, VALUE))));
      shown.append(
          trace(
              catchThrowable(
                  () ->
                      acme.sync()
                          .eval(
                              "return redis.error_reply('ERR no')",
                              io.lettuce.core.ScriptOutputType.STATUS,
                              new String[] {KEY},
                              VALUE))));
      shown.append(trace(catchThrowable(() -> acme.sync().clientKill(VALUE))));
      shown.append(
          trace(
              catchThrowable(
                  () ->
                      acme.sync()
                          .xgroupCreate(
                              io.lettuce.core.XReadArgs.StreamOffset.latest(KEY), VALUE))));
      shown.append(trace(catchThrowable(() -> wrong.tenant("acme").sync().set(KEY, VALUE))));
      server.admin().command("CLIENT", "KILL", "USER", "tenant_acme");
      shown.append(trace(catchThrowable(() -> acme.sync().incr(KEY))));
      shown.append(redis).append(wrong).append(acme).append(acme.connection());
      shown.append(TenantCredentials.of("tenant_acme", Tenants.password("acme")));
    }
    root.detachAppender(events);
    for (ILoggingEvent event : List.copyOf(events.list)) {
      shown
          .append(event.getLoggerName())
          .append(' ')
          .append(event.getFormattedMessage())
          .append('\n');
    }
    registry.getMeters().forEach(meter -> shown.append(meter.getId()).append('\n'));
    assertThat(shown.toString()).contains("acme").doesNotContain(SECRETS);
  }

  private static String trace(Throwable failure) {
    StringWriter text = new StringWriter();
    if (failure != null) {
      failure.printStackTrace(new PrintWriter(text));
    }
    return text.toString();
  }
}
