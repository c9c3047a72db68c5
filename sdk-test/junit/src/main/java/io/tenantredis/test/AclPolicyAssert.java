package io.tenantredis.test;

import io.lettuce.core.RedisURI;
import io.tenantredis.admin.AclPassword;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.Finding;
import io.tenantredis.admin.PolicyVerifier;
import io.tenantredis.admin.Severity;
import io.tenantredis.admin.Tenancy;
import io.tenantredis.admin.TenantRedisAdmin;
import io.tenantredis.admin.VerificationReport;
import io.tenantredis.test.server.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on ACL users in a repository: they are loaded into a server that is started for it,
 * and the server is asked with {@code ACL DRYRUN} about every command it has what each user
 * reaches; see {@link PolicyVerifier}. Nothing runs in production, and passwords are not needed.
 *
 * <pre>{@code
 * AclPolicyAssert.assertThatAclFile(Path.of("deploy/users.acl"))
 *     .tolerating(Severity.MEDIUM)
 *     .confinesTenants("tenant:{tenant}:", "tenant_{tenant}");
 * }</pre>
 *
 * <p>Each assertion starts a server and blocks for some seconds at most. It throws an {@link
 * AssertionError} with the findings. Not thread-safe.
 */
public final class AclPolicyAssert {

  private static final String ADMINISTRATOR = "tenant-redis-test";

  private final String subject;
  private final Map<String, List<String>> users;
  private @Nullable Path binary;
  private Severity tolerated = Severity.LOW;

  private AclPolicyAssert(String subject, Map<String, List<String>> users) {
    this.subject = subject;
    this.users = users;
  }

