package io.tenantredis.admin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import io.tenantredis.test.server.RespError;
import io.tenantredis.test.server.RespErrorException;
import io.tenantredis.test.server.SeenCommand;
import io.tenantredis.test.server.WireProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tenant moves with the tool. */
class MoveCommandTest {

  private static final Path PAGE = Path.of("..", "docs", "endpoints.md");
  private static final String PASSWORD = "password of acme";

  private static RedisServer here;
  private static RedisServer there;

  @TempDir Path directory;

  private Path admin;

  @BeforeAll
  static void start() {
    here = RedisServer.builder().adminUser("root", "root-password").start();
    there = RedisServer.builder().adminUser("root", "other-password").start();
  }

  @AfterAll
  static void stop() {
    here.close();
    there.close();
  }

  @BeforeEach
  void makeTenants() throws Exception {
    admin = Files.writeString(directory.resolve("admin"), "root-password\n");
    Files.writeString(directory.resolve("other"), "other-password\n");
    Path password = Files.writeString(directory.resolve("acme"), PASSWORD + "\n");
    java.io.InputStream before = System.in;
    try (java.io.InputStream given = Files.newInputStream(password)) {
      System.setIn(given);
      assertThat(
              ToolRun.on(
                      here,
                      admin,
                      "provision",
                      "apply",
                      "acme",
                      "--profile=cache",
                      "--password-stdin")
                  .exitCode())
          .isZero();
    } finally {
      System.setIn(before);
    }
    for (int i = 0; i < 20; i++) {
      here.admin().command("SET", "tenant:acme:" + i, "v" + i);
    }
    here.admin().command("SET", "tenant:other:1", "not acme's");
  }

  @AfterEach
  void empty() {
    for (RedisServer server : List.of(here, there)) {
      server.admin().command("FLUSHALL");
      server.admin().command("ACL", "DELUSER", "tenant_acme");
    }
  }

  private ToolRun move(String... arguments) {
    return moveTo(there.port(), arguments);
  }

  private ToolRun moveTo(int port, String... arguments) {
    List<String> all = new ArrayList<>(List.of("move"));
    all.addAll(List.of(arguments));
    all.add("--target-uri=redis://root@127.0.0.1:" + port);
    all.add("--target-password-file=" + directory.resolve("other"));
    return ToolRun.on(here, admin, all.toArray(new String[0]));
  }

  private ToolRun done(String... arguments) {
    ToolRun run = move(arguments);
    assertThat(run.exitCode()).as("%s: %s %s", List.of(arguments), run.out(), run.err()).isZero();
    assertThat(run.out() + run.err()).doesNotContain("root-password", "other-password", PASSWORD);
    return run;
  }

  private static void assertMayWriteOnlyOn(RedisServer server, RedisServer other) {
    try (RespConnection tenant = server.connect("tenant_acme", PASSWORD)) {
      assertThat(tenant.command("SET", "tenant:acme:new", "x")).isEqualTo("OK");
    }
    try (RespConnection tenant = other.connect("tenant_acme", PASSWORD)) {
      assertThat(tenant.tryCommand("SET", "tenant:acme:new", "x")).isInstanceOf(RespError.class);
    } catch (RespErrorException refused) {
      assertThat(refused).hasMessageContaining("WRONGPASS");
    }
    // A server notices a closed connection a moment later than the client.
    server.admin().command("CLIENT", "KILL", "USER", "tenant_acme");
  }

