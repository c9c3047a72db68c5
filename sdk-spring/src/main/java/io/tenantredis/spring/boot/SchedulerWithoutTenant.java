package io.tenantredis.spring.boot;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;
import org.springframework.scheduling.SchedulingAwareRunnable;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.Trigger;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.scheduling.config.ScheduledTaskRegistrar;

/**
 * Stands before the scheduler of {@code @Scheduled} methods, whichever that is, and has their jobs
 * begin without a tenant and leave none behind. Decorators do not reach all of them: a scheduler of
 * the application's own has none, and {@link
 * org.springframework.scheduling.concurrent.SimpleAsyncTaskScheduler} runs all jobs with a delay on
 * one thread of its own, undecorated.
 */
final class SchedulerWithoutTenant implements TaskScheduler {

  private final TaskScheduler scheduler;

  private SchedulerWithoutTenant(TaskScheduler scheduler) {
    this.scheduler = scheduler;
  }

  /** A {@link SchedulingConfigurer}, to be called after the application's own. */
  static void configure(ScheduledTaskRegistrar jobs) {
    TaskScheduler scheduler = jobs.getScheduler();
    if (scheduler != null) {
      jobs.setTaskScheduler(new SchedulerWithoutTenant(scheduler));
    }
  }

  @Override
  public Clock getClock() {
    return scheduler.getClock();
  }

  @Override
  public @Nullable ScheduledFuture<?> schedule(Runnable job, Trigger trigger) {
    return scheduler.schedule(new Job(job), trigger);
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable job, Instant start) {
    return scheduler.schedule(new Job(job), start);
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(Runnable job, Instant start, Duration period) {
    return scheduler.scheduleAtFixedRate(new Job(job), start, period);
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(Runnable job, Duration period) {
    return scheduler.scheduleAtFixedRate(new Job(job), period);
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(Runnable job, Instant start, Duration delay) {
    return scheduler.scheduleWithFixedDelay(new Job(job), start, delay);
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(Runnable job, Duration delay) {
    return scheduler.scheduleWithFixedDelay(new Job(job), delay);
  }

  /** Spring finds the scheduler that {@code @Scheduled} names by the job's qualifier. */
  private record Job(Runnable job) implements SchedulingAwareRunnable {

    @Override
    public void run() {
      JobsWithoutTenant.confined(job).run();
    }

    @Override
    public boolean isLongLived() {
      return job instanceof SchedulingAwareRunnable aware && aware.isLongLived();
    }

    @Override
    public @Nullable String getQualifier() {
      return job instanceof SchedulingAwareRunnable aware ? aware.getQualifier() : null;
    }

    @Override
    public String toString() {
      return job.toString();
    }
  }
}
