package io.tenantredis.internal.connection;

import io.lettuce.core.SslOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at TLS files at an interval and reads them again when one changed. Thread-safe. */
public final class TlsReloader {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis.connection");

  private final TlsSettings settings;
  private final long intervalNanos;
  private final Consumer<SslOptions> user;
  private final AtomicBoolean looking = new AtomicBoolean();
  private volatile TlsMaterial material;
  private volatile long lookAt;

  /**
   * @param interval how often; zero for never
   * @param user takes what was read
   */
  public TlsReloader(
      TlsSettings settings,
      TlsMaterial material,
      Duration interval,
      long now,
      Consumer<SslOptions> user) {
    this.settings = settings;
    this.material = material;
    this.intervalNanos = interval.toNanos();
    this.lookAt = now + intervalNanos;
    this.user = user;
  }

  /** Looks if it is time, on a thread that may block. */
  public void sweep(long now) {
    if (intervalNanos == 0
        || settings.files().isEmpty()
        || now - lookAt < 0
        || !looking.compareAndSet(false, true)) {
      return;
    }
    lookAt = now + intervalNanos;
    CompletableFuture.runAsync(this::look).whenComplete((done, failure) -> looking.set(false));
  }

  private void look() {
    try {
      if (material.isOutdated(settings)) {
        TlsMaterial fresh = TlsMaterial.read(settings);
        material = fresh;
        user.accept(fresh.options());
        LOG.info(
            "TLS_RELOADED TLS files changed: connections are exchanged for such with the new ones");
      }
    } catch (IOException | RuntimeException failure) {
      LOG.warn(
          "TLS_UNUSABLE TLS files changed and cannot be used; what was read before stays in use: {}",
          failure.getMessage());
    }
  }
}
