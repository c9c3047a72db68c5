package io.tenantredis.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Where one command keeps its keys, as the server itself describes it to its ACL check, so that
 * arguments can be made with a key of one's choice in each of these places.
 *
 * @param name in lower case, subcommands as in {@code xgroup|create}
 * @param arity the number of words, negative if more may follow
 * @param keySpecs the server's key specifications
 */
record CommandShape(String name, int arity, List<KeySpec> keySpecs) {

  private static final int NAME = 0;
  private static final int ARITY = 1;
  private static final int KEY_SPECS = 8;
  private static final int SUBCOMMANDS = 9;
  private static final String FILLER = "1";

  /** Where to begin: at an index, or behind a keyword; and what stands there. */
  record KeySpec(
      int index,
      @Nullable String keyword,
      boolean counted,
      int countOffset,
      int firstKey,
      int lastKey,
      int step,
      int limit) {}

  /**
   * One call with keys.
   *
   * @param words the command and its arguments
   * @param keys the keys among them
   */
  record Sample(List<String> words, List<String> keys) {}

  /** All commands of a server, subcommands instead of the commands that hold them. */
  static List<CommandShape> of(AdminNode node) {
    List<CommandShape> shapes = new ArrayList<>();
    node.list("COMMAND").forEach(command -> collect(command, shapes));
    return shapes;
  }

  private static void collect(@Nullable Object command, List<CommandShape> shapes) {
    if (!(command instanceof List<?> details) || details.size() <= SUBCOMMANDS) {
      return;
    }
    if (details.get(SUBCOMMANDS) instanceof List<?> subcommands && !subcommands.isEmpty()) {
      subcommands.forEach(subcommand -> collect(subcommand, shapes));
      return;
    }
    List<KeySpec> specs = new ArrayList<>();
    if (details.get(KEY_SPECS) instanceof List<?> described) {
      for (Object spec : described) {
        KeySpec known = spec instanceof List<?> fields ? keySpec(AdminNode.toMap(fields)) : null;
        if (known != null) {
          specs.add(known);
        }
      }
    }
    shapes.add(
        new CommandShape(
            String.valueOf(details.get(NAME)).toLowerCase(Locale.ROOT),
            (int) number(details.get(ARITY)),
            specs));
  }

  private static @Nullable KeySpec keySpec(Map<String, @Nullable Object> fields) {
    if (fields.get("flags") instanceof List<?> flags && flags.contains("not_key")) {
      return null;
    }
    Map<String, @Nullable Object> begin = part(fields, "begin_search");
    Map<String, @Nullable Object> find = part(fields, "find_keys");
    if (begin.isEmpty() || find.isEmpty()) {
      return null;
    }
    String keyword = begin.get("keyword") == null ? null : String.valueOf(begin.get("keyword"));
    boolean counted = find.containsKey("keynumidx");
    return new KeySpec(
        (int) number(begin.get(keyword == null ? "index" : "startfrom")),
        keyword,
        counted,
        (int) number(find.get("keynumidx")),
        (int) number(find.get("firstkey")),
        (int) number(find.get("lastkey")),
        (int) Math.max(1, number(find.get("keystep"))),
        (int) number(find.get("limit")));
  }

  private static Map<String, @Nullable Object> part(
      Map<String, @Nullable Object> fields, String name) {
    return fields.get(name) instanceof List<?> part
            && AdminNode.toMap(part).get("spec") instanceof List<?> spec
        ? AdminNode.toMap(spec)
        : Map.of();
  }

  private static long number(@Nullable Object value) {
    return value instanceof Long number ? number : 0;
  }

  boolean hasKeys() {
    return !keySpecs.isEmpty();
  }

  /** A call with a key in every place that the specifications name. */
  Sample sample(IntFunction<String> key) {
    List<String> words = new ArrayList<>(List.of(name.split("\\|", -1)));
    List<String> keys = new ArrayList<>();
    int least = Math.abs(arity);
    for (KeySpec spec : keySpecs) {
      int begin;
      if (spec.keyword != null) {
        fill(words, Math.max(words.size(), Math.max(spec.index, 1)));
        words.add(spec.keyword);
        begin = words.size();
      } else {
        begin = spec.index;
        fill(words, begin);
      }
      if (spec.counted) {
        place(words, begin + spec.countOffset, "2");
        for (int i = 0; i < 2; i++) {
          placeKey(words, keys, begin + spec.firstKey + i * spec.step, key);
        }
      } else if (spec.lastKey >= 0) {
        for (int at = begin; at <= begin + spec.lastKey; at += spec.step) {
          placeKey(words, keys, at, key);
        }
      } else {
        placeToTheEnd(spec, words, keys, begin, least, key);
      }
    }
    fill(words, least);
    return new Sample(words, keys);
  }

  /** Keys up to the last word but some; behind them what belongs to them, such as stream ids. */
  private static void placeToTheEnd(
      KeySpec spec,
      List<String> words,
      List<String> keys,
      int begin,
      int least,
      IntFunction<String> key) {
    int count = 2;
    int behind = -spec.lastKey - 1;
    while (begin + count * spec.step + behind < least) {
      count++;
    }
    for (int i = 0; i < count; i++) {
      placeKey(words, keys, begin + i * spec.step, key);
    }
    int end = begin + count * spec.step + behind;
    if (spec.limit > 1) {
      end += (spec.limit - 1) * count;
    }
    fill(words, end);
  }

  private static void placeKey(
      List<String> words, List<String> keys, int at, IntFunction<String> key) {
    String chosen = key.apply(keys.size());
    place(words, at, chosen);
    keys.add(chosen);
  }

  private static void place(List<String> words, int at, String word) {
    fill(words, at + 1);
    words.set(at, word);
  }

  private static void fill(List<String> words, int size) {
    while (words.size() < size) {
      words.add(FILLER);
    }
  }
}
