package io.tenantredis.samples;

import io.tenantredis.TenantId;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.AclProfile;
import io.tenantredis.admin.NewUser;
import io.tenantredis.admin.Severity;
import io.tenantredis.admin.Tenancy;
import io.tenantredis.admin.TenantRedisAdmin;
import io.tenantredis.admin.VerificationReport;

/** The samples of docs/admin.md, compiled, and run by AdminSamplesTest. */
final class AdminSamples {

  interface Vault {
    void store(String user, char[] password);

    void awaitThatAllClientsHaveIt(String user);
  }

  private AdminSamples() {}

  static Tenancy create(String uri, Vault vault) {
    Tenancy tenancy = Tenancy.of("tenant:{tenant}:", "tenant_{tenant}");
    AclPolicy policy =
        tenancy
            .policyOf(TenantId.of("initech"))
            .profile(AclProfile.READ_ONLY)
            .profile(AclProfile.SESSION, "session:")
            .build();
    try (TenantRedisAdmin admin = TenantRedisAdmin.connect(uri);
        NewUser user = admin.provisioner().create(policy)) {
      user.report().requireComplete();
      vault.store(policy.user(), user.password().reveal());
    }
    return tenancy;
  }

  static void rotate(TenantRedisAdmin admin, Vault vault) {
    try (NewUser rotated = admin.provisioner().rotate("tenant_initech")) {
      rotated.report().requireComplete();
      vault.store("tenant_initech", rotated.password().reveal());
      vault.awaitThatAllClientsHaveIt("tenant_initech");
      admin
          .provisioner()
          .finishRotation("tenant_initech", rotated.password().stored())
          .requireComplete();
    }
  }

  static void verify(TenantRedisAdmin admin, Tenancy tenancy) {
    VerificationReport report = admin.verifier().verifyAll(tenancy);
    if (!report.passes(Severity.MEDIUM)) {
      throw new AssertionError(report.findings());
    }
  }
}
