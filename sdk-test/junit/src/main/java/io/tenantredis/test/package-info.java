/**
 * Tests with real tenants on a real Redis: {@link io.tenantredis.test.TenantRedisTest} or {@link
 * io.tenantredis.test.TenantRedisExtension}. Needs JUnit Jupiter 5.13 or newer, or 6.
 *
 * <p>Unless a type or parameter is marked {@link org.jspecify.annotations.Nullable}, {@code null}
 * is neither accepted nor returned.
 */
@NullMarked
package io.tenantredis.test;

import org.jspecify.annotations.NullMarked;
