package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.internal.keyspace.ArgumentLists.Argument;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

/**
 * The command table against a real server: it knows every command the server knows, it finds the
 * keys the server finds, and it does not call a command harmless that the server calls a write. The
 * server is the one that {@code tenantredis.server.binary} selects, so that the same test runs
 * against each version.
 */
class ServerDifferentialTest {

  /** A server's own word for a refusal to look for keys in these arguments. */
  private static final List<String> NOT_LOOKED_AT =
      List.of("ERR Invalid arguments", "ERR Invalid number of arguments");

  /**
   * Some servers ask for one argument behind the command's name before they say that it has no
   * keys.
   */
  private static final List<String> NO_KEYS =
      List.of(
          "ERR The command has no key arguments",
          "ERR wrong number of arguments for 'command|getkeys");

  /** Redis 7.0 does not flag it. */
  private static final String BLOCKS_UNFLAGGED = "WAIT";

  /** It stores the number it counted in the key, and still runs on replicas. */
  private static final String CACHES_IN_ITS_KEY = "PFCOUNT";

  private static final Set<String> STORE = Set.of("STORE", "STOREDIST");

  private static RedisServer server;
  private static RespConnection redis;
  private static Map<String, Known> known;

  /** What the server says of a command. */
  record Known(String name, Set<String> flags, boolean container) {}

  record Call(CommandRule rule, List<Argument> arguments) {

    String[] words(String... before) {
      List<String> words = new ArrayList<>(List.of(before));
      words.addAll(List.of(rule.name().split(" ")));
      arguments.forEach(argument -> words.add(argument.word()));
      return words.toArray(String[]::new);
    }
  }

  @BeforeContainer
  static void start() {
    server = RedisServer.start();
    redis = server.connectAsAdministrator();
    known = new TreeMap<>();
    redis.list("COMMAND").forEach(ServerDifferentialTest::learn);
  }

  @AfterContainer
  static void stop() {
    redis.close();
    server.close();
  }

  @SuppressWarnings("unchecked")
  private static void learn(@Nullable Object entry) {
    List<Object> fields = (List<Object>) entry;
    String name = fields.get(0).toString().toUpperCase(Locale.ROOT).replace('|', ' ');
    List<Object> subcommands = fields.size() > 9 ? (List<Object>) fields.get(9) : List.of();
    Set<String> flags = new HashSet<>();
    ((List<Object>) fields.get(2))
        .forEach(flag -> flags.add(flag.toString().toLowerCase(Locale.ROOT)));
    known.put(name, new Known(name, flags, !subcommands.isEmpty()));
    subcommands.forEach(ServerDifferentialTest::learn);
  }

  @Example
  void each_command_of_the_server_has_a_row() {
    Set<String> missing = new TreeSet<>();
    for (Known command : known.values()) {
      if (!command.container() && CommandRules.standard().find(command.name()) == null) {
        missing.add(command.name());
      }
    }
    assertThat(known).hasSizeGreaterThan(350);
    assertThat(missing)
        .as("commands of %s without a row in commands.txt", server.version())
        .isEmpty();
  }

  @Example
  void the_flags_agree_with_the_servers() {
    List<String> disagreements = new ArrayList<>();
    for (Known command : known.values()) {
      CommandRule rule = CommandRules.standard().find(command.name());
      if (command.container() || rule == null || rule.isRefused()) {
        continue;
      }
      if (rule.isRead() && command.flags().contains("write")) {
        disagreements.add(command.name() + " is a write on the server");
      }
      if (!rule.isWrite() && command.flags().contains("write") && !rule.isRead()) {
        disagreements.add(
            command.name() + " is a write on the server, neither read nor write in the table");
      }
      if (rule.isForReplicas() && !command.flags().contains("readonly")) {
        disagreements.add(command.name() + " is not answered by the server's replicas");
      }
      if (rule.isWrite() && command.flags().contains("readonly")) {
        disagreements.add(command.name() + " is read-only on the server");
      }
      if (command.flags().contains("blocking")
          && !rule.isBlocking()
          && !rule.signature().contains("^blocking")) {
        disagreements.add(command.name() + " can block on the server");
      }
      if (rule.isBlocking()
          && !command.flags().contains("blocking")
          && !command.name().equals(BLOCKS_UNFLAGGED)) {
        disagreements.add(command.name() + " cannot block on the server");
      }
    }
    assertThat(disagreements).isEmpty();
  }

  @Provide
  Arbitrary<Call> calls() {
    return Arbitraries.of(comparable()).flatMap(ServerDifferentialTest::callsOf);
  }

  private static List<CommandRule> comparable() {
    return CommandRules.standard().all().stream()
        .filter(rule -> !rule.isRefused() && known.containsKey(rule.name()))
        .filter(rule -> !ArgumentLists.AMBIGUOUS.contains(rule.name()))
        .toList();
  }

