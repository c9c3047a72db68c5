package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespErrorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IncidentResponseTest {

  @TempDir Path directory;

  private RedisServer server;
  private TenantRedisAdmin admin;

  @BeforeEach
  void start() {
    server = RedisServer.builder().adminUser("root", "root password").start();
    admin = ProvisionerTest.connect(server);
    admin
        .provisioner()
        .apply(
            ProvisionerTest.policy("acme", AclProfile.CACHE), AclPassword.of("pw".toCharArray()));
  }

  @AfterEach
  void stop() {
    admin.close();
    server.close();
  }

  @Test
  void theUserIsBlockedItsConnectionsEndAndWhatItDidIsInTheFile() throws Exception {
    Path file = directory.resolve("incident.json");
    RespConnection thief = server.connect("tenant_acme", "pw");
    thief.command("CLIENT", "SETNAME", "thief");
    thief.tryCommand("GET", "tenant:victim:secret-key");
    RespConnection other = server.admin();
    other.command("ACL", "SETUSER", "tenant_other", "on", ">x", "+ping");
    RespConnection bystander = server.connect("tenant_other", "x");

    IncidentReport report = admin.incidents().contain("tenant_acme", file);

    assertThat(report.isContained()).isTrue();
    assertThat(report.nodes().get(0).detail()).isEqualTo("blocked, 1 connections ended");
    assertThatThrownBy(() -> thief.command("PING")).isInstanceOf(RuntimeException.class);
    assertThatThrownBy(() -> server.connect("tenant_acme", "pw"))
        .isInstanceOf(RespErrorException.class);
    assertThat(bystander.command("PING")).isEqualTo("PONG");
    String evidence = Files.readString(file);
    assertThat(evidence)
        .contains("name=thief", "tenant:victim:secret-key", "\"reason\": \"key\"")
        .doesNotContain(AclPassword.of("pw".toCharArray()).hash())
        .doesNotContain("tenant_other");
    assertThat(report.sha256())
        .isEqualTo(
            HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file))));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void aFileThatExistsIsRefusedBeforeAnythingIsChanged() throws Exception {
    Path file = Files.createFile(directory.resolve("incident.json"));

    assertThatThrownBy(() -> admin.incidents().contain("tenant_acme", file))
        .isInstanceOf(AdminException.class)
        .hasMessageContaining("already");
    server.connect("tenant_acme", "pw").close();
  }

  @Test
  void aServerWithoutTheUserHasFailed() {
    IncidentReport report =
        admin.incidents().contain("tenant_nobody", directory.resolve("incident.json"));

    assertThat(report.isContained()).isFalse();
    assertThat(report.nodes().get(0).detail()).contains("no user tenant_nobody");
  }

  @Test
  void containingTwiceIsFineAndTheTenantCanComeBack() {
    admin.incidents().contain("tenant_acme", directory.resolve("one.json"));
    assertThat(admin.incidents().contain("tenant_acme", directory.resolve("two.json")).nodes())
        .extracting(NodeResult::status)
        .containsOnly(NodeResult.Status.UNCHANGED);

    Provisioner provisioner = admin.provisioner();
    try (NewUser rotated = provisioner.rotate("tenant_acme")) {
      provisioner.finishRotation("tenant_acme", rotated.password().stored()).requireComplete();
      provisioner.resume("tenant_acme").requireComplete();
      assertThatThrownBy(() -> server.connect("tenant_acme", "pw"))
          .isInstanceOf(RespErrorException.class);
      server.connect("tenant_acme", new String(rotated.password().reveal())).close();
    }
  }

  @Test
  void theDefaultUserAndTheAdministratorsOwnAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> admin.incidents().contain("root", directory.resolve("x.json")));
    assertThat(directory.resolve("x.json")).doesNotExist();
  }
}
