package io.tenantredis.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OptionsTest {

  private static List<Scenario> scenarios() {
    return Scenarios.all(
        Scenarios.Sizes.FULL,
        () -> {
          throw new AssertionError("nothing is opened before its turn");
        },
        slots -> {
          throw new AssertionError("nothing is opened before its turn");
        });
  }

  private static List<String> wanted(String... arguments) {
    Options options = Options.parse(arguments);
    return scenarios().stream()
        .filter(options::wants)
        .flatMap(scenario -> scenario.measures().stream())
        .map(Measure::name)
        .toList();
  }

  @Test
  void noTwoMeasuresHaveTheSameName() {
    List<String> names = wanted();
    Set<String> distinct = new HashSet<>(names);
    assertThat(distinct).hasSameSizeAs(names);
  }

  @Test
  void aWordSelectsWhatBeginsWithIt() {
    assertThat(wanted("sync-get", "mget"))
        .containsExactly("sync-get-1", "sync-get-8", "sync-get-32", "mget-100");
  }

  @Test
  void aQuickRunLeavesOutWhatTakesLongUnlessNamed() {
    assertThat(wanted("--quick")).contains("sync-get-1").doesNotContain("memory-evicted");
    assertThat(wanted("--quick", "memory-evicted")).containsExactly("memory-evicted");
    assertThat(wanted()).contains("memory-evicted");
  }

  @Test
  void aQuickRunComparesWithPlainLettuceUnlessToldOtherwise() {
    assertThat(Options.parse("--quick").wantsPeer(LettucePeer.NAME)).isTrue();
    assertThat(Options.parse("--quick").wantsPeer(JedisPeer.NAME)).isFalse();
    assertThat(Options.parse().wantsPeer(JedisPeer.NAME)).isTrue();
    Options told = Options.parse("--quick", "--peers", "glide,jedis-pool");
    assertThat(told.wantsPeer(JedisPeer.NAME)).isTrue();
    assertThat(told.wantsPeer(LettucePeer.NAME)).isFalse();
  }

  @Test
  void filesAndRoundsAreTakenAsGiven() {
    Options options =
        Options.parse("--json", "a", "--markdown", "b", "--plots", "c", "--rounds", "21");
    assertThat(options.json()).isEqualTo(Path.of("a"));
    assertThat(options.markdown()).isEqualTo(Path.of("b"));
    assertThat(options.plots()).isEqualTo(Path.of("c"));
    assertThat(options.rounds()).isEqualTo(21);
  }

  @Test
  void whatIsNotUnderstoodIsRefused() {
    for (String[] wrong :
        new String[][] {
          {"--fast"}, {"--json"}, {"--rounds", "0"}, {"--rounds", "many"}, {"--peers", "lettice"}
        }) {
      assertThatThrownBy(() -> Options.parse(wrong)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
