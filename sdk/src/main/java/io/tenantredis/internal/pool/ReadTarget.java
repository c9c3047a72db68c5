package io.tenantredis.internal.pool;

import io.lettuce.core.RedisURI;
import io.lettuce.core.models.role.RedisNodeDescription;
import io.tenantredis.internal.connection.NodeAddress;
import org.jspecify.annotations.Nullable;

/**
 * One of the nodes that a read may go to, in the form that Lettuce's {@code ReadFrom} chooses from.
 *
 * @param replica null for the primary
 */
public record ReadTarget(RedisURI uri, @Nullable NodeAddress replica)
    implements RedisNodeDescription {

  /** What stands for a host that is not known. */
  private static final String UNKNOWN = "unknown";

  static ReadTarget primary(@Nullable NodeAddress address) {
    return new ReadTarget(
        address == null
            ? RedisURI.create(UNKNOWN, RedisURI.DEFAULT_REDIS_PORT)
            : RedisURI.create(address.host(), address.port()),
        null);
  }

  static ReadTarget replica(NodeAddress address) {
    return new ReadTarget(RedisURI.create(address.host(), address.port()), address);
  }

  @Override
  public RedisURI getUri() {
    return uri;
  }

  @Override
  public Role getRole() {
    return replica == null ? Role.UPSTREAM : Role.REPLICA;
  }
}
