/**
 * The guard: which arguments of a command are names of keys and channels, how they are confined to
 * one tenant, and where a reply holds names.
 *
 * <p>Everything about a command stands in one row of {@code commands.txt}, which {@link
 * io.tenantredis.internal.keyspace.CommandRules} parses once. {@link
 * io.tenantredis.internal.keyspace.Guard} applies the rows to the bytes a command really encodes
 * to, never to what its Java objects say, and the {@link
 * io.tenantredis.internal.keyspace.GuardedCommand} it returns is the only kind of command that a
 * connection accepts.
 *
 * <p>This package knows Lettuce's protocol types and nothing of connections.
 */
@NullMarked
package io.tenantredis.internal.keyspace;

import org.jspecify.annotations.NullMarked;
