package io.tenantredis.spring.data;

import io.tenantredis.TenantMessage;
import io.tenantredis.TenantPubSub;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.springframework.data.redis.connection.ReactiveSubscription;
import org.springframework.data.redis.connection.SubscriptionListener;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A reactive subscription of one tenant. What its subscribers do not ask for waits in a buffer, and
 * when that is full in the bounded queues of the SDK, from which the oldest messages go. Without a
 * subscriber to {@link #receive()} messages are gone. Thread-safe.
 */
final class BufferedSubscription implements ReactiveSubscription {

  private static final int BUFFER = 256;
  private static final long RETRY_NANOS = Duration.ofMillis(1).toNanos();

  private final SubscriptionListener told;
  private final Consumer<BufferedSubscription> ended;
  private final TenantSubscriptions<ByteBuffer> names;
  private final Sinks.Many<Message<ByteBuffer, ByteBuffer>> sink =
      Sinks.many().multicast().onBackpressureBuffer(BUFFER, false);
  private final ReentrantLock oneAtATime = new ReentrantLock();

  BufferedSubscription(
      TenantPubSub<ByteBuffer, ByteBuffer> pubSub,
      SubscriptionListener told,
      Consumer<BufferedSubscription> ended) {
    this.told = told;
    this.ended = ended;
    this.names = new TenantSubscriptions<>(pubSub, this::deliver, this::fail);
  }

  /** On a thread of the SDK that may wait. */
  private void deliver(TenantMessage<ByteBuffer, ByteBuffer> message) {
    ByteBuffer pattern = message.pattern();
    Message<ByteBuffer, ByteBuffer> received =
        pattern == null
            ? new ChannelMessage<>(message.channel(), message.payload())
            : new PatternMessage<>(pattern, message.channel(), message.payload());
    oneAtATime.lock();
    try {
      while (sink.currentSubscriberCount() > 0
          && sink.tryEmitNext(received) == Sinks.EmitResult.FAIL_OVERFLOW
          && !Thread.currentThread().isInterrupted()) {
        LockSupport.parkNanos(RETRY_NANOS);
      }
    } finally {
      oneAtATime.unlock();
    }
  }

  private void fail(RuntimeException failure) {
    oneAtATime.lock();
    try {
      sink.tryEmitError(translated(failure));
    } finally {
      oneAtATime.unlock();
    }
    names.close();
    ended.accept(this);
  }

  private static Throwable translated(Throwable failure) {
    RuntimeException translated = Translation.of(failure);
    return translated == null ? failure : translated;
  }

  @Override
  public Mono<Void> subscribe(ByteBuffer... channels) {
    return each(channels, names::subscribe, told::onChannelSubscribed);
  }

  @Override
  public Mono<Void> pSubscribe(ByteBuffer... patterns) {
    return each(patterns, names::psubscribe, told::onPatternSubscribed);
  }

  private Mono<Void> each(
      ByteBuffer[] topics,
      Function<ByteBuffer, CompletableFuture<?>> subscribe,
      BiConsumer<byte[], Long> confirmed) {
    return Mono.defer(
            () ->
                Mono.fromFuture(
                    CompletableFuture.allOf(
                        Arrays.stream(topics)
                            .map(ByteBuffer::duplicate)
                            .map(subscribe)
                            .toArray(CompletableFuture[]::new)),
                    true))
        .onErrorMap(BufferedSubscription::translated)
        .doOnSuccess(
            all -> {
              for (ByteBuffer topic : topics) {
                confirmed.accept(bytes(topic), (long) names.size());
              }
            });
  }

  @Override
  public Mono<Void> unsubscribe() {
    return Mono.defer(() -> unsubscribe(names.channels().toArray(new ByteBuffer[0])));
  }

  @Override
  public Mono<Void> unsubscribe(ByteBuffer... channels) {
    return Mono.fromRunnable(
        () -> {
          for (ByteBuffer channel : channels) {
            names.unsubscribe(channel);
            told.onChannelUnsubscribed(bytes(channel), names.size());
          }
        });
  }

  @Override
  public Mono<Void> pUnsubscribe() {
    return Mono.defer(() -> pUnsubscribe(names.patterns().toArray(new ByteBuffer[0])));
  }

  @Override
  public Mono<Void> pUnsubscribe(ByteBuffer... patterns) {
    return Mono.fromRunnable(
        () -> {
          for (ByteBuffer pattern : patterns) {
            names.punsubscribe(pattern);
            told.onPatternUnsubscribed(bytes(pattern), names.size());
          }
        });
  }

  @Override
  public Set<ByteBuffer> getChannels() {
    return Set.copyOf(names.channels());
  }

  @Override
  public Set<ByteBuffer> getPatterns() {
    return Set.copyOf(names.patterns());
  }

  @Override
  public Flux<Message<ByteBuffer, ByteBuffer>> receive() {
    return sink.asFlux();
  }

  @Override
  public Mono<Void> cancel() {
    return unsubscribe()
        .then(pUnsubscribe())
        .then(
            Mono.fromRunnable(
                () -> {
                  sink.tryEmitComplete();
                  ended.accept(this);
                }));
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
