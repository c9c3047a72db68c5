package io.tenantredis.reliability;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.Outcome;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.reliability.Load.Verdict;
import io.tenantredis.test.server.RespConnection;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Phaser;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thread of a {@link Load}, with keys of its own and a record of all it was told.
 *
 * <p>Each value names its tenant, its key and a nonce, so that a reply of any other command is
 * recognised. What must not run twice (RPUSH, XADD, a script, INCR) leaves an id, or a count, that
 * is used once. What was told is judged against what the server holds.
 */
final class Worker implements Runnable {

  private static final int KEYS = 10;
  private static final int MAX_QUOTED = 5;
  private static final String APPEND = "redis.call('RPUSH', KEYS[1], ARGV[1]) return ARGV[1]";

  private final RedisCommands<String, String> commands;
  private final String tenant;
  private final String prefix;
  private final String name;
  private final Phaser holding = new Phaser(1);
  private volatile boolean ended;
  private volatile boolean held;
  private volatile boolean resting;
  private volatile boolean marked;

  /** What a key may hold: the last value that was acknowledged, and all whose fate is unknown. */
  private final Map<String, Set<String>> possible = new HashMap<>();

  private final Set<String> acknowledged = new HashSet<>();
  private final Map<Outcome, Set<String>> failed = new EnumMap<>(Outcome.class);
  private final List<String> untyped = new ArrayList<>();
  private long incremented;
  private long incrementsUnknown;
  private long lastCount;
  private long lastLength;
  private String lastEntry = "";

  int calls;
  int failures;
  volatile @Nullable String firstFailure;
  final List<String> misplaced = new ArrayList<>();
  final List<Long> nanosBefore = new ArrayList<>();
  final List<Long> nanosMarked = new ArrayList<>();

  Worker(RedisCommands<String, String> commands, String tenant, String prefix, String name) {
    this.commands = commands;
    this.tenant = tenant;
    this.prefix = prefix;
    this.name = name;
    for (Outcome outcome : Outcome.values()) {
      failed.put(outcome, new HashSet<>());
    }
  }

  void end() {
    ended = true;
  }

  void mark() {
    marked = true;
  }

  /** Returns when no command is under way, and none will be before {@link #release()}. */
  void hold() {
    held = true;
    while (!resting && !ended) {
      Thread.onSpinWait();
    }
  }

  void release() {
    held = false;
    holding.arrive();
  }

  private void rest() {
    int phase = holding.getPhase();
    if (held) {
      resting = true;
      holding.awaitAdvance(phase);
      resting = false;
    }
  }

  @Override
  public void run() {
    for (int i = 0; !ended; i++) {
      rest();
      set("key:" + name + ":" + i % KEYS, i);
      rest();
      get("key:" + name + ":" + i % KEYS);
      rest();
      switch (i % 4) {
        case 0 -> push(id("push", i));
        case 1 -> script(id("script", i));
        case 2 -> entry(id("entry", i));
        default -> increment();
      }
    }
  }

  void getOnce() {
    get("key:" + name + ":0");
  }

  private String id(String what, int nonce) {
    return tenant + "|" + what + ":" + name + "|" + nonce;
  }

  private void set(String key, int nonce) {
    String value = tenant + "|" + key + "|" + nonce;
    Set<String> values = possible.computeIfAbsent(key, k -> new HashSet<>(Set.of("null")));
    Told<String> told = call(() -> commands.set(prefix + key, value));
    if (told.outcome == null) {
      expect("SET " + key, "OK".equals(told.reply), told.reply);
      // What is unknown may still be executed, later than this.
      values.removeIf(old -> !failed.get(Outcome.UNKNOWN).contains(old));
      values.add(value);
    } else if (told.outcome == Outcome.UNKNOWN) {
      values.add(value);
      failed.get(Outcome.UNKNOWN).add(value);
    }
  }

  private void get(String key) {
    Told<String> told = call(() -> commands.get(prefix + key));
    if (told.outcome == null) {
      Set<String> values = possible.getOrDefault(key, Set.of("null"));
      expect("GET " + key, values.contains(String.valueOf(told.reply)), told.reply);
    }
  }

  private void push(String id) {
    Told<Long> told = call(() -> commands.rpush(prefix + "push:" + name, id));
    note(id, told.outcome);
    if (told.outcome == null) {
      long length = told.reply == null ? 0 : told.reply;
      expect("RPUSH " + id, length > lastLength && length <= calls, length);
      lastLength = length;
    }
  }

  private void script(String id) {
    Told<String> told =
        call(
            () ->
                commands.eval(
                    APPEND, ScriptOutputType.VALUE, new String[] {prefix + "script:" + name}, id));
    note(id, told.outcome);
    if (told.outcome == null) {
      expect("EVAL " + id, id.equals(told.reply), told.reply);
    }
  }

