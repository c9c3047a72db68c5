package io.tenantredis.internal.connection;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.StaticCredentialsProvider;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import io.netty.util.concurrent.ScheduledFuture;
import io.tenantredis.TenantConnectionException;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.internal.error.ErrorClass;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.error.ServerError;
import io.tenantredis.internal.metrics.ConnectionEvents;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Makes verified connections to one endpoint, for all tenants. {@link Connectors} makes it, and
 * shares one Lettuce client and one set of limits among all endpoints. Thread-safe; nothing here
 * blocks.
 */
public final class Connector implements ConnectionSource {

  private final ConnectionSettings settings;
  private final ConnectionEvents events;
  private final TenantLettuceClient client;
  private final ClientResources resources;
  private final RedisURI uri;
  private final String endpoint;
  private final @Nullable PrimaryLookup primary;
  private final @Nullable EndpointHealth health;
  private final ConnectGate gate;
  private final ReplicaCheck check;
  private volatile Runnable primaryMoved = () -> {};

  Connector(
      ConnectionSettings settings,
      TenantLettuceClient client,
      ConnectGate gate,
      ConnectionEvents events,
      RedisURI uri,
      @Nullable EndpointHealth health,
      ReplicaCheck check) {
    this.settings = settings;
    this.client = client;
    this.gate = gate;
    this.check = check;
    this.events = events;
    this.resources = client.getResources();
    this.uri = PrimaryLookup.copyOf(uri);
    this.uri.setTimeout(settings.connectTimeout());
    this.endpoint = nameOf(uri);
    this.primary = client.primaryLookup(this.uri);
    this.health = health;
  }

  /** Where a URI leads, for people: no credentials. */
  public static String nameOf(RedisURI uri) {
    return PrimaryLookup.isNeeded(uri)
        ? "the primary '" + uri.getSentinelMasterId() + "'"
        : uri.getHost() + ":" + uri.getPort();
  }

  /** Where connections go, for people: no credentials. */
  public String endpoint() {
    return endpoint;
  }

  /**
   * What to do when Sentinels name another primary than before, so that live connections may lead
   * to a replica. It must not block.
   */
  public void onPrimaryMoved(Runnable action) {
    if (primary != null) {
      primaryMoved = action;
      primary.onMove(action);
    }
  }

  void forget() {
    if (primary != null && primary.forget(primaryMoved)) {
      client.forget(primary);
    }
  }

  /** Asks Sentinels, if there are any, where the primary is now. Does not block. */
  public void checkPrimary() {
    if (primary != null) {
      // Who cannot be asked now is asked again at the next interval.
      primary.address().onErrorComplete().subscribe();
    }
  }

  /** {@inheritDoc} Bounded by the connect timeout. */
  @Override
  public CompletableFuture<VerifiedConnection> connect(TenantIdentity identity) {
    if (health == null) {
      return connect(identity, null);
    }
    EndpointHealth.Permission permission = health.ask(identity.tenant());
    if (permission == null) {
      return CompletableFuture.failedFuture(
          ConnectFailures.endpointSpared(identity.tenant(), endpoint));
    }
    CompletableFuture<VerifiedConnection> result = connect(identity, permission);
    result.whenComplete((connection, failure) -> permission.ended(failure));
    return result;
  }

  private CompletableFuture<VerifiedConnection> connect(
      TenantIdentity identity, EndpointHealth.@Nullable Permission permission) {
    CompletableFuture<VerifiedConnection> result = new CompletableFuture<>();
    Attempt attempt = new Attempt(identity, permission, result);
    ConnectGate.Ticket ticket;
    ScheduledFuture<?> timer;
    try {
      timer =
          resources
              .eventExecutorGroup()
              .schedule(
                  attempt::timeOut, settings.connectTimeout().toNanos(), TimeUnit.NANOSECONDS);
      ticket = gate.enter(uri, identity.tenant(), attempt::start);
    } catch (RejectedExecutionException shutDown) {
      return CompletableFuture.failedFuture(Failures.closed(identity.tenant(), null, false));
    }
    attempt.ticket = ticket;
    if (permission != null && ticket.isWaiting()) {
      permission.giveBack();
    }
    result.whenComplete(
        (connection, failure) -> {
          timer.cancel(false);
          if (failure instanceof TenantConnectionException typed) {
            ticket.gone();
            events.connectFailed(identity.tenant(), typed.code());
            attempt.abort();
          } else {
            ticket.connected();
            connection.closed().thenRun(ticket::gone);
          }
        });
    return result;
  }

