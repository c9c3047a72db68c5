package io.tenantredis.internal.connection;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that have the same data. Immutable.
 *
 * @param primary the one that takes writes; null if that is not known
 * @param replicas those that copy it
 */
public record Shard(@Nullable NodeAddress primary, List<NodeAddress> replicas) {

  /** Nothing is known but that there is a primary. */
  public static final Shard UNKNOWN = new Shard(null, List.of());

  public Shard {
    replicas = List.copyOf(replicas);
  }
}
