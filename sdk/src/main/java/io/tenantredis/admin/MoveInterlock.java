package io.tenantredis.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who may write on the old servers of a tenant that moves, and who may log in on the new ones. All
 * of it is in the servers' users, so that every process sees it and it outlives this one: a user
 * that is <em>frozen</em> on the old servers may only read there, and it may log in on the new ones
 * only once everything is there. The tenant never has two homes that it can write on.
 *
 * <p>Thread-safe. Blocks.
 */
final class MoveInterlock {

  private final AdminNodes sourceNodes;
  private final Provisioner sourceUsers;
  private final AdminNodes targetNodes;
  private final Provisioner targetUsers;
  private final AclPolicy policy;
  private final String user;

  MoveInterlock(
      AdminNodes sourceNodes,
      Provisioner sourceUsers,
      AdminNodes targetNodes,
      Provisioner targetUsers,
      AclPolicy policy) {
    this.sourceNodes = sourceNodes;
    this.sourceUsers = sourceUsers;
    this.targetNodes = targetNodes;
    this.targetUsers = targetUsers;
    this.policy = policy;
    this.user = policy.user();
  }

  /** A user on one server; the state is null if it has none. */
  private record OnNode(AdminNode node, @Nullable UserState state) {

    boolean mayLogIn() {
      return state != null && state.on();
    }
  }

  private List<OnNode> on(AdminNodes nodes) {
    List<OnNode> states = new ArrayList<>();
    for (AdminNode node : nodes.all()) {
      states.add(new OnNode(node, UserState.read(node, user)));
    }
    return states;
  }

  private boolean isFrozen(OnNode one) {
    UserState state = one.state();
    return state != null
        && state
            .permissionDifferences(
                UserState.wanted(policy.frozen(), one.node().dialect(), state.passwords()))
            .isEmpty();
  }

  /** Whether the policy lets nobody write, so that nobody can tell whether it is frozen. */
  private boolean neverWrites(AdminNode node) {
    return UserState.wanted(policy, node.dialect(), Set.of())
        .permissionDifferences(UserState.wanted(policy.frozen(), node.dialect(), Set.of()))
        .isEmpty();
  }

