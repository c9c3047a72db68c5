package io.tenantredis.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.PubSubOptions;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.context.NoCurrentTenantException;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.data.TenantMessageListenerContainer;
import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import io.tenantredis.test.server.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.core.task.TaskDecorator;
import org.springframework.core.task.support.CompositeTaskDecorator;
import org.springframework.data.redis.connection.MessageListener;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.scheduling.concurrent.SimpleAsyncTaskScheduler;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.scheduling.support.PeriodicTrigger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The tenant travels to other threads, those of two tenants at once, and nothing of it stays on
 * threads that others use after it.
 */
class ThreadsTest {

  static final TenantId ACME = TenantId.of("acme");
  static final TenantId GLOBEX = TenantId.of("globex");
  static final List<TenantId> BOTH = List.of(ACME, GLOBEX);

  static final int CALLS = 200;
  static final int THREADS = 2;
  static final Duration SOON = Duration.ofSeconds(60);

  static RedisServer server;

  @BeforeAll
  static void start() {
    server = TestTenants.server("acme", "globex");
    for (TenantId tenant : BOTH) {
      server.admin().command("SET", "tenant:" + tenant + ":whoami", tenant.value());
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static TenantId tenantOf(int call) {
    return BOTH.get(call % 2);
  }

  private static ThreadPoolExecutor pool() {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            THREADS, THREADS, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(10_000));
    pool.prestartAllCoreThreads();
    return pool;
  }

  /** Past whatever the pool does around its tasks: what its threads themselves have. */
  private static void assertNothingStaysOn(ThreadPoolExecutor pool) {
    Awaitility.await().atMost(SOON).until(() -> pool.getActiveCount() == 0);
    int threads = pool.getPoolSize();
    assertThat(threads).isPositive();
    CyclicBarrier eachOnItsOwn = new CyclicBarrier(threads);
    Queue<String> found = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < threads; i++) {
      pool.getQueue()
          .add(
              () -> {
                try {
                  eachOnItsOwn.await(60, TimeUnit.SECONDS);
                } catch (Exception broken) {
                  throw new IllegalStateException(broken);
                }
                found.add(String.valueOf(TenantContext.current()));
              });
    }
    Awaitility.await().atMost(SOON).until(() -> found.size() == threads);
    assertThat(found).containsOnly("null");
  }

  private static void assertEachOfItsOwn(List<CompletableFuture<String>> answers) throws Exception {
    for (int call = 0; call < answers.size(); call++) {
      assertThat(answers.get(call).get(60, TimeUnit.SECONDS)).isEqualTo(tenantOf(call).value());
    }
  }

  private static ConfigurableApplicationContext run(Class<?> configuration, String... properties) {
    return run(List.of(configuration), properties);
  }

  private static ConfigurableApplicationContext run(
      List<Class<?>> configurations, String... properties) {
    SpringApplication application = new SpringApplication(Application.class);
    application.addPrimarySources(configurations);
    application.setWebApplicationType(WebApplicationType.NONE);
    List<String> arguments = new ArrayList<>();
    arguments.add("--spring.main.banner-mode=off");
    arguments.add("--tenant-redis.connect-timeout=60s");
    arguments.add("--tenant-redis.command-timeout=60s");
    List<String> all =
        new ArrayList<>(Arrays.asList(TestTenants.properties(server, "acme", "globex")));
    Collections.addAll(all, properties);
    all.forEach(property -> arguments.add("--" + property));
    return application.run(arguments.toArray(new String[0]));
  }

  private static List<CompletableFuture<String>> asyncCalls(
      ConfigurableApplicationContext application) {
    Worker worker = application.getBean(Worker.class);
    List<CompletableFuture<String>> answers = new ArrayList<>();
    for (int call = 0; call < CALLS; call++) {
      answers.add(TenantContext.get(tenantOf(call), worker::read));
    }
    return answers;
  }

