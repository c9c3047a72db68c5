package io.tenantredis.internal.path;

import io.lettuce.core.ReadFrom;
import io.tenantredis.RetryMode;
import io.tenantredis.internal.connection.NodeAddress;
import org.jspecify.annotations.Nullable;

/**
 * What the application's handle says of all its commands. Immutable.
 *
 * @param retryMode which failures may be followed by another attempt
 * @param node the node of a cluster that they are for, whatever their keys; null for no one
 * @param readFrom the nodes that reads go to; null as the client was built
 */
public record CallOptions(
    RetryMode retryMode, @Nullable NodeAddress node, @Nullable ReadFrom readFrom) {

  /** Nothing in particular. */
  public static final CallOptions DEFAULT = new CallOptions(RetryMode.BY_RULE, null, null);

  static final CallOptions ONCE = DEFAULT.retrying(RetryMode.NEVER);

  public CallOptions retrying(RetryMode mode) {
    return new CallOptions(mode, node, readFrom);
  }

  public CallOptions at(NodeAddress address) {
    return new CallOptions(retryMode, address, readFrom);
  }

  public CallOptions readingFrom(ReadFrom nodes) {
    return new CallOptions(retryMode, node, nodes);
  }
}
