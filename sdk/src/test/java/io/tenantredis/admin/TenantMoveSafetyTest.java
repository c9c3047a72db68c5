package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.InstanceOfAssertFactories.throwable;

import io.lettuce.core.RedisURI;
import io.tenantredis.TenantId;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespError;
import io.tenantredis.test.server.RespErrorException;
import io.tenantredis.test.server.SeenCommand;
import io.tenantredis.test.server.WireProxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a move does not do to a tenant, whoever is mistaken and whatever fails. */
class TenantMoveSafetyTest {

  private static final TenantId ACME = TenantId.of("acme");
  private static final String PASSWORD = "secret of acme";
  private static final Consumer<MoveReport> QUIET = report -> {};
  private static final int KEYS = 20;
  private static final AclPolicy POLICY =
      Tenancy.of("tenant:{tenant}:", "tenant_{tenant}")
          .policyOf(ACME)
          .profile(AclProfile.CACHE)
          .build();

  private static RedisServer here;
  private static RedisServer there;
  private static TenantRedisAdmin old;
  private static TenantRedisAdmin next;

  @BeforeAll
  static void startServers() {
    here = RedisServer.builder().adminUser("root", "root password").start();
    there = RedisServer.builder().adminUser("root", "root password").start();
    old = ProvisionerTest.connect(here);
    next = ProvisionerTest.connect(there);
  }

  @AfterAll
  static void stopServers() {
    old.close();
    next.close();
    here.close();
    there.close();
  }

  @BeforeEach
  void makeTenant() {
    provision(old);
    for (int i = 0; i < KEYS; i++) {
      here.admin().command("SET", "tenant:acme:" + i, "v" + i);
    }
  }

  @AfterEach
  void empty() {
    for (RedisServer server : List.of(here, there)) {
      server.admin().command("FLUSHALL");
      server.admin().command("ACL", "DELUSER", "tenant_acme");
    }
  }

  private static void provision(TenantRedisAdmin admin) {
    admin.provisioner().apply(POLICY, AclPassword.of(PASSWORD.toCharArray())).requireComplete();
  }

  private static TenantMove move() {
    return old.moveTo(next, POLICY);
  }

  /** The server notices a closed connection a moment later than the client. */
  private static void asTenant(RedisServer server, Consumer<RespConnection> work) {
    try (RespConnection tenant = server.connect("tenant_acme", PASSWORD)) {
      work.accept(tenant);
    }
    Awaitility.await()
        .until(() -> !server.admin().text("CLIENT", "LIST").contains(" user=tenant_acme "));
  }

  private static void assertMayWriteOn(RedisServer server) {
    asTenant(
        server, tenant -> assertThat(tenant.command("SET", "tenant:acme:0", "v0")).isEqualTo("OK"));
  }

  private static void assertMayOnlyReadOn(RedisServer server) {
    asTenant(
        server,
        tenant -> {
          assertThat(tenant.text("GET", "tenant:acme:0")).isEqualTo("v0");
          assertThat(tenant.tryCommand("SET", "tenant:acme:0", "v0")).isInstanceOf(RespError.class);
        });
  }

  private static void assertCannotLogInOn(RedisServer server) {
    assertThatExceptionOfType(RespErrorException.class)
        .isThrownBy(() -> server.connect("tenant_acme", PASSWORD).close())
        .withMessageContaining("WRONGPASS");
  }

  @Test
  void aTenantThatMayWriteOnTheOldServersIsNotFinished() {
    provision(next);
    for (boolean deleteData : List.of(true, false)) {
      assertThatExceptionOfType(AdminException.class)
          .isThrownBy(() -> move().finish(deleteData, QUIET))
          .withMessageContaining("may write there");
    }
    assertMayWriteOn(here);
    assertThat(here.admin().integer("DBSIZE")).isEqualTo(KEYS);
  }

