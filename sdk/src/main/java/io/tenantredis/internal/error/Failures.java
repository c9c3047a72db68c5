package io.tenantredis.internal.error;

import io.tenantredis.ErrorCode;
import io.tenantredis.FailureDetails;
import io.tenantredis.IsolationViolationException;
import io.tenantredis.Outcome;
import io.tenantredis.TenantBusyException;
import io.tenantredis.TenantClosedException;
import io.tenantredis.TenantCommandException;
import io.tenantredis.TenantConnectionException;
import io.tenantredis.TenantConnectionLostException;
import io.tenantredis.TenantId;
import io.tenantredis.TenantIdentityException;
import io.tenantredis.TenantLimitException;
import io.tenantredis.TenantLoadingException;
import io.tenantredis.TenantNoScriptException;
import io.tenantredis.TenantPermissionDeniedException;
import io.tenantredis.TenantReadOnlyException;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.TenantReplyException;
import io.tenantredis.TenantTimeoutException;
import io.tenantredis.UnknownTenantException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Makes the typed exceptions. */
public final class Failures {

  private Failures() {}

  /**
   * The exception for a server's error reply.
   *
   * @param maybeExecuted whether the command may have had an effect in spite of the error, whatever
   *     the error says: it ran a script
   */
  public static RuntimeException ofReply(
      TenantId tenant, String command, String line, boolean maybeExecuted) {
    ServerError error = ServerError.of(line);
    Outcome outcome = maybeExecuted ? Outcome.UNKNOWN : ServerError.classOf(line).outcome();
    FailureDetails details = new FailureDetails(ServerError.codeOf(line), tenant, command, outcome);
    String text = ServerError.withoutArguments(line);
    return switch (error) {
      case NOPERM -> new TenantPermissionDeniedException(details, text, null);
      case NOSCRIPT -> new TenantNoScriptException(details, text, null);
      case BUSY, BUSYGROUP, BUSYKEY -> new TenantBusyException(details, text, null);
      case LOADING -> new TenantLoadingException(details, text, null);
      case READONLY -> new TenantReadOnlyException(details, text, null);
      default -> new TenantCommandException(details, text, null);
    };
  }

  /**
   * The reply held names of somebody else. A command that only reads had no effect; any other was
   * executed.
   */
  public static RuntimeException withheld(TenantId tenant, String command, boolean readOnly) {
    return new IsolationViolationException(
        new FailureDetails(
            ErrorCode.SEC009, tenant, command, readOnly ? Outcome.REJECTED : Outcome.UNKNOWN),
        "The reply held a name outside the tenant's prefix and was withheld. Check the server's ACL and what stands between the"
            + " client and the server.",
        null);
  }

  /** No reply within the timeout. */
  public static RuntimeException timeout(
      TenantId tenant, String command, boolean sent, Duration timeout) {
    return new TenantTimeoutException(
        new FailureDetails(
            ErrorCode.TR003, tenant, command, sent ? Outcome.UNKNOWN : Outcome.NOT_SENT),
        sent
            ? "No reply within "
                + timeout.toMillis()
                + " ms. It may have been executed: check before you repeat a command that"
                + " is not idempotent."
            : "No connection took the command within "
                + timeout.toMillis()
                + " ms. It can be repeated safely.",
        null);
  }

  /** The reply arrived, but the output or the codec threw. */
  public static RuntimeException unreadable(TenantId tenant, String command, Throwable cause) {
    return new TenantReplyException(
        new FailureDetails(ErrorCode.TR015, tenant, command, Outcome.UNKNOWN),
        "The server answered, but the reply could not be turned into the result ("
            + cause.getClass().getSimpleName()
            + "). Check the codec, and the output of a command made by hand.",
        cause);
  }

  /** The connection went away before the reply. */
  public static RuntimeException connectionLost(
      TenantId tenant, String command, boolean sent, @Nullable Throwable cause) {
    if (sent) {
      return new TenantConnectionLostException(
          new FailureDetails(ErrorCode.TR004, tenant, command, Outcome.UNKNOWN),
          "The connection was lost before the reply. The command may have been executed: check before you repeat one that is"
              + " not idempotent.",
          cause);
    }
    return new TenantConnectionException(
        new FailureDetails(ErrorCode.TR004, tenant, command, Outcome.NOT_SENT),
        "The connection was lost before the command was sent. It can be repeated safely.",
        cause);
  }

  /**
   * No connection: the failure of the attempt to connect, which many commands share, as one of this
   * command's own.
   */
  public static RuntimeException notConnected(TenantId tenant, String command, Throwable cause) {
    if (!(cause instanceof TenantRedisFailure failure)) {
      return connectionLost(tenant, command, false, cause);
    }
    FailureDetails details = new FailureDetails(failure.code(), tenant, command, Outcome.NOT_SENT);
    String text = textOf(cause);
    if (cause instanceof TenantIdentityException) {
      return new TenantIdentityException(details, text, cause);
    }
    if (cause instanceof TenantLimitException) {
      return new TenantLimitException(details, text, cause);
    }
    if (cause instanceof UnknownTenantException) {
      return new UnknownTenantException(details, text, cause);
    }
    if (cause instanceof TenantClosedException) {
      return new TenantClosedException(details, text, cause);
    }
    return new TenantConnectionException(details, text, cause);
  }

