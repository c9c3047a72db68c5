package io.tenantredis.internal.connection;

import io.tenantredis.TenantId;
import org.jspecify.annotations.Nullable;

/**
 * The user that a tenant's connections must belong to.
 *
 * @param tenant the tenant
 * @param expectedUser what {@code ACL WHOAMI} must answer; null only where the application chose to
 *     run without ACL users
 */
public record TenantIdentity(TenantId tenant, @Nullable String expectedUser) {}
