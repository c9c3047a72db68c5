package io.tenantredis;

import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link TenantRedis} deals with trouble: retries, circuit breakers, limits, and the proof
 * that a connection is in step. Each tenant has retries, a breaker and limits of its own; what one
 * tenant uses up, no other one misses. Immutable and thread-safe.
 */
public final class ResilienceOptions {

  private static final ResilienceOptions DEFAULTS = builder().build();

  private final int maxAttempts;
  private final Duration firstRetryDelay;
  private final Duration longestRetryDelay;
  private final CircuitBreakerConfig circuitBreaker;
  private final @Nullable CircuitBreakerConfig endpointCircuitBreaker;
  private final int maxConcurrentCalls;
  private final @Nullable RateLimiterConfig rateLimit;
  private final @Nullable Duration stepProbeInterval;

  private ResilienceOptions(Builder builder) {
    this.maxAttempts = builder.maxAttempts;
    this.firstRetryDelay = builder.firstRetryDelay;
    this.longestRetryDelay = builder.longestRetryDelay;
    this.circuitBreaker = builder.circuitBreaker;
    this.endpointCircuitBreaker = builder.endpointCircuitBreaker;
    this.maxConcurrentCalls = builder.maxConcurrentCalls;
    this.rateLimit = builder.rateLimit();
    this.stepProbeInterval = builder.stepProbeInterval;
  }

  /**
   * The documented defaults.
   *
   * @return the defaults
   */
  public static ResilienceOptions defaults() {
    return DEFAULTS;
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
   * Starts with these options.
   *
   * @return a builder
   */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.maxAttempts = maxAttempts;
    builder.firstRetryDelay = firstRetryDelay;
    builder.longestRetryDelay = longestRetryDelay;
    builder.circuitBreaker = circuitBreaker;
    builder.endpointCircuitBreaker = endpointCircuitBreaker;
    builder.maxConcurrentCalls = maxConcurrentCalls;
    if (rateLimit != null) {
      builder.rateLimit(rateLimit.getLimitForPeriod(), rateLimit.getLimitRefreshPeriod());
    }
    builder.stepProbeInterval = stepProbeInterval;
    return builder;
  }

  RetryConfig retry() {
    return RetryConfig.custom()
        .maxAttempts(maxAttempts)
        .intervalFunction(
            IntervalFunction.ofExponentialRandomBackoff(
                firstRetryDelay, 2.0, 0.5, longestRetryDelay))
        .build();
  }

  CircuitBreakerConfig circuitBreaker() {
    return circuitBreaker;
  }

  @Nullable CircuitBreakerConfig endpointCircuitBreaker() {
    return endpointCircuitBreaker;
  }

  BulkheadConfig bulkhead() {
    return BulkheadConfig.custom()
        .maxConcurrentCalls(maxConcurrentCalls)
        .maxWaitDuration(Duration.ZERO)
        .build();
  }

  @Nullable RateLimiterConfig rateLimit() {
    return rateLimit;
  }

  @Nullable Duration stepProbeInterval() {
    return stepProbeInterval;
  }

  /** Configures {@link ResilienceOptions}. Not thread-safe. */
  public static final class Builder {

