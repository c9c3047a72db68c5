package io.tenantredis.spring.data;

import io.tenantredis.TenantId;
import io.tenantredis.TenantMessage;
import io.tenantredis.TenantPubSub;
import io.tenantredis.context.TenantContext;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.redis.connection.DefaultMessage;
import org.springframework.data.redis.connection.MessageListener;
import org.springframework.data.redis.connection.SubscriptionListener;
import org.springframework.data.redis.connection.util.AbstractSubscription;

/**
 * A subscription of one tenant in Spring Data's terms. The listener is called as the tenant, by one
 * thread at a time.
 */
final class BlockingSubscription extends AbstractSubscription {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis.spring");

  private final TenantId tenant;
  private final MessageListener listener;
  private final SubscriptionListener told;
  private final TenantSubscriptions<ByteBuffer> names;
  private final ReentrantLock oneAtATime = new ReentrantLock();

  /** Bounded by the names of the calls that are under way. */
  private final Queue<Runnable> confirmations = new ConcurrentLinkedQueue<>();

  private final AtomicInteger untold = new AtomicInteger();
  private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();

  BlockingSubscription(
      TenantId tenant, TenantPubSub<ByteBuffer, ByteBuffer> pubSub, MessageListener listener) {
    super(listener);
    this.tenant = tenant;
    this.listener = listener;
    this.told =
        listener instanceof SubscriptionListener both
            ? both
            : SubscriptionListener.NO_OP_SUBSCRIPTION_LISTENER;
    this.names = new TenantSubscriptions<>(pubSub, this::deliver, this::fail);
  }

  private void deliver(TenantMessage<ByteBuffer, ByteBuffer> message) {
    oneAtATime.lock();
    try (TenantContext.Scope scope = TenantContext.open(tenant)) {
      ByteBuffer pattern = message.pattern();
      listener.onMessage(
          new DefaultMessage(bytes(message.channel()), bytes(message.payload())),
          pattern == null ? null : bytes(pattern));
    } finally {
      oneAtATime.unlock();
    }
  }

  private void fail(RuntimeException failure) {
    end.completeExceptionally(failure);
    close();
  }

  /** Blocks until this was closed, or throws why it ended otherwise. */
  void awaitEnd() {
    try {
      end.get();
    } catch (InterruptedException interrupted) {
      close();
      Thread.currentThread().interrupt();
    } catch (ExecutionException ended) {
      throw thrown(ended.getCause());
    }
  }

  @Override
  protected void doSubscribe(byte[]... channels) {
    each(channels, names::subscribe, told::onChannelSubscribed);
  }

  @Override
  protected void doPsubscribe(byte[]... patterns) {
    each(patterns, names::psubscribe, told::onPatternSubscribed);
  }

  private void each(
      byte[][] topics,
      Function<ByteBuffer, CompletableFuture<?>> subscribe,
      BiConsumer<byte[], Long> confirmed) {
    CompletableFuture<?>[] asked =
        Arrays.stream(topics)
            .map(ByteBuffer::wrap)
            .map(subscribe)
            .toArray(CompletableFuture[]::new);
    for (int i = 0; i < topics.length; i++) {
      try {
        asked[i].join();
      } catch (CompletionException failure) {
        throw thrown(failure.getCause());
      }
      byte[] topic = topics[i];
      tell(() -> confirmed.accept(topic, (long) names.size()));
    }
  }

  /**
   * One at a time and never inside another one: a listener container subscribes to its channels
   * when it is told of its patterns.
   */
  private void tell(Runnable confirmation) {
    confirmations.add(confirmation);
    if (untold.getAndIncrement() > 0) {
      return;
    }
    do {
      Runnable next = confirmations.poll();
      try {
        if (next != null) {
          next.run();
        }
      } catch (RuntimeException failure) {
        LOG.error("LISTENER_FAILED A subscription listener of tenant {} failed", tenant, failure);
      }
    } while (untold.decrementAndGet() > 0);
  }

  @Override
  protected void doUnsubscribe(boolean all, byte[]... channels) {
    for (byte[] channel : channels) {
      names.unsubscribe(ByteBuffer.wrap(channel));
      tell(() -> told.onChannelUnsubscribed(channel, names.size()));
    }
  }

  @Override
  protected void doPUnsubscribe(boolean all, byte[]... patterns) {
    for (byte[] pattern : patterns) {
      names.punsubscribe(ByteBuffer.wrap(pattern));
      tell(() -> told.onPatternUnsubscribed(pattern, names.size()));
    }
  }

  @Override
  protected void doClose() {
    names.close();
    end.complete(null);
  }

  private static RuntimeException thrown(@Nullable Throwable failure) {
    if (failure == null) {
      return new IllegalStateException("The subscription ended without a reason.");
    }
    RuntimeException translated = Translation.of(failure);
    if (translated != null) {
      return translated;
    }
    return failure instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException(failure);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
