package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Run with {@code -Dtenantredis.docs.write=true} to write the page after a change of the table. */
class CommandsPageTest {

  @Test
  void the_page_is_what_the_table_says() throws IOException {
    Path page = repository().resolve("docs/commands.md");
    String wanted = CommandsPage.of(CommandRules.standard());
    if (Boolean.getBoolean("tenantredis.docs.write")) {
      Files.createDirectories(page.getParent());
      Files.writeString(page, wanted);
    }
    assertThat(page)
        .as("docs/commands.md is outdated: run this test with -Dtenantredis.docs.write=true")
        .content()
        .isEqualTo(wanted);
  }

  @Test
  void no_group_of_the_table_is_missing_from_the_page() {
    assertThat(CommandsPage.isComplete(CommandRules.standard())).isTrue();
    String page = CommandsPage.of(CommandRules.standard());
    assertThat(CommandRules.standard().all())
        .allSatisfy(rule -> assertThat(page).contains("| `" + rule.name() + "` |"));
  }

  private static Path repository() {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("LICENSE"))) {
      at = at.getParent();
    }
    return at;
  }
}
