package io.tenantredis.examples.service;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Who the customer is. A real shop would ask for a password here. */
@RestController
@RequestMapping("/session")
class SessionController {

  static final String CUSTOMER = "customer";

  @PostMapping
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void begin(@RequestParam String customer, HttpServletRequest request) {
    end(request);
    request.getSession().setAttribute(CUSTOMER, customer);
  }

  @DeleteMapping
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void end(HttpServletRequest request) {
    HttpSession session = request.getSession(false);
    if (session != null) {
      session.invalidate();
    }
  }
}
