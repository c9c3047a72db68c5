/**
 * Tests with real tenants on a real Redis: {@link io.tenantredis.test.TenantRedisTest} or {@link
 * io.tenantredis.test.TenantRedisExtension}. Needs JUnit Jupiter 5.13 or newer, or 6.
 *
 * <ul>
 *   <li>{@link io.tenantredis.test.TestTenants}: the tenants of a test, with faults, assertions on
 *       their keys and a report of the commands they sent.
 *   <li>{@link io.tenantredis.test.TenantIsolation} runs a team's own code as two tenants and
 *       reports what crossed.
 *   <li>{@link io.tenantredis.test.AclPolicyAssert} has a server judge the ACL files of a
 *       repository.
 *   <li>{@link io.tenantredis.test.TenantRedisContainer} is a server in a container.
 * </ul>
 *
 * <p>Unless a type or parameter is marked {@link org.jspecify.annotations.Nullable}, {@code null}
 * is neither accepted nor returned.
 */
@NullMarked
package io.tenantredis.test;

import org.jspecify.annotations.NullMarked;
