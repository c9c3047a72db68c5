package io.tenantredis.internal.error;

import io.tenantredis.ErrorCode;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The one table of server error replies, by the word an error begins with.
 *
 * <p>Source of the classes: the order in which Redis 7 and 8 and Valkey 8 reject a command
 * (processCommand in server.c): every error listed as retry-safe is raised before the command runs.
 * A word that is not listed is permanent: not retried.
 */
public enum ServerError {
  NOAUTH(ErrorClass.PERMANENT, ErrorCode.SEC001, "the connection is not authenticated"),
  WRONGPASS(
      ErrorClass.PERMANENT,
      ErrorCode.SEC002,
      "no such user with this password, or the user is off"),
  NOPERM(ErrorClass.PERMANENT, ErrorCode.SEC003, "the ACL denies the command, a key or a channel"),
  DENIED(ErrorClass.PERMANENT, ErrorCode.SEC005, "protected mode refuses the connection"),

  LOADING(ErrorClass.RETRY_SAFE, ErrorCode.TR002, "the data set is being loaded"),
  BUSY(ErrorClass.RETRY_SAFE, ErrorCode.TR002, "a script or function runs for too long"),
  MASTERDOWN(
      ErrorClass.RETRY_SAFE,
      ErrorCode.TR002,
      "a replica lost its primary and may not serve stale data"),
  CLUSTERDOWN(ErrorClass.RETRY_SAFE, ErrorCode.TR002, "the cluster does not serve the slot"),
  TRYAGAIN(ErrorClass.RETRY_SAFE, ErrorCode.TR002, "the keys of a command are being migrated"),
  MOVED(ErrorClass.REDIRECT, ErrorCode.TR002, "another node owns the slot"),
  ASK(ErrorClass.REDIRECT, ErrorCode.TR002, "another node has the key for now"),
  READONLY(ErrorClass.RECONNECT, ErrorCode.TR002, "the server is a read-only replica"),

  OOM(ErrorClass.PERMANENT, ErrorCode.TR001, "maxmemory is reached and nothing may be evicted"),
  MISCONF(ErrorClass.PERMANENT, ErrorCode.TR001, "the server cannot persist and refuses writes"),
  NOREPLICAS(ErrorClass.PERMANENT, ErrorCode.TR001, "too few replicas to accept writes"),
  WRONGTYPE(ErrorClass.PERMANENT, ErrorCode.TR001, "the key holds another type"),
  NOSCRIPT(ErrorClass.PERMANENT, ErrorCode.TR001, "the script is not cached"),
  EXECABORT(ErrorClass.PERMANENT, ErrorCode.TR001, "the transaction was discarded"),
  CROSSSLOT(ErrorClass.PERMANENT, ErrorCode.TR001, "the keys are in different slots"),
  BUSYGROUP(ErrorClass.PERMANENT, ErrorCode.TR001, "the consumer group exists"),
  NOGROUP(ErrorClass.PERMANENT, ErrorCode.TR001, "no such consumer group or key"),
  BUSYKEY(ErrorClass.PERMANENT, ErrorCode.TR001, "the target key exists"),
  UNKILLABLE(ErrorClass.PERMANENT, ErrorCode.TR001, "the script has written and cannot be killed"),
  NOTBUSY(ErrorClass.PERMANENT, ErrorCode.TR001, "no script is running"),
  NOPROTO(ErrorClass.PERMANENT, ErrorCode.TR001, "the protocol version is not supported"),
  INPROG(ErrorClass.PERMANENT, ErrorCode.TR001, "a failover is in progress"),
  NOMASTERLINK(ErrorClass.PERMANENT, ErrorCode.TR001, "no link to the primary"),
  UNBLOCKED(
      ErrorClass.PERMANENT,
      ErrorCode.TR001,
      "a blocked command was unblocked because the key or role changed"),
  ERR(ErrorClass.PERMANENT, ErrorCode.TR001, "any other error");

  /**
   * How Redis answers a connection over maxclients: only the whole line tells it from other ERR
   * replies.
   */
  private static final String MAX_CLIENTS = "ERR max number of clients reached";

  private static final Map<String, ServerError> BY_WORD = new HashMap<>();

  static {
    for (ServerError error : values()) {
      BY_WORD.put(error.name(), error);
    }
  }

  private final ErrorClass errorClass;
  private final ErrorCode code;
  private final String meaning;

  ServerError(ErrorClass errorClass, ErrorCode code, String meaning) {
    this.errorClass = errorClass;
    this.code = code;
    this.meaning = meaning;
  }

  /** The row for an error line; {@link #ERR} for a word that is not in the table. */
  public static ServerError of(@Nullable String line) {
    return BY_WORD.getOrDefault(wordOf(line), ERR);
  }

  /** What may be done after this error line. */
  public static ErrorClass classOf(@Nullable String line) {
    if (line != null && line.startsWith(MAX_CLIENTS)) {
      return ErrorClass.RETRY_SAFE;
    }
    return of(line).errorClass;
  }

  /**
   * The first word of an error line when it has the form of an error prefix, else {@code ERR}:
   * bounded for use as a metric tag.
   */
  public static String prefixOf(@Nullable String line) {
    return of(line).name();
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

  public String meaning() {
    return meaning;
  }
}
