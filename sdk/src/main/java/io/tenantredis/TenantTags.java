package io.tenantredis;

import java.util.Set;

/**
 * Which tenants have meters of their own, under their id in the tag {@code tenant}. All others
 * share the value {@value #OTHER}. Each tag multiplies the number of meters, so this is a bound on
 * what the monitoring has to store. A tenant whose id is {@value #OTHER} is one of those others
 * under every policy. The meters of a tenant that is evicted, closed or no longer tagged are
 * removed. Immutable and thread-safe.
 */
public sealed interface TenantTags {

  /** The value of the tag for every tenant without meters of its own. */
  String OTHER = "other";

  /** How many tenants are tagged unless told otherwise. */
  int DEFAULT_BUSIEST = 100;

  /**
   * No tenant is named in metrics.
   *
   * @return the policy
   */
  static TenantTags off() {
    return new Off();
  }

  /**
   * These tenants and no others.
   *
   * @param tenants the tenants
   * @return the policy
   */
  static TenantTags only(Set<TenantId> tenants) {
    return new Only(tenants);
  }

  /**
   * The busiest tenants in use. While there is room every tenant is tagged with its first command;
   * after that, every 10 seconds, tenants that send more than twice as many commands take the
   * places of the least busy ones, a tenth of the places at a time.
   *
   * @param tenants how many, 0 to 100,000
   * @return the policy
   * @throws IllegalArgumentException if the number is out of range
   */
  static TenantTags busiest(int tenants) {
    return new Busiest(tenants);
  }

  /**
   * Every tenant in use, however many there are: the only policy without a bound.
   *
   * @return the policy
   */
  static TenantTags all() {
    return new All();
  }

  /** See {@link #off()}. */
  record Off() implements TenantTags {}

  /**
   * See {@link #only(Set)}.
   *
   * @param tenants the tenants
   */
  record Only(Set<TenantId> tenants) implements TenantTags {

    /** Takes a copy. */
    public Only {
      tenants = Set.copyOf(tenants);
    }
  }

  /**
   * See {@link #busiest(int)}.
   *
   * @param tenants how many
   */
  record Busiest(int tenants) implements TenantTags {

    private static final int MOST = 100_000;

    /** Checks the number. */
    public Busiest {
      if (tenants < 0 || tenants > MOST) {
        throw new IllegalArgumentException(
            "The number of tagged tenants must be 0 to " + MOST + ", not " + tenants + ".");
      }
    }
  }

  /** See {@link #all()}. */
  record All() implements TenantTags {}
}
