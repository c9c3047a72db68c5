package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.ScriptOutputType;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract of {@link CommandPolicy}, and what scripts can and cannot do. */
class CommandPolicyTest {

  private static final String BUILDS_A_NAME = "return redis.call('GET', 'tenant:' .. ARGV[1])";

  private static RedisServer server;
  private static RedisServer unconfined;

  @BeforeAll
  static void startServers() {
    server = Tenants.confined().start();
    unconfined = Tenants.unconfined().start();
    server.admin().command("SET", "tenant:globex:cart", "g");
    unconfined.admin().command("SET", "tenant:globex:cart", "g");
  }

  @AfterAll
  static void stopServers() {
    server.close();
    unconfined.close();
  }

  private static TenantRedis.Builder client(RedisServer server, CommandPolicy policy) {
    return Tenants.client(server)
        .connectTimeout(Duration.ofSeconds(60))
        .commandTimeout(Duration.ofSeconds(60))
        .commands(policy);
  }

  private static void with(
      RedisServer server, CommandPolicy policy, Consumer<TenantClient<String, String>> test) {
    try (TenantRedis redis = client(server, policy).build()) {
      test.accept(redis.tenant("acme"));
    }
  }

  @Test
  void aScriptThatBuildsAForeignNameIsStoppedByTheServersAcl() {
    with(
        server,
        CommandPolicy.standard(),
        acme ->
            assertThatThrownBy(
                    () ->
                        acme.sync()
                            .eval(
                                BUILDS_A_NAME,
                                ScriptOutputType.VALUE,
                                new String[0],
                                "globex:cart"))
                .isInstanceOf(TenantRedisFailure.class)
                // Redis 7.0 and later versions say it in different words.
                .hasMessageMatching("(?s).*(can't access|No permissions to access).*"));
  }

  @Test
  void withoutTheAclAScriptThatBuildsAForeignNameReadsIt() {
    with(
        unconfined,
        CommandPolicy.standard(),
        acme ->
            assertThat(
                    acme.sync()
                        .<String>eval(
                            BUILDS_A_NAME, ScriptOutputType.VALUE, new String[0], "globex:cart"))
                .isEqualTo("g"));
  }

  @Test
  void withoutScriptsEverythingThatRunsCodeIsRefused() {
    with(
        unconfined,
        CommandPolicy.builder().withoutScripts().build(),
        acme -> {
          String[] none = new String[0];
          assertNarrowed(() -> acme.sync().eval("return 1", ScriptOutputType.VALUE, none));
          assertNarrowed(() -> acme.sync().evalsha("aa", ScriptOutputType.VALUE, none));
          assertNarrowed(() -> acme.sync().evalReadOnly("return 1", ScriptOutputType.VALUE, none));
          assertNarrowed(() -> acme.sync().fcall("f", ScriptOutputType.VALUE, none));
          assertNarrowed(() -> acme.sync().fcallReadOnly("f", ScriptOutputType.VALUE, none));
          assertNarrowed(() -> acme.sync().scriptLoad("return 1"));
          acme.sync().set("k", "v");
          assertThat(acme.sync().get("k")).isEqualTo("v");
        });
  }

  @Test
  void aWithheldCommandIsRefusedAndTheNameOfAContainerStandsForItsSubcommands() {
    with(
        server,
        CommandPolicy.builder().withhold("sort", "OBJECT").build(),
        acme -> {
          assertNarrowed(() -> acme.sync().sort("list"));
          assertNarrowed(() -> acme.sync().objectEncoding("k"));
          acme.sync().set("k", "v");
        });
  }

  @Test
  void anAddedRuleSaysWhichArgumentsAreKeys() {
    CommandPolicy policy =
        CommandPolicy.builder().rule("mymod.copy", "key key .*", "-", "write").build();
    with(
        unconfined,
        policy,
        acme ->
            // The server has no such module: that its answer is an error of the server shows that
            // the command was let through.
            assertThatThrownBy(() -> OwnCommands.run(acme, "MYMOD.COPY", "a", "b"))
                .isInstanceOf(TenantCommandException.class)
                .hasMessageContaining("unknown command"));
    with(
        unconfined,
        policy,
        acme ->
            assertThatThrownBy(() -> OwnCommands.run(acme, "MYMOD.COPY", "a"))
                .isInstanceOf(CommandRefusedException.class));
  }

  @Test
  void withoutARuleACommandIsRefused() {
    with(
        unconfined,
        CommandPolicy.standard(),
        acme ->
            assertThatThrownBy(() -> OwnCommands.run(acme, "MYMOD.COPY", "a", "b"))
                .isInstanceOf(CommandRefusedException.class)
                .hasMessageContaining("register a rule"));
  }

  @Test
  void whatIsWrongWithAPolicyIsReportedWhenTheClientIsBuilt() {
    assertProblem(CommandPolicy.builder().rule("FLUSHALL", ".*", "-", "write"), "FLUSHALL");
    assertProblem(CommandPolicy.builder().rule("OBJECT MINE", "key", "-", "read"), "OBJECT");
    assertProblem(CommandPolicy.builder().rule("MYMOD.GET", "key (", "-", "read"), "MYMOD.GET");
    assertProblem(CommandPolicy.builder().withhold("NOSUCH"), "NOSUCH");
  }

  @Test
  void withholdingNeverAllowsWhatTheSdkRefuses() {
    with(
        unconfined,
        CommandPolicy.builder().withhold("GET").build(),
        acme ->
            assertThatThrownBy(() -> acme.sync().flushall())
                .isInstanceOf(CommandRefusedException.class)
                .hasMessageContaining("deleteAll"));
  }

  private static void assertProblem(CommandPolicy.Builder policy, String named) {
    assertThatThrownBy(() -> client(server, policy.build()).build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(named);
  }

  private static void assertNarrowed(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            CommandRefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.NARROWED));
  }
}
