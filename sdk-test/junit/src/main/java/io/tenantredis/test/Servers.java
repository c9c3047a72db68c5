package io.tenantredis.test;

import io.lettuce.core.RedisURI;
import io.tenantredis.TlsOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The servers behind the tests of one choice: started here, or running already. */
interface Servers extends AutoCloseable {

  /** Every server that has data, as its administrator reaches it now. */
  List<RedisURI> nodes();

  /** Those of them that take writes now. */
  List<RedisURI> masters();

  /** Where clients connect to now, also by way of Sentinels, without credentials. */
  String clientUrl();

  /** What a client needs for a {@code rediss://} URL of a server that was started here. */
  default @Nullable TlsOptions tls() {
    return null;
  }

  /** Whether they end when this JVM does, by themselves. */
  default boolean areOfThisJvm() {
    return false;
  }

  /** Where clients that speak Redis Cluster connect to. */
  default String clusterUrl() {
    return clientUrl();
  }

  /** Whether keys are spread over several masters by their slots. */
  default boolean isCluster() {
    return false;
  }

  /**
   * The servers as an object of this type, for tests that do things to them; null if it is none.
   */
  default <T> @Nullable T as(Class<T> type) {
    return null;
  }

  @Override
  void close();

  /** Starts what was chosen, or connects nowhere yet if it runs already. */
  static Servers of(ServerChoice choice) {
    if (choice.url() != null) {
      return new RunningServer(choice.url());
    }
    return choice.image() != null ? ContainerServer.start(choice) : EmbeddedServers.start(choice);
  }

  /** A server that runs whether or not there are tests. */
  record RunningServer(String url) implements Servers {

    @Override
    public List<RedisURI> nodes() {
      return List.of(RedisURI.create(url));
    }

    @Override
    public List<RedisURI> masters() {
      return nodes();
    }

    @Override
    public String clientUrl() {
      RedisURI uri = RedisURI.create(url);
      return (uri.isSsl() ? "rediss://" : "redis://") + uri.getHost() + ":" + uri.getPort();
    }

    @Override
    public void close() {
      // It was running before.
    }

    /** Without the URL, which holds a password. */
    @Override
    public String toString() {
      return "a running server";
    }
  }
}
