package io.tenantredis.spring.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisServer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.annotation.Id;
import org.springframework.data.redis.core.RedisHash;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.index.Indexed;
import org.springframework.data.redis.repository.configuration.EnableRedisRepositories;
import org.springframework.data.repository.CrudRepository;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/** Transactions, session callbacks and repositories on the factory. */
class TemplatesTest {

  static final TenantId ACME = TenantId.of("acme");
  static final TenantId GLOBEX = TenantId.of("globex");

  static RedisServer server;
  static TenantRedis redis;
  static TenantRedisConnectionFactory factory;

  final StringRedisTemplate template = new StringRedisTemplate(factory);

  @BeforeAll
  static void start() {
    server = TestTenants.server("acme", "globex");
    redis = TestTenants.client(server);
    factory = new TenantRedisConnectionFactory(redis, CurrentTenantResolver.context());
  }

  @AfterAll
  static void stop() {
    redis.close();
    server.close();
  }

  @BeforeEach
  void empty() {
    server.admin().command("FLUSHALL");
  }

  static TransactionTemplate transactions() {
    return new TransactionTemplate(
        new AbstractPlatformTransactionManager() {
          private static final long serialVersionUID = 1L;

          @Override
          protected Object doGetTransaction() {
            return new Object();
          }

          @Override
          protected void doBegin(Object transaction, TransactionDefinition definition) {}

          @Override
          protected void doCommit(DefaultTransactionStatus status) {}

          @Override
          protected void doRollback(DefaultTransactionStatus status) {}
        });
  }

  @Test
  void aTransactionalTemplateWritesWithTheTransactionAndNotAtAllWhenItIsRolledBack() {
    template.setEnableTransactionSupport(true);
    TenantContext.run(
        ACME,
        () -> {
          transactions()
              .executeWithoutResult(
                  status -> {
                    template.opsForValue().set("t", "1");
                    assertThat(server.admin().command("EXISTS", "tenant:acme:t")).hasToString("0");
                    assertThat(template.opsForValue().get("t")).isNull();
                  });
          assertThat(server.admin().text("GET", "tenant:acme:t")).isEqualTo("1");
          transactions()
              .executeWithoutResult(
                  status -> {
                    template.opsForValue().set("t", "2");
                    status.setRollbackOnly();
                  });
          assertThat(template.opsForValue().get("t")).isEqualTo("1");
        });
  }

  @Test
  void aTenantChangedInATransactionIsAnErrorAndWritesNothing() {
    template.setEnableTransactionSupport(true);
    assertThatThrownBy(
            () ->
                TenantContext.run(
                    ACME,
                    () ->
                        transactions()
                            .executeWithoutResult(
                                status -> {
                                  template.opsForValue().set("t", "a");
                                  TenantContext.run(
                                      GLOBEX, () -> template.opsForValue().set("t", "g"));
                                })))
        .isInstanceOf(InvalidDataAccessApiUsageException.class)
        .hasMessageContaining("'acme'")
        .hasMessageContaining("'globex'");
    assertThat(server.admin().command("KEYS", "*").toString()).isEqualTo("[]");
  }

  @Test
  void aTenantChangedInATransactionIsAnErrorForWhatOnlyReads() {
    TenantContext.run(GLOBEX, () -> template.opsForValue().set("t", "g"));
    template.setEnableTransactionSupport(true);
    TenantContext.run(
        ACME,
        () -> {
          transactions()
              .executeWithoutResult(
                  status -> {
                    template.opsForValue().set("t", "a");
                    for (RuntimeException refused :
                        List.of(
                            failureAsGlobex(() -> template.opsForValue().get("t")),
                            failureAsGlobex(() -> template.keys("*")),
                            failureAsGlobex(() -> factory.getConnection().close()))) {
                      assertThat(refused)
                          .isInstanceOf(InvalidDataAccessApiUsageException.class)
                          .hasMessageContaining("'acme'")
                          .hasMessageContaining("'globex'");
                    }
                    assertThat(template.opsForValue().get("t")).isNull();
                  });
          assertThat(template.opsForValue().get("t")).isEqualTo("a");
        });
    assertThat(TenantContext.get(GLOBEX, () -> template.opsForValue().get("t"))).isEqualTo("g");
  }

