package io.tenantredis;

import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How to walk through a tenant's keys: which ones, in batches of which size, from where, and whom
 * to tell. Immutable; thread-safe if its callbacks are.
 */
public final class KeyWalk {

  private static final KeyWalk ALL = builder().build();
  private static final int LARGEST_BATCH = 10_000;

  private final @Nullable String pattern;
  private final int batchSize;
  private final String cursor;
  private final Consumer<KeyWalkProgress> progress;
  private final BooleanSupplier stop;

  private KeyWalk(Builder builder) {
    this.pattern = builder.pattern;
    this.batchSize = builder.batchSize;
    this.cursor = builder.cursor;
    this.progress = builder.progress;
    this.stop = builder.stop;
  }

  /**
   * A walk through all keys of the tenant with the defaults of {@link Builder}.
   *
   * @return the walk
   */
  public static KeyWalk all() {
    return ALL;
  }

  /**
   * Starts to describe a walk.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Which keys.
   *
   * @return a glob pattern, or null for all keys of the tenant
   */
  public @Nullable String pattern() {
    return pattern;
  }

  /**
   * How many keys of the server one {@code SCAN} looks at, and one {@code UNLINK} names at most.
   *
   * @return the size
   */
  public int batchSize() {
    return batchSize;
  }

  /**
   * Where the walk begins.
   *
   * @return a cursor, {@code 0} for the beginning
   */
  public String cursor() {
    return cursor;
  }

  /**
   * Who is told after each batch.
   *
   * @return the callback
   */
  public Consumer<KeyWalkProgress> progress() {
    return progress;
  }

  /**
   * Whether to stop before the next batch.
   *
   * @return the question
   */
  public BooleanSupplier stop() {
    return stop;
  }

  /** Describes a {@link KeyWalk}. Not thread-safe. */
  public static final class Builder {

    private @Nullable String pattern;
    private int batchSize = 1_000;
    private String cursor = "0";
    private Consumer<KeyWalkProgress> progress = ignored -> {};
    private BooleanSupplier stop = () -> false;

    private Builder() {}

    /**
     * Only keys that match. Default: all keys of the tenant.
     *
     * @param glob a Redis glob pattern; relative to the tenant's prefix in {@link
     *     PrefixMode#PREFIX}, otherwise with it, glob-escaped
     * @return this builder
     */
    public Builder pattern(String glob) {
      this.pattern = Objects.requireNonNull(glob, "glob");
      return this;
    }

    /**
     * How many keys of the server one {@code SCAN} looks at, and one {@code UNLINK} names at most:
     * a larger batch takes fewer round trips, and holds the server up for longer. Default: 1000,
     * well under a millisecond of the server's time.
     *
     * @param keys 1 to 10000
     * @return this builder
     * @throws IllegalArgumentException if it is not
     */
    public Builder batchSize(int keys) {
      if (keys < 1 || keys > LARGEST_BATCH) {
        throw new IllegalArgumentException(
            "batchSize is " + keys + ": use 1 to " + LARGEST_BATCH + ".");
      }
      this.batchSize = keys;
      return this;
    }

    /**
     * Goes on where an earlier walk stopped or failed. The server keeps no state for a cursor; it
     * stays valid on the same server until that is restarted. On another server, after a failover
     * for instance, begin anew. On a cluster that keeps a tenant's keys on several nodes the cursor
     * names the node, too. Default: the beginning.
     *
     * @param cursor the cursor of a {@link KeyWalkProgress}
     * @return this builder
     * @throws IllegalArgumentException if it is not a cursor
     */
    public Builder resumeFrom(String cursor) {
      if (!cursor.matches("([^/\\s]{1,300}/)?[0-9]{1,20}")) {
        throw new IllegalArgumentException(
            "This is not a cursor: pass the cursor of a KeyWalkProgress.");
      }
      this.cursor = cursor;
      return this;
    }

    /**
     * Whom to tell after each batch. Blocking walks call it on the caller's thread, reactive ones
     * on an event loop, where it must not block. What it throws ends the walk. Default: nobody.
     *
     * @param callback the callback
     * @return this builder
     */
    public Builder onProgress(Consumer<KeyWalkProgress> callback) {
      this.progress = Objects.requireNonNull(callback, "callback");
      return this;
    }

    /**
     * Asked before each batch but the first: true ends the walk with the result so far. Must not
     * block. Default: never.
     *
     * @param question the question
     * @return this builder
     */
    public Builder stopWhen(BooleanSupplier question) {
      this.stop = Objects.requireNonNull(question, "question");
      return this;
    }

    /**
     * The walk.
     *
     * @return an immutable walk
     */
    public KeyWalk build() {
      return new KeyWalk(this);
    }
  }
}
