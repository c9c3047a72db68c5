package io.tenantredis.internal.pool;

import io.tenantredis.internal.connection.NodeAddress;
import io.tenantredis.internal.connection.VerifiedConnection;

/**
 * One tenant's connection to one replica, with what is known of how that replica did lately. Only
 * reads go there. Thread-safe; nothing blocks.
 */
public final class ReplicaConnection {

  private final NodeAddress address;
  private final SharedConnection shared;
  private final long spareNanos;
  private volatile long usedAt;
  private volatile boolean failed;
  private volatile long failedAt;

  /** Whoever connects for nobody in particular. */
  private final Waiter attempt =
      new Waiter() {
        @Override
        public void connected(VerifiedConnection connection) {
          // It is found by the next read.
        }

        @Override
        public void failed(Throwable cause) {
          // Those who asked for it were told.
        }
      };

  /**
   * @param spareNanos how long a replica that could not answer is left alone if others can
   */
  ReplicaConnection(NodeAddress address, SharedConnection shared, long spareNanos, long now) {
    this.address = address;
    this.shared = shared;
    this.spareNanos = spareNanos;
    this.usedAt = now;
  }

  public NodeAddress address() {
    return address;
  }

  /** What reads multiplex over. */
  public SharedConnection shared() {
    return shared;
  }

  /** A read was answered. */
  public void answered() {
    failed = false;
  }

  /** A read could not be answered, and that was nobody's fault but the replica's. */
  public void failed(long now) {
    failedAt = now;
    failed = true;
  }

  /**
   * Whether a read may be sent here before other nodes are asked. One that failed last is left
   * alone for a while, and then until it is connected, which is tried meanwhile.
   */
  boolean isPromising(long now) {
    if (!failed) {
      return true;
    }
    if (now - failedAt < spareNanos) {
      return false;
    }
    if (shared.current() != null) {
      return true;
    }
    shared.acquire(attempt);
    return false;
  }

  void use(long now) {
    usedAt = now;
  }

  long usedAt() {
    return usedAt;
  }
}