  @Test
  void theCommandsOfTheGuideMoveATenant() throws Exception {
    Matcher block =
        Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(PAGE));
    int commands = 0;
    while (block.find()) {
      for (String line :
          block.group(1).lines().filter(l -> l.startsWith("tenant-redis ")).toList()) {
        String command = line.replace("./tell-applications", program("exit 0").toString());
        String[] words = command.split(" ");
        done(List.of(words).subList(2, words.length).toArray(new String[0]));
        commands++;
        if (words[2].equals("run")) {
          // The page shows two ways: the other one begins anew.
          empty();
          makeTenants();
        }
      }
    }
    assertThat(commands).isEqualTo(4);
    assertThat(here.admin().list("ACL", "USERS")).doesNotContain("tenant_acme");
    assertThat(here.admin().integer("DBSIZE")).as("the other tenant's").isEqualTo(1);
    assertThat(there.admin().integer("DBSIZE")).isEqualTo(20);
    assertThat(there.admin().command("GET", "tenant:acme:7")).isEqualTo("v7");
    there.connect("tenant_acme", PASSWORD).close();
  }

  private Path program(String script) throws IOException {
    Path program = Files.writeString(directory.resolve("tell"), "#!/bin/sh\n" + script + "\n");
    return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void eachStepSaysWhatItDidAndTheWindowBeginsWithTheCutOver() {
    assertThat(done("copy", "acme", "--profile=cache").out()).contains("copy: 20 keys, 20 copied");
    assertMayWriteOnlyOn(here, there);
    assertThat(done("copy", "acme", "--profile=cache").out()).contains("1 copied", "20 the same");
    ToolRun cutOver = done("cut-over", "acme", "--profile=cache");
    assertThat(cutOver.out()).contains("cut over: 21 keys, 0 copied", "no writes for");
    assertThat(cutOver.err()).contains("switch its applications over now");
    assertMayWriteOnlyOn(there, here);
    try (RespConnection tenant = here.connect("tenant_acme", PASSWORD)) {
      assertThat(tenant.command("GET", "tenant:acme:1")).isEqualTo("v1");
    }
    assertThat(move("copy", "acme", "--profile=cache").exitCode()).as("lives there").isEqualTo(3);
    assertThat(move("finish", "acme", "--profile=cache").exitCode()).as("--yes").isEqualTo(2);
    done("finish", "acme", "--profile=cache", "--yes");
    assertThat(here.admin().integer("DBSIZE")).as("keys stay").isEqualTo(22);
    assertThatThrownBy(() -> here.connect("tenant_acme", PASSWORD))
        .isInstanceOf(RespErrorException.class);
  }

  @Test
  void anAbortedMoveLeavesTheTenantWhereItWas() {
    done("copy", "acme", "--profile=cache");
    done("cut-over", "acme", "--profile=cache");
    assertThat(done("abort", "acme", "--profile=cache").out()).contains("is where it was");
    assertMayWriteOnlyOn(here, there);
  }

  private static boolean letsIn(SeenCommand command) {
    return command.fullName().equals("ACL SETUSER")
        && command.args().get(command.args().size() - 1).equals("on");
  }

  @Test
  void aServerThatIsLostInTheWindowIsAFailureAndWhatIsLeftToDoIsSaid() throws Exception {
    Path calls = directory.resolve("calls");
    Path program = program("echo $1 >> " + calls);
    try (WireProxy proxy = WireProxy.to(there)) {
      // The server lets the user in, and is never heard of again.
      AtomicBoolean lost = new AtomicBoolean();
      proxy
          .onCommands(command -> letsIn(command) && !lost.getAndSet(true))
          .once()
          .resetAfterForwarding();
      proxy.onCommands(command -> lost.get() && !letsIn(command)).always().resetBeforeForwarding();
      ToolRun run =
          moveTo(proxy.port(), "run", "acme", "--profile=cache", "--switchover=" + program);
      assertThat(run.exitCode()).isEqualTo(3);
      assertThat(run.err())
          .contains("resume of user tenant_acme is not complete")
          .contains("can only read on the old servers")
          .contains("run abort")
          .doesNotContain("is where it was", "not all applications may know");
      assertThat(Files.readAllLines(calls)).containsExactly("hold", "release");

      ToolRun abort = moveTo(proxy.port(), "abort", "acme", "--profile=cache");
      assertThat(abort.exitCode()).isEqualTo(3);
      assertThat(moveTo(proxy.port(), "abort", "acme", "--profile=cache", "--discard").exitCode())
          .as("--yes")
          .isEqualTo(2);
      try (RespConnection tenant = here.connect("tenant_acme", PASSWORD)) {
        assertThat(tenant.tryCommand("SET", "tenant:acme:new", "x")).isInstanceOf(RespError.class);
      }
      ToolRun discard =
          moveTo(proxy.port(), "abort", "acme", "--profile=cache", "--discard", "--yes");
      assertThat(discard.exitCode()).isEqualTo(1);
      assertThat(discard.err()).contains("suspend it there");
    }
    try (RespConnection tenant = here.connect("tenant_acme", PASSWORD)) {
      assertThat(tenant.command("SET", "tenant:acme:new", "x")).isEqualTo("OK");
    }
  }

  @Test
  void whatWasWrittenOnTheNewServerIsGivenUpOnlyWhenThatIsSaid() {
    done("cut-over", "acme", "--profile=cache");
    there.admin().command("SET", "tenant:acme:1", "newer");
    ToolRun refused = move("abort", "acme", "--profile=cache");
    assertThat(refused.exitCode()).isEqualTo(3);
    assertThat(refused.err()).contains("1 key is different");
    assertMayWriteOnlyOn(there, here);
    done("abort", "acme", "--profile=cache", "--discard", "--yes");
    assertMayWriteOnlyOn(here, there);
  }

  @Test
  void aTenantThatLivesOnTheServerThatWasCalledOldIsNotDeleted() {
    done("cut-over", "acme", "--profile=cache");
    List<String> exchanged =
        List.of(
            "move",
            "finish",
            "acme",
            "--profile=cache",
            "--delete-keys",
            "--yes",
            "--target-uri=redis://root@127.0.0.1:" + here.port(),
            "--target-password-file=" + admin);
    ToolRun run = ToolRun.on(there, directory.resolve("other"), exchanged.toArray(new String[0]));
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).contains("may write there", "nothing was deleted");
    assertMayWriteOnlyOn(there, here);
    assertThat(there.admin().integer("DBSIZE")).isEqualTo(21);
  }

  @Test
  void aProgramIsToldToHoldAndToSwitchOver() throws Exception {
    Path calls = directory.resolve("calls");
    Path program =
        program("echo \"$@\" >> " + calls + "; env | grep -c TENANT_REDIS_ADMIN; exit 0");
    ToolRun run = done("run", "acme", "--profile=cache", "--json", "--switchover=" + program);
    assertThat(run.out())
        .startsWith("{")
        .contains("\"action\": \"cut over\"", "\"windowMillis\": ");
    assertThat(Files.readAllLines(calls)).containsExactly("hold acme", "switch-over acme");
    assertMayWriteOnlyOn(there, here);
  }

  @Test
  void applicationsThatDoNotHoldKeepTheTenantWhereItIs() throws Exception {
    Path calls = directory.resolve("calls");
    Path program = program("echo $1 >> " + calls + "; test $1 != hold");
    ToolRun run = move("run", "acme", "--profile=cache", "--switchover=" + program);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("hold acme' ended with 1").contains("is where it was");
    assertThat(Files.readAllLines(calls)).containsExactly("hold", "release");
    assertMayWriteOnlyOn(here, there);
    assertThat(move("run", "acme", "--profile=cache", "--switchover=/nowhere").exitCode())
        .isEqualTo(2);
  }

  @Test
  void aProgramThatDoesNotEndIsEndedAndWhatIsNotToldIsSaid() throws Exception {
    Path program = program("test $1 = hold || exec sleep 600");
    ToolRun run =
        move("run", "acme", "--profile=cache", "--switchover=" + program, "--switchover-timeout=5");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("did not end within 5 s", "not all applications may know");
    assertMayWriteOnlyOn(there, here);
  }

  @Test
  void whatIsMissingOrWrongIsNamedAsTheTargetsAndChangesNothing() {
    ToolRun none = ToolRun.on(here, admin, "move", "copy", "acme", "--profile=cache");
    assertThat(none.exitCode()).isEqualTo(2);
    assertThat(none.err()).contains("--target-uri", "$TENANT_REDIS_TARGET_URI");
    ToolRun same =
        ToolRun.on(
            here,
            admin,
            "move",
            "copy",
            "acme",
            "--profile=cache",
            "--target-uri=redis://root@127.0.0.1:" + here.port(),
            "--target-password-file=" + admin);
    assertThat(same.exitCode()).isEqualTo(3);
    assertThat(same.err()).contains("are the same");
    assertThat(move("copy", "acme").exitCode()).as("no profile").isEqualTo(2);
    assertThat(move("copy", "acme", "--profile=queue").exitCode()).as("another").isEqualTo(3);
    assertThat(there.admin().integer("DBSIZE")).isZero();
    assertThat(there.admin().list("ACL", "USERS")).doesNotContain("tenant_acme");
  }
}
