package io.tenantredis.admin;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Creates, changes, suspends and deletes the users of tenants, on every server.
 *
 * <p>Every method may be repeated: what is as wanted already stays untouched. An unreachable server
 * does not keep the others from being changed; the report names it, and the same call later
 * completes the work.
 *
 * <p>Two of these may work at the same time, also in different processes. Passwords are added and
 * removed one by one, so that none is lost; permissions are replaced as a whole. All servers are
 * changed in the same order and read again afterwards, so that of two who want different
 * permissions at least one is told ({@link NodeResult.Status#CONFLICT}). A user that one revokes
 * while the other changes it may be there again afterwards, without a password that was valid
 * before: {@link #drift} shows it.
 *
 * <p>Passwords go to servers as hashes only. The user named {@code default} and the one that the
 * administrator is logged in as are refused.
 *
 * <p>Thread-safe. Blocks, see {@link TenantRedisAdmin}.
 */
public final class Provisioner {

  private final AdminNodes nodes;
  private final UserFile userFile;
  private final SecureRandom random;

  Provisioner(AdminNodes nodes, UserFile userFile, SecureRandom random) {
    this.nodes = nodes;
    this.userFile = userFile;
    this.random = random;
  }

  /**
   * Creates the user of a policy with a new password.
   *
   * @param policy what the user may do
   * @return the password and the report
   * @throws AdminException if a server has a user of this name already; nothing was changed then
   */
  public NewUser create(AclPolicy policy) {
    OwnUsers.refuse(nodes, policy.user());
    List<AdminNode> all = nodes.all();
    for (AdminNode node : all) {
      if (UserState.read(node, policy.user()) != null) {
        throw new AdminException(
            node.address()
                + " has a user "
                + policy.user()
                + " already: apply(...) or update(...) changes it, rotate(...) gives it a new"
                + " password.");
      }
    }
    NewPassword password = NewPassword.generate(random);
    // No reset: a second creator at the same moment then adds its password instead of removing
    // ours.
    ProvisioningReport report =
        changeEverywhere(
            "create",
            policy.user(),
            all,
            node -> withPermissions(policy, node, List.of("on", password.stored().rule())),
            (state, node) -> notAsWanted(state, policy, node, Set.of(password.stored())));
    return new NewUser(password, report);
  }

  /**
   * Makes the user exactly what the policy says, with exactly these passwords, whatever it was
   * before and whether or not it existed. Its connections stay open.
   *
   * @param policy what the user may do
   * @param passwords each of them lets the user in, at least one
   * @return the report
   * @throws IllegalArgumentException without a password
   */
  public ProvisioningReport apply(AclPolicy policy, AclPassword... passwords) {
    if (passwords.length == 0) {
      throw new IllegalArgumentException(
          "apply(...) without a password would lock the tenant out: pass its passwords, or use"
              + " update(...), which keeps them.");
    }
    OwnUsers.refuse(nodes, policy.user());
    Set<AclPassword> wanted = Set.of(passwords);
    return changeEverywhere(
        "apply",
        policy.user(),
        nodes.all(),
        node -> policy.setUserArguments(node.dialect(), passwords),
        (state, node) -> {
          String difference = notAsWanted(state, policy, node, wanted);
          return difference == null && state != null && state.passwords().size() != wanted.size()
              ? "has further passwords"
              : difference;
        });
  }

  /**
   * Makes the user exactly what the policy says, with exactly these passwords, but not able to log
   * in.
   */
  ProvisioningReport prepare(AclPolicy policy, Collection<AclPassword> passwords) {
    OwnUsers.refuse(nodes, policy.user());
    Set<String> hashes = passwords.stream().map(AclPassword::hash).collect(Collectors.toSet());
    return changeEverywhere(
        "prepare",
        policy.user(),
        nodes.all(),
        node -> {
          List<String> arguments =
              new ArrayList<>(
                  policy.setUserArguments(node.dialect(), passwords.toArray(AclPassword[]::new)));
          arguments.set(arguments.indexOf("on"), "off");
          return arguments;
        },
        (state, node) -> {
          String difference = permissionsNotAsWanted(state, policy, node);
          return difference == null && state != null && state.on()
              ? "can log in"
              : difference == null && state != null && !state.passwords().equals(hashes)
                  ? "has other passwords"
                  : difference;
        });
  }

  /**
   * Makes the permissions of an existing user exactly those of the policy. Its passwords, whether
   * it can log in, and its connections stay as they are; only the right to log in without a
   * password is always taken away.
   *
   * @param policy what the user may do
   * @return the report; a server without the user has failed
   */
  public ProvisioningReport update(AclPolicy policy) {
    OwnUsers.refuse(nodes, policy.user());
    return changeEverywhere(
        "update",
        policy.user(),
        nodes.all(),
        node -> {
          UserState state = existing(node, policy.user());
          return withPermissions(policy, node, state.nopass() ? List.of("resetpass") : List.of());
        },
        (state, node) -> permissionsNotAsWanted(state, policy, node));
  }

  /**
   * The first half of changing a password: adds a new one, the old ones stay valid. When all
   * clients use the new one, {@link #finishRotation} removes the others.
   *
   * @param user the user
   * @return the new password and the report; a server without the user has failed
   */
  public NewUser rotate(String user) {
    OwnUsers.refuse(nodes, user);
    NewPassword password = NewPassword.generate(random);
    ProvisioningReport report =
        changeEverywhere(
            "rotate",
            user,
            nodes.all(),
            node -> {
              existing(node, user);
              return List.of(user, password.stored().rule());
            },
            (state, node) ->
                state != null && state.passwords().contains(password.stored().hash())
                    ? null
                    : "lacks the new password");
    return new NewUser(password, report);
  }

  /**
   * The second half of changing a password: removes all passwords but one. A connection that logged
   * in with a removed password stays until it ends.
   *
   * @param user the user
   * @param keep the password that stays
   * @return the report; a server where the user lacks this password has failed and is unchanged
   */
  public ProvisioningReport finishRotation(String user, AclPassword keep) {
    OwnUsers.refuse(nodes, user);
    return changeEverywhere(
        "finish rotation",
        user,
        nodes.all(),
        node -> {
          UserState state = existing(node, user);
          if (!state.passwords().contains(keep.hash())) {
            throw new AdminException(
                node.address()
                    + ": user "
                    + user
                    + " does not have the password that is to stay; no password was removed.");
          }
          List<String> arguments = new ArrayList<>(List.of(user));
          state.passwords().stream()
              .filter(hash -> !hash.equals(keep.hash()))
              .forEach(hash -> arguments.add("!" + hash));
          return arguments;
        },
        (state, node) ->
            state != null && state.passwords().equals(Set.of(keep.hash()))
                ? null
                : "has other passwords than the one to keep");
  }

  /**
   * Keeps the user from logging in and ends its connections. {@link #resume} takes it back.
   *
   * @param user the user
   * @return the report with the number of ended connections; a server without the user has failed
   */
  public ProvisioningReport suspend(String user) {
    OwnUsers.refuse(nodes, user);
    List<AdminNode> all = nodes.all();
    ProvisioningReport off =
        changeEverywhere(
            "suspend",
            user,
            all,
            node -> {
              existing(node, user);
              return List.of(user, "off");
            },
            (state, node) -> state != null && !state.on() ? null : "can log in");
    return withEndedConnections(off, all);
  }

  /** As {@link #suspend}, but a server without the user is as wanted, and not in the report. */
  ProvisioningReport suspendWhereKnown(String user) {
    OwnUsers.refuse(nodes, user);
    List<AdminNode> all = nodes.all().stream().filter(node -> mayKnow(node, user)).toList();
    ProvisioningReport off =
        changeEverywhere(
            "suspend",
            user,
            all,
            node -> List.of(user, "off"),
            (state, node) -> state == null || !state.on() ? null : "can log in");
    return withEndedConnections(off, all);
  }

  private static boolean mayKnow(AdminNode node, String user) {
    try {
      return UserState.read(node, user) != null;
    } catch (AdminException unreachable) {
      return true;
    }
  }

  /**
   * Lets a suspended user log in again.
   *
   * @param user the user
   * @return the report; a server without the user has failed
   */
  public ProvisioningReport resume(String user) {
    OwnUsers.refuse(nodes, user);
    return changeEverywhere(
        "resume",
        user,
        nodes.all(),
        node -> {
          existing(node, user);
          return List.of(user, "on");
        },
        (state, node) -> state != null && state.on() ? null : "cannot log in");
  }

  /**
   * Takes everything from the user: it cannot log in, its connections end, and it is deleted.
   *
   * @param user the user
   * @return the report with the number of ended connections; a server without the user is as wanted
   */
  public ProvisioningReport revoke(String user) {
    OwnUsers.refuse(nodes, user);
    List<NodeResult> results = new ArrayList<>();
    for (AdminNode node : nodes.all()) {
      results.add(
          NodeResult.attempt(
              node,
              () -> {
                if (UserState.read(node, user) == null) {
                  return new NodeResult(
                      node.address(),
                      NodeResult.Status.UNCHANGED,
                      // The file may know the user still: an earlier save may have failed.
                      "there is no such user" + userFile.save(node));
                }
                // Off before its connections end, so that none comes back in between.
                node.ask("ACL", "SETUSER", user, "off");
                Object ended = node.ask("CLIENT", "KILL", "USER", user);
                node.ask("ACL", "DELUSER", user);
                boolean gone = UserState.read(node, user) == null;
                return new NodeResult(
                    node.address(),
                    gone ? NodeResult.Status.CHANGED : NodeResult.Status.CONFLICT,
                    (gone ? "deleted, " : "deleted and created again by somebody else, ")
                        + ended
                        + " connections ended"
                        + userFile.save(node));
              }));
    }
    return new ProvisioningReport("revoke", user, results);
  }

  /**
   * The users of every server.
   *
   * @param names which ones, by name
   * @return one entry for each user and server
   * @throws AdminException if a server cannot be reached: a list that lacks users would mislead
   */
  public List<UserSummary> list(Predicate<String> names) {
    List<UserSummary> users = new ArrayList<>();
    for (AdminNode node : nodes.all()) {
      for (String name : userNames(node)) {
        UserState state = names.test(name) ? UserState.read(node, name) : null;
        if (state != null) {
          users.add(
              new UserSummary(
                  name,
                  node.address(),
                  state.on(),
                  state.nopass() ? -1 : state.passwords().size(),
                  state.root().keys(),
                  state.root().channels(),
                  state.root().commands().size(),
                  state.selectors().size()));
        }
      }
    }
    return users;
  }

  /**
   * Compares every server with what should be there. Changes nothing.
   *
   * @param policies the users that should exist
   * @param tenantUsers which names are those of tenants: a user with such a name and without a
   *     policy is reported
   * @return what differs; empty if nothing does
   * @throws AdminException if a server cannot be reached: silence would look like agreement
   */
  public List<UserDrift> drift(Collection<AclPolicy> policies, Predicate<String> tenantUsers) {
    Map<String, AclPolicy> wanted = new HashMap<>();
    policies.forEach(policy -> wanted.put(policy.user(), policy));
    List<UserDrift> drifts = new ArrayList<>();
    for (AdminNode node : nodes.all()) {
      Set<String> names =
          userNames(node).stream()
              .filter(tenantUsers)
              .collect(Collectors.toCollection(TreeSet::new));
      names.addAll(wanted.keySet());
      for (String name : names) {
        List<String> differences = differences(node, name, wanted.get(name));
        if (!differences.isEmpty()) {
          drifts.add(new UserDrift(name, node.address(), differences));
        }
      }
    }
    return drifts;
  }

  private static List<String> differences(AdminNode node, String user, @Nullable AclPolicy policy) {
    if (policy == null) {
      return List.of("exists, and no policy is known for it");
    }
    UserState state = UserState.read(node, user);
    if (state == null) {
      return List.of("does not exist");
    }
    List<String> differences =
        new ArrayList<>(
            state.permissionDifferences(
                UserState.wanted(policy, node.dialect(), state.passwords())));
    if (!state.on()) {
      differences.add("cannot log in (off)");
    }
    if (state.passwords().isEmpty() && !state.nopass()) {
      differences.add("has no password, nobody can log in");
    }
    if (state.passwords().size() > 1) {
      differences.add(
          "has " + state.passwords().size() + " passwords: a rotation was not finished");
    }
    return differences;
  }

  private static Set<String> userNames(AdminNode node) {
    return node.list("ACL", "USERS").stream()
        .map(String::valueOf)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** What a server shows instead of what is wanted, or null if it is as wanted. */
  private interface Check {
    @Nullable String difference(@Nullable UserState state, AdminNode node);
  }

  private static @Nullable String notAsWanted(
      @Nullable UserState state, AclPolicy policy, AdminNode node, Set<AclPassword> passwords) {
    if (state == null) {
      return "does not exist";
    }
    List<String> differences =
        new ArrayList<>(
            state.permissionDifferences(
                UserState.wanted(policy, node.dialect(), state.passwords())));
    if (!state.on()) {
      differences.add("cannot log in (off)");
    }
    if (!passwords.stream().map(AclPassword::hash).allMatch(state.passwords()::contains)) {
      differences.add("lacks a password");
    }
    return differences.isEmpty() ? null : String.join("; ", differences);
  }

  private static @Nullable String permissionsNotAsWanted(
      @Nullable UserState state, AclPolicy policy, AdminNode node) {
    if (state == null) {
      return "does not exist";
    }
    List<String> differences =
        state.permissionDifferences(UserState.wanted(policy, node.dialect(), state.passwords()));
    return differences.isEmpty() ? null : String.join("; ", differences);
  }

  /** Everything but passwords is replaced; the rest of the arguments stands before that. */
  private static List<String> withPermissions(
      AclPolicy policy, AdminNode node, List<String> before) {
    AclDialect dialect = node.dialect();
    Stream<String> cleared =
        dialect.hasSelectors()
            ? Stream.of("resetkeys", "clearselectors", "sanitize-payload")
            : Stream.of("resetkeys", "sanitize-payload");
    return Stream.of(
            Stream.of(policy.user()),
            before.stream(),
            cleared,
            policy.permissions(dialect).stream())
        .flatMap(Function.identity())
        .toList();
  }

  private ProvisioningReport changeEverywhere(
      String action,
      String user,
      List<AdminNode> all,
      Function<AdminNode, List<String>> setUser,
      Check check) {
    List<NodeResult> results = new ArrayList<>();
    for (AdminNode node : all) {
      results.add(
          NodeResult.attempt(
              node,
              () -> {
                String difference = check.difference(UserState.read(node, user), node);
                if (difference == null) {
                  return new NodeResult(
                      node.address(),
                      NodeResult.Status.UNCHANGED,
                      "as wanted" + userFile.save(node));
                }
                List<String> command = new ArrayList<>(List.of("ACL", "SETUSER"));
                command.addAll(setUser.apply(node));
                try {
                  node.ask(command);
                } catch (ServerRefusedException e) {
                  if (check.difference(UserState.read(node, user), node) != null) {
                    throw e;
                  }
                  return new NodeResult(
                      node.address(),
                      NodeResult.Status.UNCHANGED,
                      "as wanted, by somebody else's doing at this moment" + userFile.save(node));
                }
                return new NodeResult(
                    node.address(),
                    NodeResult.Status.CHANGED,
                    "was: " + difference + userFile.save(node));
              }));
    }
    for (int i = 0; i < all.size(); i++) {
      results.set(i, readAgain(all.get(i), user, results.get(i), check));
    }
    return new ProvisioningReport(action, user, results);
  }

  private static NodeResult readAgain(AdminNode node, String user, NodeResult result, Check check) {
    if (!result.isDone()) {
      return result;
    }
    return NodeResult.attempt(
        node,
        () -> {
          String difference = check.difference(UserState.read(node, user), node);
          return difference == null
              ? result
              : new NodeResult(
                  node.address(), NodeResult.Status.CONFLICT, "changed meanwhile: " + difference);
        });
  }

  private ProvisioningReport withEndedConnections(ProvisioningReport off, List<AdminNode> all) {
    List<NodeResult> results = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      AdminNode node = all.get(i);
      NodeResult before = off.nodes().get(i);
      results.add(
          before.isDone()
              ? NodeResult.attempt(
                  node,
                  () ->
                      new NodeResult(
                          node.address(),
                          before.status(),
                          before.detail()
                              + "; "
                              + node.ask("CLIENT", "KILL", "USER", off.user())
                              + " connections ended"))
              : before);
    }
    return new ProvisioningReport(off.action(), off.user(), results);
  }

  private static UserState existing(AdminNode node, String user) {
    UserState state = UserState.read(node, user);
    if (state == null) {
      throw new AdminException(
          node.address() + " has no user " + user + ": create(...) or apply(...) makes one.");
    }
    return state;
  }
}
