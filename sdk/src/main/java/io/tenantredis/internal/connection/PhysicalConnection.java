package io.tenantredis.internal.connection;

import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.protocol.PushHandler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/** Lettuce's connection to one socket, and the handler that watches its replies. */
final class PhysicalConnection<K, V> extends StatefulRedisConnectionImpl<K, V>
    implements ConnectionListener {

  @SuppressWarnings("rawtypes")
  private static final AtomicIntegerFieldUpdater<PhysicalConnection> CLOSE_STARTED =
      AtomicIntegerFieldUpdater.newUpdater(PhysicalConnection.class, "closeStarted");

  private final CompletableFuture<Void> closeDone = new CompletableFuture<>();

  @SuppressWarnings("unused")
  private volatile int closeStarted;

  private volatile @Nullable InStepCommandHandler handler;
  private volatile @Nullable ConnectionListener listener;

  PhysicalConnection(
      RedisChannelWriter writer,
      PushHandler pushHandler,
      RedisCodec<K, V> codec,
      Duration timeout) {
    super(writer, pushHandler, codec, timeout);
  }

  void handler(InStepCommandHandler newHandler) {
    this.handler = newHandler;
  }

  InStepCommandHandler handler() {
    InStepCommandHandler current = handler;
    if (current == null) {
      throw new IllegalStateException("The connection was not made by TenantLettuceClient");
    }
    return current;
  }

  /** Closes once; Lettuce would log a warning for each further call. */
  @Override
  public CompletableFuture<Void> closeAsync() {
    if (CLOSE_STARTED.compareAndSet(this, 0, 1)) {
      super.closeAsync().whenComplete((done, failure) -> closeDone.complete(null));
    }
    return closeDone;
  }

  /** Whom to tell about this connection from now on; nobody is told before. */
  void listener(ConnectionListener newListener) {
    this.listener = newListener;
  }

  @Override
  public void commandExpired() {
    ConnectionListener current = listener;
    if (current != null) {
      current.commandExpired();
    }
  }

  @Override
  public void outOfStep() {
    ConnectionListener current = listener;
    if (current != null) {
      current.outOfStep();
    }
  }

  @Override
  public void probeNotPermitted() {
    ConnectionListener current = listener;
    if (current != null) {
      current.probeNotPermitted();
    }
  }

  @Override
  public void disconnected() {
    ConnectionListener current = listener;
    if (current != null) {
      current.disconnected();
    }
  }
}
