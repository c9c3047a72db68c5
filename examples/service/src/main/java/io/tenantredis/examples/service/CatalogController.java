package io.tenantredis.examples.service;

import java.util.SortedMap;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

@RestController
class CatalogController {

  private final Catalog catalog;

  CatalogController(Catalog catalog) {
    this.catalog = catalog;
  }

  @GetMapping("/products")
  SortedMap<String, Integer> prices() {
    return catalog.prices();
  }

  @GetMapping("/products/{sku}")
  Product product(@PathVariable String sku) {
    Product product = catalog.product(sku);
    if (product == null) {
      throw new ResponseStatusException(HttpStatus.NOT_FOUND, "Not sold here.");
    }
    return product;
  }

  @PutMapping("/products/{sku}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void price(@PathVariable String sku, @RequestParam int cents) {
    if (cents < 0) {
      throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "cents must be 0 or more.");
    }
    catalog.price(sku, cents);
  }
}
