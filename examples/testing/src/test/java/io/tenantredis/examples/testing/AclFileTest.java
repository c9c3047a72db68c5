package io.tenantredis.examples.testing;

import io.tenantredis.admin.Severity;
import io.tenantredis.test.AclPolicyAssert;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class AclFileTest {

  @Test
  void noUserOfTheFileReachesAnotherTenant() {
    AclPolicyAssert.assertThatAclFile(Path.of("deploy/users.acl"))
        .tolerating(Severity.MEDIUM)
        .confinesTenants("tenant:{tenant}:", "tenant_{tenant}");
  }
}
