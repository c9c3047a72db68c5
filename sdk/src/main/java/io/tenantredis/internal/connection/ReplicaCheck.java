package io.tenantredis.internal.connection;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.GenericMapOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.tenantredis.internal.error.ErrorClass;
import io.tenantredis.internal.error.ServerError;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * What a connection has to pass beyond the question whose it is, because of the node it leads to.
 */
enum ReplicaCheck {

  /** Nothing: the server takes writes. */
  NONE {
    @Override
    CompletionStage<Void> pass(
        TenantIdentity identity, PhysicalConnection<byte[], byte[]> connection, String endpoint) {
      return CompletableFuture.completedFuture(null);
    }
  },

  /**
   * The server must say that it is a replica. {@code HELLO} says it to whoever may connect, while
   * {@code ROLE} would need a permission that shows how much all tenants write.
   */
  ROLE {
    @Override
    CompletionStage<Void> pass(
        TenantIdentity identity, PhysicalConnection<byte[], byte[]> connection, String endpoint) {
      return send(connection, CommandType.HELLO, new GenericMapOutput<>(StringCodec.ASCII))
          .handle(
              (hello, failure) -> {
                if (failure != null) {
                  throw refused(identity, endpoint, CommandType.HELLO, failure);
                }
                Object role = hello.get("role");
                if (!"replica".equals(role) && !"slave".equals(role)) {
                  throw ConnectFailures.noReplica(identity.tenant(), endpoint);
                }
                return null;
              });
    }
  },

  /** A cluster's replica answers only those who said that they only read. */
  READONLY {
    @Override
    CompletionStage<Void> pass(
        TenantIdentity identity, PhysicalConnection<byte[], byte[]> connection, String endpoint) {
      return send(connection, CommandType.READONLY, new StatusOutput<>(StringCodec.ASCII))
          .handle(
              (ok, failure) -> {
                if (failure != null) {
                  throw refused(identity, endpoint, CommandType.READONLY, failure);
                }
                return null;
              });
    }
  };

  /**
   * Asks.
   *
   * @return completes when the connection may be used, else fails with a {@link
   *     io.tenantredis.TenantConnectionException}
   */
  abstract CompletionStage<Void> pass(
      TenantIdentity identity, PhysicalConnection<byte[], byte[]> connection, String endpoint);

  private static <T> CompletionStage<T> send(
      PhysicalConnection<byte[], byte[]> connection,
      CommandType type,
      CommandOutput<String, String, T> output) {
    AsyncCommand<String, String, T> command =
        new AsyncCommand<>(new Command<>(type, output, new CommandArgs<>(StringCodec.ASCII)));
    connection.getChannelWriter().write(command);
    return command;
  }

  private static RuntimeException refused(
      TenantIdentity identity, String endpoint, CommandType command, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (!(cause instanceof RedisCommandExecutionException)
        || ServerError.classOf(cause.getMessage()) == ErrorClass.RETRY_SAFE) {
      return ConnectFailures.of(identity.tenant(), endpoint, cause);
    }
    return ServerError.of(cause.getMessage()) == ServerError.NOPERM
        ? ConnectFailures.notPermitted(identity.tenant(), endpoint, command, cause)
        : ConnectFailures.unfit(identity.tenant(), endpoint, command, cause);
  }
}
