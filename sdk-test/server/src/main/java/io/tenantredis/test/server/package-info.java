/**
 * Real Redis processes for tests: started on a free loopback port, faulted on demand, and gone when
 * the JVM that started them is gone.
 *
 * <p>This package knows nothing of the Tenant Redis SDK, so it can show what a server does when the
 * SDK is not in the way. It needs no Docker: on Linux and macOS, x86-64 and arm64, a Redis 7.0.15
 * comes with it, and any newer Redis or Valkey can be named instead.
 *
 * <ul>
 *   <li>{@link io.tenantredis.test.server.RedisServer} is one server with any setting, ACL users,
 *       AOF and TLS. It can be killed, frozen and restarted.
 *   <li>{@link io.tenantredis.test.server.ServerFaults} puts it into the states that real servers
 *       get into: out of memory, loading, busy, read-only, and more.
 *   <li>{@link io.tenantredis.test.server.WireProxy} stands between a client and a server, breaks
 *       what passes, and records what was sent.
 *   <li>{@link io.tenantredis.test.server.ReplicatedRedis} and {@link
 *       io.tenantredis.test.server.RedisCluster} are several servers with their failovers.
 *   <li>{@link io.tenantredis.test.server.TestCertificates} makes good and bad certificates.
 *   <li>{@link io.tenantredis.test.server.RespConnection} is a client that nothing guards.
 * </ul>
 *
 * <pre>{@code
 * try (RedisServer server =
 *         RedisServer.builder()
 *             .user("tenant_acme", "on", ">s3cret", "~tenant:acme:*", "+@write", "+@read")
 *             .setting("maxmemory", "64mb")
 *             .appendOnly()
 *             .start();
 *     WireProxy proxy = WireProxy.to(server)) {
 *
 *   // The server executes the second INCR, but its reply never arrives.
 *   WireFault lostReply = proxy.onCommand("INCR").skipping(1).once().dropReply();
 *   try (RespConnection acme = RespConnection.connect(proxy.host(), proxy.port())) {
 *     acme.auth("tenant_acme", "s3cret");
 *     assertThat(acme.integer("INCR", "tenant:acme:n")).isEqualTo(1);
 *     acme.timeout(Duration.ofSeconds(1));
 *     assertThatThrownBy(() -> acme.integer("INCR", "tenant:acme:n"))
 *         .isInstanceOf(UncheckedIOException.class);
 *   }
 *   assertThat(lostReply.hits()).isEqualTo(1);
 *   assertThat(proxy.commandsSeen("INCR")).isEqualTo(2);
 *
 *   // The AOF knows both, even after SIGKILL.
 *   await().until(() -> server.admin().text("GET", "tenant:acme:n").equals("2"));
 *   server.kill9();
 *   server.restart();
 *   assertThat(server.admin().text("GET", "tenant:acme:n")).isEqualTo("2");
 *
 *   try (ServerFault full = server.faults().outOfMemory()) {
 *     assertThat(server.admin().tryCommand("SET", "a", "1"))
 *         .isInstanceOfSatisfying(RespError.class, e -> assertThat(e.code()).isEqualTo("OOM"));
 *   }
 * }
 * }</pre>
 *
 * <p>Everything listens on 127.0.0.1 only. These are servers for tests: {@code DEBUG} is enabled,
 * the administrator may do everything, and where no password is asked for there is none.
 */
@NullMarked
package io.tenantredis.test.server;

import org.jspecify.annotations.NullMarked;
