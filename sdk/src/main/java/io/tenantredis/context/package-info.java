/**
 * The current tenant, for code that cannot pass a {@link io.tenantredis.TenantClient} along: a
 * scope of a thread, and how it travels to other threads.
 *
 * <p>There is no default tenant anywhere: code that runs outside a scope has none, and what needs
 * one fails.
 *
 * <p>Unless a type or parameter is marked {@link org.jspecify.annotations.Nullable}, {@code null}
 * is neither accepted nor returned.
 */
@NullMarked
package io.tenantredis.context;

import org.jspecify.annotations.NullMarked;
