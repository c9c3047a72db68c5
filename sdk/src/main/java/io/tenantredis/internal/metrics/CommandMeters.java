package io.tenantredis.internal.metrics;

import io.lettuce.core.RedisCommandExecutionException;
import io.micrometer.core.instrument.Timer;
import io.tenantredis.ErrorCode;
import io.tenantredis.Outcome;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.error.ServerError;
import io.tenantredis.internal.keyspace.CommandRule;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The meters of one tenant's commands. Thread-safe. */
public final class CommandMeters {

  private final TenantMeters tenant;
  private final TenantId id;
  private final EventLog log;

  CommandMeters(TenantMeters tenant, TenantId id, EventLog log) {
    this.tenant = tenant;
    this.id = id;
    this.log = log;
  }

  /** A command of the application came to its end. */
  public void completed(CommandRule rule, @Nullable Throwable failure, long time, TimeUnit unit) {
    try {
      count(rule, failure, time, unit);
    } catch (RuntimeException broken) {
      failed(rule, broken);
    }
  }

  /** A registry or filter of the application must not keep a command from its end. */
  private void failed(CommandRule rule, RuntimeException broken) {
    log.log(LogEvent.METER_FAILED, id, rule.name(), id, broken.getClass().getSimpleName());
  }

  private void count(CommandRule rule, @Nullable Throwable failure, long time, TimeUnit unit) {
    tenant.used();
    MeterGroup group = tenant.group();
    Timer timer;
    if (failure == null) {
      timer = group.success(rule);
    } else {
      timer = group.duration(rule, errorOf(failure), statusOf(failure), outcomeOf(failure));
      countFailure(group, rule, failure);
    }
    timer.record(time, unit);
  }

  private void countFailure(MeterGroup group, CommandRule rule, Throwable failure) {
    if (failure instanceof TenantRedisFailure typed) {
      if (typed.outcome() == Outcome.UNKNOWN) {
        group.counter(TenantRedisMeter.OUTCOME_UNKNOWN, rule.name()).increment();
      }
      if (typed.code() == ErrorCode.SEC003) {
        group.counter(TenantRedisMeter.PERMISSION_DENIED, rule.name()).increment();
        log.log(LogEvent.PERMISSION_DENIED, id, rule.name(), id);
      }
    }
  }

  /** A further attempt is made after this failure. */
  public void retried(CommandRule rule, Throwable failure) {
    increment(TenantRedisMeter.RETRIES, rule, errorOf(failure));
  }

  /** A read goes on to another node after this failure. */
  public void readElsewhere(CommandRule rule, Throwable failure) {
    increment(TenantRedisMeter.READS_ELSEWHERE, rule, errorOf(failure));
  }

  /** A read went on, or would have gone on, to a legacy name. */
  public void legacyRead(CommandRule rule, LegacyOutcome outcome) {
    increment(TenantRedisMeter.LEGACY_READS, rule, outcome.name().toLowerCase(Locale.ROOT));
  }

  private void increment(TenantRedisMeter meter, CommandRule rule, String tag) {
    try {
      tenant.group().counter(meter, rule.name(), tag).increment();
    } catch (RuntimeException broken) {
      failed(rule, broken);
    }
  }

  static String errorOf(Throwable failure) {
    return failure instanceof TenantRedisFailure typed ? labelOf(typed.code()) : MeterTag.OTHER;
  }

  static String outcomeOf(Throwable failure) {
    return failure instanceof TenantRedisFailure typed
        ? typed.outcome().name().toLowerCase(Locale.ROOT)
        : MeterTag.OTHER;
  }

  /** A script may raise any word, so only those of the table are told apart. */
  static String statusOf(Throwable failure) {
    return failure instanceof RedisCommandExecutionException
        ? ServerError.knownWordOf(failure.getMessage(), MeterTag.OTHER)
        : MeterTag.NONE;
  }

  static String labelOf(ErrorCode code) {
    return code.name() + "_" + code.label();
  }
}
