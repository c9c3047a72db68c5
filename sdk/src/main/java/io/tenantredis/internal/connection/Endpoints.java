package io.tenantredis.internal.connection;

import io.tenantredis.TenantEndpoint;
import io.tenantredis.TenantEndpoints;
import io.tenantredis.TenantId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints that tenants live on: the shared one and a bounded number of others. One that no
 * tenant uses any more is kept, for the next one, as long as there is room. Thread-safe; nothing
 * here blocks.
 */
public final class Endpoints {

  private final TenantEndpoints mapping;
  private final Owner owner;
  private final int max;
  private final Place shared;

  /** Those besides the shared one, the one that was unused for longest first. */
  private final Map<String, Place> places = new LinkedHashMap<>();

  /**
   * @param max how many endpoints there may be at a time, the shared one included
   */
  public Endpoints(TenantEndpoints mapping, Connector shared, Owner owner, int max) {
    this.mapping = mapping;
    this.owner = owner;
    this.max = max;
    this.shared = new Place("", shared);
  }

  /** Who makes what connects to an endpoint. Called with the lock held; must not block. */
  public interface Owner {

    /**
     * A further endpoint.
     *
     * @throws IllegalArgumentException if it cannot be used, with a text that says why
     */
    Connector open(String uri);

    /** An endpoint that nobody uses any more. */
    void forget(String uri, Connector connector);
  }

  /** One endpoint, and how many tenants live there. */
  static final class Place {

    private final String key;
    private final Connector connector;
    private int tenants;

    private Place(String key, Connector connector) {
      this.key = key;
      this.connector = connector;
    }

    Connector connector() {
      return connector;
    }
  }

  /** There are as many endpoints as there may be, or this one cannot be used. */
  static final class Unusable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message);
    }
  }

  /** What the application says now. What it throws fails the stage, and so does no stage. */
  CompletionStage<@Nullable TenantEndpoint> ask(TenantId tenant) {
    try {
      CompletionStage<@Nullable TenantEndpoint> answer = mapping.endpoint(tenant);
      return answer == null
          ? CompletableFuture.failedFuture(new NullPointerException("no stage"))
          : answer;
    } catch (RuntimeException | LinkageError | AssertionError failure) {
      return CompletableFuture.failedFuture(failure);
    }
  }

  /**
   * One more tenant lives there.
   *
   * @throws Unusable if it cannot
   */
  synchronized Place enter(TenantEndpoint endpoint) {
    String uri = endpoint.uri();
    Place place = uri == null ? shared : at(uri);
    place.tenants++;
    return place;
  }

  private Place at(String uri) {
    Place known = places.get(uri);
    return known == null ? open(uri) : known;
  }

  private Place open(String uri) {
    if (places.size() + 1 >= max && !forgetUnused()) {
      throw new Unusable(
          "There are "
              + max
              + " endpoints in use, as many as may be: raise ConnectionOptions.maxEndpoints");
    }
    try {
      Place opened = new Place(uri, owner.open(uri));
      places.put(uri, opened);
      return opened;
    } catch (IllegalArgumentException unusable) {
      throw new Unusable(String.valueOf(unusable.getMessage()));
    }
  }

  private boolean forgetUnused() {
    for (Place place : places.values()) {
      if (place.tenants == 0) {
        places.remove(place.key);
        owner.forget(place.key, place.connector);
        return true;
      }
    }
    return false;
  }

  /** One tenant less lives there. */
  synchronized void leave(Place place) {
    place.tenants--;
    if (place.tenants == 0 && place != shared) {
      // To the end: the others were unused for longer.
      places.remove(place.key);
      places.put(place.key, place);
    }
  }

  /** The endpoint that the client was built with. */
  Connector shared() {
    return shared.connector;
  }

  /** All endpoints of now. */
  public synchronized Collection<Connector> connectors() {
    List<Connector> all = new ArrayList<>();
    all.add(shared.connector);
    places.values().forEach(place -> all.add(place.connector));
    return all;
  }

  /** How many tenants live where, by the name of the endpoint; those in use now. */
  public synchronized Map<String, Integer> inUse() {
    Map<String, Integer> tenants = new TreeMap<>();
    if (shared.tenants > 0) {
      tenants.merge(shared.connector.endpoint(), shared.tenants, Integer::sum);
    }
    for (Place place : places.values()) {
      if (place.tenants > 0) {
        tenants.merge(place.connector.endpoint(), place.tenants, Integer::sum);
      }
    }
    return tenants;
  }
}
