package io.tenantredis.examples.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The page in a real browser. Skipped where there is none, unless the system property {@code
 * tenantredis.browser} is {@code required}.
 */
class PageTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String ACME = "iframe[data-tenant=acme]";
  private static final String GLOBEX = "iframe[data-tenant=globex]";

  @Test
  @Timeout(300)
  void eachSideShowsItsOwnTenant() throws IOException {
    try (Browser browser = browser();
        ConfigurableApplicationContext shop =
            SpringApplication.from(ShopApplication::main)
                .with(TestShop.Redis.class)
                .run("--server.port=0")
                .getApplicationContext()) {
      String port = shop.getEnvironment().getRequiredProperty("local.server.port");
      browser.visit("http://localhost:" + port + "/");
      soon(() -> browser.text("h1").equals("Two shops, one Redis"));
      soon(() -> browser.names("iframe").equals(List.of("The shop of acme", "The shop of globex")));
      for (String frame : new String[] {ACME, GLOBEX}) {
        soon(() -> arrived(browser, frame));
        assertThat(browser.names("button, input, meter, table tr th[scope=col]"))
            .hasSizeGreaterThan(8)
            .doesNotContain("");
      }

      cartsAndEvents(browser);
      cacheHits(browser);
      rateLimit(browser);
      Files.write(Path.of("target", "shop.png"), pictureOf(browser));
      assertThat(browser.scriptErrors()).isEmpty();
    }
  }

  private static boolean arrived(Browser browser, String frame) throws IOException {
    browser.frame(frame);
    return browser.text("#live").equals("live") && browser.text("#products").contains("espresso");
  }

  private static void cartsAndEvents(Browser browser) throws IOException {
    browser.frame(ACME);
    assertThat(browser.text("h1")).isEqualTo("acme");
    browser.click("button[aria-label='Add espresso to the cart']");
    soon(() -> browser.text("#status").equals("Begin a session first."));
    session(browser, "ann");
    browser.click("button[aria-label='Add espresso to the cart']");
    soon(() -> browser.text("#cart").startsWith("1 × espresso"));
    browser.click("button[aria-label='Add espresso to the cart']");
    soon(() -> browser.text("#cart").startsWith("2 × espresso"));

    browser.frame(GLOBEX);
    assertThat(browser.text("h1")).isEqualTo("globex");
    session(browser, "bob");
    soon(() -> browser.text("#cart-empty").equals("The cart of bob is empty."));
    browser.click("button[aria-label='Add anvil to the cart']");
    soon(() -> browser.text("#cart").startsWith("1 × anvil"));
    soon(() -> browser.text("#events").equals("bob has 1 × anvil"));

    browser.frame(ACME);
    soon(() -> browser.text("#events").equals("ann has 2 × espresso\nann has 1 × espresso"));
    assertThat(browser.text("#cart")).startsWith("2 × espresso");
  }

  private static void session(Browser browser, String customer) throws IOException {
    browser.type("#customer", customer);
    browser.click("#session button");
    soon(() -> browser.text("#status").equals(customer + " has a session."));
  }

  private static void cacheHits(Browser browser) throws IOException {
    browser.frame(ACME);
    String lookUp = "button[aria-label='Look up espresso']";
    browser.click(lookUp);
    soon(() -> browser.text("#products").contains("catalog (reading 1)"));
    browser.click(lookUp);
    soon(() -> browser.text("#products").contains("cache (reading 1)"));
    assertThat(browser.text("#lookups")).isEqualTo("2");
    assertThat(browser.text("#hits")).isEqualTo("1");
    browser.click("button[aria-label='Raise the price of espresso']");
    soon(() -> browser.text("#products").contains("2.90"));
    browser.click(lookUp);
    soon(() -> browser.text("#products").contains("catalog (reading 2)"));
  }

  private static void rateLimit(Browser browser) throws IOException {
    browser.frame(ACME);
    // A second time if the first one met the end of a period.
    soon(
        () -> {
          browser.click("#burst");
          soon(() -> browser.text("#status").contains("were answered"));
          return number(browser, "#refused") > 0;
        });
    assertThat(number(browser, "#served") + number(browser, "#refused")).isEqualTo(500);

    browser.frame(GLOBEX);
    browser.click("button[aria-label='Look up anvil']");
    soon(() -> browser.text("#status").equals("anvil looked up."));
  }

  private static int number(Browser browser, String css) throws IOException {
    return Integer.parseInt(browser.text(css));
  }

  private static byte[] pictureOf(Browser browser) throws IOException {
    browser.page();
    return browser.screenshot();
  }

  private static void soon(Callable<Boolean> condition) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(100))
        // What was found may be replaced before it is read.
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(condition);
  }

  private static Browser browser() throws IOException {
    try {
      return Browser.open(Files.createTempDirectory(Path.of("target"), "browser"));
    } catch (IOException notThere) {
      if ("required".equals(System.getProperty("tenantredis.browser"))) {
        throw notThere;
      }
      return Assumptions.abort("no chromedriver with a Chromium: " + notThere.getMessage());
    }
  }
}
