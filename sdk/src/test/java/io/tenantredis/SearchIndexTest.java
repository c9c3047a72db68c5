package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.search.SearchReply;
import io.lettuce.core.search.arguments.CreateArgs;
import io.lettuce.core.search.arguments.TextFieldArgs;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Search indexes are named and prefixed inside the tenant. The servers of the tests have no search
 * module: what goes over the wire is looked at, and the answers are written down here.
 */
class SearchIndexTest {

  private RedisServer server;
  private WireProxy proxy;
  private TenantRedis redis;
  private TenantClient<String, String> acme;

  @BeforeEach
  void start() {
    server = Tenants.unconfined().start();
    proxy = WireProxy.to(server);
    redis =
        TenantRedis.builder(proxy.uri())
            .identity("tenant_{tenant}")
            .credentials(Tenants.credentials())
            .build();
    acme = redis.tenant("acme");
  }

  @AfterEach
  void stop() {
    redis.close();
    proxy.close();
    server.close();
  }

  private void answer(String command, String reply) {
    proxy
        .onCommand(command)
        .always()
        .answer(reply.replace("|", "\r\n").getBytes(StandardCharsets.UTF_8));
  }

  private String sent(String command) {
    return proxy.commands().stream()
        .filter(seen -> seen.name().equals(command))
        .map(seen -> String.join(" ", seen.args()))
        .reduce((first, last) -> last)
        .orElse("nothing");
  }

  @Test
  void anIndexIsTheTenantsOwnAndCoversItsKeysOnly() {
    answer("FT.CREATE", "+OK|");
    acme.sync()
        .ftCreate(
            "products",
            CreateArgs.<String, String>builder()
                .on(CreateArgs.TargetType.HASH)
                .withPrefix("product:")
                .withPrefix("")
                .build(),
            List.of(TextFieldArgs.<String>builder().name("product:").build()));
    assertThat(sent("FT.CREATE"))
        .endsWith("PREFIX 2 tenant:acme:product: tenant:acme: SCHEMA product: TEXT")
        .startsWith("FT.CREATE tenant:acme:products ON HASH ");
  }

  @Test
  void anIndexWithoutAPrefixWouldCoverEverybodysKeysAndIsRefused() {
    assertThatThrownBy(
            () ->
                acme.sync()
                    .ftCreate("all", List.of(TextFieldArgs.<String>builder().name("f").build())))
        .isInstanceOf(CommandRefusedException.class)
        .hasMessageContaining("PREFIX");
    assertThatThrownBy(() -> acme.sync().ftList())
        .isInstanceOf(CommandRefusedException.class)
        .hasMessageContaining("names every tenant's index");
    assertThat(sent("FT.CREATE")).isEqualTo("nothing");
    assertThat(sent("FT._LIST")).isEqualTo("nothing");
  }

  @Test
  void whatIsFoundLosesThePrefixAndFieldsKeepTheirBytes() {
    answer(
        "FT.SEARCH",
        "%3|$13|total_results|:1|$7|results|*1|%2|$2|id|$21|tenant:acme:product:1|"
            + "$16|extra_attributes|%1|$2|id|$13|tenant:acme:x|$7|warning|*0|");
    SearchReply<String, String> reply = acme.sync().ftSearch("products", "products");
    assertThat(sent("FT.SEARCH")).startsWith("FT.SEARCH tenant:acme:products products");
    assertThat(reply.getResults()).hasSize(1);
    assertThat(reply.getResults().get(0).getId()).isEqualTo("product:1");
    assertThat(reply.getResults().get(0).getFields()).containsEntry("id", "tenant:acme:x");
  }

  @Test
  void aForeignDocumentIsWithheld() {
    answer(
        "FT.SEARCH",
        "%2|$13|total_results|:1|$7|results|*1|%2|$2|id|$22|tenant:globex:product:|"
            + "$16|extra_attributes|%1|$1|f|$6|secret|");
    assertThatThrownBy(() -> acme.sync().ftSearch("products", "*"))
        .isInstanceOf(IsolationViolationException.class)
        .hasMessageNotContaining("globex")
        .hasMessageNotContaining("secret");
  }

  @Test
  void aliasesAndDroppedIndexesAreTheTenantsOwn() {
    answer("FT.ALIASADD", "+OK|");
    answer("FT.DROPINDEX", "+OK|");
    acme.sync().ftAliasadd("alias", "products");
    acme.sync().ftDropindex("products");
    assertThat(sent("FT.ALIASADD")).isEqualTo("FT.ALIASADD tenant:acme:alias tenant:acme:products");
    assertThat(sent("FT.DROPINDEX")).startsWith("FT.DROPINDEX tenant:acme:products");
  }
}
