package io.tenantredis.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisURI;
import io.tenantredis.TenantId;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Who asks a cluster where its slots are, and who waits for whose answer. */
class TopologyTest {

  private static final NodeAddress SEED = new NodeAddress("seed", 6379);

  private final AtomicLong clock = new AtomicLong();
  private final Topology topology =
      new Topology(
          null,
          List.of(RedisURI.create("seed", 6379)),
          node -> null,
          Duration.ofMinutes(1),
          clock::get);

  /** A tenant whose questions are answered when the test says so, or at once. */
  private static final class Tenant implements Topology.Asker {

    private final TenantId id;
    private final List<CompletableFuture<SlotMap>> questions = new ArrayList<>();
    private boolean refused;
    private Set<NodeAddress> connected = Set.of();

    Tenant(String id) {
      this.id = TenantId.of(id);
    }

    @Override
    public TenantId tenant() {
      return id;
    }

    @Override
    public Set<NodeAddress> connected() {
      return connected;
    }

    @Override
    public CompletableFuture<SlotMap> ask(NodeAddress node) {
      CompletableFuture<SlotMap> question = new CompletableFuture<>();
      questions.add(question);
      if (refused) {
        question.completeExceptionally(new ConnectException("refused"));
      }
      return question;
    }
  }

  private static SlotMap map(String owner) {
    return SlotMap.parse(
        List.of(
            List.of(0L, 16_383L, List.of(owner.getBytes(StandardCharsets.US_ASCII), 6379L, "id"))),
        SEED);
  }

  @Test
  void whenNobodyIsAnsweredEachOfManyTenantsIsToldAndTheNextOneAsks() {
    Tenant first = new Tenant("first");
    CompletableFuture<SlotMap> firstResult = topology.learn(first);
    List<CompletableFuture<SlotMap>> results = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      Tenant tenant = new Tenant("t" + i);
      tenant.refused = true;
      results.add(topology.learn(tenant));
    }
    first.questions.get(0).completeExceptionally(new ConnectException("refused"));
    assertThat(firstResult).isCompletedExceptionally();
    assertThat(results).allMatch(CompletableFuture::isCompletedExceptionally);
    Tenant later = new Tenant("later");
    CompletableFuture<SlotMap> answered = topology.learn(later);
    later.questions.get(0).complete(map("a"));
    assertThat(answered).isCompletedWithValue(topology.current());
  }

  @Test
  void whoDoubtsWhileATenantThatIsRefusedAsksIsAskedNext() {
    Tenant refused = new Tenant("refused");
    Tenant doubting = new Tenant("doubting");
    topology.refresh(refused, null);
    topology.refresh(doubting, null);
    refused.questions.get(0).completeExceptionally(new ConnectException("refused"));
    assertThat(doubting.questions).hasSize(1);
    doubting.questions.get(0).complete(map("a"));
    assertThat(topology.current()).isNotNull();
  }

  @Test
  void whoWaitsForATenantThatGetsNoAnswerAsksForItself() {
    Tenant slow = new Tenant("slow");
    Tenant quick = new Tenant("quick");
    topology.learn(slow);
    CompletableFuture<SlotMap> before = topology.learn(quick);
    assertThat(quick.questions).isEmpty();
    clock.addAndGet(TimeUnit.SECONDS.toNanos(2));
    topology.sweep(quick);
    assertThat(quick.questions).hasSize(1);
    quick.questions.get(0).complete(map("a"));
    assertThat(before).isCompletedWithValue(topology.current());
    slow.questions.get(0).completeExceptionally(new ConnectException("refused"));
    assertThat(topology.current()).isNotNull();
  }

  @Test
  void anAnswerToAnEarlierQuestionIsNoneForWhoAsksAnew() {
    Tenant earlier = new Tenant("earlier");
    Tenant walking = new Tenant("walking");
    CompletableFuture<SlotMap> first = topology.learn(earlier);
    CompletableFuture<SlotMap> anew = topology.learnAnew(walking);
    earlier.questions.get(0).complete(map("a"));
    assertThat(first).isCompleted();
    assertThat(anew).isNotDone();
    walking.questions.get(0).complete(map("b"));
    assertThat(anew).isCompletedWithValue(topology.current());
    assertThat(topology.current().owner(0)).isEqualTo(new NodeAddress("b", 6379));
  }

  @Test
  void whoAsksAnewDoesNotWaitForASlowTenantEither() {
    Tenant slow = new Tenant("slow");
    Tenant walking = new Tenant("walking");
    topology.learn(slow);
    CompletableFuture<SlotMap> anew = topology.learnAnew(walking);
    clock.addAndGet(TimeUnit.SECONDS.toNanos(2));
    topology.sweep(walking);
    walking.questions.get(0).complete(map("a"));
    assertThat(anew).isCompletedWithValue(topology.current());
  }

  @Test
  void whoIsNotWaitingAnyMoreDoesNotAsk() {
    Tenant first = new Tenant("first");
    Tenant gone = new Tenant("gone");
    topology.learn(first);
    topology.learn(gone).cancel(false);
    first.questions.get(0).completeExceptionally(new ConnectException("refused"));
    assertThat(gone.questions).isEmpty();
  }

  @Test
  void whoDoubtsWhatIsKnownTakesOnlyWhatWasLearntSince() {
    Tenant tenant = new Tenant("tenant");
    topology.refresh(tenant, null);
    assertThat(topology.nanosUntilAsked()).as("it is being asked").isZero();
    tenant.questions.get(0).complete(map("a"));
    assertThat(topology.nanosUntilAsked()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(250));
    assertThat(topology.learnSince(tenant, clock.get())).isCompletedWithValue(topology.current());

    clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(100));
    assertThat(topology.nanosUntilAsked()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(150));
    CompletableFuture<SlotMap> since = topology.learnSince(tenant, clock.get());
    CompletableFuture<SlotMap> other = topology.learnSince(new Tenant("other"), clock.get());
    assertThat(since).isNotDone();
    assertThat(tenant.questions).hasSize(2);
    tenant.questions.get(1).complete(map("b"));
    assertThat(since).isCompletedWithValue(topology.current());
    assertThat(other).as("one answer is enough").isCompletedWithValue(topology.current());
    assertThat(topology.current().owner(0)).isEqualTo(new NodeAddress("b", 6379));
  }

  @Test
  void aDoubtThatComesTooEarlyIsNotForgotten() {
    Tenant doubting = new Tenant("doubting");
    Tenant idle = new Tenant("idle");
    doubting.connected = Set.of(SEED);
    topology.refresh(doubting, null);
    doubting.questions.get(0).complete(map("a"));
    topology.refresh(doubting, null);
    topology.sweep(doubting);
    assertThat(doubting.questions).as("too early").hasSize(1);
    clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(250));
    topology.sweep(idle);
    assertThat(idle.questions).as("no connection is made for it").isEmpty();
    topology.sweep(doubting);
    assertThat(doubting.questions).hasSize(2);
    doubting.questions.get(1).complete(map("b"));
    clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(250));
    topology.sweep(doubting);
    assertThat(doubting.questions).as("once").hasSize(2);
  }
}
