package io.tenantredis.test.spring;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.TestContextAnnotationUtils;

/** Sees to contexts of classes with {@link AutoConfigureTestTenants}. */
final class TestTenantsContextCustomizerFactory implements ContextCustomizerFactory {

  @Override
  public @Nullable ContextCustomizer createContextCustomizer(
      Class<?> testClass, List<ContextConfigurationAttributes> attributes) {
    AutoConfigureTestTenants wanted =
        TestContextAnnotationUtils.findMergedAnnotation(testClass, AutoConfigureTestTenants.class);
    return wanted == null
        ? null
        : new TestTenantsContextCustomizer(wanted.binary(), wanted.container());
  }
}
