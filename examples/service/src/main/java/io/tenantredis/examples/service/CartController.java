package io.tenantredis.examples.service;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.bind.annotation.SessionAttribute;
import org.springframework.web.server.ResponseStatusException;

@RestController
@RequestMapping("/cart")
class CartController {

  private final Carts carts;

  CartController(Carts carts) {
    this.carts = carts;
  }

  @GetMapping
  Cart cart(
      @SessionAttribute(name = SessionController.CUSTOMER, required = false)
          @Nullable String customer) {
    return carts.of(known(customer));
  }

  @PutMapping("/{sku}")
  Cart put(
      @SessionAttribute(name = SessionController.CUSTOMER, required = false)
          @Nullable String customer,
      @PathVariable String sku,
      @RequestParam int quantity) {
    if (quantity < 0) {
      throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "quantity must be 0 or more.");
    }
    carts.put(known(customer), sku, quantity);
    return carts.of(known(customer));
  }

  @DeleteMapping
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void empty(
      @SessionAttribute(name = SessionController.CUSTOMER, required = false)
          @Nullable String customer) {
    carts.empty(known(customer));
  }

  private static String known(@Nullable String customer) {
    if (customer == null) {
      throw new ResponseStatusException(
          HttpStatus.UNAUTHORIZED, "Begin a session first: POST /session?customer=...");
    }
    return customer;
  }
}
