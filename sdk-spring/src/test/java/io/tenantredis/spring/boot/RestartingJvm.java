package io.tenantredis.spring.boot;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskSchedulingAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;

/**
 * Restarts {@link RestartedApplication} in one JVM, each time with a new class loader for the
 * application's own classes, as Boot's devtools do. Prints what is left.
 */
public final class RestartingJvm {

  /** Of the JVM, as a registry of the platform would be. */
  public static final MeterRegistry METERS = new SimpleMeterRegistry();

  private static final String APPLICATION = RestartedApplication.class.getName();
  private static final int RESTARTS = 2;

  private RestartingJvm() {}

  public static void main(String[] arguments) throws Exception {
    // Boot and the JDK keep something of the first context of a JVM, whatever is in it.
    SpringApplication first = new SpringApplication(WithoutTheStarter.class);
    first.setWebApplicationType(WebApplicationType.NONE);
    first.run("--spring.main.banner-mode=off").close();
    for (int restart = 1; restart <= RESTARTS; restart++) {
      WeakReference<ClassLoader> loader = run(arguments);
      boolean gone = isCollected(loader);
      System.out.println("class loader " + restart + (gone ? " is gone" : " is still there"));
      System.out.println("meters " + METERS.getMeters());
      if (!gone) {
        keepers(loader.get());
      }
    }
    Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .sorted()
        .forEach(name -> System.out.println("thread " + name));
    System.exit(0);
  }

  /** In a method of its own, whose variables end with it. */
  private static WeakReference<ClassLoader> run(String[] arguments) throws Exception {
    URLClassLoader loader = new ApplicationLoader();
    Throwable[] failure = new Throwable[1];
    Thread main =
        new Thread(
            () -> {
              try {
                loader
                    .loadClass(APPLICATION)
                    .getMethod("run", String[].class)
                    .invoke(null, (Object) arguments);
              } catch (ReflectiveOperationException failed) {
                failure[0] = failed;
              }
            },
            "restartedMain");
    main.setContextClassLoader(loader);
    main.start();
    main.join();
    loader.close();
    if (failure[0] != null) {
      throw new IllegalStateException(failure[0]);
    }
    return new WeakReference<>(loader);
  }

  private static boolean isCollected(WeakReference<ClassLoader> loader)
      throws InterruptedException {
    long giveUpAt = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (loader.get() != null && System.nanoTime() - giveUpAt < 0) {
      System.gc();
      Thread.onSpinWait();
    }
    return loader.get() == null;
  }

  private static void keepers(ClassLoader loader) {
    Set<String> threads =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getContextClassLoader() == loader)
            .map(Thread::getName)
            .collect(Collectors.toSet());
    System.out.println("threads with it: " + threads);
  }

  /** What Boot has without the starter, a proxied bean among it. */
  @Configuration(proxyBeanMethods = false)
  @ImportAutoConfiguration({
    TaskExecutionAutoConfiguration.class,
    TaskSchedulingAutoConfiguration.class,
    DataRedisAutoConfiguration.class,
    DataRedisReactiveAutoConfiguration.class
  })
  @EnableAsync
  static class WithoutTheStarter {

    @Bean
    Proxied proxied() {
      return new Proxied();
    }
  }

  static class Proxied {

    @Async
    public void run() {
      // Is never called.
    }
  }

  /** Has classes of the application of its own, and all others of the JVM's class path. */
  private static final class ApplicationLoader extends URLClassLoader {

    ApplicationLoader() {
      super(
          new URL[] {RestartingJvm.class.getProtectionDomain().getCodeSource().getLocation()},
          RestartingJvm.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(APPLICATION)) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? findClass(name) : loaded;
      }
    }
  }
}
