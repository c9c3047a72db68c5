package io.tenantredis.internal.path;

import io.tenantredis.internal.connection.VerifiedConnection;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Puts the commands of a connection's holder on that connection, and counts those in flight. */
final class LeasedStage implements Stage {

  private final VerifiedConnection connection;
  private final AtomicInteger inFlight = new AtomicInteger();

  LeasedStage(VerifiedConnection connection) {
    this.connection = connection;
  }

  @Override
  public void send(Call call) {
    inFlight.incrementAndGet();
    connection.dispatch(call.wire());
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    inFlight.decrementAndGet();
    call.settle(failure);
  }

  boolean isIdle() {
    return inFlight.get() == 0;
  }
}
