package io.tenantredis.admin;

import io.lettuce.core.CopyArgs;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RestoreArgs;
import io.lettuce.core.cluster.SlotHash;
import io.tenantredis.KeyPrefixTemplate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Brings the keys of one tenant from their legacy names into its prefix: copies, and proves that
 * the copies are the same. {@code docs/adopting.md} describes the whole way.
 *
 * <p>Keys are found with {@code SCAN}, on every server that takes writes, and handled in batches. A
 * name that is inside the prefix of any tenant is none of the legacy ones and is left alone. The
 * old keys stay; nothing is ever written to a legacy name.
 *
 * <p>Work that was stopped, or failed, is begun again by the same call: what is there already costs
 * one question a key.
 *
 * <p>Thread-safe. Blocks, see {@link TenantRedisAdmin}.
 */
public final class KeyAdoption {

  /** By how much the times to live of a key and its copy may differ, in milliseconds. */
  private static final long TTL_TOLERANCE_MILLIS = 1000;

  private final TenantKeyspace legacy;
  private final TenantKeyspace own;
  private final KeyPrefixTemplate template;

  KeyAdoption(TenantKeyspace legacy, TenantKeyspace own, KeyPrefixTemplate template) {
    this.legacy = legacy;
    this.own = own;
    this.template = template;
  }

  /**
   * Counts what a copy would do, and changes nothing.
   *
   * @return the report
   */
  public AdoptionReport dryRun() {
    Counts counts = new Counts("copy", true);
    walk(
        counts,
        () -> false,
        report -> {},
        (keys, routing) -> {
          for (boolean there : present(keys, routing)) {
            counts.add(there ? Result.PRESENT : Result.DONE);
          }
        });
    return counts.report();
  }

  /**
   * Copies each key, with its value and its time to live, to the same name inside the prefix. On
   * one server each copy is one command ({@code COPY}); between slots of a cluster it is made of
   * {@code DUMP} and {@code RESTORE}, and what is written to the old key between the two is not in
   * the copy.
   *
   * @param conflict what to do with a prefixed name that is there: {@link ImportConflict#KEEP} is
   *     right while applications write to it, and {@link ImportConflict#REPLACE} undoes what they
   *     wrote
   * @param stop asked between batches: whether to end here
   * @param progress gets the report so far, after each batch, on the calling thread
   * @return the report
   * @throws AdminException if a prefixed name is there and that is a failure, or a server refuses
   */
  public AdoptionReport copy(
      ImportConflict conflict, BooleanSupplier stop, Consumer<AdoptionReport> progress) {
    Counts counts = new Counts("copy", false);
    boolean cluster = own.isCluster();
    walk(counts, stop, progress, (keys, routing) -> copy(keys, routing, cluster, conflict, counts));
    return counts.report();
  }

  /**
   * Compares each key with its copy: type, value, and time to live to within {@value
   * #TTL_TOLERANCE_MILLIS} ms. Values are the same when they are serialized alike ({@code DUMP});
   * hashes and sets, which one server may keep in another order than the other, also when they have
   * the same elements (times to live of single fields are not compared then).
   *
   * <p>A key that is being written to is different as long as the copy is older: verify when nobody
   * writes to legacy names any more.
   *
   * @param stop asked between batches: whether to end here
   * @param progress gets the report so far, after each batch, on the calling thread
   * @param notTheSame gets the legacy name of each key that is different or missing
   * @return the report
   */
  public AdoptionReport verify(
      BooleanSupplier stop, Consumer<AdoptionReport> progress, Consumer<byte[]> notTheSame) {
    Counts counts = new Counts("verify", true);
    walk(counts, stop, progress, (keys, routing) -> compare(keys, routing, counts, notTheSame));
    return counts.report();
  }

  private interface Work {
    void on(List<byte[]> keys, Function<byte[], AdminNode> routing);
  }

  private void walk(
      Counts counts, BooleanSupplier stop, Consumer<AdoptionReport> progress, Work work) {
    Function<byte[], AdminNode> routing = own.routing();
    for (AdminNode node : legacy.primaries()) {
      String cursor = "0";
      do {
        if (stop.getAsBoolean()) {
          return;
        }
        TenantKeyspace.Batch batch = legacy.scan(node, cursor);
        List<byte[]> keys = new ArrayList<>(batch.keys());
        keys.removeIf(template::holds);
        counts.legacyKeys += keys.size();
        for (int from = 0; from < keys.size(); from += TenantKeyspace.PIPELINE) {
          int to = Math.min(from + TenantKeyspace.PIPELINE, keys.size());
          work.on(keys.subList(from, to), routing);
        }
        progress.accept(counts.report());
        cursor = batch.cursor();
      } while (!cursor.equals("0"));
    }
    counts.finished = true;
    progress.accept(counts.report());
  }

