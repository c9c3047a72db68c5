package io.tenantredis.test.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A command that a client sent through a {@link WireProxy}. Immutable. */
public final class SeenCommand {

  private static final int MAX_ARGUMENT = 1024;
  private static final Set<String> CONTAINERS =
      Set.of(
          "ACL",
          "CLIENT",
          "CLUSTER",
          "COMMAND",
          "CONFIG",
          "DEBUG",
          "FUNCTION",
          "LATENCY",
          "MEMORY",
          "MODULE",
          "OBJECT",
          "PUBSUB",
          "SCRIPT",
          "SENTINEL",
          "SLOWLOG",
          "XGROUP",
          "XINFO");

  private final int connection;
  private final List<byte[]> args;
  private final String name;
  private final String fullName;

  private SeenCommand(int connection, List<byte[]> args) {
    this.connection = connection;
    this.args = args;
    this.name = args.isEmpty() ? "" : text(0).toUpperCase(Locale.ROOT);
    this.fullName =
        args.size() > 1 && CONTAINERS.contains(name)
            ? name + " " + text(1).toUpperCase(Locale.ROOT)
            : name;
  }

  /** Reads the whole command in {@code bytes[start, end)}. */
  static SeenCommand parse(int connection, byte[] bytes, int start, int end) {
    return new SeenCommand(
        connection, bytes[start] == '*' ? arguments(bytes, start, end) : inline(bytes, start, end));
  }

  private static List<byte[]> arguments(byte[] bytes, int start, int end) {
    int line = RespFramer.lineEnd(bytes, start, end);
    int count = RespFramer.number(bytes, start + 1, line);
    List<byte[]> args = new ArrayList<>(Math.max(0, Math.min(count, 64)));
    int position = line + 1;
    for (int i = 0; i < count && bytes[position] == '$'; i++) {
      line = RespFramer.lineEnd(bytes, position, end);
      int length = Math.max(0, RespFramer.number(bytes, position + 1, line));
      args.add(Arrays.copyOfRange(bytes, line + 1, line + 1 + Math.min(length, MAX_ARGUMENT)));
      position = line + 1 + length + 2;
      if (position >= end) {
        break;
      }
    }
    return args;
  }

  private static List<byte[]> inline(byte[] bytes, int start, int end) {
    String line = new String(bytes, start, end - start, StandardCharsets.ISO_8859_1).trim();
    return line.isEmpty()
        ? List.of()
        : Arrays.stream(line.split("\\s+"))
            .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
            .toList();
  }

  /**
   * Which of the proxy's connections it came on, counted from 1 in the order they were accepted.
   */
  public int connection() {
    return connection;
  }

  /** The command's name in upper case, without a subcommand. */
  public String name() {
    return name;
  }

  /**
   * The name, and for commands like {@code ACL} and {@code CLIENT} also the subcommand: {@code ACL
   * WHOAMI}.
   */
  public String fullName() {
    return fullName;
  }

  /** All arguments as text (UTF-8), with the name first; each is cut to its first 1024 bytes. */
  public List<String> args() {
    List<String> texts = new ArrayList<>(args.size());
    for (int i = 0; i < args.size(); i++) {
      texts.add(text(i));
    }
    return texts;
  }

  /**
   * A copy of one argument, cut to its first 1024 bytes.
   *
   * @param index 0 is the name
   */
  public byte[] arg(int index) {
    return args.get(index).clone();
  }

  /**
   * Whether the first arguments are these words, in upper or lower case: {@code "acl", "whoami"}.
   */
  boolean startsWith(String[] words) {
    if (args.size() < words.length) {
      return false;
    }
    for (int i = 0; i < words.length; i++) {
      if (!(i == 0 ? name : text(i)).equalsIgnoreCase(words[i])) {
        return false;
      }
    }
    return true;
  }

  private String text(int index) {
    return new String(args.get(index), StandardCharsets.UTF_8);
  }

  /** Name, number of arguments and connection; not the arguments, which may be secret. */
  @Override
  public String toString() {
    return fullName()
        + " with "
        + Math.max(0, args.size() - 1)
        + " arguments on connection "
        + connection;
  }
}
