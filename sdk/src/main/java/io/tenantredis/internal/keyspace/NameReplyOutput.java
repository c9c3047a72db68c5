package io.tenantredis.internal.keyspace;

import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The output of a command whose reply holds names. It knows where in the reply it is by counting,
 * and there, and only there, takes the prefix off.
 *
 * <p>A foreign name in a plain list is left out. Anywhere else it says whose the data behind it is:
 * then nothing more of the reply is passed on and the command fails.
 */
final class NameReplyOutput<K, V, T> extends ReplyOutput<K, V, T> {

  static final String VIOLATION =
      "VIOLATION the reply held a name outside of the tenant's prefix and was withheld: check the key prefix and the server's ACL";

  /** More than the decoder can nest. */
  private static final int MAX_DEPTH = 34;

  private final Guard guard;
  private final CommandRule rule;
  private final ReplyNames names;
  private final int documentElements;

  /** At each depth the number of the element that comes next. */
  private final int[] positions = new int[MAX_DEPTH];

  /** At each depth the number of the element that is the value of a field which holds names. */
  private final int[] namedPositions = new int[MAX_DEPTH];

  /** All elements from this depth on are names; 0 if there is no such depth. */
  private int namedDepth;

  private boolean firstIsScalar;
  private boolean inResults;
  private boolean inRules;
  private boolean leftOut;
  private boolean withheld;
  private int foreign;

  /**
   * An output.
   *
   * @param documentElements for {@link ReplyNames.Place#SEARCH} how many elements a RESP2 reply has
   *     for each document
   */
  NameReplyOutput(
      CommandOutput<K, V, T> target, Guard guard, CommandRule rule, int documentElements) {
    super(target);
    this.guard = guard;
    this.rule = rule;
    this.names = rule.reply();
    this.documentElements = documentElements;
  }

  @Override
  boolean isWithheld() {
    return withheld;
  }

  @Override
  boolean isOpen() {
    return !withheld && super.isOpen();
  }

  @Override
  @Nullable String heldError() {
    return withheld ? VIOLATION : super.heldError();
  }

  @Override
  public void set(@Nullable ByteBuffer bytes) {
    if (passes(bytes)) {
      super.set(bytes);
    }
  }

  @Override
  public void setSingle(@Nullable ByteBuffer bytes) {
    if (passes(bytes)) {
      super.setSingle(bytes);
    }
  }

  @Override
  public void setBigNumber(@Nullable ByteBuffer bytes) {
    if (passes(bytes)) {
      super.setBigNumber(bytes);
    }
  }

  @Override
  void opened() {
    int depth = depth();
    positions[depth] = 0;
    namedPositions[depth] = 0;
    if (namedDepth == 0 && names.place() != ReplyNames.Place.SEARCH && isNamed(depth - 1)) {
      namedDepth = depth;
    }
  }

  @Override
  public void complete(int completed) {
    if (leftOut) {
      leftOut = false;
      closed(completed);
    } else {
      super.complete(completed);
    }
    positions[completed]++;
    if (completed < namedDepth) {
      namedDepth = 0;
    }
    if (completed == 0) {
      positions[0] = 0;
      firstIsScalar = false;
      inResults = false;
      inRules = false;
      report();
    }
  }

  private void report() {
    if (foreign > 0) {
      guard.violation(rule, foreign);
      foreign = 0;
    }
  }

  /** Whether this element is passed on; if it is a name, its prefix is taken off. */
  private boolean passes(@Nullable ByteBuffer bytes) {
    if (bytes == null || withheld || !isName(bytes)) {
      return !withheld;
    }
    if (guard.stripInPlace(bytes)) {
      return true;
    }
    foreign++;
    if (isPlainList()) {
      leftOut = true;
    } else {
      withheld = true;
    }
    return false;
  }

  private boolean isPlainList() {
    return depth() > 0
        && (names.place() == ReplyNames.Place.EACH || names.place() == ReplyNames.Place.SCAN);
  }

  private boolean isName(ByteBuffer bytes) {
    int depth = depth();
    int position = positions[depth];
    return switch (names.place()) {
      case NOWHERE, MESSAGES -> false;
      case EACH -> depth <= 1;
      case FIRST -> depth == 1 && position == 0;
      case SCAN -> depth == 2 && positions[1] == 1;
      case PAIRS -> depth == 1 && position % 2 == 0;
      case ENTRIES -> isEntryName(depth, position);
      case SEARCH -> isDocument(bytes, depth, position);
      case FIELDS -> (depth == 1 || namedDepth > 0) && isFieldValue(bytes, depth, position);
      case ROWS -> isFieldValue(bytes, depth, position);
      case SERIES -> isSeriesName(bytes, depth, position);
    };
  }

  private boolean isEntryName(int depth, int position) {
    if (depth == 1) {
      firstIsScalar |= position == 0;
      return position % 2 == 0;
    }
    return depth == 2 && position == 0 && !firstIsScalar;
  }

  /**
   * RESP2: a count and then as many elements for each document. RESP3: a map, which begins with a
   * field's name.
   */
  private boolean isDocument(ByteBuffer bytes, int depth, int position) {
    if (depth == 1 && position == 0) {
      firstIsScalar = true;
    }
    if (!firstIsScalar) {
      return depth == 1 && (position - 1) % documentElements == 0;
    }
    if (depth == 1 && position % 2 == 0) {
      inResults = isText(bytes, "results");
    } else if (depth == 3 && inResults) {
      return isValueOf(bytes, depth, position, "id");
    }
    return false;
  }

  private boolean isValueOf(ByteBuffer bytes, int depth, int position, String field) {
    if (position % 2 == 0) {
      namedPositions[depth] = isText(bytes, field) ? position + 1 : 0;
      return false;
    }
    return isNamed(depth);
  }

  private boolean isFieldValue(ByteBuffer bytes, int depth, int position) {
    if (namedDepth > 0) {
      return true;
    }
    if (position % 2 == 0) {
      namedPositions[depth] =
          names.fields().contains(text(bytes).toLowerCase(Locale.ROOT)) ? position + 1 : 0;
      return false;
    }
    return isNamed(depth);
  }

  private boolean isSeriesName(ByteBuffer bytes, int depth, int position) {
    if (depth == 1) {
      if (position % 2 == 1) {
        return isNamed(1);
      }
      boolean named = isText(bytes, "sourceKey") || isText(bytes, "keySelfName");
      namedPositions[1] = named ? position + 1 : 0;
      inRules = isText(bytes, "rules");
      firstIsScalar = false;
      return false;
    }
    if (!inRules) {
      return false;
    }
    if (depth == 2) {
      firstIsScalar |= position == 0;
      return position % 2 == 0;
    }
    return depth == 3 && position == 0 && !firstIsScalar;
  }

  private boolean isNamed(int depth) {
    return positions[depth] > 0 && positions[depth] == namedPositions[depth];
  }

  private static boolean isText(ByteBuffer bytes, String text) {
    return bytes.remaining() == text.length() && text(bytes).equals(text);
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.ISO_8859_1.decode(bytes.duplicate()).toString();
  }
}
