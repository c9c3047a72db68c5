package io.tenantredis.internal.error;

import io.tenantredis.ErrorCode;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The one table of server error replies, by the word an error begins with.
 *
 * <p>Its words are those of Redis 7 and 8, Valkey 8, Redis Cluster and Sentinel. Source of the
 * classes: the order in which these servers reject a command (processCommand in server.c). Every
 * error listed as retry-safe, redirect, reconnect or writes-refused is raised there, before the
 * command runs. A word that is not listed is permanent: not retried.
 *
 * <p>What a script or a module raises may begin with any word: what stood before it stays.
 */
public enum ServerError {
  NOAUTH(ErrorClass.PERMANENT, ErrorCode.SEC001, Source.ANY, "the connection is not authenticated"),
  WRONGPASS(
      ErrorClass.PERMANENT,
      ErrorCode.SEC002,
      Source.ANY,
      "no such user with this password, or the user is off"),
  NOPERM(
      ErrorClass.PERMANENT,
      ErrorCode.SEC003,
      Source.ANY,
      "the ACL denies the command, a key or a channel"),
  DENIED(
      ErrorClass.PERMANENT, ErrorCode.SEC005, Source.ANY, "protected mode refuses the connection"),

  LOADING(ErrorClass.RETRY_SAFE, ErrorCode.TR002, Source.ANY, "the data set is being loaded"),
  BUSY(
      ErrorClass.RETRY_SAFE,
      ErrorCode.TR002,
      Source.ANY,
      "a script, function or module command runs for too long"),
  MASTERDOWN(
      ErrorClass.RETRY_SAFE,
      ErrorCode.TR002,
      Source.REPLICA,
      "the replica lost its primary and may not serve stale data"),
  CLUSTERDOWN(
      ErrorClass.RETRY_SAFE,
      ErrorCode.TR002,
      Source.CLUSTER,
      "the cluster, or this slot, is not served"),
  READONLY(
      ErrorClass.RECONNECT, ErrorCode.TR002, Source.REPLICA, "the server is a read-only replica"),

  TRYAGAIN(
      ErrorClass.REDIRECT,
      ErrorCode.TR013,
      Source.CLUSTER,
      "the keys of a command are being migrated"),
  MOVED(ErrorClass.REDIRECT, ErrorCode.TR013, Source.CLUSTER, "another node owns the slot"),
  ASK(ErrorClass.REDIRECT, ErrorCode.TR013, Source.CLUSTER, "another node has the key for now"),
  REDIRECT(ErrorClass.REDIRECT, ErrorCode.TR013, Source.VALKEY, "a replica names its primary"),

  OOM(
      ErrorClass.WRITES_REFUSED,
      ErrorCode.TR014,
      Source.ANY,
      "maxmemory is reached and nothing may be evicted"),
  MISCONF(
      ErrorClass.WRITES_REFUSED,
      ErrorCode.TR014,
      Source.ANY,
      "the server cannot persist and refuses writes"),
  NOREPLICAS(
      ErrorClass.WRITES_REFUSED, ErrorCode.TR014, Source.ANY, "too few replicas to accept writes"),

  IOERR(
      ErrorClass.MAYBE_EXECUTED,
      ErrorCode.TR001,
      Source.ANY,
      "MIGRATE lost the other server, which may have the keys already"),

