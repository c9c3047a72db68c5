package io.tenantredis.internal.metrics;

import io.tenantredis.TenantId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.event.Level;

/**
 * Logs events with the tenant in MDC. The same event of the same tenant makes one line in 10
 * seconds, and then one that says how many there were besides; events of level debug are not held
 * back. Thread-safe.
 */
final class EventLog {

  static final String MDC_TENANT = "tenant";

  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Beyond these, tenants share a line for each event. */
  private static final int MAX_KEYS = 1000;

  private static final Map<String, Logger> LOGGERS = new ConcurrentHashMap<>();

  private final LongSupplier nanoTime;
  private final ConcurrentMap<Key, Repeats> repeats = new ConcurrentHashMap<>();

  EventLog(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * @param arguments what the text of the event holds
   */
  void log(LogEvent event, TenantId tenant, @Nullable Object... arguments) {
    Logger logger = loggerOf(event);
    if (!logger.isEnabledForLevel(event.level())) {
      return;
    }
    if (event.level() == Level.DEBUG || isFirst(event, tenant)) {
      write(logger, event, tenant.value(), event.text(), arguments);
    }
  }

  private boolean isFirst(LogEvent event, TenantId tenant) {
    Key key = new Key(event, tenant);
    if (!repeats.containsKey(key) && repeats.size() >= MAX_KEYS) {
      key = new Key(event, null);
    }
    long now = nanoTime.getAsLong();
    Repeats repeated =
        repeats.compute(
            key,
            (k, known) ->
                known == null ? new Repeats(now, 0) : new Repeats(known.since, known.count + 1));
    return repeated.count == 0;
  }

  /** Writes how often events repeated. Called at short intervals. */
  void sweep() {
    long now = nanoTime.getAsLong();
    repeats.forEach(
        (key, repeated) -> {
          if (now - repeated.since >= WINDOW_NANOS) {
            end(key, repeated);
          }
        });
  }

  /** Writes what has been held back. */
  void close() {
    repeats.forEach(this::end);
  }

  /** If it repeats at this moment the next call ends it. */
  private void end(Key key, Repeats repeated) {
    if (repeats.remove(key, repeated)) {
      writeCount(key, repeated.count);
    }
  }

  private static void writeCount(Key key, long count) {
    if (count > 0) {
      write(
          loggerOf(key.event),
          key.event,
          key.tenant == null ? "other" : key.tenant.value(),
          key.event.name() + " {} more like the last one, of tenant {}",
          count,
          key.tenant == null ? "any" : key.tenant.value());
    }
  }

  private static Logger loggerOf(LogEvent event) {
    return LOGGERS.computeIfAbsent(event.logger(), LoggerFactory::getLogger);
  }

  private static void write(
      Logger logger, LogEvent event, String tenant, String text, @Nullable Object... arguments) {
    String before = MDC.get(MDC_TENANT);
    MDC.put(MDC_TENANT, tenant);
    try {
      logger.atLevel(event.level()).log(text, arguments);
    } finally {
      if (before == null) {
        MDC.remove(MDC_TENANT);
      } else {
        MDC.put(MDC_TENANT, before);
      }
    }
  }

  private record Key(LogEvent event, @Nullable TenantId tenant) {}

  /**
   * @param count how many lines were held back
   */
  private record Repeats(long since, long count) {}
}
