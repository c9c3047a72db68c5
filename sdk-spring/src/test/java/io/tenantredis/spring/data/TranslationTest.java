package io.tenantredis.spring.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisException;
import io.tenantredis.ErrorCode;
import io.tenantredis.FailureDetails;
import io.tenantredis.Outcome;
import io.tenantredis.TenantBusyException;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedisFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataRetrievalFailureException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.RedisSystemException;

/** Which of Spring's exceptions each failure of the SDK becomes. */
class TranslationTest {

  private static final Map<ErrorCode, Class<? extends DataAccessException>> TABLE =
      new EnumMap<>(
          Map.ofEntries(
              Map.entry(ErrorCode.SEC001, RedisConnectionFailureException.class),
              Map.entry(ErrorCode.SEC002, RedisConnectionFailureException.class),
              Map.entry(ErrorCode.SEC003, PermissionDeniedDataAccessException.class),
              Map.entry(ErrorCode.SEC004, RedisConnectionFailureException.class),
              Map.entry(ErrorCode.SEC005, RedisConnectionFailureException.class),
              Map.entry(ErrorCode.SEC006, RedisConnectionFailureException.class),
              Map.entry(ErrorCode.SEC007, RedisConnectionFailureException.class),
              Map.entry(ErrorCode.SEC008, InvalidDataAccessApiUsageException.class),
              Map.entry(ErrorCode.SEC009, NonTransientDataAccessResourceException.class),
              Map.entry(ErrorCode.SEC010, RedisConnectionFailureException.class),
              Map.entry(ErrorCode.TR001, RedisSystemException.class),
              Map.entry(ErrorCode.TR002, TransientDataAccessResourceException.class),
              Map.entry(ErrorCode.TR003, QueryTimeoutException.class),
              Map.entry(ErrorCode.TR004, RedisConnectionFailureException.class),
              Map.entry(ErrorCode.TR005, RedisConnectionFailureException.class),
              Map.entry(ErrorCode.TR006, TransientDataAccessResourceException.class),
              Map.entry(ErrorCode.TR007, TransientDataAccessResourceException.class),
              Map.entry(ErrorCode.TR008, TransientDataAccessResourceException.class),
              Map.entry(ErrorCode.TR009, RedisConnectionFailureException.class),
              Map.entry(ErrorCode.TR010, TransientDataAccessResourceException.class),
              Map.entry(ErrorCode.TR011, RedisConnectionFailureException.class),
              Map.entry(ErrorCode.TR012, TransientDataAccessResourceException.class),
              Map.entry(ErrorCode.TR013, TransientDataAccessResourceException.class),
              Map.entry(ErrorCode.TR014, NonTransientDataAccessResourceException.class),
              Map.entry(ErrorCode.TR015, DataRetrievalFailureException.class),
              Map.entry(ErrorCode.TR016, RedisConnectionFailureException.class)));

  private static FailureDetails details(ErrorCode code) {
    return new FailureDetails(code, TenantId.of("acme"), "SET", Outcome.REJECTED);
  }

  /** Of any type: the code decides. */
  private static final class Failure extends RedisException implements TenantRedisFailure {

    private static final long serialVersionUID = 1L;
    private final FailureDetails details;

    Failure(ErrorCode code) {
      super("it failed [" + code + "]");
      this.details = TranslationTest.details(code);
    }

    @Override
    public FailureDetails details() {
      return details;
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachCodeBecomesASpringExceptionWithTheFailureAsItsCause(ErrorCode code) {
    Failure failure = new Failure(code);
    DataAccessException translated = Translation.of(failure);
    assertThat(TABLE).as("the table has all codes").containsKey(code);
    assertThat(translated)
        .isExactlyInstanceOf(TABLE.get(code))
        .hasMessageContaining(failure.getMessage())
        .hasCause(failure);
  }

  @Test
  void thePageSaysTheSame() throws Exception {
    Path page = Path.of("").toAbsolutePath().getParent().resolve("docs").resolve("spring.md");
    Map<ErrorCode, String> documented = new EnumMap<>(ErrorCode.class);
    for (String line : Files.readAllLines(page)) {
      if (line.matches("\\| `\\w+Exception` \\|.*")) {
        String[] cells = line.split("\\|");
        Matcher code = Pattern.compile("`((?:SEC|TR)\\d{3})`").matcher(cells[2]);
        while (code.find()) {
          documented.put(ErrorCode.valueOf(code.group(1)), cells[1].trim().replace("`", ""));
        }
      }
    }
    Map<ErrorCode, String> actual = new EnumMap<>(ErrorCode.class);
    TABLE.forEach((code, type) -> actual.put(code, type.getSimpleName()));
    assertThat(documented).isEqualTo(actual);
  }

  @Test
  void aFailureIsFoundInsideOfWhatFuturesAndSpringDataWrapItIn() {
    Failure failure = new Failure(ErrorCode.SEC003);
    for (Throwable wrapped :
        new Throwable[] {
          new CompletionException(failure),
          new ExecutionException(failure),
          new RedisSystemException("Redis exception", failure),
          new CompletionException(new RedisSystemException("Redis exception", failure))
        }) {
      assertThat(Translation.of(wrapped))
          .isInstanceOf(PermissionDeniedDataAccessException.class)
          .hasCause(failure);
    }
  }

  @Test
  void anErrorOfTheServerIsWhatItIsWithoutTheSdk() {
    TenantBusyException exists =
        new TenantBusyException(details(ErrorCode.TR001), "BUSYGROUP the group exists", null);
    assertThat(Translation.of(exists))
        .isExactlyInstanceOf(RedisSystemException.class)
        .hasCauseInstanceOf(RedisBusyException.class);
  }

  @Test
  void whatIsNoFailureOfTheSdkIsLeftToSpringData() {
    assertThat(Translation.of(new IllegalStateException("no"))).isNull();
    assertThat(Translation.of(new RedisException("no"))).isNull();
    assertThat(Translation.of(new CompletionException(new RedisException("no")))).isNull();
  }
}
