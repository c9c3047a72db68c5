package io.tenantredis.test.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The proxy's only thread: accepts, reads, matches and writes for all connections. */
final class ProxyLoop {

  private static final Logger log = LoggerFactory.getLogger(ProxyLoop.class);

  private static final int BACKLOG = 512;
  private static final long MILLISECOND = TimeUnit.MILLISECONDS.toNanos(1);

  /** What the loop asks about each command. */
  interface Observer {
    @Nullable WireFault seen(SeenCommand command);
  }

  private final InetSocketAddress target;
  private final int maxConnections;
  private final Observer observer;
  private final Selector selector;
  private final Thread thread;
  private final int port;
  private final ConcurrentLinkedQueue<FutureTask<Void>> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicInteger open = new AtomicInteger();

  private final Set<ProxyLink> links = new LinkedHashSet<>();
  private final Set<ProxyLink> delayed = new HashSet<>();
  private @Nullable ServerSocketChannel listener;
  private long latencyNanos;
  private boolean blackHole;
  private boolean stoppedReading;
  private volatile boolean ending;

  ProxyLoop(InetSocketAddress target, int maxConnections, Observer observer) {
    this.target = target;
    this.maxConnections = maxConnections;
    this.observer = observer;
    try {
      this.selector = Selector.open();
      this.port = listenOnFreePort();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot open the proxy", e);
    }
    this.thread = new Thread(this::run, "tenant-redis-wire-proxy-" + port);
    this.thread.setDaemon(true);
    this.thread.start();
  }

  int port() {
    return port;
  }

  long accepted() {
    return accepted.get();
  }

  int open() {
    return open.get();
  }

  /** Runs the task on the loop's thread and waits for it. Also valid on that thread. */
  void call(Runnable task) {
    if (Thread.currentThread() == thread) {
      task.run();
      return;
    }
    FutureTask<Void> future =
        new FutureTask<Void>(
            () -> {
              task.run();
              // A closed channel lets go of its socket only when the selector has noticed.
              selector.selectNow();
              return null;
            });
    tasks.add(future);
    selector.wakeup();
    if (ending) {
      future.cancel(false);
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          future.get();
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (CancellationException e) {
          throw new IllegalStateException("the proxy is closed", e);
        } catch (ExecutionException e) {
          throw new IllegalStateException("the proxy failed", e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  void end() {
    ending = true;
    selector.wakeup();
    boolean interrupted = Thread.interrupted();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      interrupted = true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  // --- on the loop's thread ---

  @Nullable WireFault seen(SeenCommand command) {
    return observer.seen(command);
  }

  long latencyNanos() {
    return latencyNanos;
  }

  void latencyNanos(long nanos) {
    latencyNanos = nanos;
  }

  boolean blackHole() {
    return blackHole;
  }

  void blackHole(boolean on) {
    blackHole = on;
  }

  boolean stoppedReading() {
    return stoppedReading;
  }

  void stoppedReading(boolean on) {
    stoppedReading = on;
    refreshAll();
  }

  void delayed(ProxyLink link) {
    delayed.add(link);
  }

  void closed(ProxyLink link) {
    links.remove(link);
    delayed.remove(link);
    open.decrementAndGet();
  }

  List<ProxyLink> links() {
    return List.copyOf(links);
  }

  void refreshAll() {
    links().forEach(ProxyLink::refresh);
  }

  void refuseConnections() {
    if (listener != null) {
      closeQuietly(listener);
      listener = null;
    }
  }

  void acceptConnections() {
    if (listener == null) {
      try {
        listener = listen(port);
      } catch (IOException e) {
        throw new UncheckedIOException(
            "port " + port + " was taken while connections were refused", e);
      }
    }
  }

  private int listenOnFreePort() throws IOException {
    for (int attempt = 1; ; attempt++) {
      int proposed = Ports.propose();
      try {
        listener = listen(proposed);
        return proposed;
      } catch (IOException e) {
        if (attempt == 20) {
          selector.close();
          throw e;
        }
      }
    }
  }

  private ServerSocketChannel listen(int onPort) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    try {
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), onPort), BACKLOG);
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_ACCEPT);
      return channel;
    } catch (IOException e) {
      closeQuietly(channel);
      throw e;
    }
  }

  private void run() {
    try {
      while (!ending) {
        select();
        for (var keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
          SelectionKey key = keys.next();
          keys.remove();
          ready(key);
        }
        for (ProxyLink link : List.copyOf(delayed)) {
          link.refresh();
          if (link.nextDue() == Long.MAX_VALUE) {
            delayed.remove(link);
          }
        }
        runTasks();
      }
    } catch (IOException | RuntimeException e) {
      log.error("the proxy on port {} ends", port, e);
    } finally {
      shutDown();
    }
  }

  private void select() throws IOException {
    long due = Long.MAX_VALUE;
    for (ProxyLink link : delayed) {
      due = Math.min(due, link.nextDue());
    }
    if (due == Long.MAX_VALUE) {
      selector.select();
      return;
    }
    long wait = due - System.nanoTime();
    if (wait >= MILLISECOND) {
      selector.select(wait / MILLISECOND);
      return;
    }
    // A selector's timeout is in milliseconds; finer pauses are taken outside of it.
    if (wait > 0) {
      LockSupport.parkNanos(wait);
    }
    selector.selectNow();
  }

  private void ready(SelectionKey key) throws IOException {
    if (!key.isValid()) {
      return;
    }
    if (key.attachment() instanceof ProxyLink link) {
      link.ready(key);
    } else {
      accept();
    }
  }

  private void accept() throws IOException {
    while (listener != null) {
      SocketChannel client = listener.accept();
      if (client == null) {
        return;
      }
      if (links.size() >= maxConnections) {
        log.warn("the proxy on port {} has {} connections and takes no more", port, maxConnections);
        closeQuietly(client);
        continue;
      }
      link(client);
    }
  }

  private void link(SocketChannel client) throws IOException {
    SocketChannel upstream = SocketChannel.open();
    client.configureBlocking(false);
    client.setOption(StandardSocketOptions.TCP_NODELAY, true);
    upstream.configureBlocking(false);
    upstream.setOption(StandardSocketOptions.TCP_NODELAY, true);
    ProxyLink link =
        new ProxyLink(this, (int) accepted.incrementAndGet(), client, upstream, selector);
    links.add(link);
    open.incrementAndGet();
    link.connect(target);
  }

  private void runTasks() {
    for (FutureTask<Void> task; (task = tasks.poll()) != null; ) {
      task.run();
    }
  }

  private void shutDown() {
    ending = true;
    refuseConnections();
    links().forEach(ProxyLink::close);
    closeQuietly(selector);
    for (FutureTask<Void> task; (task = tasks.poll()) != null; ) {
      task.cancel(false);
    }
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      log.debug("closing failed", e);
    }
  }
}
