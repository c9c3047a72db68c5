package io.tenantredis.internal.connection;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import org.jspecify.annotations.Nullable;

/** Why a TLS handshake failed, in words that say what to do. */
final class TlsProblem {

  private static final int MAX_DEPTH = 20;

  private TlsProblem() {}

  static String of(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++, cause = cause.getCause()) {
      String problem = known(cause);
      if (problem != null) {
        return problem;
      }
    }
    return failure.getMessage()
        + ". Check versions and certificates on both sides; a server that asks for a client"
        + " certificate needs TlsOptions.certificate or keyStore.";
  }

  private static @Nullable String known(Throwable cause) {
    if (cause instanceof CertificateExpiredException) {
      return "the server's certificate has expired (" + cause.getMessage() + "). Renew it.";
    }
    if (cause instanceof CertificateNotYetValidException) {
      return "the server's certificate is not valid yet ("
          + cause.getMessage()
          + "). Compare the clocks of client and server.";
    }
    if (cause instanceof CertPathBuilderException) {
      return "the server's certificate is of an authority that is not trusted. Give the authority's"
          + " certificate with TlsOptions.trust or trustStore.";
    }
    // Its subclasses say what is wrong with a certificate; the class itself, that it is for
    // another host.
    if (cause.getClass() == CertificateException.class) {
      return "the server's certificate does not name this host ("
          + cause.getMessage()
          + "). Connect to a name that is in it, or have one issued for this host.";
    }
    return null;
  }
}
