package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.TransactionResult;
import io.tenantredis.KeyPrefix;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespError;
import io.tenantredis.test.server.ServerVersion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AclPolicyTest {

  private static final TenantId ACME = TenantId.of("acme");
  private static final KeyPrefix PREFIX = KeyPrefixTemplate.of("tenant:{tenant}:").prefixOf(ACME);
  private static final char[] PASSWORD = "a password for tests".toCharArray();

  private static RedisServer server;
  private static AclDialect dialect;
  private static CommandCatalog catalog;

  @BeforeAll
  static void start() {
    server = RedisServer.start();
    dialect = dialectOf(server);
    catalog =
        new CommandCatalog(
            texts(server.admin().list("COMMAND", "LIST")),
            category -> texts(server.admin().list("ACL", "CAT", category)));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  static AclDialect dialectOf(RedisServer server) {
    ServerVersion version = server.version();
    String number = version.major() + "." + version.minor();
    return version.flavour() == ServerVersion.Flavour.VALKEY
        ? AclDialect.valkey(number)
        : AclDialect.redis(number);
  }

  @ParameterizedTest
  @EnumSource(AclProfile.class)
  void theUserHasExactlyThePolicyWhateverItHadBefore(AclProfile profile) {
    AclPolicy policy = AclPolicy.forTenant(ACME, PREFIX).profile(profile).build();
    server.admin().command("ACL", "SETUSER", "tenant_acme", "nopass", "~*", "&*", "+@all");
    setUser(policy);

    Map<String, Object> user = getUser("tenant_acme");
    assertThat(list(user, "flags"))
        .contains("on")
        .doesNotContain("nopass", "allkeys", "allcommands");
    assertThat(list(user, "passwords")).containsExactly(AclPassword.of(PASSWORD).hash());
    Set<String> granted = new TreeSet<>(commands(user));
    list(user, "selectors").forEach(selector -> granted.addAll(commands(map((List<?>) selector))));
    assertThat(granted).isEqualTo(aclNames(policy.commands(dialect)));
    assertThat(user)
        .containsEntry(
            "keys",
            switch (profile) {
              case PUBSUB -> "";
              case READ_ONLY -> "%R~tenant:acme:*";
              default -> "~tenant:acme:*";
            })
        .containsEntry(
            "channels",
            switch (profile) {
              case PUBSUB, SESSION, FULL -> "&tenant:acme:*";
              default -> "";
            });
    assertThat(list(user, "selectors")).hasSize(profile == AclProfile.READ_ONLY ? 1 : 0);
  }

  @Test
  void aProfileOnAPartIsASelector() {
    AclPolicy policy =
        AclPolicy.forTenant(ACME, PREFIX)
            .profile(AclProfile.READ_ONLY)
            .profile(AclProfile.SESSION, "session:")
            .build();
    setUser(policy);

    Map<String, Object> user = getUser("tenant_acme");
    assertThat(list(user, "selectors"))
        .as("one for reads that need write access, one for the part")
        .hasSize(2);
    assertThat(map((List<?>) list(user, "selectors").get(1)))
        .containsEntry("keys", "~tenant:acme:session:*")
        .containsEntry("channels", "&tenant:acme:session:*");
    try (RespConnection acme = logIn()) {
      assertThat(acme.command("SET", "tenant:acme:session:1", "x")).isEqualTo("OK");
      assertThat(acme.command("GET", "tenant:acme:cart:1")).isNull();
      assertDenied(acme, "SET", "tenant:acme:cart:1", "x");
      assertDenied(acme, "SET", "tenant:other:session:1", "x");
    }
  }

  @Test
  void aSelectorIsRefusedForAServerThatHasNone() {
    AclPolicy policy =
        AclPolicy.forTenant(ACME, PREFIX).profile(AclProfile.SESSION, "session:").build();

    assertThatThrownBy(() -> policy.permissions(AclDialect.redis("6.2")))
        .isInstanceOf(UnsupportedByServerException.class)
        .hasMessageContaining("selectors")
        .hasMessageContaining("Redis 6.2");
  }

  @Test
  void whatTheClientNeedsIsInEveryPolicyAndAuthNeedsNoPermission() {
    setUser(AclPolicy.forTenant(ACME, PREFIX).build());

    try (RespConnection acme = logIn()) {
      assertThat(acme.command("ACL", "WHOAMI")).isEqualTo("tenant_acme");
      assertThat(acme.command("PING")).isEqualTo("PONG");
      assertThat(acme.command("CLIENT", "SETNAME", "service")).isEqualTo("OK");
      assertThat(acme.command("MULTI")).isEqualTo("OK");
      assertThat(acme.command("DISCARD")).isEqualTo("OK");
      assertThat(acme.tryCommand("HELLO", "2", "AUTH", "tenant_acme", new String(PASSWORD)))
          .isNotInstanceOf(RespError.class);
      assertThat(acme.command("RESET")).isEqualTo("RESET");
    }
  }

  @ParameterizedTest
  @EnumSource(AclProfile.class)
  void theSdkWorksWithTheUserAndTheServerHasDeniedItNothing(AclProfile profile) {
    setUser(AclPolicy.forTenant(ACME, PREFIX).profile(profile).build());
    server.admin().command("ACL", "LOG", "RESET");
    try (TenantRedis redis =
        TenantRedis.builder(server.uri())
            .keyPrefix("tenant:{tenant}:")
            .identity("tenant_{tenant}")
            .credentials(
                TenantCredentialsProvider.of(
                    tenant -> TenantCredentials.of("tenant_" + tenant, new String(PASSWORD))))
            .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      assertThat(acme.sync().ping()).isEqualTo("PONG");
      switch (profile) {
        case CACHE, SESSION, FULL -> acme.sync().set("k", "v");
        case QUEUE -> acme.sync().lpush("q", "v");
        case PUBSUB -> acme.sync().publish("news", "v");
        case READ_ONLY -> acme.sync().get("k");
      }
      assertThat(
              acme.<TransactionResult>dedicated(
                  connection -> {
                    connection.sync().multi();
                    return connection.sync().exec();
                  }))
          .isNotNull();
    }
    assertThat(server.admin().list("ACL", "LOG")).isEmpty();
    server.admin().command("DEL", PREFIX + "k", PREFIX + "q");
  }

  @Test
  void commandsThatReachBeyondTheTenantAreDeniedAndNamedWithTheReason() {
    AclPolicy policy = AclPolicy.forTenant(ACME, PREFIX).profile(AclProfile.FULL).build();
    setUser(policy);

    assertThat(policy.withheld())
        .extracting(WithheldCommand::command)
        .contains("SCAN", "KEYS", "RANDOMKEY", "DBSIZE", "CLIENT TRACKING", "PUBSUB CHANNELS");
    assertThat(policy.withheld()).allSatisfy(held -> assertThat(held.reason()).isNotBlank());
    assertThat(policy.withheld())
        .extracting(WithheldCommand::command)
        .doesNotContainAnyElementsOf(policy.commands(dialect));
    try (RespConnection acme = logIn()) {
      assertThat(acme.command("SET", "tenant:acme:a", "1")).isEqualTo("OK");
      assertDenied(acme, "SCAN", "0");
      assertDenied(acme, "KEYS", "*");
      assertDenied(acme, "RANDOMKEY");
      assertDenied(acme, "DBSIZE");
      assertDenied(acme, "INFO");
      assertDenied(acme, "CLIENT", "LIST");
      assertDenied(acme, "CLIENT", "TRACKING", "ON", "BCAST");
      assertDenied(acme, "PUBSUB", "CHANNELS");
      assertDenied(acme, "FLUSHALL");
      assertDenied(acme, "GET", "tenant:other:a");
      assertDenied(acme, "PUBLISH", "tenant:other:news", "x");
    }
  }

  @Test
  void allowScanAddsScan() {
    AclPolicy policy =
        AclPolicy.forTenant(ACME, PREFIX).profile(AclProfile.CACHE).allowScan().build();
    setUser(policy);

    assertThat(policy.commands(dialect)).contains("SCAN");
    assertThat(policy.withheld()).extracting(WithheldCommand::command).doesNotContain("SCAN");
    try (RespConnection acme = logIn()) {
      assertThat(acme.tryCommand("SCAN", "0")).isNotInstanceOf(RespError.class);
    }
  }

  @Test
  void exceptTakesAwayAndAllowAdds() {
    AclPolicy policy =
        AclPolicy.forTenant(ACME, PREFIX)
            .profile(AclProfile.CACHE)
            .except("GETDEL")
            .allow("lpush", "XGROUP CREATE")
            .build();

    assertThat(policy.commands(dialect))
        .contains("LPUSH", "XGROUP CREATE")
        .doesNotContain("GETDEL");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AclPolicy.forTenant(ACME, PREFIX).allow("FLUSHALL"))
        .withMessageContaining("keys().deleteAll()");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AclPolicy.forTenant(ACME, PREFIX).allow("NO SUCH"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AclPolicy.forTenant(ACME, PREFIX).except("ACL WHOAMI"));
  }

  @Test
  void psubscribeIsPermittedForTheNamedPatternsOnly() {
    setUser(
        AclPolicy.forTenant(ACME, PREFIX)
            .profile(AclProfile.PUBSUB)
            .channelPattern("news.*")
            .keyspaceEvents(0)
            .build());

    for (String pattern :
        List.of("tenant:acme:*", "tenant:acme:news.*", "__keyspace@0__:tenant:acme:*")) {
      try (RespConnection acme = logIn()) {
        assertThat(acme.tryCommand("PSUBSCRIBE", pattern)).isNotInstanceOf(RespError.class);
      }
    }
    try (RespConnection acme = logIn()) {
      assertDenied(acme, "PSUBSCRIBE", "tenant:acme:other.*");
      assertDenied(acme, "PSUBSCRIBE", "*");
      assertDenied(acme, "SUBSCRIBE", "__keyspace@0__:tenant:other:a");
      assertDenied(acme, "SUBSCRIBE", "__keyevent@0__:del");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"t?{tenant}:", "t[a]{tenant}/", "t\\{tenant}:", "t({tenant}):"})
  void aPrefixWithGlobCharactersOpensNothingElse(String template) {
    KeyPrefix prefix = KeyPrefixTemplate.of(template).prefixOf(ACME);
    setUser(
        AclPolicy.forTenant(ACME, prefix)
            .profile(AclProfile.CACHE)
            .profile(AclProfile.QUEUE, "q?(")
            .build());

    try (RespConnection acme = logIn()) {
      assertThat(acme.command("SET", prefix + "a", "1")).isEqualTo("OK");
      assertThat(acme.tryCommand("LPUSH", prefix + "q?(a", "1")).isNotInstanceOf(RespError.class);
      assertDenied(acme, "LPUSH", prefix + "qx(a", "1");
      assertDenied(
          acme, "SET", template.charAt(0) + "x" + prefix.toString().substring(2) + "a", "1");
      acme.command("DEL", prefix + "q?(a");
    }
  }

  @Test
  void aPrefixWithAQuotationMarkWorksAndCannotHaveSelectors() {
    KeyPrefix prefix = KeyPrefixTemplate.of("t\"'{tenant}:").prefixOf(ACME);
    AclPolicy.Builder policy = AclPolicy.forTenant(ACME, prefix).profile(AclProfile.CACHE);
    setUser(policy.build());

    try (RespConnection acme = logIn()) {
      assertThat(acme.command("SET", prefix + "a", "1")).isEqualTo("OK");
      assertDenied(acme, "SET", "tacme:a", "1");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> policy.profile(AclProfile.QUEUE, "q:"))
        .withMessageContaining("quotation mark");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AclPolicy.forTenant(ACME, PREFIX).profile(AclProfile.QUEUE, "q'"));
  }

  @Test
  void theAclFileLineMakesTheSameUser() {
    AclPolicy policy =
        AclPolicy.forTenant(ACME, PREFIX)
            .profile(AclProfile.READ_ONLY)
            .profile(AclProfile.QUEUE, "q:")
            .build();
    setUser(policy);
    Map<String, Object> expected = getUser("tenant_acme");
    List<String> words =
        List.of(policy.aclFileLine(dialect, AclPassword.of(PASSWORD)).split(" (?![^(]*\\))"));

    assertThat(words).startsWith("user", "tenant_acme", "reset", "on");
    try (RedisServer fromFile =
        RedisServer.builder()
            .user("tenant_acme", words.subList(2, words.size()).toArray(new String[0]))
            .start()) {
      Map<String, Object> loaded = map(fromFile.admin().list("ACL", "GETUSER", "tenant_acme"));
      assertThat(commands(loaded)).isEqualTo(commands(expected));
      assertThat(loaded.get("keys")).isEqualTo(expected.get("keys"));
      assertThat(loaded.get("channels")).isEqualTo(expected.get("channels"));
      assertThat(list(loaded, "passwords")).isEqualTo(list(expected, "passwords"));
      assertThat(list(loaded, "selectors")).hasSameSizeAs(list(expected, "selectors"));
    }
  }

  @Test
  void theRedisConfLineQuotesWhatTheFileWouldReadOtherwise() {
    KeyPrefix prefix = KeyPrefixTemplate.of("t\"{tenant}:").prefixOf(ACME);

    assertThat(
            AclPolicy.forTenant(ACME, prefix)
                .profile(AclProfile.CACHE)
                .build()
                .redisConfLine(dialect))
        .startsWith("user tenant_acme reset on resetchannels \"~t\\\"acme:*\" -@all +acl|whoami ");
  }

  @Test
  void theAccessStringHoldsNeitherResetNorPasswords() {
    AclPolicy policy = AclPolicy.forTenant(ACME, PREFIX).profile(AclProfile.CACHE).build();
    String accessString = policy.accessString(dialect);

    assertThat(accessString)
        .startsWith("on resetchannels ~tenant:acme:* -@all ")
        .contains(" +get ")
        .doesNotContain(" reset ", "#", ">");
    assertThat(server.admin().command(words("ACL SETUSER from_access_string " + accessString)))
        .isEqualTo("OK");
    assertThat(commands(getUser("from_access_string")))
        .isEqualTo(aclNames(policy.commands(dialect)));
  }

  @Test
  void theTerraformJsonHasTheAccessStringAndAVariableForThePasswords() {
    KeyPrefix prefix = KeyPrefixTemplate.of("t:${{tenant}}:").prefixOf(ACME);
    String json =
        AclPolicy.forTenant(ACME, prefix)
            .profile(AclProfile.PUBSUB)
            .build()
            .terraformJson(AclDialect.redis("7.0"));

    assertThat(json)
        .contains("\"aws_elasticache_user\": {\n      \"tenant-acme\": {")
        .contains("\"user_name\": \"tenant_acme\"")
        .contains("\"engine\": \"redis\"")
        .contains("\"access_string\": \"on resetchannels &t:$${acme}:* -@all +acl|whoami ")
        .contains("\"passwords\": \"${var.tenant_acme_passwords}\"")
        .contains("\"sensitive\": true");
  }

  @Test
  void usersThatDifferHaveDifferentTerraformIds() {
    Set<String> ids =
        Stream.of("a.b", "a-b", "a_b", "A_b", "1", "2", "x".repeat(60), "x".repeat(61))
            .map(user -> AclPolicy.forTenant(ACME, PREFIX).user(user).build())
            .map(policy -> policy.terraformJson(dialect))
            .map(json -> json.replaceAll("(?s).*\"user_id\": \"([^\"]*)\".*", "$1"))
            .collect(Collectors.toSet());

    assertThat(ids)
        .hasSize(8)
        .allMatch(id -> id.matches("[a-z](-?[a-z0-9])*") && id.length() <= 40);
  }

  @Test
  void theUserCannotBeTheDefaultOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AclPolicy.forTenant(ACME, PREFIX).user("default"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AclPolicy.forTenant(ACME, PREFIX).user("two words"));
  }

  private static void setUser(AclPolicy policy) {
    List<String> command = new ArrayList<>(List.of("ACL", "SETUSER"));
    command.addAll(policy.setUserArguments(dialect, AclPassword.of(PASSWORD)));
    assertThat(server.admin().command(command.toArray(new String[0]))).isEqualTo("OK");
  }

  private static RespConnection logIn() {
    return server.connect("tenant_acme", new String(PASSWORD));
  }

  private static void assertDenied(RespConnection connection, String... command) {
    assertThat(connection.tryCommand(command))
        .as(String.join(" ", command))
        .isInstanceOfSatisfying(
            RespError.class, error -> assertThat(error.message()).startsWith("NOPERM"));
  }

  private static Map<String, Object> getUser(String name) {
    return map(server.admin().list("ACL", "GETUSER", name));
  }

  private static Map<String, Object> map(List<?> namesAndValues) {
    Map<String, Object> map = new HashMap<>();
    for (int i = 0; i < namesAndValues.size(); i += 2) {
      map.put((String) namesAndValues.get(i), namesAndValues.get(i + 1));
    }
    return map;
  }

  private static List<Object> list(Map<String, Object> user, String field) {
    return List.copyOf((List<?>) user.get(field));
  }

  private static Set<String> commands(Map<String, Object> user) {
    return catalog.permitted((String) user.get("commands"));
  }

  private static Set<String> aclNames(Set<String> commands) {
    return commands.stream()
        .map(name -> name.toLowerCase(Locale.ROOT).replace(' ', '|'))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> texts(List<?> replies) {
    return replies.stream().map(String.class::cast).collect(Collectors.toSet());
  }

  private static String[] words(String text) {
    return text.split(" ");
  }
}
