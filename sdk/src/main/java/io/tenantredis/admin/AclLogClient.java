package io.tenantredis.admin;

import org.jspecify.annotations.Nullable;

/**
 * The connection that was denied something, the last one if several were.
 *
 * @param id the server's number for it, which no other connection gets while the server runs
 * @param address IP address and port it came from
 * @param name what it calls itself, or empty
 * @param libName the library it named, or empty
 * @param libVersion the version it named, or empty
 * @param connectedAs the user it belongs to as of this poll, or null if it is gone
 */
public record AclLogClient(
    long id,
    String address,
    String name,
    String libName,
    String libVersion,
    @Nullable String connectedAs) {}