  /**
   * The users of a server's {@code aclfile}: lines {@code user NAME RULE...}. Empty lines and those
   * that begin with {@code #} are left out.
   *
   * @param file the file
   * @return assertions
   * @throws IllegalArgumentException for another line, which is named by its number
   * @throws UncheckedIOException if the file cannot be read
   */
  public static AclPolicyAssert assertThatAclFile(Path file) {
    try {
      return new AclPolicyAssert(file.toString(), parse(Files.readAllLines(file)));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /**
   * The user of a policy.
   *
   * @param policy the policy
   * @return assertions
   */
  public static PolicyAssert assertThatPolicy(AclPolicy policy) {
    return new PolicyAssert(policy);
  }

  private static Map<String, List<String>> parse(List<String> lines) {
    Map<String, List<String>> users = new LinkedHashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).trim();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] words = line.split("\\s+");
      if (!words[0].equalsIgnoreCase("user") || words.length < 2) {
        throw new IllegalArgumentException(
            "Line " + (i + 1) + " is not of the form 'user NAME RULE...'.");
      }
      if (users.put(words[1], rules(Arrays.asList(words).subList(2, words.length))) != null) {
        throw new IllegalArgumentException("Line " + (i + 1) + " repeats the user " + words[1]);
      }
    }
    return users;
  }

  /** A selector is one rule, though it holds spaces. */
  private static List<String> rules(List<String> words) {
    List<String> rules = new ArrayList<>();
    StringBuilder selector = new StringBuilder();
    for (String word : words) {
      if (selector.isEmpty() && !word.startsWith("(")) {
        rules.add(word);
        continue;
      }
      selector.append(selector.isEmpty() ? "" : " ").append(word);
      if (word.endsWith(")")) {
        rules.add(selector.toString());
        selector.setLength(0);
      }
    }
    if (!selector.isEmpty()) {
      rules.add(selector.toString());
    }
    return rules;
  }

  /**
   * Asks this server. Default: the embedded one, or what the system property {@code
   * tenantredis.server.binary} names. Take the version that production runs: each has commands of
   * its own.
   *
   * @param executable a {@code redis-server} 7.0 or newer, or a {@code valkey-server}
   * @return this
   */
  public AclPolicyAssert onBinary(Path executable) {
    binary = Objects.requireNonNull(executable, "executable");
    return this;
  }

  /**
   * Findings up to this severity do not fail. Default: {@link Severity#LOW}. A user with {@code
   * SCAN}, which shows the names of all keys, is {@link Severity#MEDIUM}.
   *
   * @param most the worst that is tolerated, at most {@link Severity#HIGH}
   * @return this
   * @throws IllegalArgumentException for {@link Severity#CRITICAL}
   */
  public AclPolicyAssert tolerating(Severity most) {
    if (most == Severity.CRITICAL) {
      throw new IllegalArgumentException(
          "What is critical opens one tenant to another: nothing would be left to assert.");
    }
    tolerated = most;
    return this;
  }

  /**
   * Each user who is a tenant's reaches the tenant's keys and channels and no others, and there is
   * at least one such user.
   *
   * @param keyPrefix for example {@code tenant:{tenant}:}
   * @param identity for example {@code tenant_{tenant}}
   * @return this
   */
  public AclPolicyAssert confinesTenants(String keyPrefix, String identity) {
    Tenancy tenancy = Tenancy.of(keyPrefix, identity);
    return check(verifier -> verifier.verifyAll(tenancy), "that are tenants' by " + identity);
  }

  /**
   * No two of these users reach each other's keys or channels, whatever those are called, and there
   * is at least one such user.
   *
   * @param names which users
   * @return this
   */
  public AclPolicyAssert keepsApart(Predicate<String> names) {
    return check(verifier -> verifier.verifyApart(names), "of these names");
  }

  private AclPolicyAssert check(
      Function<PolicyVerifier, VerificationReport> question, String which) {
    String password = RandomNames.next();
    RedisServer.Builder builder = RedisServer.builder().adminUser(ADMINISTRATOR, password);
    users.forEach((name, rules) -> builder.user(name, rules.toArray(String[]::new)));
    if (binary != null) {
      builder.binary(binary);
    }
    try (RedisServer server = builder.start();
        TenantRedisAdmin admin = connect(server, password)) {
      VerificationReport report = question.apply(admin.verifier());
      if (report.users().isEmpty()) {
        throw new AssertionError(subject + " has no users " + which + ".");
      }
      refuse(subject, report, tolerated);
    }
    return this;
  }

  private static TenantRedisAdmin connect(RedisServer server, String password) {
    return TenantRedisAdmin.builder(
            RedisURI.builder()
                .withHost(server.host())
                .withPort(server.port())
                .withAuthentication(ADMINISTRATOR, password.toCharArray())
                .build())
        .discoverNodes(false)
        .connect();
  }

  private static void refuse(String subject, VerificationReport report, Severity tolerated) {
    List<Finding> findings =
        report.findings().stream()
            .filter(finding -> finding.unknown() || finding.severity().compareTo(tolerated) > 0)
            .toList();
    if (!findings.isEmpty()) {
      throw new AssertionError(
          subject
              + " does not confine its users, "
              + report.questions()
              + " questions asked:"
              + findings.stream()
                  .map(
                      finding ->
                          "\n  "
                              + finding.severity()
                              + " "
                              + finding.check()
                              + ", "
                              + finding.subject()
                              + ": "
                              + finding.evidence()
                              + ". "
                              + finding.remedy())
                  .collect(Collectors.joining()));
    }
  }

  /** Assertions on the user of a policy. Not thread-safe. */
  public static final class PolicyAssert {

    private final AclPolicy policy;
    private @Nullable Path binary;
    private Severity tolerated = Severity.LOW;

    private PolicyAssert(AclPolicy policy) {
      this.policy = policy;
    }

    /**
     * As {@link AclPolicyAssert#onBinary}.
     *
     * @param executable a {@code redis-server} 7.0 or newer, or a {@code valkey-server}
     * @return this
     */
    public PolicyAssert onBinary(Path executable) {
      binary = Objects.requireNonNull(executable, "executable");
      return this;
    }

    /**
     * As {@link AclPolicyAssert#tolerating}.
     *
     * @param most the worst that is tolerated, at most {@link Severity#HIGH}
     * @return this
     */
    public PolicyAssert tolerating(Severity most) {
      if (most == Severity.CRITICAL) {
        throw new IllegalArgumentException(
            "What is critical opens one tenant to another: nothing would be left to assert.");
      }
      tolerated = most;
      return this;
    }

    /**
     * The policy's user reaches nothing that is not its tenant's, and may run all that the policy
     * promises.
     *
     * @return this
     */
    public PolicyAssert confinesItsTenant() {
      String password = RandomNames.next();
      RedisServer.Builder builder = RedisServer.builder().adminUser(ADMINISTRATOR, password);
      if (binary != null) {
        builder.binary(binary);
      }
      try (RedisServer server = builder.start();
          TenantRedisAdmin admin = connect(server, password)) {
        admin
            .provisioner()
            .apply(policy, AclPassword.of(RandomNames.next().toCharArray()))
            .requireComplete();
        refuse(policy.toString(), admin.verifier().verify(policy), tolerated);
      }
      return this;
    }
  }
}
