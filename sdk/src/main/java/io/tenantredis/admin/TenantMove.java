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
import java.util.stream.Collectors;
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

  private final AdminNodes sourceNodes;
  private final AdminNodes targetNodes;
  private final TenantKeyspace source;
  private final TenantKeyspace target;
  private final Provisioner sourceUsers;
  private final Provisioner targetUsers;
  private final AclPolicy policy;

  TenantMove(
      AdminNodes sourceNodes,
      Provisioner sourceUsers,
      AdminNodes targetNodes,
      Provisioner targetUsers,
      AclPolicy policy) {
    this.sourceNodes = sourceNodes;
    this.targetNodes = targetNodes;
    this.sourceUsers = sourceUsers;
    this.targetUsers = targetUsers;
    this.policy = policy;
    this.source = new TenantKeyspace(sourceNodes, policy.prefix());
    this.target = new TenantKeyspace(targetNodes, policy.prefix());
  }

  /**
   * The tenant.
   *
   * @return the tenant
   */
  public TenantId tenant() {
    return policy.tenant();
  }

  /**
   * Makes the user on the new servers, unable to log in, and copies all keys that differ. The
   * tenant goes on working meanwhile.
   *
   * @param progress gets the report so far, after each batch, on the calling thread
   * @return the report
   * @throws AdminException if the tenant lives on the new servers already, or they hold keys of it
   *     and no user; if the user on the old servers is not as the policy says; or if a server
   *     refuses
   */
  public MoveReport copy(Consumer<MoveReport> progress) {
    prepare();
    Counts counts = new Counts("copy");
    copyAll(counts, false, progress);
    return counts.report(true);
  }

  /**
   * Brings the rest while the tenant cannot write, and lets its user log in on the new servers. If
   * anything fails the tenant may write on the old servers again, as before.
   *
   * @param progress gets the report so far, after each batch, on the calling thread
   * @return the report; every key that the old servers have is on the new ones, and no other
   * @throws AdminException as {@link #copy}, or if a key is different after it was copied
   */
  public MoveReport cutOver(Consumer<MoveReport> progress) {
    prepare();
    Counts counts = new Counts("cut over");
    long began = System.nanoTime();
    try {
      sourceUsers.update(policy.frozen()).requireComplete();
      copyAll(counts, true, progress);
      targetUsers.resume(policy.user()).requireComplete();
    } catch (RuntimeException failure) {
      undo(failure);
      throw failure;
    }
    return counts.report(true).withWindow(Duration.ofNanos(System.nanoTime() - began));
  }

  /**
   * Copies, cuts over, and switches the applications over: one copy while the tenant works, and
   * then, while its commands are held, the rest. If anything fails before the applications are
   * switched over, the tenant goes on where it was.
   *
   * @param switchover tells the applications
   * @param progress gets the report so far, after each batch, on the calling thread
   * @return the report of the cut over, its window being the time for which commands were held
   * @throws AdminException as {@link #cutOver}
   */
  public MoveReport run(Switchover switchover, Consumer<MoveReport> progress) {
    copy(progress);
    long began = System.nanoTime();
    MoveReport report;
    try {
      switchover.hold(tenant());
      report = cutOver(progress);
    } catch (RuntimeException failure) {
      try {
        switchover.release(tenant());
      } catch (RuntimeException further) {
        failure.addSuppressed(further);
      }
      throw failure;
    }
    try {
      switchover.switchOver(tenant());
    } catch (RuntimeException failure) {
      throw new AdminException(
          "Tenant "
              + tenant()
              + " is on the new servers, and not all applications may know: switch them over, then"
              + " finish(...). Its user cannot write on the old servers.",
          failure);
    }
    return report.withWindow(Duration.ofNanos(System.nanoTime() - began));
  }

  /**
   * Takes a move back that was not switched over: the tenant may write on the old servers again,
   * and its user cannot log in on the new ones. What was copied stays there, for the next attempt.
   *
   * @throws AdminException if the tenant's user is connected to the new servers: what was written
   *     there would be lost
   */
  public void abort() {
    for (AdminNode node : targetNodes.all()) {
      if (node.text("CLIENT", "LIST")
          .lines()
          .anyMatch(line -> (line + " ").contains(" user=" + policy.user() + " "))) {
        throw new AdminException(
            node.address()
                + " has connections of user "
                + policy.user()
                + ": applications use the new servers already. Switch them back first, if nothing"
                + " was written there.");
      }
    }
    if (exists(targetNodes)) {
      targetUsers.suspend(policy.user()).requireComplete();
    }
    sourceUsers.update(policy).requireComplete();
  }

  /**
   * Ends a move after the applications were switched over: deletes the tenant's user on the old
   * servers, which ends its connections there, and then the keys, if that is wanted.
   *
   * @param deleteData whether to delete the tenant's keys on the old servers
   * @param progress gets the report so far, on the calling thread
   * @return the report
   * @throws AdminException if the tenant's user cannot log in on the new servers: the move has not
   *     come so far
   */
  public MoveReport finish(boolean deleteData, Consumer<MoveReport> progress) {
    requireApart();
    if (!livesThere()) {
      throw new AdminException(
          "User "
              + policy.user()
              + " cannot log in on all new servers: cut over first. Nothing was deleted.");
    }
    sourceUsers.revoke(policy.user()).requireComplete();
    Counts counts = new Counts("finish");
    if (deleteData) {
      source.forEachBatch(
          (node, batch) -> {
            TenantKeyspace.each(node, "UNLINK", batch.keys(), key -> node.binary().unlink(key));
            counts.keys += batch.keys().size();
            progress.accept(counts.report(false));
          });
    }
    return counts.report(true);
  }

  private void prepare() {
    requireApart();
    Set<AclPassword> passwords = requireKnownUser();
    List<@Nullable UserState> there = states(targetNodes);
    if (there.stream().anyMatch(state -> state != null && state.on())) {
      throw new AdminException(
          "User "
              + policy.user()
              + " can log in on the new servers: the tenant lives there already, and nothing was"
              + " changed. If it does not, suspend the user there first.");
    }
    if (there.stream().allMatch(state -> state == null) && hasKeys()) {
      throw new AdminException(
          "The new servers hold keys of tenant "
              + tenant()
              + " although its user was never there: delete them first.");
    }
    targetUsers.prepare(policy, passwords).requireComplete();
  }

  private void undo(RuntimeException failure) {
    try {
      if (exists(targetNodes)) {
        targetUsers.suspend(policy.user()).requireComplete();
      }
      sourceUsers.update(policy).requireComplete();
    } catch (RuntimeException further) {
      failure.addSuppressed(
          new AdminException(
              "The tenant may not be able to write on the old servers: run abort().", further));
    }
  }

  private void requireApart() {
    Set<String> here = runIds(sourceNodes);
    if (runIds(targetNodes).stream().anyMatch(here::contains)) {
      throw new AdminException("The old and the new servers are the same: name others.");
    }
  }

  private static Set<String> runIds(AdminNodes nodes) {
    return nodes.all().stream()
        .map(node -> node.info("server").getOrDefault("run_id", node.address()))
        .collect(Collectors.toSet());
  }

  /** The passwords of the user, who must be what the move can make it again after a failure. */
  private Set<AclPassword> requireKnownUser() {
    AdminNode node = sourceNodes.seed();
    if (!node.dialect().hasSelectors()) {
      throw new UnsupportedByServerException(
          node.address()
              + " is "
              + node.dialect()
              + ", which cannot open keys for reading only: use Redis 7.0 or newer.");
    }
    UserState state = UserState.read(node, policy.user());
    if (state == null || state.passwords().isEmpty()) {
      throw new AdminException(
          node.address()
              + " has no user "
              + policy.user()
              + " with a password: only a tenant with a user can be moved.");
    }
    List<String> differences =
        state.permissionDifferences(UserState.wanted(policy, node.dialect(), state.passwords()));
    // Left behind by a cut over that was interrupted.
    boolean frozen =
        state
            .permissionDifferences(
                UserState.wanted(policy.frozen(), node.dialect(), state.passwords()))
            .isEmpty();
    if (!differences.isEmpty() && !frozen) {
      throw new AdminException(
          node.address()
              + ": user "
              + policy.user()
              + " is not as the policy says, and could not be restored after a failure: "
              + String.join("; ", differences));
    }
    return state.passwords().stream().map(AclPassword::ofHash).collect(Collectors.toSet());
  }

  private List<@Nullable UserState> states(AdminNodes nodes) {
    List<@Nullable UserState> states = new ArrayList<>();
    for (AdminNode node : nodes.all()) {
      states.add(UserState.read(node, policy.user()));
    }
    return states;
  }

  private boolean exists(AdminNodes nodes) {
    return states(nodes).stream().allMatch(state -> state != null);
  }

  private boolean livesThere() {
    return states(targetNodes).stream().allMatch(state -> state != null && state.on());
  }

  private boolean hasKeys() {
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
    List<@Nullable String> types =
        KeyQuestion.each("TYPE", keys, key -> node, RedisAsyncCommands::type);
    for (int i = 0; i < keys.size(); i++) {
      if (here.get(i).dump == null || here.get(i).isLike(there.get(i))) {
        continue;
      }
      boolean same =
          here.get(i).expiresAt == there.get(i).expiresAt
              && Elements.same(
                  String.valueOf(types.get(i)),
                  node,
                  keys.get(i),
                  to.apply(keys.get(i)),
                  keys.get(i));
      if (!same && !hasExpired(node, keys.get(i))) {
        throw new AdminException(
            "A key of type "
                + types.get(i)
                + " is different on "
                + to.apply(keys.get(i)).address()
                + " after it was copied while the tenant could not write: somebody else writes, or"
                + " the servers do not understand each other.");
      }
    }
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
