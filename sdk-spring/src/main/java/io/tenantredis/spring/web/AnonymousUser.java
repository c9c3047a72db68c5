package io.tenantredis.spring.web;

import java.security.Principal;

/**
 * Spring Security's stand-in for who is not logged in. WebFlux hands it out as a principal with a
 * name, which would be a tenant that all strangers share. By name, because Spring Security may not
 * be there.
 */
final class AnonymousUser {

  private static final String TOKEN =
      "org.springframework.security.authentication.AnonymousAuthenticationToken";

  private AnonymousUser() {}

  static boolean is(Principal user) {
    for (Class<?> type = user.getClass(); type != null; type = type.getSuperclass()) {
      if (type.getName().equals(TOKEN)) {
        return true;
      }
    }
    return false;
  }
}
