package io.tenantredis.internal.client;

import io.tenantredis.MessageGap;
import io.tenantredis.SubscriptionListener;
import io.tenantredis.internal.pubsub.MessageReceiver;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Tells an application's listener what a subscription receives, in the application's types. */
final class MessageListening<M> implements MessageReceiver {

  private final SubscriptionListener<? super M> listener;
  private final Decoder<M> decoder;

  MessageListening(SubscriptionListener<? super M> listener, Decoder<M> decoder) {
    this.listener = listener;
    this.decoder = decoder;
  }

  /** Makes the application's type of what the server sent. */
  @FunctionalInterface
  interface Decoder<M> {
    M decode(@Nullable ByteBuffer pattern, ByteBuffer channel, ByteBuffer payload);
  }

  @Override
  public void message(@Nullable ByteBuffer pattern, ByteBuffer channel, ByteBuffer payload) {
    listener.onMessage(decoder.decode(pattern, channel, payload));
  }

  @Override
  public void gap(long dropped) {
    listener.onGap(
        new MessageGap(
            dropped == 0 ? MessageGap.Cause.CONNECTION : MessageGap.Cause.OVERFLOW, dropped));
  }

  @Override
  public void interrupted(RuntimeException cause) {
    listener.onInterrupted(cause);
  }

  @Override
  public void closed(@Nullable RuntimeException failure) {
    listener.onClosed(failure);
  }
}
