package io.tenantredis.internal.connection;

import io.lettuce.core.RedisURI;
import io.netty.util.concurrent.EventExecutorGroup;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Asks Sentinels where the primary is. All who ask within a short time share one question: each
 * question is a connection to a Sentinel, and after a failover every tenant asks. Thread-safe;
 * nothing blocks.
 */
final class PrimaryLookup {

  private static final Duration SHARED_FOR = Duration.ofMillis(250);

  private final Mono<SocketAddress> shared;
  private final AtomicReference<@Nullable String> last = new AtomicReference<>();
  private final List<Runnable> moved = new CopyOnWriteArrayList<>();

  /**
   * @param uri names the Sentinels and the primary; its timeout bounds a lookup
   * @param lookup asks the Sentinels of such a URI, one after the other
   */
  PrimaryLookup(
      RedisURI uri, Function<RedisURI, Mono<SocketAddress>> lookup, EventExecutorGroup timer) {
    RedisURI asked = copyOf(uri);
    // A Sentinel that hangs must leave time for the others, and for the connection itself.
    Duration each = uri.getTimeout().dividedBy(uri.getSentinels().size() + 1);
    Stream.concat(Stream.of(asked), asked.getSentinels().stream())
        .forEach(
            node -> {
              node.setTimeout(each);
              node.setLibraryName("");
              node.setLibraryVersion("");
            });
    this.shared =
        lookup
            .apply(asked)
            .onErrorMap(failure -> new PrimaryUnknown(uri.getSentinelMasterId(), failure))
            .doOnNext(this::note)
            .cache(
                address -> SHARED_FOR,
                failure -> Duration.ZERO,
                () -> Duration.ZERO,
                Schedulers.fromExecutorService(timer));
  }

  static boolean isNeeded(RedisURI uri) {
    return uri.getSentinelMasterId() != null && !uri.getSentinels().isEmpty();
  }

  /** The same for URIs that ask for the same primary, of the same Sentinels, in the same way. */
  static String nameOf(RedisURI uri) {
    StringBuilder name = new StringBuilder(uri.getSentinelMasterId());
    Stream.concat(Stream.of(uri), uri.getSentinels().stream())
        .forEach(
            at ->
                name.append(at.isSsl() ? ",tls " + at.getVerifyMode() + ' ' : ",")
                    .append(at.getHost())
                    .append(':')
                    .append(at.getPort()));
    return name.toString();
  }

  /** Lettuce's own copies forget the Sentinels. */
  static RedisURI copyOf(RedisURI uri) {
    RedisURI.Builder copy = RedisURI.builder(uri);
    if (isNeeded(uri)) {
      copy.withSentinelMasterId(uri.getSentinelMasterId());
      uri.getSentinels().forEach(sentinel -> copy.withSentinel(RedisURI.builder(sentinel).build()));
    }
    return copy.build();
  }

  /** What else to do when Sentinels name another primary than before; must not block. */
  void onMove(Runnable action) {
    moved.add(action);
  }

  /**
   * No longer does what {@link #onMove} added.
   *
   * @return whether nobody is told any more
   */
  boolean forget(Runnable action) {
    moved.remove(action);
    return moved.isEmpty();
  }

  /** The primary's address of now or of a moment ago; fails with {@link PrimaryUnknown}. */
  Mono<SocketAddress> address() {
    return shared;
  }

  private void note(SocketAddress address) {
    // By name: a name may stand for several addresses in turns.
    String now =
        address instanceof InetSocketAddress internet
            ? internet.getHostString() + ":" + internet.getPort()
            : address.toString();
    String before = last.getAndSet(now);
    if (before != null && !before.equals(now)) {
      moved.forEach(Runnable::run);
    }
  }
}
