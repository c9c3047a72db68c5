package io.tenantredis.internal.pool;

import io.tenantredis.PoolOptions;
import io.tenantredis.internal.connection.VerifiedConnection;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** The connections of one tenant to one server, or one node of a cluster. */
public final class NodeConnections implements TenantConnections {

  private final SharedConnection shared;
  private final DedicatedConnections dedicated;
  private volatile BooleanSupplier elsewhere = () -> false;
  private volatile Runnable distrusted = () -> {};

  public NodeConnections(SharedConnection shared, DedicatedConnections dedicated) {
    this.shared = shared;
    this.dedicated = dedicated;
    shared.onDistrust(
        () -> {
          dedicated.discardAll();
          distrusted.run();
        });
    shared.connectedElsewhere(() -> dedicated.isConnected() || elsewhere.getAsBoolean());
  }

  /** What ordinary commands multiplex over. */
  public SharedConnection shared() {
    return shared;
  }

  /** What is leased to one command, or to the application. */
  public DedicatedConnections dedicated() {
    return dedicated;
  }

  @Override
  public CompletableFuture<Lease> lease() {
    return dedicated.acquireWatched(dedicated.options().acquireTimeout());
  }

  @Override
  public PoolOptions poolOptions() {
    return dedicated.options();
  }

  @Override
  public boolean isConnected() {
    return shared.isConnected() || dedicated.isConnected();
  }

  @Override
  public int leased() {
    return dedicated.leased();
  }

  @Override
  public void sweep(long now) {
    shared.sweep(now);
  }

  @Override
  public void exchange() {
    shared.exchange();
    dedicated.replace();
  }

  @Override
  public void drain() {
    shared.replace();
    dedicated.replace();
  }

  @Override
  public void close() {
    shared.close();
    dedicated.close();
  }

  @Override
  public void expectCommand() {
    VerifiedConnection connection = shared.current();
    if (connection != null) {
      connection.wakeUp();
    }
  }

  @Override
  public void connectedElsewhere(BooleanSupplier connected) {
    elsewhere = connected;
  }

  @Override
  public void onDistrust(Runnable action) {
    distrusted = action;
  }
}
