package io.tenantredis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ScriptOutputType;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What docs/managed-services.md says of each command that managed services take away, on servers
 * from which it was taken away: by {@code rename-command}, where the server no longer knows it, or
 * by the tenant's ACL.
 */
class ManagedServicesTest {

  private static final String[] DATA = {"+@read", "+@write", "+@transaction", "+@pubsub", "+ping"};

  private static RedisServer.Builder server(String... more) {
    RedisServer.Builder builder = RedisServer.builder().adminUser("admin", "admin-secret");
    for (String tenant : List.of("acme", "globex")) {
      builder.user("tenant_" + tenant, rules(tenant, more));
    }
    return builder;
  }

  private static String[] rules(String tenant, String... more) {
    String[] rules = new String[4 + DATA.length + more.length];
    rules[0] = "on";
    rules[1] = ">" + Tenants.password(tenant);
    rules[2] = "~tenant:" + tenant + ":*";
    rules[3] = "&tenant:" + tenant + ":*";
    System.arraycopy(DATA, 0, rules, 4, DATA.length);
    System.arraycopy(more, 0, rules, 4 + DATA.length, more.length);
    return rules;
  }

  /** A server that does not know a command, with users who may run these besides data commands. */
  private static RedisServer without(String command, String... more) {
    return server(more).setting("rename-command", command, "").start();
  }

  private static TenantRedis.Builder client(RedisServer server) {
    return Tenants.client(server).maxAttempts(1);
  }

  /** Everything that is not a single data command: each part has commands of its own. */
  private static void assertEverythingWorks(TenantRedis redis) {
    TenantClient<String, String> acme = redis.tenant("acme");
    acme.sync().set("k", "v");
    assertThat(acme.sync().get("k")).isEqualTo("v");
    assertThat(acme.keys().count()).isEqualTo(1);
    acme.<Object>dedicated(
        connection -> {
          connection.sync().watch("k");
          connection.sync().multi();
          connection.sync().append("k", "w");
          return connection.sync().exec();
        });
    assertThat(acme.sync().get("k")).isEqualTo("vw");
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    TenantSubscription news =
        acme.pubSub().subscribe("news", message -> heard.add(message.payload()));
    await().until(() -> news.state() == SubscriptionState.SUBSCRIBED);
    acme.pubSub().publish("news", "hello");
    await().until(() -> "hello".equals(heard.poll(1, TimeUnit.SECONDS)));
    assertThat(acme.keys().deleteAll()).isEqualTo(1);
  }

  @Test
  void nothingOfTheClientNeedsConfig() {
    try (RedisServer server = without("CONFIG", "+acl|whoami");
        TenantRedis redis = client(server).build()) {
      assertEverythingWorks(redis);
    }
  }

  @Test
  void nothingOfTheClientNeedsClient() {
    try (RedisServer server = without("CLIENT", "+acl|whoami");
        TenantRedis redis = client(server).build()) {
      assertEverythingWorks(redis);
    }
  }

  @Test
  void aTenantThatMayNotNameItsConnectionsLeavesNothingInTheAclLog() {
    try (RedisServer server = server("+acl|whoami").start();
        TenantRedis redis = client(server).build()) {
      assertEverythingWorks(redis);
      assertThat(server.admin().command("ACL", "LOG")).isEqualTo(List.of());
    }
  }

  @Test
  void aClientWithANameConnectsWhereItMayNotNameItself() {
    try (RedisServer server = server("+acl|whoami", "-client").start();
        TenantRedis redis = client(server).clientName("orders").build()) {
      assertEverythingWorks(redis);
    }
  }

  @Test
  void aClientWithANameConnectsWhereNobodyKnowsClient() {
    try (RedisServer server = without("CLIENT", "+acl|whoami");
        TenantRedis redis = client(server).clientName("orders").build()) {
      assertEverythingWorks(redis);
    }
  }

  @Test
  void aClientWithANameConnectsInTheOldProtocolWhereItMayNotNameItself() {
    try (RedisServer server = without("HELLO", "+acl|whoami", "-client");
        TenantRedis redis = client(server).clientName("orders").build()) {
      assertEverythingWorks(redis);
    }
  }

