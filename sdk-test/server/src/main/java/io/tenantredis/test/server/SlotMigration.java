package io.tenantredis.test.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A slot on its way from one master to another. While it lasts, the old master answers {@code ASK}
 * for keys that it does not have, and either one {@code TRYAGAIN} for several keys of which some
 * have moved.
 *
 * <p>Thread-safe.
 */
public final class SlotMigration {

  private static final int BATCH = 100;
  private static final String TIMEOUT_MILLIS = "5000";

  private final RedisCluster cluster;
  private final int slot;
  private final ClusterNode from;
  private final ClusterNode to;
  private final Administrator administrator;
  private boolean finished;

  SlotMigration(
      RedisCluster cluster,
      int slot,
      ClusterNode from,
      ClusterNode to,
      Administrator administrator) {
    this.cluster = cluster;
    this.slot = slot;
    this.from = from;
    this.to = to;
    this.administrator = administrator;
    to.command("CLUSTER", "SETSLOT", Integer.toString(slot), "IMPORTING", from.id());
    from.command("CLUSTER", "SETSLOT", Integer.toString(slot), "MIGRATING", to.id());
  }

  /** The master that had the slot before. */
  public RedisServer from() {
    return from.server();
  }

  /** The master that will have it. */
  public RedisServer to() {
    return to.server();
  }

  /**
   * Moves some keys.
   *
   * @param count how many at most, from 1 up
   * @return how many there were to move; less than {@code count} when none is left
   */
  public synchronized int moveKeys(int count) {
    requireUnfinished();
    if (count < 1) {
      throw new IllegalArgumentException("count must be at least 1: " + count);
    }
    RespConnection admin = from.server().admin();
    List<byte[]> keys =
        byteStrings(
            admin.commandBytes(
                bytes(
                    "CLUSTER", "GETKEYSINSLOT", Integer.toString(slot), Integer.toString(count))));
    if (!keys.isEmpty()) {
      List<byte[]> command =
          new ArrayList<>(
              List.of(
                  bytes(
                      "MIGRATE",
                      to.server().host(),
                      Integer.toString(to.server().peerPort()),
                      "",
                      "0",
                      TIMEOUT_MILLIS)));
      if (administrator.password() != null) {
        command.addAll(List.of(bytes("AUTH2", administrator.user(), administrator.password())));
      }
      command.addAll(List.of(bytes("KEYS")));
      command.addAll(keys);
      admin.commandBytes(command.toArray(byte[][]::new));
    }
    return keys.size();
  }

  /**
   * Moves all keys that are left, gives the slot to the new master, and waits until all nodes
   * agree.
   */
  public synchronized void finish() {
    int moved;
    do {
      moved = moveKeys(BATCH);
    } while (moved == BATCH);
    finished = true;
    String[] command = {"CLUSTER", "SETSLOT", Integer.toString(slot), "NODE", to.id()};
    // The new owner first: if the old one were told first and failed, nobody would own the slot.
    to.command(command);
    for (ClusterNode master : cluster.runningMasters()) {
      if (!master.equals(to)) {
        master.command(command);
      }
    }
    cluster.awaitAgreement();
  }

  private static byte[][] bytes(String... words) {
    byte[][] bytes = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      bytes[i] = words[i].getBytes(StandardCharsets.UTF_8);
    }
    return bytes;
  }

  private static List<byte[]> byteStrings(@Nullable Object reply) {
    List<byte[]> strings = new ArrayList<>();
    if (reply instanceof List<?> list) {
      list.forEach(element -> strings.add((byte[]) element));
    }
    return strings;
  }

  private void requireUnfinished() {
    if (finished) {
      throw new IllegalStateException("the migration is finished");
    }
  }
}
