package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The documentation says what the code does. */
class DocumentationTest {

  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
  private static final Pattern JAVA_BLOCK = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]+)(#[^)]*)?\\)");

  @Test
  void everyJavaSampleOfTheDocumentationStandsInACompiledSource() {
    List<String> sources =
        ProjectFiles.endingWith(ROOT, ".java").stream()
            .map(file -> normalized(read(file)))
            .toList();
    List<String> missing = new ArrayList<>();
    for (Path page : pages()) {
      Matcher block = JAVA_BLOCK.matcher(read(page));
      while (block.find()) {
        String sample = normalized(block.group(1));
        if (sources.stream().noneMatch(source -> source.contains(sample))) {
          missing.add(ROOT.relativize(page) + ":\n" + block.group(1));
        }
      }
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void everyLinkBetweenPagesLeadsSomewhere() {
    List<String> broken = new ArrayList<>();
    for (Path page : pages()) {
      Matcher link = LINK.matcher(read(page));
      while (link.find()) {
        String target = link.group(1);
        if (!target.contains("://") && !Files.exists(page.getParent().resolve(target))) {
          broken.add(ROOT.relativize(page) + " -> " + target);
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  private static List<Path> pages() {
    return ProjectFiles.endingWith(ROOT, ".md");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Line breaks and indentation are the formatter's; what is left is the code. */
  private static String normalized(String code) {
    return code.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .collect(Collectors.joining("\n"));
  }
}
