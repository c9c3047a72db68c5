/**
 * Spring Boot's auto-configuration of Tenant Redis: properties {@code tenant-redis.*}, beans that
 * back off, health and an actuator endpoint.
 *
 * <p>Unless a type or parameter is marked {@link org.jspecify.annotations.Nullable}, {@code null}
 * is neither accepted nor returned.
 */
@NullMarked
package io.tenantredis.spring.boot;

import org.jspecify.annotations.NullMarked;
