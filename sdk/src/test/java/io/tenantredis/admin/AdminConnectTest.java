package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.lettuce.core.RedisURI;
import io.tenantredis.test.server.RedisServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.Test;

/** What an administrator hears of a server that does not let them in. */
class AdminConnectTest {

  /** The common pool of a small machine has one thread, which another test may be using. */
  private static final Executor OWN_THREAD = task -> new Thread(task).start();

  private static final byte[] WRONGPASS =
      "-WRONGPASS invalid username-password pair\r\n".getBytes(StandardCharsets.US_ASCII);

  @Test
  void aConnectionThatClosesBeforeTheServersAnswerIsSeenIsMadeAgain() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Integer> accepted =
          CompletableFuture.supplyAsync(() -> hangUpTwiceAndThenRefuse(server), OWN_THREAD);

      assertThatExceptionOfType(AdminException.class)
          .isThrownBy(() -> connectTo(server))
          .withMessageContaining("cannot be reached")
          .withMessageContaining("WRONGPASS");
      assertThat(accepted.get(10, TimeUnit.SECONDS)).isEqualTo(3);
    }
  }

  @Test
  void aServerThatAlwaysHangsUpIsNotAskedForEver() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Integer> accepted =
          CompletableFuture.supplyAsync(() -> hangUpUntilClosed(server), OWN_THREAD);

      assertThatExceptionOfType(AdminException.class)
          .isThrownBy(() -> connectTo(server))
          .withMessageContaining("cannot be reached")
          // What Lettuce says of it depends on which of its threads is first.
          .withMessageMatching("(?s).*(closed|RedisHandshakeHandler not registered).*");
      server.close();
      assertThat(accepted.get(10, TimeUnit.SECONDS)).isEqualTo(3);
    }
  }

  /** On two processors, and before JDK 25, the JVM has no such pool, and this cannot fail. */
  @Test
  void anApplicationThatKeepsTheCommonPoolBusyKeepsNoAdministratorOut() {
    CountDownLatch end = new CountDownLatch(1);
    for (int i = 0; i < ForkJoinPool.getCommonPoolParallelism(); i++) {
      ForkJoinPool.commonPool().execute(() -> awaitUninterruptibly(end));
    }
    try (RedisServer server = RedisServer.builder().adminUser("admin", "admin-secret").start();
        TenantRedisAdmin admin =
            TenantRedisAdmin.builder(
                    RedisURI.builder()
                        .withHost(server.host())
                        .withPort(server.port())
                        .withAuthentication("admin", "admin-secret".toCharArray())
                        .build())
                .connect()) {
      assertThat(admin.nodes()).hasSize(1);
    } finally {
      end.countDown();
    }
  }

  private static void awaitUninterruptibly(CountDownLatch end) {
    try {
      end.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void thePasswordThatAServerRepeatsIsInNoMessage() {
    try (RedisServer server =
        RedisServer.builder()
            .setting("rename-command", "HELLO", "")
            .setting("rename-command", "AUTH", "hidden")
            .start()) {
      assertThatExceptionOfType(AdminException.class)
          .isThrownBy(() -> connectTo(server.port()))
          .satisfies(
              failure ->
                  assertThat(Throwables.getStackTrace(failure))
                      .contains("unknown command")
                      .doesNotContain("not-the-password"));
    }
  }

  private static void connectTo(ServerSocket server) {
    connectTo(server.getLocalPort());
  }

  private static void connectTo(int port) {
    TenantRedisAdmin.builder(
            RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(port)
                .withAuthentication("admin", "not-the-password".toCharArray())
                .build())
        .connect()
        .close();
  }

  private static int hangUpTwiceAndThenRefuse(ServerSocket server) {
    try {
      for (int i = 0; i < 2; i++) {
        hangUp(server);
      }
      try (Socket socket = server.accept()) {
        awaitSomething(socket);
        OutputStream out = socket.getOutputStream();
        out.write(WRONGPASS);
        out.flush();
        awaitTheEnd(socket);
      }
      return 3;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int hangUpUntilClosed(ServerSocket server) {
    int connections = 0;
    try {
      while (true) {
        hangUp(server);
        connections++;
      }
    } catch (IOException closed) {
      return connections;
    }
  }

  private static void hangUp(ServerSocket server) throws IOException {
    try (Socket socket = server.accept()) {
      awaitSomething(socket);
    }
  }

  private static void awaitSomething(Socket socket) throws IOException {
    int first = socket.getInputStream().read();
    assertThat(first).isNotNegative();
    // What is unread when a socket is closed turns its end into a reset, which is another failure.
    socket.getInputStream().skipNBytes(socket.getInputStream().available());
  }

  private static void awaitTheEnd(Socket socket) throws IOException {
    while (socket.getInputStream().read() >= 0) {
      // Whatever else is sent: only that the client has closed matters.
    }
  }
}