    private int maxAttempts = 3;
    private Duration firstRetryDelay = Duration.ofMillis(20);
    private Duration longestRetryDelay = Duration.ofSeconds(1);
    private CircuitBreakerConfig circuitBreaker =
        CircuitBreakerConfig.custom()
            .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.TIME_BASED)
            .slidingWindowSize(10)
            .minimumNumberOfCalls(20)
            .failureRateThreshold(50)
            .waitDurationInOpenState(Duration.ofSeconds(5))
            .permittedNumberOfCallsInHalfOpenState(10)
            .build();
    private @Nullable CircuitBreakerConfig endpointCircuitBreaker =
        CircuitBreakerConfig.custom()
            .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.TIME_BASED)
            .slidingWindowSize(10)
            .minimumNumberOfCalls(50)
            .failureRateThreshold(80)
            .waitDurationInOpenState(Duration.ofSeconds(1))
            .permittedNumberOfCallsInHalfOpenState(10)
            .build();
    private int maxConcurrentCalls = 16_384;
    private int callsPerPeriod;
    private Duration period = Duration.ofSeconds(1);
    private @Nullable Duration stepProbeInterval = Duration.ofSeconds(3);

    private Builder() {}

    /**
     * How often a command may be sent at most: the first time and again after failures that are
     * safe to retry. Never is a permission error retried, nor a command that may have been executed
     * and is not idempotent, unless {@link TenantClient#retrying(RetryMode)} says so. Default: 3.
     *
     * @param attempts 1 (no retries) to 100
     * @return this builder
     */
    public Builder maxAttempts(int attempts) {
      this.maxAttempts = attempts;
      return this;
    }

    /**
     * How long to wait before further attempts: doubling from the first to the longest, with up to
     * half more or less at random, and never beyond the command's timeout. Default: 20 milliseconds
     * to 1 second.
     *
     * @param first at least 1 millisecond
     * @param longest not less than the first
     * @return this builder
     */
    public Builder retryDelay(Duration first, Duration longest) {
      this.firstRetryDelay = first;
      this.longestRetryDelay = longest;
      return this;
    }

    /**
     * The circuit breaker that each tenant gets; it turns the tenant's commands away while it is
     * open. Only timeouts, lost or refused connections and a server that cannot serve count as
     * failures: docs/errors.md says it for each code. What the configuration says of exceptions has
     * no effect. Default: opens for 5 seconds when half of at least 20 attempts of the last 10
     * seconds failed, then lets 10 pass.
     *
     * @param config the configuration
     * @return this builder
     */
    public Builder circuitBreaker(CircuitBreakerConfig config) {
      this.circuitBreaker =
          CircuitBreakerConfig.from(config)
              .recordExceptions()
              .ignoreExceptions()
              .recordException(failure -> true)
              .ignoreException(failure -> false)
              .build();
      return this;
    }

    /**
     * The circuit breaker of the endpoint, which all tenants share: it spares an endpoint that
     * cannot be reached the attempts of many tenants to connect. It counts attempts to connect, not
     * commands, and leaves open connections alone. An endpoint that answered, be it with a refusal
     * of the tenant, counts as reached. No tenant can open it alone: of one that fails again and
     * again only the first failure counts until another tenant fails. Default: opens for 1 second
     * when 80 % of at least 50 attempts of the last 10 seconds failed.
     *
     * @param config the configuration, or null for none
     * @return this builder
     */
    public Builder endpointCircuitBreaker(@Nullable CircuitBreakerConfig config) {
      this.endpointCircuitBreaker = config;
      return this;
    }

    /**
     * How many commands of one tenant may be in flight or waiting for its connection. One more
     * fails at once with a {@link TenantLimitException}. A cancelled command counts until its reply
     * arrives or its timeout passes, for so long it takes up the connection. Each leased connection
     * may have as many in flight by itself, of which {@link PoolOptions#maxSize()} bounds the
     * number. Default: 16384.
     *
     * @param calls 1 or more
     * @return this builder
     */
    public Builder maxConcurrentCalls(int calls) {
      this.maxConcurrentCalls = calls;
      return this;
    }

    /**
     * How many commands each tenant may issue in a period. One more fails at once with a {@link
     * TenantLimitException}. Further attempts of a command do not count. Those on leased
     * connections do, but for what ends a transaction or a WATCH, which is never turned away; a
     * transaction that lacks a command can only be discarded. Default: no limit.
     *
     * <p>All calls of a period may come at its start, and other tenants of the server wait behind
     * them: to spare those, give a short period, such as 20 calls in 2 milliseconds rather than
     * 10,000 in a second.
     *
     * @param calls 1 or more, or 0 for no limit
     * @param eachPeriod at least 1 millisecond
     * @return this builder
     */
    public Builder rateLimit(int calls, Duration eachPeriod) {
      this.callsPerPeriod = calls;
      this.period = eachPeriod;
      return this;
    }

    /**
     * How long a shared connection in use goes without a proof that replies still belong to
     * commands: a PING with a random text that must come back. If it does not, a reply was lost or
     * doubled on the way, and the connection is closed. Until then commands of the same tenant may
     * get each other's replies, never those of another tenant. The tenants' users need {@code
     * +ping}. Default: 3 seconds.
     *
     * @param interval at least 10 milliseconds, or null for no proofs but that of what a cluster
     *     says of itself; then a command that times out closes its connection
     * @return this builder
     */
    public Builder stepProbeInterval(@Nullable Duration interval) {
      this.stepProbeInterval = interval;
      return this;
    }

    private @Nullable RateLimiterConfig rateLimit() {
      if (callsPerPeriod == 0) {
        return null;
      }
      return RateLimiterConfig.custom()
          .limitForPeriod(callsPerPeriod)
          .limitRefreshPeriod(period)
          .timeoutDuration(Duration.ZERO)
          .build();
    }

    /**
     * Builds the options.
     *
     * @return the options
     * @throws ConfigurationException with every mistake at once
     */
    public ResilienceOptions build() {
      List<String> problems = problems();
      if (!problems.isEmpty()) {
        throw new ConfigurationException(problems);
      }
      return new ResilienceOptions(this);
    }

    List<String> problems() {
      List<String> problems = new ArrayList<>();
      Options.atLeast(Duration.ofMillis(1), firstRetryDelay, "the first retryDelay", problems);
      Options.atLeast(firstRetryDelay, longestRetryDelay, "the longest retryDelay", problems);
      Options.inRange(1, 100, maxAttempts, "maxAttempts", problems);
      Options.inRange(1, Integer.MAX_VALUE, maxConcurrentCalls, "maxConcurrentCalls", problems);
      Options.inRange(0, Integer.MAX_VALUE, callsPerPeriod, "rateLimit", problems);
      Options.atLeast(Duration.ofMillis(1), period, "the period of rateLimit", problems);
      if (stepProbeInterval != null) {
        Options.atLeast(Duration.ofMillis(10), stepProbeInterval, "stepProbeInterval", problems);
      }
      return problems;
    }
  }
}
