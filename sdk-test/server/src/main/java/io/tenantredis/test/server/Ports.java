package io.tenantredis.test.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Proposes free loopback ports. They lie below the ranges from which Linux and macOS take the local
 * ports of outgoing connections: a client that keeps connecting to the port of a stopped server
 * could otherwise be given that same port as its own, connect to itself, and keep the server from
 * coming back.
 */
final class Ports {

  private static final int FIRST = 16_000;
  private static final int END = 32_000;
  private static final int ATTEMPTS = 1_000;

  private Ports() {}

  static int propose() {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      if (isFree(port)) {
        return port;
      }
    }
    throw new RedisServerException("no free loopback port between " + FIRST + " and " + END);
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
