package io.tenantredis.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisURI;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which URIs share what Sentinels answered. */
class PrimaryLookupTest {

  private static String name(String uri) {
    return PrimaryLookup.nameOf(RedisURI.create(uri));
  }

  @Test
  void urisThatAskTheSameSentinelsForTheSamePrimaryInTheSameWayShareTheAnswer() {
    assertThat(name("redis-sentinel://one,two/3#main"))
        .isEqualTo(name("redis-sentinel://one,two#main"));
    assertThat(
            Stream.of(
                "redis-sentinel://one,two#main",
                "rediss-sentinel://one,two#main",
                "rediss-sentinel://one,two?verifyPeer=CA#main",
                "redis-sentinel://one,two#other",
                "redis-sentinel://one:1,two#main",
                "redis-sentinel://one#main"))
        .extracting(PrimaryLookupTest::name)
        .doesNotHaveDuplicates();
  }
}
