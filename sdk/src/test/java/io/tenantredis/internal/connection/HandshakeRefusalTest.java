package io.tenantredis.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class HandshakeRefusalTest {

  private final HandshakeRefusal refusal = new HandshakeRefusal();

  @Test
  void withoutARefusalTheFailureStaysWhatItIs() {
    Throwable failure = new RedisConnectionException("refused");

    assertThat(refusal.explain(failure)).isSameAs(failure);
  }

  @Test
  void aFailureThatDoesNotTellIsReplacedByWhatTheServerSaid() {
    Throwable failure =
        new CompletionException(new IllegalStateException("RedisHandshakeHandler not registered"));
    refusal.said("WRONGPASS invalid username-password pair");

    assertThat(refusal.explain(failure))
        .isInstanceOf(RedisCommandExecutionException.class)
        .hasMessageStartingWith("WRONGPASS")
        .hasSuppressedException(failure);
  }

  @Test
  void aFailureThatTellsStaysWhatItIs() {
    Throwable failure =
        new CompletionException(new RedisCommandExecutionException("WRONGPASS in its own words"));
    refusal.said("WRONGPASS");

    assertThat(refusal.explain(failure)).isSameAs(failure);
  }

  @Test
  void thePasswordThatAServerRepeatsIsInNoMessage() {
    String repeats = "ERR unknown command 'AUTH', with args beginning with: 'acme' 's3cret' ";
    Throwable failure =
        new RedisConnectionException("refused", new RedisCommandExecutionException(repeats));

    assertThat(refusal.explain(failure))
        .hasMessage("ERR unknown command 'AUTH'")
        .hasNoCause()
        .hasNoSuppressedExceptions();
    refusal.said(repeats);
    assertThat(refusal.explain(new RedisConnectionException("closed")))
        .hasMessage("ERR unknown command 'AUTH'");
  }

  @Test
  void whatTheServerTookInAnotherFormIsNoRefusal() {
    Throwable failure = new RedisConnectionException("closed later");
    refusal.said("ERR unknown command 'HELLO'");
    refusal.taken();

    assertThat(refusal.explain(failure)).isSameAs(failure);
  }
}