  /** It is not known which node of the cluster the command is for. */
  public static RuntimeException topologyUnknown(TenantId tenant, String command, Throwable cause) {
    if (cause instanceof TenantConnectionException || cause instanceof TenantLimitException) {
      return notConnected(tenant, command, cause);
    }
    return new TenantConnectionException(
        new FailureDetails(ErrorCode.TR005, tenant, command, Outcome.NOT_SENT),
        "No node of the cluster says who serves which slot: " + textOf(cause),
        cause);
  }

  /**
   * None of the nodes that a read may go to exists.
   *
   * @param replicas how many are known
   * @param cause what choosing failed with, if it did
   */
  public static RuntimeException noReadNode(
      TenantId tenant, String command, int replicas, @Nullable Throwable cause) {
    return new TenantConnectionException(
        new FailureDetails(ErrorCode.TR005, tenant, command, Outcome.NOT_SENT),
        cause == null
            ? "There is no node to read from: readFrom(...) takes none of the primary and "
                + replicas
                + " replica(s) that are up. Read from the primary as well, or bring replicas up."
            : "readFrom(...) failed to choose a node: " + cause.getClass().getSimpleName() + ".",
        cause);
  }

  /** A replica is not connected after a while, and another node may answer. */
  public static RuntimeException replicaSlow(TenantId tenant, String command, String replica) {
    return new TenantConnectionException(
        new FailureDetails(ErrorCode.TR005, tenant, command, Outcome.NOT_SENT),
        "No connection to the replica " + replica + " within half of the time.",
        null);
  }

  /** A node that has the key for now does not let the tenant's user ask for it. */
  public static RuntimeException askingDenied(TenantId tenant, String command, String node) {
    return new TenantPermissionDeniedException(
        new FailureDetails(ErrorCode.SEC003, tenant, command, Outcome.REJECTED),
        "NOPERM "
            + node
            + " has the key while its slot moves, and does not let the tenant's user ask for it: grant it +asking.",
        null);
  }

  /** A walk through the keys of a cluster cannot go on where it was. */
  public static RuntimeException walkInterrupted(TenantId tenant, String node) {
    return new TenantCommandException(
        new FailureDetails(ErrorCode.TR013, tenant, "SCAN", Outcome.NOT_SENT),
        "The walk was at node "
            + node
            + ", which does not serve the tenant's keys any more: begin anew.",
        null);
  }

  /**
   * A command was sent in parts, of which one failed while others may have had their effect.
   *
   * @param failure of the part
   */
  public static RuntimeException inPart(TenantId tenant, String command, Throwable failure) {
    ErrorCode code = failure instanceof TenantRedisFailure typed ? typed.code() : ErrorCode.TR004;
    FailureDetails details = new FailureDetails(code, tenant, command, Outcome.UNKNOWN);
    String text =
        textOf(failure)
            + " The command was sent in parts, one for each slot of its keys, and others of them may have been executed.";
    if (failure instanceof TenantTimeoutException) {
      return new TenantTimeoutException(details, text, failure);
    }
    if (failure instanceof TenantPermissionDeniedException) {
      return new TenantPermissionDeniedException(details, text, failure);
    }
    if (failure instanceof TenantLimitException) {
      return new TenantLimitException(details, text, failure);
    }
    return failure instanceof TenantCommandException
        ? new TenantCommandException(details, text, failure)
        : new TenantConnectionLostException(details, text, failure);
  }

  private static String textOf(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    int details = message.lastIndexOf(" [");
    return details < 0 ? message : message.substring(0, details);
  }

  /** As many commands are in flight as the tenant may have. */
  public static RuntimeException bulkheadFull(TenantId tenant, String command, int limit) {
    return new TenantLimitException(
        new FailureDetails(ErrorCode.TR006, tenant, command, Outcome.NOT_SENT),
        "The tenant has "
            + limit
            + " commands in flight, as many as it may have. Wait for replies before sending more, or raise"
            + " maxConcurrentCalls.",
        null);
  }

  /** The tenant issued as many commands as it may in a period. */
  public static RuntimeException rateLimited(
      TenantId tenant, String command, int limit, Duration period) {
    return new TenantLimitException(
        new FailureDetails(ErrorCode.TR008, tenant, command, Outcome.NOT_SENT),
        "The tenant issued "
            + limit
            + " commands within "
            + period.toMillis()
            + " ms, as many as it may. Send fewer, or raise the rateLimit.",
        null);
  }

