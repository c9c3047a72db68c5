package io.tenantredis.internal.keyspace;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the signature column of the command table; its language is described at the top of {@code
 * commands.txt}.
 */
final class SignatureParser {

  private final String text;
  private int at;
  private int steps;

  private SignatureParser(String text) {
    this.text = text;
  }

  /**
   * Reads a signature.
   *
   * @throws IllegalArgumentException if the text is not one, with the position of the mistake
   */
  static Signature parse(String text) {
    SignatureParser parser = new SignatureParser(text);
    Signature.Node root = parser.sequence();
    if (parser.at < text.length()) {
      throw parser.mistake("unexpected '" + text.charAt(parser.at) + "'");
    }
    return new Signature(text.trim(), root);
  }

  private Signature.Node sequence() {
    List<Signature.Node> parts = new ArrayList<>();
    for (skipSpaces(); at < text.length() && ")]}|".indexOf(text.charAt(at)) < 0; skipSpaces()) {
      parts.add(node());
    }
    return new Signature.Sequence(parts.toArray(Signature.Node[]::new));
  }

  private Signature.Node node() {
    char c = text.charAt(at);
    return switch (c) {
      case '(' -> group();
      case '[' -> optional();
      case '{' -> choice();
      case '#' -> counted();
      case '"' -> token(quoted());
      case '.' -> {
        at++;
        yield repeatable(null);
      }
      default -> word();
    };
  }

  private Signature.Node group() {
    Signature.Node part = enclosed('(', ')');
    if (part.min == 0) {
      throw mistake("a repeated group must take at least one argument");
    }
    return new Signature.Group(
        part, accept('+') ? 1 : acceptOrFail('*', "a group needs + or * behind it"));
  }

  private Signature.Node optional() {
    Signature.Node part = enclosed('[', ']');
    if (part.min == 0) {
      throw mistake("an optional piece must take at least one argument when it is there");
    }
    return new Signature.Optional(part);
  }

  private Signature.Node choice() {
    expect('{');
    List<Signature.Node> alternatives = new ArrayList<>();
    Set<String> openings = new HashSet<>();
    boolean open = false;
    do {
      Signature.Node alternative = sequence();
      Signature.Token opening = alternative.opening();
      if (alternative.min == 0) {
        throw mistake("an alternative must take at least one argument");
      }
      if (open) {
        throw mistake("only the last alternative may begin with anything but a literal word");
      }
      if (opening == null) {
        open = true;
      } else if (!openings.add(opening.word)) {
        throw mistake("two alternatives begin with " + opening.word);
      }
      alternatives.add(alternative);
    } while (accept('|'));
    expect('}');
    Signature.Times times =
        accept('*')
            ? Signature.Times.ANY_NUMBER
            : accept('?') ? Signature.Times.AT_MOST_ONCE : Signature.Times.ONCE;
    if (open && times == Signature.Times.ANY_NUMBER) {
      throw mistake("an alternative that repeats must begin with a literal word");
    }
    return new Signature.Choice(alternatives.toArray(Signature.Node[]::new), times);
  }

  private Signature.Node counted() {
    expect('#');
    if (at < text.length() && text.charAt(at) == '(') {
      Signature.Node part = enclosed('(', ')');
      if (part.min == 0) {
        throw mistake("a counted group must take at least one argument");
      }
      return new Signature.Counted(part);
    }
    if (accept('.')) {
      return new Signature.Counted(new Signature.Single(null, false, Signature.Attributes.NONE));
    }
    return new Signature.Counted(
        new Signature.Single(kind(name()), false, Signature.Attributes.NONE));
  }

  private Signature.Node word() {
    String name = name();
    if (name.isEmpty()) {
      throw mistake("unexpected '" + text.charAt(at) + "'");
    }
    if (Character.isUpperCase(name.charAt(0)) || Character.isDigit(name.charAt(0))) {
      if (!name.equals(name.toUpperCase(Locale.ROOT))) {
        throw mistake("a literal is written in upper case: " + name);
      }
      return token(name);
    }
    if (name.equals("half")) {
      expect('(');
      NameKind kind = kind(name());
      expect(')');
      return new Signature.Half(kind);
    }
    if (name.equals("positive")) {
      return new Signature.Positive();
    }
    return repeatable(kind(name));
  }

  private Signature.Node repeatable(@Nullable NameKind kind) {
    if (accept('?')) {
      return new Signature.Single(kind, true, attributes());
    }
    if (accept('*')) {
      return new Signature.Repeated(kind, 0);
    }
    if (accept('+')) {
      return new Signature.Repeated(kind, 1);
    }
    return new Signature.Single(kind, false, attributes());
  }

  private Signature.Node token(String word) {
    byte[] upper = word.toUpperCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
    return new Signature.Token(word, upper, attributes());
  }

  private Signature.Attributes attributes() {
    int flags = 0;
    boolean refused = false;
    while (accept('^')) {
      String attribute = name();
      switch (attribute) {
        case "blocking" -> flags |= CallFlags.BLOCKING;
        case "once" -> flags |= CallFlags.ONCE;
        case "refused" -> refused = true;
        case "bare" -> flags |= CallFlags.BARE;
        case "step" -> flags |= CallFlags.step(steps++);
        default -> throw mistake("no such attribute: " + attribute);
      }
    }
    return flags == 0 && !refused
        ? Signature.Attributes.NONE
        : new Signature.Attributes(flags, refused);
  }

  private Signature.Node enclosed(char open, char close) {
    expect(open);
    Signature.Node part = sequence();
    expect(close);
    return part;
  }

  private NameKind kind(String word) {
    NameKind kind = NameKind.ofWord(word);
    if (kind == null) {
      throw mistake("no such kind of argument: '" + word + "'");
    }
    return kind;
  }

  private String name() {
    int from = at;
    while (at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at)) || "_-".indexOf(text.charAt(at)) >= 0)) {
      at++;
    }
    return text.substring(from, at);
  }

  private String quoted() {
    int end = text.indexOf('"', at + 1);
    if (end <= at + 1) {
      throw mistake("a quoted literal has no end or is empty");
    }
    String word = text.substring(at + 1, end);
    at = end + 1;
    return word;
  }

  private void skipSpaces() {
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
  }

  private boolean accept(char c) {
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private int acceptOrFail(char c, String otherwise) {
    if (!accept(c)) {
      throw mistake(otherwise);
    }
    return 0;
  }

  private void expect(char c) {
    if (!accept(c)) {
      throw mistake("expected '" + c + "'");
    }
  }

  private IllegalArgumentException mistake(String what) {
    return new IllegalArgumentException(
        what + " at position " + at + " of signature '" + text + "'");
  }
}
