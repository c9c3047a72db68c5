package io.tenantredis.test;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.TenantId;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.AclProfile;
import io.tenantredis.admin.Severity;
import io.tenantredis.admin.Tenancy;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AclPolicyAssertTest {

  private static final String ACME =
      "user tenant_acme on #" + "0".repeat(64) + " ~tenant:acme:* &tenant:acme:* +get +set +ping\n";

  @TempDir private Path directory;

  @Test
  void usersThatReachTheirOwnKeysAlonePass() throws Exception {
    AclPolicyAssert.assertThatAclFile(file("# tenants\n\n" + ACME + ACME.replace("acme", "globex")))
        .confinesTenants("tenant:{tenant}:", "tenant_{tenant}")
        .keepsApart(name -> name.startsWith("tenant_"));
  }

  @Test
  void aPatternThatMatchesTheKeysOfOthersFailsWithTheFinding() throws Exception {
    Path file = file(ACME + "user tenant_globex on nopass ~tenant:* resetchannels +get\n");

    assertThatThrownBy(
            () ->
                AclPolicyAssert.assertThatAclFile(file)
                    .confinesTenants("tenant:{tenant}:", "tenant_{tenant}"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("users.acl does not confine its users")
        .hasMessageContaining("CRITICAL foreign-key-pattern, tenant_globex")
        .hasMessageContaining("no-password");
  }

  @Test
  void aPatternInASelectorIsLookedAtToo() throws Exception {
    Path file = file(ACME.trim() + " (~tenant:globex:* +get)\n");

    assertThatThrownBy(
            () ->
                AclPolicyAssert.assertThatAclFile(file)
                    .confinesTenants("tenant:{tenant}:", "tenant_{tenant}"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("tenant:globex:*");
  }

  @Test
  void scanIsToleratedOnlyBySayingSo() throws Exception {
    Path file = file(ACME.trim() + " +scan\n");

    assertThatThrownBy(
            () ->
                AclPolicyAssert.assertThatAclFile(file)
                    .confinesTenants("tenant:{tenant}:", "tenant_{tenant}"))
        .isInstanceOf(AssertionError.class);
    AclPolicyAssert.assertThatAclFile(file)
        .tolerating(Severity.MEDIUM)
        .confinesTenants("tenant:{tenant}:", "tenant_{tenant}");
  }

  @Test
  void aFileWithoutTenantsFails() throws Exception {
    Path file = file("user monitoring on nopass +info\n");

    assertThatThrownBy(
            () ->
                AclPolicyAssert.assertThatAclFile(file)
                    .confinesTenants("tenant:{tenant}:", "tenant_{tenant}"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("has no users");
  }

  @Test
  void aLineThatIsNoUserIsNamed() throws Exception {
    Path file = file(ACME + "usr tenant_globex on\n");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> AclPolicyAssert.assertThatAclFile(file))
        .withMessageContaining("Line 2");
  }

  @Test
  void whatIsCriticalCannotBeTolerated() throws Exception {
    AclPolicyAssert assertion = AclPolicyAssert.assertThatAclFile(file(ACME));

    assertThatIllegalArgumentException().isThrownBy(() -> assertion.tolerating(Severity.CRITICAL));
  }

  @Test
  void aPolicyIsAssertedByItself() {
    AclPolicy.Builder policy =
        Tenancy.of("tenant:{tenant}:", "tenant_{tenant}")
            .policyOf(TenantId.of("acme"))
            .profile(AclProfile.CACHE);

    AclPolicyAssert.assertThatPolicy(policy.build()).confinesItsTenant();
    assertThatThrownBy(
            () -> AclPolicyAssert.assertThatPolicy(policy.allowScan().build()).confinesItsTenant())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("SCAN");
  }

  private Path file(String text) throws Exception {
    return Files.writeString(directory.resolve("users.acl"), text);
  }
}