  @Test
  void aServerWithoutHelloIsSpokenToInItsOldProtocol() {
    try (RedisServer server = without("HELLO", "+acl|whoami");
        TenantRedis redis = client(server).build()) {
      assertEverythingWorks(redis);
    }
  }

  @Test
  void aServerWithoutHelloIsAskedForItsIdentityAllTheSame() {
    try (RedisServer server = without("HELLO", "+acl|whoami");
        TenantRedis redis =
            client(server)
                .credentials(loggedInAs("tenant_globex", Tenants.password("globex")))
                .build()) {
      assertRefused(redis, ErrorCode.SEC006, "tenant_globex");
    }
  }

  @Test
  void scriptsThatTheServerDoesNotKnowFailTypedAndTheConnectionStays() {
    try (RedisServer server = without("EVAL", "+acl|whoami");
        WireProxy proxy = WireProxy.to(server);
        TenantRedis redis = throughProxy(proxy).build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      assertThatThrownBy(
              () -> acme.sync().eval("return 1", ScriptOutputType.INTEGER, new String[] {"k"}))
          .isInstanceOfSatisfying(
              TenantCommandException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TR001));
      assertThat(acme.sync().set("k", "v")).isEqualTo("OK");
      assertThat(proxy.connectionsAccepted()).isEqualTo(1);
    }
  }

  @Test
  void withoutScanKeysCannotBeWalkedAndTheErrorSaysSo() {
    try (RedisServer server = server("+acl|whoami", "-scan").start();
        TenantRedis redis = client(server).build()) {
      assertThatThrownBy(() -> redis.tenant("acme").keys().count())
          .isInstanceOf(TenantPermissionDeniedException.class)
          .hasMessageContaining("scan");
    }
  }

  @Test
  void aSelectThatTheServerDoesNotKnowIsNeverSentForTheFirstDatabase() {
    try (RedisServer server = without("SELECT", "+acl|whoami");
        TenantRedis redis = client(server).build()) {
      assertEverythingWorks(redis);
    }
  }

  @Test
  void whoamiThatNobodyKnowsFailsClosedAndTheErrorNamesTheOtherWay() {
    try (RedisServer server = without("ACL");
        TenantRedis redis = client(server).build()) {
      assertRefused(redis, ErrorCode.SEC007, "identityCheck(CLIENT_INFO)");
      assertNothingWasWritten(server);
    }
  }

  @Test
  void whoamiThatTheTenantMayNotRunFailsClosedAndTheErrorSaysWhatToGrant() {
    try (RedisServer server = server("+client|info").start();
        TenantRedis redis = client(server).build()) {
      assertRefused(redis, ErrorCode.SEC007, "ACL SETUSER tenant_acme +acl|whoami");
      assertNothingWasWritten(server);
    }
  }

  @Test
  void clientInfoVerifiesWhereTheServerDoesNotKnowAcl() {
    try (RedisServer server = without("ACL", "+client|info");
        TenantRedis redis = client(server).identityCheck(IdentityCheck.CLIENT_INFO).build()) {
      assertEverythingWorks(redis);
    }
  }

  @Test
  void clientInfoVerifiesInTheOldProtocolToo() {
    try (RedisServer server =
            server("+client|info")
                .setting("rename-command", "ACL", "")
                .setting("rename-command", "HELLO", "")
                .start();
        TenantRedis redis = client(server).identityCheck(IdentityCheck.CLIENT_INFO).build()) {
      assertEverythingWorks(redis);
    }
  }

  @Test
  void clientInfoFindsAnotherTenantsUser() {
    try (RedisServer server = server("+client|info").start();
        TenantRedis redis =
            client(server)
                .identityCheck(IdentityCheck.CLIENT_INFO)
                .credentials(loggedInAs("tenant_globex", Tenants.password("globex")))
                .build()) {
      assertRefused(redis, ErrorCode.SEC006, "'tenant_globex'");
      assertNothingWasWritten(server);
    }
  }

  @Test
  void clientInfoFindsTheSilentDefaultUser() {
    try (RedisServer server =
            server().user("default", "on", "nopass", "~*", "&*", "+@all").start();
        TenantRedis redis =
            client(server)
                .identityCheck(IdentityCheck.CLIENT_INFO)
                .credentials(loggedInAs("tenant_acme", ""))
                .build()) {
      assertRefused(redis, ErrorCode.SEC006, "'default'");
      assertNothingWasWritten(server);
    }
  }

  @Test
  void clientInfoThatTheTenantMayNotRunFailsClosedAndTheErrorSaysWhatToGrant() {
    try (RedisServer server = server("+acl|whoami").start();
        TenantRedis redis = client(server).identityCheck(IdentityCheck.CLIENT_INFO).build()) {
      assertRefused(redis, ErrorCode.SEC007, "ACL SETUSER tenant_acme +client|info");
      assertNothingWasWritten(server);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "OK",
        "id=7 name= db=0",
        "id=7 name=user=tenant_acme",
        "id=7 user= name=",
        "id=7 USER=tenant_acme",
        "id=7 user=tenant_acme2 db=0",
        "id=7 name=x user=tenant_acme user=default",
        "id=7 user=default lib-name=x user=tenant_acme"
      })
  void anAnswerOfClientInfoThatNamesNobodyOrSomebodyElseIsAnotherIdentity(String answer) {
    try (RedisServer server = server("+client|info").start();
        WireProxy proxy = WireProxy.to(server);
        TenantRedis redis = throughProxy(proxy).identityCheck(IdentityCheck.CLIENT_INFO).build()) {
      String line = answer + "\n";
      proxy
          .onCommand("CLIENT INFO")
          .always()
          .replaceReply(("$" + line.length() + "\r\n" + line + "\r\n").getBytes(US_ASCII));
      assertRefused(redis, ErrorCode.SEC006, "'tenant_acme' is expected");
      assertThat(proxy.commandsSeen("SET")).isZero();
    }
  }

  @Test
  void clientInfoAlsoVerifiesALiveConnectionAgain() {
    try (RedisServer server = server("+client|info").start();
        WireProxy proxy = WireProxy.to(server);
        TenantRedis redis =
            throughProxy(proxy)
                .identityCheck(IdentityCheck.CLIENT_INFO)
                .connections(
                    ConnectionOptions.builder().reverifyInterval(Duration.ofMillis(100)).build())
                .build()) {
      redis.tenant("acme").sync().set("k", "v");
      await().until(() -> proxy.commandsSeen("CLIENT INFO") >= 4);
      assertThat(redis.tenant("acme").sync().get("k")).isEqualTo("v");
      assertThat(proxy.commandsSeen("ACL WHOAMI")).isZero();
      server.admin().command("ACL", "SETUSER", "tenant_acme", "-client|info");
      await()
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
                      .isInstanceOfSatisfying(
                          TenantIdentityException.class,
                          failure -> assertThat(failure.code()).isEqualTo(ErrorCode.SEC007)));
    }
  }

  private static TenantRedis.Builder throughProxy(WireProxy proxy) {
    return TenantRedis.builder(proxy.uri())
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .maxAttempts(1);
  }

  /** What a provider answers that is wrong about every tenant. */
  private static TenantCredentialsProvider loggedInAs(String user, String password) {
    return TenantCredentialsProvider.of(tenant -> TenantCredentials.of(user, password));
  }

  private static void assertRefused(TenantRedis redis, ErrorCode code, String saying) {
    assertThatThrownBy(() -> redis.tenant("acme").sync().set("k", "v"))
        .isInstanceOfSatisfying(
            TenantIdentityException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(code);
              assertThat(failure.outcome()).isEqualTo(Outcome.NOT_SENT);
            })
        .hasMessageContaining(saying);
  }

  private static void assertNothingWasWritten(RedisServer server) {
    RespConnection admin = server.admin();
    assertThat(admin.integer("DBSIZE")).isZero();
  }
}
