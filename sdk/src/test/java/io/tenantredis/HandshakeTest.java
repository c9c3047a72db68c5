package io.tenantredis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireFaultPoint;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever goes wrong before a connection is verified: it is closed, the failure is typed and says
 * that nothing was sent, and no command of the application leaves.
 */
class HandshakeTest {

  static RedisServer server;
  WireProxy proxy;
  TenantRedis redis;

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().start();
    // The first connection of a JVM takes its time.
    try (TenantRedis redis = Tenants.client(server).build()) {
      redis.tenant("globex").sync().get("k");
    }
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void open() {
    proxy = WireProxy.to(server);
    redis = client(Duration.ofSeconds(20));
  }

  private TenantRedis client(Duration connectTimeout) {
    return TenantRedis.builder(proxy.uri())
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .connectTimeout(connectTimeout)
        .commandTimeout(Duration.ofSeconds(30))
        .maxAttempts(1)
        .build();
  }

  @AfterEach
  void close() {
    redis.close();
    proxy.close();
  }

  /** What goes wrong with one reply. */
  private record Trouble(String name, Consumer<WireFaultPoint> fault) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Trouble instead(String reply) {
    return new Trouble(
        "answered by " + reply.replace("\r\n", "|"),
        at -> at.replaceReply(reply.getBytes(US_ASCII)));
  }

  static Stream<Arguments> troubles() {
    return Stream.of("HELLO", "AUTH", "ACL WHOAMI")
        .flatMap(
            command ->
                Stream.of(
                        new Trouble("cut off", at -> at.truncateReply(2)),
                        new Trouble("reset", WireFaultPoint::resetAfterForwarding),
                        new Trouble("another first byte", at -> at.corruptReplyByte(0)),
                        instead("no RESP at all\r\n"),
                        instead(">1\r\n+push\r\n:7\r\n"),
                        instead("*2147483647\r\n"),
                        instead("%2147483647\r\n+server\r\n"),
                        instead("$-7\r\n"),
                        instead(":7\r\n"))
                    .map(trouble -> Arguments.of(command, trouble)));
  }

  @ParameterizedTest
  @MethodSource("troubles")
  void troubleWithAReplyOfTheHandshakeEndsTheConnection(String command, Trouble trouble) {
    if (command.equals("AUTH")) {
      proxy.onCommand("HELLO").answerError("ERR unknown command 'HELLO'");
    }
    trouble.fault().accept(proxy.onCommand(command));
    assertNothingLeaves();
    assertThat(proxy.commandsSeen(command)).isEqualTo(1);
    assertThat(proxy.connectionsAccepted()).isEqualTo(1);
    assertWorksAfterwards();
  }

  static Stream<Arguments> silences() {
    return Stream.of("HELLO", "AUTH", "ACL WHOAMI")
        .flatMap(
            command ->
                Stream.of(
                        instead("$11\r\nten"),
                        new Trouble("never comes", WireFaultPoint::dropReply))
                    .map(trouble -> Arguments.of(command, trouble)));
  }

  @ParameterizedTest
  @MethodSource("silences")
  void aReplyOfTheHandshakeThatDoesNotComeEndsTheConnectionAfterTheConnectTimeout(
      String command, Trouble trouble) {
    redis.close();
    redis = client(Duration.ofSeconds(2));
    if (command.equals("AUTH")) {
      proxy.onCommand("HELLO").always().answerError("ERR unknown command 'HELLO'");
    }
    trouble.fault().accept(proxy.onCommand(command));
    assertNothingLeaves();
    proxy.heal();
    assertWorksAfterwards();
  }

  @Test
  void aReplyToHelloThatComesTwiceEndsTheConnection() {
    proxy.onCommand("HELLO").duplicateReply();
    assertNothingIsMisplacedAndTheConnectionReplaced();
  }

  @Test
  void whatArrivesTogetherWithTheAnswerOfWhoamiIsNotTakenForTheFirstReply() {
    String answer = "$11\r\ntenant_acme\r\n";
    proxy.onCommand("ACL WHOAMI").replaceReply((answer + answer).getBytes(US_ASCII));
    assertNothingIsMisplacedAndTheConnectionReplaced();
  }

  private void assertNothingIsMisplacedAndTheConnectionReplaced() {
    List<String> misplaced = new ArrayList<>();
    await()
        .until(
            () -> {
              try {
                Optional.ofNullable(redis.tenant("acme").sync().get("k")).ifPresent(misplaced::add);
                return proxy.connectionsAccepted() > 1;
              } catch (TenantConnectionException | TenantReplyException closed) {
                return false;
              }
            });
    assertThat(misplaced).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"+OK\r\n", "$-1\r\n", "_\r\n", "$13\r\ntenant_globex\r\n", "$0\r\n\r\n"})
  void anAnswerThatNamesNobodyOrSomebodyElseIsAnotherIdentity(String answer) {
    proxy.onCommand("ACL WHOAMI").replaceReply(answer.getBytes(US_ASCII));
    assertThat(assertNothingLeaves().code()).isEqualTo(ErrorCode.SEC006);
  }

  @Test
  void aServerThatIsBusyIsNotTakenForOneThatHidesWhoTheConnectionIs() {
    proxy
        .onCommand("ACL WHOAMI")
        .answerError("BUSY Redis is busy running a script. You can only call SCRIPT KILL");
    TenantRedisFailure failure = assertNothingLeaves();
    assertThat(failure.code()).isEqualTo(ErrorCode.TR005);
    assertThat(((Throwable) failure).getMessage()).contains("BUSY");
    assertWorksAfterwards();
  }

  private TenantRedisFailure assertNothingLeaves() {
    TenantRedisFailure[] failure = new TenantRedisFailure[1];
    assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
        .isInstanceOfSatisfying(
            TenantConnectionException.class,
            typed -> {
              assertThat(typed.outcome()).isEqualTo(Outcome.NOT_SENT);
              failure[0] = typed;
            });
    // A tenant in quarantine has a new connection by now.
    await().until(() -> proxy.openConnections() < proxy.connectionsAccepted());
    assertThat(proxy.commandsSeen("GET")).isZero();
    return failure[0];
  }

  private void assertWorksAfterwards() {
    await().ignoreExceptions().until(() -> "OK".equals(redis.tenant("acme").sync().set("k", "v")));
    server.admin().command("FLUSHALL");
  }
}