  @Test
  void asyncMethodsRunAsTheTenantOfTheirCallAndLeaveNothingOnThePool() throws Exception {
    try (ConfigurableApplicationContext application =
        run(Asynchronous.class, "spring.task.execution.pool.core-size=" + THREADS)) {
      assertEachOfItsOwn(asyncCalls(application));
      CompletableFuture<String> withoutTenant = application.getBean(Worker.class).read();
      assertThat(withoutTenant)
          .failsWithin(SOON)
          .withThrowableThat()
          .withCauseInstanceOf(NoCurrentTenantException.class);
      assertNothingStaysOn(
          application.getBean(ThreadPoolTaskExecutor.class).getThreadPoolExecutor());
    }
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void asyncMethodsOnVirtualThreadsRunAsTheTenantOfTheirCall() throws Exception {
    try (ConfigurableApplicationContext application =
        run(Asynchronous.class, "spring.threads.virtual.enabled=true")) {
      assertEachOfItsOwn(asyncCalls(application));
      assertThat(application.getBean(Worker.class).threads()).containsOnly("virtual");
    }
  }

  @Test
  void aScheduledJobHasNoTenantWhateverRanBefore() {
    assertThatJobsHaveNoTenant(Jobs.class, "spring.task.scheduling.pool.size=1");
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void aScheduledJobOnVirtualThreadsHasNoTenant() {
    assertThatJobsHaveNoTenant(Jobs.class, "spring.threads.virtual.enabled=true");
  }

  @Test
  void aScheduledJobHasNoTenantOnTheApplicationsOwnSchedulers() {
    assertThatJobsHaveNoTenant(OwnSchedulers.class);
  }

  @Test
  void aScheduledJobHasNoTenantOnASchedulerWithAThreadForAllDelays() {
    assertThatJobsHaveNoTenant(SimpleScheduler.class);
  }

  @Test
  void aScheduledJobIsAsTheApplicationsSchedulersRunItIfItWantsSo() {
    assertThatJobsAreAsTheirSchedulerRunsThem(SchedulerOfATenant.class);
  }

  @Test
  void aScheduledJobIsAsTheApplicationsDecoratorsHaveItIfItWantsSo() {
    assertThatJobsAreAsTheirSchedulerRunsThem(DecoratorOfATenant.class);
  }

  private static void assertThatJobsAreAsTheirSchedulerRunsThem(Class<?> schedulers) {
    try (ConfigurableApplicationContext application =
        run(List.of(schedulers, OneJob.class), "tenant-redis.jobs-without-tenant=false")) {
      MadeForARequest job = application.getBean(MadeForARequest.class);
      Awaitility.await().atMost(SOON).until(() -> job.found.size() >= 3);
      assertThat(job.found).containsOnly("globex");
      application
          .getBeanProvider(SchedulerOfATenant.Recording.class)
          .forEach(
              scheduler ->
                  assertThat(scheduler.jobs)
                      .isNotEmpty()
                      .allMatch(type -> type.startsWith("org.springframework.scheduling.")));
    }
  }

  @Test
  void whatARequestSchedulesIsNeverItsTenantsWithoutTheApplicationsDoing() {
    try (ConfigurableApplicationContext application =
        run(List.of(OneJob.class), "tenant-redis.jobs-without-tenant=false")) {
      TaskScheduler scheduler = application.getBean(TaskScheduler.class);
      Queue<String> found = new ConcurrentLinkedQueue<>();
      Runnable job = () -> found.add(String.valueOf(TenantContext.current()));
      TenantContext.run(ACME, () -> scheduler.scheduleAtFixedRate(job, Duration.ofMillis(5)));
      Awaitility.await().atMost(SOON).until(() -> found.size() >= 3);
      assertThat(found).containsOnly("null");
    }
  }

  private static void assertThatJobsHaveNoTenant(Class<?> schedulers, String... properties) {
    try (ConfigurableApplicationContext application =
        run(List.of(Jobs.class, schedulers), properties)) {
      // As in a lazily initialized application: a request is the first that needs the bean.
      MadeForARequest late =
          TenantContext.get(ACME, () -> application.getBean(MadeForARequest.class));
      WithoutTenant without = application.getBean(WithoutTenant.class);
      ForEachTenant each = application.getBean(ForEachTenant.class);
      List<Queue<String>> others = new ArrayList<>();
      others.add(late.found);
      others.add(application.getBean(Careless.class).found);
      others.add(application.getBean(CarelessWithDelay.class).found);
      application.getBeanProvider(OnAnother.class).forEach(job -> others.add(job.found));
      Awaitility.await()
          .atMost(SOON)
          .until(
              () ->
                  others.stream().allMatch(found -> found.size() >= 10)
                      && without.found.size() >= 10
                      && each.found.size() >= 20
                      // On virtual threads a job begins anew before the last one has ended.
                      && each.found.contains("globex"));
      assertThat(others.stream().flatMap(Queue::stream).distinct()).containsExactly("null");
      assertThat(without.found).containsOnly("NoCurrentTenantException");
      assertThat(each.found).containsOnly("acme", "globex");
    }
  }

  @Test
  void whatARequestSchedulesHasNoTenant() {
    assertThatWhatARequestSchedulesHasNoTenant(Jobs.class, "spring.task.scheduling.pool.size=1");
  }

  @Test
  void whatARequestSchedulesHasNoTenantWhereContextsArePropagated() {
    assertThatWhatARequestSchedulesHasNoTenant(
        Jobs.class, "spring.task.execution.propagate-context=true");
  }

  @Test
  void whatARequestSchedulesHasNoTenantWhateverTheApplicationsDecoratorsDo() {
    assertThatWhatARequestSchedulesHasNoTenant(OwnDecorator.class);
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void whatARequestSchedulesOnVirtualThreadsHasNoTenant() {
    assertThatWhatARequestSchedulesHasNoTenant(
        Jobs.class,
        "spring.threads.virtual.enabled=true",
        "spring.task.execution.propagate-context=true");
  }

  private static void assertThatWhatARequestSchedulesHasNoTenant(
      Class<?> configuration, String... properties) {
    try (ConfigurableApplicationContext application =
        run(List.of(Jobs.class, configuration), properties)) {
      TaskScheduler scheduler = application.getBean(TaskScheduler.class);
      Queue<String> once = new ConcurrentLinkedQueue<>();
      Queue<String> triggered = new ConcurrentLinkedQueue<>();
      Queue<String> repeated = new ConcurrentLinkedQueue<>();
      Duration period = Duration.ofMillis(5);
      TenantContext.run(
          ACME,
          () -> {
            scheduler.schedule(careless(once), Instant.EPOCH);
            scheduler.schedule(careless(triggered), new PeriodicTrigger(period));
            scheduler.scheduleAtFixedRate(careless(repeated), period);
          });
      Awaitility.await()
          .atMost(SOON)
          .until(() -> !once.isEmpty() && triggered.size() >= 10 && repeated.size() >= 10);
      assertThat(once).containsOnly("null");
      assertThat(triggered).containsOnly("null");
      assertThat(repeated).containsOnly("null");
    }
  }

  /** Opens scopes and closes none. */
  private static Runnable careless(Queue<String> found) {
    return () -> {
      found.add(String.valueOf(TenantContext.current()));
      TenantContext.open(GLOBEX);
    };
  }

  @Test
  void futuresRunAsTheTenantThatStartedThemAndLeaveNothingOnThePool() throws Exception {
    ThreadPoolExecutor pool = pool();
    try (TenantRedis redis = TestTenants.client(server)) {
      StringRedisTemplate template =
          new StringRedisTemplate(
              new TenantRedisConnectionFactory(redis, CurrentTenantResolver.context()));
      List<CompletableFuture<String>> answers = new ArrayList<>();
      for (int call = 0; call < CALLS; call++) {
        answers.add(
            TenantContext.get(
                tenantOf(call),
                () ->
                    CompletableFuture.supplyAsync(
                            () -> template.opsForValue().get("whoami"), TenantContext.wrap(pool))
                        .thenApplyAsync(
                            first ->
                                first.equals(template.opsForValue().get("whoami"))
                                    ? first
                                    : "mixed up",
                            TenantContext.wrap(pool))));
      }
      assertEachOfItsOwn(answers);
      assertNothingStaysOn(pool);
      CompletableFuture<String> unwrapped =
          TenantContext.get(
              ACME,
              () ->
                  CompletableFuture.supplyAsync(() -> template.opsForValue().get("whoami"), pool));
      assertThat(unwrapped)
          .failsWithin(SOON)
          .withThrowableThat()
          .withCauseInstanceOf(NoCurrentTenantException.class);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void reactiveCallsRunAsTheTenantOfTheirContextAndLeaveNothingOnReactorsThreads()
      throws Exception {
    Hooks.enableAutomaticContextPropagation();
    Scheduler scheduler = Schedulers.newParallel("tenants", THREADS);
    try (TenantRedis redis = TestTenants.client(server)) {
      ReactiveStringRedisTemplate template =
          new ReactiveStringRedisTemplate(
              new TenantRedisConnectionFactory(redis, CurrentTenantResolver.context()));
      List<CompletableFuture<String>> answers = new ArrayList<>();
      for (int call = 0; call < CALLS; call++) {
        answers.add(
            TenantContext.get(
                tenantOf(call),
                () ->
                    template
                        .opsForValue()
                        .get("whoami")
                        .publishOn(scheduler)
                        .flatMap(
                            first ->
                                template
                                    .opsForValue()
                                    .get("whoami")
                                    .filter(first::equals)
                                    .defaultIfEmpty("mixed up"))
                        .contextCapture()
                        .toFuture()));
      }
      assertEachOfItsOwn(answers);
      Queue<String> found = new ConcurrentLinkedQueue<>();
      for (int i = 0; i < CALLS; i++) {
        scheduler.schedule(() -> found.add(String.valueOf(TenantContext.current())));
        // Completed by an event loop.
        redis
            .tenant(tenantOf(i))
            .async()
            .get("whoami")
            .thenRun(() -> found.add(String.valueOf(TenantContext.current())));
      }
      Awaitility.await().atMost(SOON).until(() -> found.size() == 2 * CALLS);
      assertThat(found).containsOnly("null");
      assertThat(
              Flux.range(0, 10)
                  .publishOn(scheduler)
                  .map(i -> String.valueOf(TenantContext.current()))
                  .distinct()
                  .collectList()
                  .flatMap(seen -> Mono.just(String.join(",", seen)))
                  .toFuture()
                  .get(60, TimeUnit.SECONDS))
          .isEqualTo("null");
    } finally {
      scheduler.dispose();
      Hooks.disableAutomaticContextPropagation();
    }
  }

  @Test
  void listenersRunAsTheirTenantAndLeaveNothingOnSharedThreads() throws Exception {
    ThreadPoolExecutor deliveries = pool();
    ThreadPoolTaskExecutor listeners = new ThreadPoolTaskExecutor();
    listeners.setCorePoolSize(THREADS);
    listeners.setTaskDecorator(new TenantTaskDecorator());
    listeners.initialize();
    List<TenantMessageListenerContainer> containers = new ArrayList<>();
    Queue<String> heard = new ConcurrentLinkedQueue<>();
    TenantRedis redis =
        TestTenants.builder(server)
            .pubSub(PubSubOptions.builder().executor(deliveries).build())
            .build();
    try {
      TenantRedisConnectionFactory factory =
          new TenantRedisConnectionFactory(redis, CurrentTenantResolver.context());
      StringRedisTemplate template = new StringRedisTemplate(factory);
      MessageListener listener =
          (message, pattern) ->
              heard.add(
                  TenantContext.require()
                      + " reads "
                      + template.opsForValue().get("whoami")
                      + " hears "
                      + new String(message.getBody(), StandardCharsets.UTF_8));
      for (TenantId tenant : BOTH) {
        TenantMessageListenerContainer container =
            new TenantMessageListenerContainer(factory, tenant);
        container.setTaskExecutor(listeners);
        container.setSubscriptionExecutor(new SimpleAsyncTaskExecutor("subscription-"));
        container.addMessageListener(listener, new ChannelTopic("news"));
        container.afterPropertiesSet();
        container.start();
        containers.add(container);
      }
      for (int call = 0; call < CALLS; call++) {
        TenantId tenant = tenantOf(call);
        TenantContext.run(tenant, () -> template.convertAndSend("news", tenant.value()));
      }
      Awaitility.await().atMost(SOON).until(() -> heard.size() == CALLS);
      assertThat(heard)
          .containsOnly("acme reads acme hears acme", "globex reads globex hears globex");
      assertNothingStaysOn(deliveries);
      assertNothingStaysOn(listeners.getThreadPoolExecutor());
    } finally {
      for (TenantMessageListenerContainer container : containers) {
        container.destroy();
      }
      redis.close();
      listeners.shutdown();
      deliveries.shutdownNow();
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Application {}

  @Configuration(proxyBeanMethods = false)
  @EnableAsync
  static class Asynchronous {

    @Bean
    Worker worker(StringRedisTemplate template) {
      return new Worker(template);
    }
  }

  static class Worker {

    final StringRedisTemplate template;
    private final Queue<String> threads = new ConcurrentLinkedQueue<>();

    Worker(StringRedisTemplate template) {
      this.template = template;
    }

    @Async
    public CompletableFuture<String> read() {
      threads.add(isVirtual() ? "virtual" : "platform");
      return CompletableFuture.completedFuture(template.opsForValue().get("whoami"));
    }

    public Queue<String> threads() {
      return threads;
    }

    /** Not known to JDK 17. */
    private static boolean isVirtual() {
      try {
        return (boolean) Thread.class.getMethod("isVirtual").invoke(Thread.currentThread());
      } catch (ReflectiveOperationException olderJdk) {
        return false;
      }
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableScheduling
  static class Jobs {

    @Bean
    WithoutTenant withoutTenant(StringRedisTemplate template) {
      return new WithoutTenant(template);
    }

    @Bean
    Careless careless() {
      return new Careless();
    }

    @Bean
    ForEachTenant forEachTenant(StringRedisTemplate template) {
      return new ForEachTenant(template);
    }

    @Bean
    CarelessWithDelay carelessWithDelay() {
      return new CarelessWithDelay();
    }

    @Bean
    @Lazy
    MadeForARequest madeForARequest() {
      return new MadeForARequest();
    }
  }

  /** Which know nothing of tenants. */
  @Configuration(proxyBeanMethods = false)
  static class OwnSchedulers {

    @Bean
    ThreadPoolTaskScheduler taskScheduler() {
      return new ThreadPoolTaskScheduler();
    }

    @Bean(destroyMethod = "shutdownNow")
    ScheduledExecutorService another() {
      return Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "another"));
    }

    @Bean
    OnAnother onAnother() {
      return new OnAnother();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class SimpleScheduler {

    @Bean
    SimpleAsyncTaskScheduler taskScheduler() {
      return new SimpleAsyncTaskScheduler();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnDecorator {

    @Bean
    TaskDecorator ownDecorator() {
      return new CompositeTaskDecorator(List.of(new TenantTaskDecorator()));
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableScheduling
  static class OneJob {

    @Bean
    MadeForARequest job() {
      return new MadeForARequest();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class SchedulerOfATenant {

    @Bean
    Recording taskScheduler() {
      Recording scheduler = new Recording();
      scheduler.setTaskDecorator(SchedulerOfATenant::asGlobex);
      return scheduler;
    }

    static Runnable asGlobex(Runnable job) {
      return () -> TenantContext.run(GLOBEX, job);
    }

    /** As those who tell jobs apart by their type. */
    @SuppressWarnings("serial")
    static class Recording extends ThreadPoolTaskScheduler {

      final transient Queue<String> jobs = new ConcurrentLinkedQueue<>();

      @Override
      public ScheduledFuture<?> scheduleAtFixedRate(Runnable job, Instant start, Duration period) {
        jobs.add(job.getClass().getName());
        return super.scheduleAtFixedRate(job, start, period);
      }

      @Override
      public ScheduledFuture<?> scheduleAtFixedRate(Runnable job, Duration period) {
        jobs.add(job.getClass().getName());
        return super.scheduleAtFixedRate(job, period);
      }
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class DecoratorOfATenant {

    @Bean
    TaskDecorator ofATenant() {
      return SchedulerOfATenant::asGlobex;
    }
  }

  static class OnAnother {

    final Queue<String> found = new ConcurrentLinkedQueue<>();

    @Scheduled(fixedRate = 5, scheduler = "another")
    public void run() {
      String thread = Thread.currentThread().getName();
      found.add(thread.equals("another") ? String.valueOf(TenantContext.current()) : thread);
      TenantContext.open(ACME);
    }
  }

  /** Opens scopes and closes none, on the one thread that some schedulers have for all of these. */
  static class CarelessWithDelay {

    final Queue<String> found = new ConcurrentLinkedQueue<>();

    @Scheduled(fixedDelay = 5)
    public void run() {
      found.add(String.valueOf(TenantContext.current()));
      TenantContext.open(ACME);
    }
  }

  static class WithoutTenant {

    final StringRedisTemplate template;
    final Queue<String> found = new ConcurrentLinkedQueue<>();

    WithoutTenant(StringRedisTemplate template) {
      this.template = template;
    }

    @Scheduled(fixedRate = 5)
    public void run() {
      try {
        found.add(String.valueOf(template.opsForValue().get("whoami")));
      } catch (NoCurrentTenantException none) {
        found.add("NoCurrentTenantException");
      }
    }
  }

  /** Opens scopes and closes none. */
  static class Careless {

    final Queue<String> found = new ConcurrentLinkedQueue<>();

    @Scheduled(fixedRate = 5)
    public void run() {
      found.add(String.valueOf(TenantContext.current()));
      TenantContext.open(ACME);
    }
  }

  static class ForEachTenant {

    final StringRedisTemplate template;
    final Queue<String> found = new ConcurrentLinkedQueue<>();

    ForEachTenant(StringRedisTemplate template) {
      this.template = template;
    }

    @Scheduled(fixedRate = 5)
    public void run() {
      TenantContext.forEachTenant(
          BOTH,
          tenant -> {
            String value = template.opsForValue().get("whoami");
            found.add(tenant.value().equals(value) ? value : "mixed up");
          });
    }
  }

  static class MadeForARequest {

    final Queue<String> found = new ConcurrentLinkedQueue<>();

    @Scheduled(fixedRate = 5)
    public void run() {
      found.add(String.valueOf(TenantContext.current()));
    }
  }
}
