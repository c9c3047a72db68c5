package io.tenantredis.admin;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.cluster.SlotHash;
import io.tenantredis.KeyPrefix;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** All keys of one tenant, on the servers that take writes. Thread-safe. */
final class TenantKeyspace {

  /** How many keys a server looks at for one SCAN: it is busy for about half a millisecond. */
  private static final int SCAN_COUNT = 1000;

  /** How many commands are under way at once, and how many values are in memory. */
  static final int PIPELINE = 64;

  private final AdminNodes nodes;
  private final byte[] prefix;
  private final byte[] pattern;

  TenantKeyspace(AdminNodes nodes, KeyPrefix prefix) {
    this(nodes, prefix.bytes(), prefix.globEscapedBytes());
  }

  /** All keys that begin with this text, which may be empty. */
  TenantKeyspace(AdminNodes nodes, String prefix) {
    this(
        nodes,
        prefix.getBytes(StandardCharsets.US_ASCII),
        AclTexts.escapeGlob(prefix).getBytes(StandardCharsets.US_ASCII));
  }

  private TenantKeyspace(AdminNodes nodes, byte[] prefix, byte[] escaped) {
    this.nodes = nodes;
    this.prefix = prefix;
    this.pattern = Arrays.copyOf(escaped, escaped.length + 1);
    this.pattern[escaped.length] = '*';
  }

  /** Keys that one SCAN found, and where to go on; the cursor is 0 at the end. */
  record Batch(List<byte[]> keys, String cursor) {

    boolean isLast() {
      return cursor.equals("0");
    }
  }

  interface BatchConsumer {
    void accept(AdminNode node, Batch batch);
  }

  List<AdminNode> primaries() {
    return nodes.primaries();
  }

  /** Goes through all keys; one that exists all the time is there at least once. */
  void forEachBatch(BatchConsumer consumer) {
    for (AdminNode node : primaries()) {
      String cursor = "0";
      do {
        Batch batch = scan(node, cursor);
        consumer.accept(node, batch);
        cursor = batch.cursor();
      } while (!cursor.equals("0"));
    }
  }

  Batch scan(AdminNode node, String cursor) {
    KeyScanCursor<byte[]> found =
        node.askReadOnly(
            "SCAN",
            commands ->
                commands.scan(
                    ScanCursor.of(cursor), ScanArgs.Builder.limit(SCAN_COUNT).match(pattern)));
    List<byte[]> keys = new ArrayList<>();
    for (byte[] key : found.getKeys()) {
      if (belongs(key)) {
        keys.add(key);
      }
    }
    return new Batch(keys, found.getCursor());
  }

  private boolean belongs(byte[] key) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }

  /** The key without the prefix. */
  byte[] relative(byte[] key) {
    return Arrays.copyOfRange(key, prefix.length, key.length);
  }

  /** The key with the prefix. */
  byte[] whole(byte[] relative) {
    byte[] key = Arrays.copyOf(prefix, prefix.length + relative.length);
    System.arraycopy(relative, 0, key, prefix.length, relative.length);
    return key;
  }

  /** One command for each key, some at once, the replies in order. */
  static <T> List<@Nullable T> each(
      AdminNode node,
      String name,
      List<byte[]> keys,
      Function<byte[], ? extends RedisFuture<T>> command) {
    List<@Nullable T> replies = new ArrayList<>(keys.size());
    for (int from = 0; from < keys.size(); from += PIPELINE) {
      List<CompletionStage<T>> underWay = new ArrayList<>();
      for (byte[] key : keys.subList(from, Math.min(from + PIPELINE, keys.size()))) {
        underWay.add(command.apply(key));
      }
      for (CompletionStage<T> reply : underWay) {
        replies.add(node.await(name, reply));
      }
    }
    return replies;
  }

  boolean isCluster() {
    return "1".equals(nodes.seed().info("cluster").get("cluster_enabled"));
  }

  /** Which server has a key: always the same, unless it is a cluster. */
  Function<byte[], AdminNode> routing() {
    AdminNode seed = nodes.seed();
    List<AdminNode> primaries = primaries();
    if (!isCluster()) {
      if (primaries.size() != 1) {
        throw new AdminException(
            "There are " + primaries.size() + " servers that take writes, where one was expected.");
      }
      return key -> primaries.get(0);
    }
    @Nullable AdminNode[] bySlot = new AdminNode[SlotHash.SLOT_COUNT];
    for (Object range : seed.list("CLUSTER", "SLOTS")) {
      if (range instanceof List<?> fields
          && fields.get(0) instanceof Long first
          && fields.get(1) instanceof Long last
          && fields.get(2) instanceof List<?> primary) {
        AdminNode node =
            nodes.at(String.valueOf(primary.get(0)), ((Long) primary.get(1)).intValue());
        Arrays.fill(bySlot, first.intValue(), last.intValue() + 1, node);
      }
    }
    return key -> {
      AdminNode node = bySlot[SlotHash.getSlot(key)];
      if (node == null) {
        throw new AdminException(
            "The cluster has no server for slot " + SlotHash.getSlot(key) + ": repair it first.");
      }
      return node;
    };
  }
}
