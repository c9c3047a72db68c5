/** A service that keeps tenants' carts in Redis, with the tests a team would write for it. */
@NullMarked
package io.tenantredis.examples.testing;

import org.jspecify.annotations.NullMarked;
