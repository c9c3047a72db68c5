package io.tenantredis.examples.service;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A headless Chromium, steered by the WebDriver protocol through {@code chromedriver}, which both
 * must be on the path. Not thread-safe.
 */
final class Browser implements AutoCloseable {

  private static final Pattern STARTED = Pattern.compile("started successfully on port (\\d+)");
  private static final String ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

  private final Process driver;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final JsonMapper json = JsonMapper.shared();
  private final String server;
  private String session = "";

  private Browser(Process driver, int port) {
    this.driver = driver;
    this.server = "http://127.0.0.1:" + port;
  }

  /**
   * Opens one.
   *
   * @param profile an empty directory
   * @throws IOException if there is none on this machine, or it does not start
   */
  static Browser open(Path profile) throws IOException {
    Process driver =
        new ProcessBuilder("chromedriver", "--port=0").redirectErrorStream(true).start();
    Browser browser = null;
    try {
      browser = new Browser(driver, port(driver));
      browser.begin(profile);
      return browser;
    } catch (IOException | RuntimeException failure) {
      if (browser == null) {
        driver.destroy();
      } else {
        browser.close();
      }
      throw failure;
    }
  }

  private static int port(Process driver) throws IOException {
    // Not closed: the driver would stumble over it.
    BufferedReader output = driver.inputReader(StandardCharsets.UTF_8);
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      Matcher started = STARTED.matcher(line);
      if (started.find()) {
        return Integer.parseInt(started.group(1));
      }
    }
    throw new IOException("chromedriver ended before it listened");
  }

  private void begin(Path profile) throws IOException {
    List<String> arguments =
        List.of(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--no-proxy-server",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1360,1000",
            "--user-data-dir=" + profile.toAbsolutePath());
    JsonNode begun =
        post(
            "/session",
            Map.of(
                "capabilities",
                Map.of(
                    "alwaysMatch",
                    Map.of(
                        "goog:chromeOptions", Map.of("args", arguments),
                        "goog:loggingPrefs", Map.of("browser", "ALL")))));
    session = "/session/" + begun.get("sessionId").asString();
  }

  void visit(String url) throws IOException {
    post(session + "/url", Map.of("url", url));
  }

  /** Enters the frame that a CSS selector finds on the page. */
  void frame(String css) throws IOException {
    page();
    post(session + "/frame", Map.of("id", Map.of(ELEMENT, find(css))));
  }

  void page() throws IOException {
    post(session + "/frame", Collections.singletonMap("id", null));
  }

  void click(String css) throws IOException {
    post(session + "/element/" + find(css) + "/click", Map.of());
  }

  void type(String css, String text) throws IOException {
    String element = find(css);
    post(session + "/element/" + element + "/clear", Map.of());
    post(session + "/element/" + element + "/value", Map.of("text", text));
  }

  String text(String css) throws IOException {
    return get(session + "/element/" + find(css) + "/text").asString();
  }

  /** What a screen reader calls each element that a CSS selector finds. */
  List<String> names(String css) throws IOException {
    List<String> names = new ArrayList<>();
    for (JsonNode found : post(session + "/elements", selector(css))) {
      names.add(
          get(session + "/element/" + found.get(ELEMENT).asString() + "/computedlabel").asString());
    }
    return names;
  }

  /** What went wrong in scripts; answers with an error status are not meant. */
  List<String> scriptErrors() throws IOException {
    List<String> errors = new ArrayList<>();
    for (JsonNode entry : post(session + "/se/log", Map.of("type", "browser"))) {
      if (entry.get("level").asString().equals("SEVERE")
          && !entry.get("source").asString().equals("network")) {
        errors.add(entry.get("message").asString());
      }
    }
    return errors;
  }

  byte[] screenshot() throws IOException {
    return Base64.getDecoder().decode(get(session + "/screenshot").asString());
  }

  private String find(String css) throws IOException {
    return post(session + "/element", selector(css)).get(ELEMENT).asString();
  }

  private static Map<String, String> selector(String css) {
    return Map.of("using", "css selector", "value", css);
  }

  private JsonNode get(String path) throws IOException {
    return send(HttpRequest.newBuilder(URI.create(server + path)));
  }

  private JsonNode post(String path, Map<String, ?> body) throws IOException {
    return send(
        HttpRequest.newBuilder(URI.create(server + path))
            .POST(HttpRequest.BodyPublishers.ofString(json.writeValueAsString(body))));
  }

  private JsonNode send(HttpRequest.Builder request) throws IOException {
    try {
      HttpResponse<String> answer =
          http.send(
              request.timeout(Duration.ofSeconds(100)).build(),
              HttpResponse.BodyHandlers.ofString());
      JsonNode value = json.readTree(answer.body()).get("value");
      if (answer.statusCode() != 200) {
        throw new IOException(value.get("error").asString() + ": " + value.get("message"));
      }
      return value;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IOException(stopped);
    }
  }

  @Override
  public void close() {
    try {
      if (!session.isEmpty()) {
        send(HttpRequest.newBuilder(URI.create(server + session)).DELETE());
      }
    } catch (IOException alreadyGone) {
      // Then there is nothing to close but the driver.
    } finally {
      driver.destroy();
      try {
        if (!driver.waitFor(20, TimeUnit.SECONDS)) {
          driver.descendants().forEach(ProcessHandle::destroyForcibly);
          driver.destroyForcibly();
        }
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
