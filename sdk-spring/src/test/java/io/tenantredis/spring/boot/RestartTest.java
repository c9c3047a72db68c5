package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.spring.ForkedJvm;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RestartTest {

  @Test
  @Timeout(400)
  void aRestartInTheSameJvmLeavesNeitherThreadsNorClasses() throws Exception {
    try (RedisServer server = TestTenants.server("acme", "globex")) {
      List<String> arguments = new ArrayList<>();
      for (String property : TestTenants.properties(server, "acme", "globex")) {
        arguments.add("--" + property);
      }
      for (String tenant : List.of("acme", "globex")) {
        server.admin().command("SET", "tenant:" + tenant + ":whoami", tenant);
      }
      List<String> printed =
          ForkedJvm.run(
              // Caches of the JDK and Spring keep classes softly: until memory is short.
              List.of("-XX:SoftRefLRUPolicyMSPerMB=0"),
              System.getProperty("java.class.path"),
              RestartingJvm.class,
              arguments);
      assertThat(printed).contains("class loader 1 is gone", "class loader 2 is gone");
      assertThat(printed).filteredOn(line -> line.startsWith("meters ")).containsOnly("meters []");
      assertThat(printed)
          .filteredOn(line -> line.startsWith("thread "))
          .map(line -> line.substring("thread ".length()))
          .noneMatch(RestartTest::isOfAClient);
    }
  }

  private static boolean isOfAClient(String thread) {
    return thread.startsWith("lettuce")
        || thread.startsWith("tenant-redis")
        || thread.startsWith("boundedElastic")
        || thread.startsWith("parallel")
        || thread.startsWith("single");
  }
}