  /**
   * Names are unique in a call, so that the server's answer says which argument it means. Values
   * that read like options are left to {@link GuardPropertiesTest} and {@link KnownMistakesTest}:
   * there the server's own search goes wrong, for instance with a group named STREAMS.
   */
  private static Arbitrary<Call> callsOf(CommandRule rule) {
    Arbitrary<String> names = Arbitraries.of("a", "STORE", "streams", "1", "BY", "x:y");
    Arbitrary<String> values = Arbitraries.of("1", "5", "km", "v", "0-0", "$", "AND");
    return ArgumentLists.matching(rule.grammar(), names, values)
        .map(arguments -> new Call(rule, unique(arguments)));
  }

  private static List<Argument> unique(List<Argument> arguments) {
    List<Argument> unique = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      Argument argument = arguments.get(i);
      unique.add(
          argument.kind() == null
              ? argument
              : new Argument(argument.word() + "_" + i, argument.kind()));
    }
    return unique;
  }

  @Property(seed = "1", tries = 6_000, shrinking = ShrinkingMode.BOUNDED)
  void the_keys_are_those_that_the_server_finds(@ForAll("calls") Call call) {
    List<String> theirs = keysOf(call);
    if (theirs == null) {
      return;
    }
    List<String> destinations = destinations(call);
    if (destinations.size() > 1) {
      // Of a repeated STORE the servers name one, not all the same one, and write to the last. The
      // guard confines each.
      assertThat(ours(call)).containsAll(theirs).containsAll(destinations);
      assertThat(theirs).containsAnyElementsOf(destinations);
    } else {
      assertThat(ours(call)).containsExactlyInAnyOrderElementsOf(theirs);
    }
  }

  @Property(seed = "1", tries = 3_000, shrinking = ShrinkingMode.BOUNDED)
  void a_command_that_the_table_calls_a_read_changes_no_key(@ForAll("calls") Call call) {
    CommandRule rule = call.rule();
    // Of a module's command that declares no key specification the server assumes the worst.
    boolean assumed = known.get(rule.name()).flags().contains("module");
    List<?> keys = keysAndFlagsOf(call);
    if (keys == null || !rule.isRead() || assumed || rule.name().equals(CACHES_IN_ITS_KEY)) {
      return;
    }
    for (Object key : keys) {
      assertThat(((List<?>) ((List<?>) key).get(1)).stream().map(Object::toString).toList())
          .as(rule.name())
          .doesNotContain("RW", "OW", "RM", "insert", "delete", "update");
    }
  }

  private static List<String> destinations(Call call) {
    List<String> destinations = new ArrayList<>();
    for (int i = 1; i < call.arguments().size(); i++) {
      Argument option = call.arguments().get(i - 1);
      boolean stores =
          option.kind() == null && STORE.contains(option.word().toUpperCase(Locale.ROOT));
      if (stores && call.arguments().get(i).kind() == NameKind.KEY) {
        destinations.add(call.arguments().get(i).word());
      }
    }
    return destinations;
  }

  /**
   * Without this a command whose every argument list the server declines to look at would count as
   * compared.
   */
  @Example
  void each_command_with_keys_is_compared_at_least_once() {
    List<String> never = new ArrayList<>();
    for (CommandRule rule : comparable()) {
      boolean compared =
          callsOf(rule).generator(1000).stream(new java.util.Random(42))
              .limit(60)
              .anyMatch(shrinkable -> keysOf(shrinkable.value()) != null);
      if (!compared) {
        never.add(rule.name());
      }
    }
    assertThat(never).isEmpty();
  }

  /** The keys among the arguments by the rule. */
  private static List<String> ours(Call call) {
    Scratch scratch = new Scratch();
    scratch.cleared().writeBytes(Fixtures.encoded(Fixtures.command(call.words())));
    assertThat(scratch.parse()).isTrue();
    assertThat(call.rule().grammar().match(scratch, call.rule().words())).isTrue();
    List<String> keys = new ArrayList<>();
    String[] words = call.words();
    for (int i = 0; i < scratch.names(); i++) {
      if (scratch.nameKind(i) == NameKind.KEY) {
        keys.add(words[scratch.nameIndex(i)]);
      }
    }
    return keys;
  }

  /** The keys by the server, or null if it declines to look for keys in these arguments. */
  private static @Nullable List<String> keysOf(Call call) {
    List<?> keys = keysAndFlagsOf(call);
    return keys == null
        ? null
        : keys.stream().map(key -> ((List<?>) key).get(0).toString()).toList();
  }

  private static @Nullable List<?> keysAndFlagsOf(Call call) {
    Object reply = redis.tryCommand(call.words("COMMAND", "GETKEYSANDFLAGS"));
    if (reply instanceof RespError error) {
      if (NO_KEYS.stream().anyMatch(error.message()::startsWith)) {
        return List.of();
      }
      if (NOT_LOOKED_AT.stream().anyMatch(error.message()::startsWith)) {
        return null;
      }
      throw new AssertionError(error.message());
    }
    return (List<?>) reply;
  }
}
