package io.tenantredis.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.InvalidTenantIdException;
import io.tenantredis.TenantId;
import io.tenantredis.context.NoCurrentTenantException;
import io.tenantredis.context.TenantContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class TenantScopedTest {

  final AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();

  Jobs jobs() {
    context.registerBean(TenantScopedPostProcessor.class);
    context.registerBean(Jobs.class);
    context.refresh();
    return context.getBean(Jobs.class);
  }

  @AfterEach
  void close() {
    context.close();
    assertThat(TenantContext.current()).isNull();
  }

  @Test
  void theTenantThatTheExpressionNamesIsCurrentWhileTheMethodRuns() {
    Jobs jobs = jobs();
    assertThat(jobs.of("acme")).isEqualTo("acme");
    assertThat(jobs.ofId(TenantId.of("globex"))).isEqualTo("globex");
    assertThatThrownBy(() -> jobs.of("a*")).isInstanceOf(InvalidTenantIdException.class);
    assertThatThrownBy(() -> jobs.of(null)).isInstanceOf(NoCurrentTenantException.class);
  }

  @Test
  void withoutAnExpressionTheMethodNeedsATenantThatIsCurrentAlready() {
    Jobs jobs = jobs();
    assertThatThrownBy(jobs::current).isInstanceOf(NoCurrentTenantException.class);
    assertThat(TenantContext.get(TenantId.of("acme"), jobs::current)).isEqualTo("acme");
  }

  @Test
  void aPublisherThatWouldNotFollowTheTenantIsRefused() {
    Hooks.disableAutomaticContextPropagation();
    assertThatIllegalStateException()
        .isThrownBy(() -> jobs().later("acme").block())
        .withMessageContaining("context-propagation");
  }

  @Test
  void aMonoIsSubscribedToAsTheTenant() {
    Hooks.enableAutomaticContextPropagation();
    try {
      assertThat(jobs().later("acme").subscribeOn(Schedulers.parallel()).block()).isEqualTo("acme");
    } finally {
      Hooks.disableAutomaticContextPropagation();
    }
  }

  static class Jobs {

    @TenantScoped("#tenant")
    public String of(String tenant) {
      return TenantContext.require().value();
    }

    @TenantScoped("#p0")
    public String ofId(TenantId tenant) {
      return TenantContext.require().value();
    }

    @TenantScoped
    public String current() {
      return TenantContext.require().value();
    }

    @TenantScoped("#tenant")
    public Mono<String> later(String tenant) {
      return Mono.fromSupplier(() -> TenantContext.require().value());
    }
  }
}
