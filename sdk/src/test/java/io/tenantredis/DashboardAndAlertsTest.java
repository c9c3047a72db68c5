package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lettuce.core.ScriptOutputType;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.tenantredis.admin.AclDenial;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.keyspace.CommandRules;
import io.tenantredis.internal.metrics.AclLogMeters;
import io.tenantredis.internal.metrics.ClientMeters;
import io.tenantredis.internal.metrics.CommandMeters;
import io.tenantredis.internal.metrics.DedicatedMeters;
import io.tenantredis.test.server.RedisServer;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What docs/prometheus and docs/grafana ask for is what a scrape holds. */
class DashboardAndAlertsTest {

  private static final Path DOCS = Path.of("..", "docs");
  private static final Path RULES = DOCS.resolve("prometheus/alerts.yml");
  private static final Path DASHBOARD = DOCS.resolve("grafana/tenant-redis.json");
  private static final Pattern METRIC =
      Pattern.compile(
          "\\b((?:db_client_(?!connection_pool_name|connection_state)|tenant_redis_|resilience4j_)\\w+)(?:\\{([^}]*)\\})?");
  private static final Pattern SELECTOR = Pattern.compile("(\\w+)\\s*(?:=~|!=|!~|=)\\s*\"");
  private static final Pattern EXPRESSION =
      Pattern.compile("\"(?:expr|query)\": \"((?:[^\"\\\\]|\\\\.)*)\"");

  /** The labels of each metric of a scrape. */
  private static final Map<String, Set<String>> SCRAPED = new TreeMap<>();

  @BeforeAll
  static void scrape() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (RedisServer server = Tenants.confined().start();
        TenantRedis redis =
            Tenants.client(server)
                .resilience(
                    ResilienceOptions.builder().rateLimit(1000, Duration.ofSeconds(1)).build())
                .meterRegistry(registry)
                .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      acme.dedicated(connection -> connection.sync().get("k"));
      whateverComesOf(() -> acme.sync().incr("k"));
      whateverComesOf(() -> acme.sync().flushall());
      whateverComesOf(
          () -> acme.sync().eval("return redis.error_reply('ERR no')", ScriptOutputType.STATUS));
      rareEvents(registry);
      read(registry.scrape());
    }
  }

  /** What no test brings about in a second. */
  private static void rareEvents(PrometheusMeterRegistry registry) {
    TenantId tenant = TenantId.of("acme");
    ClientMeters meters =
        new ClientMeters(registry, MetricsOptions.builder().name("rare").build(), System::nanoTime);
    CommandMeters commands = meters.commands(tenant);
    var rule = CommandRules.standard().all().iterator().next();
    Throwable denied = Failures.ofReply(tenant, "GET", "NOPERM no", false);
    commands.completed(rule, denied, 1, TimeUnit.MILLISECONDS);
    commands.retried(rule, denied);
    meters.guard(tenant).violation("GET", 1);
    meters.reconnected(tenant);
    meters.outOfStep(tenant);
    meters.exchanged(tenant);
    meters.evicted(tenant, "idle");
    meters.quarantined(tenant, denied);
    meters.connectFailed(tenant, ErrorCode.SEC006);
    DedicatedMeters dedicated = meters.dedicated(tenant);
    dedicated.exhausted();
    dedicated.leaked();
    AclLogMeters acl =
        new AclLogMeters(registry, MetricsOptions.builder().build(), System.nanoTime());
    acl.denied(tenant, AclDenial.Reason.KEY.name(), 1);
    acl.lost(1);
    acl.failed();
  }

  private static void whateverComesOf(ThrowingCallable call) {
    Throwable ignored = catchThrowable(call);
  }

  private static void read(String scrape) {
    Pattern sample = Pattern.compile("^(\\w+)(?:\\{(.*)\\})? \\S+$", Pattern.MULTILINE);
    Matcher line = sample.matcher(scrape);
    while (line.find()) {
      Set<String> labels = SCRAPED.computeIfAbsent(line.group(1), name -> new HashSet<>());
      if (line.group(2) != null) {
        Matcher label = Pattern.compile("(\\w+)=\"").matcher(line.group(2));
        while (label.find()) {
          labels.add(label.group(1));
        }
      }
    }
  }

  /** What is asked for and not there. */
  private static List<String> unknown(String expressions) {
    List<String> unknown = new ArrayList<>();
    Matcher metric = METRIC.matcher(expressions);
    int found = 0;
    while (metric.find()) {
      found++;
      Set<String> labels = SCRAPED.get(metric.group(1));
      if (labels == null) {
        unknown.add(metric.group(1));
      } else if (metric.group(2) != null) {
        Matcher label = SELECTOR.matcher(metric.group(2));
        while (label.find()) {
          if (!labels.contains(label.group(1))) {
            unknown.add(metric.group(1) + "{" + label.group(1) + "}");
          }
        }
      }
    }
    assertThat(found).isGreaterThan(10);
    return unknown;
  }

  @Test
  void everyQueryOfTheDashboardNamesMetersAndLabelsThatExist() throws IOException {
    String queries =
        EXPRESSION
            .matcher(Files.readString(DASHBOARD))
            .results()
            .map(found -> found.group(1).replace("\\\"", "\""))
            .collect(Collectors.joining("\n"));
    assertThat(unknown(queries)).isEmpty();
  }

  @Test
  void everyRuleNamesMetersAndLabelsThatExist() throws IOException {
    String rules =
        Files.readString(RULES)
            .lines()
            .filter(line -> !line.contains("runbook"))
            .collect(Collectors.joining("\n"));
    assertThat(unknown(rules)).isEmpty();
  }

  @Test
  void everyAlertHasASeverityARunbookAndTests() throws IOException {
    String rules = Files.readString(RULES);
    String runbook = Files.readString(DOCS.resolve("alerts.md"));
    String tests = Files.readString(DOCS.resolve("prometheus/alerts.test.yml"));
    Set<String> alerts =
        Pattern.compile("- alert: (\\w+)")
            .matcher(rules)
            .results()
            .map(m -> m.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(alerts).hasSizeGreaterThan(8);
    for (String alert : alerts) {
      String rule = rules.substring(rules.indexOf("- alert: " + alert + "\n"));
      Matcher severity = Pattern.compile("severity: (\\w+)").matcher(rule);
      assertThat(severity.find()).isTrue();
      assertThat(rule).contains("docs/alerts.md#" + alert.toLowerCase(Locale.ROOT));
      assertThat(runbook)
          .containsPattern(
              "## "
                  + alert
                  + "\\n\\n\\*"
                  + severity.group(1).substring(0, 1).toUpperCase(Locale.ROOT)
                  + severity.group(1).substring(1)
                  + "\\.\\*");
      assertThat(tests).contains("alertname: " + alert + "\n        exp_alerts:\n          -");
      assertThat(tests).contains("alertname: " + alert + "\n        exp_alerts: []");
    }
  }

  /** Debian's package prometheus has it; .ci/run fetches it. */
  @Test
  void promtoolPassesTheTestsOfTheRules() throws Exception {
    Optional<Path> promtool =
        Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .map(directory -> Path.of(directory, "promtool"))
            .filter(Files::isExecutable)
            .findFirst();
    assumeTrue(promtool.isPresent(), "promtool is not on the PATH");
    Process tests =
        new ProcessBuilder(promtool.orElseThrow().toString(), "test", "rules", "alerts.test.yml")
            .directory(RULES.getParent().toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(tests.getInputStream().readAllBytes());
    assertThat(tests.waitFor()).as(output).isZero();
  }
}
