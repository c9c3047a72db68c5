package io.tenantredis.internal.keyspace;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import org.jspecify.annotations.Nullable;

/**
 * Argument lists generated from a signature itself. Values that are no names read like names,
 * prefixes and options on purpose, so that a guard which looks for words instead of positions is
 * caught.
 */
final class ArgumentLists {

  /**
   * Their grammars have a piece that can be taken for the beginning of the next one, so that not
   * every list generated from them matches. Such a list is refused, never rewritten differently.
   */
  static final Set<String> AMBIGUOUS = Set.of("CLIENT TRACKING", "FT.CREATE");

  /** One argument and the kind of name it is, if it is one. */
  record Argument(String word, @Nullable NameKind kind) {}

  private final Arbitrary<String> names;
  private final Arbitrary<String> values;
  private final Arbitrary<Integer> counts;

  private ArgumentLists(
      Arbitrary<String> names, Arbitrary<String> values, Arbitrary<Integer> counts) {
    this.names = names;
    this.values = values;
    this.counts = counts;
  }

  /** Lists of anything that the signature accepts. */
  static Arbitrary<List<Argument>> matching(Signature signature) {
    return matching(
        signature,
        Arbitraries.oneOf(
            Arbitraries.of(
                "a",
                "b",
                "",
                "STORE",
                "STREAMS",
                "GET",
                "tenant:acme:a",
                "tenant:globex:a",
                "k*",
                "#",
                "{t}x"),
            Arbitraries.strings().ofMaxLength(12)),
        Arbitraries.oneOf(
            Arbitraries.of(
                "a",
                "",
                "1",
                "0",
                "STORE",
                "STREAMS",
                "MATCH",
                "tenant:acme:a",
                "tenant:globex:a",
                "*"),
            Arbitraries.strings().ofMaxLength(12)));
  }

  /** Lists with these names and values. */
  static Arbitrary<List<Argument>> matching(
      Signature signature, Arbitrary<String> names, Arbitrary<String> values) {
    return new ArgumentLists(names, values, Arbitraries.integers().between(0, 3))
        .of(signature.root());
  }

  private Arbitrary<List<Argument>> of(Signature.Node node) {
    if (node instanceof Signature.Token token) {
      return Arbitraries.of(token.word, token.word.toLowerCase(java.util.Locale.ROOT))
          .map(word -> List.of(new Argument(word, null)));
    }
    if (node instanceof Signature.Single single) {
      Arbitrary<List<Argument>> one = argument(single.kind);
      return single.optional ? Arbitraries.oneOf(one, nothing()) : one;
    }
    if (node instanceof Signature.Positive) {
      return Arbitraries.of("1", "100", "0", "-1", "x")
          .map(word -> List.of(new Argument(word, null)));
    }
    if (node instanceof Signature.Repeated repeated) {
      return argument(repeated.kind)
          .list()
          .ofMinSize(repeated.min)
          .ofMaxSize(repeated.min + 8)
          .map(ArgumentLists::flat);
    }
    if (node instanceof Signature.Sequence sequence) {
      List<Arbitrary<List<Argument>>> parts = new ArrayList<>();
      for (Signature.Node part : sequence.parts) {
        parts.add(of(part));
      }
      return Combinators.combine(parts).as(ArgumentLists::flat);
    }
    if (node instanceof Signature.Optional optional) {
      return Arbitraries.oneOf(nothing(), of(optional.part));
    }
    if (node instanceof Signature.Choice choice) {
      return choice(choice);
    }
    if (node instanceof Signature.Group group) {
      return times(of(group.part), group.atLeast);
    }
    if (node instanceof Signature.Counted counted) {
      return counts.flatMap(
          count ->
              of(counted.part)
                  .list()
                  .ofSize(count)
                  .map(
                      parts -> {
                        List<Argument> all =
                            new ArrayList<>(List.of(new Argument(Integer.toString(count), null)));
                        all.addAll(flat(parts));
                        return all;
                      }));
    }
    Signature.Half half = (Signature.Half) node;
    return Arbitraries.integers()
        .between(1, 3)
        .flatMap(
            count ->
                Combinators.combine(
                        argument(half.kind).list().ofSize(count),
                        argument(null).list().ofSize(count))
                    .as((first, second) -> flat(List.of(flat(first), flat(second)))));
  }

  private Arbitrary<List<Argument>> choice(Signature.Choice choice) {
    List<Arbitrary<List<Argument>>> allowed = new ArrayList<>();
    for (Signature.Node alternative : choice.alternatives) {
      Signature.Token opening = alternative.opening();
      if (opening == null || !opening.attributes.refused()) {
        allowed.add(of(alternative));
      }
    }
    if (allowed.isEmpty()) {
      return nothing();
    }
    Arbitrary<List<Argument>> one = Arbitraries.oneOf(allowed);
    return switch (choice.times) {
      case ONCE -> one;
      case AT_MOST_ONCE -> Arbitraries.oneOf(nothing(), one);
      case ANY_NUMBER -> times(one, 0);
    };
  }

  private static Arbitrary<List<Argument>> times(Arbitrary<List<Argument>> part, int atLeast) {
    return part.list().ofMinSize(atLeast).ofMaxSize(atLeast + 3).map(ArgumentLists::flat);
  }

  private static Arbitrary<List<Argument>> nothing() {
    return Arbitraries.just(List.of());
  }

  private Arbitrary<List<Argument>> argument(@Nullable NameKind kind) {
    return (kind == null ? values : names).map(word -> List.of(new Argument(word, kind)));
  }

  private static List<Argument> flat(List<List<Argument>> parts) {
    return parts.stream().flatMap(List::stream).toList();
  }
}
