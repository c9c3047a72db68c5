package io.tenantredis.admin;

import io.tenantredis.KeyPrefix;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * All keys of one tenant at once: counting, measuring, exporting, importing, deleting.
 *
 * <p>Keys are found with {@code SCAN} within the tenant's prefix, on every server that takes
 * writes, in steps that keep each server busy for about half a millisecond. What is written
 * meanwhile may be missed: suspend the tenant's user first where that matters.
 *
 * <p>Each method reports progress to a consumer that gets the number of keys done so far, on the
 * calling thread. Thread-safe. Blocks, see {@link TenantRedisAdmin}.
 */
public final class TenantData {

  private static final int SAMPLE = 1000;
  private static final int DELETION_ROUNDS = 3;

  private final TenantKeyspace keyspace;
  private final KeyPrefix prefix;
  private final SecureRandom random;
  private final Clock clock;

  TenantData(AdminNodes nodes, KeyPrefix prefix, SecureRandom random, Clock clock) {
    this.keyspace = new TenantKeyspace(nodes, prefix);
    this.prefix = prefix;
    this.random = random;
    this.clock = clock;
  }

  /**
   * Counts the keys by type and estimates their memory from a random sample of at most {@value
   * #SAMPLE} ({@code MEMORY USAGE}, which itself samples the elements of large values). A key that
   * the server shows twice while it resizes its table is counted twice.
   *
   * @param progress gets the number of keys seen so far
   * @return the summary
   */
  public DataSummary summarize(LongConsumer progress) {
    Map<String, Long> byType = new TreeMap<>();
    Sample sample = new Sample();
    long[] seen = {0};
    keyspace.forEachBatch(
        (node, batch) -> {
          for (String type :
              TenantKeyspace.each(node, "TYPE", batch.keys(), key -> node.binary().type(key))) {
            byType.merge(String.valueOf(type), 1L, Long::sum);
          }
          for (byte[] key : batch.keys()) {
            sample.offer(node, key, ++seen[0]);
          }
          progress.accept(seen[0]);
        });
    byType.remove("none");
    long keys = byType.values().stream().mapToLong(Long::longValue).sum();
    return new DataSummary(keys, byType, sample.estimate(keys), sample.measured);
  }

  /**
   * Deletes all keys of the tenant, without blocking the server for large values ({@code UNLINK}).
   * It goes round until a round finds nothing, at most {@value #DELETION_ROUNDS} times: a tenant
   * that is still writing has keys afterwards, and the report says how many.
   *
   * @param dryRun whether only to count what would be deleted
   * @param progress gets the number of keys deleted so far
   * @return the report
   */
  public DataReport deleteAll(boolean dryRun, LongConsumer progress) {
    long[] done = {0};
    long found = Long.MAX_VALUE;
    for (int round = 0; found > 0 && round < (dryRun ? 1 : DELETION_ROUNDS); round++) {
      long[] inRound = {0};
      keyspace.forEachBatch(
          (node, batch) -> {
            inRound[0] += batch.keys().size();
            done[0] += dryRun ? batch.keys().size() : unlink(node, batch.keys());
            progress.accept(done[0]);
          });
      found = inRound[0];
    }
    long remaining = dryRun ? done[0] : found == 0 ? 0 : countKeys();
    return new DataReport("delete", dryRun, done[0], 0, remaining, "");
  }

  private static long unlink(AdminNode node, List<byte[]> keys) {
    long deleted = 0;
    for (Long one : TenantKeyspace.each(node, "UNLINK", keys, key -> node.binary().unlink(key))) {
      deleted += one == null ? 0 : one;
    }
    return deleted;
  }

  private long countKeys() {
    long[] keys = {0};
    keyspace.forEachBatch((node, batch) -> keys[0] += batch.keys().size());
    return keys[0];
  }

  /**
   * Writes all keys with their values and expiry to a file, as the server serializes them ({@code
   * DUMP}). It is no snapshot of one moment: each key is as it was when its turn came.
   *
   * <p>The file is {@code <file>.part} until it is complete, with a checksum for each key and one
   * over all. If that exists, the export goes on where it stopped; keys that were in the middle
   * then are in the file twice, with the same effect as once. Where the file system can, only its
   * owner may read it.
   *
   * @param file the file, which must not exist
   * @param progress gets the number of keys written so far
   * @return the report
   * @throws AdminException if the file exists or cannot be written, or the part is another tenant's
   */
  public DataReport exportTo(Path file, LongConsumer progress) {
    return new DataExport(keyspace, prefix, clock).run(file, progress);
  }

  /**
   * Reads a file of {@link #exportTo} through and checks every checksum. Asks no server.
   *
   * @param file the file
   * @return how many keys it holds, with the checksum
   * @throws AdminException if the file is incomplete, damaged, or no export
   */
  public DataReport check(Path file) {
    return new DataImport(keyspace, prefix).check(file);
  }

  /**
   * Restores the keys of a file under this tenant's prefix, which may be another than they were
   * exported under. The file is checked as a whole before the first key is restored. Keys that have
   * expired since are left out.
   *
   * <p>While it runs, {@code <file>.progress} notes how far it has come; after a failure the same
   * call goes on there. A server that cannot read the values of a newer one refuses them: the error
   * names both versions.
   *
   * @param file a file of {@link #exportTo}
   * @param conflict what to do with a key that exists
   * @param progress gets the number of keys read so far
   * @return the report
   * @throws AdminException if the file is incomplete, damaged, or no export; if a key exists and
   *     that is a failure; or if the server cannot read a value
   */
  public DataReport importFrom(Path file, ImportConflict conflict, LongConsumer progress) {
    return new DataImport(keyspace, prefix).run(file, conflict, progress);
  }

  /** A random choice among keys whose number is not known beforehand, each as likely. */
  private final class Sample {

    private record Choice(AdminNode node, List<byte[]> key) {}

    private final List<Choice> choices = new ArrayList<>();
    private long measured;

    void offer(AdminNode node, byte[] key, long position) {
      if (choices.size() < SAMPLE) {
        choices.add(new Choice(node, List.of(key)));
      } else {
        long place = (long) (random.nextDouble() * position);
        if (place < SAMPLE) {
          choices.set((int) place, new Choice(node, List.of(key)));
        }
      }
    }

    long estimate(long keys) {
      long bytes = 0;
      for (Choice choice : choices) {
        for (Long size :
            TenantKeyspace.each(
                choice.node,
                "MEMORY USAGE",
                choice.key,
                key -> choice.node.binary().memoryUsage(key))) {
          if (size != null) {
            bytes += size;
            measured++;
          }
        }
      }
      return measured == 0 ? 0 : Math.round((double) bytes / measured * keys);
    }
  }
}
