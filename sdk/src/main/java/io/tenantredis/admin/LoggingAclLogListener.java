package io.tenantredis.admin;

import io.tenantredis.TenantId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Holds back the denials of one poll of one server. Called by one thread at a time. */
final class LoggingAclLogListener implements AclLogListener {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis.acllog");

  private final Map<Kind, Latest> denied = new LinkedHashMap<>();

  @Override
  public void denied(AclDenial denial) {
    Optional<TenantId> tenant =
        denial.reason() == AclDenial.Reason.AUTH ? Optional.empty() : denial.tenant();
    denied.merge(
        new Kind(denial.reason(), tenant),
        new Latest(denial.count(), denial.client().address()),
        (before, now) -> new Latest(before.count + now.count, now.address));
  }

  @Override
  public void polled(String node) {
    denied.forEach((kind, latest) -> write(node, kind, latest));
    denied.clear();
  }

  private static void write(String node, Kind kind, Latest latest) {
    String tenant = kind.tenant.map(TenantId::value).orElse("(none)");
    try (MDC.MDCCloseable ignored = MDC.putCloseable("tenant", tenant)) {
      LOG.warn(
          "ACL_DENIED {} denied tenant {} {} time(s), reason {}, last from {}",
          node,
          tenant,
          latest.count,
          kind.reason,
          latest.address);
    }
  }

  @Override
  public void lost(AclLogLoss loss) {
    LOG.error(
        "ACL_LOG_LOST {} lost denials before they were read ({}): {}. Poll more often, or raise"
            + " acllog-max-len.",
        loss.node(),
        loss.cause(),
        number(loss.denials()));
  }

  private static String number(OptionalLong number) {
    return number.isPresent() ? Long.toString(number.getAsLong()) : "an unknown number";
  }

  private record Kind(AclDenial.Reason reason, Optional<TenantId> tenant) {}

  private record Latest(long count, String address) {}
}