  @Override
  public CompletionStage<@Nullable TenantCredentials> credentials(TenantIdentity identity) {
    return inTime(ask(identity), () -> {});
  }

  private CompletionStage<@Nullable TenantCredentials> ask(TenantIdentity identity) {
    TenantCredentialsProvider provider = settings.credentials();
    if (provider == null) {
      return CompletableFuture.completedFuture(null);
    }
    CompletionStage<@Nullable TenantCredentials> answer;
    try {
      answer = provider.credentials(identity.tenant());
    } catch (RuntimeException failure) {
      return CompletableFuture.failedFuture(
          ConnectFailures.noCredentials(identity.tenant(), failure));
    }
    return answer.handle(
        (credentials, failure) -> {
          if (failure != null) {
            throw failure instanceof TenantConnectionException typed
                ? typed
                : ConnectFailures.noCredentials(identity.tenant(), unwrap(failure));
          }
          if (credentials == null) {
            throw ConnectFailures.unknownTenant(identity.tenant());
          }
          return credentials;
        });
  }

  @Override
  public CompletionStage<Void> reverify(VerifiedConnection connection) {
    return inTime(
        checkIdentity(connection.identity(), connection.physical())
            .thenCompose(same -> checkNode(connection.identity(), connection.physical())),
        connection::retire);
  }

