package io.tenantredis.test.server;

import java.util.Objects;

/**
 * Which server runs.
 *
 * @param flavour Redis or Valkey
 * @param major first number of the server's own version (Valkey's, not the Redis version it is
 *     compatible with)
 * @param minor second number
 * @param patch third number
 */
public record ServerVersion(Flavour flavour, int major, int minor, int patch) {

  /** The two lines of servers. */
  public enum Flavour {
    /** Redis. */
    REDIS,
    /** Valkey. */
    VALKEY
  }

  /** Creates the version. */
  public ServerVersion {
    Objects.requireNonNull(flavour, "flavour");
  }

  static ServerVersion of(ServerInfo info) {
    return info.has("valkey_version")
        ? parse(Flavour.VALKEY, info.get("valkey_version"))
        : parse(Flavour.REDIS, info.get("redis_version"));
  }

  private static ServerVersion parse(Flavour flavour, String version) {
    String[] numbers = version.split("[.-]", 4);
    return new ServerVersion(flavour, number(numbers, 0), number(numbers, 1), number(numbers, 2));
  }

  private static int number(String[] numbers, int index) {
    return index < numbers.length && numbers[index].matches("\\d{1,9}")
        ? Integer.parseInt(numbers[index])
        : 0;
  }

  /** Whether this version, of the same flavour or not, has these or higher numbers. */
  public boolean isAtLeast(int major, int minor) {
    return this.major > major || (this.major == major && this.minor >= minor);
  }

  /** For example {@code redis 7.0.15}. */
  @Override
  public String toString() {
    return (flavour == Flavour.REDIS ? "redis " : "valkey ") + major + "." + minor + "." + patch;
  }
}
