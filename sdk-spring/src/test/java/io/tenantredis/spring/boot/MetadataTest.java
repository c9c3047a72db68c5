package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.DefaultValue;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What IDEs show for tenant-redis.* is what there is. */
class MetadataTest {

  @Test
  void everyPropertyIsDescribedWithItsDefault() throws Exception {
    Map<String, String> described = new TreeMap<>();
    try (InputStream json =
        getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
      for (JsonNode property : JsonMapper.shared().readTree(json).get("properties")) {
        assertThat(property.get("description").asString()).endsWith(".");
        JsonNode value = property.get("defaultValue");
        described.put(
            property.get("name").asString(),
            value == null
                ? ""
                : value.isArray() ? value.get(0).asString() : value.asString().toLowerCase());
      }
    }
    Map<String, String> there = new TreeMap<>();
    collect("tenant-redis", TenantRedisProperties.class, there);
    assertThat(described).isEqualTo(there);
  }

  @Test
  void thePageOfThePropertiesSaysWhatTheMetadataSays() throws Exception {
    List<String> described = new ArrayList<>();
    try (InputStream json =
        getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
      for (JsonNode property : JsonMapper.shared().readTree(json).get("properties")) {
        JsonNode value = property.get("defaultValue");
        String text =
            value == null ? "-" : "`" + (value.isArray() ? value.get(0) : value).asString() + "`";
        described.add(
            "`"
                + property.get("name").asString()
                + "` "
                + text
                + " "
                + property.get("description").asString());
      }
    }
    List<String> documented = new ArrayList<>();
    Path page =
        Path.of("").toAbsolutePath().getParent().resolve("docs").resolve("spring-properties.md");
    for (String line : Files.readAllLines(page)) {
      if (line.startsWith("| `")) {
        String[] cells = line.split("(?<!\\\\)\\|");
        documented.add(
            cells[1].trim() + " " + cells[3].trim() + " " + cells[4].trim().replace("\\|", "|"));
      }
    }
    assertThat(documented).isEqualTo(described);
  }

  private static void collect(String prefix, Class<?> type, Map<String, String> into) {
    for (RecordComponent component : type.getRecordComponents()) {
      String name = prefix + "." + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase();
      if (component.getType().isRecord()) {
        collect(name, component.getType(), into);
      } else {
        DefaultValue value = parameter(type, component.getName());
        into.put(
            name, value == null || value.value().length == 0 ? "" : value.value()[0].toLowerCase());
      }
    }
  }

  private static DefaultValue parameter(Class<?> type, String name) {
    for (var parameter : type.getDeclaredConstructors()[0].getParameters()) {
      if (parameter.getName().equals(name)) {
        return parameter.getAnnotation(DefaultValue.class);
      }
    }
    throw new IllegalStateException(name);
  }
}