  /** The tenant's circuit breaker is open. */
  public static RuntimeException circuitOpen(TenantId tenant, String command) {
    return new TenantLimitException(
        new FailureDetails(ErrorCode.TR007, tenant, command, Outcome.NOT_SENT),
        "The tenant's circuit breaker is open because too many of its commands failed or timed out. It tries again by itself.",
        null);
  }

  /** No dedicated connection became free. */
  public static RuntimeException poolExhausted(
      TenantId tenant, @Nullable String command, String text, @Nullable Throwable cause) {
    return new TenantLimitException(
        new FailureDetails(ErrorCode.TR010, tenant, command, Outcome.NOT_SENT), text, cause);
  }

  /** A leased connection holds back as many commands as it may. */
  public static RuntimeException bufferFull(TenantId tenant, String command, int limit) {
    return new TenantLimitException(
        new FailureDetails(ErrorCode.TR006, tenant, command, Outcome.NOT_SENT),
        "The connection holds back "
            + limit
            + " commands, as many as it may: flush or EXEC more often, or raise maxBufferedCommands.",
        null);
  }

  /** A leased connection is used after it was given back. */
  public static RuntimeException leaseEnded(TenantId tenant, @Nullable String command) {
    return new TenantClosedException(
        new FailureDetails(ErrorCode.TR009, tenant, command, Outcome.NOT_SENT),
        "This connection was closed and may be somebody else's by now: lease another one.",
        null);
  }

  /**
   * There is no transaction for what was to be queued in it: MULTI had failed.
   *
   * @param sent whether it was sent, and may have been executed by itself
   */
  public static RuntimeException noTransaction(TenantId tenant, String command, boolean sent) {
    return new TenantCommandException(
        new FailureDetails(
            ErrorCode.TR001, tenant, command, sent ? Outcome.UNKNOWN : Outcome.NOT_SENT),
        sent
            ? "MULTI failed, so that this may have been executed outside of a transaction. Wait for MULTI before queueing commands."
            : "MULTI failed, so that there is no transaction for this. Find out why MULTI failed.",
        null);
  }

  /** The client was closed. */
  public static RuntimeException closed(TenantId tenant, @Nullable String command, boolean sent) {
    return new TenantClosedException(
        new FailureDetails(
            ErrorCode.TR009, tenant, command, sent ? Outcome.UNKNOWN : Outcome.NOT_SENT),
        "TenantRedis is closed. Create it once for the life of the application and close it last.",
        null);
  }

  /** The tenant has as many subscriptions as it may have. */
  public static RuntimeException tooManySubscriptions(TenantId tenant, int limit) {
    return new TenantLimitException(
        new FailureDetails(ErrorCode.TR006, tenant, "SUBSCRIBE", Outcome.NOT_SENT),
        "The tenant's subscriptions would have more than "
            + limit
            + " channels and patterns together. Close some, subscribe to a pattern instead, or raise maxSubscriptions.",
        null);
  }

  /** The connection that subscriptions share is gone; another one is made. */
  public static RuntimeException subscriptionInterrupted(TenantId tenant) {
    return new TenantConnectionLostException(
        new FailureDetails(ErrorCode.TR004, tenant, "SUBSCRIBE", Outcome.UNKNOWN),
        "The connection of the subscription was lost. It subscribes again by itself; what is published until then is missed.",
        null);
  }

  /** The application closed a subscription before it was confirmed. */
  public static RuntimeException subscriptionClosed(TenantId tenant) {
    return new TenantClosedException(
        new FailureDetails(ErrorCode.TR009, tenant, "SUBSCRIBE", Outcome.UNKNOWN),
        "The subscription was closed before the server confirmed it.",
        null);
  }

  /** The tenant, or the client, was closed and with it the tenant's subscriptions. */
  public static RuntimeException subscriptionsEnded(TenantId tenant) {
    return new TenantClosedException(
        new FailureDetails(ErrorCode.TR009, tenant, "SUBSCRIBE", Outcome.UNKNOWN),
        "TenantRedis was closed, or this tenant of it, and with it the tenant's subscriptions.",
        null);
  }

  /** The server's ACL denies a channel or pattern. */
  public static RuntimeException channelDenied(TenantId tenant, String command, String whatToDo) {
    return new TenantPermissionDeniedException(
        new FailureDetails(ErrorCode.SEC003, tenant, command, Outcome.REJECTED),
        "NOPERM the server's ACL denies this subscription. " + whatToDo,
        null);
  }

  /**
   * Whether the connection is no longer good for the tenant's commands: its server became a
   * replica, or took the authentication back.
   */
  public static boolean needsNewConnection(Throwable failure) {
    return failure instanceof TenantReadOnlyException
        || (failure instanceof TenantCommandException answered
            && answered.code() == ErrorCode.SEC001);
  }
}
