package io.tenantredis.reliability;

import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.SeenCommand;
import io.tenantredis.test.server.ServerFault;
import io.tenantredis.test.server.TestCertificates;
import io.tenantredis.test.server.WireFaultPoint;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** One row of the matrix: something that goes wrong, and what ends it. */
enum Fault {
  DELAYED("replies delayed by 20 ms", wire(at -> at.times(20).delayReply(millis(20)))),
  LATE("replies later than the timeout", wire(at -> at.times(3).delayReply(millis(900)))),
  SINGLE_BYTES("replies in single bytes", wire(at -> at.times(20).replyInSingleBytes())),
  TRUNCATED("replies cut off, connection ended", wire(at -> at.times(3).truncateReply(2))),
  STALLED("a reply that stops half-way", wire(at -> at.once().stallReply(2))),
  CORRUPT("a reply with another first byte", wire(at -> at.once().corruptReplyByte(0))),
  DROPPED("a reply lost among others, the connection goes on", wire(at -> at.once().dropReply())),
  DROPPED_ALONE(
      "a reply lost and nothing else under way, the connection goes on",
      at -> {
        at.acme.inSilence(
            () -> {
              at.proxy.onCommands(Fault::isGetOfAcme).dropReply();
              at.acme.getOnce();
            });
        return at.proxy::heal;
      }),
  DOUBLED("a reply doubled", wire(at -> at.once().duplicateReply())),
  RESET_BEFORE("reset before the server got it", wire(at -> at.times(3).resetBeforeForwarding())),
  RESET_AFTER("reset after the server executed it", once(at -> at.times(8).resetAfterForwarding())),
  CLOSED_AFTER(
      "closed after the server executed it", once(at -> at.times(8).closeAfterForwarding())),
  HOLE_OF_ONE("one connection black-holed", wire(at -> at.once().blackHoleConnection())),
  HOLE_OF_ALL("everything black-holed", all(WireProxy::blackHole)),
  NOTHING_READ("nothing is read", all(WireProxy::stopReading)),
  ALL_RESET("all connections reset", all(WireProxy::resetConnections)),
  REFUSED(
      "connections reset and refused",
      all(
          proxy -> {
            proxy.refuseConnections();
            proxy.resetConnections();
          })),
  KILLED(
      "server killed with SIGKILL and restarted",
      at -> {
        at.server.kill9();
        return at.server::restart;
      }),
  FROZEN(
      "server frozen with SIGSTOP",
      at -> {
        at.server.freeze();
        return at.server::thaw;
      }),
  MAX_CLIENTS(
      "maxclients reached, connections ended",
      at -> {
        ServerFault full = at.server.faults().maxClientsReached();
        at.server.faults().killClients();
        return full::heal;
      }),
  OUT_OF_MEMORY("OOM", server(s -> s.faults().outOfMemory())),
  MISCONF("MISCONF", server(s -> s.faults().snapshotsFail())),
  LOADING("LOADING", server(s -> s.faults().loading(Duration.ofSeconds(5)))),
  BUSY("BUSY script", server(s -> s.faults().busyScript())),
  READ_ONLY("READONLY", server(s -> s.faults().readOnlyReplica())),
  DENIED("RPUSH denied to one tenant", server(s -> s.faults().denyCommand("tenant_acme", "rpush"))),
  REVOKED("one tenant's user revoked", server(s -> s.faults().revokeUser("tenant_acme"))),
  EXPIRED("expired certificate, connections ended", certificate(TestCertificates::expired)),
  NOT_YET_VALID(
      "certificate of tomorrow, connections ended", certificate(TestCertificates::notYetValid));

  /** The rows of the short form: each kind of fault, and those that the mutations turn red. */
  static final Set<Fault> SHORT =
      EnumSet.of(TRUNCATED, DROPPED_ALONE, RESET_AFTER, HOLE_OF_ONE, KILLED, MISCONF, EXPIRED);

  private static final Set<String> NOT_TWICE = Set.of("RPUSH", "EVAL", "XADD", "INCR");

  /** What a fault can be put into. */
  static final class Target {
    final RedisServer server;
    final WireProxy proxy;
    final Load acme;

    Target(RedisServer server, WireProxy proxy, Load acme) {
      this.server = server;
      this.proxy = proxy;
      this.acme = acme;
    }
  }

  /** Puts the fault in place and says how it is healed. */
  interface Injection {
    Runnable into(Target target);
  }

  final String title;
  final Injection injection;

  Fault(String title, Injection injection) {
    this.title = title;
    this.injection = injection;
  }

  boolean needsTls() {
    return this == EXPIRED || this == NOT_YET_VALID;
  }

  /**
   * Whether replies may be taken for one another, within the one tenant whose connection was
   * struck, until its next proof. RESP numbers nothing: nobody can know before.
   */
  boolean mayMisplace() {
    return this == DROPPED || this == DOUBLED;
  }

  /** How often connections are proved: rarely where the timeout alone is to notice. */
  Duration stepProbeInterval() {
    return this == DROPPED_ALONE ? Duration.ofMinutes(1) : millis(50);
  }

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  private static Injection wire(Consumer<WireFaultPoint> fault) {
    return all(proxy -> fault.accept(proxy.onCommands(Fault::isOfAcme)));
  }

  /** Strikes what must not run twice. */
  private static Injection once(Consumer<WireFaultPoint> fault) {
    return all(
        proxy ->
            fault.accept(
                proxy.onCommands(
                    command -> isOfAcme(command) && NOT_TWICE.contains(command.name()))));
  }

  private static Injection all(Consumer<WireProxy> fault) {
    return at -> {
      fault.accept(at.proxy);
      return at.proxy::heal;
    };
  }

  private static Injection server(Function<RedisServer, ServerFault> fault) {
    return at -> fault.apply(at.server)::heal;
  }

  private static Injection certificate(
      Function<TestCertificates, TestCertificates.Identity> certificate) {
    return at -> {
      TestCertificates certificates = at.server.certificates();
      at.server.presentCertificate(certificate.apply(certificates));
      at.proxy.resetConnections();
      return () -> at.server.presentCertificate(certificates.server());
    };
  }

  private static boolean isOfAcme(SeenCommand command) {
    return command.args().stream().anyMatch(word -> word.startsWith("tenant:acme:"));
  }

  private static boolean isGetOfAcme(SeenCommand command) {
    return command.name().equals("GET") && isOfAcme(command);
  }
}
