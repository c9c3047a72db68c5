package io.tenantredis.internal.path;

import io.lettuce.core.protocol.RedisCommand;
import io.tenantredis.ErrorCode;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.connection.VerifiedConnection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Puts the commands of a connection's holder on that connection, and counts those in flight. */
final class LeasedStage implements Stage {

  private final VerifiedConnection connection;
  private final Runnable doubt;
  private final AtomicInteger inFlight = new AtomicInteger();

  LeasedStage(VerifiedConnection connection, Runnable doubt) {
    this.connection = connection;
    this.doubt = doubt;
  }

  @Override
  public void send(Call call) {
    inFlight.incrementAndGet();
    List<RedisCommand<?, ?, ?>> together = call.together();
    if (together == null) {
      connection.dispatch(call.wire());
    } else {
      together.add(call.wire());
    }
  }

  /** Sends what came here together. */
  void dispatch(List<RedisCommand<?, ?, ?>> together) {
    connection.dispatch(together);
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    inFlight.decrementAndGet();
    if (failure instanceof TenantRedisFailure typed && typed.code() == ErrorCode.TR013) {
      doubt.run();
    }
    call.settle(failure);
  }

  int inFlight() {
    return inFlight.get();
  }
}
