/** Connecting, the identity check, and the life of one verified connection. */
@NullMarked
package io.tenantredis.internal.connection;

import org.jspecify.annotations.NullMarked;
