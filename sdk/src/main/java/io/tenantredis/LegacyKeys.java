package io.tenantredis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where a tenant's keys are that do not have their prefix yet: what they begin with instead. A read
 * of one key that is absent under its own name is then asked once more for that name. For the time
 * in which a tenant's keys are moved; {@code docs/adopting.md} describes the whole way.
 *
 * <p>The wall holds. The legacy prefixes of two tenants never begin with one another, and a legacy
 * name that is inside the prefix of any tenant is never asked for. Writes, deletions included, go
 * to the prefixed name alone: what was deleted there is found again under its legacy name until
 * that is deleted, too.
 *
 * <p>Immutable and thread-safe.
 */
public final class LegacyKeys {

  private final @Nullable KeyPrefixTemplate template;
  private final Map<String, String> prefixes;
  private final @Nullable Set<String> commands;

  private LegacyKeys(
      @Nullable KeyPrefixTemplate template,
      Map<String, String> prefixes,
      @Nullable Set<String> commands) {
    this.template = template;
    this.prefixes = prefixes;
    this.commands = commands;
  }

  /**
   * Legacy prefixes made from a template, for all tenants.
   *
   * @param template the text of a {@link KeyPrefixTemplate}, for example {@code shop/{tenant}/}
   * @return the legacy keys
   * @throws IllegalArgumentException if it is none, with every mistake in one message
   */
  public static LegacyKeys template(String template) {
    return new LegacyKeys(KeyPrefixTemplate.of(template), Map.of(), null);
  }

  /**
   * Legacy prefixes of certain tenants. All others have none.
   *
   * @param prefixes the legacy prefix for the id of each tenant, in printable ASCII without spaces;
   *     empty, for keys that had no prefix at all, only if there is one tenant
   * @return the legacy keys
   * @throws IllegalArgumentException if there is no tenant, an id is none, a prefix holds another
   *     character, or one tenant's prefix begins with another's
   */
  public static LegacyKeys prefixes(Map<String, String> prefixes) {
    if (prefixes.isEmpty()) {
      throw new IllegalArgumentException("There is no tenant with legacy keys: name one.");
    }
    prefixes.forEach(LegacyKeys::check);
    prefixes.forEach(
        (tenant, prefix) ->
            prefixes.forEach(
                (other, others) -> {
                  if (!tenant.equals(other) && others.startsWith(prefix)) {
                    throw new IllegalArgumentException(
                        "The legacy prefix '"
                            + others
                            + "' of tenant "
                            + other
                            + " begins with that of tenant "
                            + tenant
                            + ": tenants would read each other's keys.");
                  }
                }));
    return new LegacyKeys(null, Map.copyOf(prefixes), null);
  }

  private static void check(String tenant, String prefix) {
    TenantId.of(tenant);
    for (int i = 0; i < prefix.length(); i++) {
      char c = prefix.charAt(i);
      if (c <= ' ' || c > '~') {
        throw new IllegalArgumentException(
            String.format(
                "The legacy prefix of tenant %s holds U+%04X at index %d: use printable ASCII"
                    + " without spaces.",
                tenant, (int) c, i));
      }
    }
  }

  /**
   * The same for fewer commands. Default: every command that reads and of which a call names one
   * key and nothing else, and answers no names.
   *
   * @param names of commands, such as {@code GET} and {@code HGETALL}
   * @return new legacy keys; when the {@link TenantRedis} is built, a name that cannot be one of
   *     them is reported
   */
  public LegacyKeys onlyFor(String... names) {
    Set<String> upper = new TreeSet<>();
    for (String name : names) {
      upper.add(name.toUpperCase(Locale.ROOT));
    }
    return new LegacyKeys(template, prefixes, upper);
  }

  /**
   * What the keys of a tenant began with.
   *
   * @param tenant the tenant
   * @return the legacy prefix, or null if the tenant has none
   */
  public @Nullable String prefixOf(TenantId tenant) {
    return template == null ? prefixes.get(tenant.value()) : template.prefixOf(tenant).toString();
  }

  boolean covers(String command) {
    return commands == null || commands.contains(command);
  }

  /** The names given to {@link #onlyFor}. */
  Collection<String> commands() {
    return commands == null ? Set.of() : commands;
  }

  /** What makes these legacy keys useless together with the tenants' own prefixes. */
  List<String> problems(KeyPrefixTemplate own) {
    List<String> problems = new ArrayList<>();
    Map<String, String> all =
        template == null
            ? new TreeMap<>(prefixes)
            : Map.of("a", template.prefixOf(TenantId.of("a")).toString());
    all.forEach(
        (tenant, prefix) -> {
          if (own.holds(prefix.getBytes(StandardCharsets.US_ASCII))) {
            problems.add(
                "The legacy prefix '"
                    + (template == null ? prefix : template)
                    + "' is inside a tenant's prefix by the template '"
                    + own
                    + "', so that it would never be asked for: choose a key prefix that no legacy"
                    + " name begins with.");
          }
        });
    return problems;
  }

  /** The template, or the number of tenants. */
  @Override
  public String toString() {
    return "LegacyKeys[" + (template == null ? prefixes.size() + " tenants" : template) + "]";
  }
}
