package io.tenantredis.admin;

import io.tenantredis.InvalidTenantIdException;
import io.tenantredis.KeyPrefix;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.TenantId;
import java.util.Optional;

/**
 * How a deployment names its tenants: the prefix of their keys and their users. The same two
 * templates that the client is built with.
 *
 * <p>Immutable and thread-safe.
 */
public final class Tenancy {

  private static final String PLACEHOLDER = "{tenant}";

  private final KeyPrefixTemplate keyPrefix;
  private final String userHead;
  private final String userTail;

  private Tenancy(KeyPrefixTemplate keyPrefix, String userHead, String userTail) {
    this.keyPrefix = keyPrefix;
    this.userHead = userHead;
    this.userTail = userTail;
  }

  /**
   * A tenancy.
   *
   * @param keyPrefix for example {@code tenant:{tenant}:}
   * @param identity for example {@code tenant_{tenant}}
   * @return the tenancy
   * @throws IllegalArgumentException if the prefixes would not be free of each other, or the
   *     identity does not hold {@code {tenant}} exactly once
   */
  public static Tenancy of(String keyPrefix, String identity) {
    KeyPrefixTemplate template = KeyPrefixTemplate.of(keyPrefix);
    int at = identity.indexOf(PLACEHOLDER);
    if (at < 0 || identity.indexOf(PLACEHOLDER, at + 1) >= 0) {
      throw new IllegalArgumentException(
          "The identity '"
              + identity
              + "' must hold {tenant} exactly once, for example 'tenant_{tenant}'.");
    }
    return new Tenancy(
        template, identity.substring(0, at), identity.substring(at + PLACEHOLDER.length()));
  }

  /**
   * What a tenant's keys and channels begin with.
   *
   * @param tenant the tenant
   * @return its prefix
   */
  public KeyPrefix prefixOf(TenantId tenant) {
    return keyPrefix.prefixOf(tenant);
  }

  /**
   * The name of a tenant's user.
   *
   * @param tenant the tenant
   * @return the name
   */
  public String userOf(TenantId tenant) {
    return userHead + tenant.value() + userTail;
  }

  /**
   * Whose user it is.
   *
   * @param user the name of a user
   * @return the tenant, or empty if no tenant's user is named so
   */
  public Optional<TenantId> tenantOf(String user) {
    if (user.length() < userHead.length() + userTail.length()
        || !user.startsWith(userHead)
        || !user.endsWith(userTail)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          TenantId.of(user.substring(userHead.length(), user.length() - userTail.length())));
    } catch (InvalidTenantIdException notATenant) {
      return Optional.empty();
    }
  }

  /**
   * Begins the policy of a tenant.
   *
   * @param tenant the tenant
   * @return a builder with the tenant's prefix and user
   */
  public AclPolicy.Builder policyOf(TenantId tenant) {
    return AclPolicy.forTenant(tenant, prefixOf(tenant)).user(userOf(tenant));
  }

  /** Both templates. */
  @Override
  public String toString() {
    return "Tenancy[keyPrefix="
        + keyPrefix
        + ", identity="
        + userHead
        + PLACEHOLDER
        + userTail
        + "]";
  }
}
