package io.tenantredis.internal.metrics;

import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import io.micrometer.observation.Observation;

/** A command that knows the observation it belongs to, whichever thread sends it. */
public final class ParentedCommand<K, V, T> extends CommandWrapper<K, V, T> {

  private final Observation parent;

  public ParentedCommand(RedisCommand<K, V, T> command, Observation parent) {
    super(command);
    this.parent = parent;
  }

  /** The observation around the command's own. */
  public Observation parent() {
    return parent;
  }
}
