package io.tenantredis.admin;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How far one server's ACL log was read. Remembers the entries of the last reading, no more.
 *
 * <p>The server joins a denial to one of its 10 latest entries if it says the same and is younger
 * than a minute: the entry then keeps its id, counts one more and becomes the latest. So an entry
 * that was read before may hold new denials. Nothing in the log tells of those that were joined to
 * an entry which has since been pushed out; what the server counted in all does.
 *
 * <p>Not thread-safe.
 */
final class AclLogPosition {

  /**
   * By how much the server may show an entry too young: it counts whole milliseconds, with a clock
   * that it reads once for all commands that arrive together.
   */
  private static final double CLOCK_SLACK_SECONDS = 0.02;

  private final String node;
  private @Nullable String runId;
  private List<AclLogEntry> known = List.of();
  private long nextId;
  private long countedElsewhere;
  private long lastTotal;
  private long accountedFor;

  AclLogPosition(String node) {
    this.node = node;
  }

  /** What one reading of the log found. */
  record Reading(List<Fresh> fresh, List<AclLogLoss> losses) {}

  /** An entry with denials that were not read before. */
  record Fresh(AclLogEntry entry, long count) {}

  Reading advance(AclLogSnapshot now) {
    List<AclLogLoss> losses = new ArrayList<>();
    boolean first = runId == null;
    if (runId != null && !runId.equals(now.runId())) {
      losses.add(
          new AclLogLoss(
              node, AclLogLoss.Cause.SERVER_RESTARTED, OptionalLong.empty(), OptionalLong.empty()));
      known = List.of();
      nextId = 0;
      countedElsewhere = 0;
      lastTotal = 0;
      accountedFor = 0;
    }
    boolean numbered = now.entries().stream().allMatch(entry -> entry.id() != null);
    List<Fresh> fresh = numbered ? freshById(now.entries()) : freshByLikeness(now);
    long lostEntries = numbered && !first ? missing(now.entries()) : 0;
    long read =
        fresh.stream()
            .filter(found -> now.countsScripts() || !found.entry().context().equals("lua"))
            .mapToLong(Fresh::count)
            .sum();
    if (first) {
      countedElsewhere = now.denialsAfter() - read;
    } else if (now.denialsBefore() < lastTotal) {
      // CONFIG RESETSTAT.
      countedElsewhere = now.denialsAfter() - accountedFor - read;
    }
    lastTotal = now.denialsBefore();
    accountedFor += read;
    long lost = Math.max(lostEntries, now.denialsBefore() - countedElsewhere - accountedFor);
    if (lost > 0) {
      accountedFor += lost;
      losses.add(
          new AclLogLoss(
              node,
              AclLogLoss.Cause.OVERFLOW,
              OptionalLong.of(lost),
              numbered ? OptionalLong.of(lostEntries) : OptionalLong.empty()));
    }
    runId = now.runId();
    known = now.entries();
    for (AclLogEntry entry : known) {
      nextId = entry.id() == null ? nextId : Math.max(nextId, entry.id() + 1);
    }
    return new Reading(fresh, losses);
  }

  private List<Fresh> freshById(List<AclLogEntry> entries) {
    Map<Long, Long> counts = new HashMap<>();
    known.forEach(entry -> counts.put(entry.id(), entry.count()));
    List<Fresh> fresh = new ArrayList<>();
    for (AclLogEntry entry : entries) {
      Long before = counts.get(entry.id());
      if (before != null) {
        if (entry.count() > before) {
          fresh.add(new Fresh(entry, entry.count() - before));
        }
      } else if (entry.id() != null && entry.id() >= nextId) {
        fresh.add(new Fresh(entry, entry.count()));
      } else if (!known.isEmpty()) {
        // It was beyond what is read at a time, and came back to the top for a reason.
        fresh.add(new Fresh(entry, 1));
      }
    }
    return fresh;
  }

  /** Ids are given without gaps. */
  private long missing(List<AclLogEntry> entries) {
    long newest = nextId - 1;
    long present = 0;
    for (AclLogEntry entry : entries) {
      if (entry.id() != null && entry.id() >= nextId) {
        newest = Math.max(newest, entry.id());
        present++;
      }
    }
    return newest + 1 - nextId - present;
  }

  /**
   * Without ids: an entry is the one that was read before if nothing in it changed and it is as old
   * as it must be, or if it counts more of the same.
   */
  private List<Fresh> freshByLikeness(AclLogSnapshot now) {
    Map<AclLogEntry.Kind, List<AclLogEntry>> before = new HashMap<>();
    for (AclLogEntry entry : known) {
      before.computeIfAbsent(entry.kind(), kind -> new ArrayList<>()).add(entry);
    }
    List<AclLogEntry> changed = new ArrayList<>();
    for (AclLogEntry entry : now.entries()) {
      boolean unchanged =
          entry.ageSeconds() + CLOCK_SLACK_SECONDS >= now.gapSeconds()
              && removeFirst(
                      before.get(entry.kind()),
                      old ->
                          old.count() == entry.count()
                              && old.clientInfo().equals(entry.clientInfo()))
                  != null;
      if (!unchanged) {
        changed.add(entry);
      }
    }
    List<Fresh> fresh = new ArrayList<>();
    for (AclLogEntry entry : changed) {
      AclLogEntry old =
          removeFirst(before.get(entry.kind()), earlier -> earlier.count() < entry.count());
      fresh.add(new Fresh(entry, old == null ? entry.count() : entry.count() - old.count()));
    }
    return fresh;
  }

  private static @Nullable AclLogEntry removeFirst(
      @Nullable List<AclLogEntry> entries, Predicate<AclLogEntry> matching) {
    if (entries == null) {
      return null;
    }
    for (AclLogEntry entry : entries) {
      if (matching.test(entry)) {
        entries.remove(entry);
        return entry;
      }
    }
    return null;
  }
}
