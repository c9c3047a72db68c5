package io.tenantredis.admin;

import static io.tenantredis.admin.ProvisionerTest.policy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisURI;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespErrorException;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Two provisioners at the same time, one of which does its work just before a certain command of
 * the other one reaches the server.
 */
class ProvisionersAtOnceTest {

  private RedisServer server;
  private WireProxy proxy;
  private TenantRedisAdmin slow;
  private TenantRedisAdmin quick;

  @BeforeEach
  void start() {
    server = RedisServer.builder().adminUser("root", "root password").start();
    proxy = WireProxy.to(server);
    RedisURI throughProxy = ProvisionerTest.adminUri(server);
    throughProxy.setPort(proxy.port());
    slow = TenantRedisAdmin.builder(throughProxy).connect();
    quick = ProvisionerTest.connect(server);
  }

  @AfterEach
  void stop() {
    slow.close();
    quick.close();
    proxy.close();
    server.close();
  }

  private void beforeTheSlowOnes(String command, int which, Runnable quickOnes) {
    AtomicInteger seen = new AtomicInteger();
    proxy
        .onCommands(
            sent -> {
              if (sent.fullName().equals(command) && seen.incrementAndGet() == which) {
                quickOnes.run();
              }
              return false;
            })
        .delayCommand(Duration.ZERO);
  }

  private void logIn(NewUser user) {
    server.connect("tenant_acme", new String(user.password().reveal())).close();
  }

  @Test
  void ofTwoCreatorsEachHasAPasswordThatWorks() {
    CompletableFuture<NewUser> other = new CompletableFuture<>();
    beforeTheSlowOnes(
        "ACL SETUSER",
        1,
        () -> other.complete(quick.provisioner().create(policy("acme", AclProfile.CACHE))));

    try (NewUser created = slow.provisioner().create(policy("acme", AclProfile.CACHE));
        NewUser before = other.join()) {
      created.report().requireComplete();
      before.report().requireComplete();
      logIn(created);
      logIn(before);
    }
  }

  @Test
  void creatorsInTwoThreadsEndWithWorkingPasswordsOrAnError() {
    CompletableFuture<NewUser> one = creation(slow);
    CompletableFuture<NewUser> two = creation(quick);
    int created = 0;
    for (CompletableFuture<NewUser> creation : List.of(one, two)) {
      try (NewUser user = creation.join()) {
        user.report().requireComplete();
        logIn(user);
        created++;
      } catch (CompletionException e) {
        assertThat(e).hasCauseInstanceOf(AdminException.class);
      }
    }
    assertThat(created).isPositive();
  }

  private static CompletableFuture<NewUser> creation(TenantRedisAdmin admin) {
    return CompletableFuture.supplyAsync(
        () -> admin.provisioner().create(policy("acme", AclProfile.CACHE)));
  }

  @Test
  void twoRotationsAddTwoPasswordsAndLoseNone() {
    NewUser created = quick.provisioner().create(policy("acme", AclProfile.CACHE));
    CompletableFuture<NewUser> other = new CompletableFuture<>();
    beforeTheSlowOnes(
        "ACL SETUSER", 1, () -> other.complete(quick.provisioner().rotate("tenant_acme")));

    try (NewUser rotated = slow.provisioner().rotate("tenant_acme")) {
      rotated.report().requireComplete();
      logIn(rotated);
      logIn(other.join());
      logIn(created);
    }
  }

  @Test
  void aRotationThatSomebodyElseFinishesIsFinishedAndShowsNoHash() {
    NewUser created = quick.provisioner().create(policy("acme", AclProfile.CACHE));
    NewUser rotated = quick.provisioner().rotate("tenant_acme");
    AclPassword keep = rotated.password().stored();
    beforeTheSlowOnes(
        "ACL SETUSER", 1, () -> quick.provisioner().finishRotation("tenant_acme", keep));

    ProvisioningReport report =
        slow.provisioner().finishRotation("tenant_acme", keep).requireComplete();

    assertThat(report.toJson()).doesNotContainPattern("[0-9a-f]{64}");
    logIn(rotated);
    assertThatThrownBy(() -> logIn(created)).isInstanceOf(RespErrorException.class);
  }

  @Test
  void aRefusalOfTheServerShowsNoHash() {
    NewUser created = quick.provisioner().create(policy("acme", AclProfile.CACHE));
    NewUser first = quick.provisioner().rotate("tenant_acme");
    NewUser second = quick.provisioner().rotate("tenant_acme");
    beforeTheSlowOnes(
        "ACL SETUSER",
        1,
        () ->
            server
                .admin()
                .command("ACL", "SETUSER", "tenant_acme", "!" + first.password().stored().hash()));

    ProvisioningReport report =
        slow.provisioner().finishRotation("tenant_acme", second.password().stored());

    assertThat(report.isComplete()).isFalse();
    assertThat(report.toJson()).contains("ACL SETUSER").doesNotContainPattern("[0-9a-f]{64}");
    logIn(created);
    slow.provisioner().finishRotation("tenant_acme", second.password().stored()).requireComplete();
  }

  @Test
  void whoseChangeIsReplacedBeforeItWasReadAgainIsTold() {
    quick.provisioner().create(policy("acme", AclProfile.CACHE)).close();
    beforeTheSlowOnes(
        "ACL GETUSER",
        2 + 1,
        () -> quick.provisioner().update(policy("acme", AclProfile.PUBSUB)).requireComplete());

    NodeResult result = slow.provisioner().update(policy("acme", AclProfile.QUEUE)).nodes().get(0);

    assertThat(result.status()).isEqualTo(NodeResult.Status.CONFLICT);
    assertThat(result.detail()).contains("changed meanwhile: commands beyond the policy");
    slow.provisioner().update(policy("acme", AclProfile.QUEUE)).requireComplete();
  }
}
