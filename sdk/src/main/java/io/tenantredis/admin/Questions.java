package io.tenantredis.admin;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a server is asked in one verification. Not thread-safe. */
final class Questions {

  private final AdminNode node;
  private final Map<String, CommandShape> shapes = new HashMap<>();
  private final List<CommandShape> inOrder;
  private final Map<String, Boolean> seen = new HashMap<>();
  private int asked;

  Questions(AdminNode node) {
    if (!node.dialect().hasDryRun()) {
      throw new UnsupportedByServerException(
          node.address()
              + ": "
              + node.dialect()
              + " has no ACL DRYRUN. Load the users into a Redis 7.0 or newer and verify them there.");
    }
    this.node = node;
    this.inOrder = CommandShape.of(node);
    inOrder.forEach(shape -> shapes.put(shape.name(), shape));
  }

  List<CommandShape> shapes() {
    return Collections.unmodifiableList(inOrder);
  }

  @Nullable CommandShape shape(String aclName) {
    return shapes.get(aclName);
  }

  int asked() {
    return asked;
  }

  /**
   * Whether the server would let the user run this. Only OK is a yes: the other answers are
   * sentences that differ from version to version. A call that the server cannot make sense of is a
   * no, since it would not run either.
   */
  boolean permits(String user, List<String> call) {
    asked++;
    List<String> words = new ArrayList<>(List.of("ACL", "DRYRUN", user));
    words.addAll(call);
    try {
      return "OK".equals(node.ask(words));
    } catch (ServerRefusedException notACall) {
      return false;
    }
  }

  /** Whether the user may run the command, be it with one of its own keys. */
  boolean mayRun(String user, CommandShape shape, Set<String> ownKeys) {
    return permits(user, shape.sample(place -> "x").words())
        || (shape.hasKeys()
            && ownKeys.stream().anyMatch(key -> permits(user, shape.sample(place -> key).words())));
  }

  /** Whether the server finds the keys in a call where we put them. */
  boolean keysAreSeen(CommandShape shape) {
    return seen.computeIfAbsent(
        shape.name(),
        name -> {
          CommandShape.Sample sample = shape.sample(place -> "key" + place);
          List<String> words = new ArrayList<>(List.of("COMMAND", "GETKEYS"));
          words.addAll(sample.words());
          try {
            return node.ask(words) instanceof List<?> keys
                && keys.stream().map(String::valueOf).toList().equals(sample.keys());
          } catch (ServerRefusedException notACall) {
            return false;
          }
        });
  }
}
