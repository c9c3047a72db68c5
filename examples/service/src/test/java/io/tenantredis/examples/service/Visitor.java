package io.tenantredis.examples.service;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;

/** Somebody who visits the shops with one set of cookies. Thread-safe. */
final class Visitor {

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .cookieHandler(new CookieManager())
          .build();
  private final int port;

  Visitor(int port) {
    this.port = port;
  }

  HttpResponse<String> send(String method, String path, String... headers) {
    try {
      return http.send(request(method, path, headers), HttpResponse.BodyHandlers.ofString());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }

  HttpResponse<String> of(String tenant, String method, String path) {
    return send(method, path, "X-Tenant", tenant);
  }

  /** The lines of a tenant's events, until the listener is closed. */
  EventLines listen(String tenant) {
    EventLines lines = new EventLines();
    CompletableFuture<HttpResponse<Void>> exchange =
        http.sendAsync(
            request("GET", "/events", "X-Tenant", tenant, "Accept", "text/event-stream"),
            HttpResponse.BodyHandlers.fromLineSubscriber(lines));
    lines.belongsTo(exchange);
    return lines;
  }

  private HttpRequest request(String method, String path, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return request.build();
  }
}
