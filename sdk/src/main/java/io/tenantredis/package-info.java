/**
 * The entrance to Tenant Redis: a client, one handle for each tenant, and the types to configure
 * them.
 *
 * <p>A tenant's handle offers Lettuce's own command interfaces. Every command issued through it is
 * confined to the tenant's keys and channels before it is sent, and travels only on connections
 * whose server-side user was verified to be the tenant's.
 *
 * <p>Unless a type or parameter is marked {@link org.jspecify.annotations.Nullable}, {@code null}
 * is neither accepted nor returned.
 */
@NullMarked
package io.tenantredis;

import org.jspecify.annotations.NullMarked;
