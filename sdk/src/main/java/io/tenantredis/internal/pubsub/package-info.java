/**
 * The subscriptions of a tenant: one verified connection that only subscribes, kept up while there
 * are any, and a bounded queue for each of them.
 */
@NullMarked
package io.tenantredis.internal.pubsub;

import org.jspecify.annotations.NullMarked;
