package io.tenantredis.test;

import java.util.List;

/**
 * What a verification saw.
 *
 * @param commands how many commands of the code the server executed
 * @param replies how many answers of the code were looked through
 * @param crossings what crossed, in the order of the phases; at most 100
 */
public record IsolationReport(long commands, long replies, List<Crossing> crossings) {

  static final int MOST = 100;

  /** Copies the list. */
  public IsolationReport {
    crossings = crossings.stream().distinct().limit(MOST).toList();
  }

  /**
   * Whether nothing crossed.
   *
   * @return true if there are no crossings
   */
  public boolean passed() {
    return crossings.isEmpty();
  }

  /** The report as text, with a line for each crossing. */
  @Override
  public String toString() {
    StringBuilder text =
        new StringBuilder(passed() ? "Nothing crossed" : "Tenants are not isolated")
            .append(": ")
            .append(commands)
            .append(" commands and ")
            .append(replies)
            .append(" replies seen, ")
            .append(crossings.size())
            .append(crossings.size() == MOST ? " or more" : "")
            .append(" crossed");
    crossings.forEach(crossing -> text.append("\n  ").append(crossing));
    return text.toString();
  }
}
