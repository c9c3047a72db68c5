package io.tenantredis.test.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Proposes free loopback ports. They lie below the ranges from which Linux and macOS take the local
 * ports of outgoing connections: a client that keeps connecting to the port of a stopped server
 * could otherwise be given that same port as its own, connect to itself, and keep the server from
 * coming back.
 *
 * <p>Each JVM takes its ports from blocks that it has to itself, and takes them in turn: the port
 * of a server that is stopped for a while is given neither to another test process nor soon to
 * another server of its own. A block is claimed by listening on its first port, which ends with the
 * JVM however that ends.
 */
final class Ports {

  private static final int FIRST = 16_000;
  private static final int END = 32_000;
  private static final int BLOCK = 400;
  private static final Ports OF_THIS_JVM = new Ports();

  /** Kept so that they go on listening. */
  private final List<ServerSocket> claims = new ArrayList<>();

  private int block;
  private int last;

  static int propose() {
    return OF_THIS_JVM.next();
  }

  synchronized int next() {
    if (claims.isEmpty()) {
      claim();
    }
    int port = nextOfBlock();
    if (port == 0) {
      claim();
      port = nextOfBlock();
    }
    if (port == 0) {
      throw noneFree();
    }
    return port;
  }

  private int nextOfBlock() {
    for (int tried = 1; tried < BLOCK; tried++) {
      last = last % (BLOCK - 1) + 1;
      if (isFree(block + last)) {
        return block + last;
      }
    }
    return 0;
  }

  private void claim() {
    int blocks = (END - FIRST) / BLOCK;
    int start = ThreadLocalRandom.current().nextInt(blocks);
    for (int i = 0; i < blocks; i++) {
      int first = FIRST + (start + i) % blocks * BLOCK;
      try {
        claims.add(listen(first));
        block = first;
        last = ThreadLocalRandom.current().nextInt(BLOCK);
        return;
      } catch (IOException e) {
        // Another JVM's, or this one's already.
      }
    }
    throw noneFree();
  }

  private static RedisServerException noneFree() {
    return new RedisServerException("no free loopback port between " + FIRST + " and " + END);
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = listen(port)) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  private static ServerSocket listen(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
