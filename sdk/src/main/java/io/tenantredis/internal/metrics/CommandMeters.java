package io.tenantredis.internal.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.tenantredis.ErrorCode;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.keyspace.CommandRule;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The meters of one tenant's commands. Thread-safe. */
public final class CommandMeters {

  private static final String SUCCESS = "success";

  private final MeterRegistry registry;
  private final String tenant;

  /** Finding a registered timer costs more than recording in it. Bounded by the command table. */
  private final ConcurrentMap<CommandRule, Timer> successes = new ConcurrentHashMap<>();

  CommandMeters(MeterRegistry registry, String tenant) {
    this.registry = registry;
    this.tenant = tenant;
  }

  /** A command of the application came to its end. */
  public void completed(CommandRule rule, @Nullable Throwable failure, long time, TimeUnit unit) {
    Timer timer;
    if (failure == null) {
      timer = successes.get(rule);
      if (timer == null) {
        timer = successes.computeIfAbsent(rule, r -> timer(r, MeterTag.NO_ERROR, SUCCESS));
      }
    } else {
      timer = timer(rule, errorOf(failure), outcomeOf(failure));
    }
    timer.record(time, unit);
  }

  /** A further attempt is made after this failure. */
  public void retried(CommandRule rule, Throwable failure) {
    Counter.builder(TenantRedisMeter.RETRIES.meterName())
        .description(TenantRedisMeter.RETRIES.description())
        .tags(tags(rule).and(MeterTag.ERROR, errorOf(failure)))
        .register(registry)
        .increment();
  }

  /** A read went on, or would have gone on, to a legacy name. */
  public void legacyRead(CommandRule rule, LegacyOutcome outcome) {
    Counter.builder(TenantRedisMeter.LEGACY_READS.meterName())
        .description(TenantRedisMeter.LEGACY_READS.description())
        .tags(tags(rule).and(MeterTag.OUTCOME, outcome.name().toLowerCase(Locale.ROOT)))
        .register(registry)
        .increment();
  }

  private Timer timer(CommandRule rule, String error, String outcome) {
    return Timer.builder(TenantRedisMeter.OPERATION_DURATION.meterName())
        .description(TenantRedisMeter.OPERATION_DURATION.description())
        .tags(tags(rule).and(MeterTag.ERROR, error, MeterTag.OUTCOME, outcome))
        .register(registry);
  }

  private Tags tags(CommandRule rule) {
    return Tags.of(
        MeterTag.SYSTEM,
        MeterTag.SYSTEM_REDIS,
        MeterTag.TENANT,
        tenant,
        MeterTag.OPERATION,
        rule.name());
  }

  private static String errorOf(Throwable failure) {
    return failure instanceof TenantRedisFailure typed
        ? labelOf(typed.code())
        : MeterTag.OTHER_ERROR;
  }

  private static String outcomeOf(Throwable failure) {
    return failure instanceof TenantRedisFailure typed
        ? typed.outcome().name().toLowerCase(Locale.ROOT)
        : MeterTag.OTHER_ERROR;
  }

  static String labelOf(ErrorCode code) {
    return code.name() + "_" + code.label();
  }
}
