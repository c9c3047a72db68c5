package io.tenantredis.internal.client;

import io.lettuce.core.protocol.RedisCommand;
import io.tenantredis.Outcome;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.keyspace.SplitCommand;
import io.tenantredis.internal.path.CallOptions;
import io.tenantredis.internal.path.CommandPath;
import java.util.Iterator;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Sends the parts of one command of the application, a few at a time, each like a command of its
 * own, and gives the application one reply, or one failure that says honestly what may have been
 * done. Thread-safe; nothing blocks.
 */
final class SplitSending {

  private static final int AT_ONCE = 32;

  private final TenantId tenant;
  private final CommandPath path;
  private final SplitCommand split;
  private final RedisCommand<?, ?, ?> whole;
  private final long timeoutNanos;
  private final long startNanos = System.nanoTime();
  private final CallOptions options;
  private final int atOnce;

  /** Guarded by this. */
  private final Iterator<SplitCommand.Part> unsent;

  private int inFlight;
  private boolean sending;
  private boolean ended;
  private boolean mayHaveRun;
  private @Nullable Throwable failure;

  SplitSending(
      TenantId tenant,
      CommandPath path,
      SplitCommand split,
      RedisCommand<?, ?, ?> whole,
      long timeoutNanos,
      CallOptions options) {
    this.tenant = tenant;
    this.path = path;
    this.split = split;
    this.whole = whole;
    this.timeoutNanos = timeoutNanos;
    this.options = options;
    // Each part takes a place in the tenant's bulkhead, and others want some, too.
    this.atOnce = Math.max(1, Math.min(AT_ONCE, path.places() / 2));
    this.unsent = split.parts().iterator();
  }

  /** Sends what may be sent now. */
  void begin() {
    synchronized (this) {
      if (sending) {
        // A part that ended while it was being sent: whoever sends goes on with the next.
        return;
      }
      sending = true;
    }
    while (true) {
      SplitCommand.Part part;
      synchronized (this) {
        part = next();
        if (part == null) {
          sending = false;
        } else {
          inFlight++;
        }
      }
      if (part == null) {
        endIfDone();
        return;
      }
      part.result().whenComplete((reply, cause) -> partEnded(cause));
      path.send(part.command(), remaining(), options);
    }
  }

  private SplitCommand.@Nullable Part next() {
    boolean go = failure == null && !whole.isDone() && inFlight < atOnce && unsent.hasNext();
    return go ? unsent.next() : null;
  }

  private long remaining() {
    return timeoutNanos == 0 ? 0 : Math.max(1, startNanos + timeoutNanos - System.nanoTime());
  }

  private void partEnded(@Nullable Throwable cause) {
    synchronized (this) {
      inFlight--;
      note(cause);
    }
    begin();
  }

  private void note(@Nullable Throwable cause) {
    if (cause == null) {
      mayHaveRun = true;
      return;
    }
    Throwable own =
        cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
    if (!(own instanceof TenantRedisFailure typed) || typed.outcome() == Outcome.UNKNOWN) {
      mayHaveRun = true;
    }
    if (failure == null) {
      failure = own;
    }
  }

  private void endIfDone() {
    Throwable cause;
    boolean inPart;
    synchronized (this) {
      boolean unfinished = unsent.hasNext() && failure == null && !whole.isDone();
      if (ended || sending || inFlight > 0 || unfinished) {
        return;
      }
      ended = true;
      cause = failure;
      inPart = mayHaveRun && !split.isReadOnly();
    }
    if (whole.isDone()) {
      return;
    }
    if (cause == null) {
      merge();
    } else {
      whole.completeExceptionally(
          inPart ? Failures.inPart(tenant, whole.getType().toString(), cause) : cause);
    }
  }

  private void merge() {
    try {
      split.merge();
    } catch (RuntimeException unreadable) {
      // Nobody above would tell the application, which would wait for ever.
      whole.completeExceptionally(
          Failures.unreadable(tenant, whole.getType().toString(), unreadable));
      return;
    }
    whole.complete();
  }
}
