package io.tenantredis.internal.connection;

import io.lettuce.core.cluster.SlotHash;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which primary of a cluster serves which slot, and which replicas copy it, as one node said it.
 * Immutable.
 */
public final class SlotMap {

  private final @Nullable Shard[] shards;
  private final Set<NodeAddress> primaries;
  private final Set<NodeAddress> replicas;

  private SlotMap(@Nullable Shard[] shards, Set<NodeAddress> primaries, Set<NodeAddress> replicas) {
    this.shards = shards;
    this.primaries = Set.copyOf(primaries);
    this.replicas = Set.copyOf(replicas);
  }

  /**
   * Reads the reply to {@code CLUSTER SLOTS}.
   *
   * @param speaker who said it
   * @throws IllegalArgumentException if it is none, or names no slot
   */
  public static SlotMap parse(List<?> reply, NodeAddress speaker) {
    @Nullable Shard[] shards = new Shard[SlotHash.SLOT_COUNT];
    Set<NodeAddress> primaries = new LinkedHashSet<>();
    Set<NodeAddress> replicas = new LinkedHashSet<>();
    for (Object element : reply) {
      if (!(element instanceof List<?> range)
          || range.size() < 3
          || !(range.get(0) instanceof Long from)
          || !(range.get(1) instanceof Long to)
          || from < 0
          || from > to
          || to >= SlotHash.SLOT_COUNT) {
        throw noReply();
      }
      NodeAddress owner = node(range.get(2), speaker);
      if (owner != null) {
        Shard shard = new Shard(owner, copies(range, owner, speaker));
        primaries.add(owner);
        replicas.addAll(shard.replicas());
        for (int slot = from.intValue(); slot <= to; slot++) {
          shards[slot] = shard;
        }
      }
    }
    if (primaries.isEmpty()) {
      throw new IllegalArgumentException(
          speaker + " knows no node that serves a slot: is it part of a cluster?");
    }
    return new SlotMap(shards, primaries, replicas);
  }

  private static List<NodeAddress> copies(List<?> range, NodeAddress owner, NodeAddress speaker) {
    List<NodeAddress> copies = new ArrayList<>();
    for (Object element : range.subList(3, range.size())) {
      NodeAddress copy = node(element, speaker);
      if (copy != null && !copy.equals(owner) && !copies.contains(copy)) {
        copies.add(copy);
      }
    }
    return copies;
  }

  private static @Nullable NodeAddress node(Object element, NodeAddress speaker) {
    if (!(element instanceof List<?> node)
        || node.size() < 2
        || !(node.get(1) instanceof Long port)) {
      throw noReply();
    }
    return NodeAddress.of(
        node.get(0) instanceof byte[] host ? new String(host, StandardCharsets.UTF_8) : null,
        port,
        speaker);
  }

  private static IllegalArgumentException noReply() {
    return new IllegalArgumentException("This is no reply to CLUSTER SLOTS");
  }

  /** The primary that serves a slot; null if none does. */
  public @Nullable NodeAddress owner(int slot) {
    Shard shard = shards[slot];
    return shard == null ? null : shard.primary();
  }

  /** The nodes that have the keys of a slot. */
  public Shard shard(int slot) {
    Shard shard = shards[slot];
    return shard == null ? Shard.UNKNOWN : shard;
  }

  /** All that serve a slot. */
  public Set<NodeAddress> primaries() {
    return primaries;
  }

  /** All that copy one that does. */
  public Set<NodeAddress> replicas() {
    return replicas;
  }
}