  /** The same, but failed if it takes longer than the connect timeout. */
  private <T extends @Nullable Object> CompletionStage<T> inTime(
      CompletionStage<T> answer, Runnable late) {
    CompletableFuture<T> result = new CompletableFuture<>();
    ScheduledFuture<?> timer;
    try {
      timer =
          resources
              .eventExecutorGroup()
              .schedule(
                  () -> {
                    if (result.completeExceptionally(new TimeoutException("no answer in time"))) {
                      late.run();
                    }
                  },
                  settings.connectTimeout().toNanos(),
                  TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException shutDown) {
      return CompletableFuture.failedFuture(shutDown);
    }
    answer.whenComplete(
        (value, failure) -> {
          timer.cancel(false);
          if (failure == null) {
            result.complete(value);
          } else {
            result.completeExceptionally(unwrap(failure));
          }
        });
    return result;
  }

  private CompletionStage<Void> checkIdentity(
      TenantIdentity identity, PhysicalConnection<byte[], byte[]> connection) {
    String expected = identity.expectedUser();
    if (expected == null) {
      return CompletableFuture.completedFuture(null);
    }
    return IdentityQuestion.ask(identity.check(), connection.async())
        .handle(
            (user, failure) -> {
              if (failure == null && expected.equals(user)) {
                return null;
              }
              connection.closeAsync();
              if (failure == null) {
                throw ConnectFailures.mismatch(identity, endpoint, user);
              }
              Throwable cause = unwrap(failure);
              // A server that answers nobody for now says nothing about the tenant.
              throw cause instanceof RedisCommandExecutionException
                      && ServerError.classOf(cause.getMessage()) != ErrorClass.RETRY_SAFE
                  ? ConnectFailures.unverifiable(identity, endpoint, cause)
                  : ConnectFailures.of(identity.tenant(), endpoint, cause);
            });
  }

  private CompletionStage<Void> checkNode(
      TenantIdentity identity, PhysicalConnection<byte[], byte[]> connection) {
    return check
        .pass(identity, connection, endpoint)
        .whenComplete(
            (passed, failure) -> {
              if (failure != null) {
                connection.closeAsync();
              }
            });
  }

  private static Throwable unwrap(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** One attempt, with the socket it opened so that a late one can be closed. */
  private final class Attempt {

    private final TenantIdentity identity;
    private final EndpointHealth.@Nullable Permission permission;
    private final CompletableFuture<VerifiedConnection> result;
    private volatile ConnectGate.@Nullable Ticket ticket;
    private volatile @Nullable StatefulRedisConnection<byte[], byte[]> opened;
    private volatile @Nullable TenantCredentials credentials;
    private volatile boolean began;
    private volatile boolean asksForCredentials;
    private volatile boolean aborted;

    Attempt(
        TenantIdentity identity,
        EndpointHealth.@Nullable Permission permission,
        CompletableFuture<VerifiedConnection> result) {
      this.identity = identity;
      this.permission = permission;
      this.result = result;
    }

    void start() {
      if (result.isDone()) {
        return;
      }
      began = true;
      if (permission != null && !permission.use()) {
        result.completeExceptionally(ConnectFailures.endpointSpared(identity.tenant(), endpoint));
        return;
      }
      long started = System.nanoTime();
      run()
          .whenComplete(
              (connection, failure) -> {
                if (connection == null) {
                  result.completeExceptionally(
                      ConnectFailures.of(identity.tenant(), endpoint, unwrap(failure)));
                  return;
                }
                events.connected(identity.tenant(), Duration.ofNanos(System.nanoTime() - started));
                connection.closed().thenRun(() -> events.closed(identity.tenant()));
                if (!result.complete(connection)) {
                  connection.close();
                }
              });
    }

    void timeOut() {
      ConnectGate.Ticket place = ticket;
      if (result.isDone()) {
        return;
      }
      TimeoutException late =
          new TimeoutException("no verified connection within " + settings.connectTimeout());
      if (place != null && place.isWaitingForRoom()) {
        result.completeExceptionally(
            ConnectFailures.noRoom(identity.tenant(), settings.maxConnections()));
      } else if (!began) {
        result.completeExceptionally(
            ConnectFailures.noTurn(identity.tenant(), endpoint, settings.maxConcurrentConnects()));
      } else if (asksForCredentials) {
        result.completeExceptionally(ConnectFailures.noCredentials(identity.tenant(), late));
      } else {
        result.completeExceptionally(ConnectFailures.of(identity.tenant(), endpoint, late));
      }
    }

    private CompletionStage<VerifiedConnection> run() {
      try {
        asksForCredentials = true;
        return ask(identity).thenCompose(this::open).thenCompose(this::verify);
      } catch (RuntimeException failure) {
        return CompletableFuture.failedFuture(failure);
      }
    }

    void abort() {
      aborted = true;
      StatefulRedisConnection<byte[], byte[]> connection = opened;
      if (connection != null) {
        connection.closeAsync();
      }
    }

    private CompletionStage<StatefulRedisConnection<byte[], byte[]>> open(
        @Nullable TenantCredentials current) {
      asksForCredentials = false;
      credentials = current;
      RedisURI own = PrimaryLookup.copyOf(uri);
      if (current != null) {
        char[] password = current.password();
        // Without a password Lettuce does not authenticate at all; the identity check finds that
        // out.
        own.setCredentialsProvider(
            new StaticCredentialsProvider(
                current.username(), password.length == 0 ? null : password));
      }
      if (own.getClientName() == null) {
        // Without a name no CLIENT SETINFO either: where the user may not run it, each connect
        // would fill ACL LOG.
        own.setLibraryName("");
        own.setLibraryVersion("");
      }
      return client.connectAsync(ByteArrayCodec.INSTANCE, own).thenApply(this::opened);
    }

    private StatefulRedisConnection<byte[], byte[]> opened(
        StatefulRedisConnection<byte[], byte[]> connection) {
      opened = connection;
      if (aborted) {
        connection.closeAsync();
      }
      return connection;
    }

    private CompletionStage<VerifiedConnection> verify(
        StatefulRedisConnection<byte[], byte[]> connection) {
      PhysicalConnection<byte[], byte[]> physical = (PhysicalConnection<byte[], byte[]>) connection;
      // Now and then Lettuce hands a connection out before it takes commands. And what came behind
      // the answer, unasked, would be taken for the reply to the first command.
      return physical
          .handler()
          .caughtUp()
          .thenCompose(ready -> checkIdentity(identity, physical))
          .thenCompose(same -> checkNode(identity, physical))
          .thenCompose(same -> physical.handler().caughtUp())
          .thenApply(
              inStep ->
                  new VerifiedConnection(
                      identity, credentials, physical, settings.closeGrace(), events));
    }
  }
}
