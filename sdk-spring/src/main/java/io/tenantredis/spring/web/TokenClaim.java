package io.tenantredis.spring.web;

import java.security.Principal;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.ClaimAccessor;

/**
 * A claim of the token that a request was authenticated with: of a JWT, of an ID token, or of what
 * an authorization server said of an opaque one. It takes Spring Security's {@code
 * spring-security-oauth2-core} on the class path. For {@link ServletTenantResolver#principal} and
 * {@link ServerTenantResolver#principal}. Immutable and thread-safe.
 */
public final class TokenClaim implements Function<Principal, @Nullable String> {

  private final String name;

  /**
   * The value of a claim.
   *
   * @param name the claim, for example {@code tenant}
   */
  public TokenClaim(String name) {
    this.name = name;
  }

  /**
   * What the claim says.
   *
   * @param user the authenticated user
   * @return the claim's text; null if the user has no token, the token no such claim, or the claim
   *     is no text
   */
  @Override
  public @Nullable String apply(Principal user) {
    return user instanceof Authentication authenticated
            && authenticated.getPrincipal() instanceof ClaimAccessor token
            && token.getClaims().get(name) instanceof String text
        ? text
        : null;
  }
}
