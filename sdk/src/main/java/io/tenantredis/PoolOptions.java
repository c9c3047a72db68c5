package io.tenantredis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The dedicated connections of each tenant: what blocking commands, transactions and leases run on.
 *
 * <p>Every tenant has a pool of its own, opened with its first dedicated connection. Immutable and
 * thread-safe.
 */
public final class PoolOptions {

  private final int maxSize;
  private final int minIdle;
  private final Duration maxIdleTime;
  private final int maxPending;
  private final Duration acquireTimeout;
  private final Duration leakThreshold;
  private final int maxBufferedCommands;

  private PoolOptions(Builder builder) {
    this.maxSize = builder.maxSize;
    this.minIdle = builder.minIdle;
    this.maxIdleTime = builder.maxIdleTime;
    this.maxPending = builder.maxPending;
    this.acquireTimeout = builder.acquireTimeout;
    this.leakThreshold = builder.leakThreshold;
    this.maxBufferedCommands = builder.maxBufferedCommands;
  }

  /**
   * Starts with the defaults.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * How many dedicated connections a tenant may have.
   *
   * @return 1 or more
   */
  public int maxSize() {
    return maxSize;
  }

  /**
   * How many idle ones outlast the idle time.
   *
   * @return 0 or more
   */
  public int minIdle() {
    return minIdle;
  }

  /**
   * After how long an idle one is closed.
   *
   * @return more than zero
   */
  public Duration maxIdleTime() {
    return maxIdleTime;
  }

  /**
   * How many may wait for one.
   *
   * @return 0 or more
   */
  public int maxPending() {
    return maxPending;
  }

  /**
   * How long to wait for one.
   *
   * @return zero or more
   */
  public Duration acquireTimeout() {
    return acquireTimeout;
  }

  /**
   * After how long a lease is reported.
   *
   * @return zero for never
   */
  public Duration leakThreshold() {
    return leakThreshold;
  }

  /**
   * How many commands one lease may hold back.
   *
   * @return 1 or more
   */
  public int maxBufferedCommands() {
    return maxBufferedCommands;
  }

  /** Configures {@link PoolOptions}. Not thread-safe. */
  public static final class Builder {

    private int maxSize = 8;
    private int minIdle;
    private Duration maxIdleTime = Duration.ofMinutes(1);
    private int maxPending = 1000;
    private Duration acquireTimeout = Duration.ofSeconds(5);
    private Duration leakThreshold = Duration.ofMinutes(1);
    private int maxBufferedCommands = 10_000;

    private Builder() {}

    /**
     * How many dedicated connections one tenant may have at a time, leased and idle. Default: 8.
     *
     * @param connections 1 or more
     * @return this builder
     */
    public Builder maxSize(int connections) {
      this.maxSize = connections;
      return this;
    }

    /**
     * How many idle connections of a tenant stay open however long they are idle. None is opened
     * ahead of its use. Default: 0.
     *
     * @param connections 0 to {@code maxSize}
     * @return this builder
     */
    public Builder minIdle(int connections) {
      this.minIdle = connections;
      return this;
    }

    /**
     * After how long an idle connection is closed; it may take up to half as long again. Default: 1
     * minute.
     *
     * @param time 1 millisecond or more
     * @return this builder
     */
    public Builder maxIdleTime(Duration time) {
      this.maxIdleTime = time;
      return this;
    }

    /**
     * How many callers of one tenant may wait while all its dedicated connections are leased. One
     * more fails at once with a {@link TenantLimitException} (TR010). Default: 1000.
     *
     * @param callers 0 or more
     * @return this builder
     */
    public Builder maxPending(int callers) {
      this.maxPending = callers;
      return this;
    }

    /**
     * How long to wait for a connection while all are leased; opening one may take the connect
     * timeout in addition. Then a {@link TenantLimitException} (TR010). Zero does not wait at all.
     * Default: 5 seconds.
     *
     * @param timeout zero or more
     * @return this builder
     */
    public Builder acquireTimeout(Duration timeout) {
      this.acquireTimeout = timeout;
      return this;
    }

    /**
     * A connection that the application leased and did not give back for this long is reported in
     * the log, once, with the stack trace of the borrower; it stays leased. Zero switches this off
     * and with it the taking of stack traces. Default: 1 minute.
     *
     * @param threshold zero or more
     * @return this builder
     */
    public Builder leakThreshold(Duration threshold) {
      this.leakThreshold = threshold;
      return this;
    }

    /**
     * How many commands one leased connection holds back at most, be it between {@code MULTI} and
     * {@code EXEC} or while flushing is switched off. One more fails with a {@link
     * TenantLimitException} (TR006). Default: 10000.
     *
     * @param commands 1 or more
     * @return this builder
     */
    public Builder maxBufferedCommands(int commands) {
      this.maxBufferedCommands = commands;
      return this;
    }

    /**
     * Builds the options.
     *
     * @return the options
     * @throws ConfigurationException with every mistake at once
     */
    public PoolOptions build() {
      List<String> problems = new ArrayList<>();
      atLeast(1, maxSize, "maxSize", problems);
      atLeast(0, minIdle, "minIdle", problems);
      if (minIdle > maxSize) {
        problems.add("minIdle is " + minIdle + ", more than maxSize " + maxSize + ".");
      }
      atLeast(0, maxPending, "maxPending", problems);
      atLeast(1, maxBufferedCommands, "maxBufferedCommands", problems);
      atLeast(Duration.ofMillis(1), maxIdleTime, "maxIdleTime", problems);
      atLeast(Duration.ZERO, acquireTimeout, "acquireTimeout", problems);
      atLeast(Duration.ZERO, leakThreshold, "leakThreshold", problems);
      if (!problems.isEmpty()) {
        throw new ConfigurationException(problems);
      }
      return new PoolOptions(this);
    }

    private static <T extends Comparable<T>> void atLeast(
        T least, T value, String name, List<String> problems) {
      if (value.compareTo(least) < 0) {
        problems.add(name + " is " + value + ": use " + least + " or more.");
      }
    }
  }
}
