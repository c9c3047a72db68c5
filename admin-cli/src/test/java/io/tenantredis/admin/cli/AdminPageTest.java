package io.tenantredis.admin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.test.server.RedisServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/admin.md, README.md and SECURITY.md show commands that work. */
class AdminPageTest {

  private static final Path PAGE = Path.of("..", "docs", "admin.md");
  private static final Pattern SHELL = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern FILE =
      Pattern.compile("(.*?)([a-z][a-z.-]*\\.(?:password|new|acl|json|data))");

  @TempDir Path directory;

  private static List<String> commands(Path page) throws IOException {
    List<String> commands = new ArrayList<>();
    Matcher block = SHELL.matcher(Files.readString(page));
    while (block.find()) {
      block
          .group(1)
          .lines()
          .filter(line -> line.startsWith("tenant-redis "))
          .forEach(commands::add);
    }
    return commands;
  }

  @Test
  void everyCommandOfTheGuideWorksOneAfterTheOther() throws Exception {
    Path password = Files.writeString(directory.resolve("admin"), "root-password\n");
    try (RedisServer server = RedisServer.builder().adminUser("root", "root-password").start()) {
      server.admin().command("SET", "tenant:acme:k", "v");
      List<String> commands = commands(PAGE);
      assertThat(commands).hasSizeGreaterThan(30);
      for (String command : commands) {
        Line line = line(command);
        InputStream before = System.in;
        ToolRun run;
        try {
          if (line.input != null) {
            System.setIn(new ByteArrayInputStream(Files.readAllBytes(line.input)));
          }
          run = ToolRun.on(server, password, line.words.toArray(new String[0]));
        } finally {
          System.setIn(before);
        }
        assertThat(run.exitCode()).as("%s: %s %s", command, run.out(), run.err()).isZero();
        if (line.output != null) {
          Files.writeString(line.output, run.out());
        }
      }
      assertThat(server.admin().list("ACL", "USERS"))
          .contains("tenant_globex")
          .doesNotContain("tenant_acme");
    }
  }

  private record Line(List<String> words, Path input, Path output) {}

  /** As a shell would, as far as the page needs one; files are in the test's directory. */
  private Line line(String command) {
    Path input = null;
    Path output = null;
    List<String> words = new ArrayList<>();
    String[] all = command.split(" ", -1);
    for (int i = 1; i < all.length; i++) {
      switch (all[i]) {
        case "<" -> input = Path.of(inDirectory(all[++i]));
        case ">" -> output = Path.of(inDirectory(all[++i]));
        default -> words.add(inDirectory(all[i]));
      }
    }
    return new Line(words, input, output);
  }

  private String inDirectory(String word) {
    Matcher file = FILE.matcher(word);
    return file.matches() ? file.group(1) + directory.resolve(file.group(2)) : word;
  }

  @Test
  void otherPagesShowCommandsThatTheToolUnderstands() throws Exception {
    for (String page : List.of("README.md", "SECURITY.md")) {
      List<String> commands = commands(Path.of("..", page));
      assertThat(commands).as(page).isNotEmpty();
      for (String command : commands) {
        TenantRedisTool.commandLine().parseArgs(line(command).words.toArray(new String[0]));
      }
    }
  }

  @Test
  void theTableOfJsonFieldsIsWhatTheToolPrints() throws Exception {
    Path password = Files.writeString(directory.resolve("admin"), "root-password\n");
    Path data = directory.resolve("acme.data");
    try (RedisServer server = RedisServer.builder().adminUser("root", "root-password").start()) {
      String[][] commands = {
        {"`policy`", "policy", "acme", "--profile=cache"},
        {"`policy --format=withheld`", "policy", "acme", "--profile=cache", "--format=withheld"},
        {
          "`provision create`, `rotate` with `--print-password`",
          "provision",
          "create",
          "acme",
          "--profile=cache",
          "--print-password"
        },
        {"other changes by `provision`", "provision", "suspend", "acme"},
        {
          "`provision create`, `rotate` with `--print-password`",
          "provision",
          "create",
          "globex",
          "--profile=cache",
          "--print-password"
        },
        {"`provision list`", "provision", "list"},
        {"`provision drift`", "provision", "drift", "acme", "--profile=queue"},
        {"`verify`", "verify"},
        {"`audit`", "audit"},
        {"`incident`", "incident", "acme", "--evidence=" + directory.resolve("evidence")},
        {"`data summary`", "data", "summary", "acme"},
        {"`data export`, `import`, `delete`", "data", "export", "acme", data.toString()},
      };
      for (String[] command : commands) {
        List<String> words = new ArrayList<>(Arrays.asList(command).subList(1, command.length));
        words.add("--json");
        ToolRun run = ToolRun.on(server, password, words.toArray(new String[0]));
        assertThat(topFields(run.out())).as(command[0]).isEqualTo(documented(command[0]));
      }
      try (RedisServer other = RedisServer.builder().adminUser("root", "root-password").start()) {
        ToolRun run =
            ToolRun.on(
                server,
                password,
                "move",
                "copy",
                "globex",
                "--profile=cache",
                "--json",
                "--target-uri=redis://root@127.0.0.1:" + other.port(),
                "--target-password-file=" + password);
        assertThat(topFields(run.out())).isEqualTo(documented("`move`"));
      }
    }
  }

  /** The fields of an object, or of the objects in a list. */
  private static Set<String> topFields(String json) {
    Set<String> fields = new TreeSet<>();
    int depth = 0;
    int level = json.startsWith("[") ? 2 : 1;
    Matcher token = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"(:)?|[\\[{]|[\\]}]").matcher(json);
    while (token.find()) {
      String text = token.group();
      if (text.equals("{") || text.equals("[")) {
        depth++;
      } else if (text.equals("}") || text.equals("]")) {
        depth--;
      } else if (token.group(2) != null && depth == level) {
        fields.add(token.group(1));
      }
    }
    assertThat(depth).as("brackets of " + json).isZero();
    return fields;
  }

  private static Set<String> documented(String command) throws IOException {
    String row =
        Files.readAllLines(PAGE).stream()
            .filter(line -> line.startsWith("| " + command + " |"))
            .findFirst()
            .orElseThrow();
    return Pattern.compile("`([A-Za-z0-9]+)`")
        .matcher(row.substring(command.length() + 4))
        .results()
        .map(field -> field.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void theTableOfExitCodesIsComplete() throws Exception {
    assertThat(Files.readAllLines(PAGE))
        .filteredOn(line -> line.matches("\\| [0-9] \\| .*"))
        .extracting(line -> Integer.valueOf(line.substring(2, 3)))
        .containsExactly(ExitCodes.OK, ExitCodes.FOUND, ExitCodes.USAGE, ExitCodes.FAILED);
  }
}
