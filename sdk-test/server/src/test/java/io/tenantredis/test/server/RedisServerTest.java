package io.tenantredis.test.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RedisServerTest {

  @Test
  void startsInWellUnderASecond() {
    // One of a few, for the machine may be busy with something else now and then.
    Duration fastest = Duration.ofDays(1);
    for (int i = 0; i < 6 || (i < 60 && fastest.toMillis() >= 1000); i++) {
      long before = System.nanoTime();
      try (RedisServer server = RedisServer.start()) {
        Duration took = Duration.ofNanos(System.nanoTime() - before);
        fastest = took.compareTo(fastest) < 0 ? took : fastest;
        assertThat(server.admin().text("PING")).isEqualTo("PONG");
      }
    }
    assertThat(fastest).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void listensOnLoopbackOnlyAndSaysWhere() {
    try (RedisServer server = RedisServer.start()) {
      assertThat(server.host()).isEqualTo("127.0.0.1");
      assertThat(server.uri()).isEqualTo("redis://127.0.0.1:" + server.port());
      assertThat(server.admin().list("CONFIG", "GET", "bind")).containsExactly("bind", "127.0.0.1");
    }
  }

  @Test
  void thePidIsTheServersOwn() {
    try (RedisServer server = RedisServer.start()) {
      assertThat(server.admin().text("INFO", "server"))
          .contains("process_id:" + server.pid() + "\r\n");
    }
  }

  @Test
  void knowsItsVersion() {
    try (RedisServer server = RedisServer.start()) {
      assertThat(server.version().isAtLeast(7, 0)).isTrue();
      assertThat(server.toString()).startsWith(server.version() + " at 127.0.0.1:");
    }
  }

  @Test
  void closeKillsTheProcessAndRemovesItsDirectory() {
    RedisServer server = RedisServer.start();
    long pid = server.pid();
    RespConnection client = server.connect();
    server.close();
    server.close();
    assertThat(ProcessHandle.of(pid)).isEmpty();
    assertThat(server.directory()).doesNotExist();
    assertThat(server.isRunning()).isFalse();
    assertThatThrownBy(() -> client.command("PING")).isInstanceOf(UncheckedIOException.class);
    assertThatThrownBy(server::restart)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void takesAnySetting() {
    try (RedisServer server =
        RedisServer.builder()
            .setting("maxclients", "77")
            .setting("client-output-buffer-limit", "pubsub", "1048576", "524288", "7")
            .setting("save", "900", "1")
            .setting("proc-title-template", "{title} with \"quotes\" \\ and {listen-addr}")
            .start()) {
      RespConnection admin = server.admin();
      assertThat(admin.list("CONFIG", "GET", "maxclients")).containsExactly("maxclients", "77");
      assertThat(admin.list("CONFIG", "GET", "client-output-buffer-limit").get(1).toString())
          .contains("pubsub 1048576 524288 7");
      assertThat(admin.list("CONFIG", "GET", "save")).containsExactly("save", "900 1");
      assertThat(admin.list("CONFIG", "GET", "proc-title-template").get(1))
          .isEqualTo("{title} with \"quotes\" \\ and {listen-addr}");
    }
  }

  @Test
  void refusesSettingsThatItControlsAndNamesWhatToUse() {
    assertThatThrownBy(() -> RedisServer.builder().setting("Port", "6379"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("port(int)");
    assertThatThrownBy(() -> RedisServer.builder().setting("requirepass", "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("requirePass(String)");
    assertThatThrownBy(() -> RedisServer.builder().setting("maxclients 10\nport", "6379"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aServerThatDoesNotStartSaysWhyWithItsLogAndLeavesNothing() throws Exception {
    assertThatThrownBy(() -> RedisServer.builder().setting("maxclients", "many").start())
        .isInstanceOf(RedisServerException.class)
        .hasMessageContaining("status 1")
        .hasMessageContaining("maxclients");
  }

  @Test
  void aFixedPortThatIsTakenFails() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> RedisServer.builder().port(taken.getLocalPort()).start())
          .isInstanceOf(RedisServerException.class)
          .hasMessageContaining(taken.getLocalPort() + " is taken");
    }
  }

  @Test
  void aFixedPortThatAnotherRedisHasFails() {
    try (RedisServer other = RedisServer.start()) {
      assertThatThrownBy(() -> RedisServer.builder().port(other.port()).start())
          .isInstanceOf(RedisServerException.class)
          .hasMessageContaining(other.port() + " is taken");
    }
  }

  @Test
  void aclUsersHaveExactlyTheirRules() {
    try (RedisServer server =
        RedisServer.builder()
            .user(
                "tenant_acme",
                "on",
                ">s3cret",
                "~tenant:acme:*",
                "+@read",
                "+@write",
                "+acl|whoami")
            .user("nobody", "off", ">s3cret")
            .user("selector", "on", ">s3cret", "(%R~a* +get)")
            .start()) {
      try (RespConnection acme = server.connect("tenant_acme", "s3cret")) {
        assertThat(acme.text("ACL", "WHOAMI")).isEqualTo("tenant_acme");
        assertThat(acme.text("SET", "tenant:acme:a", "1")).isEqualTo("OK");
        assertThat(acme.tryCommand("SET", "tenant:bolt:a", "1"))
            .isInstanceOfSatisfying(RespError.class, e -> assertThat(e.code()).isEqualTo("NOPERM"));
      }
      try (RespConnection selector = server.connect("selector", "s3cret")) {
        assertThat(selector.command("GET", "abc")).isNull();
        assertThatThrownBy(() -> selector.command("SET", "abc", "1"))
            .isInstanceOfSatisfying(
                RespErrorException.class, e -> assertThat(e.code()).isEqualTo("NOPERM"));
      }
      assertThatThrownBy(() -> server.connect("nobody", "s3cret"))
          .isInstanceOfSatisfying(
              RespErrorException.class, e -> assertThat(e.code()).isEqualTo("WRONGPASS"));
    }
  }

  @Test
  void passwordsAreOnDiskAsHashesOnly() throws Exception {
    try (RedisServer server =
        RedisServer.builder().adminUser("root", "adm1n").user("a", "on", ">s3cret").start()) {
      assertThat(Files.readString(server.directory().resolve("users.acl")))
          .contains("user a on #")
          .doesNotContain("s3cret", "adm1n");
    }
  }

  @Test
  void requirePassIsThePasswordOfTheDefaultUser() {
    try (RedisServer server = RedisServer.builder().requirePass("s3cret pass").start()) {
      assertThat(server.admin().text("ACL", "WHOAMI")).isEqualTo("default");
      try (RespConnection anonymous = server.connect()) {
        assertThat(anonymous.tryCommand("GET", "a"))
            .isInstanceOfSatisfying(RespError.class, e -> assertThat(e.code()).isEqualTo("NOAUTH"));
        anonymous.auth("default", "s3cret pass");
        assertThat(anonymous.command("GET", "a")).isNull();
      }
    }
  }

  @Test
  void anAdminUserSwitchesTheDefaultUserOff() {
    try (RedisServer server = RedisServer.builder().adminUser("root", "s3cret").start();
        RespConnection anonymous = server.connect()) {
      assertThat(server.admin().text("ACL", "WHOAMI")).isEqualTo("root");
      assertThat(anonymous.tryCommand("PING")).isInstanceOf(RespError.class);
    }
  }

  @Test
  void aLimitedDefaultUserLeavesAnAdministrator() {
    try (RedisServer server =
            RedisServer.builder().user("default", "on", "nopass", "~a*", "+get").start();
        RespConnection anonymous = server.connect()) {
      assertThat(server.admin().text("ACL", "WHOAMI")).isEqualTo("tenant-redis-test-admin");
      assertThat(anonymous.command("GET", "a")).isNull();
      assertThat(anonymous.tryCommand("GET", "b")).isInstanceOf(RespError.class);
    }
  }

  @Test
  void kill9LosesWhatIsNotInAnAof() {
    try (RedisServer server = RedisServer.start()) {
      int port = server.port();
      long pid = server.pid();
      server.admin().command("SET", "a", "1");
      server.kill9();
      assertThat(ProcessHandle.of(pid)).isEmpty();
      assertThatThrownBy(server::pid).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(server::admin).isInstanceOf(IllegalStateException.class);
      server.restart();
      assertThat(server.port()).isEqualTo(port);
      assertThat(server.admin().command("GET", "a")).isNull();
    }
  }

  @Test
  void dataInAnAofSurvivesKill9AndRestart() {
    try (RedisServer server = RedisServer.builder().appendOnly().start()) {
      server.admin().command("SET", "a", "1");
      server.kill9();
      server.restart();
      assertThat(server.admin().command("GET", "a")).isEqualTo("1");
      server.admin().command("SET", "a", "2");
      server.restart();
      assertThat(server.admin().command("GET", "a")).isEqualTo("2");
    }
  }

  @Test
  void stopAndRestart() {
    try (RedisServer server = RedisServer.start()) {
      server.stop();
      server.stop();
      assertThat(server.isRunning()).isFalse();
      assertThatThrownBy(server::connect).isInstanceOf(UncheckedIOException.class);
      server.restart();
      assertThat(server.admin().text("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void aFrozenServerAnswersNothingUntilThawed() {
    try (RedisServer server = RedisServer.start();
        RespConnection client = server.connect()) {
      server.freeze();
      client.send("PING");
      try (RespConnection late = server.connect().timeout(Duration.ofMillis(100))) {
        assertThatThrownBy(() -> late.command("PING")).isInstanceOf(UncheckedIOException.class);
        assertThat(late.isOpen()).isFalse();
      }
      server.thaw();
      server.thaw();
      assertThat(client.receive()).isEqualTo("PONG");
    }
  }

  @Test
  void freezeForADurationThawsByItself() {
    try (RedisServer server = RedisServer.start();
        RespConnection client = server.connect()) {
      long before = System.nanoTime();
      CompletableFuture<Void> thawed = server.freeze(Duration.ofMillis(200));
      assertThat(client.text("PING")).isEqualTo("PONG");
      assertThat(Duration.ofNanos(System.nanoTime() - before))
          .isGreaterThan(Duration.ofMillis(200));
      assertThat(thawed).succeedsWithin(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void aFrozenServerIsClosedAndRestartedLikeAnyOther() {
    try (RedisServer server = RedisServer.start()) {
      server.freeze();
      server.restart();
      assertThat(server.admin().text("PING")).isEqualTo("PONG");
      server.freeze();
      long pid = server.pid();
      server.close();
      assertThat(ProcessHandle.of(pid)).isEmpty();
    }
  }

  @Test
  void theAdministratorsConnectionIsReplacedWhenItFailed() {
    try (RedisServer server = RedisServer.start()) {
      RespConnection first = server.admin();
      assertThat(server.admin()).isSameAs(first);
      first.close();
      assertThat(server.admin()).isNotSameAs(first);
      assertThat(server.admin().text("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void aBuilderStartsAnyNumberOfServers() {
    RedisServer.Builder builder = RedisServer.builder();
    try (RedisServer one = builder.start();
        RedisServer two = builder.start()) {
      assertThat(one.port()).isNotEqualTo(two.port());
      one.admin().command("SET", "a", "1");
      assertThat(two.admin().command("GET", "a")).isNull();
    }
  }

  @Test
  void anInterruptedThreadCanStillClose() {
    RedisServer server = RedisServer.start();
    Path directory = server.directory();
    Thread.currentThread().interrupt();
    server.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(directory).doesNotExist();
  }
}
