package io.tenantredis.internal.metrics;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.tenantredis.ObservedFailure;
import io.tenantredis.TenantCommandContext;
import io.tenantredis.TenantId;
import org.jspecify.annotations.Nullable;

/**
 * Begins and ends the observations of commands. What the application's handlers and conventions
 * throw is logged, and costs the command nothing. Thread-safe.
 */
public final class CommandObservations {

  private final ObservationRegistry registry;
  private final EventLog log;

  CommandObservations(ObservationRegistry registry, EventLog log) {
    this.registry = registry;
    this.log = log;
  }

  /** The observation that the current thread is in. */
  public @Nullable Observation current() {
    return registry.getCurrentObservation();
  }

  /**
   * Begins one.
   *
   * @param parent the one around it, or null for the current one of this thread
   * @return the observation, or null if the application's handlers failed
   */
  public @Nullable Observation start(
      TenantId tenant, String command, @Nullable Observation parent) {
    try {
      Observation observation =
          TenantRedisObservation.COMMAND.observation(
              null,
              CommandConvention.INSTANCE,
              () -> new TenantCommandContext(tenant, command),
              registry);
      if (parent != null) {
        observation.parentObservation(parent);
      }
      return observation.start();
    } catch (RuntimeException broken) {
      failed(tenant, command, broken);
      return null;
    }
  }

  /** Ends one. */
  public void stop(
      Observation observation, TenantId tenant, String command, @Nullable Throwable failure) {
    try {
      if (failure != null) {
        observation.error(
            new ObservedFailure(
                CommandMeters.errorOf(failure),
                CommandMeters.statusOf(failure),
                CommandMeters.outcomeOf(failure)));
      }
    } catch (RuntimeException broken) {
      failed(tenant, command, broken);
    }
    try {
      observation.stop();
    } catch (RuntimeException broken) {
      failed(tenant, command, broken);
    }
  }

  private void failed(TenantId tenant, String command, RuntimeException broken) {
    log.log(
        LogEvent.OBSERVATION_FAILED, tenant, command, tenant, broken.getClass().getSimpleName());
  }
}