  @Test
  void aTenantChangedInATransactionThatOnlyReadsIsAnError() {
    template.setEnableTransactionSupport(true);
    TransactionTemplate reading = transactions();
    reading.setReadOnly(true);
    TenantContext.run(
        ACME,
        () ->
            reading.executeWithoutResult(
                status -> {
                  assertThat(template.opsForValue().get("t")).isNull();
                  assertThat(failureAsGlobex(() -> template.opsForValue().get("t")))
                      .isInstanceOf(InvalidDataAccessApiUsageException.class);
                }));
    assertThat(TenantContext.get(GLOBEX, () -> template.opsForValue().get("t"))).isNull();
  }

  @Test
  void aTransactionInWhichNoTemplateTakesPartMayServeSeveralTenants() {
    transactions()
        .executeWithoutResult(
            status ->
                TenantContext.forEachTenant(
                    List.of(ACME, GLOBEX),
                    tenant -> {
                      template.opsForValue().set("t", tenant.value());
                      assertThat(template.opsForValue().get("t")).isEqualTo(tenant.value());
                    }));
  }

  private static RuntimeException failureAsGlobex(Runnable work) {
    return catchThrowableOfType(RuntimeException.class, () -> TenantContext.run(GLOBEX, work));
  }

  @Test
  void aTenantChangedInASessionCallbackIsAnErrorAndReadsNothing() {
    TenantContext.run(ACME, () -> template.opsForValue().set("k", "of acme"));
    assertThatThrownBy(
            () ->
                TenantContext.get(
                    ACME,
                    () ->
                        template.execute(
                            new SessionCallback<Object>() {
                              @Override
                              @SuppressWarnings("unchecked")
                              public <K, V> Object execute(RedisOperations<K, V> operations) {
                                return TenantContext.get(
                                    GLOBEX, () -> operations.opsForValue().get("k"));
                              }
                            })))
        .isInstanceOf(InvalidDataAccessApiUsageException.class);
    assertThat(TenantContext.get(GLOBEX, () -> template.opsForValue().get("k"))).isNull();
  }

  @Test
  void aRepositoryHoldsTheEntitiesOfTheCurrentTenant() {
    try (AnnotationConfigApplicationContext context =
        new AnnotationConfigApplicationContext(Repositories.class)) {
      Carts carts = context.getBean(Carts.class);
      TenantContext.run(
          ACME,
          () -> {
            carts.save(new Cart("1", "alice"));
            carts.save(new Cart("2", "bob"));
          });
      TenantContext.run(GLOBEX, () -> carts.save(new Cart("1", "alice of globex")));
      assertThat(TenantContext.get(ACME, () -> carts.findById("1").orElseThrow().owner))
          .isEqualTo("alice");
      assertThat(TenantContext.get(ACME, () -> carts.findByOwner("bob")))
          .extracting(cart -> cart.id)
          .containsExactly("2");
      assertThat(TenantContext.get(GLOBEX, () -> carts.findByOwner("bob"))).isEmpty();
      TenantContext.run(ACME, carts::deleteAll);
      assertThat(TenantContext.get(ACME, carts::count)).isZero();
      assertThat(TenantContext.get(GLOBEX, carts::count)).isEqualTo(1);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableRedisRepositories(considerNestedRepositories = true)
  static class Repositories {

    @Bean
    TenantRedisConnectionFactory redisConnectionFactory() {
      return factory;
    }

    @Bean
    StringRedisTemplate redisTemplate() {
      return new StringRedisTemplate(factory);
    }
  }

  interface Carts extends CrudRepository<Cart, String> {

    List<Cart> findByOwner(String owner);
  }

  @RedisHash("carts")
  static class Cart {

    @Id String id;
    @Indexed String owner;

    Cart(String id, String owner) {
      this.id = id;
      this.owner = owner;
    }
  }
}
