package io.tenantredis.test;

import java.util.HashMap;
import java.util.Map;

/** The servers of this JVM, each for as long as somebody needs it. */
final class SharedServers {

  private static final Map<ServerChoice, Entry> ENTRIES = new HashMap<>();

  private SharedServers() {}

  private static final class Entry {
    final TestServer server;
    int leases;

    Entry(TestServer server) {
      this.server = server;
    }
  }

  /** The right to use a server until it is closed; the last one stops it. */
  static final class Lease implements AutoCloseable {

    private final ServerChoice choice;
    private final Entry entry;
    private boolean closed;

    private Lease(ServerChoice choice, Entry entry) {
      this.choice = choice;
      this.entry = entry;
    }

    TestServer server() {
      return entry.server;
    }

    @Override
    public void close() {
      synchronized (ENTRIES) {
        if (closed) {
          return;
        }
        closed = true;
        if (--entry.leases > 0) {
          return;
        }
        ENTRIES.remove(choice);
      }
      entry.server.close();
    }
  }

  /** Starts the server if nobody uses one of this choice. */
  static Lease lease(ServerChoice choice) {
    synchronized (ENTRIES) {
      Entry entry = ENTRIES.computeIfAbsent(choice, absent -> new Entry(new TestServer(choice)));
      entry.leases++;
      return new Lease(choice, entry);
    }
  }
}
