package io.tenantredis.internal.path;

import io.lettuce.core.protocol.CommandWrapper;
import io.micrometer.observation.Observation;
import io.tenantredis.internal.metrics.CommandObservations;
import io.tenantredis.internal.metrics.ParentedCommand;
import org.jspecify.annotations.Nullable;

/**
 * Observes each command of the application once, whatever number of attempts it takes. The one
 * around it is that of the command itself, of the call it is a part of, or of the caller's thread.
 */
final class ObservationStage implements Stage {

  private final CommandObservations observations;

  ObservationStage(CommandObservations observations) {
    this.observations = observations;
  }

  @Override
  public void send(Call call) {
    call.observation(observations.start(call.tenant(), call.command(), parentOf(call)));
    call.proceed();
  }

  private static @Nullable Observation parentOf(Call call) {
    ParentedCommand<?, ?, ?> parented =
        CommandWrapper.unwrap(call.attempt().delegate(), ParentedCommand.class);
    return parented != null ? parented.parent() : call.observation();
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    Observation observation = call.observation();
    if (observation != null) {
      observations.stop(observation, call.tenant(), call.command(), failure);
    }
    call.settle(failure);
  }
}
