package io.tenantredis.admin;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the certificate that a server presents, whether anybody trusts it or not. Nothing is
 * sent but the handshake, which is broken off when the certificate has been seen.
 */
final class CertificateProbe {

  private CertificateProbe() {}

  /** When the first certificate of the server's chain that expires does so. */
  static Instant expiry(String host, int port, Duration timeout) {
    Look look = new Look();
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {look}, new SecureRandom());
      try (Socket plain = new Socket()) {
        int millis = (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE);
        plain.connect(new InetSocketAddress(host, port), millis);
        plain.setSoTimeout(millis);
        try (SSLSocket socket =
            (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, false)) {
          socket.startHandshake();
        }
      }
    } catch (IOException e) {
      if (look.expiry.get() == null) {
        throw new AuditView.NotVisible(
            "the server shows no certificate on port " + port + ": " + e.getMessage());
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java platform has TLS", e);
    }
    Instant expiry = look.expiry.get();
    if (expiry == null) {
      throw new AuditView.NotVisible("the server shows no certificate on port " + port);
    }
    return expiry;
  }

  /** Notes when a certificate expires, and trusts nobody: no connection comes of it. */
  private static final class Look extends X509ExtendedTrustManager {

    private final AtomicReference<@Nullable Instant> expiry = new AtomicReference<>();

    private void note(X509Certificate[] chain) throws CertificateException {
      for (X509Certificate certificate : chain) {
        Instant end = certificate.getNotAfter().toInstant();
        expiry.accumulateAndGet(end, (a, b) -> a == null || (b != null && b.isBefore(a)) ? b : a);
      }
      throw new CertificateException("only looked at");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      note(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      note(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      note(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      throw new CertificateException("no server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      throw new CertificateException("no server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      throw new CertificateException("no server");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
