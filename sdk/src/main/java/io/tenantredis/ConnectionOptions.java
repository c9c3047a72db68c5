package io.tenantredis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How many connections there are, how they are made and how long they live. Immutable and
 * thread-safe.
 *
 * <pre>{@code
 * ConnectionOptions.builder().maxConnections(2_000).idleTime(Duration.ofMinutes(2)).build()
 * }</pre>
 */
public final class ConnectionOptions {

  private final Builder values;

  private ConnectionOptions(Builder values) {
    this.values = values;
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
   * The most connections of all tenants together, those being made included.
   *
   * @return how many
   */
  public int maxConnections() {
    return values.maxConnections;
  }

  /**
   * The most attempts to connect at a time, of all tenants together.
   *
   * @return how many
   */
  public int maxConcurrentConnects() {
    return values.maxConcurrentConnects;
  }

  /**
   * How many endpoints may be known at a time, the one that the client was built with included.
   *
   * @return how many
   */
  public int maxEndpoints() {
    return values.maxEndpoints;
  }

  /**
   * How many connections the ordinary commands of one tenant share.
   *
   * @return how many
   */
  public int sharedConnections() {
    return values.sharedConnections;
  }

  /**
   * After how long without a command a tenant is evicted.
   *
   * @return the time; zero for never
   */
  public Duration idleTime() {
    return values.idleTime;
  }

  /**
   * The wait after a first failed attempt to connect.
   *
   * @return the time
   */
  public Duration firstReconnectDelay() {
    return values.firstReconnectDelay;
  }

  /**
   * The longest wait between attempts to connect.
   *
   * @return the time
   */
  public Duration longestReconnectDelay() {
    return values.longestReconnectDelay;
  }

  /**
   * How long a tenant that never connected waits for its user to exist.
   *
   * @return the time; zero for not at all
   */
  public Duration newUserPatience() {
    return values.newUserPatience;
  }

  /**
   * The longest wait between attempts to leave quarantine.
   *
   * @return the time
   */
  public Duration longestQuarantineDelay() {
    return values.longestQuarantineDelay;
  }

  /**
   * How often the server is asked again whose a live connection is, and whether it still lets the
   * tenant in.
   *
   * @return the interval; zero for never
   */
  public Duration reverifyInterval() {
    return values.reverifyInterval;
  }

  /**
   * How often the credentials provider is asked for changes.
   *
   * @return the interval; zero for never
   */
  public Duration credentialsPollInterval() {
    return values.credentialsPollInterval;
  }

  /**
   * How often Sentinels are asked whether the primary is still where it was.
   *
   * @return the interval; zero for never
   */
  public Duration primaryCheckInterval() {
    return values.primaryCheckInterval;
  }

  /**
   * How often a cluster is asked who serves which slot.
   *
   * @return the interval; zero for never
   */
  public Duration clusterRefreshInterval() {
    return values.clusterRefreshInterval;
  }

  /**
   * How often one attempt at a command may be redirected by a cluster.
   *
   * @return how often
   */
  public int maxRedirects() {
    return values.maxRedirects;
  }

  /**
   * After how long without traffic TCP asks whether the other side is still there.
   *
   * @return the time; zero for no keep-alive
   */
  public Duration keepAliveIdle() {
    return values.keepAliveIdle;
  }

  /**
   * How long sent bytes may stay unacknowledged.
   *
   * @return the time; zero for the operating system's own
   */
  public Duration tcpUserTimeout() {
    return values.tcpUserTimeout;
  }

  /** Configures {@link ConnectionOptions}. Not thread-safe. */
  public static final class Builder {

    private int maxConnections = 16_384;
    private int maxConcurrentConnects = 64;
    private int maxEndpoints = 64;
    private int sharedConnections = 1;
    private Duration idleTime = Duration.ofMinutes(10);
    private Duration firstReconnectDelay = Duration.ofMillis(50);
    private Duration longestReconnectDelay = Duration.ofSeconds(2);
    private Duration newUserPatience = Duration.ofSeconds(1);
    private Duration longestQuarantineDelay = Duration.ofSeconds(5);
    private Duration reverifyInterval = Duration.ZERO;
    private Duration credentialsPollInterval = Duration.ZERO;
    private Duration primaryCheckInterval = Duration.ofSeconds(5);
    private Duration clusterRefreshInterval = Duration.ofMinutes(1);
    private int maxRedirects = 5;
    private Duration keepAliveIdle = Duration.ofSeconds(30);
    private Duration tcpUserTimeout = Duration.ofSeconds(30);

    private Builder() {}

    private Builder(Builder other) {
      this.maxConnections = other.maxConnections;
      this.maxConcurrentConnects = other.maxConcurrentConnects;
      this.maxEndpoints = other.maxEndpoints;
      this.sharedConnections = other.sharedConnections;
      this.idleTime = other.idleTime;
      this.firstReconnectDelay = other.firstReconnectDelay;
      this.longestReconnectDelay = other.longestReconnectDelay;
      this.newUserPatience = other.newUserPatience;
      this.longestQuarantineDelay = other.longestQuarantineDelay;
      this.reverifyInterval = other.reverifyInterval;
      this.credentialsPollInterval = other.credentialsPollInterval;
      this.primaryCheckInterval = other.primaryCheckInterval;
      this.clusterRefreshInterval = other.clusterRefreshInterval;
      this.maxRedirects = other.maxRedirects;
      this.keepAliveIdle = other.keepAliveIdle;
      this.tcpUserTimeout = other.tcpUserTimeout;
    }

    /**
     * The most connections of all tenants together, those being made included. When there are as
     * many, the least recently used tenant with nothing in flight is evicted; where there is none,
     * connecting waits, at most for the connect timeout, and then fails with {@link
     * ErrorCode#TR012}. Default: 16384.
     *
     * @param connections 1 or more
     * @return this builder
     */
    public Builder maxConnections(int connections) {
      this.maxConnections = connections;
      return this;
    }

    /**
     * The most attempts to connect at a time. Further ones wait, tenants taking turns; no tenant
     * takes more than an eighth of them. With {@link TenantRedis.Builder#endpoints endpoints},
     * replicas or a cluster no server takes more than half of what the others leave, so that those
     * that do not answer hold up no other, unless there are many of them or few attempts. An
     * attempt whose turn does not come within the connect timeout fails with {@link
     * ErrorCode#TR012}. Default: 64.
     *
     * @param attempts 1 or more
     * @return this builder
     */
    public Builder maxConcurrentConnects(int attempts) {
      this.maxConcurrentConnects = attempts;
      return this;
    }

    /**
     * How many endpoints of {@link TenantEndpoints} may be known at a time, the one that the client
     * was built with included: each has a circuit breaker and, behind Sentinels, what is known of
     * its primary. One that no tenant uses makes room; a tenant for which there is none fails with
     * {@link ErrorCode#TR016}. Default: 64.
     *
     * @param endpoints 1 or more
     * @return this builder
     */
    public Builder maxEndpoints(int endpoints) {
      this.maxEndpoints = endpoints;
      return this;
    }

    /**
     * How many connections the ordinary commands of one tenant share. With more than one, each
     * thread keeps to one of them, so that the order of its commands holds; commands of different
     * threads overtake each other. Default: 1.
     *
     * @param connections 1 to 64
     * @return this builder
     */
    public Builder sharedConnections(int connections) {
      this.sharedConnections = connections;
      return this;
    }

    /**
     * After how long without a command a tenant is evicted: its connections are closed and nothing
     * of it stays but the handles that the application keeps, which connect again with the next
     * command. Its circuit breaker then begins anew. A tenant with subscriptions is not idle.
     * Default: 10 minutes.
     *
     * @param time zero for never
     * @return this builder
     */
    public Builder idleTime(Duration time) {
      this.idleTime = time;
      return this;
    }

    /**
     * How long to wait after failed attempts to connect: doubling from the first to the longest,
     * less up to half at random. Default: 50 milliseconds to 2 seconds.
     *
     * @param first at least 1 millisecond
     * @param longest not less than the first
     * @return this builder
     */
    public Builder reconnectDelay(Duration first, Duration longest) {
      this.firstReconnectDelay = first;
      this.longestReconnectDelay = longest;
      return this;
    }

    /**
     * How long a tenant that never connected is tried again although the server refuses its
     * credentials (WRONGPASS, NOAUTH): its user may still be on its way. Its commands wait
     * meanwhile, within their timeout. Default: 1 second.
     *
     * @param time zero for not at all
     * @return this builder
     */
    public Builder newUserPatience(Duration time) {
      this.newUserPatience = time;
      return this;
    }

    /**
     * The longest wait between the attempts to connect of a tenant in quarantine, and so how long
     * healing takes at most after the server is right again. Default: 5 seconds.
     *
     * @param longest not less than the first reconnect delay
     * @return this builder
     */
    public Builder longestQuarantineDelay(Duration longest) {
      this.longestQuarantineDelay = longest;
      return this;
    }

    /**
     * How often the server is asked again whose a live connection is, with up to half less at
     * random, and whether it still lets the tenant in: a further connection is made with the
     * tenant's credentials and closed at once. A user that is switched off, or whose password is
     * gone, is refused then; after three refusals in a row, a second or so apart at most, the
     * tenant's connections are closed and it is in quarantine. Default: never.
     *
     * @param interval zero for never
     * @return this builder
     */
    public Builder reverifyInterval(Duration interval) {
      this.reverifyInterval = interval;
      return this;
    }

    /**
     * How often the credentials provider is asked whether the credentials of a connected tenant
     * changed, with up to half less at random; if so, they are rotated. Default: never, as a
     * provider says so itself or {@link TenantRedis#credentialsChanged(TenantId)} does.
     *
     * @param interval zero for never
     * @return this builder
     */
    public Builder credentialsPollInterval(Duration interval) {
      this.credentialsPollInterval = interval;
      return this;
    }

    /**
     * With Sentinels: how often one of them is asked whether the primary is still where it was.
     * When it is not, all tenants' connections are exchanged for connections to the new one. A
     * failover usually breaks connections, which then find the new primary by themselves; this is
     * for those that it does not break, and so bounds how long a tenant may read old data from a
     * former primary. Each question is a connection to a Sentinel. Default: 5 seconds.
     *
     * @param interval zero for never
     * @return this builder
     */
    public Builder primaryCheckInterval(Duration interval) {
      this.primaryCheckInterval = interval;
      return this;
    }

    /**
     * On a cluster: how often a node is asked who serves which slot, while tenants are connected.
     * That happens as well when a command is redirected or a connection fails, at most four times a
     * second. Default: 1 minute.
     *
     * @param interval zero for never
     * @return this builder
     */
    public Builder clusterRefreshInterval(Duration interval) {
      this.clusterRefreshInterval = interval;
      return this;
    }

    /**
     * On a cluster: how often one attempt at a command may be redirected to another node. After
     * that it fails with {@link ErrorCode#TR013}, not executed, which may be retried. Default: 5.
     *
     * @param redirects 0 or more
     * @return this builder
     */
    public Builder maxRedirects(int redirects) {
      this.maxRedirects = redirects;
      return this;
    }

    /**
     * After how long without traffic TCP asks whether the other side is still there; it gives up
     * after three questions, a third of this time apart. Default: 30 seconds.
     *
     * @param idle 3 seconds or more; zero for no keep-alive
     * @return this builder
     */
    public Builder keepAliveIdle(Duration idle) {
      this.keepAliveIdle = idle;
      return this;
    }

    /**
     * How long sent bytes may stay unacknowledged before TCP gives the connection up. Takes effect
     * with a native transport (epoll, io_uring) on the class path. Default: 30 seconds.
     *
     * @param timeout zero for the operating system's own
     * @return this builder
     */
    public Builder tcpUserTimeout(Duration timeout) {
      this.tcpUserTimeout = timeout;
      return this;
    }

    /**
     * The options.
     *
     * @return options, which later calls of this builder do not change
     * @throws ConfigurationException with every mistake at once
     */
    public ConnectionOptions build() {
      List<String> problems = new ArrayList<>();
      atLeast(1, maxConnections, "maxConnections", problems);
      atLeast(1, maxConcurrentConnects, "maxConcurrentConnects", problems);
      atLeast(1, maxEndpoints, "maxEndpoints", problems);
      atLeast(1, sharedConnections, "sharedConnections", problems);
      if (sharedConnections > 64) {
        problems.add("sharedConnections is " + sharedConnections + ": use 64 or fewer.");
      }
      atLeast(Duration.ZERO, idleTime, "idleTime", problems);
      atLeast(Duration.ofMillis(1), firstReconnectDelay, "the first reconnectDelay", problems);
      atLeast(firstReconnectDelay, longestReconnectDelay, "the longest reconnectDelay", problems);
      atLeast(firstReconnectDelay, longestQuarantineDelay, "longestQuarantineDelay", problems);
      atLeast(Duration.ZERO, newUserPatience, "newUserPatience", problems);
      atLeast(Duration.ZERO, reverifyInterval, "reverifyInterval", problems);
      atLeast(Duration.ZERO, credentialsPollInterval, "credentialsPollInterval", problems);
      atLeast(Duration.ZERO, primaryCheckInterval, "primaryCheckInterval", problems);
      atLeast(Duration.ZERO, clusterRefreshInterval, "clusterRefreshInterval", problems);
      atLeast(0, maxRedirects, "maxRedirects", problems);
      atLeast(Duration.ZERO, tcpUserTimeout, "tcpUserTimeout", problems);
      if (!keepAliveIdle.isZero()) {
        atLeast(Duration.ofSeconds(3), keepAliveIdle, "keepAliveIdle", problems);
      }
      if (!problems.isEmpty()) {
        throw new ConfigurationException(problems);
      }
      return new ConnectionOptions(new Builder(this));
    }

    private static void atLeast(int least, int value, String name, List<String> problems) {
      if (value < least) {
        problems.add(name + " is " + value + ": use " + least + " or more.");
      }
    }

    private static void atLeast(
        Duration least, Duration value, String name, List<String> problems) {
      if (value.compareTo(least) < 0) {
        problems.add(name + " is " + value + ": use " + least + " or more.");
      }
    }
  }
}
