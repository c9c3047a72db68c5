package io.tenantredis;

import java.time.Duration;
import java.util.List;

/** Checks of options, which collect what is wrong. */
final class Options {

  private Options() {}

  static void atLeast(Duration least, Duration value, String name, List<String> problems) {
    if (value.compareTo(least) < 0) {
      problems.add(name + " is " + value + ": use " + least + " or more.");
    }
  }

  static void inRange(int least, int most, int value, String name, List<String> problems) {
    if (value < least || value > most) {
      problems.add(name + " is " + value + ": use " + least + " to " + most + ".");
    }
  }
}
