package io.tenantredis.test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantRedis;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the parts of the fixture may know of each other. */
class ArchitectureTest {

  private static final String CONTAINERS =
      "io\\.tenantredis\\.test\\.(TenantRedisContainer|ContainerServer)(\\$.*)?";

  private static JavaClasses fixture;

  @BeforeAll
  static void importFixture() {
    fixture = new ClassFileImporter().importPath(Path.of("target", "classes"));
  }

  @Test
  void whoHasNoTestcontainersNeedsNone() {
    noClasses()
        .that()
        .haveNameNotMatching(CONTAINERS)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.testcontainers..")
        .check(fixture);
    classes()
        .that()
        .haveNameMatching("io\\.tenantredis\\.test\\.ContainerServer")
        .should()
        .onlyHaveDependentClassesThat()
        .haveNameMatching(CONTAINERS + "|io\\.tenantredis\\.test\\.Servers")
        .check(fixture);
  }

  @Test
  void whoWatchesTheServerDoesNotAskTheClientThatIsWatched() {
    noClasses()
        .that()
        .haveNameMatching(
            "io\\.tenantredis\\.test\\.(ServerWatch|MonitoredCommand|KeyNames|IsolationEvidence|Canaries)(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(TenantRedis.class, TenantClient.class)
        .check(fixture);
  }

  @Test
  void neitherSpringNorATestEngineIsNeeded() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.springframework..", "org.junit.platform.launcher..", "org.assertj..")
        .check(fixture);
  }
}
