package io.tenantredis.test;

import io.lettuce.core.RedisURI;
import io.tenantredis.TlsOptions;
import io.tenantredis.test.ServerChoice.Tls;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.ReplicatedRedis;
import io.tenantredis.test.server.TestCertificates;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Servers that are processes of this JVM. */
final class EmbeddedServers implements Servers {

  private static final String ADMINISTRATOR = "tenant-redis-test";

  private final Object handle;
  private final Supplier<List<RedisServer>> nodes;
  private final Supplier<List<RedisServer>> masters;
  private final Runnable closer;
  private final String password;
  private final Tls tls;

  private EmbeddedServers(
      Object handle,
      Supplier<List<RedisServer>> nodes,
      Supplier<List<RedisServer>> masters,
      Runnable closer,
      String password,
      Tls tls) {
    this.handle = handle;
    this.nodes = nodes;
    this.masters = masters;
    this.closer = closer;
    this.password = password;
    this.tls = tls;
  }

  static EmbeddedServers start(ServerChoice choice) {
    String password = RandomNames.next() + RandomNames.next();
    RedisServer.Builder server = RedisServer.builder().adminUser(ADMINISTRATOR, password);
    if (choice.binary() != null) {
      server.binary(Path.of(choice.binary()));
    }
    if (choice.tls() != Tls.NONE) {
      server.tls();
    }
    if (choice.tls() == Tls.MUTUAL) {
      server.requireClientCertificate();
    }
    Tls tls = choice.tls();
    return switch (choice.shape().kind()) {
      case STANDALONE -> {
        RedisServer one = server.start();
        List<RedisServer> all = List.of(one);
        yield new EmbeddedServers(one, () -> all, () -> all, one::close, password, tls);
      }
      case REPLICATED -> {
        RedisServer.Builder sentinel = RedisServer.builder();
        if (choice.binary() != null) {
          sentinel.binary(Path.of(choice.binary()));
        }
        if (tls != Tls.NONE) {
          sentinel.tls();
        }
        if (tls == Tls.MUTUAL) {
          sentinel.requireClientCertificate();
        }
        ReplicatedRedis replicated =
            ReplicatedRedis.builder()
                .server(server)
                .sentinel(sentinel)
                .replicas(choice.shape().replicas())
                .sentinels(choice.shape().sentinels())
                .start();
        yield new EmbeddedServers(
            replicated,
            () -> replicated.servers().stream().filter(RedisServer::isRunning).toList(),
            () -> List.of(replicated.master()),
            replicated::close,
            password,
            tls);
      }
      case CLUSTER -> {
        RedisCluster cluster =
            RedisCluster.builder()
                .server(server)
                .masters(choice.shape().masters())
                // A node that a busy machine holds up for a second must not be taken for dead.
                .nodeTimeout(Duration.ofSeconds(5))
                .replicasPerMaster(choice.shape().replicas())
                .start();
        yield new EmbeddedServers(
            cluster,
            () -> cluster.nodes().stream().filter(RedisServer::isRunning).toList(),
            cluster::masters,
            cluster::close,
            password,
            tls);
      }
    };
  }

  @Override
  public List<RedisURI> nodes() {
    return nodes.get().stream().map(this::administrator).toList();
  }

  @Override
  public List<RedisURI> masters() {
    return masters.get().stream().map(this::administrator).toList();
  }

  /** On the plain port, which is there with TLS, too. */
  private RedisURI administrator(RedisServer server) {
    return RedisURI.builder()
        .withHost(server.host())
        .withPort(server.port())
        .withAuthentication(ADMINISTRATOR, password.toCharArray())
        .build();
  }

  @Override
  public String clientUrl() {
    if (handle instanceof ReplicatedRedis replicated && !replicated.sentinels().isEmpty()) {
      return (tls == Tls.NONE ? "redis-sentinel://" : "rediss-sentinel://")
          + replicated.sentinels().stream()
              .map(
                  sentinel ->
                      sentinel.host()
                          + ":"
                          + (tls == Tls.NONE ? sentinel.port() : sentinel.tlsPort()))
              .collect(Collectors.joining(","))
          + "#"
          + replicated.masterName();
    }
    RedisServer first = masters.get().get(0);
    return tls == Tls.NONE ? first.uri() : first.tlsUri();
  }

  @Override
  public String clusterUrl() {
    return masters.get().stream()
        .map(node -> node.host() + ":" + (tls == Tls.NONE ? node.port() : node.tlsPort()))
        .collect(
            Collectors.joining(
                ",", tls == Tls.NONE ? "redis-cluster://" : "rediss-cluster://", ""));
  }

  @Override
  public @Nullable TlsOptions tls() {
    if (tls == Tls.NONE) {
      return null;
    }
    TestCertificates certificates = masters.get().get(0).certificates();
    TlsOptions.Builder options = TlsOptions.builder().trust(certificates.caPem());
    if (tls == Tls.MUTUAL) {
      options.certificate(certificates.client().certificatePem(), certificates.client().keyPem());
    }
    return options.build();
  }

  @Override
  public boolean areOfThisJvm() {
    return true;
  }

  @Override
  public boolean isCluster() {
    return handle instanceof RedisCluster;
  }

  @Override
  public <T> @Nullable T as(Class<T> type) {
    return type.isInstance(handle) ? type.cast(handle) : null;
  }

  @Override
  public void close() {
    closer.run();
  }
}
