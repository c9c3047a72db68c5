package io.tenantredis.test;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.Range;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.TenantId;
import io.tenantredis.admin.Tenancy;
import io.tenantredis.test.Crossing.Kind;
import io.tenantredis.test.ServerWatch.Sighting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Collects what a verification saw and tells what of it crossed. */
final class IsolationEvidence {

  /** One of the two tenants: its keys begin with the prefix, its texts hold the mark. */
  record Identity(TenantId tenant, String prefix, String mark) {}

  private static final String USERS_OF_TESTS = "test-[0-9a-f]{16}_.+";
  private static final String ADMINISTRATORS_OF_TESTS = "test-[0-9a-f]{16}-admin";
  private static final String KEYS_OF_TESTS = "test-[0-9a-f]{16}:.*";

  private final String test;
  private final Tenancy tenancy;
  private final List<Identity> identities;
  private final SharedNames shared;
  private final List<Crossing> crossings = new CopyOnWriteArrayList<>();
  private final AtomicLong replies = new AtomicLong();
  private final Map<String, Long> refusedBefore = new HashMap<>();
  private final Set<String> strayBefore = new HashSet<>();
  private String canary = "";
  private long commands;

  IsolationEvidence(String test, Tenancy tenancy, List<Identity> identities, SharedNames shared) {
    this.test = test;
    this.tenancy = tenancy;
    this.identities = identities;
    this.shared = shared;
  }

  void before(RedisCommands<String, String> administrator, Canaries canaries) {
    canary = canaries.word();
    refusals(administrator).forEach((refusal, count) -> refusedBefore.put(refusal.key(), count));
    strayBefore.addAll(
        names(administrator, "*").stream()
            .filter(name -> !canaries.isOne(name) && isStray(name))
            .toList());
  }

  /** What the code answered as a tenant. */
  void reply(String phase, Identity identity, @Nullable Object reply) {
    replies.incrementAndGet();
    String text = ReplyText.of(reply);
    foreignText(text, identity)
        .ifForeign(
            what -> add(Kind.REPLY, phase, identity.tenant() + " was answered with " + what));
  }

  void after(RedisCommands<String, String> administrator, Canaries canaries, ServerWatch watch) {
    canaries
        .changed()
        .forEach(
            key -> add(Kind.KEY, "in the end", "the canary " + key + " was changed or deleted"));
    refused(administrator);
    List<String> present =
        names(administrator, "*").stream().filter(name -> !canaries.isOne(name)).toList();
    present.forEach(name -> holdings(administrator, name));
    // Only now, so that whoever made or deleted a key that was listed has been seen.
    watch.endPhase();
    List<Sighting> sightings = watch.seen();
    KeyNames names = KeyNames.of(sightings, watch.questions());
    sightings.forEach(sighting -> judge(sighting, names));
    strays(present, sightings);
  }

  IsolationReport report() {
    return new IsolationReport(commands, replies.get(), crossings);
  }

  private void add(Kind kind, String phase, String evidence) {
    if (crossings.size() < IsolationReport.MOST) {
      crossings.add(new Crossing(kind, phase, evidence));
    }
  }

  // --- commands ---

  private void judge(Sighting sighting, KeyNames names) {
    MonitoredCommand command = sighting.command();
    if (sighting.phase() < 1
        || sighting.phase() > 3
        || isSomebodyElse(sighting)
        || KeyNames.isUpkeep(command)) {
      return;
    }
    commands++;
    TenantId user = tenancy.tenantOf(sighting.user()).orElse(null);
    Identity identity = user == null ? null : identity(user);
    String phase = phase(sighting.phase());
    String who = user == null ? "a connection of no tenant (" + who(sighting) + ")" : "" + user;
    if (user != null && !isRunning(identity, sighting.phase())) {
      add(
          Kind.CONNECTION,
          phase,
          "a connection of " + user + ", whose code did not run, sent " + command.shown());
    }
    String own =
        identity != null
            ? identity.prefix()
            : user != null ? tenancy.prefixOf(user).toString() : null;
    for (String key : names.keysOf(command)) {
      foreignName(Kind.KEY, phase, who, own, key, command);
    }
    for (String channel : KeyNames.channelsOf(command)) {
      foreignName(
          Kind.CHANNEL,
          phase,
          who,
          own,
          channel.replaceFirst("^__keyspace@[0-9]+__:", ""),
          command);
    }
    if (KeyNames.reachesAll(command, own)) {
      add(Kind.SERVER, phase, who + " reached the whole server with " + command.shown());
    }
    for (String argument : command.args()) {
      if (argument.contains(test + ":") && (own == null || !argument.contains(own))) {
        add(Kind.KEY, phase, who + " named another tenant's key in " + command.shown());
      }
      if (identity != null) {
        foreignText(argument, identity)
            .ifForeign(what -> add(Kind.REPLY, phase, who + " sent " + what + " to the server"));
      }
    }
  }

  private void foreignName(
      Kind kind,
      String phase,
      String who,
      @Nullable String own,
      String name,
      MonitoredCommand command) {
    if ((own == null || !name.startsWith(own)) && !shared.contains(name)) {
      add(
          kind,
          phase,
          who
              + " used "
              + (kind == Kind.KEY ? "the key " : "the channel ")
              + MonitoredCommand.shown(name)
              + " in "
              + command.shown());
    }
  }

  private @Nullable Identity identity(TenantId tenant) {
    return identities.stream().filter(one -> one.tenant().equals(tenant)).findFirst().orElse(null);
  }

  private static String who(Sighting sighting) {
    return sighting.user().isEmpty()
        ? "its user could not be found out"
        : "user " + sighting.user();
  }

