package io.tenantredis.admin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespErrorException;
import io.tenantredis.test.server.TestCertificates;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

class TenantRedisToolTest {

  @TempDir Path directory;

  private RedisServer server;
  private StringWriter out;
  private StringWriter err;

  @BeforeEach
  void start() throws Exception {
    server = RedisServer.builder().adminUser("root", "root-password").start();
    Files.writeString(directory.resolve("admin"), "root-password\n");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private int run(String... arguments) {
    return run(Ansi.OFF, arguments);
  }

  private int run(Ansi terminal, String... arguments) {
    out = new StringWriter();
    err = new StringWriter();
    CommandLine tool =
        TenantRedisTool.commandLine()
            .setColorScheme(CommandLine.Help.defaultColorScheme(terminal))
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true));
    return tool.execute(arguments);
  }

  /** With the server and the administrator's password. */
  private int runOn(String... arguments) {
    return runOn(Ansi.OFF, arguments);
  }

  private int runOn(Ansi terminal, String... arguments) {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.add("--uri=redis://root@127.0.0.1:" + server.port());
    all.add("--password-file=" + directory.resolve("admin"));
    return run(terminal, all.toArray(new String[0]));
  }

  private String create(String tenant, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("provision", "create", tenant, "--print-password"));
    arguments.addAll(List.of(more));
    assertThat(runOn(arguments.toArray(new String[0]))).isZero();
    String[] lines = out.toString().split("\n");
    return lines[lines.length - 1];
  }

  @ParameterizedTest
  @ValueSource(strings = {"setuser", "aclfile", "redis-conf", "access-string", "terraform"})
  void policyPrintsEachForm(String format) {
    assertThat(run("policy", "acme", "--profile=cache", "--format=" + format.replace('-', '_')))
        .isZero();

    assertThat(out.toString()).contains("~tenant:acme:*").contains("+get ");
  }

  @Test
  void policySaysWhatIsKeptBackAndWhy() {
    assertThat(run("policy", "acme", "--profile=full", "--format=withheld")).isZero();

    assertThat(out.toString()).contains("SCAN: shows the key names of every tenant");
  }

  @Test
  void aWrongCommandLineEndsWith2AndSaysWhatIsWrong() {
    assertThat(run()).isEqualTo(2);
    assertThat(run("policy", "acme", "--profile=nonsense")).isEqualTo(2);
    assertThat(err.toString()).contains("There is no profile 'nonsense'");
    assertThat(run("policy", "a b", "--profile=cache")).isEqualTo(2);
    assertThat(run("policy", "acme", "--profile=cache", "--key-prefix={tenant}-")).isEqualTo(2);
    assertThat(err.toString()).contains("prefix-free");
    assertThat(run("audit")).isEqualTo(2);
    assertThat(err.toString()).contains("Name a server");
    assertThat(runOn("provision", "create", "acme", "--profile=cache")).isEqualTo(2);
    assertThat(err.toString()).contains("--new-password-file");
    assertThat(runOn("data", "delete", "acme")).isEqualTo(2);
    assertThat(runOn("provision", "revoke", "acme")).isEqualTo(2);
  }

  @Test
  void aServerThatCannotBeUsedEndsWith3WithoutThePassword() throws Exception {
    Files.writeString(directory.resolve("admin"), "not-the-password\n");
    assertThat(runOn("audit")).isEqualTo(3);
    assertThat(err.toString()).contains("WRONGPASS").doesNotContain("not-the-password");
    assertThat(run("audit", "--uri=redis://root:secret@127.0.0.1:1", "--timeout=1")).isEqualTo(3);
    assertThat(err.toString()).contains("127.0.0.1:1").doesNotContain("secret");
    assertThat(run("audit", "--uri=redis//:secret@nowhere")).isEqualTo(2);
    assertThat(run("audit", "--uri=redis://secret@nowhere")).isEqualTo(2);
    assertThat(err.toString()).contains("without a password");
    assertThat(err.toString()).doesNotContain("secret");
  }

  @Test
  void aTenantsUserLivesFromCreationToRevocation() throws Exception {
    String password = create("acme", "--profile=cache");
    server.connect("tenant_acme", password).close();
    assertThat(runOn("provision", "create", "acme", "--profile=cache", "--print-password"))
        .isEqualTo(3);

    Path file = directory.resolve("new");
    assertThat(runOn("provision", "rotate", "acme", "--new-password-file=" + file)).isZero();
    String rotated = Files.readString(file).strip();
    assertThat(out.toString() + err).doesNotContain(rotated);
    server.connect("tenant_acme", password).close();
    assertThat(runOn("provision", "finish-rotation", "acme", "--keep-hash=" + sha256(rotated)))
        .isZero();
    server.connect("tenant_acme", rotated).close();

    assertThat(runOn("provision", "list", "--json")).isZero();
    assertThat(out.toString()).contains("\"name\": \"tenant_acme\"", "\"passwords\": 1");
    assertThat(runOn("provision", "drift", "acme", "--profile=cache")).isZero();
    create("other", "--profile=pubsub");
    assertThat(runOn("provision", "drift", "acme", "--profile=cache")).isZero();
    assertThat(runOn("provision", "drift", "acme", "--profile=cache", "--no-others")).isEqualTo(1);
    assertThat(out.toString()).contains("tenant_other").contains("no policy is known");
    assertThat(runOn("provision", "drift", "acme", "--profile=queue", "--json")).isEqualTo(1);
    assertThat(out.toString()).startsWith("[").contains("commands of the policy missing");
    assertThat(runOn("provision", "update", "acme", "--profile=queue")).isZero();
    assertThat(runOn("provision", "drift", "acme", "--profile=queue")).isZero();
    assertThat(runOn("provision", "suspend", "acme")).isZero();
    assertThat(runOn("provision", "resume", "acme")).isZero();
    assertThat(runOn("provision", "revoke", "acme", "--yes")).isZero();
    assertThat(runOn("provision", "rotate", "acme", "--print-password")).isEqualTo(1);
    assertThat(out.toString().lines()).as("no password that nobody has").hasSize(1);
    assertThat(runOn("provision", "resume", "acme")).isEqualTo(1);
    assertThat(out.toString()).contains("FAILED").contains("has no user tenant_acme");
  }

  private static String sha256(String text) throws Exception {
    return java.util.HexFormat.of()
        .formatHex(
            java.security.MessageDigest.getInstance("SHA-256")
                .digest(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }

  @Test
  void jsonIsAllThatStandardOutputHolds() {
    assertThat(run("policy", "acme", "--profile=cache", "--json")).isZero();
    assertThat(out.toString()).startsWith("{").contains("\"text\": \"ACL SETUSER ").endsWith("}\n");
    assertThat(run("policy", "acme", "--profile=cache", "--format=withheld", "--json")).isZero();
    assertThat(out.toString()).startsWith("[").contains("\"command\": \"SCAN\"").endsWith("]\n");
    assertThat(
            runOn("provision", "create", "acme", "--profile=cache", "--print-password", "--json"))
        .isZero();
    assertThat(out.toString()).startsWith("{\n\"password\": \"").contains("\"report\": {");
    assertThat(out.toString()).endsWith("}\n");
  }

  @Test
  void tlsOptionsWithoutTlsAndAnEmptyPasswordAreRefused() throws Exception {
    Path pem = write("some.pem", "not read");
    assertThat(runOn("audit", "--cacert=" + pem)).isEqualTo(2);
    assertThat(err.toString()).contains("write rediss://");
    Files.writeString(directory.resolve("admin"), "\n");
    assertThat(runOn("audit")).isEqualTo(2);
    assertThat(err.toString()).contains("is empty");
  }

  @Test
  void tlsWithACertificateOfTheClientAndAnAuthorityOfOnesOwn() {
    TestCertificates certificates = TestCertificates.shared();
    try (RedisServer encrypted =
        RedisServer.builder()
            .adminUser("root", "root-password")
            .tls(certificates, certificates.server())
            .requireClientCertificate()
            .start()) {
      List<String> login =
          List.of(
              "--uri=rediss://root@127.0.0.1:" + encrypted.tlsPort(),
              "--password-file=" + directory.resolve("admin"));
      List<String> tls =
          List.of(
              "--cacert=" + certificates.caPem(),
              "--cert=" + certificates.client().certificatePem(),
              "--key=" + certificates.client().keyPem());

      assertThat(run(concat(List.of("provision", "list", "--all"), login, tls))).isZero();
      assertThat(out.toString()).contains("on  root");
      assertThat(run(concat(List.of("provision", "list"), login, tls.subList(0, 1)))).isEqualTo(3);
      assertThat(run(concat(List.of("provision", "list"), login, tls.subList(1, 3)))).isEqualTo(3);
      assertThat(err.toString()).contains("cannot be reached").contains("certification path");
      assertThat(run(concat(List.of("provision", "list"), login, tls.subList(0, 2)))).isEqualTo(2);
    }
  }

  private static String[] concat(List<String> command, List<String> login, List<String> tls) {
    return Stream.of(command, login, tls).flatMap(List::stream).toArray(String[]::new);
  }

  @Test
  void aPasswordFileThatNoPasswordCameIntoIsNotLeftBehind() {
    Path file = directory.resolve("new");
    create("acme", "--profile=cache");
    assertThat(
            runOn("provision", "create", "acme", "--profile=cache", "--new-password-file=" + file))
        .isEqualTo(3);
    assertThat(file).doesNotExist();
  }

  @Test
  void whatAFileDoesNotSayForSureIsNotVerified() throws Exception {
    for (String body :
        List.of(
            "user_name = \"tenant_a\"\naccess_string = var.rules",
            "user_name = \"tenant_a\"\naccess_string = \"on ~${var.p}* +get\"",
            "user_name = \"tenant_a\"",
            "user_name = \"a\"\nuser_name = \"b\"\naccess_string = \"on +get\"",
            "user a on ~*\nuser a on ~tenant:a:*")) {
      assertThat(run("verify", "--file=" + write("unsure", body))).as(body).isEqualTo(2);
    }
  }

  @Test
  void verifyProvesAServersUsersAndFailsAPipelineWhenOneReachesTooFar() {
    create("acme", "--profile=session");
    assertThat(runOn("verify")).isZero();
    assertThat(runOn("verify", "acme", "--profile=session")).isZero();
    assertThat(runOn("verify", "acme", "--profile=queue")).isEqualTo(1);

    server.admin().command("ACL", "SETUSER", "tenant_acme", "~tenant:ac*");
    assertThat(runOn("verify")).isEqualTo(1);
    assertThat(out.toString()).contains("CRITICAL [foreign-key] tenant_acme: ");
    assertThat(runOn("verify", "--json")).isEqualTo(1);
    assertThat(out.toString()).startsWith("{").contains("\"check\": \"foreign-key\"");
  }

  @Test
  void verifyWithoutAUserToCheckIsNoPass() {
    assertThat(runOn("verify")).isEqualTo(1);
    assertThat(err.toString()).contains("No user was checked");
  }

  @Test
  void verifyLoadsFilesIntoAServerOfItsOwn() throws Exception {
    assertThat(
            run(
                "policy",
                "acme",
                "--profile=read_only,session=session:",
                "--format=aclfile",
                "--password-hash=" + "0".repeat(64)))
        .isZero();
    Path good = write("good.acl", out.toString());
    assertThat(run("verify", "--file=" + good)).isZero();

    Path prefixes =
        write(
            "prefixes.acl",
            """
            # A prefix that opens another tenant's keys
            user default off
            user a on >pw resetchannels ~a-* -@all +get (~a-x-* +set)
            user a-b on >pw resetchannels ~a-b-* -@all +get
            """);
    assertThat(run("verify", "--file=" + prefixes, "--any-names")).isEqualTo(1);
    assertThat(out.toString()).contains("user a-b has");
    assertThat(run("verify", "--file=" + prefixes, "--any-names", "--operator=a")).isZero();

    // For this server: the commands of its version are promised, so they must be granted.
    assertThat(runOn("policy", "acme", "--profile=cache", "--format=terraform")).isZero();
    Path terraform = write("acme.tf.json", out.toString());
    assertThat(run("verify", "acme", "--profile=cache", "--file=" + terraform)).isZero();
    Path hcl =
        write(
            "users.tf",
            """
            resource "aws_elasticache_user" "acme" {
              user_name     = "tenant_acme"
              access_string = "on ~* resetchannels -@all +@read"
            }
            """);
    assertThat(run("verify", "--file=" + hcl)).isEqualTo(1);
    assertThat(out.toString()).contains("pattern ~*");
  }

  @Test
  void rulesThatAServerDoesNotTakeAndCommandsItDoesNotHaveAreNamed() throws Exception {
    Path newer =
        write("newer.acl", "user tenant_a on >pw resetchannels ~tenant:a:* +get +nosuch\n");
    assertThat(run("verify", "--file=" + newer)).isEqualTo(1);
    assertThat(out.toString()).contains("UNKNOWN").contains("has no nosuch");
    Path broken = write("broken.acl", "user tenant_a on >secret nonsense\n");
    assertThat(run("verify", "--file=" + broken)).isEqualTo(2);
    assertThat(err.toString()).contains("tenant_a").contains("nonsense").doesNotContain("secret");
    assertThat(run("verify", "--file=" + write("empty", "nothing"))).isEqualTo(2);
    assertThat(run("verify", "--file=" + directory.resolve("none"))).isEqualTo(3);
  }

  private Path write(String name, String content) throws Exception {
    return Files.writeString(directory.resolve(name), content);
  }

  @Test
  void auditPrintsFindingsAndTheLevelAndFailsFromTheChosenSeverityOn() {
    assertThat(runOn("audit")).isEqualTo(1);
    assertThat(out.toString())
        .contains("HIGH")
        .contains("Level: NONE")
        .contains("enable-debug-command");
    assertThat(runOn("audit", "--require-level=none")).isZero();
    assertThat(runOn("audit", "--require-level=basic", "--json")).isEqualTo(1);
    assertThat(out.toString()).startsWith("{").contains("\"level\": \"NONE\"");
  }

  @Test
  void auditAcceptsWhatIsKnownAndNoCheckThatIsNone() {
    assertThat(runOn("audit", "--accept=enable-debug-command", "--require-level=basic")).isZero();
    assertThat(out.toString()).contains("INFO").contains("accepted (HIGH): DEBUG is possible");
    assertThat(runOn("audit", "--accept=nonsense")).isEqualTo(2);
    assertThat(err.toString()).contains("There is no check 'nonsense'");
  }

  @Test
  void coloursAndProgressAreForTerminalsOnly() {
    for (int i = 0; i < 3; i++) {
      server.admin().command("SET", "tenant:acme:" + i, "x");
    }
    assertThat(runOn(Ansi.ON, "data", "summary", "acme")).isZero();
    assertThat(err.toString()).contains("\r3 keys seen");
    assertThat(runOn(Ansi.OFF, "data", "summary", "acme")).isZero();
    assertThat(err.toString()).isEmpty();

    assertThat(runOn(Ansi.ON, "audit")).isEqualTo(1);
    assertThat(out.toString()).contains("\u001b[31mHIGH");
    assertThat(runOn(Ansi.OFF, "audit")).isEqualTo(1);
    assertThat(out.toString()).contains("HIGH").doesNotContain("\u001b");
    assertThat(runOn(Ansi.ON, "audit", "--json")).isEqualTo(1);
    assertThat(out.toString()).doesNotContain("\u001b");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void whatIsSavedIsThereAfterARestartAlsoOfAnIncident() {
    String password = create("acme", "--profile=cache", "--save");
    server.restart();
    server.connect("tenant_acme", password).close();

    assertThat(runOn("incident", "acme", "--save", "--evidence=" + directory.resolve("one")))
        .isZero();
    assertThat(out.toString()).contains("connections ended, saved");
    server.restart();
    assertThatThrownBy(() -> server.connect("tenant_acme", password))
        .isInstanceOf(RespErrorException.class);
  }

  @Test
  void incidentBlocksTheUserAndLeavesTheEvidence() throws Exception {
    String password = create("acme", "--profile=cache");
    Path file = directory.resolve("evidence.json");
    try (RespConnection thief = server.connect("tenant_acme", password)) {
      thief.tryCommand("GET", "tenant:other:x");
      assertThat(runOn("incident", "acme", "--evidence=" + file)).isZero();
    }

    assertThat(out.toString()).contains("blocked, 1 connections ended").contains("SHA-256");
    assertThat(Files.readString(file)).contains("tenant:other:x");
    assertThat(runOn("incident", "nobody", "--evidence=" + file)).isEqualTo(3);
  }

  @Test
  void dataIsCountedExportedDeletedAndImported() {
    for (int i = 0; i < 20; i++) {
      server.admin().command("SET", "tenant:acme:" + i, "x");
    }
    server.admin().command("SET", "tenant:other:1", "x");
    Path file = directory.resolve("acme.data");

    assertThat(runOn("data", "summary", "acme")).isZero();
    assertThat(out.toString()).contains("20 keys");
    assertThat(runOn("data", "export", "acme", file.toString(), "--json")).isZero();
    assertThat(out.toString()).contains("\"keys\": 20");
    assertThat(runOn("data", "delete", "acme", "--dry-run")).isZero();
    assertThat(server.admin().integer("DBSIZE")).isEqualTo(21);
    assertThat(runOn("data", "delete", "acme", "--yes")).isZero();
    assertThat(server.admin().integer("DBSIZE")).isEqualTo(1);
    assertThat(runOn("data", "import", "acme", file.toString(), "--dry-run")).isZero();
    assertThat(server.admin().integer("DBSIZE")).isEqualTo(1);
    assertThat(runOn("data", "import", "acme", file.toString())).isZero();
    assertThat(server.admin().integer("DBSIZE")).isEqualTo(21);
    assertThat(runOn("data", "import", "acme", file.toString())).isEqualTo(3);
    assertThat(runOn("data", "import", "acme", file.toString(), "--existing=keep")).isZero();
  }

  @Test
  void helpExplainsEachCommand() {
    for (String command :
        List.of("policy", "provision", "verify", "audit", "incident", "data", "move")) {
      assertThat(run(command, "--help")).as(command).isZero();
      assertThat(out.toString()).contains("Usage: tenant-redis " + command);
    }
    assertThat(run("--version")).isZero();
  }
}
