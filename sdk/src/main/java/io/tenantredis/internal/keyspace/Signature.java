package io.tenantredis.internal.keyspace;

import org.jspecify.annotations.Nullable;

/**
 * The grammar of one command's arguments. Matching goes through the arguments once, from left to
 * right, without backtracking: what an argument is follows from its position alone, so that a value
 * which reads like an option is never taken for one.
 *
 * <p>Immutable and thread-safe; what a match finds is written into the {@link Scratch}.
 */
final class Signature {

  static final int MISMATCH = -1;

  private final Node root;
  private final String text;
  private final Shape shape;
  private final boolean open;

  Signature(String text, Node root) {
    this.text = text;
    this.root = root;
    this.shape = shapeOf(root);
    this.open = !isFixed(root);
  }

  /**
   * Matches the arguments from {@code first} on, and records in the scratch which of them are
   * names.
   *
   * @return whether the arguments follow the grammar
   */
  boolean match(Scratch scratch, int first) {
    int count = scratch.count();
    return switch (shape) {
      case KEY_FIRST -> matchKeyFirst(scratch, first, count);
      case ALL_KEYS -> matchAllKeys(scratch, first, count);
      case OTHER -> first + root.min <= count && root.match(scratch, first, count) == count;
    };
  }

  private boolean matchKeyFirst(Scratch scratch, int first, int count) {
    int given = count - first;
    if (given < root.min || (!open && given != root.min)) {
      return false;
    }
    scratch.addName(first, NameKind.KEY);
    return true;
  }

  private static boolean matchAllKeys(Scratch scratch, int first, int count) {
    for (int i = first; i < count; i++) {
      scratch.addName(i, NameKind.KEY);
    }
    return count > first;
  }

  /** Whether only an empty list of arguments matches. */
  boolean takesNothing() {
    return root instanceof Sequence sequence && sequence.parts.length == 0;
  }

  /** Whether these arguments can hold a name of this kind. */
  boolean mentions(NameKind kind) {
    return root.mentions(kind);
  }

  /** The tree, for generators of arguments. */
  Node root() {
    return root;
  }

  /** The text this grammar was made from. */
  @Override
  public String toString() {
    return text;
  }

  /** The shapes that most commands have are matched without walking the tree. */
  private enum Shape {
    KEY_FIRST,
    ALL_KEYS,
    OTHER
  }

  private static Shape shapeOf(Node root) {
    Node[] parts = root instanceof Sequence sequence ? sequence.parts : new Node[] {root};
    if (parts.length == 0) {
      return Shape.OTHER;
    }
    if (parts.length == 1
        && parts[0] instanceof Repeated all
        && all.kind == NameKind.KEY
        && all.min == 1) {
      return Shape.ALL_KEYS;
    }
    if (!(parts[0] instanceof Single first) || first.kind != NameKind.KEY || first.optional) {
      return Shape.OTHER;
    }
    for (int i = 1; i < parts.length; i++) {
      boolean plain =
          parts[i] instanceof Single single
              && single.kind == null
              && !single.optional
              && single.attributes.equals(Attributes.NONE);
      boolean rest =
          parts[i] instanceof Repeated repeated && repeated.kind == null && i == parts.length - 1;
      if (!plain && !rest) {
        return Shape.OTHER;
      }
    }
    return Shape.KEY_FIRST;
  }

  private static boolean isFixed(Node root) {
    Node[] parts = root instanceof Sequence sequence ? sequence.parts : new Node[] {root};
    return parts.length == 0 || !(parts[parts.length - 1] instanceof Repeated);
  }

  /** A piece of grammar. */
  abstract static class Node {

    /** How many arguments it takes at least. */
    final int min;

    Node(int min) {
      this.min = min;
    }

    /**
     * Matches from {@code from} on.
     *
     * @param end where the arguments end that this node may take; those behind are kept for what
     *     must follow
     * @return the index behind the last argument taken, or {@link #MISMATCH}
     */
    abstract int match(Scratch scratch, int from, int end);

    /** The literal this node begins with, or null when it can begin with anything. */
    @Nullable Token opening() {
      return null;
    }

    abstract boolean mentions(NameKind kind);
  }

  /**
   * What it means for the call when a literal or an argument is used.
   *
   * @param callFlags added to the call's flags
   * @param refused whether tenants may not use it
   */
  record Attributes(int callFlags, boolean refused) {

