/** Which connection a tenant's command uses: the shared one, or a leased one of its own. */
@NullMarked
package io.tenantredis.internal.pool;

import org.jspecify.annotations.NullMarked;
