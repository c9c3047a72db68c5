package io.tenantredis.internal.keyspace;

import static io.tenantredis.internal.keyspace.Fixtures.command;
import static io.tenantredis.internal.keyspace.Fixtures.guard;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.tenantredis.KeyPrefix;
import io.tenantredis.PrefixMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuardedCommandTest {

  private final Guard guard = guard();

  private GuardedCommand<String, String, List<Object>> guarded(String line) {
    return guard.guard(command(line.split(" ")));
  }

  @Test
  void theArgumentsAreWhatTheServerGetsBehindTheName() {
    assertThat(guarded("SET k v").arguments())
        .containsExactly(Fixtures.utf8("tenant:acme:k"), Fixtures.utf8("v"));
    assertThat(guarded("XGROUP CREATE k g $").arguments())
        .containsExactly(Fixtures.utf8("tenant:acme:k"), Fixtures.utf8("g"), Fixtures.utf8("$"));
    assertThat(guarded("PING").arguments()).isEmpty();
    String large = "x\n".repeat(600);
    assertThat(guard.guard(command("SET", "k", large)).arguments().get(1))
        .isEqualTo(Fixtures.utf8(large));
  }

  @ParameterizedTest
  @CsvSource({
    // command, read, idempotent, blocking, stateful, script
    "GET k,                  true,  true,  false, false, false",
    "SET k v,                false, true,  false, false, false",
    "SET k v NX,             false, false, false, false, false",
    "DEL k,                  false, false, false, false, false",
    "BLPOP k 2,              false, false, true,  false, false",
    "XREAD STREAMS k 0,      true,  true,  false, false, false",
    "XREAD BLOCK 3 STREAMS k 0, true, false, true, false, false",
    "EVAL x 0,               false, false, false, false, true",
    "MULTI,                  false, false, false, true,  false"
  })
  void whatIsKnownOfTheCommandIsToldWithItsOptions(
      String line,
      boolean read,
      boolean idempotent,
      boolean blocking,
      boolean stateful,
      boolean script) {
    GuardedCommand<?, ?, ?> command = guarded(line);
    assertThat(command.isReadOnly()).isEqualTo(read);
    assertThat(command.isIdempotent()).isEqualTo(idempotent);
    assertThat(command.isBlocking()).isEqualTo(blocking);
    assertThat(command.isStateful()).isEqualTo(stateful);
    assertThat(command.isScript()).isEqualTo(script);
    assertThat(command.rule()).isSameAs(Fixtures.RULES.find(command.name()));
    assertThat(command.getType()).hasToString(line.split(" ")[0]);
  }

  @Test
  void theTimeItMayWaitOnTheServerIsRead() {
    assertThat(guarded("BLPOP k 2").blockNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(2));
    assertThat(guarded("XREAD BLOCK 3 STREAMS k 0").blockNanos())
        .isEqualTo(TimeUnit.MILLISECONDS.toNanos(3));
    assertThat(guarded("BLPOP k 0").blockNanos()).isEqualTo(Long.MAX_VALUE);
    assertThat(guarded("GET k").blockNanos()).isZero();
  }

  @Test
  void aDeadlineIsOneOnlyOnceItIsSet() {
    GuardedCommand<?, ?, ?> command = guarded("GET k");
    assertThat(command.hasDeadline()).isFalse();
    assertThat(command.deadlineNanos()).isZero();
    command.deadlineNanos(-5);
    assertThat(command.hasDeadline()).isTrue();
    assertThat(command.deadlineNanos()).isEqualTo(-5);
  }

  @Test
  void itIsSettledWhenItsOwnEndHasCome() {
    AsyncCommand<String, String, String> application = application();
    GuardedCommand<String, String, String> command = guard.guard(application);
    assertThat(command.isSettled()).isFalse();
    assertThat(command.isDone()).isFalse();
    assertThat(command.isCancelled()).isFalse();
    application.cancel();
    assertThat(command.isDone()).isTrue();
    assertThat(command.isSettled()).isFalse();
    command.complete();
    assertThat(command.isSettled()).isTrue();
    GuardedCommand<String, String, String> detached = guard.guard(application());
    detached.detach();
    assertThat(detached.isDone()).isTrue();
    assertThat(detached.isSettled()).isFalse();
    assertThat(detached.isCancelled()).isFalse();
  }

  private static AsyncCommand<String, String, String> application() {
    return new AsyncCommand<>(command(new ValueOutput<>(StringCodec.UTF8), "GET", "k"));
  }

  @Test
  void whoWaitsForItWaitsForTheApplicationsCommand() {
    AsyncCommand<String, String, String> application = application();
    GuardedCommand<String, String, String> command = guard.guard(application);
    List<String> told = new ArrayList<>();
    command.onComplete(
        result -> {
          told.add(result);
        });
    command.onComplete((result, failure) -> told.add(result + " " + failure));
    Fixtures.decode(command.getOutput(), "$1|v|");
    assertThat(told).isEmpty();
    command.complete();
    assertThat(told).containsExactlyInAnyOrder("v", "v null");
    GuardedCommand<String, String, List<Object>> plain = guarded("GET k");
    plain.onComplete(result -> told.clear());
    plain.complete();
    assertThat(told).as("nobody to wait for").hasSize(2);
  }

  @Test
  void aFailureGoesToTheListenerAndNotToTheApplication() {
    AsyncCommand<String, String, String> application = application();
    GuardedCommand<String, String, String> command = guard.guard(application);
    List<Throwable> told = new ArrayList<>();
    command.listener(
        new ReplyListener() {
          @Override
          public void onReply(GuardedCommand<?, ?, ?> replied) {
            throw new AssertionError("no reply came");
          }

          @Override
          public void onFailure(GuardedCommand<?, ?, ?> failed, Throwable cause) {
            told.add(cause);
          }
        });
    Throwable lost = new IllegalStateException("lost");
    assertThat(command.completeExceptionally(lost)).isTrue();
    assertThat(command.completeExceptionally(lost)).isFalse();
    assertThat(told).containsExactly(lost);
    assertThat(application).isNotDone();
    command.deliverFailure(lost);
    assertThat(application).isCompletedExceptionally();
  }

  @Test
  void lettuceIsToldTheRoutingKeyAndNothingElse() {
    assertThat(guarded("SET k v").getArgs().getFirstEncodedKey())
        .isEqualTo(ByteBuffer.wrap(Fixtures.utf8("tenant:acme:k")));
    assertThat(guarded("SET k v").getArgs().count()).isEqualTo(1);
    assertThat(guarded("PING").getArgs().count()).isZero();
    assertThat(guarded("PUBLISH c m").getArgs().count()).isZero();
    assertThat(guarded("SPUBLISH c m").getArgs().count()).isEqualTo(1);
  }

  @Test
  void itsStateIsShownWithoutAnArgument() {
    GuardedCommand<?, ?, ?> command = guarded("SET k3y s3cret");
    assertThat(command).hasToString("GuardedCommand[SET, encoded=false, done=false]");
    Fixtures.encoded(command);
    command.complete();
    assertThat(command).hasToString("GuardedCommand[SET, encoded=true, done=true]");
  }

  private LegacyReads legacy(PrefixMode mode) {
    KeyPrefix prefix = Fixtures.prefixOf("tenant:{tenant}:", "acme");
    return new LegacyReads(
        guard(mode, GuardListener.NONE),
        prefix,
        mode,
        Fixtures.utf8("old/"),
        name -> new String(name, StandardCharsets.UTF_8).contains("globex"),
        rule -> !rule.name().equals("MGET"));
  }

  @ParameterizedTest
  @CsvSource({
    "GET k,                GET old/k",
    "GETEX k,              no",
    "GET kkkkkkkkkkkkkkkk, GET old/kkkkkkkkkkkkkkkk",
    "MGET k,               no",
    "DEL k,                no",
    "SET k v,              no",
    "SCAN 0,               no",
    "XREAD STREAMS k 0,    no",
    "FT.SEARCH i *,        no",
    "PING,                 no",
    "TS.INFO k,            no"
  })
  void aReadOfOneKeyCanGoOnToItsLegacyName(String line, String expected) {
    LegacyReads reads = legacy(PrefixMode.PREFIX);
    GuardedCommand<String, String, List<Object>> command = guarded(line);
    reads.prepare(command);
    Fixtures.decode(command.getOutput(), "$-1|");
    if (expected.equals("no")) {
      assertThat(command.absence()).isEqualTo(Absence.NO);
      return;
    }
    assertThat(command.absence()).isEqualTo(Absence.CERTAIN);
    assertThat(command.isLegacy()).isFalse();
    GuardedCommand<?, ?, ?> other = reads.legacy(command);
    assertThat(other).isNotNull();
    assertThat(words(other)).isEqualTo(expected);
    assertThat(other.isLegacy()).isTrue();
    assertThat(other.getArgs().getFirstEncodedKey())
        .isEqualTo(ByteBuffer.wrap(Fixtures.utf8(expected.split(" ")[1])));
    assertThat(other.delegate()).isSameAs(command.delegate());
    assertThat(words(reads.guarded(reads.presence(command))))
        .isEqualTo("EXISTS tenant:acme:" + line.split(" ")[1]);
  }

  private static String words(GuardedCommand<?, ?, ?> command) {
    return String.join(
        " ", Fixtures.arguments(Fixtures.encoded(command)).stream().map(Fixtures::text).toList());
  }

  @Test
  void aLegacyNameInsideATenantsPrefixIsNone() {
    LegacyReads reads = legacy(PrefixMode.PREFIX);
    assertThat(reads.legacy(guarded("GET globex"))).isNull();
  }

  @Test
  void wholeNamesAreAskedForWhole() {
    LegacyReads reads = legacy(PrefixMode.REQUIRE);
    Guard require = guard(PrefixMode.REQUIRE, GuardListener.NONE);
    GuardedCommand<String, String, List<Object>> get =
        require.guard(command("GET", "tenant:acme:k"));
    assertThat(words(reads.legacy(get))).isEqualTo("GET old/k");
    assertThat(words(reads.guarded(reads.presence(get)))).isEqualTo("EXISTS tenant:acme:k");
  }

  @Test
  void theQuestionForItsPresenceIsNotAskedAnywhereElse() {
    LegacyReads reads = legacy(PrefixMode.PREFIX);
    GuardedCommand<byte[], byte[], Long> presence = reads.guarded(reads.presence(guarded("GET k")));
    reads.prepare(presence);
    Fixtures.decode(presence.getOutput(), ":0|");
    assertThat(presence.absence()).isEqualTo(Absence.NO);
    GuardedCommand<String, String, List<Object>> exists = guarded("EXISTS k");
    reads.prepare(exists);
    Fixtures.decode(exists.getOutput(), ":0|");
    assertThat(exists.absence()).isEqualTo(Absence.CERTAIN);
  }

  @Test
  void aFurtherAttemptFindsOutTheSame() {
    LegacyReads reads = legacy(PrefixMode.PREFIX);
    GuardedCommand<String, String, List<Object>> first = guarded("GET k");
    reads.prepare(first);
    first.detach();
    GuardedCommand<String, String, List<Object>> second = first.again();
    Fixtures.decode(second.getOutput(), "$-1|");
    assertThat(second.absence()).isEqualTo(Absence.CERTAIN);
    assertThat(guarded("GET k").absence()).isEqualTo(Absence.NO);
  }

  @Test
  void whichCommandsCanGoOnFollowsFromTheirRules() {
    CommandRules all = CommandRules.standard();
    for (String name : List.of("GET", "HGETALL", "LRANGE", "ZSCORE", "XRANGE", "TTL", "MGET")) {
      assertThat(LegacyReads.canRead(all.find(name))).as(name).isTrue();
    }
    for (String name :
        List.of(
            "SET",
            "GETEX",
            "PING",
            "SCAN",
            "XREAD",
            "PFCOUNT",
            "EVAL_RO",
            "KEYS",
            "WATCH",
            "BLPOP",
            "PUBSUB CHANNELS")) {
      assertThat(LegacyReads.canRead(all.find(name))).as(name).isFalse();
    }
  }

  @Test
  void whatFollowsTheKeyIsKeptAndTheSecondReplyIsLookedAt() {
    Guard shipped =
        new Guard(
            Fixtures.ACME,
            Fixtures.prefixOf("tenant:{tenant}:", "acme"),
            PrefixMode.PREFIX,
            CommandRules.standard(),
            GuardListener.NONE);
    LegacyReads reads = legacy(PrefixMode.PREFIX);
    GuardedCommand<String, String, List<Object>> command =
        shipped.guard(command("LRANGE", "k", "0", "-1"));
    GuardedCommand<?, ?, ?> other = reads.legacy(command);
    assertThat(words(other)).isEqualTo("LRANGE old/k 0 -1");
    Fixtures.decode(other.getOutput(), "*0|");
    assertThat(other.absence()).isEqualTo(Absence.POSSIBLE);
  }
}
