package io.tenantredis.admin;

import java.time.Clock;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One server as an audit sees it. Only reads; settings that hold secrets are never asked for. */
final class AuditView {

  /** Something that the server does not show to this administrator. */
  static final class NotVisible extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotVisible(String message) {
      super(message);
    }
  }

  private final AdminNode node;
  private final @Nullable Tenancy tenancy;
  private final Set<String> operators;
  private final Clock clock;
  private final Map<String, String> settings = new HashMap<>();
  private @Nullable Map<String, UserState> users;

  AuditView(AdminNode node, @Nullable Tenancy tenancy, Set<String> operators, Clock clock) {
    this.node = node;
    this.tenancy = tenancy;
    this.operators = operators;
    this.clock = clock;
  }

  AdminNode node() {
    return node;
  }

  /** Why the server does not answer, or null: asked once, so that not every check waits for it. */
  @Nullable AdminException unreachable() {
    try {
      node.ask("PING");
      return null;
    } catch (ServerRefusedException answered) {
      return null;
    } catch (AdminException e) {
      return e;
    }
  }

  @Nullable Tenancy tenancy() {
    return tenancy;
  }

  Clock clock() {
    return clock;
  }

  String address() {
    return node.address();
  }

  /** Whether a user may have more than a tenant: the administrator, and those that were named. */
  boolean isOperator(String user) {
    return operators.contains(user) || user.equals(administrator());
  }

  private @Nullable String administrator;

  String administrator() {
    String known = administrator;
    if (known == null) {
      known = node.text("ACL", "WHOAMI");
      administrator = known;
    }
    return known;
  }

  /**
   * A setting of the server.
   *
   * @throws NotVisible if the server does not say, or has no such setting
   */
  String setting(String name) {
    return settings.computeIfAbsent(
        name,
        asked -> {
          List<@Nullable Object> reply;
          try {
            reply = node.list("CONFIG", "GET", asked);
          } catch (ServerRefusedException e) {
            throw new NotVisible("the server does not show its settings: " + e.getMessage());
          }
          if (reply.size() < 2) {
            throw new NotVisible("the server has no setting " + asked);
          }
          return String.valueOf(reply.get(1));
        });
  }

  boolean hasSetting(String name) {
    try {
      setting(name);
      return true;
    } catch (NotVisible e) {
      return false;
    }
  }

  long number(String setting) {
    try {
      return Long.parseLong(setting(setting));
    } catch (NumberFormatException e) {
      throw new NotVisible(setting + " is not a number");
    }
  }

  Map<String, String> info(String section) {
    try {
      return node.info(section);
    } catch (ServerRefusedException e) {
      throw new NotVisible("the server does not show INFO " + section + ": " + e.getMessage());
    }
  }

  /** All users by name. */
  Map<String, UserState> users() {
    Map<String, UserState> known = users;
    if (known == null) {
      known = new LinkedHashMap<>();
      try {
        for (Object name : node.list("ACL", "USERS")) {
          UserState state = UserState.read(node, String.valueOf(name));
          if (state != null) {
            known.put(String.valueOf(name), state);
          }
        }
      } catch (ServerRefusedException e) {
        throw new NotVisible("the server does not show its users: " + e.getMessage());
      }
      users = known;
    }
    return known;
  }
}
