package io.tenantredis.test.server;

import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * A fault that waits in a {@link WireProxy} for commands to strike. Thread-safe.
 *
 * @see WireProxy#onCommand(String)
 */
public final class WireFault {

  private final WireProxy proxy;
  private final Predicate<SeenCommand> matcher;
  private final Step step;
  private final Random random;
  private final double probability;
  private final AtomicLong hits = new AtomicLong();
  private long toSkip;
  private long toStrike;

  /** What happens to a command that is struck. Runs on the proxy's thread. */
  interface Step {
    void take(ProxyLink link, byte[] command, Random random);
  }

  WireFault(
      WireProxy proxy,
      Predicate<SeenCommand> matcher,
      Step step,
      Random random,
      double probability,
      long toSkip,
      long toStrike) {
    this.proxy = proxy;
    this.matcher = matcher;
    this.step = step;
    this.random = random;
    this.probability = probability;
    this.toSkip = toSkip;
    this.toStrike = toStrike;
  }

  /** How many commands it has struck. */
  public long hits() {
    return hits.get();
  }

  /** Takes the fault out of the proxy. What it did to earlier commands stays done. */
  public void remove() {
    proxy.remove(this);
  }

  /** Whether it strikes this command; on the proxy's thread, once for each command. */
  boolean strikes(SeenCommand command) {
    if (toStrike == 0 || !matcher.test(command)) {
      return false;
    }
    if (toSkip > 0) {
      toSkip--;
      return false;
    }
    if (probability < 1 && random.nextDouble() >= probability) {
      return false;
    }
    toStrike--;
    hits.incrementAndGet();
    return true;
  }

  void strike(ProxyLink link, byte[] command) {
    step.take(link, command, random);
  }
}
