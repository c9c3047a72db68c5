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
    // An administrator without the right to ask would hear nothing but denials.
    node.ask("ACL", "DRYRUN", node.text("ACL", "WHOAMI"), "PING");
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

  /** What the server says of a call. */
  enum Answer {
    YES,
    NO,
    /** The server cannot make sense of the call, so nothing is known of better ones. */
    NOT_A_CALL
  }

  /**
   * Whether the server would let the user run these. Only OK is a yes: a no is a sentence that
   * differs from version to version. An error that is not about the call is none of these: a server
   * that answers no question has not denied anything.
   *
   * @throws ServerRefusedException if the server does not answer
   */
  List<Answer> ask(String user, List<List<String>> calls) {
    asked += calls.size();
    List<List<String>> questions = new ArrayList<>();
    for (List<String> call : calls) {
      List<String> words = new ArrayList<>(List.of("ACL", "DRYRUN", user));
      words.addAll(call);
      questions.add(words);
    }
    return node.askAllReadOnly(questions).stream().map(Questions::answer).toList();
  }

  private static Answer answer(@Nullable Object reply) {
    if (reply instanceof ServerRefusedException refusal) {
      Throwable said = refusal.getCause();
      if (said == null || !String.valueOf(said.getMessage()).startsWith("ERR ")) {
        throw refusal;
      }
      return Answer.NOT_A_CALL;
    }
    return "OK".equals(reply) ? Answer.YES : Answer.NO;
  }

  boolean permits(String user, List<String> call) {
    return ask(user, List.of(call)).get(0) == Answer.YES;
  }

  /**
   * Whether the user may run the command, be it with one of its own keys. Of a command that nobody
   * knows how to call, the user's rules tell.
   */
  boolean mayRun(String user, CommandShape shape, Set<String> ownKeys, UserState state) {
    List<List<String>> calls = new ArrayList<>();
    calls.add(shape.sample(place -> "x").words());
    if (shape.hasKeys()) {
      ownKeys.forEach(key -> calls.add(shape.sample(place -> key).words()));
    }
    List<Answer> answers = ask(user, calls);
    return answers.contains(Answer.YES)
        || (answers.contains(Answer.NOT_A_CALL) && state.mayRun(shape.name()));
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
