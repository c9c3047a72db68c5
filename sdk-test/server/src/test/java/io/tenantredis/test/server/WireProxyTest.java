package io.tenantredis.test.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WireProxyTest {

  private static final Duration SHORT = Duration.ofMillis(100);

  private final RedisServer server = RedisServer.builder().tls().start();
  private WireProxy proxy;
  private RespConnection client;

  @AfterAll
  void stopServer() {
    server.close();
  }

  @BeforeEach
  void open() {
    server.admin().command("FLUSHALL");
    proxy = WireProxy.to(server);
    client = connect();
  }

  @AfterEach
  void close() {
    client.close();
    proxy.close();
  }

  private RespConnection connect() {
    return RespConnection.connect(proxy.host(), proxy.port());
  }

  // --- passing ---

  @Test
  void withoutFaultsEverythingPasses() {
    assertThat(client.text("SET", "a", "1")).isEqualTo("OK");
    assertThat(client.command("GET", "a")).isEqualTo("1");
    assertThat(client.command("GET", "none")).isNull();
    assertThat(client.list("LRANGE", "none", "0", "-1")).isEmpty();
    assertThat(client.tryCommand("NOSUCH")).isInstanceOf(RespError.class);
    assertThat(proxy.uri()).isEqualTo("redis://127.0.0.1:" + proxy.port());
  }

  @Test
  void everyTypeOfResp3Passes() {
    client.resp3();
    for (String type :
        List.of(
            "string",
            "integer",
            "double",
            "null",
            "array",
            "set",
            "map",
            "attrib",
            "verbatim",
            "true",
            "bignum")) {
      assertThat(client.tryCommand("DEBUG", "PROTOCOL", type))
          .as(type)
          .isEqualTo(directly("DEBUG", "PROTOCOL", type));
    }
    client.command("DEBUG", "PROTOCOL", "push");
    assertThat(client.nextPush(Duration.ofSeconds(1)).kind()).isEqualTo("server-cpu-usage");
    assertThat(client.text("PING")).isEqualTo("PONG");
  }

  private Object directly(String... command) {
    try (RespConnection direct = server.connect().resp3()) {
      return direct.tryCommand(command);
    }
  }

  @Test
  void longPipelinesAndLargeValuesPass() {
    String large = "x".repeat(3_000_000);
    assertThat(client.text("SET", "large", large)).isEqualTo("OK");
    assertThat(client.command("GET", "large")).isEqualTo(large);
    List<String[]> commands = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      commands.add(new String[] {"INCR", "n"});
    }
    assertThat(client.pipeline(commands)).hasSize(10_000).last().isEqualTo(10_000L);
    assertThat(proxy.commandsSeen("INCR")).isEqualTo(10_000);
  }

  @Test
  void commandsInPiecesAndInlineCommandsPass() {
    for (byte b : "*2\r\n$3\r\nGET\r\n$1\r\na\r\n".getBytes(US_ASCII)) {
      client.sendRaw(new byte[] {b});
    }
    assertThat(client.receive()).isNull();
    client.sendRaw("SET a 5\r\n".getBytes(US_ASCII));
    assertThat(client.receive()).isEqualTo("OK");
    assertThat(proxy.commands().get(1).args()).containsExactly("SET", "a", "5");
  }

  @Test
  void aTlsConnectionPassesUnseen() {
    try (WireProxy tls = WireProxy.to(server.host(), server.tlsPort());
        RespConnection secure =
            RespConnection.connect(tls.host(), tls.port(), server.certificates().clientContext())) {
      assertThat(secure.text("PING")).isEqualTo("PONG");
      assertThat(tls.commandsSeen()).isZero();
      tls.resetConnections();
      assertThatThrownBy(() -> secure.command("PING")).isInstanceOf(UncheckedIOException.class);
    }
  }

  @Test
  void aServerThatDoesNotListenIsSeenAsAReset() {
    RedisServer gone = RedisServer.start();
    gone.close();
    try (WireProxy toNobody = WireProxy.to(gone)) {
      assertThatThrownBy(
              () -> {
                try (RespConnection connection =
                    RespConnection.connect(toNobody.host(), toNobody.port())) {
                  connection.command("PING");
                }
              })
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("reset");
    }
  }

  @Test
  void theServersEndOfAConnectionReachesTheClient() {
    client.send("QUIT");
    assertThat(client.receive()).isEqualTo("OK");
    assertThatThrownBy(client::receive).hasMessageContaining("closed the connection");
    await().until(() -> proxy.openConnections() == 0);
  }

  @Test
  void theClientsEndOfAConnectionReachesTheServer() {
    client.command("CLIENT", "SETNAME", "leaving");
    client.close();
    await().until(() -> !server.admin().text("CLIENT", "LIST").contains("name=leaving"));
    await().until(() -> proxy.openConnections() == 0);
  }

  // --- faults of single commands ---

  @Test
  void dropReplyLeavesTheCommandExecutedAndTheNextReplyInItsPlace() {
    WireFault fault = proxy.onCommand("incr").dropReply();
    client.send("INCR", "n");
    client.send("GET", "n");
    assertThat(client.receive()).isEqualTo("1");
    assertThat(fault.hits()).isEqualTo(1);
    assertThat(client.integer("INCR", "n")).isEqualTo(2);
  }

  @Test
  void duplicateReplyArrivesTwice() {
    proxy.onCommand("INCR").duplicateReply();
    client.send("INCR", "n");
    client.send("GET", "n");
    assertThat(client.receive()).isEqualTo(1L);
    assertThat(client.receive()).isEqualTo(1L);
    assertThat(client.receive()).isEqualTo("1");
  }

  @Test
  void replaceReplyLeavesTheCommandExecuted() {
    proxy.onCommand("INCR").replaceReply(":77\r\n".getBytes(US_ASCII));
    assertThat(client.integer("INCR", "n")).isEqualTo(77);
    assertThat(client.text("GET", "n")).isEqualTo("1");
    proxy.onCommand("GET").replaceReplyByError("LOADING Redis is loading the dataset in memory");
    assertThat(((RespError) client.tryCommand("GET", "n")).code()).isEqualTo("LOADING");
    assertThatThrownBy(() -> proxy.onCommand("GET").answerError("ERR a\r\n+OK"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void answerKeepsTheCommandFromTheServerAndTheRepliesInOrder() {
    proxy.onCommand("SET").answerError("READONLY You can't write against a read only replica.");
    assertThat(
            client.pipeline(
                List.of(
                    new String[] {"INCR", "n"},
                    new String[] {"SET", "a", "1"},
                    new String[] {"INCR", "n"},
                    new String[] {"SET", "b", "1"})))
        .satisfiesExactly(
            one -> assertThat(one).isEqualTo(1L),
            error -> assertThat(((RespError) error).code()).isEqualTo("READONLY"),
            two -> assertThat(two).isEqualTo(2L),
            ok -> assertThat(ok).isEqualTo("OK"));
    assertThat(server.admin().command("GET", "a")).isNull();
    assertThat(server.admin().command("GET", "b")).isEqualTo("1");
  }

  @Test
  void swallowCommandNeitherExecutesNorAnswers() {
    proxy.onCommand("INCR").swallowCommand();
    client.send("INCR", "n");
    assertThat(client.command("GET", "n")).isNull();
    assertThat(proxy.commandsSeen("INCR")).isEqualTo(1);
  }

  @Test
  void delayReplyDelaysWhatIsBehindItToo() {
    proxy.onCommand("INCR").delayReply(SHORT);
    long before = System.nanoTime();
    client.send("INCR", "n");
    client.send("GET", "n");
    await().until(() -> "1".equals(server.admin().command("GET", "n")));
    assertThat(client.receive()).isEqualTo(1L);
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(SHORT);
    assertThat(client.receive()).isEqualTo("1");
  }

  @Test
  void delayCommandReachesTheServerLater() {
    proxy.onCommand("INCR").delayCommand(SHORT);
    long before = System.nanoTime();
    assertThat(client.integer("INCR", "n")).isEqualTo(1);
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(SHORT);
  }

  @Test
  void replyInSingleBytesArrivesWholeAndInPieces() throws Exception {
    String value = "0123456789".repeat(30);
    client.command("SET", "a", value);
    int most = 0;
    // A reader that is held up finds all of it at once.
    for (int i = 0; i < 50 && most <= 10; i++) {
      most = Math.max(most, readsOfAWholeReply(value));
    }
    assertThat(most).isGreaterThan(10);
  }

  private int readsOfAWholeReply(String value) throws IOException {
    proxy.onCommand("GET").replyInSingleBytes();
    try (Socket socket = new Socket(proxy.host(), proxy.port())) {
      socket.getOutputStream().write(RespConnection.encode("GET", "a"));
      InputStream in = socket.getInputStream();
      byte[] buffer = new byte[1000];
      int reads = 0;
      int length = 0;
      while (length < value.length() + 8) {
        length += in.read(buffer, length, buffer.length - length);
        reads++;
      }
      assertThat(new String(buffer, 0, length, US_ASCII)).isEqualTo("$300\r\n" + value + "\r\n");
      return reads;
    }
  }

  @Test
  void truncateReplyEndsTheConnection() throws Exception {
    client.command("SET", "a", "0123456789");
    proxy.onCommand("GET").truncateReply(7);
    try (Socket socket = new Socket(proxy.host(), proxy.port())) {
      socket.getOutputStream().write(RespConnection.encode("GET", "a"));
      assertThat(socket.getInputStream().readAllBytes()).asString(US_ASCII).isEqualTo("$10\r\n01");
    }
  }

  @Test
  void stallReplyLeavesTheConnectionOpenAndSilent() {
    client.command("SET", "a", "0123456789");
    proxy.onCommand("GET").stallReply(7);
    client.timeout(SHORT);
    assertThatThrownBy(() -> client.command("GET", "a")).hasMessageContaining("in time");
    assertThat(proxy.openConnections()).isEqualTo(1);
  }

  @Test
  void nothingFollowsAStalledReplyNotEvenWhatWasOnItsWay() throws Exception {
    client.command("SET", "a", "0123456789");
    proxy.onCommand("GET").stallReply(7);
    byte[] get = RespConnection.encode("GET", "a");
    try (Socket socket = new Socket(proxy.host(), proxy.port())) {
      socket.getOutputStream().write(join(get, join(get, get)));
      assertThat(socket.getInputStream().readNBytes(7)).asString(US_ASCII).isEqualTo("$10\r\n01");
      socket.setSoTimeout(300);
      assertThatThrownBy(() -> socket.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void corruptReplyByteChangesThatByteOnly() {
    client.command("SET", "a", "0123456789");
    proxy.onCommand("GET").corruptReplyByte(5);
    String corrupted = client.text("GET", "a");
    assertThat(corrupted).isNotEqualTo("0123456789").endsWith("123456789");
    assertThat(client.text("GET", "a")).isEqualTo("0123456789");
  }

  @Test
  void corruptReplyIsTheSameForTheSameSeed() throws Exception {
    server.admin().command("SET", "a", "0123456789");
    assertThat(corrupted(1)).isEqualTo(corrupted(1)).isNotEqualTo(corrupted(2));
    assertThat(corrupted(1)).hasSize(17);
  }

  private byte[] corrupted(long seed) throws IOException {
    try (WireProxy seeded = WireProxy.builder(server.host(), server.port()).seed(seed).start();
        Socket socket = new Socket(seeded.host(), seeded.port())) {
      seeded.onCommand("GET").corruptReply();
      socket.getOutputStream().write(RespConnection.encode("GET", "a"));
      return socket.getInputStream().readNBytes(17);
    }
  }

  @Test
  void resetBeforeForwardingLeavesTheCommandUnexecuted() {
    proxy.onCommand("INCR").resetBeforeForwarding();
    assertThatThrownBy(() -> client.command("INCR", "n"))
        .isInstanceOf(UncheckedIOException.class)
        .hasRootCauseInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
    assertThat(server.admin().command("GET", "n")).isNull();
  }

  @Test
  void resetAfterForwardingLeavesTheCommandExecuted() {
    proxy.onCommand("INCR").resetAfterForwarding();
    assertThatThrownBy(() -> client.command("INCR", "n"))
        .hasRootCauseInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
    assertThat(server.admin().command("GET", "n")).isEqualTo("1");
  }

  @Test
  void closeAfterForwardingEndsInGoodOrder() {
    proxy.onCommand("INCR").closeAfterForwarding();
    assertThatThrownBy(() -> client.command("INCR", "n"))
        .hasMessageContaining("closed the connection");
    assertThat(server.admin().command("GET", "n")).isEqualTo("1");
  }

  @Test
  void blackHoleConnectionConcernsThatConnectionOnly() {
    proxy.onCommand("INCR").blackHoleConnection();
    try (RespConnection other = connect()) {
      client.timeout(SHORT);
      assertThatThrownBy(() -> client.command("INCR", "n")).hasMessageContaining("in time");
      assertThat(other.command("GET", "n")).isNull();
    }
  }

  @Test
  void onceTimesAlwaysAndSkipping() {
    WireFault fault = proxy.onCommand("PING").skipping(1).times(2).answerError("ERR struck");
    assertThat(struckPings(5)).containsExactly(false, true, true, false, false);
    assertThat(fault.hits()).isEqualTo(2);
    proxy.onCommand("PING").once().answerError("ERR struck");
    assertThat(struckPings(2)).containsExactly(true, false);
    WireFault always = proxy.onCommand("PING").always().answerError("ERR struck");
    assertThat(struckPings(3)).containsExactly(true, true, true);
    always.remove();
    assertThat(struckPings(1)).containsExactly(false);
  }

  private List<Boolean> struckPings(int count) {
    return client.pipeline(Collections.nCopies(count, new String[] {"PING"})).stream()
        .map(RespError.class::isInstance)
        .toList();
  }

  @Test
  void probabilityDependsOnTheSeedOnly() {
    assertThat(randomPings(7)).isEqualTo(randomPings(7)).isNotEqualTo(randomPings(8));
    assertThat(randomPings(7).stream().filter(struck -> struck).count()).isBetween(20L, 80L);
  }

  private List<Boolean> randomPings(long seed) {
    try (WireProxy seeded = WireProxy.builder(server.host(), server.port()).seed(seed).start();
        RespConnection connection = RespConnection.connect(seeded.host(), seeded.port())) {
      seeded.onCommand("PING").withProbability(0.5).always().answerError("ERR struck");
      return connection.pipeline(Collections.nCopies(100, new String[] {"PING"})).stream()
          .map(RespError.class::isInstance)
          .toList();
    }
  }

  @Test
  void theFaultPutInPlaceFirstStrikes() {
    WireFault first = proxy.onAnyCommand().answerError("ERR first");
    WireFault second = proxy.onCommand("PING").answerError("ERR second");
    assertThat(client.tryCommand("PING")).isEqualTo(new RespError("ERR first"));
    assertThat(second.hits()).isZero();
    assertThat(client.tryCommand("PING")).isEqualTo(new RespError("ERR second"));
    assertThat(first.hits()).isEqualTo(1);
  }

  @Test
  void aCommandIsMatchedByItsFirstArgumentsOrAnyPredicate() {
    proxy.onCommand("get b").answerError("ERR struck");
    proxy.onCommands(c -> c.args().contains("z")).answerError("ERR struck");
    assertThat(client.command("GET", "a")).isNull();
    assertThat(client.tryCommand("GET", "b")).isInstanceOf(RespError.class);
    assertThat(client.tryCommand("MGET", "y", "z")).isInstanceOf(RespError.class);
    assertThatThrownBy(() -> proxy.onCommand(" ")).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void repliesOfSubscriptionsAndMessagesAreNotTakenForOtherReplies(int protocol) {
    if (protocol == 3) {
      client.resp3();
    }
    client.send("SUBSCRIBE", "one", "two");
    client.receive();
    client.receive();
    server.admin().command("PUBLISH", "one", "before");
    client.receive();
    proxy.onCommand("PING").replaceReply("+STRUCK\r\n".getBytes(US_ASCII));
    proxy.onCommand("UNSUBSCRIBE").skipping(1).replaceReply("+UNSUBSCRIBED\r\n".getBytes(US_ASCII));
    server.admin().command("PUBLISH", "two", "message");
    client.send("PING");
    Object message = client.receive();
    List<?> elements = message instanceof RespPush push ? push.elements() : (List<?>) message;
    assertThat(elements.get(0)).isEqualTo("message");
    assertThat(client.receive()).isEqualTo("STRUCK");
    client.send("UNSUBSCRIBE");
    client.receive();
    client.receive();
    client.send("UNSUBSCRIBE", "none");
    assertThat(client.receive()).isEqualTo("UNSUBSCRIBED");
    assertThat(client.text("PING")).isEqualTo("PONG");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void aSubscriptionToSeveralChannelsHasSeveralReplies(int protocol) {
    if (protocol == 3) {
      client.resp3();
    }
    proxy.onCommand("PING").replaceReply("+STRUCK\r\n".getBytes(US_ASCII));
    byte[] both = join(RespConnection.encode("SUBSCRIBE", "a", "b"), RespConnection.encode("PING"));
    client.sendRaw(both);
    client.receive();
    client.receive();
    assertThat(client.receive()).isEqualTo("STRUCK");
    proxy.onCommand("PING").replaceReply("+STRUCK\r\n".getBytes(US_ASCII));
    client.sendRaw(join(RespConnection.encode("UNSUBSCRIBE"), RespConnection.encode("PING")));
    client.receive();
    client.receive();
    assertThat(client.receive()).isEqualTo("STRUCK");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void aMessageThatOvertakesAReplyIsNotTakenForIt(int protocol) {
    if (protocol == 3) {
      client.resp3();
    }
    client.send("SUBSCRIBE", "a");
    client.receive();
    proxy.onCommand("PING").replaceReply("+STRUCK\r\n".getBytes(US_ASCII));
    RespConnection admin = server.admin();
    // So that the server has done with the client's command when it looks at both again.
    admin.command("PING");
    server.freeze();
    admin.send("PUBLISH", "a", "message");
    client.send("PING");
    await().until(() -> proxy.commandsSeen("PING") == 1);
    server.thaw();
    assertThat(admin.receive()).isEqualTo(1L);
    assertThat(client.receive()).isNotEqualTo("STRUCK");
    assertThat(client.receive()).isEqualTo("STRUCK");
  }

  private static byte[] join(byte[] one, byte[] two) {
    byte[] joined = Arrays.copyOf(one, one.length + two.length);
    System.arraycopy(two, 0, joined, one.length, two.length);
    return joined;
  }

  // --- faults of the whole wire ---

  @Test
  void aBlackHoleLosesEverythingAndHealingResetsWhoLostSomething() {
    try (RespConnection idle = connect()) {
      idle.command("PING");
      proxy.blackHole();
      client.send("INCR", "n");
      await().until(() -> proxy.commandsSeen("INCR") == 1);
      try (RespConnection late = connect().timeout(SHORT)) {
        assertThatThrownBy(() -> late.command("PING")).hasMessageContaining("in time");
      }
      proxy.heal();
      assertThatThrownBy(client::receive).hasMessageContaining("reset");
      assertThat(idle.text("PING")).isEqualTo("PONG");
      assertThat(server.admin().command("GET", "n")).isNull();
    }
  }

  @Test
  void stopReadingLosesNothing() {
    proxy.stopReading();
    client.send("INCR", "n");
    try (RespConnection late = connect()) {
      late.send("INCR", "n");
      assertThat(server.admin().command("GET", "n")).isNull();
      proxy.heal();
      assertThat(List.of(client.receive(), late.receive())).containsExactlyInAnyOrder(1L, 2L);
    }
  }

  @Test
  void refusedConnectionsFailAtOnceAndExistingOnesStay() {
    client.command("PING");
    proxy.refuseConnections();
    assertThatThrownBy(this::connect).hasMessageContaining("refused");
    assertThat(client.text("PING")).isEqualTo("PONG");
    proxy.heal();
    try (RespConnection again = connect()) {
      assertThat(again.text("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void latencyConcernsEveryReply() {
    proxy.latency(SHORT);
    long before = System.nanoTime();
    client.command("PING");
    client.command("PING");
    assertThat(Duration.ofNanos(System.nanoTime() - before))
        .isGreaterThanOrEqualTo(SHORT.multipliedBy(2));
    proxy.latency(Duration.ZERO);
    Duration fastest = SHORT.multipliedBy(2);
    for (int i = 0; i < 6; i++) {
      before = System.nanoTime();
      client.command("PING");
      Duration took = Duration.ofNanos(System.nanoTime() - before);
      fastest = took.compareTo(fastest) < 0 ? took : fastest;
    }
    assertThat(fastest).isLessThan(SHORT);
    assertThatThrownBy(() -> proxy.latency(SHORT.negated()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void resetAndCloseEndAllConnections() {
    client.command("PING");
    proxy.resetConnections();
    assertThatThrownBy(() -> client.command("PING")).hasMessageContaining("reset");
    try (RespConnection next = connect()) {
      next.command("PING");
      proxy.closeConnections();
      assertThatThrownBy(next::receive).hasMessageContaining("closed the connection");
    }
    assertThat(proxy.openConnections()).isZero();
  }

  @Test
  void injectedBytesArriveBetweenReplies() {
    client.command("PING");
    proxy.inject("+SURPRISE\r\n".getBytes(US_ASCII));
    assertThat(client.receive()).isEqualTo("SURPRISE");
    assertThat(client.text("PING")).isEqualTo("PONG");
  }

  @Test
  void healRemovesEveryFault() {
    proxy.onCommand("PING").always().answerError("ERR struck");
    proxy.latency(Duration.ofMinutes(1));
    proxy.heal();
    assertThat(client.text("PING")).isEqualTo("PONG");
  }

  // --- what was seen ---

  @Test
  void commandsAreRecordedInOrderWithTheirArguments() {
    client.command("SET", "a", "1");
    client.command("client", "id");
    try (RespConnection other = connect()) {
      other.command("GET", "a");
    }
    assertThat(proxy.commands())
        .extracting(SeenCommand::fullName)
        .containsExactly("SET", "CLIENT ID", "GET");
    SeenCommand set = proxy.commands().get(0);
    assertThat(set.args()).containsExactly("SET", "a", "1");
    assertThat(set.arg(2)).isEqualTo("1".getBytes(US_ASCII));
    assertThat(set.connection()).isEqualTo(1);
    assertThat(proxy.commands().get(2).connection()).isEqualTo(2);
    assertThat(proxy.connectionsAccepted()).isEqualTo(2);
    assertThat(proxy.commandsSeen()).isEqualTo(3);
    assertThat(proxy.commandsSeen("set")).isEqualTo(1);
    assertThat(proxy.commandsSeen("CLIENT")).isEqualTo(1);
    assertThat(proxy.commandsSeen("CLIENT ID")).isEqualTo(1);
    assertThat(proxy.commandsSeen("GET a")).isZero();
    proxy.clearCommands();
    assertThat(proxy.commands()).isEmpty();
    assertThat(proxy.commandsSeen()).isZero();
    assertThat(proxy.commandsSeen("SET")).isZero();
  }

  @Test
  void aCommandsTextDoesNotShowItsArguments() {
    client.tryCommand("AUTH", "user", "s3cret");
    assertThat(proxy.commands().get(0).toString())
        .isEqualTo("AUTH with 2 arguments on connection 1");
  }

  @Test
  void theRecordAndItsArgumentsAreBounded() {
    try (WireProxy small = WireProxy.builder(server.host(), server.port()).recordAtMost(2).start();
        RespConnection connection = RespConnection.connect(small.host(), small.port())) {
      connection.command("PING");
      connection.command("SET", "a", "x".repeat(5000));
      connection.command("GET", "b");
      assertThat(small.commands()).extracting(SeenCommand::name).containsExactly("SET", "GET");
      assertThat(small.commands().get(0).arg(2)).hasSize(1024);
      assertThat(small.commandsSeen()).isEqualTo(3);
      assertThat(server.admin().integer("STRLEN", "a")).isEqualTo(5000);
    }
  }

  @Test
  void connectionsAreBounded() {
    try (WireProxy small =
            WireProxy.builder(server.host(), server.port()).maxConnections(1).start();
        RespConnection first = RespConnection.connect(small.host(), small.port())) {
      first.command("PING");
      try (RespConnection second = RespConnection.connect(small.host(), small.port())) {
        assertThatThrownBy(() -> second.command("PING")).isInstanceOf(UncheckedIOException.class);
      }
      assertThat(first.text("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void closeEndsConnectionsPortAndThread() {
    client.command("PING");
    proxy.onCommand("PING").delayReply(Duration.ofHours(1));
    client.send("PING");
    proxy.close();
    proxy.close();
    assertThatThrownBy(client::receive).isInstanceOf(UncheckedIOException.class);
    assertThatThrownBy(this::connect).hasMessageContaining("refused");
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .doesNotContain("tenant-redis-wire-proxy-" + proxy.port());
    assertThatThrownBy(proxy::blackHole).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> proxy.onCommand("GET").dropReply())
        .isInstanceOf(IllegalStateException.class);
  }
}