  WRONGTYPE(ErrorClass.PERMANENT, ErrorCode.TR001, Source.ANY, "the key holds another type"),
  INVALIDOBJ(
      ErrorClass.PERMANENT, ErrorCode.TR001, Source.ANY, "the HyperLogLog at the key is corrupt"),
  NOSCRIPT(ErrorClass.PERMANENT, ErrorCode.TR001, Source.ANY, "the script is not cached"),
  EXECABORT(
      ErrorClass.PERMANENT,
      ErrorCode.TR001,
      Source.ANY,
      "the transaction was discarded; none of it ran"),
  CROSSSLOT(
      ErrorClass.PERMANENT, ErrorCode.TR001, Source.CLUSTER, "the keys are in different slots"),
  BUSYGROUP(ErrorClass.PERMANENT, ErrorCode.TR001, Source.ANY, "the consumer group exists"),
  NOGROUP(ErrorClass.PERMANENT, ErrorCode.TR001, Source.ANY, "no such consumer group or key"),
  BUSYKEY(ErrorClass.PERMANENT, ErrorCode.TR001, Source.ANY, "the target key exists"),
  UNBLOCKED(
      ErrorClass.PERMANENT,
      ErrorCode.TR001,
      Source.ANY,
      "a waiting command was released without effect: its key, or the server's role, changed"),
  UNKILLABLE(
      ErrorClass.PERMANENT,
      ErrorCode.TR001,
      Source.ANY,
      "the script has written and cannot be killed"),
  NOTBUSY(ErrorClass.PERMANENT, ErrorCode.TR001, Source.ANY, "no script is running"),
  NOPROTO(
      ErrorClass.PERMANENT, ErrorCode.TR001, Source.ANY, "the protocol version is not supported"),
  NOMASTERLINK(ErrorClass.PERMANENT, ErrorCode.TR001, Source.REPLICA, "no link to the primary"),
  INPROG(ErrorClass.PERMANENT, ErrorCode.TR001, Source.SENTINEL, "a failover is in progress"),
  NOGOODSLAVE(ErrorClass.PERMANENT, ErrorCode.TR001, Source.SENTINEL, "no replica can be promoted"),
  NOQUORUM(ErrorClass.PERMANENT, ErrorCode.TR001, Source.SENTINEL, "too few Sentinels agree"),
  ERR(ErrorClass.PERMANENT, ErrorCode.TR001, Source.ANY, "any other error");

  /**
   * How a server answers a connection over maxclients, also "max number of clients + cluster
   * connections reached": only the line tells it from other ERR replies.
   */
  private static final String MAX_CLIENTS = "ERR max number of clients ";

  private static final Map<String, ServerError> BY_WORD = new HashMap<>();

  static {
    for (ServerError error : values()) {
      BY_WORD.put(error.name(), error);
    }
  }

  private final ErrorClass errorClass;
  private final ErrorCode code;
  private final Source source;
  private final String meaning;

  /** Behind these words Redis and Valkey quote arguments of a command that they do not know. */
  private static final String QUOTED_ARGUMENTS = ", with args beginning with:";

  ServerError(ErrorClass errorClass, ErrorCode code, Source source, String meaning) {
    this.errorClass = errorClass;
    this.code = code;
    this.source = source;
    this.meaning = meaning;
  }

  /** The row for an error line; {@link #ERR} for a word that is not in the table. */
  public static ServerError of(@Nullable String line) {
    return BY_WORD.getOrDefault(wordOf(line), ERR);
  }

  /** The word that an error line begins with, or the other text if it is not in the table. */
  public static String knownWordOf(@Nullable String line, String other) {
    String word = wordOf(line);
    return BY_WORD.containsKey(word) ? word : other;
  }

  /** What may be done after this error line. */
  public static ErrorClass classOf(@Nullable String line) {
    if (line != null && line.startsWith(MAX_CLIENTS)) {
      return ErrorClass.RETRY_SAFE;
    }
    return of(line).errorClass;
  }

  /** The stable code for this error line. */
  public static ErrorCode codeOf(@Nullable String line) {
    return classOf(line) == ErrorClass.RETRY_SAFE ? ErrorCode.TR002 : of(line).code;
  }

  /**
   * Whether the server itself gave this error before a module got the command, or a module without
   * having begun: a word of the table, or one of the two texts for commands that make no sense.
   */
  public static boolean isBeforeModule(String line) {
    return of(line) != ERR
        || classOf(line) == ErrorClass.RETRY_SAFE
        || line.startsWith("ERR unknown command")
        || line.startsWith("ERR wrong number of arguments");
  }

  /** An error line without the arguments that it quotes, which may be values and passwords. */
  public static String withoutArguments(String line) {
    int at = line.indexOf(QUOTED_ARGUMENTS);
    return at < 0 ? line : line.substring(0, at);
  }

  private static String wordOf(@Nullable String line) {
    if (line == null) {
      return "ERR";
    }
    int end = 0;
    while (end < line.length() && line.charAt(end) >= 'A' && line.charAt(end) <= 'Z') {
      end++;
    }
    return line.substring(0, end);
  }

  public ErrorClass errorClass() {
    return errorClass;
  }

  public ErrorCode code() {
    return code;
  }

  public Source source() {
    return source;
  }

  public String meaning() {
    return meaning;
  }

  /** Which servers give an error. */
  public enum Source {
    ANY("Redis, Valkey"),
    REPLICA("a replica"),
    CLUSTER("Redis Cluster"),
    VALKEY("Valkey"),
    SENTINEL("Sentinel");

    private final String text;

    Source(String text) {
      this.text = text;
    }

    /** For the documentation. */
    public String text() {
      return text;
    }
  }
}
