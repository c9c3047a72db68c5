package io.tenantredis.admin;

import io.lettuce.core.api.async.RedisAsyncCommands;
import io.tenantredis.KeyPrefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Writes a tenant's keys to a file, and goes on with one that was begun. Not thread-safe. */
final class DataExport {

  private static final String START = "0";
  private static final String DONE = "0";

  private final TenantKeyspace keyspace;
  private final KeyPrefix prefix;
  private final Clock clock;

  DataExport(TenantKeyspace keyspace, KeyPrefix prefix, Clock clock) {
    this.keyspace = keyspace;
    this.prefix = prefix;
    this.clock = clock;
  }

  DataReport run(Path file, LongConsumer progress) {
    if (Files.exists(file)) {
      throw new AdminException("There is a file " + file + " already: name another.");
    }
    Path part = Path.of(file + ".part");
    try {
      Begun begun = begun(part);
      try (DataFileWriter writer =
          begun == null
              ? DataFileWriter.create(part)
              : DataFileWriter.resume(part, begun.length, begun.sha256)) {
        if (begun == null) {
          writer.write(header().frame());
        }
        return write(writer, begun, part, file, progress);
      }
    } catch (IOException e) {
      throw new AdminException("The file " + part + " cannot be written: " + e.getMessage(), e);
    }
  }

  private DataFrame.Header header() {
    AdminNode first = keyspace.primaries().get(0);
    return new DataFrame.Header(first.dialect().toString(), prefix.toString(), clock.millis());
  }

  private DataReport write(
      DataFileWriter writer, @Nullable Begun begun, Path part, Path file, LongConsumer progress)
      throws IOException {
    long keys = begun == null ? 0 : begun.keys;
    Map<String, DataFrame.Checkpoint> last = begun == null ? Map.of() : begun.checkpoints;
    for (AdminNode node : keyspace.primaries()) {
      String runId = node.info("server").getOrDefault("run_id", "");
      String cursor = cursor(last.get(node.address()), runId);
      if (cursor == null) {
        continue;
      }
      do {
        TenantKeyspace.Batch batch = keyspace.scan(node, cursor);
        keys += write(writer, node, batch.keys());
        cursor = batch.cursor();
        writer.write(new DataFrame.Checkpoint(node.address(), runId, cursor, keys).frame());
        writer.flush();
        progress.accept(keys);
      } while (!cursor.equals(DONE));
    }
    byte[] sha256 = writer.finish(keys);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    return new DataReport("export", false, keys, 0, 0, HexFormat.of().formatHex(sha256));
  }

  /** Where to go on with a server, or null if it is done. */
  private static @Nullable String cursor(DataFrame.@Nullable Checkpoint checkpoint, String runId) {
    // A cursor is a place in the hash table of one process.
    if (checkpoint == null || !checkpoint.runId().equals(runId)) {
      return START;
    }
    return checkpoint.cursor().equals(DONE) ? null : checkpoint.cursor();
  }

  private long write(DataFileWriter writer, AdminNode node, List<byte[]> keys) throws IOException {
    long written = 0;
    RedisAsyncCommands<byte[], byte[]> commands = node.binary();
    for (int from = 0; from < keys.size(); from += TenantKeyspace.PIPELINE) {
      List<byte[]> some = keys.subList(from, Math.min(from + TenantKeyspace.PIPELINE, keys.size()));
      long now = node.timeMillis();
      List<@Nullable Long> left = TenantKeyspace.each(node, "PTTL", some, commands::pttl);
      List<byte @Nullable []> payloads = TenantKeyspace.each(node, "DUMP", some, commands::dump);
      for (int i = 0; i < some.size(); i++) {
        byte[] payload = payloads.get(i);
        Long millis = left.get(i);
        // Null: deleted or expired since the SCAN.
        if (payload != null) {
          long expiresAt = millis == null || millis < 0 ? -1 : now + millis;
          writer.write(
              new DataFrame.Key(keyspace.relative(some.get(i)), expiresAt, payload).frame());
          written++;
        }
      }
    }
    return written;
  }

  /** A file that was begun, up to the last place where an export can go on. */
  private static final class Begun {
    private long length;
    private long keys;
    private MessageDigest sha256 = Digests.sha256();
    private final Map<String, DataFrame.Checkpoint> checkpoints = new LinkedHashMap<>();
  }

  private @Nullable Begun begun(Path part) throws IOException {
    if (!Files.exists(part)) {
      return null;
    }
    Begun begun = new Begun();
    try (DataFileReader reader = DataFileReader.open(part)) {
      DataFrame frame = reader.next();
      if (frame == null || frame.kind() != DataFrame.Kind.HEADER) {
        throw new AdminException(part + " holds nothing that can be continued: remove it.");
      }
      DataFrame.Header header = DataFrame.Header.of(frame);
      if (!header.prefix().equals(prefix.toString())) {
        throw new AdminException(
            part + " is an export of " + header.prefix() + ", not of " + prefix + ".");
      }
      note(begun, reader);
      readOn(reader, begun);
    }
    return begun;
  }

  private static void readOn(DataFileReader reader, Begun begun) throws IOException {
    try {
      for (DataFrame frame = reader.next(); frame != null; frame = reader.next()) {
        if (frame.kind() == DataFrame.Kind.CHECKPOINT) {
          DataFrame.Checkpoint checkpoint = DataFrame.Checkpoint.of(frame);
          begun.checkpoints.put(checkpoint.node(), checkpoint);
          begun.keys = checkpoint.keys();
          note(begun, reader);
        }
      }
    } catch (AdminException cutShort) {
      // What was being written when the export stopped; everything up to the checkpoint is good.
      return;
    }
  }

  private static void note(Begun begun, DataFileReader reader) {
    begun.length = reader.position();
    begun.sha256 = reader.digest();
  }
}
