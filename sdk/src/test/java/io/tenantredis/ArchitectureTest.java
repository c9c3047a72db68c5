package io.tenantredis;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The directions in which the packages may depend on each other. */
class ArchitectureTest {

  private static final String INTERNAL = "io.tenantredis.internal..";
  private static final String PATH = "io.tenantredis.internal.path..";
  private static final String POOL = "io.tenantredis.internal.pool..";
  private static final String CONNECTION = "io.tenantredis.internal.connection..";
  private static final String KEYSPACE = "io.tenantredis.internal.keyspace..";
  private static final String METRICS = "io.tenantredis.internal.metrics..";
  private static final String ERROR = "io.tenantredis.internal.error..";

  private static final String ADMIN = "io.tenantredis.admin..";

  private static JavaClasses sdk;

  @BeforeAll
  static void importSdk() {
    sdk =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.tenantredis");
  }

  @Test
  void poolDoesNotKnowThePathAboveIt() {
    assertIndependent(POOL, PATH);
  }

  @Test
  void connectionKnowsNeitherPoolNorPath() {
    assertIndependent(CONNECTION, POOL, PATH);
  }

  @Test
  void keyspaceKnowsNoneOfTheMachinery() {
    assertIndependent(KEYSPACE, PATH, POOL, CONNECTION, METRICS);
  }

  @Test
  void metricsAreUsedByOthersAndUseNoneOfThem() {
    assertIndependent(METRICS, PATH, POOL, CONNECTION);
  }

  @Test
  void adminUsesTheCommandRulesMetersAndErrorsAndNoneOfTheMachinery() {
    noClasses()
        .that()
        .resideInAPackage(ADMIN)
        .should()
        .dependOnClassesThat(
            resideInAPackage(INTERNAL).and(not(resideInAnyPackage(KEYSPACE, METRICS, ERROR))))
        .check(sdk);
  }

  @Test
  void nothingElseUsesAdmin() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ADMIN)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ADMIN)
        .check(sdk);
  }

  @Test
  void internalPackagesAreFreeOfCycles() {
    slices()
        .matching("io.tenantredis.internal.(*)..")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(sdk);
  }

  @Test
  void onlyTheBuilderAndWhatItBuildsPointFromThePublicTypesToTheInternals() {
    noClasses()
        .that()
        .resideInAPackage("io.tenantredis")
        .and()
        .haveNameNotMatching(
            "io\\.tenantredis\\.(TenantRedis|ClientSettings|SessionFactory)(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(INTERNAL)
        .check(sdk);
  }

  @Test
  void noPublicMethodShowsAnInternalType() {
    methods()
        .that()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackage(INTERNAL)
        .and()
        .areDeclaredInClassesThat()
        .arePublic()
        .and()
        .arePublic()
        .should(showNoInternalType())
        .allowEmptyShould(true)
        .check(sdk);
  }

  @Test
  void everyPackageIsNullMarked() {
    Set<String> marked =
        sdk.stream()
            .filter(type -> type.getSimpleName().equals("package-info"))
            .filter(type -> type.isAnnotatedWith(NullMarked.class))
            .map(JavaClass::getPackageName)
            .collect(Collectors.toSet());

    assertThat(marked)
        .containsAll(sdk.stream().map(JavaClass::getPackageName).collect(Collectors.toSet()));
  }

  /** But for the benchmark of the guard, which cannot be had from outside without a connection. */
  @Test
  void noOtherModuleUsesTheInternals() {
    Path module = Path.of("").toAbsolutePath();
    List<Path> offenders =
        ProjectFiles.endingWith(module.getParent(), ".java").stream()
            .filter(file -> !file.startsWith(module))
            .filter(file -> !file.endsWith("benchmarks/GuardBenchmark.java"))
            .filter(ArchitectureTest::mentionsInternals)
            .toList();

    assertThat(offenders).isEmpty();
  }

  private static void assertIndependent(String from, String... to) {
    noClasses()
        .that()
        .resideInAPackage(from)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(to)
        .allowEmptyShould(true)
        .check(sdk);
  }

  private static ArchCondition<JavaMethod> showNoInternalType() {
    return new ArchCondition<>("show no internal type") {
      @Override
      public void check(JavaMethod method, ConditionEvents events) {
        Stream.concat(
                method.getReturnType().getAllInvolvedRawTypes().stream(),
                method.getParameterTypes().stream()
                    .flatMap(type -> type.getAllInvolvedRawTypes().stream()))
            .filter(resideInAPackage(INTERNAL))
            .forEach(
                type ->
                    events.add(
                        SimpleConditionEvent.violated(
                            method, method.getFullName() + " shows " + type.getName())));
      }
    };
  }

  private static boolean mentionsInternals(Path source) {
    try {
      return Files.readString(source).contains("io.tenantredis.internal");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
