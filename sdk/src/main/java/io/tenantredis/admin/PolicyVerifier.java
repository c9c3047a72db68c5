package io.tenantredis.admin;

import io.tenantredis.KeyPrefix;
import io.tenantredis.TenantId;
import io.tenantredis.internal.keyspace.CommandRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Proves on a real server what tenants' users can reach, by asking it with {@code ACL DRYRUN} about
 * every command it has, modules' included, with a foreign key in each place where the server itself
 * says that the command has one. Nothing is executed and nothing is changed.
 *
 * <p>Found are: commands that reach a foreign key or channel; patterns that match more than the
 * tenant's prefix, also another tenant's longer name ({@code a-*} over {@code a-b-*}); users that
 * reach each other's keys; commands that show or change the whole server; and commands that a
 * policy promises and the server refuses.
 *
 * <p>What this cannot see: {@code SORT} with {@code BY} or {@code GET} is checked by the server
 * when it runs, and needs the right to all keys; the commands in a script are checked one by one
 * when it runs.
 *
 * <p>The server that was named when connecting is asked. On the other servers of the deployment the
 * same users must have the same rights: a difference is a finding, and a server that cannot be
 * reached is unknown. Needs Redis 7.0 or Valkey.
 *
 * <p>Thread-safe. Blocks, see {@link TenantRedisAdmin}.
 */
public final class PolicyVerifier {

  private static final List<String> NEIGHBOURS = List.of("", "zz-other-tenant:key", "__foreign__");

  private final AdminNodes nodes;
  private final AdminNode node;

  PolicyVerifier(AdminNodes nodes) {
    this.nodes = nodes;
    this.node = nodes.seed();
  }

  /**
   * Checks the user of a policy: that it is confined to the policy's tenant, and that everything
   * the policy promises works.
   *
   * @param policy the policy
   * @return the report
   * @throws UnsupportedByServerException if the server is older than Redis 7.0
   */
  public VerificationReport verify(AclPolicy policy) {
    Questions questions = new Questions(node);
    List<Finding> findings = new ArrayList<>();
    UserState state = check(policy.user(), policy.prefix(), questions, findings);
    if (state != null) {
      promises(policy, questions, findings);
      elsewhere(Map.of(policy.user(), state), policy.user()::equals, findings);
    }
    return new VerificationReport(
        node.address(), List.of(policy.user()), questions.asked(), findings);
  }

  /**
   * Checks every tenant's user on the server: that it is confined to its tenant, and that no two
   * reach each other.
   *
   * @param tenancy how tenants are named; other users are left out
   * @return the report
   * @throws UnsupportedByServerException if the server is older than Redis 7.0
   */
  public VerificationReport verifyAll(Tenancy tenancy) {
    Questions questions = new Questions(node);
    List<Finding> findings = new ArrayList<>();
    Map<String, UserState> states = new LinkedHashMap<>();
    Predicate<String> names = name -> tenancy.tenantOf(name).isPresent();
    for (String user : users(node, names)) {
      TenantId tenant = tenancy.tenantOf(user).orElseThrow();
      UserState state = check(user, tenancy.prefixOf(tenant), questions, findings);
      if (state != null) {
        states.put(user, state);
      }
    }
    mutual(states, questions, findings);
    elsewhere(states, names, findings);
    return new VerificationReport(
        node.address(), List.copyOf(states.keySet()), questions.asked(), findings);
  }

  /**
   * Checks users of which nobody knows how their tenants are named, as in an ACL file from
   * elsewhere: that no two reach each other's keys or channels, and that none has a command that
   * reaches all.
   *
   * @param names which users, by name
   * @return the report
   * @throws UnsupportedByServerException if the server is older than Redis 7.0
   */
  public VerificationReport verifyApart(Predicate<String> names) {
    Questions questions = new Questions(node);
    List<Finding> findings = new ArrayList<>();
    Map<String, UserState> states = new LinkedHashMap<>();
    for (String user : users(node, names)) {
      UserState state = UserState.read(node, user);
      if (state != null) {
        states.put(user, state);
        login(user, state, findings);
        global(user, state, questions, findings);
      }
    }
    mutual(states, questions, findings);
    elsewhere(states, names, findings);
    return new VerificationReport(
        node.address(), List.copyOf(states.keySet()), questions.asked(), findings);
  }

