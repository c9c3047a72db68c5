package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisURI;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.TenantId;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespError;
import io.tenantredis.test.server.RespErrorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProvisionerTest {

  private static final KeyPrefixTemplate TEMPLATE = KeyPrefixTemplate.of("tenant:{tenant}:");

  private RedisServer server;
  private TenantRedisAdmin admin;
  private Provisioner provisioner;

  @BeforeEach
  void start() {
    server = RedisServer.builder().adminUser("root", "root password").start();
    admin = connect(server);
    provisioner = admin.provisioner();
  }

  @AfterEach
  void stop() {
    admin.close();
    server.close();
  }

  static TenantRedisAdmin connect(RedisServer server) {
    return TenantRedisAdmin.builder(adminUri(server)).connect();
  }

  static RedisURI adminUri(RedisServer server) {
    return RedisURI.builder()
        .withHost(server.host())
        .withPort(server.port())
        .withAuthentication("root", "root password".toCharArray())
        .build();
  }

  static AclPolicy policy(String tenant, AclProfile... profiles) {
    TenantId id = TenantId.of(tenant);
    AclPolicy.Builder policy = AclPolicy.forTenant(id, TEMPLATE.prefixOf(id));
    List.of(profiles).forEach(policy::profile);
    return policy.build();
  }

  @Test
  void createMakesAUserWhoseNewPasswordWorks() {
    try (NewUser created = provisioner.create(policy("acme", AclProfile.CACHE))) {
      created.report().requireComplete();
      try (RespConnection acme = logIn("acme", created.password())) {
        assertThat(acme.command("SET", "tenant:acme:a", "1")).isEqualTo("OK");
        assertThat(acme.tryCommand("GET", "tenant:other:a")).isInstanceOf(RespError.class);
      }
    }
  }

  @Test
  void createRefusesAUserThatExists() {
    provisioner.create(policy("acme", AclProfile.CACHE)).close();

    assertThatThrownBy(() -> provisioner.create(policy("acme", AclProfile.CACHE)))
        .isInstanceOf(AdminException.class)
        .hasMessageContaining("tenant_acme already");
  }

  @Test
  void aPasswordIsInNoTextAndGoneAfterClose() {
    NewUser created = provisioner.create(policy("acme", AclProfile.CACHE));
    String password = new String(created.password().reveal());

    assertThat(password).hasSize(43);
    assertThat(created.toString() + created.report().toJson() + created.password().stored())
        .doesNotContain(password)
        .doesNotContain(created.password().stored().hash());
    created.close();
    assertThatThrownBy(() -> created.password().reveal()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void applyMakesTheUserExactlyWhatThePolicySaysAndRepeatingItChangesNothing() {
    AclPolicy policy = policy("acme", AclProfile.CACHE);
    AclPassword password = AclPassword.of("one".toCharArray());
    server
        .admin()
        .command("ACL", "SETUSER", "tenant_acme", "on", ">old", "~*", "&*", "+@all", "(+get ~x)");

    ProvisioningReport first = provisioner.apply(policy, password);
    assertThat(first.nodes())
        .extracting(NodeResult::status)
        .containsOnly(NodeResult.Status.CHANGED);
    assertThat(first.nodes().get(0).detail()).contains("commands beyond the policy");
    assertThat(provisioner.apply(policy, password).nodes())
        .extracting(NodeResult::status)
        .containsOnly(NodeResult.Status.UNCHANGED);
    assertThat(provisioner.drift(List.of(policy), name -> name.startsWith("tenant_"))).isEmpty();
    assertThatThrownBy(() -> server.connect("tenant_acme", "old"))
        .isInstanceOf(RespErrorException.class);
    server.connect("tenant_acme", "one").close();
  }

  @Test
  void updateReplacesPermissionsAndKeepsPasswordsStateAndConnections() {
    try (NewUser created = provisioner.create(policy("acme", AclProfile.CACHE));
        RespConnection acme = logIn("acme", created.password())) {
      provisioner.update(policy("acme", AclProfile.QUEUE)).requireComplete();

      assertThat(acme.tryCommand("SET", "tenant:acme:a", "1")).isInstanceOf(RespError.class);
      assertThat(acme.integer("LPUSH", "tenant:acme:q", "1")).isEqualTo(1);
      logIn("acme", created.password()).close();
      provisioner.suspend("tenant_acme").requireComplete();
      provisioner.update(policy("acme", AclProfile.CACHE)).requireComplete();
      assertThatThrownBy(() -> logIn("acme", created.password()))
          .isInstanceOf(RespErrorException.class);
    }
  }

  @Test
  void updateTakesAwayTheRightToLogInWithoutAPassword() {
    server.admin().command("ACL", "SETUSER", "tenant_acme", "on", "nopass", "~*", "+@all");

    provisioner.update(policy("acme", AclProfile.CACHE)).requireComplete();

    assertThatThrownBy(() -> server.connect("tenant_acme", "anything"))
        .isInstanceOf(RespErrorException.class);
  }

  @Test
  void updateOfAUserThatDoesNotExistFails() {
    assertThat(provisioner.update(policy("acme", AclProfile.CACHE)).isComplete()).isFalse();
    assertThatThrownBy(() -> provisioner.update(policy("acme", AclProfile.CACHE)).requireComplete())
        .isInstanceOf(AdminException.class)
        .hasMessageContaining("has no user tenant_acme");
  }

  @Test
  void duringARotationBothPasswordsWorkAndAfterwardsOnlyTheNewOne() {
    try (NewUser created = provisioner.create(policy("acme", AclProfile.CACHE));
        NewUser rotated = provisioner.rotate("tenant_acme")) {
      rotated.report().requireComplete();
      RespConnection before = logIn("acme", created.password());
      logIn("acme", rotated.password()).close();

      provisioner.finishRotation("tenant_acme", rotated.password().stored()).requireComplete();

      assertThatThrownBy(() -> logIn("acme", created.password()))
          .isInstanceOf(RespErrorException.class);
      logIn("acme", rotated.password()).close();
      assertThat(before.command("PING")).as("a connection made before stays").isEqualTo("PONG");
      before.close();
      assertThat(
              provisioner
                  .finishRotation("tenant_acme", rotated.password().stored())
                  .nodes()
                  .get(0)
                  .status())
          .isEqualTo(NodeResult.Status.UNCHANGED);
    }
  }

  @Test
  void finishingARotationWithAPasswordTheUserLacksRemovesNone() {
    try (NewUser created = provisioner.create(policy("acme", AclProfile.CACHE))) {
      AclPassword other = AclPassword.of("other".toCharArray());

      assertThat(provisioner.finishRotation("tenant_acme", other).isComplete()).isFalse();
      logIn("acme", created.password()).close();
    }
  }

  @Test
  void aSuspendedUserHasNoConnectionAndGetsNoneUntilItIsResumed() {
    try (NewUser created = provisioner.create(policy("acme", AclProfile.CACHE));
        RespConnection acme = logIn("acme", created.password())) {
      ProvisioningReport report = provisioner.suspend("tenant_acme").requireComplete();

      assertThat(report.nodes().get(0).detail()).contains("1 connections ended");
      assertThatThrownBy(() -> acme.command("PING")).isInstanceOf(RuntimeException.class);
      assertThatThrownBy(() -> logIn("acme", created.password()))
          .isInstanceOf(RespErrorException.class);
      provisioner.suspend("tenant_acme").requireComplete();
      provisioner.resume("tenant_acme").requireComplete();
      logIn("acme", created.password()).close();
    }
  }

  @Test
  void aRevokedUserIsGoneWithItsConnectionsAndRevokingAgainIsFine() {
    try (NewUser created = provisioner.create(policy("acme", AclProfile.CACHE));
        RespConnection acme = logIn("acme", created.password())) {
      provisioner.revoke("tenant_acme").requireComplete();

      assertThatThrownBy(() -> acme.command("PING")).isInstanceOf(RuntimeException.class);
      assertThat(provisioner.list(name -> true))
          .extracting(UserSummary::name)
          .doesNotContain("tenant_acme");
      assertThat(provisioner.revoke("tenant_acme").nodes())
          .extracting(NodeResult::status)
          .containsOnly(NodeResult.Status.UNCHANGED);
    }
  }

  @Test
  void theDefaultUserAndTheAdministratorsOwnAreRefused() {
    for (String user : List.of("default", "root")) {
      assertThatIllegalArgumentException().isThrownBy(() -> provisioner.revoke(user));
      assertThatIllegalArgumentException().isThrownBy(() -> provisioner.suspend(user));
    }
  }

  @Test
  void listShowsWhatEachUserHas() {
    provisioner.create(policy("acme", AclProfile.CACHE)).close();
    server.admin().command("ACL", "SETUSER", "tenant_b", "nopass", "%R~x", "(+get ~y)");

    assertThat(provisioner.list(name -> name.startsWith("tenant_")))
        .satisfiesExactly(
            acme -> {
              assertThat(acme.name()).isEqualTo("tenant_acme");
              assertThat(acme.on()).isTrue();
              assertThat(acme.passwords()).isEqualTo(1);
              assertThat(acme.keys()).containsExactly("~tenant:acme:*");
              assertThat(acme.commands()).isGreaterThan(30);
            },
            b -> {
              assertThat(b.on()).isFalse();
              assertThat(b.passwords()).isEqualTo(-1);
              assertThat(b.keys()).containsExactly("%R~x");
              assertThat(b.selectors()).isEqualTo(1);
            });
  }

  @Test
  void driftNamesEachDifference() {
    AclPolicy acme = policy("acme", AclProfile.CACHE);
    AclPolicy missing = policy("missing", AclProfile.CACHE);
    provisioner.create(acme).close();
    server
        .admin()
        .command("ACL", "SETUSER", "tenant_acme", "+flushall", "-get", "~other:*", "&x", ">second");
    server.admin().command("ACL", "SETUSER", "tenant_acme", "(+set ~y)");
    server.admin().command("ACL", "SETUSER", "tenant_stranger", "on");

    List<UserDrift> drifts =
        provisioner.drift(List.of(acme, missing), name -> name.startsWith("tenant_"));

    assertThat(drifts)
        .extracting(UserDrift::user)
        .containsExactly("tenant_acme", "tenant_missing", "tenant_stranger");
    assertThat(drifts.get(0).differences())
        .contains(
            "commands beyond the policy: flushall",
            "commands of the policy missing: get",
            "keys beyond the policy: ~other:*",
            "channels beyond the policy: &x",
            "has 1 selectors, the policy 0",
            "has 2 passwords: a rotation was not finished");
  }

  @Test
  void aUserIsMadeOnTheReplicasTooAndAFailedOneIsNamed() {
    try (RedisServer replica = replicaOf(server)) {
      await().until(() -> admin.nodes().size() == 2);
      AclPolicy policy = policy("acme", AclProfile.CACHE);
      AclPassword password = AclPassword.of("one".toCharArray());

      assertThat(provisioner.apply(policy, password).requireComplete().nodes()).hasSize(2);
      replica.connect("tenant_acme", "one").close();
      assertThat(connectTo(replica)).hasSize(2);

      replica.admin().command("ACL", "DELUSER", "tenant_acme");
      assertThat(provisioner.drift(List.of(policy), name -> false))
          .extracting(UserDrift::node)
          .containsExactly("127.0.0.1:" + replica.port());
      replica.freeze();
      try (TenantRedisAdmin hasty =
          TenantRedisAdmin.builder(adminUri(server))
              .timeout(java.time.Duration.ofSeconds(3))
              .connect()) {
        ProvisioningReport report = hasty.provisioner().apply(policy, password);
        assertThat(report.isComplete()).isFalse();
        assertThat(report.nodes())
            .filteredOn(node -> !node.isDone())
            .extracting(NodeResult::node)
            .containsExactly("127.0.0.1:" + replica.port());
      }
      replica.thaw();
      provisioner.apply(policy, password).requireComplete();
    }
  }

  private static List<String> connectTo(RedisServer replica) {
    try (TenantRedisAdmin fromReplica = connect(replica)) {
      return fromReplica.nodes();
    }
  }

  static RedisServer replicaOf(RedisServer primary) {
    return RedisServer.builder()
        .adminUser("root", "root password")
        .setting("replicaof", primary.host(), Integer.toString(primary.port()))
        .setting("masteruser", "root")
        .setting("masterauth", "root password")
        .start();
  }

  @Test
  void saveAclLetsTheServerStoreItsUsers() throws Exception {
    try (TenantRedisAdmin saving =
        TenantRedisAdmin.builder(adminUri(server)).saveAcl(true).connect()) {
      saving.provisioner().create(policy("acme", AclProfile.CACHE)).close();
    }

    assertThat(Files.readString(server.directory().resolve("users.acl"))).contains("tenant_acme");
    server.restart();
    assertThat(server.admin().list("ACL", "USERS")).contains("tenant_acme");
  }

  @Test
  void whatCouldNotBeSavedIsNotDoneAndIsSavedByTheNextTry() throws Exception {
    Path file = server.directory().resolve("users.acl");
    try (TenantRedisAdmin saving =
        TenantRedisAdmin.builder(adminUri(server)).saveAcl(true).connect()) {
      Provisioner saver = saving.provisioner();
      saver.create(policy("acme", AclProfile.CACHE)).close();
      Path kept = Files.move(file, server.directory().resolve("kept.acl"));
      Files.createDirectory(file);

      NodeResult failed = saver.revoke("tenant_acme").nodes().get(0);
      assertThat(failed.status()).isEqualTo(NodeResult.Status.FAILED);
      assertThat(failed.detail()).contains("not saved");

      Files.delete(file);
      Files.move(kept, file);
      assertThat(saver.revoke("tenant_acme").nodes().get(0).detail())
          .isEqualTo("there is no such user, saved");
    }
    server.restart();
    assertThat(server.admin().list("ACL", "USERS")).doesNotContain("tenant_acme");
  }

  @Test
  void wrongCredentialsAndUnreachableServersFailWithTheAddress() {
    RedisURI wrong =
        RedisURI.builder(adminUri(server))
            .withAuthentication("root", "wrong".toCharArray())
            .build();
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> TenantRedisAdmin.builder(wrong).connect())
        .withMessageContaining("127.0.0.1:" + server.port())
        .withMessageContaining("WRONGPASS")
        .withMessageNotContaining("wrong ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TenantRedisAdmin.connect("redis-sentinel://localhost:26379#primary"));
  }

  private RespConnection logIn(String tenant, NewPassword password) {
    return server.connect("tenant_" + tenant, new String(password.reveal()));
  }
}
