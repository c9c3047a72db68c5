package io.tenantredis.internal.keyspace;

import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one command or subcommand: one row of the command table. Retry, routing, the ACL
 * policy and the documentation read the same rule. Immutable and thread-safe.
 */
public final class CommandRule {

  /** What the table says of a command as a whole. */
  enum Flag {
    READ,
    WRITE,
    IDEMPOTENT,
    BLOCKING,
    STATEFUL,
    SCRIPT,
    PUBSUB,
    REPLIES_LATER,
    SCOPED,
    PRIMARY
  }

  private static final Map<String, ProtocolKeyword> TYPES =
      Arrays.stream(CommandType.values())
          .collect(Collectors.toMap(CommandType::toString, Function.identity(), (a, b) -> a));

  private static final Set<String> MODULES =
      Set.of("bloom", "json", "search", "timeseries", "vector");

  /** Stands in place of a version in rules that the application added for modules of its own. */
  public static final String OF_APPLICATION = "application";

  private final String name;
  private final String group;
  private final String since;
  private final @Nullable Signature signature;
  private final ReplyNames reply;
  private final Set<Flag> flags;
  private final String note;
  private final boolean narrowed;
  private final ProtocolKeyword type;
  private final int words;

  CommandRule(
      String name,
      String group,
      String since,
      @Nullable Signature signature,
      ReplyNames reply,
      Set<Flag> flags,
      String note,
      boolean narrowed) {
    this.name = name;
    this.group = group;
    this.since = since;
    this.signature = signature;
    this.reply = reply;
    this.flags = Set.copyOf(flags);
    this.note = note;
    this.narrowed = narrowed;
    String word = name.indexOf(' ') < 0 ? name : name.substring(0, name.indexOf(' '));
    this.words = word.equals(name) ? 1 : 2;
    ProtocolKeyword known = TYPES.get(word);
    this.type = known != null ? known : new Word(word);
  }

  /** The same rule for an application that took the command away from its tenants. */
  CommandRule taken() {
    return new CommandRule(name, group, since, signature, reply, flags, note, true);
  }

  /**
   * The command, with its subcommand where it has one.
   *
   * @return the name in upper case, such as {@code XGROUP CREATE}
   */
  public String name() {
    return name;
  }

  /**
   * The family of the command.
   *
   * @return for example {@code hash} or {@code search}
   */
  public String group() {
    return group;
  }

  /**
   * The first version that has the command.
   *
   * @return for example {@code 6.2} or {@code valkey 8.1}, or {@link #OF_APPLICATION}
   */
  public String since() {
    return since;
  }

  /**
   * The grammar of the arguments behind the name.
   *
   * @return the text of the grammar, or {@code refused}
   */
  public String signature() {
    return signature == null ? "refused" : signature.toString();
  }

  /**
   * What a reader should know of the command; for a refused one why, and after {@code "instead: "}
   * what to use.
   *
   * @return the note, possibly empty
   */
  public String note() {
    return note;
  }

  /**
   * Whether no tenant may run this command, be it by the table or because the application took it
   * away.
   *
   * @return whether it is refused
   */
  public boolean isRefused() {
    return signature == null || narrowed;
  }

  /**
   * Whether the application took this command away from its tenants.
   *
   * @return whether it is refused for that reason
   */
  public boolean isNarrowed() {
    return narrowed;
  }

  /**
   * Whether the command only reads.
   *
   * @return whether it reads and never writes
   */
  public boolean isRead() {
    return flags.contains(Flag.READ);
  }

  /**
   * Whether a replica may answer the command: it reads keys that it names, and neither its answer
   * nor a cursor in it is of one server's own. Options of a call can change that: ask the {@link
   * GuardedCommand}.
   *
   * @return whether it need not go to the primary
   */
  public boolean isForReplicas() {
    return isRead() && hasKeys() && !isScoped() && !isStateful() && !flags.contains(Flag.PRIMARY);
  }

  /**
   * Whether the command writes data.
   *
   * @return whether it does
   */
  public boolean isWrite() {
    return flags.contains(Flag.WRITE);
  }

  /**
   * Whether a caller cannot tell a call that ran twice from one that ran once. Options of a call
   * can change that: ask the {@link GuardedCommand}.
   *
   * @return whether it is idempotent
   */
  public boolean isIdempotent() {
    return flags.contains(Flag.IDEMPOTENT);
  }

  /**
   * Whether each call waits on the server. Options of a call can make others wait: ask the {@link
   * GuardedCommand}.
   *
   * @return whether it is blocking
   */
  public boolean isBlocking() {
    return flags.contains(Flag.BLOCKING);
  }

  /**
   * Whether the command waits on the server, always or with an option.
   *
   * @return whether some call of it may be blocking
   */
  public boolean mayBlock() {
    Signature grammar = grammar();
    return isBlocking() || (grammar != null && grammar.toString().contains("^blocking"));
  }

  /**
   * Whether the command changes the state of its connection or depends on it.
   *
   * @return whether it needs a connection that nobody shares
   */
  public boolean isStateful() {
    return flags.contains(Flag.STATEFUL);
  }

  /**
   * Whether the command runs code on the server, so that an error does not prove that nothing was
   * changed.
   *
   * @return whether it does
   */
  public boolean isScript() {
    return flags.contains(Flag.SCRIPT);
  }

  /**
   * Whether the command belongs on a subscriber's connection.
   *
   * @return whether it does
   */
  public boolean isPubSub() {
    return flags.contains(Flag.PUBSUB);
  }

  /**
   * Whether the command walks through the keys of one server, a cursor at a time.
   *
   * @return whether it is SCAN or the like
   */
  public boolean isKeyspaceWide() {
    return isScoped() && hasMatch();
  }

  /**
   * Whether a module of the server executes the command, be it one of the application's own, whose
   * errors begin with whatever word it likes.
   *
   * @return whether it does
   */
  public boolean isOfModule() {
    return MODULES.contains(group) || since.equals(OF_APPLICATION);
  }

  /**
   * Whether the names among the arguments of this command are keys that a cluster routes by, keys
   * otherwise, channels or nothing.
   *
   * @return whether an argument can be a key
   */
  public boolean hasKeys() {
    return signature != null && signature.mentions(NameKind.KEY);
  }

  /**
   * Whether the replies come as messages of their own, so that their names are translated where
   * messages are.
   */
  boolean repliesLater() {
    return flags.contains(Flag.REPLIES_LATER);
  }

  /** How many words the name has: where the arguments begin. */
  int words() {
    return words;
  }

  @Nullable Signature grammar() {
    return signature;
  }

  ReplyNames reply() {
    return reply;
  }

  Set<Flag> flags() {
    return flags;
  }

  /**
   * What Lettuce is told this command is: from the bytes, not from what the application's object
   * says.
   */
  ProtocolKeyword type() {
    return type;
  }

  /** Whether a call that names no pattern gets one over all names of the tenant. */
  boolean isScoped() {
    return flags.contains(Flag.SCOPED);
  }

  /** Whether the pattern of a call stands behind the word MATCH. */
  boolean hasMatch() {
    return signature != null && signature.mentions(NameKind.KEY_PATTERN);
  }

  @Override
  public String toString() {
    return name + " " + signature();
  }

  private record Word(String word) implements ProtocolKeyword {

    @Override
    public byte[] getBytes() {
      return word.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public String toString() {
      return word;
    }
  }
}