  private void entry(String id) {
    Told<String> told = call(() -> commands.xadd(prefix + "entry:" + name, Map.of("id", id)));
    note(id, told.outcome);
    if (told.outcome == null) {
      String entry = String.valueOf(told.reply);
      boolean later =
          entry.matches("\\d{13}-\\d+")
              && (entry.length() > lastEntry.length() || entry.compareTo(lastEntry) > 0);
      expect("XADD " + id, later, entry);
      lastEntry = entry;
    }
  }

  private void increment() {
    Told<Long> told = call(() -> commands.incr(prefix + "count:" + name));
    if (told.outcome == null) {
      incremented++;
      long count = told.reply == null ? 0 : told.reply;
      expect("INCR count:" + name, count > lastCount && count <= calls, count);
      lastCount = count;
    } else if (told.outcome == Outcome.UNKNOWN) {
      incrementsUnknown++;
    }
  }

  private void note(String id, @Nullable Outcome outcome) {
    if (outcome == null) {
      acknowledged.add(id);
    } else {
      failed.get(outcome).add(id);
    }
  }

  private void expect(String command, boolean right, @Nullable Object reply) {
    if (!right) {
      misplaced.add(tenant + " asked " + command + " and was told '" + reply + "'");
    }
  }

  /** A reply, or what is known of a command that failed. */
  private record Told<T>(@Nullable T reply, @Nullable Outcome outcome) {}

  private <T> Told<T> call(Supplier<T> command) {
    long start = System.nanoTime();
    calls++;
    try {
      return new Told<>(command.get(), null);
    } catch (RuntimeException failure) {
      failures++;
      firstFailure = firstFailure == null ? failure.toString() : firstFailure;
      if (failure instanceof TenantRedisFailure typed) {
        return new Told<>(null, typed.outcome());
      }
      untyped.add(failure.toString());
      return new Told<>(null, Outcome.UNKNOWN);
    } finally {
      (marked ? nanosMarked : nanosBefore).add(System.nanoTime() - start);
    }
  }

  int failed(Outcome outcome) {
    return failed.get(outcome).size()
        + (outcome == Outcome.UNKNOWN ? Math.toIntExact(incrementsUnknown) : 0);
  }

  void judge(Function<String, RespConnection> owner, String keys, Verdict verdict) {
    List<String> applied = new ArrayList<>();
    for (String list : List.of("push:", "script:")) {
      String key = keys + list + name;
      owner
          .apply(key)
          .list("LRANGE", key, "0", "-1")
          .forEach(id -> applied.add(String.valueOf(id)));
    }
    String entries = keys + "entry:" + name;
    for (Object entry : owner.apply(entries).list("XRANGE", entries, "-", "+")) {
      applied.add(String.valueOf(((List<?>) ((List<?>) entry).get(1)).get(1)));
    }
    Set<String> once = new HashSet<>(applied);
    verdict.idsTwice += applied.size() - once.size();
    List<String> lost = acknowledged.stream().filter(id -> !once.contains(id)).toList();
    verdict.lost += lost.size();
    quote(verdict, "acknowledged and not there", lost);
    Set<String> seen = new HashSet<>();
    quote(verdict, "applied twice", applied.stream().filter(id -> !seen.add(id)).toList());
    for (Outcome outcome : new Outcome[] {Outcome.NOT_SENT, Outcome.REJECTED}) {
      quote(
          verdict,
          "reported as " + outcome + " and applied",
          failed.get(outcome).stream().filter(once::contains).toList());
    }
    quote(
        verdict,
        "applied and reported as nothing",
        once.stream()
            .filter(id -> !acknowledged.contains(id))
            .filter(id -> failed.values().stream().noneMatch(ids -> ids.contains(id)))
            .toList());
    quote(verdict, "untyped failures", untyped);
    judgeCount(owner, keys + "count:" + name, verdict);
  }

  private void judgeCount(Function<String, RespConnection> owner, String key, Verdict verdict) {
    String held = String.valueOf(owner.apply(key).tryCommand("GET", key));
    long count = held.equals("null") ? 0 : Long.parseLong(held);
    long most = incremented + incrementsUnknown;
    verdict.incrementsTwice += Math.max(0, count - most);
    if (count < incremented || count > most) {
      verdict.wrong.add(
          "%s: INCR was acknowledged %d times, unknown %d times, and the count is %d"
              .formatted(tenant, incremented, incrementsUnknown, count));
    }
  }

  private void quote(Verdict verdict, String what, List<String> offending) {
    if (!offending.isEmpty()) {
      verdict.wrong.add(
          "%s: %d %s: %s"
              .formatted(
                  tenant,
                  offending.size(),
                  what,
                  offending.subList(0, Math.min(MAX_QUOTED, offending.size()))));
    }
  }
}
