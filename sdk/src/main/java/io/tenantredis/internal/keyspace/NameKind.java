package io.tenantredis.internal.keyspace;

import org.jspecify.annotations.Nullable;

/** What kind of name an argument is. */
enum NameKind {
  /** A key. */
  KEY("key", true, false),
  /**
   * Treated like a key, but not a key of the command: a prefix of keys, a document to filter by.
   */
  NAME("name", false, false),
  /** A pub/sub channel. */
  CHANNEL("channel", false, false),
  /** A sharded pub/sub channel, which has a hash slot as a key has. */
  SHARD_CHANNEL("shardchannel", true, false),
  /** A glob pattern over key names. */
  KEY_PATTERN("keypattern", false, true),
  /** A glob pattern over channel names. */
  CHANNEL_PATTERN("channelpattern", false, true),
  /**
   * What SORT looks up for each element: its first {@code *} is replaced by the element. Without
   * {@code *} it names nothing.
   */
  LOOKUP("lookup", false, false),
  /** The name of a search index, an alias or a dictionary. */
  INDEX("index", false, false);

  private final String word;
  private final boolean routed;
  private final boolean pattern;

  NameKind(String word, boolean routed, boolean pattern) {
    this.word = word;
    this.routed = routed;
    this.pattern = pattern;
  }

  /** The word for this kind in a signature. */
  String word() {
    return word;
  }

  /** Whether a cluster routes by a name of this kind. */
  boolean isRouted() {
    return routed;
  }

  /**
   * Whether a name of this kind is a glob pattern, so that the prefix before it must be
   * glob-escaped.
   */
  boolean isPattern() {
    return pattern;
  }

  static @Nullable NameKind ofWord(String word) {
    for (NameKind kind : values()) {
      if (kind.word.equals(word)) {
        return kind;
      }
    }
    return null;
  }
}
