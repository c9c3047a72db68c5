package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.spring.ForkedJvm;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisServer;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplicationAotProcessor;
import org.springframework.context.aot.AbstractAotProcessor;

/** The starter in an application that Spring processed ahead of time, as for a native image. */
class AheadOfTimeTest {

  private static final String[] BUILD = {
    "--spring.main.web-application-type=none",
    "--spring.main.banner-mode=off",
    "--spring.cache.type=redis",
    "--management.endpoints.web.exposure.include=tenantredis"
  };

  @TempDir private Path directory;

  /** Compiles and starts a JVM: an otherwise busy machine takes its time for that. */
  @Test
  @Timeout(400)
  void anApplicationProcessedAheadOfTimeServesTwoTenants() throws Exception {
    process();
    compile();
    assertThat(hints())
        .contains("io/tenantredis/internal/keyspace/commands.txt")
        .contains("io.tenantredis.spring.boot.TenantRedisProperties$Credentials")
        .contains("io.tenantredis.spring.boot.TenantRedisProperties$User")
        .contains("io.tenantredis.spring.boot.TenantRedisEndpoint$Report")
        .contains("io.tenantredis.spring.boot.TenantRedisEndpoint$Client")
        .contains("io.lettuce.core.api.sync.RedisCommands")
        .contains("org.springframework.data.redis.connection.ReactiveRedisConnection");
    try (RedisServer server = TestTenants.server("acme", "globex")) {
      List<String> arguments = new ArrayList<>(List.of(BUILD));
      for (String property : TestTenants.properties(server, "acme", "globex")) {
        arguments.add("--" + property);
      }
      assertThat(
              ForkedJvm.run(
                  List.of("-Dspring.aot.enabled=true"),
                  output("classes")
                      + File.pathSeparator
                      + output("resources")
                      + File.pathSeparator
                      + System.getProperty("java.class.path"),
                  AheadOfTimeApplication.class,
                  arguments))
          .containsSubsequence(
              "ahead of time: true",
              "proxied: true",
              "acme: cart of acme",
              "acme cached: 11",
              "globex: cart of globex",
              "globex cached: 22",
              "in use: 2 tenants",
              "endpoint: [tenantRedis]");
    }
  }

  private Path output(String kind) {
    return directory.resolve(kind);
  }

  private void process() {
    new SpringApplicationAotProcessor(
            AheadOfTimeApplication.class,
            AbstractAotProcessor.Settings.builder()
                .sourceOutput(output("sources"))
                .resourceOutput(output("resources"))
                .classOutput(output("classes"))
                .groupId("io.tenantredis")
                .artifactId("ahead-of-time")
                .build(),
            BUILD)
        .process();
  }

  private void compile() throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
        Stream<Path> sources = Files.walk(output("sources"))) {
      boolean compiled =
          compiler
              .getTask(
                  said,
                  files,
                  null,
                  List.of(
                      "-proc:none",
                      "-nowarn",
                      "-parameters",
                      "-d",
                      output("classes").toString(),
                      "-cp",
                      output("classes")
                          + File.pathSeparator
                          + System.getProperty("java.class.path")),
                  null,
                  files.getJavaFileObjectsFromPaths(
                      sources.filter(file -> file.toString().endsWith(".java")).toList()))
              .call();
      assertThat(compiled).as(said.toString()).isTrue();
    }
  }

  private String hints() throws IOException {
    try (Stream<Path> resources = Files.walk(output("resources"))) {
      StringBuilder all = new StringBuilder();
      for (Path file : resources.filter(file -> file.toString().endsWith(".json")).toList()) {
        all.append(Files.readString(file));
      }
      return all.toString().replace("\\/", "/");
    }
  }
}
