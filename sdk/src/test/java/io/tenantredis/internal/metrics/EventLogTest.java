package io.tenantredis.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.MetricsOptions;
import io.tenantredis.RefusalReason;
import io.tenantredis.TenantId;
import io.tenantredis.internal.keyspace.GuardListener;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Events have stable ids, carry their tenant, and do not flood. */
class EventLogTest {

  private static final TenantId ACME = TenantId.of("acme");

  private final Logger logger = (Logger) LoggerFactory.getLogger("io.tenantredis");
  private final Thread test = Thread.currentThread();

  /** What earlier tests left to other threads may be logged in the middle of this one. */
  private final ListAppender<ILoggingEvent> lines =
      new ListAppender<>() {
        @Override
        protected void append(ILoggingEvent event) {
          if (Thread.currentThread() == test) {
            super.append(event);
          }
        }
      };

  private final Level level = logger.getLevel();
  private long now;
  private final ClientMeters meters =
      new ClientMeters(new SimpleMeterRegistry(), MetricsOptions.builder().build(), () -> now);

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(lines);
    logger.setLevel(level);
    MDC.clear();
  }

  private List<String> messages() {
    return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private void pass(Duration time) {
    now += time.toNanos();
    meters.sweep(now);
  }

  @Test
  void tenThousandRefusalsMakeOneLineAndOneWithTheirNumber() {
    GuardListener guard = meters.guard(ACME);
    for (int i = 0; i < 10_000; i++) {
      guard.refused("FLUSHALL", RefusalReason.CONNECTION_STATE);
    }
    pass(Duration.ofSeconds(1));
    assertThat(messages())
        .singleElement()
        .asString()
        .startsWith("COMMAND_REFUSED FLUSHALL of tenant acme");
    pass(Duration.ofSeconds(10));
    assertThat(messages())
        .hasSize(2)
        .last()
        .asString()
        .isEqualTo("COMMAND_REFUSED 9999 more like the last one, of tenant acme");
    pass(Duration.ofSeconds(10));
    assertThat(messages()).hasSize(2);
    guard.refused("FLUSHALL", RefusalReason.CONNECTION_STATE);
    assertThat(messages()).hasSize(3);
  }

  @Test
  void eachTenantAndEachEventHasALineOfItsOwn() {
    meters.guard(ACME).refused("FLUSHALL", RefusalReason.CONNECTION_STATE);
    meters.guard(TenantId.of("globex")).refused("FLUSHALL", RefusalReason.CONNECTION_STATE);
    meters.guard(ACME).violation("KEYS", 2);
    assertThat(messages()).hasSize(3);
    assertThat(lines.list)
        .extracting(event -> event.getMDCPropertyMap().get("tenant"))
        .containsExactly("acme", "globex", "acme");
    assertThat(lines.list.get(2).getLevel()).isEqualTo(Level.ERROR);
  }

  @Test
  void moreTenantsThanAreRememberedShareALine() {
    for (int i = 0; i < 5000; i++) {
      meters.guard(TenantId.of("t" + i)).refused("FLUSHALL", RefusalReason.CONNECTION_STATE);
    }
    assertThat(messages()).hasSize(1001);
    pass(Duration.ofSeconds(10));
    assertThat(messages())
        .last()
        .asString()
        .isEqualTo("COMMAND_REFUSED 3999 more like the last one, of tenant any");
  }

  @Test
  void whatTheApplicationPutIntoMdcStays() {
    MDC.put("tenant", "of the application");
    meters.guard(ACME).refused("FLUSHALL", RefusalReason.CONNECTION_STATE);
    assertThat(MDC.getCopyOfContextMap()).isEqualTo(Map.of("tenant", "of the application"));
    MDC.clear();
    meters.guard(TenantId.of("globex")).refused("FLUSHALL", RefusalReason.CONNECTION_STATE);
    assertThat(MDC.get("tenant")).isNull();
  }

  @Test
  void detailIsLoggedWhereTheLoggerIsSetToDebugAndNotHeldBack() {
    logger.setLevel(Level.INFO);
    meters.closed(ACME);
    assertThat(messages()).isEmpty();
    logger.setLevel(Level.DEBUG);
    meters.closed(ACME);
    meters.closed(ACME);
    assertThat(messages()).hasSize(2).allMatch(line -> line.startsWith("CONNECTION_GONE "));
  }

  @Test
  void whatWasHeldBackIsWrittenWhenTheClientIsClosed() {
    meters.guard(ACME).refused("FLUSHALL", RefusalReason.CONNECTION_STATE);
    meters.guard(ACME).refused("FLUSHALL", RefusalReason.CONNECTION_STATE);
    meters.close();
    assertThat(messages()).last().asString().contains(" 1 more like the last one");
  }
}
