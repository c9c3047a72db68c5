package io.tenantredis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import reactor.core.scheduler.Schedulers;

/** The bounds of subscriptions. Immutable and thread-safe. */
public final class PubSubOptions {

  private final Builder values;

  private PubSubOptions(Builder values) {
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
   * How many channels and patterns all subscriptions of a tenant may have together.
   *
   * @return how many
   */
  public int maxSubscriptions() {
    return values.maxSubscriptions;
  }

  /**
   * How many messages may wait for one listener.
   *
   * @return how many
   */
  public int maxQueuedMessages() {
    return values.maxQueuedMessages;
  }

  /**
   * How many bytes of messages may wait for one listener.
   *
   * @return how many
   */
  public long maxQueuedBytes() {
    return values.maxQueuedBytes;
  }

  /**
   * How long a message may be.
   *
   * @return bytes
   */
  public int maxMessageBytes() {
    return values.maxMessageBytes;
  }

  /**
   * After how long without a message the server is asked whether it is still there.
   *
   * @return the time
   */
  public Duration livenessInterval() {
    return values.livenessInterval;
  }

  /**
   * What calls the listeners.
   *
   * @return the executor
   */
  public Executor executor() {
    return values.executor;
  }

  /** Configures {@link PubSubOptions}. Not thread-safe. */
  public static final class Builder {

    private int maxSubscriptions = 1_000;
    private int maxQueuedMessages = 1_000;
    private long maxQueuedBytes = 16 << 20;
    private int maxMessageBytes = 16 << 20;
    private Duration livenessInterval = Duration.ofSeconds(15);
    private Executor executor = call -> Schedulers.boundedElastic().schedule(call);

    private Builder() {}

    private Builder(Builder other) {
      this.maxSubscriptions = other.maxSubscriptions;
      this.maxQueuedMessages = other.maxQueuedMessages;
      this.maxQueuedBytes = other.maxQueuedBytes;
      this.maxMessageBytes = other.maxMessageBytes;
      this.livenessInterval = other.livenessInterval;
      this.executor = other.executor;
    }

    /**
     * How many channels and patterns all subscriptions of a tenant may have together. One more
     * fails with {@link ErrorCode#TR006}. Default: 1000.
     *
     * @param channels 1 or more
     * @return this builder
     */
    public Builder maxSubscriptions(int channels) {
      this.maxSubscriptions = channels;
      return this;
    }

    /**
     * How many messages may wait for one listener. When another one comes the oldest is dropped,
     * counted, and told with {@link SubscriptionListener#onGap}. Default: 1000.
     *
     * @param messages 1 or more
     * @return this builder
     */
    public Builder maxQueuedMessages(int messages) {
      this.maxQueuedMessages = messages;
      return this;
    }

    /**
     * How many bytes of messages may wait for one listener, beyond which the oldest are dropped.
     * Default: 16 MiB.
     *
     * @param bytes 1024 or more
     * @return this builder
     */
    public Builder maxQueuedBytes(long bytes) {
      this.maxQueuedBytes = bytes;
      return this;
    }

    /**
     * How long a message may be: a longer one ends the connection, as nothing else keeps its bytes
     * out of memory; the subscriptions then have a gap. Default: 16 MiB.
     *
     * @param bytes 1024 or more
     * @return this builder
     */
    public Builder maxMessageBytes(int bytes) {
      this.maxMessageBytes = bytes;
      return this;
    }

    /**
     * After how long without a message the server is asked whether it is still there. It has the
     * command timeout to answer; then another connection is made. Default: 15 seconds.
     *
     * @param interval 10 milliseconds or more
     * @return this builder
     */
    public Builder livenessInterval(Duration interval) {
      this.livenessInterval = interval;
      return this;
    }

    /**
     * What calls the listeners. Each subscription takes one of its threads at most, while there is
     * something to tell. It must not run anything on the thread that calls it, which is an event
     * loop. Default: Reactor's {@code Schedulers.boundedElastic()}, whose threads may block.
     *
     * @param calls the executor
     * @return this builder
     */
    public Builder executor(Executor calls) {
      this.executor = Objects.requireNonNull(calls, "executor");
      return this;
    }

    /**
     * The options.
     *
     * @return options, which later calls of this builder do not change
     * @throws ConfigurationException with every mistake at once
     */
    public PubSubOptions build() {
      List<String> problems = new ArrayList<>();
      int most = Integer.MAX_VALUE;
      Options.inRange(1, most, maxSubscriptions, "maxSubscriptions", problems);
      Options.inRange(1, most, maxQueuedMessages, "maxQueuedMessages", problems);
      Options.inRange(1024, most, maxMessageBytes, "maxMessageBytes", problems);
      if (maxQueuedBytes < 1024) {
        problems.add("maxQueuedBytes is " + maxQueuedBytes + ": use 1024 or more.");
      }
      Options.atLeast(Duration.ofMillis(10), livenessInterval, "livenessInterval", problems);
      if (!problems.isEmpty()) {
        throw new ConfigurationException(problems);
      }
      return new PubSubOptions(new Builder(this));
    }
  }
}