    static final Attributes NONE = new Attributes(0, false);

    /** Whether it may be used. */
    boolean apply(Scratch scratch, String what) {
      if (refused) {
        scratch.refuseOption(what);
        return false;
      }
      scratch.addCallFlags(callFlags);
      return true;
    }
  }

  /** A literal word, matched without regard to the case of ASCII letters. */
  static final class Token extends Node {
    final String word;
    final Attributes attributes;
    private final byte[] upper;

    Token(String word, byte[] upper, Attributes attributes) {
      super(1);
      this.word = word;
      this.upper = upper;
      this.attributes = attributes;
    }

    boolean standsAt(Scratch scratch, int index) {
      return index < scratch.count() && scratch.isWord(index, upper);
    }

    @Override
    int match(Scratch scratch, int from, int end) {
      boolean fits = from < end && scratch.isWord(from, upper) && attributes.apply(scratch, word);
      return fits ? from + 1 : MISMATCH;
    }

    @Override
    Token opening() {
      return this;
    }

    @Override
    boolean mentions(NameKind kind) {
      return false;
    }
  }

  /** One argument: a name, or anything. */
  static final class Single extends Node {
    final @Nullable NameKind kind;
    final boolean optional;
    final Attributes attributes;

    Single(@Nullable NameKind kind, boolean optional, Attributes attributes) {
      super(optional ? 0 : 1);
      this.kind = kind;
      this.optional = optional;
      this.attributes = attributes;
    }

    @Override
    int match(Scratch scratch, int from, int end) {
      if (from >= end) {
        return optional ? from : MISMATCH;
      }
      if (kind != null) {
        scratch.addName(from, kind);
      }
      return attributes.apply(scratch, "at argument " + from) ? from + 1 : MISMATCH;
    }

    @Override
    boolean mentions(NameKind other) {
      return kind == other;
    }
  }

  /** One argument; unless it is a positive number, the call must not be executed twice. */
  static final class Positive extends Node {

    Positive() {
      super(1);
    }

    @Override
    int match(Scratch scratch, int from, int end) {
      if (from >= end) {
        return MISMATCH;
      }
      if (!scratch.isPositive(from)) {
        scratch.addCallFlags(CallFlags.ONCE);
      }
      return from + 1;
    }

    @Override
    boolean mentions(NameKind kind) {
      return false;
    }
  }

  /** As many arguments as there are: names, or anything. */
  static final class Repeated extends Node {
    final @Nullable NameKind kind;

    Repeated(@Nullable NameKind kind, int min) {
      super(min);
      this.kind = kind;
    }

    @Override
    int match(Scratch scratch, int from, int end) {
      if (end - from < min) {
        return MISMATCH;
      }
      if (kind != null) {
        for (int i = from; i < end; i++) {
          scratch.addName(i, kind);
        }
      }
      return Math.max(from, end);
    }

    @Override
    boolean mentions(NameKind other) {
      return kind == other;
    }
  }

  /**
   * One piece after the other. A greedy piece leaves to the following ones what they need at least.
   */
  static final class Sequence extends Node {
    final Node[] parts;
    private final int[] minBehind;

    Sequence(Node[] parts) {
      super(sum(parts));
      this.parts = parts;
      this.minBehind = new int[parts.length];
      int behind = 0;
      for (int i = parts.length - 1; i >= 0; i--) {
        minBehind[i] = behind;
        behind += parts[i].min;
      }
    }

    private static int sum(Node[] parts) {
      int sum = 0;
      for (Node part : parts) {
        sum += part.min;
      }
      return sum;
    }

    @Override
    int match(Scratch scratch, int from, int end) {
      int at = from;
      for (int i = 0; i < parts.length; i++) {
        at = parts[i].match(scratch, at, end - minBehind[i]);
        if (at < 0) {
          return MISMATCH;
        }
      }
      return at;
    }

    @Override
    @Nullable Token opening() {
      return parts.length == 0 ? null : parts[0].opening();
    }

    @Override
    boolean mentions(NameKind kind) {
      for (Node part : parts) {
        if (part.mentions(kind)) {
          return true;
        }
      }
      return false;
    }
  }

  /**
   * A piece that may be missing: present when its opening word stands there, or, without one, when
   * there is room for it.
   */
  static final class Optional extends Node {
    final Node part;