  private byte[] ownName(byte[] legacyName) {
    return own.whole(legacy.relative(legacyName));
  }

  private List<Boolean> present(List<byte[]> keys, Function<byte[], AdminNode> routing) {
    List<@Nullable Long> counts =
        KeyQuestion.each(
            "EXISTS",
            keys.stream().map(this::ownName).toList(),
            routing,
            (commands, key) -> commands.exists(key));
    return counts.stream().map(count -> count != null && count > 0).toList();
  }

  private void copy(
      List<byte[]> keys,
      Function<byte[], AdminNode> routing,
      boolean cluster,
      ImportConflict conflict,
      Counts counts) {
    List<Boolean> present = present(keys, routing);
    List<byte[]> wanted = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      if (conflict == ImportConflict.REPLACE || !present.get(i)) {
        wanted.add(keys.get(i));
      } else if (conflict == ImportConflict.KEEP) {
        counts.add(Result.PRESENT);
      } else {
        throw new AdminException(
            "A prefixed name is there already, and nothing of it was changed: choose to keep or to"
                + " replace existing keys. What was copied before stays.");
      }
    }
    boolean replace = conflict == ImportConflict.REPLACE;
    List<byte[]> together = new ArrayList<>();
    List<byte[]> apart = new ArrayList<>();
    for (byte[] key : wanted) {
      boolean oneCommand = !cluster || SlotHash.getSlot(key) == SlotHash.getSlot(ownName(key));
      (oneCommand ? together : apart).add(key);
    }
    copyTogether(together, routing, replace, counts, apart);
    copyApart(apart, routing, replace, counts);
  }

  private record Reply<T>(AdminNode node, RedisFuture<T> future) {}

  /** Copies within a slot. What the server cannot copy is added to {@code others}. */
  private void copyTogether(
      List<byte[]> keys,
      Function<byte[], AdminNode> routing,
      boolean replace,
      Counts counts,
      List<byte[]> others) {
    List<Reply<Boolean>> underWay = new ArrayList<>();
    for (byte[] key : keys) {
      AdminNode node = routing.apply(key);
      underWay.add(
          new Reply<>(
              node, node.binary().copy(key, ownName(key), new CopyArgs().replace(replace))));
    }
    for (int i = 0; i < keys.size(); i++) {
      Reply<Boolean> reply = underWay.get(i);
      try {
        boolean copied = reply.node.await("COPY", reply.future);
        counts.add(copied ? Result.DONE : notCopied(keys.get(i), routing));
      } catch (ServerRefusedException e) {
        if (!String.valueOf(e.getMessage()).contains("not supported for this module")) {
          throw e;
        }
        others.add(keys.get(i));
      }
    }
  }

  private Result notCopied(byte[] key, Function<byte[], AdminNode> routing) {
    return present(List.of(key), routing).get(0) ? Result.PRESENT : Result.GONE;
  }

  private void copyApart(
      List<byte[]> keys, Function<byte[], AdminNode> routing, boolean replace, Counts counts) {
    long asked = System.nanoTime();
    List<@Nullable Long> left =
        KeyQuestion.each("PTTL", keys, routing, (commands, key) -> commands.pttl(key));
    List<byte @Nullable []> dumps =
        KeyQuestion.each("DUMP", keys, routing, (commands, key) -> commands.dump(key));
    for (int i = 0; i < keys.size(); i++) {
      byte[] dump = dumps.get(i);
      Long millis = left.get(i);
      counts.add(
          dump == null || millis == null
              ? Result.GONE
              : restore(
                  ownName(keys.get(i)),
                  dump,
                  timeToLive(millis, millisSince(asked)),
                  replace,
                  routing));
    }
  }

  /**
   * For RESTORE, which takes zero for a key that never expires. Measured here, because the clocks
   * of two servers may differ.
   *
   * @param pttl what the server answered
   * @param passed milliseconds since it was asked
   */
  static long timeToLive(long pttl, long passed) {
    return pttl < 0 ? 0 : Math.max(1, pttl - passed);
  }

  private static long millisSince(long nanoTime) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanoTime);
  }

  private static Result restore(
      byte[] name, byte[] dump, long millis, boolean replace, Function<byte[], AdminNode> routing) {
    AdminNode node = routing.apply(name);
    RestoreArgs arguments = new RestoreArgs().replace(replace).ttl(millis);
    try {
      node.await("RESTORE", node.binary().restore(name, dump, arguments));
      return Result.DONE;
    } catch (ServerRefusedException e) {
      if (String.valueOf(e.getMessage()).contains("BUSYKEY")) {
        return Result.PRESENT;
      }
      throw e;
    }
  }

  private void compare(
      List<byte[]> keys,
      Function<byte[], AdminNode> routing,
      Counts counts,
      Consumer<byte[]> notTheSame) {
    List<byte[]> names = keys.stream().map(this::ownName).toList();
    List<Seen> before = look(keys, routing);
    List<Seen> after = look(names, routing);
    for (int i = 0; i < keys.size(); i++) {
      Result result = compare(keys.get(i), before.get(i), names.get(i), after.get(i), routing);
      counts.add(result);
      if (result == Result.DIFFERENT || result == Result.MISSING) {
        notTheSame.accept(keys.get(i));
      }
    }
  }

  /** What is known of a key: the dump is null if it is absent. */
  private static final class Seen {
    final byte @Nullable [] dump;
    final Life life;
    final String type;

    Seen(byte @Nullable [] dump, Life life, String type) {
      this.dump = dump;
      this.life = life;
      this.type = type;
    }
  }

  /**
   * When a key expires, as far as it can be told from here.
   *
   * @param pttl what the server answered
   * @param asked a nanoTime before it was asked
   * @param answered a nanoTime after it had answered
   */
  record Life(long pttl, long asked, long answered) {

    boolean mayBeThatOf(Life other) {
      if (pttl < 0 || other.pttl < 0) {
        return pttl < 0 && other.pttl < 0;
      }
      return surplusOver(other) <= TTL_TOLERANCE_MILLIS
          && other.surplusOver(this) <= TTL_TOLERANCE_MILLIS;
    }

    /** By how many milliseconds this one ends later than the other, at the least. */
    private long surplusOver(Life other) {
      return pttl - other.pttl - TimeUnit.NANOSECONDS.toMillis(other.answered - asked);
    }
  }

  private static List<Seen> look(List<byte[]> keys, Function<byte[], AdminNode> routing) {
    long asked = System.nanoTime();
    List<@Nullable Long> left =
        KeyQuestion.each("PTTL", keys, routing, (commands, key) -> commands.pttl(key));
    long answered = System.nanoTime();
    List<@Nullable String> types =
        KeyQuestion.each("TYPE", keys, routing, (commands, key) -> commands.type(key));
    List<byte @Nullable []> dumps =
        KeyQuestion.each("DUMP", keys, routing, (commands, key) -> commands.dump(key));
    List<Seen> seen = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      Long millis = left.get(i);
      seen.add(
          new Seen(
              dumps.get(i),
              new Life(millis == null ? -1 : millis, asked, answered),
              String.valueOf(types.get(i))));
    }
    return seen;
  }

  private static Result compare(
      byte[] key, Seen before, byte[] name, Seen after, Function<byte[], AdminNode> routing) {
    if (before.dump == null) {
      return Result.GONE;
    }
    if (after.dump == null) {
      return Result.MISSING;
    }
    boolean same =
        before.life.mayBeThatOf(after.life)
            && before.type.equals(after.type)
            && (Arrays.equals(before.dump, after.dump)
                || Elements.sameInAnyOrder(
                    before.type, routing.apply(key), key, routing.apply(name), name));
    return same ? Result.DONE : Result.DIFFERENT;
  }

  private enum Result {
    DONE,
    PRESENT,
    DIFFERENT,
    MISSING,
    GONE
  }

  private static final class Counts {
    private final String action;
    private final boolean dryRun;
    private final Map<Result, Long> results = new EnumMap<>(Result.class);
    private long legacyKeys;
    private boolean finished;

    Counts(String action, boolean dryRun) {
      this.action = action;
      this.dryRun = dryRun;
    }

    void add(Result result) {
      results.merge(result, 1L, Long::sum);
    }

    private long of(Result result) {
      return results.getOrDefault(result, 0L);
    }

    AdoptionReport report() {
      return new AdoptionReport(
          action,
          dryRun,
          finished,
          legacyKeys,
          of(Result.DONE),
          of(Result.PRESENT),
          of(Result.DIFFERENT),
          of(Result.MISSING),
          of(Result.GONE));
    }
  }
}