  /** What was proven on one server holds for the others as far as they know the same users. */
  private void elsewhere(
      Map<String, UserState> states, Predicate<String> names, List<Finding> findings) {
    for (AdminNode other : nodes.all()) {
      if (other != node) {
        try {
          Set<String> users = new TreeSet<>(users(other, names));
          users.addAll(states.keySet());
          for (String user : users) {
            compare(user, states.get(user), other, findings);
          }
        } catch (AdminException e) {
          findings.add(
              Finding.unknown(
                  "other-server",
                  other.address(),
                  String.valueOf(e.getMessage()),
                  "Make the server reachable, or verify it by itself."));
        }
      }
    }
  }

  private void compare(
      String user, @Nullable UserState here, AdminNode other, List<Finding> findings) {
    UserState there = UserState.read(other, user);
    boolean same =
        here != null
            && there != null
            && here.nopass() == there.nopass()
            && here.root().equals(there.root())
            && here.selectors().equals(there.selectors());
    if (!same) {
      findings.add(
          Finding.of(
              "other-server",
              Severity.HIGH,
              user,
              "is not the same on "
                  + other.address()
                  + " as on "
                  + node.address()
                  + ", so what was proven here does not hold there",
              "Apply the policy again: tenant-redis provision update"));
    }
  }

