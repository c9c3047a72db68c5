package io.tenantredis.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

class ReportTest {

  private static final Environment SOMEWHERE =
      new Environment("17", "Linux", 2, "redis 7", 15, 250, 1.25, 2.5);

  private final Result rate =
      result(Unit.OPERATIONS, "sync-get-8", new Sample(1_234.5, 1_000, 2_000), 1.2346);
  private final Result memory =
      result(Unit.BYTES, "memory", new Sample(10_000, 9_000, 11_000), 0.25);

  @Test
  void aRatioIsOneLineOfFiveFieldsWithTabsBetweenThem() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Report.ratioLines(rate, new PrintStream(out, true, StandardCharsets.UTF_8));
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .containsExactly("ratio\tsync-get-8\ttenant-redis\tlettuce\t1.235");
  }

  @Test
  void whereTheServersOwnToolTookPartTheOthersAreComparedWithItAsWell() {
    Sample tenth = new Sample(100, 90, 110);
    Map<String, Sample> figures = new LinkedHashMap<>();
    figures.put("tenant-redis", new Sample(500, 500, 500));
    figures.put("lettuce", tenth);
    figures.put(RedisBenchmarkPeer.NAME, new Sample(1_000, 1_000, 1_000));
    Map<String, Sample> ratios = new LinkedHashMap<>();
    ratios.put("lettuce", new Sample(5, 5, 5));
    ratios.put(RedisBenchmarkPeer.NAME, new Sample(0.5, 0.5, 0.5));
    Result result = new Result(rate.measure(), "tenant-redis", figures, ratios);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Report.ratioLines(result, new PrintStream(out, true, StandardCharsets.UTF_8));
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "ratio\tsync-get-8\ttenant-redis\tlettuce\t5.000",
            "ratio\tsync-get-8\ttenant-redis\tredis-benchmark\t0.500",
            "ratio\tsync-get-8\tlettuce\tredis-benchmark\t0.100");
    assertThat(Report.markdown(SOMEWHERE, List.of(result)))
        .contains("| | lettuce beside redis-benchmark | | | 0.10 |");
  }

  @Test
  void theTableSaysMedianAndQuartilesOfBoth() {
    assertThat(Report.markdown(SOMEWHERE, List.of(rate)))
        .contains("2 cores", "load average 1.3 before and 2.5 after", "## " + Group.CALLS.title())
        .contains("| `sync-get-8`: what sync-get-8 does | tenant-redis | 1,235 (1,000 to 2,000) |")
        .contains("| operations/s | 1.23 (0.50 to 2.00) |");
  }

  @Test
  void whereTheSubjectIsBehindIsSaidFirst() {
    assertThat(Report.markdown(SOMEWHERE, List.of(rate))).doesNotContain("is behind");
    Result slow =
        new Result(
            rate.measure(),
            "tenant-redis",
            rate.figures(),
            Map.of("jedis-pool", new Sample(0.5, 0.4, 0.6)));
    Result small =
        new Result(
            memory.measure(),
            "tenant-redis",
            memory.figures(),
            Map.of("lettuce", new Sample(0.5, 0.4, 0.6)));
    assertThat(Report.markdown(SOMEWHERE, List.of(slow, small)))
        .contains("| `sync-get-8`: what sync-get-8 does | jedis-pool | 0.50 (0.40 to 0.60) |")
        .doesNotContain("| `memory`: what memory does | lettuce | 2.00");
  }

  @Test
  void whatIsWrittenForProgramsHoldsEverything() {
    assertThat(Report.json(SOMEWHERE, List.of(rate, memory)))
        .contains("\"measure\": \"sync-get-8\"", "\"measure\": \"memory\"")
        .contains("\"moreIsBetter\": true", "\"moreIsBetter\": false")
        .contains(
            "\"figure\": {\"median\": 1234.5, \"lowerQuartile\": 1000.0, \"upperQuartile\":"
                + " 2000.0}")
        .contains(
            "\"ratio\": {\"median\": 1.2346, \"lowerQuartile\": 0.5000, \"upperQuartile\":"
                + " 2.0000}");
  }

  @Test
  void aPictureIsXmlWithALineForEachRatio() throws Exception {
    String svg = Plot.svg("a < b & c", List.of(rate, memory));
    Document picture =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    assertThat(picture.getElementsByTagName("circle").getLength()).isEqualTo(2);
    assertThat(svg).contains("a &lt; b &amp; c", "1.23 (0.50 to 2.00)", "4.00 (0.50 to 2.00)");
  }

  @Test
  void toTheRightIsWhatIsBetterWhateverTheUnit() {
    Sample ratio = new Sample(0.25, 0.2, 0.5);
    assertThat(Plot.advantage(rate, ratio)).isEqualTo(ratio);
    assertThat(Plot.advantage(memory, ratio)).isEqualTo(new Sample(4, 2, 5));
  }

  @Test
  void whatHasNoLogarithmSpoilsNoPicture() {
    String svg =
        Plot.svg(
            "t",
            List.of(
                result(Unit.OPERATIONS, "nothing", new Sample(0, 0, 0), Double.NaN),
                result(Unit.BYTES, "shrank", new Sample(1, 1, 1), -0.7)));
    assertThat(svg).doesNotContain("x=\"NaN", "x1=\"NaN", "x2=\"NaN", "cx=\"NaN", "Infinity\"");
  }

  @Test
  void whoIsAheadIsOnlySaidWhereBothQuartilesAgree() {
    String ahead = Plot.colour(new Sample(1.2, 1.1, 1.3));
    String behind = Plot.colour(new Sample(0.8, 0.7, 0.9));
    String open = Plot.colour(new Sample(1.2, 0.9, 1.3));
    assertThat(List.of(ahead, behind, open)).doesNotHaveDuplicates();
  }

  private static Result result(Unit unit, String name, Sample figures, double ratio) {
    Map<String, Sample> byContestant = new LinkedHashMap<>();
    byContestant.put("tenant-redis", figures);
    byContestant.put("lettuce", figures);
    return new Result(
        new Measure(Group.CALLS, name, "what " + name + " does", unit),
        "tenant-redis",
        byContestant,
        Map.of("lettuce", new Sample(ratio, 0.5, 2)));
  }
}
