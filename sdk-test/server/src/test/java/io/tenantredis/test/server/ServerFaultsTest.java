package io.tenantredis.test.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServerFaultsTest {

  private final RedisServer server =
      RedisServer.builder()
          .user("acme", "on", ">s3cret", "~a*", "&*", "+@all", "-@dangerous", "(~b* +get)")
          .start();
  private final ServerFaults faults = server.faults();
  private RespConnection acme;

  @AfterAll
  void stop() {
    server.close();
  }

  @BeforeEach
  void connect() {
    server.admin().command("FLUSHALL");
    acme = server.connect("acme", "s3cret");
  }

  @AfterEach
  void disconnect() {
    acme.close();
  }

  private String code(String... command) {
    return acme.tryCommand(command) instanceof RespError error ? error.code() : "none";
  }

  private void writesAgain() {
    assertThat(acme.text("SET", "a", "1")).isEqualTo("OK");
  }

  @Test
  void maxClientsReachedRefusesNewConnectionsOnly() {
    try (ServerFault fault = faults.maxClientsReached()) {
      writesAgain();
      try (RespConnection late = server.connect()) {
        assertThat(late.receive()).isEqualTo(new RespError("ERR max number of clients reached"));
        assertThatThrownBy(late::receive).isInstanceOf(UncheckedIOException.class);
      }
    }
    server.connect("acme", "s3cret").close();
  }

  @Test
  void outOfMemoryRefusesWrites() {
    try (ServerFault fault = faults.outOfMemory()) {
      assertThat(code("SET", "a", "1")).isEqualTo("OOM");
      assertThat(code("GET", "a")).isEqualTo("none");
    }
    writesAgain();
    assertThat(server.admin().list("CONFIG", "GET", "maxmemory").get(1)).isEqualTo("0");
  }

  @Test
  void snapshotsFailRefusesWrites() {
    try (ServerFault fault = faults.snapshotsFail()) {
      assertThat(code("SET", "a", "1")).isEqualTo("MISCONF");
      assertThat(code("GET", "a")).isEqualTo("none");
    }
    writesAgain();
  }

  @Test
  void busyScriptRefusesNearlyEverything() {
    try (ServerFault fault = faults.busyScript()) {
      assertThat(code("GET", "a")).isEqualTo("BUSY");
      assertThat(code("SET", "a", "1")).isEqualTo("BUSY");
    }
    writesAgain();
  }

  @Test
  void readOnlyReplicaRefusesWrites() {
    try (ServerFault fault = faults.readOnlyReplica()) {
      assertThat(code("SET", "a", "1")).isEqualTo("READONLY");
      assertThat(code("GET", "a")).isEqualTo("none");
    }
    writesAgain();
  }

  @Test
  void masterDownRefusesReadsToo() {
    try (ServerFault fault = faults.masterDown()) {
      assertThat(code("SET", "a", "1")).isIn("MASTERDOWN", "READONLY");
      assertThat(code("GET", "a")).isEqualTo("MASTERDOWN");
    }
    writesAgain();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void loadingRefusesNearlyEverythingAndKeepsAllData(boolean aof) {
    RedisServer.Builder builder = RedisServer.builder();
    try (RedisServer loading = (aof ? builder.appendOnly() : builder).start()) {
      loading.admin().command("SET", "a", "1");
      long before = System.nanoTime();
      try (ServerFault fault = loading.faults().loading(Duration.ofMinutes(2));
          RespConnection client = loading.connect()) {
        assertThat(client.tryCommand("GET", "a"))
            .isInstanceOfSatisfying(
                RespError.class, e -> assertThat(e.code()).isEqualTo("LOADING"));
      }
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(60));
      assertThat(loading.admin().command("GET", "a")).isEqualTo("1");
      assertThat(loading.admin().integer("DBSIZE")).isEqualTo(1);
      loading.restart();
      assertThat(loading.admin().command("GET", "a")).isEqualTo(aof ? "1" : null);
    }
  }

  @Test
  void loadingLastsAsLongAsToldAndEndsByItself() {
    try (RedisServer loading = RedisServer.start();
        RespConnection unused = loading.connect()) {
      loading.admin().command("SET", "a", "1");
      long before = System.nanoTime();
      loading.faults().loading(Duration.ofMillis(500));
      loading.awaitLoaded();
      assertThat(Duration.ofNanos(System.nanoTime() - before))
          .isGreaterThanOrEqualTo(Duration.ofMillis(450));
      assertThat(loading.admin().command("GET", "a")).isEqualTo("1");
    }
    assertThatThrownBy(() -> faults.loading(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void denyCommandTakesEffectOnLiveConnectionsAndIsUndoneExactly() {
    // Without it ACL GETUSER would show the flag only after the first "reset" of the user.
    server.admin().command("ACL", "SETUSER", "acme", "sanitize-payload");
    Object before = server.admin().command("ACL", "GETUSER", "acme");
    try (ServerFault fault = faults.denyCommand("acme", "SET")) {
      assertThat(code("SET", "a", "1")).isEqualTo("NOPERM");
      assertThat(code("GET", "a")).isEqualTo("none");
    }
    writesAgain();
    assertThat(code("GET", "b")).isEqualTo("none");
    assertThat(code("SET", "b", "1")).isEqualTo("NOPERM");
    assertThat(server.admin().command("ACL", "GETUSER", "acme")).isEqualTo(before);
  }

  @Test
  void changeUserOfAnUnknownUserIsUndoneByDeletingIt() {
    try (ServerFault fault = faults.changeUser("bolt", "on", ">pw", "+ping")) {
      try (RespConnection bolt = server.connect("bolt", "pw")) {
        assertThat(bolt.text("PING")).isEqualTo("PONG");
      }
    }
    assertThatThrownBy(() -> server.connect("bolt", "pw")).isInstanceOf(RespErrorException.class);
  }

  @Test
  void revokeUserEndsItsConnectionsAndItsLogin() {
    try (ServerFault fault = faults.revokeUser("acme")) {
      assertThatThrownBy(() -> acme.command("PING")).isInstanceOf(UncheckedIOException.class);
      assertThatThrownBy(() -> server.connect("acme", "s3cret"))
          .isInstanceOfSatisfying(
              RespErrorException.class, e -> assertThat(e.code()).isEqualTo("WRONGPASS"));
    }
    server.connect("acme", "s3cret").close();
  }

  @Test
  void killClientsEndsThoseOfTheUserOnlyOrAll() {
    try (RespConnection other = server.connect()) {
      other.command("PING");
      assertThat(faults.killClients("acme")).isEqualTo(1);
      assertThatThrownBy(() -> acme.command("PING")).isInstanceOf(UncheckedIOException.class);
      assertThat(other.text("PING")).isEqualTo("PONG");
      assertThat(faults.killClients()).isEqualTo(1);
      assertThatThrownBy(() -> other.command("PING")).isInstanceOf(UncheckedIOException.class);
      assertThat(server.admin().text("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void configIsSetBack() {
    try (ServerFault fault = faults.config("timeout", "77")) {
      assertThat(server.admin().list("CONFIG", "GET", "timeout").get(1)).isEqualTo("77");
      fault.heal();
      assertThat(server.admin().list("CONFIG", "GET", "timeout").get(1)).isEqualTo("0");
      server.admin().command("CONFIG", "SET", "timeout", "78");
    }
    assertThat(server.admin().list("CONFIG", "GET", "timeout").get(1)).isEqualTo("78");
    server.admin().command("CONFIG", "SET", "timeout", "0");
    assertThatThrownBy(() -> faults.config("no-such-setting", "1"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRestartEndsAFault() {
    try (RedisServer restarted = RedisServer.start()) {
      ServerFault fault = restarted.faults().outOfMemory();
      restarted.restart();
      assertThat(restarted.admin().text("SET", "a", "1")).isEqualTo("OK");
      restarted.admin().command("CONFIG", "SET", "maxmemory", "1");
      fault.heal();
      assertThat(restarted.admin().list("CONFIG", "GET", "maxmemory").get(1)).isEqualTo("1");
      restarted.close();
      fault.close();
    }
  }
}
