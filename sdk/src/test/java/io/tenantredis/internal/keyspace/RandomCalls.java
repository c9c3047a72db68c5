package io.tenantredis.internal.keyspace;

import io.tenantredis.internal.keyspace.ArgumentLists.Argument;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * An endless sequence of calls, generated from the signatures of the table and the same for the
 * same seed. Other than {@link ArgumentLists} it is fast, and it aims at calls that do something:
 * names are mostly those of keys that exist and have the type that the command wants.
 *
 * <p>Some names and values read like other tenants' names, like patterns or like options.
 */
final class RandomCalls {

  /** A call: the words of the command's name and its arguments. */
  record Call(CommandRule rule, List<Argument> arguments) {

    String[] words() {
      List<String> words = new ArrayList<>(List.of(rule.name().split(" ")));
      arguments.forEach(argument -> words.add(argument.word()));
      return words.toArray(String[]::new);
    }

    @Override
    public String toString() {
      return String.join(" ", words());
    }
  }

  /** The keys of the types that exist, by the group of commands that work on them. */
  static final Map<String, String> TYPED =
      Map.of(
          "string",
          "str",
          "hash",
          "hash",
          "list",
          "list",
          "set",
          "set",
          "zset",
          "zset",
          "stream",
          "stream",
          "geo",
          "geo",
          "hyperloglog",
          "hll",
          "bitmap",
          "bits");

  /** Commands that make the keys of all types. */
  static final List<String> SEEDING =
      List.of(
          "DEL str num hash list set zset stream geo hll bits w_1 w_2 w_a",
          "SET str value",
          "SET num 10",
          "SET w_1 2",
          "SET w_2 1",
          "HSET hash field 1 a 2 v 3",
          "RPUSH list 1 2 a",
          "SADD set 1 2 3",
          "ZADD zset 1 a 2 v 3 field",
          "XADD stream 1-1 field v",
          "XADD stream 2-1 a 1",
          "XGROUP CREATE stream a 0",
          "GEOADD geo 13.361 38.115 a 15.087 37.502 v",
          "PFADD hll a b v",
          "SETBIT bits 7 1");

  /** They touch what they were given and nothing else. */
  static final List<String> SCRIPTS =
      List.of(
          "return 1",
          "return KEYS",
          "local r = {} for i, k in ipairs(KEYS) do r[i] = redis.call('TYPE', k) end return r",
          "for i, k in ipairs(KEYS) do redis.pcall('GET', k) end return ARGV",
          "for i, k in ipairs(KEYS) do redis.pcall('EXPIRE', k, 1000) end return #KEYS",
          "for i, k in ipairs(KEYS) do redis.pcall('APPEND', k, ARGV[1] or 'x') end return 'ok'");

  private static final List<String> NAMES =
      List.of("str", "num", "hash", "list", "set", "zset", "stream", "geo", "hll", "bits", "new");

  private static final List<String> FOREIGN =
      List.of(
          "",
          "*",
          "str*",
          "tenant:victim:str",
          "tenant:globex:str",
          "tenant:acme:str",
          "tenant:acme",
          "tenant:",
          "other:str",
          "key",
          "text",
          "{tag}str",
          "caf\u00e9",
          "with space\r\nand line");

  private static final List<String> PATTERNS =
      List.of("*", "s*", "?*", "[a-z]*", "", "[", "\\*", "tenant:*", "tenant:victim:*", "*str");

  private static final List<String> LOOKUPS =
      List.of("w_*", "*", "#", "hash->*", "*->field", "tenant:victim:*", "other:*->field", "str");

  private static final List<String> VALUES =
      List.of(
          "1", "1", "2", "2", "0", "0", "3", "5", "10", "100", "-1", "1.5", "a", "a", "v", "v",
          "field", "field", "km", "m", "0-0", "1-1", "2-1", "$", ">", "+", "-", "(1", "[a", "LEFT",
          "RIGHT", "MIN", "MAX", "BEFORE", "AFTER", "u8", "AND", "COUNT");

  private static final List<String> HOSTILE =
      List.of(
          "STORE",
          "STREAMS",
          "MATCH",
          "BY",
          "GET",
          "GROUP",
          "LIMIT",
          "*",
          "",
          "tenant:victim:str",
          "tenant:acme:str",
          "tenant:globex:str",
          "other:str",
          "caf\u00e9\r\n");

  private final Random random;
  private final List<CommandRule> rules;
  private final String mark;

  /**
   * @param rules what to call
   * @param mark a value that is used among the others, to be recognized in replies
   */
  RandomCalls(Random random, List<CommandRule> rules, String mark) {
    this.random = random;
    this.rules = rules;
    this.mark = mark;
  }

