package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each wrong input is a clear, typed error that says what to do. */
class BadInputTest {

  static RedisServer server;

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "a b",
        "a*",
        "a?",
        "a[b",
        "a]b",
        "a{b",
        "a}b",
        "a:b",
        "a/b",
        "a\\b",
        "a^b",
        "a\u0000b",
        "a\nb",
        "a\u00a0b",
        "\uff0a",
        "a\u2217",
        "\ufe5b",
        "-a",
        ".a",
        "_a",
        "a\u200bb",
        "\u0430cme",
        "acme\u0301",
        "a@b"
      })
  void aMalformedTenantIsRefused(String tenant) {
    assertThatThrownBy(() -> TenantId.of(tenant)).isInstanceOf(InvalidTenantIdException.class);
  }

  @Test
  void aTenantOfMoreThanTheLongestLengthIsRefused() {
    assertThat(TenantId.of("a".repeat(TenantId.MAX_LENGTH)).value()).hasSize(TenantId.MAX_LENGTH);
    assertThatThrownBy(() -> TenantId.of("a".repeat(TenantId.MAX_LENGTH + 1)))
        .isInstanceOf(InvalidTenantIdException.class)
        .hasMessageContaining("128");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tenant:",
        "{tenant}",
        "{tenant}{tenant}:",
        "{tenant}-",
        "{tenant}.x",
        "{tenant}_",
        "a{tenant}9:",
        "x *{tenant}:",
        "a\u00e9{tenant}:",
        "a\t{tenant}:"
      })
  void aTemplateThatCannotKeepTenantsApartIsRefused(String template) {
    assertThatIllegalArgumentException().isThrownBy(() -> KeyPrefixTemplate.of(template));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tenant:{tenant}:",
        "tenant:{{tenant}}:",
        "{tenant}:",
        "{tenant}/x",
        "cache[ab]{tenant}:"
      })
  void aPrefixFreeTemplateIsAccepted(String template) {
    assertThat(KeyPrefixTemplate.of(template).prefixOf(TenantId.of("acme")).toString())
        .isEqualTo(template.replace("{tenant}", "acme"));
  }

  @Test
  void everyMistakeOfABuilderIsReportedAtOnce() {
    ConfigurationException mistakes =
        catchThrowableOfType(
            ConfigurationException.class,
            () ->
                TenantRedis.builder("http://user:hunter2@nowhere")
                    .keyPrefix("{tenant}-")
                    .identity("same")
                    .commandTimeout(Duration.ZERO)
                    .maxAttempts(0)
                    .build());
    assertThat(mistakes.problems()).hasSize(6);
    assertThat(mistakes)
        .hasMessageContaining("prefix-free")
        .hasMessageContaining("identity")
        .message()
        .doesNotContain("hunter2");
  }

  @Test
  void aUriWithCredentialsIsRefusedBecauseNoTenantWouldUseThem() {
    assertThatThrownBy(
            () ->
                TenantRedis.builder("redis://user:hunter2@localhost:6379")
                    .identity("tenant_{tenant}")
                    .credentials(Tenants.credentials())
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .message()
        .doesNotContain("hunter2");
  }

  @Test
  void anUnreachableHostIsATypedErrorAndNothingWasSent() {
    try (TenantRedis redis =
        TenantRedis.builder("redis://127.0.0.1:1")
            .identity("tenant_{tenant}")
            .credentials(Tenants.credentials())
            .build()) {
      assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              failure -> {
                assertThat(failure.code()).isEqualTo(ErrorCode.TR005);
                assertThat(failure.outcome()).isEqualTo(Outcome.NOT_SENT);
              });
    }
  }

  @Test
  void aNullKeyIsRefused() {
    try (TenantRedis redis = Tenants.client(server).build()) {
      assertThatThrownBy(() -> redis.tenant("acme").sync().get(null))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void useAfterCloseIsATypedError() {
    TenantRedis redis = Tenants.client(server).build();
    TenantClient<String, String> acme = redis.tenant("acme");
    acme.sync().set("k", "v");
    redis.close();
    redis.close();
    assertThatThrownBy(() -> redis.tenant("acme")).isInstanceOf(TenantClosedException.class);
    assertThatThrownBy(() -> acme.sync().get("k")).isInstanceOf(TenantClosedException.class);
    assertThatThrownBy(() -> acme.async().get("k").get(1, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(TenantClosedException.class);
    assertThatThrownBy(() -> acme.reactive().get("k").block())
        .isInstanceOf(TenantClosedException.class);
  }

  @Test
  void closeLeavesNoThread() {
    Set<Thread> before = threads();
    TenantRedis redis = Tenants.client(server).build();
    redis.tenant("acme").sync().set("k", "v");
    redis.close();
    Awaitility.await().untilAsserted(() -> assertThat(newThreads(before)).isEmpty());
  }

  private static Set<Thread> threads() {
    return Set.copyOf(Thread.getAllStackTraces().keySet());
  }

  private static Set<String> newThreads(Set<Thread> before) {
    return threads().stream()
        .filter(thread -> !before.contains(thread) && thread.getName().startsWith("lettuce"))
        .map(Thread::getName)
        .collect(Collectors.toSet());
  }
}
