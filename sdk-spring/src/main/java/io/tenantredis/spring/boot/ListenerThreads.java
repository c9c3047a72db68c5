package io.tenantredis.spring.boot;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The threads that call the listeners of subscriptions, made when they are first needed. The
 * client's default, Reactor's own, live as long as the JVM and keep the class loader of the context
 * that was the first to use them, which after a restart by devtools is that of an application which
 * is gone. No {@code Executor}: Boot makes none for the application where there is a bean of that
 * type. Thread-safe. Closed after the client.
 */
final class ListenerThreads implements AutoCloseable {

  private static final int IDLE_SECONDS = 60;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  private @Nullable Scheduler threads;

  void run(Runnable call) {
    threads().schedule(call);
  }

  private synchronized Scheduler threads() {
    if (threads == null) {
      threads =
          Schedulers.newBoundedElastic(
              Schedulers.DEFAULT_BOUNDED_ELASTIC_SIZE,
              Schedulers.DEFAULT_BOUNDED_ELASTIC_QUEUESIZE,
              "tenant-redis-message",
              IDLE_SECONDS,
              true);
    }
    return threads;
  }

  /** Waits for the calls under way, the last ones of all subscriptions among them. */
  @Override
  public synchronized void close() {
    if (threads == null) {
      return;
    }
    try {
      threads.disposeGracefully().toFuture().get(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException goesOn) {
      // Interrupted now.
    }
    threads.dispose();
  }
}
