package io.tenantredis.samples;

import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.LegacyKeys;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.AclProfile;
import io.tenantredis.admin.AdoptionReport;
import io.tenantredis.admin.ImportConflict;
import io.tenantredis.admin.KeyAdoption;
import io.tenantredis.admin.TenantRedisAdmin;
import java.util.List;
import java.util.Map;

/** The samples of docs/adopting.md, compiled. */
abstract class AdoptionSamples {

  private volatile boolean stopped;

  abstract void show(long keys);

  abstract void note(byte[] name);

  void stop() {
    stopped = true;
  }

  static AclPolicy policy(TenantId tenant, KeyPrefixTemplate template) {
    AclPolicy policy =
        AclPolicy.forTenant(tenant, template.prefixOf(tenant))
            .profile(AclProfile.CACHE)
            .readingLegacyKeys("shop/" + tenant + "/")
            .build();
    return policy;
  }

  static void client(TenantCredentialsProvider provider) {
    TenantRedis redis =
        TenantRedis.builder("redis://cache.internal:6379")
            .keyPrefix("tenant:{tenant}:")
            .identity("tenant_{tenant}")
            .credentials(provider)
            .legacyKeys(LegacyKeys.template("shop/{tenant}/"))
            .build();
    redis.close();
  }

  static LegacyKeys list() {
    LegacyKeys legacy = LegacyKeys.prefixes(Map.of("acme", "shop1:", "globex", "shop2:"));
    return legacy;
  }

  List<AdoptionReport> copy(String adminUri, TenantId tenant) {
    List<AdoptionReport> reports;
    try (TenantRedisAdmin admin = TenantRedisAdmin.connect(adminUri)) {
      KeyAdoption adoption =
          admin.adoption(
              KeyPrefixTemplate.of("tenant:{tenant}:"),
              tenant,
              LegacyKeys.template("shop/{tenant}/"));
      AdoptionReport planned = adoption.dryRun();
      AdoptionReport copied =
          adoption.copy(ImportConflict.KEEP, () -> stopped, report -> show(report.done()));
      AdoptionReport verified =
          adoption.verify(() -> stopped, report -> show(report.done()), name -> note(name));
      reports = List.of(planned, copied, verified);
    }
    return reports;
  }

  void end(TenantRedisAdmin admin, TenantId tenant) {
    admin
        .data(KeyPrefixTemplate.of("shop/{tenant}/").prefixOf(tenant))
        .deleteAll(false, done -> show(done));
  }
}
