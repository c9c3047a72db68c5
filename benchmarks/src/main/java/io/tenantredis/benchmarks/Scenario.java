package io.tenantredis.benchmarks;

/**
 * One workload.
 *
 * @param name its name in the results and on the command line
 * @param description what it does, for people
 */
record Scenario(String name, String description, Task task, Load load) {}
