package io.tenantredis.internal.connection;

import io.tenantredis.IdentityCheck;
import io.tenantredis.TenantId;
import org.jspecify.annotations.Nullable;

/**
 * The user that a tenant's connections must belong to.
 *
 * @param tenant the tenant
 * @param expectedUser whom the server must name; null only where the application chose to run
 *     without ACL users
 * @param check how the server is asked
 */
public record TenantIdentity(TenantId tenant, @Nullable String expectedUser, IdentityCheck check) {}
