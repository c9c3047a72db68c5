package io.tenantredis.internal.keyspace;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where a reply holds names.
 *
 * @param place the place
 * @param fields for {@link Place#FIELDS} and {@link Place#ROWS} the fields whose values are names,
 *     in lower case
 */
record ReplyNames(Place place, Set<String> fields) {

  static final ReplyNames NOWHERE = new ReplyNames(Place.NOWHERE, Set.of());

  /** The places that the table can name. */
  enum Place {
    /** No names. */
    NOWHERE("-"),
    /** The reply is a name, or each of its elements is. */
    EACH("each"),
    /** The first element. */
    FIRST("first"),
    /** Each element of the second element. */
    SCAN("scan"),
    /** The first element of each element; in RESP3 the keys of the map. */
    ENTRIES("entries"),
    /** Every other element, beginning with the first; in RESP3 the keys of the map. */
    PAIRS("pairs"),
    /** The ids of the documents found. */
    SEARCH("search"),
    /** In the top-level pairs of field and value, the values of certain fields. */
    FIELDS("info"),
    /** In pairs of field and value at any depth, the values of certain fields. */
    ROWS("rows"),
    /** What TS.INFO says of a series and the rules that fill others from it. */
    SERIES("tsinfo"),
    /** Confirmations and messages of a subscription, which are translated where messages are. */
    MESSAGES("pubsub");

    private final String word;

    Place(String word) {
      this.word = word;
    }

    private boolean hasFields() {
      return this == FIELDS || this == ROWS;
    }
  }

  /**
   * Reads the reply column of the command table.
   *
   * @throws IllegalArgumentException if there is no such place
   */
  static ReplyNames parse(String text) {
    int colon = text.indexOf(':');
    String word = colon < 0 ? text : text.substring(0, colon);
    for (Place place : Place.values()) {
      if (place.word.equals(word) && place.hasFields() == (colon >= 0)) {
        return new ReplyNames(
            place, place.hasFields() ? fields(text.substring(colon + 1)) : Set.of());
      }
    }
    throw new IllegalArgumentException("no such reply: '" + text + "'");
  }

  private static Set<String> fields(String list) {
    return Arrays.stream(list.split(",", -1))
        .map(field -> field.trim().toLowerCase(Locale.ROOT))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Whether the reply itself holds names. */
  boolean any() {
    return place != Place.NOWHERE && place != Place.MESSAGES;
  }
}
