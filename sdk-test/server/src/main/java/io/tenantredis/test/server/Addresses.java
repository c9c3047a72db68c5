package io.tenantredis.test.server;

/**
 * Where a server listens.
 *
 * @param tlsPort 0 without TLS
 * @param busPort the port of the cluster bus, 0 when it is no cluster's node
 */
record Addresses(String host, int port, int tlsPort, int busPort) {

  private static final String LOOPBACK = "127.0.0.1";

  static Addresses propose(ServerOptions options) {
    return new Addresses(
        LOOPBACK,
        options.port != 0 ? options.port : Ports.propose(),
        options.hasTls() ? Ports.propose() : 0,
        options.role == ServerOptions.Role.CLUSTER_NODE ? Ports.propose() : 0);
  }
}
