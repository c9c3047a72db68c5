package io.tenantredis.spring.boot;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Threads that may block, made when they are first needed; they are bounded, and so is what waits
 * for them. Reactor's own live as long as the JVM and keep the class loader of the context that was
 * the first to use them, which after a restart by devtools is that of an application which is gone.
 * No {@code Executor}: Boot makes none for the application where there is a bean of that type.
 * Thread-safe.
 */
class OwnThreads implements AutoCloseable {

  private static final int IDLE_SECONDS = 60;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  private final String name;
  private @Nullable Scheduler threads;
  private boolean closed;

  OwnThreads(String name) {
    this.name = name;
  }

  /**
   * Runs something on one of the threads.
   *
   * @throws RejectedExecutionException if too much waits for them, or when they are closed
   */
  final void run(Runnable work) {
    threads().schedule(work);
  }

  private synchronized Scheduler threads() {
    if (closed) {
      throw new RejectedExecutionException("The application context is closed.");
    }
    if (threads == null) {
      threads =
          Schedulers.newBoundedElastic(
              Schedulers.DEFAULT_BOUNDED_ELASTIC_SIZE,
              Schedulers.DEFAULT_BOUNDED_ELASTIC_QUEUESIZE,
              name,
              IDLE_SECONDS,
              true);
    }
    return threads;
  }

  private synchronized @Nullable Scheduler last() {
    closed = true;
    return threads;
  }

  /** Waits for what is under way. */
  @Override
  public final void close() {
    Scheduler last = last();
    if (last == null) {
      return;
    }
    try {
      last.disposeGracefully().toFuture().get(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException goesOn) {
      // Interrupted now.
    }
    last.dispose();
  }
}
