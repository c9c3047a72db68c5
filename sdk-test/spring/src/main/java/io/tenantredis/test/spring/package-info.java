/**
 * A real Redis with tenants for the context of a Spring Boot test: {@link
 * io.tenantredis.test.spring.AutoConfigureTestTenants}, {@link
 * io.tenantredis.test.spring.TestTenantsProperties} for {@code @DynamicPropertySource}, and {@code
 * ServiceConnection} on a {@link io.tenantredis.test.TenantRedisContainer}. Needs JUnit 6, as
 * Spring Boot 4 does.
 *
 * <p>Unless a type or parameter is marked {@link org.jspecify.annotations.Nullable}, {@code null}
 * is neither accepted nor returned.
 */
@NullMarked
package io.tenantredis.test.spring;

import org.jspecify.annotations.NullMarked;