  Call next() {
    CommandRule rule = oneOf(rules);
    // Their replies are a thousand times as long as any other.
    while (rule.name().startsWith("COMMAND") && random.nextInt(50) != 0) {
      rule = oneOf(rules);
    }
    List<Argument> arguments = new ArrayList<>();
    if (rule.name().startsWith("EVAL")) {
      script(oneOf(SCRIPTS), rule, arguments);
    } else if (rule.name().startsWith("FCALL")) {
      script(rule.name().equals("FCALL") ? "touch" : "look", rule, arguments);
    } else {
      add(rule.grammar().root(), rule, arguments);
    }
    Call call = new Call(rule, arguments);
    return waitsForever(call) ? next() : call;
  }

  /** XREAD and XREADGROUP with BLOCK 0, on streams that nobody may ever write to. */
  private static boolean waitsForever(Call call) {
    List<Argument> arguments = call.arguments();
    for (int i = 1; i < arguments.size(); i++) {
      if (arguments.get(i - 1).word().equalsIgnoreCase("BLOCK")
          && arguments.get(i).word().equals("0")) {
        return true;
      }
    }
    return false;
  }

  private void script(String what, CommandRule rule, List<Argument> to) {
    value(rule.name().startsWith("EVALSHA") ? Sha1.hex(what) : what, to);
    int keys = random.nextInt(4);
    value(Integer.toString(keys), to);
    for (int i = 0; i < keys; i++) {
      name(NameKind.KEY, rule, to);
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      argument(null, rule, to);
    }
  }

  private void add(Signature.Node node, CommandRule rule, List<Argument> to) {
    if (node instanceof Signature.Token token) {
      value(random.nextInt(4) == 0 ? token.word.toLowerCase(Locale.ROOT) : token.word, to);
    } else if (node instanceof Signature.Single single) {
      if (!single.optional || random.nextBoolean()) {
        argument(single.kind, rule, to);
      }
    } else if (node instanceof Signature.Positive) {
      value(oneOf(List.of("1", "100", "1000", "0")), to);
    } else if (node instanceof Signature.Repeated repeated) {
      for (int i = repeated.min + random.nextInt(4); i > 0; i--) {
        argument(repeated.kind, rule, to);
      }
    } else if (node instanceof Signature.Sequence sequence) {
      for (Signature.Node part : sequence.parts) {
        add(part, rule, to);
      }
    } else if (node instanceof Signature.Optional optional) {
      times(random.nextInt(2), optional.part, rule, to);
    } else if (node instanceof Signature.Choice choice) {
      choice(choice, rule, to);
    } else if (node instanceof Signature.Group group) {
      times(group.atLeast + random.nextInt(3), group.part, rule, to);
    } else if (node instanceof Signature.Counted counted) {
      int count = random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(3);
      value(Integer.toString(count), to);
      times(count, counted.part, rule, to);
    } else if (node instanceof Signature.Half half) {
      int count = 1 + random.nextInt(2);
      for (int i = 0; i < count; i++) {
        argument(half.kind, rule, to);
      }
      for (int i = 0; i < count; i++) {
        argument(null, rule, to);
      }
    } else {
      throw new AssertionError("a piece of grammar that cannot be generated: " + node);
    }
  }

  private void times(int times, Signature.Node part, CommandRule rule, List<Argument> to) {
    for (int i = 0; i < times; i++) {
      add(part, rule, to);
    }
  }

  private void choice(Signature.Choice choice, CommandRule rule, List<Argument> to) {
    List<Signature.Node> allowed = new ArrayList<>();
    for (Signature.Node alternative : choice.alternatives) {
      Signature.Token opening = alternative.opening();
      if (opening == null || !opening.attributes.refused()) {
        allowed.add(alternative);
      }
    }
    int times =
        switch (choice.times) {
          case ONCE -> 1;
          case AT_MOST_ONCE -> random.nextInt(2);
          case ANY_NUMBER -> random.nextInt(3);
        };
    for (int i = 0; i < times && !allowed.isEmpty(); i++) {
      add(oneOf(allowed), rule, to);
    }
  }

  private void argument(@Nullable NameKind kind, CommandRule rule, List<Argument> to) {
    if (kind != null) {
      name(kind, rule, to);
    } else if (random.nextInt(16) == 0) {
      value(random.nextBoolean() ? mark : oneOf(HOSTILE), to);
    } else {
      value(oneOf(VALUES), to);
    }
  }

  private void name(NameKind kind, CommandRule rule, List<Argument> to) {
    String name =
        switch (kind) {
          case KEY_PATTERN, CHANNEL_PATTERN -> oneOf(PATTERNS);
          case LOOKUP -> oneOf(LOOKUPS);
          default ->
              switch (random.nextInt(8)) {
                case 0, 1, 2, 3 -> TYPED.getOrDefault(rule.group(), oneOf(NAMES));
                case 4, 5, 6 -> oneOf(NAMES);
                default -> oneOf(FOREIGN);
              };
        };
    to.add(new Argument(name, kind));
  }

  private static void value(String word, List<Argument> to) {
    to.add(new Argument(word, null));
  }

  private <T> T oneOf(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }
}