    Optional(Node part) {
      super(0);
      this.part = part;
    }

    @Override
    int match(Scratch scratch, int from, int end) {
      Token opening = part.opening();
      boolean present = opening == null ? end - from >= part.min : opening.standsAt(scratch, from);
      return present ? part.match(scratch, from, end) : from;
    }

    @Override
    boolean mentions(NameKind kind) {
      return part.mentions(kind);
    }
  }

  /** How often the alternatives of a {@link Choice} may be taken. */
  enum Times {
    ONCE,
    AT_MOST_ONCE,
    ANY_NUMBER
  }

  /**
   * One of several pieces, each with an opening word of its own; where one must be taken, the last
   * may do without.
   */
  static final class Choice extends Node {
    final Node[] alternatives;
    final Times times;

    Choice(Node[] alternatives, Times times) {
      super(times == Times.ONCE ? smallest(alternatives) : 0);
      this.alternatives = alternatives;
      this.times = times;
    }

    private static int smallest(Node[] alternatives) {
      int smallest = Integer.MAX_VALUE;
      for (Node alternative : alternatives) {
        smallest = Math.min(smallest, alternative.min);
      }
      return smallest;
    }

    @Override
    int match(Scratch scratch, int from, int end) {
      int at = from;
      while (true) {
        Node chosen = chosen(scratch, at);
        if (chosen == null) {
          return times == Times.ONCE ? MISMATCH : at;
        }
        at = chosen.match(scratch, at, end);
        if (at < 0 || times != Times.ANY_NUMBER) {
          return at;
        }
      }
    }

    private @Nullable Node chosen(Scratch scratch, int at) {
      for (Node alternative : alternatives) {
        Token opening = alternative.opening();
        if (opening == null ? at < scratch.count() : opening.standsAt(scratch, at)) {
          return alternative;
        }
      }
      return null;
    }

    @Override
    boolean mentions(NameKind kind) {
      for (Node alternative : alternatives) {
        if (alternative.mentions(kind)) {
          return true;
        }
      }
      return false;
    }
  }

  /**
   * A piece that repeats: as long as its opening word stands there, or, without one, as long as
   * there are arguments.
   */
  static final class Group extends Node {
    final Node part;
    final int atLeast;

    Group(Node part, int atLeast) {
      super(atLeast * part.min);
      this.part = part;
      this.atLeast = atLeast;
    }

    @Override
    int match(Scratch scratch, int from, int end) {
      Token opening = part.opening();
      int at = from;
      int times = 0;
      while (opening == null ? at < end : opening.standsAt(scratch, at)) {
        at = part.match(scratch, at, end);
        if (at < 0) {
          return MISMATCH;
        }
        times++;
      }
      return times < atLeast ? MISMATCH : at;
    }

    @Override
    @Nullable Token opening() {
      return atLeast > 0 ? part.opening() : null;
    }

    @Override
    boolean mentions(NameKind kind) {
      return part.mentions(kind);
    }
  }

  /** A number, and then a piece exactly that many times. */
  static final class Counted extends Node {
    final Node part;

    Counted(Node part) {
      super(1);
      this.part = part;
    }

    @Override
    int match(Scratch scratch, int from, int end) {
      if (from >= end) {
        return MISMATCH;
      }
      int times = scratch.number(from);
      int at = from + 1;
      if (times < 0 || times > (end - at) / part.min) {
        return MISMATCH;
      }
      for (int i = 0; i < times; i++) {
        at = part.match(scratch, at, end);
        if (at < 0) {
          return MISMATCH;
        }
      }
      return at;
    }

    @Override
    boolean mentions(NameKind kind) {
      return part.mentions(kind);
    }
  }

  /** An even number of arguments, of which the first half are names. */
  static final class Half extends Node {
    final NameKind kind;

    Half(NameKind kind) {
      super(2);
      this.kind = kind;
    }

    @Override
    int match(Scratch scratch, int from, int end) {
      int given = end - from;
      if (given < 2 || given % 2 != 0) {
        return MISMATCH;
      }
      for (int i = from; i < from + given / 2; i++) {
        scratch.addName(i, kind);
      }
      return end;
    }

    @Override
    boolean mentions(NameKind other) {
      return kind == other;
    }
  }
}
