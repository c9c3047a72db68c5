package io.tenantredis.internal.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The nodes that one read may go to, one after the other. For one thread at a time. */
public final class ReadOrder {

  private final List<ReadTarget> targets;
  private int next;
  private @Nullable ReplicaConnection replica;

  private ReadOrder(List<ReadTarget> targets) {
    this.targets = targets;
  }

  /**
   * An order for one read.
   *
   * @param first where in the list to begin
   * @param promising who is asked before the others
   */
  static ReadOrder of(List<ReadTarget> selected, int first, Predicate<ReadTarget> promising) {
    int size = selected.size();
    List<ReadTarget> ordered = new ArrayList<>(size);
    List<ReadTarget> others = null;
    for (int i = 0; i < size; i++) {
      ReadTarget target = selected.get((first + i) % size);
      if (size == 1 || promising.test(target)) {
        ordered.add(target);
      } else {
        others = others == null ? new ArrayList<>(size) : others;
        others.add(target);
      }
    }
    if (others != null) {
      ordered.addAll(others);
    }
    return new ReadOrder(ordered);
  }

  public boolean hasNext() {
    return next < targets.size();
  }

  /** The next one, which is where the read is from now on. */
  public ReadTarget next() {
    replica = null;
    return targets.get(next++);
  }

  /** The replica where the read is now; null while it is at the primary. */
  public @Nullable ReplicaConnection replica() {
    return replica;
  }

  /** Which replica the last one is. */
  public void replica(ReplicaConnection connection) {
    replica = connection;
  }
}
