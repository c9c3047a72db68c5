package io.tenantredis.admin;

import java.util.List;
import java.util.function.Function;

/**
 * One question of an audit.
 *
 * @param name stable, what findings are filed under
 * @param level the level that needs a pass
 * @param look answers what is wrong on a server; empty if nothing
 */
record AuditCheck(String name, SecurityLevel level, Function<AuditView, List<Finding>> look) {

  /** What was found on a server; where nothing could be seen, that. */
  List<Finding> findings(AuditView view) {
    try {
      return look.apply(view);
    } catch (AuditView.NotVisible e) {
      return List.of(
          Finding.unknown(
              name,
              view.address(),
              String.valueOf(e.getMessage()),
              "Let the administrator's user see it, or check it by hand."));
    } catch (AdminException e) {
      return List.of(unreachable(view, e));
    }
  }

  Finding unreachable(AuditView view, AdminException failure) {
    return Finding.unknown(
        name, view.address(), String.valueOf(failure.getMessage()), "Make the server reachable.");
  }
}
