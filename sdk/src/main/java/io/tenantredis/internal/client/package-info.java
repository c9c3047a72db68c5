/** A tenant's handles: Lettuce's command interfaces on top of guard and path. */
@NullMarked
package io.tenantredis.internal.client;

import org.jspecify.annotations.NullMarked;
