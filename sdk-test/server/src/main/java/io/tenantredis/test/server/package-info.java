/**
 * Real Redis processes for tests: started on a free loopback port, faulted on demand, and gone when
 * the JVM that started them is gone.
 *
 * <p>This package knows nothing of the Tenant Redis SDK, so it can show what a server does when the
 * SDK is not in the way.
 */
@NullMarked
package io.tenantredis.test.server;

import org.jspecify.annotations.NullMarked;
