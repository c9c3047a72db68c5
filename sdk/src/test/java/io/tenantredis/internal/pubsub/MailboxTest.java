package io.tenantredis.internal.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.TenantId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The queue between an event loop and a listener, with an executor that runs when told to. */
class MailboxTest {

  private final List<String> told = new ArrayList<>();
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private @Nullable RuntimeException refusal;

  private final MessageReceiver receiver =
      new MessageReceiver() {
        @Override
        public void message(@Nullable ByteBuffer pattern, ByteBuffer channel, ByteBuffer payload) {
          told.add(StandardCharsets.UTF_8.decode(payload.duplicate()).toString());
          if (told.get(told.size() - 1).equals("error")) {
            throw new StackOverflowError("the application's own");
          }
        }

        @Override
        public void gap(long dropped) {
          told.add("gap " + dropped);
        }

        @Override
        public void interrupted(RuntimeException cause) {
          told.add("interrupted " + cause.getMessage());
        }

        @Override
        public void closed(@Nullable RuntimeException failure) {
          told.add("closed " + (failure == null ? "" : failure.getMessage()));
        }
      };

  private Mailbox mailbox(int messages, long bytes, long demand) {
    return new Mailbox(TenantId.of("acme"), receiver, this::execute, messages, bytes, demand);
  }

  private void execute(Runnable task) {
    if (refusal != null) {
      throw refusal;
    }
    tasks.add(task);
  }

  private void run() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  private static int offer(Mailbox mailbox, String payload) {
    return mailbox.offer(
        null, ByteBuffer.wrap(new byte[] {'c'}), ByteBuffer.wrap(payload.getBytes()));
  }

  @Test
  void whatIsOfferedIsToldInOrderByOneTaskAtATime() {
    Mailbox mailbox = mailbox(10, 10_000, Long.MAX_VALUE);
    offer(mailbox, "1");
    mailbox.interrupted(new RuntimeException("lost"));
    mailbox.gap();
    offer(mailbox, "2");
    assertThat(tasks).hasSize(1);
    run();
    assertThat(told).containsExactly("1", "interrupted lost", "gap 0", "2");
  }

  @Test
  void theOldestGoWhenThereAreTooManyAndTheNextOneIsPrecededByTheirNumber() {
    Mailbox mailbox = mailbox(2, 10_000, Long.MAX_VALUE);
    assertThat(offer(mailbox, "1")).isZero();
    assertThat(offer(mailbox, "2")).isZero();
    assertThat(offer(mailbox, "3")).isEqualTo(1);
    assertThat(offer(mailbox, "4")).isEqualTo(1);
    run();
    assertThat(told).containsExactly("gap 2", "3", "4");
    assertThat(mailbox.dropped()).isEqualTo(2);
  }

  @Test
  void theOldestGoWhenTheyAreTooLongAndOneThatAloneIsTooLongGoesAtOnce() {
    Mailbox mailbox = mailbox(100, 1_000, Long.MAX_VALUE);
    offer(mailbox, "x".repeat(500));
    assertThat(offer(mailbox, "y".repeat(500))).isEqualTo(1);
    assertThat(offer(mailbox, "z".repeat(2_000))).isEqualTo(2);
    offer(mailbox, "small");
    run();
    assertThat(told).containsExactly("gap 3", "small");
  }

  @Test
  void thePatternOfAMessageCountsToo() {
    Mailbox mailbox = mailbox(100, 1_000, Long.MAX_VALUE);
    ByteBuffer pattern = ByteBuffer.wrap("p".repeat(500).getBytes(StandardCharsets.UTF_8));
    ByteBuffer channel = ByteBuffer.wrap(new byte[] {'c'});
    assertThat(mailbox.offer(pattern, channel, ByteBuffer.wrap(new byte[] {'1'}))).isZero();
    assertThat(mailbox.offer(pattern, channel, ByteBuffer.wrap(new byte[] {'2'}))).isEqualTo(1);
  }

  @Test
  void whileNobodyTakesThemThereIsOneGapAndOneInterruptionInThePlaceOfTheLatest() {
    Mailbox mailbox = mailbox(10, 10_000, Long.MAX_VALUE);
    for (int i = 0; i < 100; i++) {
      mailbox.interrupted(new RuntimeException("" + i));
      mailbox.gap();
    }
    offer(mailbox, "1");
    mailbox.gap();
    run();
    assertThat(told).containsExactly("interrupted 99", "1", "gap 0");
  }

  @Test
  void messagesWaitForDemandAndOtherCallsDoNot() {
    Mailbox mailbox = mailbox(10, 10_000, 0);
    mailbox.gap();
    offer(mailbox, "1");
    offer(mailbox, "2");
    run();
    assertThat(told).containsExactly("gap 0");
    mailbox.request(1);
    run();
    assertThat(told).containsExactly("gap 0", "1");
    mailbox.request(Long.MAX_VALUE);
    mailbox.request(Long.MAX_VALUE);
    offer(mailbox, "3");
    run();
    assertThat(told).containsExactly("gap 0", "1", "2", "3");
  }

  @Test
  void closedWithoutAFailureItDiscardsWhatWaits() {
    Mailbox mailbox = mailbox(1, 10_000, Long.MAX_VALUE);
    offer(mailbox, "1");
    offer(mailbox, "2");
    mailbox.close(null);
    mailbox.close(new RuntimeException("too late"));
    offer(mailbox, "3");
    mailbox.gap();
    run();
    assertThat(told).containsExactly("closed ");
  }

  @Test
  void closedWithAFailureItFirstTellsWhatWaits() {
    Mailbox mailbox = mailbox(10, 10_000, Long.MAX_VALUE);
    offer(mailbox, "1");
    mailbox.close(new RuntimeException("over"));
    offer(mailbox, "2");
    run();
    assertThat(told).containsExactly("1", "closed over");
  }

  @Test
  void whatTheExecutorRefusesInWhateverWayIsToldLater() {
    for (RuntimeException one :
        List.of(new RejectedExecutionException(), new IllegalStateException("shut down"))) {
      Mailbox mailbox = mailbox(10, 10_000, Long.MAX_VALUE);
      refusal = one;
      offer(mailbox, "1");
      refusal = null;
      mailbox.sweep();
      run();
    }
    assertThat(told).containsExactly("1", "1");
  }

  @Test
  void whateverAReceiverThrowsTheNextMessageIsTold() {
    Mailbox mailbox = mailbox(10, 10_000, Long.MAX_VALUE);
    offer(mailbox, "error");
    offer(mailbox, "next");
    run();
    assertThat(told).containsExactly("error", "next");
  }

  @Test
  void afterSomeCallsOthersThatShareTheExecutorGetATurn() {
    Mailbox busy = mailbox(1_000, 1_000_000, Long.MAX_VALUE);
    for (int i = 0; i < 200; i++) {
      offer(busy, "busy");
    }
    tasks.add(() -> told.add("somebody else"));
    run();
    assertThat(told.indexOf("somebody else")).isLessThan(100);
    assertThat(told).hasSize(201);
  }
}
