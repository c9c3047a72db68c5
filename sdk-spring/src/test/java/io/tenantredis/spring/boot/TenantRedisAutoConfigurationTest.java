package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.TenantId;
import io.tenantredis.TenantLimitException;
import io.tenantredis.TenantRedis;
import io.tenantredis.UnknownTenantException;
import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.context.NoCurrentTenantException;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.ReplicatedRedis;
import io.tenantredis.test.server.TestCertificates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.Mockito;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.config.AbstractFactoryBean;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.health.DataRedisHealthContributorAutoConfiguration;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.CacheConfig;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.Primary;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

class TenantRedisAutoConfigurationTest {

  static final TenantId ACME = TenantId.of("acme");
  static final TenantId GLOBEX = TenantId.of("globex");

  static RedisServer server;

  final ApplicationContextRunner empty =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  SslAutoConfiguration.class,
                  TenantRedisAutoConfiguration.class,
                  TenantRedisCacheAutoConfiguration.class,
                  TenantRedisActuatorAutoConfiguration.class,
                  TenantRedisWebAutoConfiguration.class,
                  DataRedisAutoConfiguration.class,
                  DataRedisReactiveAutoConfiguration.class,
                  DataRedisHealthContributorAutoConfiguration.class,
                  CacheAutoConfiguration.class));

  ApplicationContextRunner runner() {
    return empty.withPropertyValues(TestTenants.properties(server, "acme", "globex"));
  }

  @BeforeAll
  static void start() {
    server = TestTenants.server("acme", "globex");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void startingNeedsNoTenantAndNoConnection() {
    empty
        .withPropertyValues(
            "tenant-redis.url=redis://localhost:1", "tenant-redis.without-acl-users=true")
        .run(
            context -> {
              assertThat(context).hasNotFailed().hasSingleBean(TenantRedis.class);
              assertThat(context.getBean(TenantRedis.class).tenantsInUse()).isEmpty();
            });
  }

  @Test
  void theTemplatesAreThoseOfTheCurrentTenant() {
    runner()
        .run(
            context -> {
              StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
              TenantContext.run(ACME, () -> template.opsForValue().set("t", "a"));
              TenantContext.run(GLOBEX, () -> template.opsForValue().set("t", "g"));
              assertThat(TenantContext.get(ACME, () -> template.opsForValue().get("t")))
                  .isEqualTo("a");
              ReactiveStringRedisTemplate reactive =
                  context.getBean(ReactiveStringRedisTemplate.class);
              assertThat(TenantContext.get(GLOBEX, () -> reactive.opsForValue().get("t").block()))
                  .isEqualTo("g");
              assertThatThrownBy(() -> template.opsForValue().get("t"))
                  .isInstanceOf(NoCurrentTenantException.class);
            });
  }

  @Test
  void oneSwitchTurnsEverythingOff() {
    empty
        .withPropertyValues("tenant-redis.enabled=false")
        .run(
            context -> {
              assertThat(context).doesNotHaveBean(TenantRedis.class);
              assertThat(context).doesNotHaveBean(CurrentTenantResolver.class);
              assertThat(context).hasSingleBean(LettuceConnectionFactory.class);
            });
  }

  @Test
  void theBeansBackOffBeforeTheApplicationsOwn() {
    TenantRedis own = TestTenants.client(server);
    CurrentTenantResolver resolver = () -> ACME;
    empty
        .withBean(TenantRedis.class, () -> own)
        .withBean(CurrentTenantResolver.class, () -> resolver)
        .run(
            context -> {
              assertThat(context.getBean(TenantRedis.class)).isSameAs(own);
              context.getBean(StringRedisTemplate.class).opsForValue().set("own", "1");
              assertThat(server.admin().text("GET", "tenant:acme:own")).isEqualTo("1");
            });
  }

  @Test
  void aConnectionFactoryThatIsNoTenantsKeepsTheApplicationFromStarting() {
    LettuceConnectionFactory mine = new LettuceConnectionFactory();
    ApplicationContextRunner plain =
        runner().withBean("mine", RedisConnectionFactory.class, () -> mine);
    plain.run(context -> assertRefusedFactory(context, "mine"));
    plain
        .withPropertyValues("spring.main.lazy-initialization=true")
        .run(
            context ->
                assertThatThrownBy(() -> context.getBean(StringRedisTemplate.class))
                    .hasRootCauseInstanceOf(InvalidPropertiesException.class));
    assertThat(mine.isRunning()).as("has begun threads that nobody ends").isFalse();
    runner()
        .withUserConfiguration(MadeByFactoryBean.class)
        .run(context -> assertRefusedFactory(context, "made"));
    runner()
        .withBean(
            "mine",
            ReactiveRedisConnectionFactory.class,
            () -> Mockito.mock(ReactiveRedisConnectionFactory.class))
        .run(context -> assertRefusedFactory(context, "mine"));
    runner()
        .withInitializer(
            context ->
                context
                    .getBeanFactory()
                    .registerSingleton("byHand", Mockito.mock(RedisConnectionFactory.class)))
        .run(context -> assertRefusedFactory(context, "byHand"));
    new ApplicationContextRunner()
        .withBean("parents", RedisConnectionFactory.class, LettuceConnectionFactory::new)
        .run(
            parent ->
                runner()
                    .withParent(parent)
                    .run(context -> assertRefusedFactory(context, "parents")));
  }

  private static void assertRefusedFactory(AssertableApplicationContext context, String name) {
    assertThat(context).hasFailed();
    assertThat(NestedExceptionUtils.getMostSpecificCause(context.getStartupFailure()))
        .isInstanceOf(InvalidPropertiesException.class)
        .hasMessageContaining("'" + name + "'")
        .hasMessageContaining("defaultCandidate = false")
        .hasMessageContaining("tenant-redis.allow-other-connection-factory=true");
  }

  @Test
  void aConnectionFactoryThatIsNoTenantsMayBeThereForThoseWhoAskForItOrUnderAllByAProperty() {
    runner()
        .withBean(
            "mine",
            RedisConnectionFactory.class,
            LettuceConnectionFactory::new,
            definition -> ((AbstractBeanDefinition) definition).setDefaultCandidate(false))
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context.getBean(StringRedisTemplate.class).getConnectionFactory())
                  .isInstanceOf(TenantRedisConnectionFactory.class);
            });
    runner()
        .withBean("mine", RedisConnectionFactory.class, LettuceConnectionFactory::new)
        .withPropertyValues("tenant-redis.allow-other-connection-factory=true")
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .doesNotHaveBean(TenantRedisConnectionFactory.class));
    empty
        .withBean("mine", RedisConnectionFactory.class, LettuceConnectionFactory::new)
        .withPropertyValues("tenant-redis.enabled=false")
        .run(context -> assertThat(context).hasNotFailed());
  }

  @Test
  void aConnectionFactoryThatIsNoTenantsMayBeThereWhereWhoeverAsksByTypeGetsTheTenants() {
    ApplicationContextRunner primary =
        runner()
            .withUserConfiguration(PrimaryOfTenants.class)
            .withInitializer(
                context ->
                    context
                        .getBeanFactory()
                        .registerSingleton("byHand", Mockito.mock(RedisConnectionFactory.class)));
    primary
        .withBean("shared", LettuceConnectionFactory.class, LettuceConnectionFactory::new)
        .run(TenantRedisAutoConfigurationTest::assertOnTenants);
    runner()
        .withUserConfiguration(FallbackOfNobody.class, OrdinaryOfTenants.class)
        .run(TenantRedisAutoConfigurationTest::assertOnTenants);
    for (boolean primaryInParent : new boolean[] {false, true}) {
      new ApplicationContextRunner()
          .withBean(
              "parents",
              LettuceConnectionFactory.class,
              LettuceConnectionFactory::new,
              definition -> definition.setPrimary(primaryInParent))
          .run(
              parent ->
                  primary
                      .withParent(parent)
                      .run(TenantRedisAutoConfigurationTest::assertOnTenants));
    }
  }

  private static void assertOnTenants(AssertableApplicationContext context) {
    assertThat(context).hasNotFailed();
    AsksByType given = context.getAutowireCapableBeanFactory().createBean(AsksByType.class);
    assertThat(given.blocking).isInstanceOf(TenantRedisConnectionFactory.class);
    assertThat(given.reactive).isInstanceOf(TenantRedisConnectionFactory.class);
    assertThat(context.getBean(RedisConnectionFactory.class)).isSameAs(given.blocking);
  }

  record AsksByType(RedisConnectionFactory blocking, ReactiveRedisConnectionFactory reactive) {}

  @Test
  void aConnectionFactoryThatIsNoTenantsIsRefusedWhereTheTenantsDoesNotComeFirst() {
    ApplicationContextRunner ordinary = runner().withUserConfiguration(OrdinaryOfTenants.class);
    ordinary
        .withBean("shared", LettuceConnectionFactory.class, LettuceConnectionFactory::new)
        .run(context -> assertRefusedFactory(context, "shared"));
    runner()
        .withUserConfiguration(FallbackOfNobody.class)
        .run(context -> assertRefusedFactory(context, "shared"));
    ordinary
        .withBean(
            "shared",
            LettuceConnectionFactory.class,
            LettuceConnectionFactory::new,
            definition -> definition.setPrimary(true))
        .run(context -> assertRefusedFactory(context, "shared"));
    // Who asks for the reactive one gets that of nobody.
    runner()
        .withUserConfiguration(PrimaryOfTenantsBlockingOnly.class)
        .withBean("shared", LettuceConnectionFactory.class, LettuceConnectionFactory::new)
        .run(context -> assertRefusedFactory(context, "shared"));
    new ApplicationContextRunner()
        .withUserConfiguration(PrimaryOfTenants.class)
        .withBean(TenantRedis.class, () -> TestTenants.client(server))
        .withBean(CurrentTenantResolver.class, CurrentTenantResolver::context)
        .run(
            parent ->
                // context.getBean(type) does not look further than here.
                empty
                    .withParent(parent)
                    .withBean(
                        "shared", LettuceConnectionFactory.class, LettuceConnectionFactory::new)
                    .run(context -> assertRefusedFactory(context, "shared")));
  }

  @Test
  void allMistakesAreReportedAtOnceWithWhatToChange() {
    empty
        .withPropertyValues(
            "tenant-redis.key-prefix={tenant}-",
            "tenant-redis.retry.max-attempts=0",
            "tenant-redis.dedicated.max-size=0",
            "tenant-redis.connections.max=0",
            "tenant-redis.metrics.tenant-tag=allowed",
            "tenant-redis.sentinel.username=x",
            "tenant-redis.credentials.users.acme.username=x")
        .run(
            context -> {
              assertThat(context).hasFailed();
              Throwable failure = context.getStartupFailure();
              while (!(failure instanceof InvalidPropertiesException mistakes)) {
                failure = failure.getCause();
              }
              String description =
                  new InvalidPropertiesFailureAnalyzer().analyze(mistakes).getDescription();
              assertThat(description)
                  .contains("users.acme.password is missing")
                  .contains("prefix-free")
                  .contains("identity(...) is missing")
                  .contains("maxAttempts is 0")
                  .contains("tenant-redis.dedicated: maxSize is 0")
                  .contains("tenant-redis.connections: maxConnections is 0")
                  .contains("tenant-redis.metrics: 'allowed-tenants'")
                  .contains("tenant-redis.sentinel.username is set without a password");
            });
  }

  @Test
  void theRateLimitIsEachTenantsOwn() {
    runner()
        .withPropertyValues("tenant-redis.rate-limit.calls=2", "tenant-redis.rate-limit.period=1h")
        .run(
            context -> {
              StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
              TenantContext.run(
                  ACME,
                  () -> {
                    template.hasKey("a");
                    template.hasKey("a");
                    assertThatThrownBy(() -> template.hasKey("a"))
                        .isInstanceOf(TransientDataAccessResourceException.class)
                        .hasCauseInstanceOf(TenantLimitException.class);
                  });
              assertThat(TenantContext.get(GLOBEX, () -> template.hasKey("a"))).isFalse();
            });
  }

  @Test
  void credentialsMayStandInFilesWhoseChangesRotateThem(@TempDir Path directory) throws Exception {
    try (RedisServer own = TestTenants.server("acme")) {
      Path file = directory.resolve("acme");
      Files.writeString(file, TestTenants.password("acme") + "\n");
      empty
          .withPropertyValues(TestTenants.properties(own))
          .withPropertyValues(
              "tenant-redis.credentials.file=" + directory + "/{tenant}",
              "tenant-redis.credentials.file-interval=20ms")
          .run(
              context -> {
                TenantRedis redis = context.getBean(TenantRedis.class);
                long first = redis.tenant("acme").sync().clientId();
                own.admin().command("ACL", "SETUSER", "tenant_acme", ">rotated");
                Files.writeString(file, "rotated");
                Awaitility.await().until(() -> redis.tenant("acme").sync().clientId() != first);
              });
    }
  }

  @Test
  void credentialsMayStandInTheEnvironment() {
    empty
        .withPropertyValues(TestTenants.properties(server))
        .withPropertyValues("tenant-redis.credentials.environment-variable=NO_SUCH_{tenant}")
        .run(
            context -> {
              TenantRedis redis = context.getBean(TenantRedis.class);
              assertThatThrownBy(() -> redis.tenant("acme").sync().ping())
                  .isInstanceOf(UnknownTenantException.class);
            });
  }

  @Test
  void thePrimaryThatSentinelsNameIsUsedWithCredentialsOfTheirOwn() {
    try (ReplicatedRedis servers =
        ReplicatedRedis.builder()
            .server(TestTenants.builder("acme"))
            .sentinel(RedisServer.builder().requirePass("sentinel-secret"))
            .replicas(0)
            .sentinels(1)
            .start()) {
      RedisServer sentinel = servers.sentinels().get(0);
      ApplicationContextRunner runner =
          empty.withPropertyValues(
              "tenant-redis.url=redis-sentinel://"
                  + sentinel.host()
                  + ":"
                  + sentinel.port()
                  + "#"
                  + servers.masterName(),
              "tenant-redis.identity=tenant_{tenant}",
              "tenant-redis.connect-timeout=2s",
              "tenant-redis.command-timeout=2s",
              "tenant-redis.credentials.users.acme.password=" + TestTenants.password("acme"));
      runner
          .withPropertyValues(
              "tenant-redis.sentinel.password=sentinel-secret",
              "tenant-redis.connect-timeout=20s",
              "tenant-redis.command-timeout=20s")
          .run(
              context ->
                  assertThat(context.getBean(TenantRedis.class).tenant("acme").sync().ping())
                      .isEqualTo("PONG"));
      runner.run(
          context ->
              assertThatThrownBy(
                      () -> context.getBean(TenantRedis.class).tenant("acme").sync().ping())
                  .isInstanceOf(RedisException.class));
    }
  }

  @Test
  void aReloadedSslBundleTakesEffectForNewAndLiveConnections(@TempDir Path directory)
      throws Exception {
    TestCertificates trusted = TestCertificates.shared();
    try (RedisServer own = TestTenants.builder("acme").tls().requireClientCertificate().start()) {
      Path trust = directory.resolve("ca.pem");
      Files.copy(TestCertificates.createIn(directory.resolve("others")).caPem(), trust);
      Path certificate = directory.resolve("client.pem");
      Path key = directory.resolve("client.key");
      Files.copy(trusted.client("first").certificatePem(), certificate);
      Files.copy(trusted.client("first").keyPem(), key);
      empty
          .withPropertyValues(TestTenants.properties(own, "acme"))
          .withPropertyValues(
              "tenant-redis.url=rediss://" + own.host() + ":" + own.tlsPort(),
              "tenant-redis.ssl.bundle=redis",
              "spring.ssl.bundle.watch.file.quiet-period=50ms",
              "tenant-redis.connect-timeout=20s",
              "tenant-redis.command-timeout=20s",
              "spring.ssl.bundle.pem.redis.reload-on-update=true",
              "spring.ssl.bundle.pem.redis.truststore.certificate=" + trust,
              "spring.ssl.bundle.pem.redis.keystore.certificate=" + certificate,
              "spring.ssl.bundle.pem.redis.keystore.private-key=" + key)
          .run(
              context -> {
                TenantRedis redis = context.getBean(TenantRedis.class);
                assertThatThrownBy(() -> redis.tenant("acme").sync().ping())
                    .hasMessageContaining("SEC004");
                Files.copy(trusted.caPem(), trust, StandardCopyOption.REPLACE_EXISTING);
                Awaitility.await()
                    .atMost(Duration.ofSeconds(100))
                    .ignoreExceptions()
                    .until(() -> redis.tenant("acme").sync().ping().equals("PONG"));
                long first = redis.tenant("acme").sync().clientId();
                Files.copy(
                    trusted.client("second").keyPem(), key, StandardCopyOption.REPLACE_EXISTING);
                Files.copy(
                    trusted.client("second").certificatePem(),
                    certificate,
                    StandardCopyOption.REPLACE_EXISTING);
                Awaitility.await()
                    .atMost(Duration.ofSeconds(100))
                    .until(() -> redis.tenant("acme").sync().clientId() != first);
              });
    }
  }

  @Test
  void theSslBundlesTrustAndHostNameCheckHold() {
    TestCertificates certificates = TestCertificates.shared();
    for (TestCertificates.Identity presented :
        List.of(certificates.untrusted(), certificates.wrongHost())) {
      try (RedisServer own = TestTenants.builder("acme").tls(certificates, presented).start()) {
        empty
            .withPropertyValues(TestTenants.properties(own, "acme"))
            .withPropertyValues(
                "tenant-redis.url=rediss://" + own.host() + ":" + own.tlsPort(),
                "tenant-redis.connect-timeout=1m",
                "tenant-redis.command-timeout=1m",
                "tenant-redis.ssl.bundle=redis",
                "spring.ssl.bundle.pem.redis.truststore.certificate=" + certificates.caPem())
            .run(
                context ->
                    assertThatThrownBy(
                            () -> context.getBean(TenantRedis.class).tenant("acme").sync().ping())
                        .hasMessageContaining("SEC004"));
      }
    }
  }

  @Test
  void commandsAreObservedIfTheApplicationWantsIt() {
    for (boolean wanted : List.of(true, false)) {
      List<String> observed = new CopyOnWriteArrayList<>();
      ObservationRegistry registry = ObservationRegistry.create();
      registry
          .observationConfig()
          .observationHandler(
              new ObservationHandler<Observation.Context>() {
                @Override
                public void onStop(Observation.Context context) {
                  observed.add(context.getName());
                }

                @Override
                public boolean supportsContext(Observation.Context context) {
                  return true;
                }
              });
      runner()
          .withPropertyValues("tenant-redis.observations.enabled=" + wanted)
          .withBean(ObservationRegistry.class, () -> registry)
          .run(
              context -> {
                context.getBean(TenantRedis.class).tenant("acme").sync().ping();
                if (wanted) {
                  Awaitility.await().until(() -> !observed.isEmpty());
                } else {
                  assertThat(observed).isEmpty();
                }
              });
    }
  }

  @Test
  void whereNobodyMayAskByAclTheIdentityIsAskedByClientInfo() {
    try (RedisServer managed =
        RedisServer.builder()
            .adminUser("admin", "admin-secret")
            .user(
                "tenant_acme",
                "on",
                ">" + TestTenants.password("acme"),
                "~tenant:acme:*",
                "+@all",
                "-@admin",
                "-acl",
                "+client|info")
            .start()) {
      ApplicationContextRunner runner =
          empty.withPropertyValues(TestTenants.properties(managed, "acme"));
      runner
          .withPropertyValues("tenant-redis.identity-check=client-info")
          .run(
              context ->
                  assertThat(context.getBean(TenantRedis.class).tenant("acme").sync().ping())
                      .isEqualTo("PONG"));
      runner.run(
          context ->
              assertThatThrownBy(
                      () -> context.getBean(TenantRedis.class).tenant("acme").sync().ping())
                  .hasMessageContaining("SEC007"));
    }
  }

  @Test
  void limitsAndWithheldCommandsHold() {
    runner()
        .withPropertyValues(
            "tenant-redis.rate-limit.calls=2",
            "tenant-redis.rate-limit.period=1h",
            "tenant-redis.commands.withheld=DEL",
            "tenant-redis.commands.scripts=false")
        .run(
            context -> {
              RedisCommands<String, String> acme =
                  context.getBean(TenantRedis.class).tenant("acme").sync();
              assertThatThrownBy(() -> acme.del("k")).isInstanceOf(CommandRefusedException.class);
              assertThatThrownBy(() -> acme.eval("return 1", ScriptOutputType.INTEGER))
                  .isInstanceOf(CommandRefusedException.class);
              acme.ping();
              acme.ping();
              assertThatThrownBy(acme::ping).isInstanceOf(TenantLimitException.class);
            });
  }

  @Test
  void theConnectionDetailsReplaceTheUrl() {
    runner()
        .withPropertyValues("tenant-redis.url=redis://localhost:1")
        .withBean(
            TenantRedisConnectionDetails.class,
            () -> () -> "redis://" + server.host() + ":" + server.port())
        .run(
            context ->
                assertThat(context.getBean(TenantRedis.class).tenant("acme").sync().ping())
                    .isEqualTo("PONG"));
  }

  @Test
  void metersAreInTheApplicationsRegistryUnlessSwitchedOff() {
    runner()
        .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
        .run(
            context -> {
              context.getBean(TenantRedis.class).tenant("acme").sync().ping();
              assertThat(context.getBean(MeterRegistry.class).getMeters()).isNotEmpty();
            });
    runner()
        .withPropertyValues("tenant-redis.metrics.enabled=false")
        .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
        .run(
            context -> {
              context.getBean(TenantRedis.class).tenant("acme").sync().ping();
              assertThat(context.getBean(MeterRegistry.class).getMeters()).isEmpty();
            });
  }

  @Test
  void healthIsUpWithoutTenantsAndWhileTheServerAnswersOne() {
    runner()
        .run(
            context -> {
              HealthIndicator health =
                  context.getBean("redisHealthIndicator", HealthIndicator.class);
              assertThat(context.getBeansOfType(HealthIndicator.class)).hasSize(1);
              assertThat(health.health().getStatus()).isEqualTo(Status.UP);
              context.getBean(TenantRedis.class).tenant("acme").sync().ping();
              assertThat(health.health().getDetails()).containsEntry("tenantsInUse", 1);
            });
  }

  @Test
  void healthIsDownWhenTheServerIsGone() {
    RedisServer other = TestTenants.server("acme");
    empty
        .withPropertyValues(TestTenants.properties(other, "acme"))
        .withPropertyValues("tenant-redis.command-timeout=30s", "tenant-redis.connect-timeout=30s")
        .run(
            context -> {
              context.getBean(TenantRedis.class).tenant("acme").sync().ping();
              other.close();
              assertThat(
                      context
                          .getBean("redisHealthIndicator", HealthIndicator.class)
                          .health()
                          .getStatus())
                  .isEqualTo(Status.DOWN);
            });
  }

  @Test
  void theEndpointNamesAndEvictsTenantsWhereItIsExposed() {
    runner().run(context -> assertThat(context).doesNotHaveBean(TenantRedisEndpoint.class));
    runner()
        .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
        .withPropertyValues("management.endpoints.web.exposure.include=tenantredis")
        .run(
            context -> {
              TenantRedis redis = context.getBean(TenantRedis.class);
              long first = redis.tenant("acme").sync().clientId();
              assertThatThrownBy(() -> redis.tenant("acme").sync().flushall())
                  .isInstanceOf(CommandRefusedException.class);
              TenantRedisEndpoint endpoint = context.getBean(TenantRedisEndpoint.class);
              TenantRedisEndpoint.Client report = endpoint.tenants().clients().get("tenantRedis");
              assertThat(report.keyPrefix()).isEqualTo("tenant:{tenant}:");
              assertThat(report.tenantsInUse()).containsExactly("acme");
              assertThat(report.circuitBreakers())
                  .containsEntry("acme", "CLOSED")
                  .containsEntry("endpoint " + server.host() + ":" + server.port(), "CLOSED");
              assertThat(report.connections()).containsEntry("used", 1.0);
              assertThat(report.refusals()).containsEntry("acme", 1.0);
              endpoint.rotate("acme");
              Awaitility.await().until(() -> redis.tenant("acme").sync().clientId() != first);
              endpoint.evict("acme");
              assertThat(endpoint.tenants().clients().get("tenantRedis").tenantsInUse()).isEmpty();
            });
  }

  @Test
  void infoSaysHowTenantsAreKeptApart() {
    runner()
        .run(
            context -> {
              Info.Builder info = new Info.Builder();
              context.getBean(InfoContributor.class).contribute(info);
              assertThat(info.build().get("tenantRedis").toString())
                  .isEqualTo(
                      "{keyPrefix=tenant:{tenant}:, prefixMode=PREFIX, aclUsers=true, tenantsInUse=0}");
            });
    runner()
        .withPropertyValues("management.info.tenant-redis.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(InfoContributor.class));
  }

  @Test
  void severalClientsLiveInOneApplication() {
    try (RedisServer other = TestTenants.server("acme")) {
      runner()
          .withBean(
              "sessions",
              TenantRedis.class,
              () -> TestTenants.client(other),
              definition -> ((AbstractBeanDefinition) definition).setDefaultCandidate(false))
          .run(
              context -> {
                TenantRedis main = context.getBean("tenantRedis", TenantRedis.class);
                TenantRedis sessions = context.getBean("sessions", TenantRedis.class);
                main.tenant("acme").sync().set("which", "main");
                sessions.tenant("acme").sync().set("which", "sessions");
                assertThat(main.tenant("acme").sync().get("which")).isEqualTo("main");
                assertThat(other.admin().text("GET", "tenant:acme:which")).isEqualTo("sessions");
                StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
                assertThat(TenantContext.get(ACME, () -> template.opsForValue().get("which")))
                    .isEqualTo("main");
              });
    }
  }

  @Test
  void cacheAnnotationsWorkOnTheCurrentTenantsCache() {
    runner()
        .withPropertyValues("spring.cache.type=redis")
        .withUserConfiguration(Caching.class)
        .withBean(Prices.class)
        .run(
            context -> {
              assertThat(context).hasSingleBean(CacheManager.class);
              Prices prices = context.getBean(Prices.class);
              assertThat(TenantContext.get(ACME, () -> prices.of("sku"))).isEqualTo("1");
              assertThat(TenantContext.get(ACME, () -> prices.of("sku"))).isEqualTo("1");
              assertThat(TenantContext.get(GLOBEX, () -> prices.of("sku"))).isEqualTo("2");
              TenantContext.run(ACME, prices::changed);
              assertThat(TenantContext.get(ACME, () -> prices.of("sku"))).isEqualTo("3");
              assertThat(TenantContext.get(GLOBEX, () -> prices.of("sku"))).isEqualTo("2");
            });
  }

  @Configuration(proxyBeanMethods = false)
  static class PrimaryOfTenants {

    @Bean
    @Primary
    TenantRedisConnectionFactory tenants(TenantRedis redis, CurrentTenantResolver tenants) {
      return new TenantRedisConnectionFactory(redis, tenants);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class PrimaryOfTenantsBlockingOnly {

    @Bean
    @Primary
    RedisConnectionFactory tenants(TenantRedis redis, CurrentTenantResolver tenants) {
      return new TenantRedisConnectionFactory(redis, tenants);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class OrdinaryOfTenants {

    @Bean
    TenantRedisConnectionFactory tenants(TenantRedis redis, CurrentTenantResolver tenants) {
      return new TenantRedisConnectionFactory(redis, tenants);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class FallbackOfNobody {

    @Bean
    @Fallback
    LettuceConnectionFactory shared() {
      return new LettuceConnectionFactory();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class MadeByFactoryBean {

    @Bean
    static FactoryBean<RedisConnectionFactory> made() {
      return new AbstractFactoryBean<>() {
        @Override
        public Class<?> getObjectType() {
          return RedisConnectionFactory.class;
        }

        @Override
        protected RedisConnectionFactory createInstance() {
          return Mockito.mock(RedisConnectionFactory.class);
        }
      };
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableCaching
  static class Caching {}

  @CacheConfig(cacheNames = "prices")
  static class Prices {

    int computed;

    @Cacheable
    public String of(String sku) {
      return String.valueOf(++computed);
    }

    @CacheEvict(allEntries = true)
    public void changed() {
      // The annotation does the work.
    }
  }
}
