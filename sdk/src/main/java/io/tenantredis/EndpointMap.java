package io.tenantredis;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Endpoints in memory, which may change at any time: a tenant without an entry lives on the shared
 * server. It holds what it is given and nothing else.
 *
 * <p>Thread-safe. The methods do not block; those that change something tell the clients that use
 * this map, on the calling thread. {@link TenantRedis#endpointChanged} says when a client has done
 * what follows from it.
 */
public final class EndpointMap implements TenantEndpoints {

  private final Object lock = new Object();
  private final Map<TenantId, TenantEndpoint> endpoints = new HashMap<>();
  private final Set<TenantId> held = new HashSet<>();
  private final List<Consumer<TenantId>> listeners = new CopyOnWriteArrayList<>();

  /** All tenants on the shared server. */
  public EndpointMap() {
    // Nothing to do; said for the sake of its Javadoc.
  }

  @Override
  public CompletionStage<TenantEndpoint> endpoint(TenantId tenant) {
    synchronized (lock) {
      return CompletableFuture.completedFuture(
          held.contains(tenant)
              ? TenantEndpoint.held()
              : endpoints.getOrDefault(tenant, TenantEndpoint.shared()));
    }
  }

  @Override
  public Runnable onChange(Consumer<TenantId> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /**
   * Sets where a tenant lives from now on, and no longer holds its commands.
   *
   * @param tenant the tenant
   * @param endpoint the shared server or another; not {@link TenantEndpoint#held()}, for which
   *     there is {@link #hold}
   * @throws IllegalArgumentException for {@link TenantEndpoint#held()}
   */
  public void put(TenantId tenant, TenantEndpoint endpoint) {
    if (endpoint.isHeld()) {
      throw new IllegalArgumentException("Use hold(...), which keeps where the tenant lives.");
    }
    synchronized (lock) {
      if (endpoint.equals(TenantEndpoint.shared())) {
        endpoints.remove(tenant);
      } else {
        endpoints.put(tenant, endpoint);
      }
      held.remove(tenant);
    }
    tell(tenant);
  }

  /**
   * Lets the commands of a tenant wait, see {@link TenantEndpoint#held()}, until {@link #put} or
   * {@link #release}.
   *
   * @param tenant the tenant
   */
  public void hold(TenantId tenant) {
    synchronized (lock) {
      held.add(tenant);
    }
    tell(tenant);
  }

  /**
   * Lets a tenant whose commands wait go on where it was.
   *
   * @param tenant the tenant
   */
  public void release(TenantId tenant) {
    synchronized (lock) {
      held.remove(tenant);
    }
    tell(tenant);
  }

  private void tell(TenantId tenant) {
    listeners.forEach(listener -> listener.accept(tenant));
  }

  /** How many tenants have an entry. */
  @Override
  public String toString() {
    synchronized (lock) {
      return "EndpointMap[entries=" + endpoints.size() + ", held=" + held.size() + "]";
    }
  }
}
