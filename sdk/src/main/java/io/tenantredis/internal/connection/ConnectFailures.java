package io.tenantredis.internal.connection;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.CommandType;
import io.tenantredis.ErrorCode;
import io.tenantredis.FailureDetails;
import io.tenantredis.IdentityCheck;
import io.tenantredis.Outcome;
import io.tenantredis.TenantConnectionException;
import io.tenantredis.TenantId;
import io.tenantredis.TenantIdentityException;
import io.tenantredis.UnknownTenantException;
import io.tenantredis.internal.error.ErrorClass;
import io.tenantredis.internal.error.ServerError;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What went wrong while a connection was made, in words that say what to do. */
final class ConnectFailures {

  private static final int MAX_DEPTH = 20;

  private ConnectFailures() {}

  static TenantConnectionException of(TenantId tenant, String endpoint, Throwable failure) {
    if (failure instanceof TenantConnectionException typed) {
      return typed;
    }
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++, cause = cause.getCause()) {
      if (cause instanceof TenantConnectionException typed) {
        return typed;
      }
      if (cause instanceof PrimaryUnknown && !isTls(cause)) {
        return connection(
            ErrorCode.TR005,
            tenant,
            "No Sentinel named "
                + endpoint
                + ". Check that Sentinels are reachable, that they know a primary of that name, and"
                + " sentinelCredentials.",
            failure);
      }
      if (cause instanceof SSLException) {
        return connection(
            ErrorCode.SEC004,
            tenant,
            "No TLS connection to " + endpoint + ": " + TlsProblem.of(cause),
            failure);
      }
      if (cause instanceof TimeoutException) {
        return connection(
            ErrorCode.TR005,
            tenant,
            endpoint + " did not answer within the connect timeout.",
            failure);
      }
      String message = cause.getMessage();
      if (RedisConnectionException.isProtectedMode(message)) {
        return connection(
            ErrorCode.SEC005,
            tenant,
            endpoint
                + " is in protected mode: give its users passwords or bind it to this network.",
            failure);
      }
      TenantConnectionException refused = ofReply(message, tenant, endpoint, failure);
      if (refused != null) {
        return refused;
      }
    }
    return connection(
        ErrorCode.TR005,
        tenant,
        "No connection to " + endpoint + ". Is the server running and reachable?",
        failure);
  }

  private static boolean isTls(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++, cause = cause.getCause()) {
      if (cause instanceof SSLException) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable TenantConnectionException ofReply(
      @Nullable String line, TenantId tenant, String endpoint, Throwable failure) {
    ServerError error = ServerError.of(line);
    if (ServerError.classOf(line) == ErrorClass.RETRY_SAFE) {
      return connection(
          ErrorCode.TR005,
          tenant,
          endpoint
              + " serves nobody for now: "
              + (error == ServerError.ERR
                  ? "as many clients are connected as may be"
                  : error.meaning())
              + " ("
              + error
              + "). It is tried again.",
          failure);
    }
    String text =
        switch (error) {
          case WRONGPASS ->
              " refused the tenant's credentials (WRONGPASS): the user does not exist, is off, or has"
                  + " another password. Check ACL GETUSER and the credentials provider.";
          case NOAUTH ->
              " asks for authentication (NOAUTH): the credentials provider gave no password.";
          case NOPERM ->
              " does not permit what a new connection needs (NOPERM): grant the tenant's user +hello"
                  + " and +auth.";
          default -> null;
        };
    return text == null ? null : connection(error.code(), tenant, endpoint + text, failure);
  }

  static TenantConnectionException mismatch(
      TenantIdentity identity, String endpoint, String actual) {
    return new TenantIdentityException(
        details(ErrorCode.SEC006, identity.tenant()),
        endpoint
            + " says that the connection belongs to user '"
            + actual
            + "', but '"
            + identity.expectedUser()
            + "' is expected. The connection was closed. Check the user name and that a password is given: without one the"
            + " server silently keeps the user 'default'.",
        null);
  }

  static TenantConnectionException unverifiable(
      TenantIdentity identity, String endpoint, Throwable failure) {
    return new TenantIdentityException(
        details(ErrorCode.SEC007, identity.tenant()),
        endpoint
            + " did not say whose connection this is, so that it was closed. Grant it: ACL SETUSER "
            + identity.expectedUser()
            + " "
            + identity.check().permission()
            + (identity.check() == IdentityCheck.ACL_WHOAMI
                ? ". For a managed service that lets nobody ask, see identityCheck(CLIENT_INFO)."
                : ""),
        failure);
  }

  static TenantConnectionException noReplica(TenantId tenant, String endpoint) {
    return connection(
        ErrorCode.TR005,
        tenant,
        endpoint
            + " says that it is no replica, so that nothing is read there. Was it promoted? Check replicas(...), and where it"
            + " replicates from.",
        null);
  }

  static TenantConnectionException notPermitted(
      TenantId tenant, String endpoint, CommandType command, Throwable failure) {
    return connection(
        ErrorCode.SEC003,
        tenant,
        endpoint
            + " does not permit what a connection to a replica needs (NOPERM): grant the tenant's user "
            + "+"
            + command.name().toLowerCase(Locale.ROOT)
            + ".",
        failure);
  }

  static TenantConnectionException unfit(
      TenantId tenant, String endpoint, CommandType command, Throwable failure) {
    return connection(
        ErrorCode.TR005,
        tenant,
        endpoint
            + " knows no "
            + command
            + ", which a connection to a replica needs, so that nothing is read there. Is it a replica of the kind that the Redis"
            + " URI says?",
        failure);
  }

  static TenantConnectionException noRoom(TenantId tenant, int maxConnections) {
    return connection(
        ErrorCode.TR012,
        tenant,
        "All "
            + maxConnections
            + " connections are in use and none was idle within the connect timeout. Raise"
            + " ConnectionOptions.maxConnections, or serve fewer tenants with one client.",
        null);
  }

  static TenantConnectionException noTurn(TenantId tenant, String endpoint, int maxAttempts) {
    return connection(
        ErrorCode.TR012,
        tenant,
        "No turn to connect to "
            + endpoint
            + " came within the connect timeout: at most "
            + maxAttempts
            + " attempts are made at a time, and a tenant or an endpoint takes no more than its share of them. Raise"
            + " ConnectionOptions.maxConcurrentConnects if the servers are well.",
        null);
  }

  static TenantConnectionException endpointSpared(TenantId tenant, String endpoint) {
    return connection(
        ErrorCode.TR005,
        tenant,
        "No connection to "
            + endpoint
            + ": attempts of many tenants failed, and its circuit breaker is open. It tries again by itself.",
        null);
  }

  static TenantConnectionException unknownTenant(TenantId tenant) {
    return new UnknownTenantException(
        details(ErrorCode.SEC010, tenant),
        "The credentials provider knows no such tenant: create the tenant's user first.",
        null);
  }

  static TenantConnectionException noEndpoint(TenantId tenant) {
    return new UnknownTenantException(
        details(ErrorCode.SEC010, tenant),
        "TenantEndpoints knows no such tenant: say where it lives.",
        null);
  }

  static TenantConnectionException endpointUnavailable(
      TenantId tenant, String why, @Nullable Throwable cause) {
    return connection(
        ErrorCode.TR016, tenant, "It is not known where the tenant lives. " + why, cause);
  }

  static TenantConnectionException noCredentials(TenantId tenant, Throwable failure) {
    return connection(
        ErrorCode.TR011,
        tenant,
        "The credentials provider failed: " + failure.getClass().getSimpleName() + ".",
        failure);
  }

  private static TenantConnectionException connection(
      ErrorCode code, TenantId tenant, String text, @Nullable Throwable cause) {
    return new TenantConnectionException(details(code, tenant), text, cause);
  }

  private static FailureDetails details(ErrorCode code, TenantId tenant) {
    return new FailureDetails(code, tenant, null, Outcome.NOT_SENT);
  }
}
