package io.tenantredis.internal.path;

import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.keyspace.LegacyReads;
import io.tenantredis.internal.metrics.CommandMeters;
import io.tenantredis.internal.metrics.LegacyOutcome;
import org.jspecify.annotations.Nullable;

/**
 * Asks for a key that is absent under its own name once more under its legacy one, within the
 * deadline of the command. A reply that a present key could have given, too, such as HGET's nil, is
 * followed by EXISTS first: what was deleted from a key must not come back from the old one.
 */
final class LegacyStage implements Stage {

  private final LegacyReads reads;
  private final CommandMeters meters;
  private final CommandPath path;

  LegacyStage(LegacyReads reads, CommandMeters meters, CommandPath path) {
    this.reads = reads;
    this.meters = meters;
    this.path = path;
  }

  @Override
  public void send(Call call) {
    if (!call.isSecond()) {
      reads.prepare(call.attempt());
    }
    call.proceed();
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    GuardedCommand<?, ?, ?> attempt = call.attempt();
    if (attempt.isLegacy()) {
      meters.legacyRead(attempt.rule(), outcome(attempt, failure));
      call.settle(failure);
      return;
    }
    if (failure != null || call.isSecond() || attempt.delegate().isDone()) {
      call.settle(failure);
      return;
    }
    switch (attempt.absence()) {
      case NO -> call.settle(null);
      case CERTAIN -> askLegacy(call);
      case POSSIBLE -> askPresence(call);
    }
  }

  private static LegacyOutcome outcome(
      GuardedCommand<?, ?, ?> attempt, @Nullable Throwable failure) {
    if (failure != null) {
      return LegacyOutcome.FAILED;
    }
    return switch (attempt.absence()) {
      case NO -> LegacyOutcome.FOUND;
      case POSSIBLE, CERTAIN -> LegacyOutcome.MISSING;
    };
  }

  private void askLegacy(Call call) {
    GuardedCommand<?, ?, ?> legacy = reads.legacy(call.attempt());
    if (legacy == null) {
      meters.legacyRead(call.attempt().rule(), LegacyOutcome.OUTSIDE);
      call.settle(null);
    } else {
      call.second(legacy);
      call.proceed();
    }
  }

  private void askPresence(Call call) {
    LegacyReads.Presence presence = reads.presence(call.attempt());
    presence.whenComplete(
        (keys, failure) -> {
          if (failure != null) {
            call.settle(failure);
          } else if (call.attempt().delegate().isDone()) {
            call.settle(null);
          } else if (keys == 0) {
            askLegacy(call);
          } else {
            // The key may have come between the two questions.
            call.second(call.attempt().again());
            call.proceed();
          }
        });
    long remaining = call.remainingNanos(System.nanoTime());
    try {
      path.sendFor(
          call,
          reads.guarded(presence),
          remaining == Long.MAX_VALUE ? 0 : Math.max(1, remaining),
          CallOptions.DEFAULT);
    } catch (RuntimeException refused) {
      presence.completeExceptionally(refused);
    }
  }
}