  private static Set<String> users(AdminNode node, Predicate<String> names) {
    return node.list("ACL", "USERS").stream()
        .map(String::valueOf)
        .filter(names)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private @Nullable UserState check(
      String user, KeyPrefix prefix, Questions questions, List<Finding> findings) {
    UserState state = UserState.read(node, user);
    if (state == null) {
      findings.add(
          Finding.of(
              "user-missing",
              Severity.HIGH,
              user,
              "there is no such user on the server",
              "Create it: tenant-redis provision create"));
      return null;
    }
    login(user, state, findings);
    patterns(user, prefix, state, findings);
    foreignKeys(user, prefix, state, questions, findings);
    foreignChannels(user, prefix, questions, findings);
    global(user, state, questions, findings);
    return state;
  }

  private static void login(String user, UserState state, List<Finding> findings) {
    if (state.nopass()) {
      findings.add(
          Finding.of(
              "no-password",
              Severity.CRITICAL,
              user,
              "anybody can log in as this user, without a password (nopass)",
              "Give it a password: resetpass, then #<hash>"));
    }
  }

  /**
   * A glob matches nothing outside the prefix if its text up to the first wildcard begins with it.
   */
  static void patterns(String user, KeyPrefix prefix, UserState state, List<Finding> findings) {
    List<UserState.Permissions> all = new ArrayList<>(state.selectors());
    all.add(state.root());
    for (UserState.Permissions permissions : all) {
      for (String key : permissions.keys()) {
        String glob = key.substring(key.indexOf('~') + 1);
        if (!Globs.literalHead(glob).startsWith(prefix.toString())) {
          findings.add(pattern("foreign-key-pattern", user, "key", key, prefix));
        }
      }
      for (String channel : permissions.channels()) {
        String glob = channel.substring(1).replaceFirst("^__keyspace@[0-9]+__:", "");
        if (!Globs.literalHead(glob).startsWith(prefix.toString())) {
          findings.add(pattern("foreign-channel-pattern", user, "channel", channel, prefix));
        }
      }
    }
  }

  private static Finding pattern(
      String check, String user, String what, String pattern, KeyPrefix prefix) {
    return Finding.of(
        check,
        Severity.CRITICAL,
        user,
        "the " + what + " pattern " + pattern + " matches names that do not begin with " + prefix,
        "Replace it by one that begins with the whole prefix, such as " + prefix + "*");
  }

  private void foreignKeys(
      String user, KeyPrefix prefix, UserState state, Questions questions, List<Finding> findings) {
    String own = prefix + "x";
    Set<String> foreign = foreignNames(prefix.toString());
    for (CommandShape shape : questions.shapes()) {
      if (!shape.hasKeys()) {
        continue;
      }
      CommandShape.Sample inside = shape.sample(place -> own);
      if (!questions.keysAreSeen(shape)) {
        unseen(user, shape, inside, state, questions, findings);
        continue;
      }
      foreignKey(user, prefix, shape, inside.keys().size(), foreign, questions)
          .ifPresent(findings::add);
    }
    sortStore(user, own, foreign, questions, findings);
  }

  /** Asks with each foreign name in each place, and the tenant's own in the others. */
  private static Optional<Finding> foreignKey(
      String user,
      KeyPrefix prefix,
      CommandShape shape,
      int places,
      Set<String> foreign,
      Questions questions) {
    List<List<String>> calls = new ArrayList<>();
    List<String> reached = new ArrayList<>();
    for (int i = 0; i < places; i++) {
      int place = i;
      for (String name : foreign) {
        calls.add(shape.sample(at -> at == place ? name : prefix + "x").words());
        reached.add("'" + name + "' in place " + (place + 1) + " of its keys");
      }
    }
    int first = questions.ask(user, calls).indexOf(Questions.Answer.YES);
    return first < 0
        ? Optional.empty()
        : Optional.of(
            Finding.of(
                "foreign-key",
                Severity.CRITICAL,
                user,
                display(shape.name()) + " reaches the key " + reached.get(first),
                "Narrow the user's key patterns to " + prefix + "*"));
  }

  /** The server's specifications do not say where STORE stands. */
  private static void sortStore(
      String user, String own, Set<String> foreign, Questions questions, List<Finding> findings) {
    List<String> names = List.copyOf(foreign);
    int first =
        questions
            .ask(user, names.stream().map(name -> List.of("sort", own, "STORE", name)).toList())
            .indexOf(Questions.Answer.YES);
    if (first >= 0) {
      findings.add(
          Finding.of(
              "foreign-key",
              Severity.CRITICAL,
              user,
              "SORT reaches the key '" + names.get(first) + "' behind STORE",
              "Narrow the user's key patterns"));
    }
  }

  /**
   * Where a command has its keys could not be found out, or how it is called at all. That is
   * nothing to worry about while it is denied.
   */
  private static void unseen(
      String user,
      CommandShape shape,
      CommandShape.Sample sample,
      UserState state,
      Questions questions,
      List<Finding> findings) {
    if (GlobalReach.finding(user, shape.name()) != null) {
      return;
    }
    Questions.Answer answer = questions.ask(user, List.of(sample.words())).get(0);
    if (answer == Questions.Answer.YES
        || (answer == Questions.Answer.NOT_A_CALL && state.mayRun(shape.name()))) {
      findings.add(
          Finding.unknown(
              "foreign-key",
              user,
              display(shape.name()) + " is permitted, and where it has its keys is not known",
              "Take it away, or check it by hand: -" + shape.name()));
    }
  }

  private static void foreignChannels(
      String user, KeyPrefix prefix, Questions questions, List<Finding> findings) {
    Set<String> foreign = foreignNames(prefix.toString());
    foreign.addAll(Set.of("*", "__keyevent@0__:del", "__keyspace@0__:zz-other-tenant:key"));
    for (List<String> call : ChannelCalls.all()) {
      for (String name : foreign) {
        if (questions.permits(user, ChannelCalls.on(call, name))) {
          findings.add(
              Finding.of(
                  "foreign-channel",
                  Severity.CRITICAL,
                  user,
                  display(call.get(0)) + " reaches the channel '" + name + "'",
                  "Narrow the user's channel patterns to " + prefix + "*"));
          break;
        }
      }
    }
  }

  private static void global(
      String user, UserState state, Questions questions, List<Finding> findings) {
    Set<String> ownKeys = Globs.examples(state, true);
    for (CommandShape shape : questions.shapes()) {
      Finding finding = GlobalReach.finding(user, shape.name());
      if (finding != null && questions.mayRun(user, shape, ownKeys, state)) {
        findings.add(finding);
      }
    }
  }

  /** For each two users, whether one reaches a name that the other's patterns match. */
  private static void mutual(
      Map<String, UserState> states, Questions questions, List<Finding> findings) {
    states.forEach(
        (owner, state) ->
            states.forEach(
                (user, other) -> {
                  if (!user.equals(owner)) {
                    // Whose patterns cannot match these names needs no question to the server.
                    reachesOthersKeys(user, owner, within(other, state, true), questions, findings);
                    reachesOthersChannels(
                        user, owner, within(other, state, false), questions, findings);
                  }
                }));
  }

  /** Names of the owner that begin like some pattern of the other user. */
  private static Set<String> within(UserState other, UserState owner, boolean keys) {
    Set<String> heads = Globs.literalHeads(other, keys);
    Set<String> names = new TreeSet<>(Globs.examples(owner, keys));
    names.removeIf(name -> heads.stream().noneMatch(name::startsWith));
    return names;
  }

  private static void reachesOthersKeys(
      String user, String owner, Set<String> keys, Questions questions, List<Finding> findings) {
    for (String key : keys) {
      for (CommandShape shape : questions.shapes()) {
        if (shape.hasKeys()
            && questions.permits(user, shape.sample(place -> key).words())
            && questions.keysAreSeen(shape)) {
          findings.add(
              Finding.of(
                  "users-overlap",
                  Severity.CRITICAL,
                  user,
                  "reaches the key '"
                      + key
                      + "', which user "
                      + owner
                      + " has, with "
                      + display(shape.name()),
                  "Choose prefixes of which none begins with another: a delimiter that no tenant's"
                      + " name can hold"));
          return;
        }
      }
    }
  }

  private static void reachesOthersChannels(
      String user,
      String owner,
      Set<String> channels,
      Questions questions,
      List<Finding> findings) {
    for (String channel : channels) {
      for (List<String> call : ChannelCalls.all()) {
        if (questions.permits(user, ChannelCalls.on(call, channel))) {
          findings.add(
              Finding.of(
                  "users-overlap",
                  Severity.CRITICAL,
                  user,
                  "reaches the channel '"
                      + channel
                      + "', which user "
                      + owner
                      + " has, with "
                      + display(call.get(0)),
                  "Choose prefixes of which none begins with another"));
          return;
        }
      }
    }
  }

  private void promises(AclPolicy policy, Questions questions, List<Finding> findings) {
    policy
        .grants(node.dialect())
        .forEach(grant -> promises(policy.user(), grant, questions, findings));
  }

  private void promises(String user, AclGrant grant, Questions questions, List<Finding> findings) {
    String own = Globs.example(grant.names());
    for (CommandRule rule : grant.granted(node.dialect())) {
      String name = AclDialect.aclName(rule);
      CommandShape shape = questions.shape(name);
      boolean neededOnly = !grant.commands().contains(rule);
      if (shape == null || (neededOnly && shape.hasKeys())) {
        continue;
      }
      List<String> words =
          ChannelCalls.find(name)
              .map(call -> ChannelCalls.on(call, own, grant.names()))
              .orElseGet(() -> shape.sample(place -> own).words());
      if (!questions.permits(user, words)) {
        findings.add(
            Finding.of(
                "promise-broken",
                Severity.HIGH,
                user,
                rule.name() + " is promised by the policy and refused by the server",
                "Apply the policy again: tenant-redis provision apply"));
      }
    }
  }

  /** Names close to the tenant's: of no tenant, cut short, and of tenants with similar names. */
  private static Set<String> foreignNames(String prefix) {
    Set<String> names = new LinkedHashSet<>(NEIGHBOURS);
    String shorter = prefix.substring(0, prefix.length() - 1);
    names.add(shorter);
    names.add(shorter + "x");
    for (String continued : List.of("-b:x", ".b:x", "_b:x", "b:x", "2:x")) {
      names.add(shorter + continued);
    }
    if (!prefix.toUpperCase(Locale.ROOT).equals(prefix)) {
      names.add(prefix.toUpperCase(Locale.ROOT) + "x");
    }
    names.removeIf(name -> name.startsWith(prefix));
    return names;
  }

  private static String display(String aclName) {
    return aclName.toUpperCase(Locale.ROOT).replace('|', ' ');
  }
}
