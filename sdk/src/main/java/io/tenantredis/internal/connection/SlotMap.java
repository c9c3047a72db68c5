package io.tenantredis.internal.connection;

import io.lettuce.core.cluster.SlotHash;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which primary of a cluster serves which slot, as one node said it. Immutable. */
public final class SlotMap {

  private final @Nullable NodeAddress[] owners;
  private final Set<NodeAddress> primaries;

  private SlotMap(@Nullable NodeAddress[] owners, Set<NodeAddress> primaries) {
    this.owners = owners;
    this.primaries = primaries;
  }

  /**
   * Reads the reply to {@code CLUSTER SLOTS}.
   *
   * @param speaker who said it
   * @throws IllegalArgumentException if it is none, or names no slot
   */
  public static SlotMap parse(List<?> reply, NodeAddress speaker) {
    @Nullable NodeAddress[] owners = new NodeAddress[SlotHash.SLOT_COUNT];
    Set<NodeAddress> primaries = new LinkedHashSet<>();
    for (Object element : reply) {
      if (!(element instanceof List<?> range)
          || range.size() < 3
          || !(range.get(0) instanceof Long from)
          || !(range.get(1) instanceof Long to)
          || !(range.get(2) instanceof List<?> node)
          || node.size() < 2
          || !(node.get(1) instanceof Long port)
          || from < 0
          || to >= SlotHash.SLOT_COUNT) {
        throw new IllegalArgumentException("This is no reply to CLUSTER SLOTS");
      }
      NodeAddress owner =
          NodeAddress.of(
              node.get(0) instanceof byte[] host ? new String(host, StandardCharsets.UTF_8) : null,
              port,
              speaker);
      if (owner != null) {
        primaries.add(owner);
        for (int slot = from.intValue(); slot <= to; slot++) {
          owners[slot] = owner;
        }
      }
    }
    if (primaries.isEmpty()) {
      throw new IllegalArgumentException(
          speaker + " knows no node that serves a slot: is it part of a cluster?");
    }
    return new SlotMap(owners, Set.copyOf(primaries));
  }

  /** The primary that serves a slot; null if none does. */
  public @Nullable NodeAddress owner(int slot) {
    return owners[slot];
  }

  /** All that serve a slot. */
  public Set<NodeAddress> primaries() {
    return primaries;
  }
}
