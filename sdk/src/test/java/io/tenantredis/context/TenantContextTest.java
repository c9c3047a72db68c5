package io.tenantredis.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.TenantId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class TenantContextTest {

  static final TenantId ACME = TenantId.of("acme");
  static final TenantId GLOBEX = TenantId.of("globex");

  @AfterEach
  void nothingIsLeftOnTheThread() {
    TenantId left = TenantContext.current();
    TenantContext.set(null);
    assertThat(left).isNull();
  }

  @Test
  void outsideOfEveryScopeThereIsNoTenant() {
    assertThat(TenantContext.current()).isNull();
    assertThatThrownBy(TenantContext::require)
        .isInstanceOf(NoCurrentTenantException.class)
        .hasMessageContaining("TenantContext.open");
  }

  @Test
  void whenAScopeIsClosedTheTenantOfBeforeIsCurrentAgain() {
    try (TenantContext.Scope outer = TenantContext.open(ACME)) {
      assertThat(TenantContext.get(GLOBEX, TenantContext::require)).isEqualTo(GLOBEX);
      assertThat(TenantContext.require()).isEqualTo(ACME);
    }
    assertThat(TenantContext.current()).isNull();
  }

  @Test
  void aScopeClosedBeforeTheInnerOneFailsAndLeavesNoTenant() {
    TenantContext.Scope outer = TenantContext.open(ACME);
    TenantContext.Scope inner = TenantContext.open(GLOBEX);
    assertThatIllegalStateException().isThrownBy(outer::close).withMessageContaining("inner");
    assertThat(TenantContext.current()).isNull();
    assertThatIllegalStateException().isThrownBy(inner::close);
  }

  @Test
  void aScopeCannotBeClosedOnAnotherThread() {
    try (TenantContext.Scope scope = TenantContext.open(ACME)) {
      assertThatThrownBy(
              () ->
                  CompletableFuture.runAsync(scope::close, task -> new Thread(task).start())
                      .get(60, TimeUnit.SECONDS))
          .hasMessageContaining("another thread");
      assertThat(TenantContext.require()).isEqualTo(ACME);
    }
  }

  @Test
  void aThreadStartsWithoutATenantWhoeverStartedIt() throws Exception {
    List<TenantId> seen = new ArrayList<>();
    try (TenantContext.Scope scope = TenantContext.open(ACME)) {
      Thread thread = new Thread(() -> seen.add(TenantContext.current()));
      thread.start();
      thread.join();
    }
    assertThat(seen).containsExactly((TenantId) null);
  }

  @Test
  void wrappedWorkRunsAsTheTenantOfTheCallAndLeavesTheThreadAsItWas() throws Exception {
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try {
      CompletableFuture<TenantId> seen;
      try (TenantContext.Scope scope = TenantContext.open(ACME)) {
        seen = CompletableFuture.supplyAsync(TenantContext::current, TenantContext.wrap(pool));
        assertThat(pool.submit(TenantContext.wrapCallable(TenantContext::current)).get())
            .isEqualTo(ACME);
      }
      assertThat(seen.get(5, TimeUnit.SECONDS)).isEqualTo(ACME);
      assertThat(pool.submit(TenantContext::current).get()).isNull();
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void workCapturedWithoutATenantRunsWithoutOneEvenOnAThreadThatHasOne() {
    List<TenantId> seen = new ArrayList<>();
    Runnable work = TenantContext.wrap(() -> seen.add(TenantContext.current()));
    TenantContext.run(
        ACME,
        () -> {
          work.run();
          seen.add(TenantContext.current());
        });
    assertThat(seen).containsExactly(null, ACME);
  }

  @Test
  void aTenantWhoseWorkFailsDoesNotKeepTheOthersFromTheirs() {
    List<TenantId> served = new ArrayList<>();
    assertThatThrownBy(
            () ->
                TenantContext.forEachTenant(
                    List.of(ACME, GLOBEX),
                    tenant -> {
                      served.add(TenantContext.require());
                      throw new IllegalStateException(tenant.value());
                    }))
        .hasMessage("acme")
        .satisfies(failure -> assertThat(failure.getSuppressed()).hasSize(1));
    assertThat(served).containsExactly(ACME, GLOBEX);
  }

  @Test
  void contextPropagationCarriesTheTenantToTheThreadsOfReactor() {
    Mono<TenantId> tenant =
        Mono.just("x")
            .publishOn(Schedulers.parallel())
            .handle((ignored, sink) -> sink.next(TenantContext.require()));
    TenantContext.run(GLOBEX, () -> assertThat(tenant.contextCapture().block()).isEqualTo(GLOBEX));
    assertThat(
            tenant
                .contextWrite(context -> context.put(TenantThreadLocalAccessor.KEY, ACME))
                .block())
        .isEqualTo(ACME);
  }
}
