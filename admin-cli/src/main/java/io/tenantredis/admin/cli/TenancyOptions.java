package io.tenantredis.admin.cli;

import io.tenantredis.TenantId;
import io.tenantredis.admin.Tenancy;
import picocli.CommandLine.Option;

/** How tenants are named. */
final class TenancyOptions {

  @Option(
      names = "--key-prefix",
      paramLabel = "TEMPLATE",
      defaultValue = "tenant:{tenant}:",
      description = "What a tenant's keys begin with. Default: ${DEFAULT-VALUE}.")
  private String keyPrefix = "";

  @Option(
      names = "--identity",
      paramLabel = "TEMPLATE",
      defaultValue = "tenant_{tenant}",
      description = "The name of a tenant's user. Default: ${DEFAULT-VALUE}.")
  private String identity = "";

  Tenancy tenancy() {
    return Tenancy.of(keyPrefix, identity);
  }

  static TenantId tenant(String id) {
    return TenantId.of(id);
  }
}
