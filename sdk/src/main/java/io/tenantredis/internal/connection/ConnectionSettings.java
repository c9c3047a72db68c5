package io.tenantredis.internal.connection;

import io.tenantredis.TenantCredentialsProvider;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How connections are made.
 *
 * @param credentials the tenants' credentials; null only where the application chose to run without
 *     ACL users
 * @param connectTimeout bound of one attempt: credentials, TCP, TLS, handshake and identity check
 *     together
 * @param closeGrace how long a connection that is taken out of use waits for the replies of the
 *     commands in flight
 * @param maxConcurrentConnects bound of the attempts at a time
 * @param maxConnections bound of the connections of all tenants together
 * @param severalEndpoints whether connections may lead to more than one server, of which none may
 *     take all attempts
 * @param consolidateFlushes whether many writes share one flush: more throughput under concurrency
 */
public record ConnectionSettings(
    @Nullable TenantCredentialsProvider credentials,
    Duration connectTimeout,
    Duration closeGrace,
    int maxConcurrentConnects,
    int maxConnections,
    boolean severalEndpoints,
    boolean consolidateFlushes) {}
