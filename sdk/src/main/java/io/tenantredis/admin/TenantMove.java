package io.tenantredis.admin;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.RestoreArgs;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.tenantredis.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Brings one tenant, its user and its keys from the servers it lives on to others. {@code
 * docs/endpoints.md} describes the whole way.
 *
 * <ol>
 *   <li>{@link #copy} makes the tenant's user on the new servers, with the same passwords and
 *       unable to log in, and copies all keys while the tenant goes on writing. It may be repeated:
 *       each time only what differs is copied.
 *   <li>{@link #cutOver} takes the right to write from the tenant's user on the old servers, copies
 *       what still differs, compares every key, deletes what is too much, and lets the user log in
 *       on the new servers. From the first to the last is the <em>window</em>: the tenant reads and
 *       does not write. It takes about as long as one more copy.
 *   <li>The applications are switched over, see {@link Switchover} and {@code TenantEndpoints}.
 *   <li>{@link #finish} deletes the user on the old servers and, if wanted, the keys.
 * </ol>
 *
 * <p>{@link #run} does the first three. Until the applications are switched over, {@link #abort}
 * takes everything back. What was interrupted is begun again by the same call. That the user on the
 * new servers cannot log in before the cut over, and can after it, is what keeps a move from
 * overwriting a tenant that lives there already: then {@link #copy} and {@link #cutOver} refuse.
 * That it can only read on the old servers after the cut over is what keeps {@link #finish} from
 * deleting a tenant where it lives. One whose user is switched off is not moved, for it would be
 * able to log in on the new servers; suspend it on both once it was cut over.
 *
 * <p>Keys are copied with their type, value and time of expiry ({@code DUMP}, {@code RESTORE}), in
 * batches; keys are compared by what the server serializes and, where two servers serialize
 * differently, by their elements. Scripts, functions and messages are not data of a tenant and are
 * not brought along. Clocks of the servers should agree: expiry is a moment in time. Old servers
 * need Redis 7.0 or newer, or Valkey; new ones must read what the old ones serialize, which servers
 * of the same product and the same or a newer version do.
 *
 * <p>Thread-safe, but one move of a tenant at a time. Blocks, see {@link TenantRedisAdmin}.
 */
public final class TenantMove {

  /** The last bytes of a dump are a version and a checksum, which differ between servers. */
  private static final int DUMP_FOOTER = 10;

  private final TenantKeyspace source;
  private final TenantKeyspace target;
  private final MoveInterlock interlock;
  private final TenantId tenant;

  TenantMove(
      AdminNodes sourceNodes,
      Provisioner sourceUsers,
      AdminNodes targetNodes,
      Provisioner targetUsers,
      AclPolicy policy) {
    this.interlock = new MoveInterlock(sourceNodes, sourceUsers, targetNodes, targetUsers, policy);
    this.tenant = policy.tenant();
    this.source = new TenantKeyspace(sourceNodes, policy.prefix());
    this.target = new TenantKeyspace(targetNodes, policy.prefix());
  }

  /**
   * The tenant.
   *
   * @return the tenant
   */
  public TenantId tenant() {
    return tenant;
  }

  /**
   * Makes the user on the new servers, unable to log in, and copies all keys that differ. The
   * tenant goes on working meanwhile.
   *
   * @param progress gets the report so far, after each batch, on the calling thread
   * @return the report
   * @throws AdminException if the tenant lives on the new servers already, or they hold keys of it
   *     and no user; if the user on the old servers is switched off, or not as the policy says; or
   *     if a server refuses
   */
  public MoveReport copy(Consumer<MoveReport> progress) {
    interlock.prepare(this::targetHasKeys);
    Counts counts = new Counts("copy");
    copyAll(counts, false, progress);
    return counts.report(true);
  }

  /**
   * Brings the rest while the tenant cannot write, and lets its user log in on the new servers. If
   * anything fails before that, also if the new servers are lost, the tenant may write on the old
   * ones again. If they are lost while the user is let in, nobody knows whether it can log in
   * there: then it goes on reading on the old servers, and {@link #abort} is needed; a suppressed
   * exception of what is thrown says so.
   *
   * @param progress gets the report so far, after each batch, on the calling thread
   * @return the report; every key that the old servers have is on the new ones, and no other
   * @throws AdminException as {@link #copy}; if a key is different after it was copied; or if
   *     somebody switched the user off, changed its passwords or gave it the right to write back
   *     meanwhile
   */
  public MoveReport cutOver(Consumer<MoveReport> progress) {
    Set<AclPassword> passwords = interlock.prepare(this::targetHasKeys);
    Counts counts = new Counts("cut over");
    long began = System.nanoTime();
    boolean admitting = false;
    try {
      interlock.freeze();
      copyAll(counts, true, progress);
      interlock.requireStillFrozen(passwords);
      admitting = true;
      interlock.admit();
    } catch (RuntimeException | Error failure) {
      interlock.restoreAfter(failure, admitting);
      throw failure;
    }
    return counts.report(true).withWindow(Duration.ofNanos(System.nanoTime() - began));
  }

  /**
   * Copies, cuts over, and switches the applications over: one copy while the tenant works, and
   * then, while its commands are held, the rest. If anything fails before the applications are
   * switched over they are released, and the tenant goes on where it was, as {@link #cutOver} says.
   *
   * @param switchover tells the applications
   * @param progress gets the report so far, after each batch, on the calling thread
   * @return the report of the cut over, its window being the time for which commands were held
   * @throws SwitchoverFailedException if the tenant was cut over, and not all applications may have
   *     been told
   * @throws AdminException as {@link #cutOver}
   */
  public MoveReport run(Switchover switchover, Consumer<MoveReport> progress) {
    copy(progress);
    long began = System.nanoTime();
    MoveReport report;
    try {
      switchover.hold(tenant);
      report = cutOver(progress);
    } catch (RuntimeException | Error failure) {
      try {
        switchover.release(tenant);
      } catch (RuntimeException further) {
        failure.addSuppressed(further);
      }
      throw failure;
    }
    try {
      switchover.switchOver(tenant);
    } catch (RuntimeException failure) {
      throw new SwitchoverFailedException(tenant, failure);
    }
    return report.withWindow(Duration.ofNanos(System.nanoTime() - began));
  }

  /**
   * Takes a move back that was not switched over: the tenant may write on the old servers again,
   * and its user cannot log in on the new ones. What was copied stays there, for the next attempt.
   *
   * <p>After a cut over every key is compared first, for an application that was switched over may
   * have written and gone idle.
   *
   * @throws AdminException if the new servers cannot be asked; if they hold something else than the
   *     old ones, or the tenant's user is connected to them, since what was written there would be
   *     lost; or if it can log in there and may write on the old servers, too, so that there was no
   *     cut over. Nothing was changed then
   */
  public void abort() {
    if (interlock.freezeTarget()) {
      try {
        requireNoDifferences();
      } catch (RuntimeException | Error failure) {
        interlock.thawTargetAfter(failure);
        throw failure;
      }
      interlock.closeTarget();
    }
    interlock.thaw();
  }

  /**
   * Takes a move back as {@link #abort} does, and gives up what the new servers hold: also if they
   * cannot be reached, or were written. Only for when no application uses them and they are lost,
   * or what was written there is not wanted: where the user could not be suspended, the tenant may
   * be able to write on both. Suspend it there before such a server comes back.
   *
   * @return what became of the user on the new servers; not complete if it may be able to log in
   * @throws AdminException if the tenant's user is connected to the new servers, where nothing was
   *     changed then, or if the old ones cannot be changed
   */
  public ProvisioningReport abortAndDiscard() {
    return interlock.discardTarget();
  }

  /**
   * Ends a move after the applications were switched over: ends the connections of the tenant's
   * user to the old servers, deletes the keys there, if that is wanted, and then the user. What was
   * interrupted is done by the same call again.
   *
   * @param deleteData whether to delete the tenant's keys on the old servers
   * @param progress gets the report so far, on the calling thread
   * @return the report
   * @throws AdminException if the tenant's user cannot log in on the new servers: the move has not
   *     come so far; if it may write on the old ones: then nothing shows that it was cut over, and
   *     it may live there; or if it is gone there, and keys are to be deleted. Nothing was changed
   *     then
   */
  public MoveReport finish(boolean deleteData, Consumer<MoveReport> progress) {
    interlock.requireMoved(deleteData);
    Counts counts = new Counts("finish");
    if (deleteData) {
      // The user goes last: as long as it is there, frozen, it shows that the keys were moved.
      interlock.closeSource();
      source.forEachBatch(
          (node, batch) -> {
            TenantKeyspace.each(node, "UNLINK", batch.keys(), key -> node.binary().unlink(key));
            counts.keys += batch.keys().size();
            progress.accept(counts.report(false));
          });
    }
    interlock.forgetSource();
    return counts.report(true);
  }

  private boolean targetHasKeys() {
    boolean[] any = {false};
    target.forEachBatch((node, batch) -> any[0] |= !batch.keys().isEmpty());
    return any[0];
  }

  /**
   * Makes the new servers hold what the old ones do.
   *
   * @param last whether the tenant cannot write meanwhile, so that every key must be the same
   *     afterwards
   */
  private void copyAll(Counts counts, boolean last, Consumer<MoveReport> progress) {
    Function<byte[], AdminNode> from = source.routing();
    Function<byte[], AdminNode> to = target.routing();
    source.forEachBatch(
        (node, batch) -> {
          for (List<byte[]> keys : parts(batch.keys())) {
            copy(node, keys, to, last, counts);
          }
          progress.accept(counts.report(false));
        });
    target.forEachBatch(
        (node, batch) -> {
          for (List<byte[]> keys : parts(batch.keys())) {
            counts.removed += removeGone(node, keys, from);
          }
          progress.accept(counts.report(false));
        });
  }

  private static List<List<byte[]>> parts(List<byte[]> keys) {
    List<List<byte[]>> parts = new ArrayList<>();
    for (int at = 0; at < keys.size(); at += TenantKeyspace.PIPELINE) {
      parts.add(keys.subList(at, Math.min(at + TenantKeyspace.PIPELINE, keys.size())));
    }
    return parts;
  }

  private static long removeGone(
      AdminNode node, List<byte[]> keys, Function<byte[], AdminNode> from) {
    List<@Nullable Long> there = KeyQuestion.each("EXISTS", keys, from, RedisAsyncCommands::exists);
    List<byte[]> gone = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      Long count = there.get(i);
      if (count != null && count == 0) {
        gone.add(keys.get(i));
      }
    }
    long removed = 0;
    for (Long one : TenantKeyspace.each(node, "UNLINK", gone, key -> node.binary().unlink(key))) {
      removed += one == null ? 0 : one;
    }
    return removed;
  }

  private void copy(
      AdminNode node,
      List<byte[]> keys,
      Function<byte[], AdminNode> to,
      boolean last,
      Counts counts) {
    List<Seen> here = look(keys, key -> node);
    List<Seen> there = look(keys, to);
    List<byte[]> different = new ArrayList<>();
    List<Seen> wanted = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      counts.keys++;
      if (here.get(i).dump == null) {
        counts.gone++;
      } else if (here.get(i).isLike(there.get(i))) {
        counts.same++;
      } else {
        different.add(keys.get(i));
        wanted.add(here.get(i));
      }
    }
    restore(node, different, wanted, to);
    counts.copied += different.size();
    if (last) {
      requireSame(node, different, to);
    }
  }

  private static void restore(
      AdminNode node, List<byte[]> keys, List<Seen> values, Function<byte[], AdminNode> to) {
    List<RedisFuture<String>> underWay = new ArrayList<>();
    List<AdminNode> nodes = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      AdminNode other = to.apply(keys.get(i));
      byte[] dump = values.get(i).dump;
      RestoreArgs arguments = new RestoreArgs().replace(true);
      if (values.get(i).expiresAt > 0) {
        arguments.ttl(values.get(i).expiresAt).absttl();
      }
      nodes.add(other);
      underWay.add(
          other.binary().restore(keys.get(i), dump == null ? new byte[0] : dump, arguments));
    }
    AdminException failure = null;
    for (int i = 0; i < underWay.size(); i++) {
      try {
        nodes.get(i).await("RESTORE", underWay.get(i));
      } catch (ServerRefusedException refusal) {
        if (failure == null) {
          failure = explained(refusal, node, nodes.get(i));
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static AdminException explained(
      ServerRefusedException refusal, AdminNode from, AdminNode to) {
    String said = String.valueOf(refusal.getMessage());
    return said.contains("payload") || said.contains("Bad data format")
        ? new AdminException(
            to.address()
                + " cannot read a value: it is "
                + to.dialect()
                + ", and "
                + from.address()
                + " is "
                + from.dialect()
                + ". Move to that version or a newer one of the same product.",
            refusal)
        : refusal;
  }

  /** Values that were copied while nobody wrote. */
  private static void requireSame(
      AdminNode node, List<byte[]> keys, Function<byte[], AdminNode> to) {
    List<Seen> here = look(keys, key -> node);
    List<Seen> there = look(keys, to);
    for (int i = 0; i < keys.size(); i++) {
      byte[] key = keys.get(i);
      if (here.get(i).dump != null
          && !isSame(node, key, here.get(i), to.apply(key), there.get(i))
          && !hasExpired(node, key)) {
        throw new AdminException(
            "A key of type "
                + type(node, key)
                + " is different on "
                + to.apply(key).address()
                + " after it was copied while the tenant could not write: somebody else writes, or"
                + " the servers do not understand each other.");
      }
    }
  }

  private static boolean isSame(
      AdminNode node, byte[] key, Seen here, AdminNode other, Seen there) {
    return here.isLike(there)
        || (here.dump != null
            && there.dump != null
            && here.expiresAt == there.expiresAt
            && Elements.same(type(node, key), node, key, other, key));
  }

  private static String type(AdminNode node, byte[] key) {
    return node.await("TYPE", node.binary().type(key));
  }

  /** Insists that the new servers hold what the old ones do, while nobody writes on either. */
  private void requireNoDifferences() {
    Function<byte[], AdminNode> from = source.routing();
    Function<byte[], AdminNode> to = target.routing();
    long[] different = {0};
    source.forEachBatch(
        (node, batch) -> {
          for (List<byte[]> keys : parts(batch.keys())) {
            different[0] += differences(keys, key -> node, to, true);
          }
        });
    target.forEachBatch(
        (node, batch) -> {
          for (List<byte[]> keys : parts(batch.keys())) {
            different[0] += differences(keys, key -> node, from, false);
          }
        });
    if (different[0] > 0) {
      throw new AdminException(
          different[0]
              + (different[0] == 1 ? " key is" : " keys are")
              + " different on the new servers: somebody wrote there since the cut over, which an"
              + " abort would lose. Nothing was changed. To go back with what was written, suspend"
              + " the user on the old servers and move the tenant in the other direction; to lose"
              + " it, discard it.");
    }
  }

  /**
   * How many of these keys are missing on the other side or, if that is to be looked at, have
   * another value there. What expires at this moment is no difference.
   */
  private static long differences(
      List<byte[]> keys,
      Function<byte[], AdminNode> side,
      Function<byte[], AdminNode> otherSide,
      boolean values) {
    List<Seen> seen = look(keys, side);
    List<Seen> others = look(keys, otherSide);
    long different = 0;
    for (int i = 0; i < keys.size(); i++) {
      byte[] key = keys.get(i);
      Seen one = seen.get(i);
      AdminNode other = otherSide.apply(key);
      boolean same =
          others.get(i).dump == null
              ? one.expiresAt > 0 && one.expiresAt <= other.timeMillis()
              : !values || isSame(side.apply(key), key, one, other, others.get(i));
      if (!same && one.dump != null && !hasExpired(side.apply(key), key)) {
        different++;
      }
    }
    return different;
  }

  private static boolean hasExpired(AdminNode node, byte[] key) {
    Long count = node.await("EXISTS", node.binary().exists(key));
    return count != null && count == 0;
  }

  private static List<Seen> look(List<byte[]> keys, Function<byte[], AdminNode> routing) {
    List<@Nullable Long> expiry =
        KeyQuestion.each("PEXPIRETIME", keys, routing, RedisAsyncCommands::pexpiretime);
    List<byte @Nullable []> dumps =
        KeyQuestion.each("DUMP", keys, routing, RedisAsyncCommands::dump);
    List<Seen> seen = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      Long at = expiry.get(i);
      seen.add(new Seen(dumps.get(i), at == null ? -1 : at));
    }
    return seen;
  }

  /** What is known of a key: the dump is null if it is absent; expiry in milliseconds, or -1. */
  private static final class Seen {

    final byte @Nullable [] dump;
    final long expiresAt;

    Seen(byte @Nullable [] dump, long expiresAt) {
      this.dump = dump;
      this.expiresAt = expiresAt;
    }

    boolean isLike(Seen other) {
      byte[] mine = dump;
      byte[] others = other.dump;
      return mine != null
          && others != null
          && expiresAt == other.expiresAt
          && mine.length == others.length
          && Arrays.equals(
              mine, 0, mine.length - DUMP_FOOTER, others, 0, others.length - DUMP_FOOTER);
    }
  }

  private static final class Counts {

    private final String action;
    private long keys;
    private long copied;
    private long same;
    private long gone;
    private long removed;

    Counts(String action) {
      this.action = action;
    }

    MoveReport report(boolean finished) {
      return new MoveReport(action, finished, keys, copied, same, gone, removed, Duration.ZERO);
    }
  }
}