  private boolean isSomebodyElse(Sighting sighting) {
    return (sighting.user().matches(USERS_OF_TESTS) && tenancy.tenantOf(sighting.user()).isEmpty())
        || (sighting.connectionName().matches(ADMINISTRATORS_OF_TESTS)
            && !sighting.connectionName().equals(test + "-admin"));
  }

  private boolean isRunning(@Nullable Identity identity, int phase) {
    return identity != null && (phase == 3 || identity.equals(identities.get(phase - 1)));
  }

  private String phase(int number) {
    return number == 3 ? "as both at once" : "as " + identities.get(number - 1).tenant() + " alone";
  }

  // --- texts ---

  private Foreign foreignText(String text, Identity identity) {
    for (Identity other : identities) {
      if (!other.equals(identity)) {
        if (text.contains(other.mark())) {
          return new Foreign("text of " + other.tenant());
        }
        if (text.contains(other.prefix())) {
          return new Foreign("the name of a key of " + other.tenant());
        }
      }
    }
    return new Foreign(text.contains(canary) ? "a canary, which is none of its keys" : null);
  }

  private record Foreign(@Nullable String what) {
    void ifForeign(Consumer<String> use) {
      if (what != null) {
        use.accept(what);
      }
    }
  }

  // --- what the server refused ---

  private record Refusal(String reason, String object, String user, String context) {
    String key() {
      return reason + " " + object + " " + user + " " + context;
    }
  }

  private void refused(RedisCommands<String, String> administrator) {
    refusals(administrator)
        .forEach(
            (refusal, count) -> {
              TenantId user = tenancy.tenantOf(refusal.user()).orElse(null);
              if (user != null
                  && count > refusedBefore.getOrDefault(refusal.key(), 0L)
                  && (refusal.reason().equals("key") || refusal.reason().equals("channel"))
                  && !refusal.object().startsWith(tenancy.prefixOf(user).toString())) {
                add(
                    Kind.ATTEMPT,
                    "at some time",
                    user
                        + " tried the "
                        + refusal.reason()
                        + " "
                        + MonitoredCommand.shown(refusal.object())
                        + ", and the server refused it");
              }
            });
  }

  private static Map<Refusal, Long> refusals(RedisCommands<String, String> administrator) {
    Map<Refusal, Long> refusals = new HashMap<>();
    for (Map<String, Object> entry : administrator.aclLog()) {
      refusals.merge(
          new Refusal(
              field(entry, "reason"),
              field(entry, "object"),
              field(entry, "username"),
              field(entry, "context")),
          Long.parseLong(field(entry, "count")),
          Long::sum);
    }
    return refusals;
  }

  private static String field(Map<String, Object> entry, String name) {
    return String.valueOf(entry.getOrDefault(name, "0"));
  }

  // --- keys before and after ---

  private void holdings(RedisCommands<String, String> administrator, String name) {
    for (Identity identity : identities) {
      if (name.contains(identity.mark()) && !name.startsWith(identity.prefix())) {
        add(
            Kind.KEY,
            "in the end",
            "text of " + identity.tenant() + " stands in the name of the key " + name);
      }
      if (name.startsWith(identity.prefix())) {
        foreignText(value(administrator, name), identity)
            .ifForeign(what -> add(Kind.REPLY, "in the end", "the key " + name + " holds " + what));
      }
    }
  }

  private void strays(List<String> present, List<Sighting> sightings) {
    Set<String> ofOthers =
        sightings.stream()
            .filter(this::isSomebodyElse)
            .flatMap(sighting -> sighting.command().args().stream())
            .collect(Collectors.toSet());
    Set<String> stray = present.stream().filter(this::isStray).collect(Collectors.toSet());
    difference(stray, strayBefore, ofOthers, " is new, and no tenant's");
    difference(strayBefore, stray, ofOthers, ", which is no tenant's, has gone");
  }

  private void difference(
      Set<String> names, Set<String> without, Set<String> ofOthers, String what) {
    names.stream()
        .sorted()
        .filter(name -> !without.contains(name))
        .filter(name -> !ofOthers.contains(name) && !shared.contains(name))
        .forEach(
            name -> add(Kind.KEY, "in the end", "the key " + MonitoredCommand.shown(name) + what));
  }

  /** Not under the prefix of any test, or under this test's but of neither tenant. */
  private boolean isStray(String name) {
    return name.startsWith(test + ":")
        ? identities.stream().noneMatch(identity -> name.startsWith(identity.prefix()))
        : !name.matches(KEYS_OF_TESTS) && !name.startsWith("canary");
  }

  private static List<String> names(RedisCommands<String, String> administrator, String pattern) {
    List<String> names = new ArrayList<>();
    ScanCursor cursor = ScanCursor.INITIAL;
    do {
      KeyScanCursor<String> page =
          administrator.scan(cursor, ScanArgs.Builder.matches(pattern).limit(1000));
      names.addAll(page.getKeys());
      cursor = page;
    } while (!cursor.isFinished());
    return names;
  }

  private static String value(RedisCommands<String, String> administrator, String key) {
    return switch (administrator.type(key)) {
      case "string" -> Objects.requireNonNullElse(administrator.get(key), "");
      case "list" -> administrator.lrange(key, 0, -1).toString();
      case "set" -> administrator.smembers(key).toString();
      case "zset" -> administrator.zrange(key, 0, -1).toString();
      case "hash" -> administrator.hgetall(key).toString();
      case "stream" ->
          administrator.xrange(key, Range.unbounded()).stream()
              .map(message -> String.valueOf(message.getBody()))
              .collect(Collectors.joining());
      default -> "";
    };
  }
}
