package io.tenantredis.admin;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.RestoreArgs;
import io.tenantredis.KeyPrefix;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Restores a tenant's keys from a file. Not thread-safe. */
final class DataImport {

  private static final int MOST_BYTES_AT_ONCE = 64 << 20;

  private final TenantKeyspace keyspace;
  private final KeyPrefix prefix;

  DataImport(TenantKeyspace keyspace, KeyPrefix prefix) {
    this.keyspace = keyspace;
    this.prefix = prefix;
  }

  /** A file that was read through. */
  private record Checked(DataFrame.Header header, long keys, String sha256) {}

  DataReport check(Path file) {
    Checked checked = readThrough(file);
    return new DataReport("check", true, checked.keys, 0, 0, checked.sha256);
  }

  private static Checked readThrough(Path file) {
    try (DataFileReader reader = DataFileReader.open(file)) {
      DataFrame.Header header = null;
      long keys = 0;
      for (DataFrame frame = reader.next(); frame != null; frame = reader.next()) {
        switch (frame.kind()) {
          case HEADER -> header = DataFrame.Header.of(frame);
          case KEY -> keys++;
          case CHECKPOINT -> {}
          case END -> {
            DataFrame.End end = DataFrame.End.of(frame);
            if (header == null || end.keys() != keys || reader.next() != null) {
              throw new AdminException(file + " is damaged: its parts do not fit together.");
            }
            return new Checked(header, keys, HexFormat.of().formatHex(end.sha256()));
          }
        }
      }
      throw new AdminException(
          file + " is incomplete: let the export finish, it goes on where it stopped.");
    } catch (NoSuchFileException e) {
      throw new AdminException("There is no file " + file, e);
    } catch (IOException e) {
      throw new AdminException("The file " + file + " cannot be read: " + e.getMessage(), e);
    }
  }

  DataReport run(Path file, ImportConflict conflict, LongConsumer progress) {
    Checked checked = readThrough(file);
    ImportProgress noted = new ImportProgress(file, checked.sha256 + " " + prefix);
    Function<byte[], AdminNode> routing = keyspace.routing();
    try (DataFileReader reader = DataFileReader.open(file)) {
      long start = noted.position();
      if (start > 0) {
        reader.skipTo(start);
      }
      Counts counts = new Counts(noted.keys(), noted.skipped());
      boolean resumed = start > 0;
      List<DataFrame.Key> some = new ArrayList<>();
      long bytes = 0;
      for (DataFrame frame = reader.nextUnchecked();
          frame != null;
          frame = reader.nextUnchecked()) {
        if (frame.kind() == DataFrame.Kind.KEY) {
          DataFrame.Key key = DataFrame.Key.of(frame);
          some.add(key);
          bytes += key.payload().length;
        }
        if (some.size() >= TenantKeyspace.PIPELINE || bytes >= MOST_BYTES_AT_ONCE) {
          restore(some, routing, conflict, resumed, checked.header, counts);
          resumed = false;
          some.clear();
          bytes = 0;
          noted.note(reader.position(), counts.restored, counts.skipped);
          progress.accept(counts.restored + counts.skipped);
        }
      }
      restore(some, routing, conflict, resumed, checked.header, counts);
      progress.accept(counts.restored + counts.skipped);
      noted.forget();
      return new DataReport("import", false, counts.restored, counts.skipped, 0, checked.sha256);
    } catch (IOException e) {
      throw new AdminException("The file " + file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static final class Counts {
    private long restored;
    private long skipped;

    Counts(long restored, long skipped) {
      this.restored = restored;
      this.skipped = skipped;
    }
  }

  /** Restores keys together; the first error ends the import when all have been answered. */
  private void restore(
      List<DataFrame.Key> keys,
      Function<byte[], AdminNode> routing,
      ImportConflict conflict,
      boolean resumed,
      DataFrame.Header header,
      Counts counts) {
    if (keys.isEmpty()) {
      return;
    }
    long now = routing.apply(keyspace.whole(keys.get(0).name())).timeMillis();
    List<Restoring> underWay = new ArrayList<>();
    for (DataFrame.Key key : keys) {
      if (key.expiresAt() >= 0 && key.expiresAt() <= now) {
        counts.skipped++;
        continue;
      }
      byte[] name = keyspace.whole(key.name());
      AdminNode node = routing.apply(name);
      RestoreArgs arguments = new RestoreArgs().replace(conflict == ImportConflict.REPLACE);
      if (key.expiresAt() >= 0) {
        arguments.ttl(key.expiresAt()).absttl();
      }
      underWay.add(
          new Restoring(key, name, node, node.binary().restore(name, key.payload(), arguments)));
    }
    AdminException failure = null;
    for (Restoring restoring : underWay) {
      try {
        restoring.node.await("RESTORE", restoring.reply);
        counts.restored++;
      } catch (ServerRefusedException e) {
        if (isThere(restoring, e, conflict, resumed)) {
          counts.skipped++;
        } else if (failure == null) {
          failure = explained(e, restoring.node, header);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private record Restoring(
      DataFrame.Key key, List<byte[]> names, AdminNode node, RedisFuture<String> reply) {

    Restoring(DataFrame.Key key, byte[] name, AdminNode node, RedisFuture<String> reply) {
      this(key, List.of(name), node, reply);
    }

    byte[] name() {
      return names.get(0);
    }
  }

  /**
   * Whether a key that exists is no failure: because it may, or because the import that stopped
   * here restored it itself.
   */
  private static boolean isThere(
      Restoring restoring,
      ServerRefusedException refusal,
      ImportConflict conflict,
      boolean resumed) {
    if (!String.valueOf(refusal.getMessage()).contains("BUSYKEY")) {
      return false;
    }
    if (conflict == ImportConflict.KEEP) {
      return true;
    }
    if (!resumed) {
      return false;
    }
    byte @Nullable [] there =
        restoring.node.await("DUMP", restoring.node.binary().dump(restoring.name()));
    return Arrays.equals(there, restoring.key.payload());
  }

  private static AdminException explained(
      ServerRefusedException refusal, AdminNode node, DataFrame.Header header) {
    String said = String.valueOf(refusal.getMessage());
    if (said.contains("BUSYKEY")) {
      return new AdminException(
          node.address()
              + " has a key of the file already, and nothing of it was changed: choose to keep or to"
              + " replace existing keys. What was restored before stays.",
          refusal);
    }
    if (said.contains("payload")) {
      return new AdminException(
          node.address()
              + " cannot read a value: it is "
              + node.dialect()
              + ", and the values were written by "
              + header.server()
              + ". Import them into that version or a newer one of the same product. What was"
              + " restored before stays.",
          refusal);
    }
    if (said.contains("MOVED") || said.contains("ASK ") || said.contains("TRYAGAIN")) {
      return new AdminException(
          "The cluster is moving slots: run the import again, it goes on here. " + said, refusal);
    }
    return refusal;
  }
}
