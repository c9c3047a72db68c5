package io.tenantredis.internal.keyspace;

import static io.tenantredis.internal.keyspace.Fixtures.command;
import static io.tenantredis.internal.keyspace.Fixtures.decode;
import static io.tenantredis.internal.keyspace.Fixtures.guard;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ArrayOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.KeyListOutput;
import io.lettuce.core.output.KeyScanOutput;
import io.lettuce.core.output.KeyStreamingOutput;
import io.lettuce.core.output.KeyValueOutput;
import io.lettuce.core.output.MultiOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.StreamReadOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.protocol.TransactionalCommand;
import io.tenantredis.PrefixMode;
import io.tenantredis.internal.keyspace.Fixtures.Recorder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplyTest {

  private final Recorder recorder = new Recorder();
  private final Guard guard = guard(PrefixMode.PREFIX, recorder);

  /** What an output that takes anything has after this reply. */
  private Object reply(String words, String reply) {
    GuardedCommand<String, String, List<Object>> guarded = guard.guard(command(words.split(" ")));
    decode(guarded.getOutput(), reply);
    return guarded.isWithheld() ? "withheld" : guarded.getOutput().get().toString();
  }

  @Nested
  class Names_lose_the_prefix_where_the_rule_has_them {

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
        delimiter = ';',
        value = {
          // nowhere
          "GET a;             $13|tenant:acme:a|;                                              [tenant:acme:a]",
          "MGET a;            *2|$13|tenant:acme:a|$-1|;                                       [tenant:acme:a, null]",
          // each
          "PUBSUB CHANNELS;   *2|$13|tenant:acme:a|$12|tenant:acme:|;                          [a, ]",
          "PUBSUB CHANNELS;   ~1|$13|tenant:acme:a|;                                           [a]",
          "PUBSUB CHANNELS;   *0|;                                                             []",
          // first
          "BLPOP a 0;         *2|$13|tenant:acme:a|$13|tenant:acme:a|;                         [a, tenant:acme:a]",
          "BLPOP a 0;         *2|+tenant:acme:a|$1|x|;                                         [a, x]",
          "LMPOP 1 a LEFT;    *2|$13|tenant:acme:a|*2|$13|tenant:acme:a|$1|y|;                 [a, [tenant:acme:a, y]]",
          "BLPOP a 0;         _|;                                                              [null]",
          // scan
          "SCAN 0;            *2|$13|tenant:acme:a|*2|$13|tenant:acme:a|$13|tenant:acme:b|;    [tenant:acme:a, [a, b]]",
          "SCAN 0;            *2|$1|0|*0|;                                                     [0, []]",
          "SCAN 0;            *2|*1|$13|tenant:acme:a|*1|$13|tenant:acme:b|;                   [[tenant:acme:a], [b]]",
          // pairs
          "PUBSUB NUMSUB a;   *4|$13|tenant:acme:a|:1|$13|tenant:acme:b|:0|;                   [a, 1, b, 0]",
          "PUBSUB NUMSUB a;   %1|$13|tenant:acme:a|:1|;                                        [a, 1]",
          // fields
          "CLIENT TRACKINGINFO; *4|$5|flags|*1|$13|tenant:acme:x|$8|prefixes|*1|$13|tenant:acme:x|; [flags, [tenant:acme:x], prefixes, [x]]",
          "CLIENT TRACKINGINFO; %2|$8|prefixes|~2|$13|tenant:acme:x|$13|tenant:acme:y|$1|f|$13|tenant:acme:x|; [prefixes, [x, y], f, tenant:acme:x]",
          "CLIENT TRACKINGINFO; %2|$8|prefixes|*0|$1|f|$13|tenant:acme:x|;                     [prefixes, [], f, tenant:acme:x]",
          "CLIENT TRACKINGINFO; *2|*2|$8|prefixes|$13|tenant:acme:x|$1|f|;                     [[prefixes, tenant:acme:x], f]",
          // rows
          "FT.AGGREGATE i *;  *3|:1|*2|$5|__key|$13|tenant:acme:x|*2|$1|f|$13|tenant:acme:x|;  [1, [__key, x], [f, tenant:acme:x]]",
          "FT.AGGREGATE i *;  %1|$7|results|*1|%1|$16|extra_attributes|%1|$5|__key|$13|tenant:acme:x|; [results, [[extra_attributes, [__key, x]]]]",
          // search
          "FT.SEARCH i *;     *5|:2|$13|tenant:acme:a|*2|$1|f|$13|tenant:acme:v|$13|tenant:acme:b|*0|; [2, a, [f, tenant:acme:v], b, []]",
          "FT.SEARCH i * NOCONTENT; *3|:2|$13|tenant:acme:a|$13|tenant:acme:b|;                [2, a, b]",
          "FT.SEARCH i * RETURN 0; *3|:2|$13|tenant:acme:a|$13|tenant:acme:b|;                 [2, a, b]",
          "FT.SEARCH i * WITHSCORES NOCONTENT; *3|:1|$13|tenant:acme:a|$13|tenant:acme:s|;     [1, a, tenant:acme:s]",
          "FT.SEARCH i * WITHPAYLOADS WITHSCORES; *5|:1|$13|tenant:acme:a|$1|1|$13|tenant:acme:p|*0|; [1, a, 1, tenant:acme:p, []]",
          "FT.SEARCH i *;     *1|:0|;                                                          [0]",
          "FT.SEARCH i *;     %2|$13|total_results|:1|$7|results|*1|%2|$2|id|$13|tenant:acme:a|$16|extra_attributes|%1|$2|id|$13|tenant:acme:v|;"
              + " [total_results, 1, results, [[id, a, extra_attributes, [id, tenant:acme:v]]]]",
          // time series
          "TS.INFO t;         *6|$9|sourceKey|$13|tenant:acme:a|$5|rules|*1|*2|$13|tenant:acme:b|$13|tenant:acme:v|$6|labels|$13|tenant:acme:v|;"
              + " [sourceKey, a, rules, [[b, tenant:acme:v]], labels, tenant:acme:v]",
          "TS.INFO t;         %1|$5|rules|%1|$13|tenant:acme:b|*2|:1|$3|AVG|;                   [rules, [b, [1, AVG]]]",
          "TS.INFO t;         *2|$9|sourceKey|$-1|;                                            [sourceKey, null]",
          // entries
          "XREAD STREAMS a 0; *1|*2|$13|tenant:acme:a|*1|*2|$3|1-0|*2|$13|tenant:acme:f|$1|v|;  [[a, [[1-0, [tenant:acme:f, v]]]]]",
          "XREAD STREAMS a 0; %1|$13|tenant:acme:a|*1|*2|$13|tenant:acme:i|*2|$1|f|$1|v|;       [a, [[tenant:acme:i, [f, v]]]]",
        })
    void and_keep_it_everywhere_else(String words, String reply, String expected) {
      assertThat(reply(words, reply)).isEqualTo(expected);
      assertThat(recorder.violations).isEmpty();
    }

    @Test
    void but_in_require_mode_names_stay_whole() {
      Guard require = guard(PrefixMode.REQUIRE, recorder);
      GuardedCommand<String, String, List<Object>> scan = require.guard(command("SCAN", "0"));
      decode(scan.getOutput(), "*2|$1|0|*2|$13|tenant:acme:a|$5|other|");
      assertThat(scan.getOutput().get()).hasToString("[0, [tenant:acme:a]]");
      assertThat(recorder.violations).containsExactly("SCAN 1");
    }
  }

  @Nested
  class A_foreign_name {

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
        delimiter = ';',
        value = {
          "PUBSUB CHANNELS;   *3|$5|other|$13|tenant:acme:a|$15|tenant:globex:a|;              [a];      PUBSUB CHANNELS 2",
          "SCAN 0;            *2|$1|0|*3|$13|tenant:acme:a|$5|other|$13|tenant:acme:b|;        [0, [a, b]]; SCAN 1",
          "BLPOP a 0;         *2|$5|other|$6|secret|;                                          withheld;   BLPOP 1",
          "PUBSUB NUMSUB a;   *2|$5|other|:1|;                                                 withheld;   PUBSUB NUMSUB 1",
          "XREAD STREAMS a 0; *1|*2|$5|other|*1|*2|$3|1-0|*2|$1|f|$1|v|;                       withheld;   XREAD 1",
          "XREAD STREAMS a 0; %1|$5|other|*1|*2|$3|1-0|*2|$1|f|$1|v|;                          withheld;   XREAD 1",
          "FT.SEARCH i *;     *3|:1|$5|other|*2|$1|f|$6|secret|;                               withheld;   FT.SEARCH 1",
          "PUBSUB CHANNELS;   $5|other|;                                                       withheld;   PUBSUB CHANNELS 1",
        })
    void never_reaches_the_application_and_is_reported(
        String words, String reply, String expected, String violation) {
      assertThat(reply(words, reply)).isEqualTo(expected);
      assertThat(recorder.violations).containsExactly(violation);
    }

    @Test
    void makes_the_command_fail_where_it_says_whose_the_data_is() {
      AsyncCommand<String, String, KeyValue<String, String>> blpop =
          new AsyncCommand<>(command(new KeyValueOutput<>(StringCodec.UTF8), "BLPOP", "a", "0"));
      GuardedCommand<String, String, KeyValue<String, String>> guarded = guard.guard(blpop);
      decode(guarded.getOutput(), "*2|$5|other|$6|secret|");
      guarded.complete();
      assertThat(guarded.isWithheld()).isTrue();
      assertThat(blpop).isCompletedExceptionally();
      assertThat(blpop.getOutput().get()).isNull();
      assertThat(blpop.getError()).startsWith("VIOLATION").doesNotContain("other");
    }
  }

  @Test
  void lettuces_own_outputs_get_what_they_expect() {
    GuardedCommand<String, String, KeyScanCursor<String>> scan =
        guard.guard(command(new KeyScanOutput<>(StringCodec.UTF8), "SCAN", "0"));
    decode(scan.getOutput(), "*2|$1|7|*3|$13|tenant:acme:a|$5|other|$13|tenant:acme:b|");
    assertThat(scan.getOutput().get().getKeys()).containsExactly("a", "b");
    assertThat(scan.getOutput().get().getCursor()).isEqualTo("7");

    List<String> streamed = new ArrayList<>();
    GuardedCommand<String, String, Long> streaming =
        guard.guard(
            command(
                new KeyStreamingOutput<>(StringCodec.UTF8, streamed::add), "PUBSUB", "CHANNELS"));
    decode(streaming.getOutput(), "*2|$13|tenant:acme:a|$13|tenant:acme:b|");
    assertThat(streamed).containsExactly("a", "b");

    for (String reply :
        List.of(
            "*2|*2|$13|tenant:acme:a|*2|*2|$3|1-0|*2|$1|f|$1|v|*2|$3|2-0|*2|$1|f|$1|w|*2|$13|tenant:acme:b|*1|*2|$3|3-0|*2|$1|f|$1|x|",
            "%2|$13|tenant:acme:a|*2|*2|$3|1-0|*2|$1|f|$1|v|*2|$3|2-0|*2|$1|f|$1|w|$13|tenant:acme:b|*1|*2|$3|3-0|*2|$1|f|$1|x|")) {
      GuardedCommand<String, String, List<StreamMessage<String, String>>> xread =
          guard.guard(
              command(
                  new StreamReadOutput<>(StringCodec.UTF8),
                  "XREAD",
                  "STREAMS",
                  "a",
                  "b",
                  "0",
                  "0"));
      decode(xread.getOutput(), reply);
      StreamReadOutput<String, String> plain = new StreamReadOutput<>(StringCodec.UTF8);
      decode(plain, reply.replace("$13|tenant:acme:", "$1|"));
      assertThat(xread.getOutput().get()).isNotEmpty().isEqualTo(plain.get());
    }
  }

  @Nested
  class An_error {

    private final RedisCommand<String, String, Long> application =
        new AsyncCommand<>(command(new IntegerOutput<>(StringCodec.UTF8), "DEL", "a"));
    private final GuardedCommand<String, String, Long> guarded = guard.guard(application);

    @Test
    void that_is_the_whole_reply_is_held_back_until_delivered() {
      decode(guarded.getOutput(), "-LOADING wait|");
      assertThat(guarded.replyError()).isEqualTo("LOADING wait");
      assertThat(guarded.replyBegun()).isFalse();
      assertThat(guarded.getOutput().hasError()).isTrue();
      assertThat(guarded.getOutput().getError()).isEqualTo("LOADING wait");
      assertThat(application.getOutput().hasError()).isFalse();
      guarded.complete();
      assertThat(application.getOutput().getError()).isEqualTo("LOADING wait");
      assertThat(application.isDone()).isTrue();
    }

    @Test
    void can_be_followed_by_a_fresh_attempt_whose_reply_the_application_gets() {
      List<GuardedCommand<?, ?, ?>> replies = new ArrayList<>();
      guarded.listener(collecting(replies));
      decode(guarded.getOutput(), "-LOADING wait|");
      guarded.complete();
      assertThat(replies).containsExactly(guarded);
      GuardedCommand<String, String, Long> second = guarded.again();
      assertThat(Fixtures.encoded(second)).isEqualTo(Fixtures.encoded(guarded));
      assertThat(second.replyError()).isNull();
      decode(second.getOutput(), ":3|");
      second.complete();
      assertThat(((AsyncCommand<String, String, Long>) application).join()).isEqualTo(3);
    }

    @Test
    void inside_a_reply_is_part_of_it() {
      GuardedCommand<String, String, List<Object>> mget = guard.guard(command("MGET", "a"));
      decode(mget.getOutput(), "*2|-ERR inner|$1|x|");
      assertThat(mget.replyError()).isNull();
      assertThat(mget.replyBegun()).isTrue();
      assertThat(mget.getOutput().getError()).isEqualTo("ERR inner");
    }

    @Test
    void is_forgotten_when_a_cluster_redirect_clears_it() {
      decode(guarded.getOutput(), "-MOVED 1 127.0.0.1:7000|");
      guarded.getOutput().setError((String) null);
      decode(guarded.getOutput(), ":1|");
      assertThat(guarded.getOutput().hasError()).isFalse();
      assertThat(guarded.getOutput().get()).isEqualTo(1);
    }
  }

  @Nested
  class An_attempt {

    private final AsyncCommand<String, String, String> application =
        new AsyncCommand<>(command(new ValueOutput<>(StringCodec.UTF8), "GET", "a"));
    private final GuardedCommand<String, String, String> guarded = guard.guard(application);
    private final List<GuardedCommand<?, ?, ?>> replies = new ArrayList<>();

    @Test
    void without_a_listener_delivers_at_once() {
      decode(guarded.getOutput(), "$1|x|");
      guarded.complete();
      assertThat(application.join()).isEqualTo("x");
    }

    @Test
    void without_a_listener_passes_a_failure_on() {
      assertThat(guarded.completeExceptionally(new IllegalStateException("lost"))).isTrue();
      assertThatThrownBy(application::join).hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void without_a_listener_passes_a_cancellation_on() {
      guarded.cancel();
      assertThat(application).isCancelled();
      assertThat(guarded.isCancelled()).isTrue();
    }

    @Test
    void tells_its_listener_exactly_once() {
      guarded.listener(collecting(replies));
      guarded.complete();
      guarded.complete();
      guarded.cancel();
      assertThat(guarded.completeExceptionally(new IllegalStateException())).isFalse();
      assertThat(replies).containsExactly(guarded);
      assertThat(guarded.isDone()).isTrue();
      assertThat(application).isNotDone();
      guarded.deliver();
      assertThat(application).isDone();
    }

    @Test
    void tells_its_listener_of_a_cancellation_as_a_failure() {
      List<Throwable> causes = new ArrayList<>();
      guarded.listener(
          new ReplyListener() {
            @Override
            public void onReply(GuardedCommand<?, ?, ?> command) {}

            @Override
            public void onFailure(GuardedCommand<?, ?, ?> command, Throwable cause) {
              causes.add(cause);
            }
          });
      guarded.cancel();
      assertThat(causes).singleElement().isInstanceOf(CancellationException.class);
      assertThat(application).isNotDone();
    }

    @Test
    void is_done_when_the_applications_command_is() {
      application.cancel(true);
      assertThat(guarded.isDone()).isTrue();
      assertThat(guarded.isCancelled()).isTrue();
    }

    @Test
    void says_whether_its_bytes_were_taken() {
      assertThat(guarded.isEncoded()).isFalse();
      Fixtures.encoded(guarded);
      assertThat(guarded.isEncoded()).isTrue();
    }

    @Test
    void that_is_detached_touches_the_applications_output_no_more() {
      guarded.detach();
      assertThat(guarded.isDone()).isTrue();
      GuardedCommand<String, String, String> second = guarded.again();
      decode(second.getOutput(), "$3|new|");
      decode(guarded.getOutput(), "$3|old|");
      guarded.complete();
      second.complete();
      assertThat(application.join()).isEqualTo("new");
    }

    @Test
    void that_is_detached_does_not_deliver_an_error() {
      guarded.detach();
      decode(guarded.getOutput(), "-ERR late|");
      guarded.getOutput();
      guarded.listener(collecting(replies));
      guarded.complete();
      guarded.deliver();
      assertThat(application.getOutput().hasError()).isFalse();
    }

    @Test
    void cannot_be_repeated_once_its_reply_has_begun() {
      decode(guarded.getOutput(), "$1|x|");
      guarded.detach();
      assertThat(guarded.replyBegun()).isTrue();
      assertThatIllegalStateException().isThrownBy(guarded::again).withMessageContaining("begun");
    }

    @Test
    void cannot_be_repeated_while_it_can_still_get_a_reply() {
      assertThatIllegalStateException()
          .isThrownBy(guarded::again)
          .withMessageContaining("detach it first");
    }

    @Test
    void shows_its_name_and_state_but_no_argument() {
      GuardedCommand<String, String, List<Object>> set =
          guard.guard(command("SET", "k3y", "s3cret"));
      assertThat(set.toString() + set.getOutput()).contains("SET").doesNotContain("s3cret", "k3y");
    }
  }

  @Nested
  class In_a_transaction {

    private final MultiOutput<String, String> exec = new MultiOutput<>(StringCodec.UTF8);
    private final GuardedCommand<String, String, TransactionResult> execCommand =
        guard.guard(command(new MultiOutput<>(StringCodec.UTF8), "EXEC"));

    private <T> AsyncCommand<String, String, T> queue(RedisCommand<String, String, T> command) {
      AsyncCommand<String, String, T> application = new AsyncCommand<>(command);
      GuardedCommand<String, String, T> guarded = guard.guard(application);
      TransactionalCommand<String, String, T> queued = new TransactionalCommand<>(guarded);
      exec.add(queued);
      decode(queued.getOutput(), "+QUEUED|");
      queued.complete();
      assertThat(guarded.replyBegun()).isFalse();
      assertThat(application).isNotDone();
      return application;
    }

    private void exec(String reply) {
      execCommand.setOutput(exec);
      decode(execCommand.getOutput(), reply);
      execCommand.complete();
    }

    @Test
    void each_reply_is_translated_by_its_own_rule() {
      AsyncCommand<String, String, String> get =
          queue(command(new ValueOutput<>(StringCodec.UTF8), "GET", "a"));
      AsyncCommand<String, String, KeyScanCursor<String>> scan =
          queue(command(new KeyScanOutput<>(StringCodec.UTF8), "SCAN", "0"));
      AsyncCommand<String, String, List<StreamMessage<String, String>>> xread =
          queue(command(new StreamReadOutput<>(StringCodec.UTF8), "XREAD", "STREAMS", "a", "0"));
      AsyncCommand<String, String, String> set =
          queue(command(new StatusOutput<>(StringCodec.UTF8), "SET", "a", "1"));
      exec(
          "*4|$13|tenant:acme:a|*2|$1|0|*1|$13|tenant:acme:k|%1|$13|tenant:acme:a|*1|*2|$3|1-0|*2|$1|f|$13|tenant:acme:v|+OK|");
      assertThat(get.join()).isEqualTo("tenant:acme:a");
      assertThat(scan.join().getKeys()).containsExactly("k");
      assertThat(xread.join())
          .singleElement()
          .returns("a", StreamMessage::getStream)
          .extracting(m -> m.getBody().get("f"))
          .isEqualTo("tenant:acme:v");
      assertThat(set.join()).isEqualTo("OK");
      assertThat(execCommand.delegate().getOutput().get()).hasSize(4);
    }

    @Test
    void an_error_of_one_command_fails_that_command_alone() {
      AsyncCommand<String, String, String> bad =
          queue(command(new ValueOutput<>(StringCodec.UTF8), "GET", "a"));
      AsyncCommand<String, String, List<String>> good =
          queue(command(new KeyListOutput<>(StringCodec.UTF8), "PUBSUB", "CHANNELS"));
      exec("*2|-WRONGTYPE no|*1|$13|tenant:acme:a|");
      assertThatThrownBy(bad::join)
          .hasCauseInstanceOf(RedisCommandExecutionException.class)
          .hasMessageContaining("WRONGTYPE");
      assertThat(good.join()).containsExactly("a");
      List<Object> results = execCommand.delegate().getOutput().get().stream().toList();
      assertThat(results.get(0)).isInstanceOf(RedisCommandExecutionException.class);
      assertThat(results.get(1)).isEqualTo(List.of("a"));
    }

    @Test
    void a_foreign_name_fails_that_command_alone() {
      AsyncCommand<String, String, KeyValue<String, String>> bad =
          queue(command(new KeyValueOutput<>(StringCodec.UTF8), "BLPOP", "a", "0"));
      AsyncCommand<String, String, String> good =
          queue(command(new ValueOutput<>(StringCodec.UTF8), "GET", "a"));
      exec("*2|*2|$5|other|$6|secret|$1|x|");
      assertThatThrownBy(bad::join).hasMessageContaining("VIOLATION");
      assertThat(good.join()).isEqualTo("x");
      assertThat(recorder.violations).containsExactly("BLPOP 1");
    }

    @Test
    void an_aborted_one_completes_the_queued_commands() {
      AsyncCommand<String, String, String> get =
          queue(command(new ValueOutput<>(StringCodec.UTF8), "GET", "a"));
      exec("-EXECABORT no|");
      assertThat(get).isDone();
      assertThat(execCommand.replyError()).startsWith("EXECABORT");
      assertThat(execCommand.delegate().getOutput().getError()).startsWith("EXECABORT");
    }

    @Test
    void a_discarded_one_says_so() {
      AsyncCommand<String, String, String> get =
          queue(command(new ValueOutput<>(StringCodec.UTF8), "GET", "a"));
      exec("*-1|");
      assertThat(get).isDone();
      assertThat(execCommand.delegate().getOutput().get().wasDiscarded()).isTrue();
    }
  }

  @Test
  void a_subscribers_replies_are_left_to_where_messages_are_translated() {
    RedisCommand<String, String, List<Object>> subscribe = command("PSUBSCRIBE", "a*");
    assertThat(guard.guard(subscribe).getOutput()).isSameAs(subscribe.getOutput());
    assertThat(guard.guard(subscribe).getOutput()).isInstanceOf(ArrayOutput.class);
  }

  private static ReplyListener collecting(List<GuardedCommand<?, ?, ?>> replies) {
    return new ReplyListener() {
      @Override
      public void onReply(GuardedCommand<?, ?, ?> command) {
        replies.add(command);
      }

      @Override
      public void onFailure(GuardedCommand<?, ?, ?> command, Throwable cause) {
        throw new AssertionError(cause);
      }
    };
  }
}
