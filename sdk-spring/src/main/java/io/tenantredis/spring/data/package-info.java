/**
 * Spring Data Redis for the current tenant: the connection factory under templates, caches,
 * repositories and listeners.
 *
 * <p>Unless a type or parameter is marked {@link org.jspecify.annotations.Nullable}, {@code null}
 * is neither accepted nor returned.
 */
@NullMarked
package io.tenantredis.spring.data;

import org.jspecify.annotations.NullMarked;