  @Test
  void withTheServersExchangedNothingIsFinished() {
    move().cutOver(QUIET);
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> next.moveTo(old, POLICY).finish(true, QUIET))
        .withMessageContaining("may write there");
    assertMayWriteOn(there);
    assertThat(there.admin().integer("DBSIZE")).isEqualTo(KEYS);
    move().finish(true, QUIET);
    assertThat(here.admin().integer("DBSIZE")).isZero();
    assertCannotLogInOn(here);
  }

  @Test
  void anInterruptedFinishIsDoneAgainAndWithoutAUserNoKeyIsDeleted() {
    move().cutOver(QUIET);
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(
            () ->
                move()
                    .finish(
                        true,
                        report -> {
                          throw new IllegalStateException("interrupted");
                        }));
    assertCannotLogInOn(here);
    here.admin().command("SET", "tenant:acme:left", "over");
    assertThat(move().finish(true, QUIET).keys()).isEqualTo(1);
    assertThat(here.admin().list("ACL", "USERS")).doesNotContain("tenant_acme");
    here.admin().command("SET", "tenant:acme:whose", "?");
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> move().finish(true, QUIET))
        .withMessageContaining("no user tenant_acme");
    assertThat(here.admin().integer("DBSIZE")).isEqualTo(1);
  }

  @Test
  void aSuspendedTenantIsNotMoved() {
    old.provisioner().suspend("tenant_acme").requireComplete();
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> move().copy(QUIET))
        .withMessageContaining("switched off");
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> move().cutOver(QUIET))
        .withMessageContaining("switched off");
    assertThat(there.admin().list("ACL", "USERS")).doesNotContain("tenant_acme");
  }

  @Test
  void aTenantThatIsSuspendedInTheWindowIsNotLetInOnTheNewServers() {
    AtomicBoolean suspended = new AtomicBoolean();
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(
            () ->
                move()
                    .cutOver(
                        report -> {
                          if (!suspended.getAndSet(true)) {
                            old.provisioner().suspend("tenant_acme").requireComplete();
                          }
                        }))
        .withMessageContaining("switched off");
    assertCannotLogInOn(there);
    assertCannotLogInOn(here);
    old.provisioner().resume("tenant_acme").requireComplete();
    assertMayWriteOn(here);
  }

  @Test
  void aPasswordThatIsTakenAwayInTheWindowLetsNobodyInOnTheNewServers() {
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(
            () ->
                move()
                    .cutOver(
                        report ->
                            here.admin()
                                .command(
                                    "ACL", "SETUSER", "tenant_acme", "resetpass", ">another one")))
        .withMessageContaining("passwords");
    assertCannotLogInOn(there);
  }

  @Test
  void whoeverGivesTheRightToWriteBackInTheWindowEndsTheMove() {
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(
            () -> move().cutOver(report -> old.provisioner().update(POLICY).requireComplete()))
        .withMessageContaining("may write there");
    assertCannotLogInOn(there);
    assertMayWriteOn(here);
  }

  /** The new server, as the administrator sees it, behind something that can break. */
  private static TenantRedisAdmin through(WireProxy proxy) {
    return TenantRedisAdmin.builder(
            RedisURI.builder()
                .withHost(proxy.host())
                .withPort(proxy.port())
                .withAuthentication("root", "root password".toCharArray())
                .build())
        .connect();
  }

  @Test
  void aNewServerThatIsLostInTheWindowLeavesTheTenantWritingWhereItWas() {
    try (WireProxy proxy = WireProxy.to(there);
        TenantRedisAdmin breaking = through(proxy)) {
      TenantMove move = old.moveTo(breaking, POLICY);
      move.copy(QUIET);
      assertThatExceptionOfType(AdminException.class)
          .isThrownBy(
              () ->
                  move.cutOver(
                      report -> {
                        proxy.refuseConnections();
                        proxy.resetConnections();
                      }))
          .satisfies(failure -> assertThat(failure.getSuppressed()).isEmpty());
      assertMayWriteOn(here);
      assertCannotLogInOn(there);
      proxy.heal();
      // A lost connection may be noticed only when it is used.
      Awaitility.await().ignoreExceptions().untilAsserted(() -> move.cutOver(QUIET));
    }
    assertMayWriteOn(there);
  }

  private static boolean letsIn(SeenCommand command) {
    return command.fullName().equals("ACL SETUSER")
        && command.args().get(command.args().size() - 1).equals("on");
  }

  @Test
  void aNewServerThatMayHaveLetTheUserInLeavesTheTenantReadingUntilThatIsKnown() {
    try (WireProxy proxy = WireProxy.to(there);
        TenantRedisAdmin breaking = through(proxy)) {
      TenantMove move = old.moveTo(breaking, POLICY);
      move.copy(QUIET);
      proxy.refuseConnections();
      proxy.onCommands(TenantMoveSafetyTest::letsIn).once().resetAfterForwarding();
      assertThatExceptionOfType(AdminException.class)
          .isThrownBy(() -> move.cutOver(QUIET))
          .satisfies(
              failure ->
                  assertThat(failure.getSuppressed())
                      .singleElement()
                      .asInstanceOf(throwable(AdminException.class))
                      .hasMessageContaining("can only read on the old servers")
                      .hasMessageContaining("abort"));
      assertMayOnlyReadOn(here);
      assertMayWriteOn(there);
      assertThatExceptionOfType(AdminException.class)
          .isThrownBy(move::abort)
          .withMessageContaining("could write on both");
      assertMayOnlyReadOn(here);
      proxy.heal();
      Awaitility.await().ignoreExceptions().untilAsserted(move::abort);
    }
    assertMayWriteOn(here);
    assertCannotLogInOn(there);
  }

  @Test
  void aThreadThatIsInterruptedInTheWindowGivesTheTenantItsRightsBack() {
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> move().cutOver(report -> Thread.currentThread().interrupt()));
    assertThat(Thread.interrupted()).isTrue();
    assertMayWriteOn(here);
    assertCannotLogInOn(there);
  }

  @Test
  void anErrorInTheWindowGivesTheTenantItsRightsBack() {
    assertThatExceptionOfType(StackOverflowError.class)
        .isThrownBy(
            () ->
                move()
                    .cutOver(
                        report -> {
                          throw new StackOverflowError("of the caller");
                        }));
    assertMayWriteOn(here);
  }

  @Test
  void whatWasWrittenOnTheNewServersIsNotLostByAnAbort() {
    move().cutOver(QUIET);
    assertAbortRefusedAfter("SET", "tenant:acme:1", "changed");
    there.admin().command("SET", "tenant:acme:1", "v1");
    assertAbortRefusedAfter("SET", "tenant:acme:new", "1");
    there.admin().command("DEL", "tenant:acme:new");
    assertAbortRefusedAfter("DEL", "tenant:acme:1");
    there.admin().command("SET", "tenant:acme:1", "v1");
    move().abort();
    assertMayWriteOn(here);
    assertCannotLogInOn(there);
  }

  private static void assertAbortRefusedAfter(String... command) {
    there.admin().command(command);
    assertThatExceptionOfType(AdminException.class)
        .isThrownBy(() -> move().abort())
        .withMessageContaining("1 key");
    assertMayOnlyReadOn(here);
    assertMayWriteOn(there);
  }

  @Test
  void withoutACutOverAnAbortTakesNobodyItsLogin() {
    provision(next);
    for (TenantMove move : List.of(move(), next.moveTo(old, POLICY))) {
      assertThatExceptionOfType(AdminException.class)
          .isThrownBy(move::abort)
          .withMessageContaining("no cut over to take back");
    }
    assertMayWriteOn(here);
    assertMayWriteOn(there);
  }

  @Test
  void whatIsDiscardedIsGivenUpWhateverBecameOfIt() {
    move().cutOver(QUIET);
    there.admin().command("SET", "tenant:acme:1", "changed");
    try (RespConnection tenant = there.connect("tenant_acme", PASSWORD)) {
      tenant.command("PING");
      assertThatExceptionOfType(AdminException.class)
          .isThrownBy(() -> move().abortAndDiscard())
          .withMessageContaining("applications use the new servers");
    }
    Awaitility.await()
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(move().abortAndDiscard().isComplete()).isTrue());
    assertMayWriteOn(here);
    assertCannotLogInOn(there);
  }

  @Test
  void aNewServerThatIsLostIsDiscardedAndThatItMayStillLetTheUserInIsSaid() {
    try (WireProxy proxy = WireProxy.to(there);
        TenantRedisAdmin breaking = through(proxy)) {
      TenantMove move = old.moveTo(breaking, POLICY);
      move.cutOver(QUIET);
      proxy.refuseConnections();
      proxy.resetConnections();
      assertThatExceptionOfType(AdminException.class).isThrownBy(move::abort);
      assertMayOnlyReadOn(here);
      assertThat(move.abortAndDiscard().isComplete()).isFalse();
    }
    assertMayWriteOn(here);
  }
}
