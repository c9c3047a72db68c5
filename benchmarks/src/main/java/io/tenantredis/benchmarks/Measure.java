package io.tenantredis.benchmarks;

/**
 * One figure that a scenario yields for each of its contestants.
 *
 * @param group whom it is shown with
 * @param name its name in the results and on the command line
 * @param description what is done, for people
 */
record Measure(Group group, String name, String description, Unit unit) {}