  void requireApart() {
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

  /**
   * Makes the user on the new servers, unable to log in.
   *
   * @param hasKeys whether the new servers have keys of the tenant
   * @return the passwords that it has
   */
  Set<AclPassword> prepare(BooleanSupplier hasKeys) {
    requireApart();
    Set<AclPassword> passwords = requireKnownUser();
    List<OnNode> there = on(targetNodes);
    if (there.stream().anyMatch(OnNode::mayLogIn)) {
      throw new AdminException(
          "User "
              + user
              + " can log in on the new servers: the tenant lives there already, and nothing was"
              + " changed. If it does not, suspend the user there first.");
    }
    if (there.stream().allMatch(one -> one.state() == null) && hasKeys.getAsBoolean()) {
      throw new AdminException(
          "The new servers hold keys of tenant "
              + policy.tenant()
              + " although its user was never there: delete them first.");
    }
    targetUsers.prepare(policy, passwords).requireComplete();
    return passwords;
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
    UserState state = UserState.read(node, user);
    if (state == null || state.passwords().isEmpty()) {
      throw new AdminException(
          node.address()
              + " has no user "
              + user
              + " with a password: only a tenant with a user can be moved.");
    }
    List<String> differences =
        state.permissionDifferences(UserState.wanted(policy, node.dialect(), state.passwords()));
    // Frozen is what a cut over that was interrupted left behind.
    if (!differences.isEmpty() && !isFrozen(new OnNode(node, state))) {
      throw new AdminException(
          node.address()
              + ": user "
              + user
              + " is not as the policy says, and could not be restored after a failure: "
              + String.join("; ", differences));
    }
    on(sourceNodes).forEach(this::requireNotSuspended);
    return state.passwords().stream().map(AclPassword::ofHash).collect(Collectors.toSet());
  }

  private void requireNotSuspended(OnNode one) {
    if (one.state() != null && !one.mayLogIn()) {
      throw new AdminException(
          one.node().address()
              + ": user "
              + user
              + " is switched off. A suspended tenant is not moved, for its user could log in on the"
              + " new servers. Resume it first, if it may work again.");
    }
  }

  /** Takes the right to write from the user on the old servers. */
  void freeze() {
    sourceUsers.update(policy.frozen()).requireComplete();
  }

  /**
   * Insists that nobody changed the user on the old servers while it was frozen.
   *
   * @param passwords those it had before
   */
  void requireStillFrozen(Set<AclPassword> passwords) {
    Set<String> hashes = passwords.stream().map(AclPassword::hash).collect(Collectors.toSet());
    String seed = sourceNodes.seed().address();
    for (OnNode one : on(sourceNodes)) {
      requireNotSuspended(one);
      UserState state = one.state();
      if (state == null || !isFrozen(one)) {
        throw new AdminException(
            one.node().address()
                + ": user "
                + user
                + (state == null ? " is gone" : " may write there")
                + ", by somebody else's doing since the copy began: it is not let in on the new"
                + " servers.");
      }
      if (one.node().address().equals(seed) && !state.passwords().equals(hashes)) {
        throw new AdminException(
            seed
                + ": user "
                + user
                + " has other passwords than when the move began, and those would be valid on the"
                + " new servers: run it again.");
      }
    }
  }

  /** Lets the user log in on the new servers. */
  void admit() {
    targetUsers.resume(user).requireComplete();
  }

  /**
   * Gives the user its rights on the old servers back after a failure.
   *
   * @param failure gets to know what went wrong meanwhile
   * @param admitting whether it was begun to let the user in on the new servers: then it must be
   *     certain first that it cannot log in there
   */
  void restoreAfter(Throwable failure, boolean admitting) {
    // An interrupted thread could not ask a server.
    boolean interrupted = Thread.interrupted();
    String unless = "";
    try {
      if (admitting) {
        unless =
            "The user may be able to log in on the new servers, so it can only read on the old"
                + " servers until that is known: run abort when they answer. ";
        closeTarget();
      }
      unless = "The user may still be unable to write on the old servers: run abort. ";
      thaw();
    } catch (RuntimeException further) {
      failure.addSuppressed(new AdminException(unless + further.getMessage(), further));
    } finally {
      restoreInterrupt(interrupted);
    }
  }

  private static void restoreInterrupt(boolean interrupted) {
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gives the user its rights on the old servers back. */
  void thaw() {
    sourceUsers.update(policy).requireComplete();
  }

  /**
   * Begins to take a cut over back: if the user can log in on the new servers it may only read
   * there from now on, so that they can be compared. It stays able to log in, which says to the
   * next attempt that they have to be.
   *
   * @return whether the user can log in there, so that applications may have written there
   * @throws AdminException if the tenant was not cut over, if applications are connected, or if the
   *     new servers cannot be asked; nothing was changed then
   */
  boolean freezeTarget() {
    boolean frozen = on(sourceNodes).stream().anyMatch(this::isFrozen);
    List<OnNode> there;
    try {
      there = on(targetNodes);
    } catch (AdminException unreachable) {
      throw new AdminException(
          "It is not known whether user "
              + user
              + " can log in on the new servers, so it was not given its rights on the old servers"
              + " back: it could write on both. Run abort again when the new servers answer; or give"
              + " them up, with what was written there, by discarding them. "
              + unreachable.getMessage(),
          unreachable);
    }
    if (there.stream().noneMatch(OnNode::mayLogIn)) {
      return false;
    }
    requireApart();
    if (!frozen) {
      throw new AdminException(
          "There is no cut over to take back: user "
              + user
              + " is not frozen on the old servers, and can log in on the new ones. Nothing was"
              + " changed. Look which servers are the old ones.");
    }
    there.forEach(one -> requireUnused(one.node(), isUsed(one.node())));
    targetUsers.update(policy.frozen()).requireComplete();
    return true;
  }

  /** The tenant stays on the new servers: the user may write there again. */
  void thawTargetAfter(Throwable failure) {
    boolean interrupted = Thread.interrupted();
    try {
      targetUsers.update(policy).requireComplete();
    } catch (RuntimeException further) {
      failure.addSuppressed(
          new AdminException(
              "The user may be unable to write on the new servers, too: run abort again. "
                  + further.getMessage(),
              further));
    } finally {
      restoreInterrupt(interrupted);
    }
  }

  /** Keeps the user from logging in on the new servers. */
  void closeTarget() {
    targetUsers.suspendWhereKnown(user).requireComplete();
  }

  private boolean isUsed(AdminNode node) {
    return node.text("CLIENT", "LIST")
        .lines()
        .anyMatch(line -> (line + " ").contains(" user=" + user + " "));
  }

  private void requireUnused(AdminNode node, boolean used) {
    if (used) {
      throw new AdminException(
          node.address()
              + " has connections of user "
              + user
              + ": applications use the new servers already. Switch them back first, if nothing"
              + " was written there.");
    }
  }

  /**
   * Insists that the tenant lives on the new servers, and that it was cut over from the old ones.
   *
   * @param deleteData whether its keys are to be deleted there
   */
  void requireMoved(boolean deleteData) {
    requireApart();
    List<OnNode> there = on(targetNodes);
    for (OnNode one : there) {
      if (!one.mayLogIn()) {
        throw new AdminException(
            one.node().address()
                + ": user "
                + user
                + " cannot log in on all new servers: cut over first. Nothing was deleted.");
      }
    }
    List<OnNode> here = on(sourceNodes);
    boolean known = false;
    for (OnNode one : here) {
      if (one.state() == null) {
        continue;
      }
      known = true;
      if (!isFrozen(one) || neverWrites(one.node())) {
        throw new AdminException(
            one.node().address()
                + ": user "
                + user
                + (isFrozen(one)
                    ? " only reads by its policy, so that nothing shows"
                    : " may write there, so that nothing shows")
                + " that the tenant was cut over, and nothing was deleted. Look which servers are the"
                + " old ones. If it does live elsewhere, revoke the user there and delete its keys as"
                + " data.");
      }
    }
    if (!known && deleteData) {
      throw new AdminException(
          here.get(0).node().address()
              + " has no user "
              + user
              + " any more, so that nothing shows whose the keys are, and none was deleted. If they"
              + " were left behind, delete them as data.");
    }
    for (OnNode one : there) {
      if (isFrozen(one) && !neverWrites(one.node())) {
        throw new AdminException(
            one.node().address()
                + ": user "
                + user
                + " is frozen on the new servers: the tenant has moved on. Nothing was deleted. Name"
                + " the servers where it lives.");
      }
    }
  }

  /** Ends the user's connections to the old servers, and lets it make no other ones. */
  void closeSource() {
    sourceUsers.suspendWhereKnown(user).requireComplete();
  }

  /** Deletes the user on the old servers. */
  void forgetSource() {
    sourceUsers.revoke(user).requireComplete();
  }

  /**
   * Gives the new servers up: keeps the user from logging in on those that answer, and gives it its
   * rights on the old ones back.
   *
   * @return what became of the user on the new servers
   * @throws AdminException if applications are connected to the new servers, where nothing was
   *     changed then, or if the old ones cannot be changed
   */
  ProvisioningReport discardTarget() {
    ProvisioningReport report = suspendUnlessUsed();
    thaw();
    return report;
  }

  private ProvisioningReport suspendUnlessUsed() {
    AdminNode seed = targetNodes.seed();
    try {
      seed.ask("PING");
    } catch (AdminException unreachable) {
      return new ProvisioningReport(
          "suspend",
          user,
          List.of(
              new NodeResult(
                  seed.address(),
                  NodeResult.Status.FAILED,
                  String.valueOf(unreachable.getMessage()))));
    }
    for (AdminNode node : targetNodes.all()) {
      boolean used;
      try {
        used = isUsed(node);
      } catch (AdminException unreachable) {
        // The report will say so.
        used = false;
      }
      requireUnused(node, used);
    }
    return targetUsers.suspendWhereKnown(user);
  }
}
