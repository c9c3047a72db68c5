package io.tenantredis.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** What can be said about the names that a Redis glob pattern matches. */
final class Globs {

  private Globs() {}

  /** What every matched name begins with: the text up to the first wildcard. */
  static String literalHead(String glob) {
    StringBuilder head = new StringBuilder();
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      if (c == '*' || c == '?' || c == '[') {
        break;
      }
      if (c == '\\' && i + 1 < glob.length()) {
        i++;
      }
      head.append(glob.charAt(i));
    }
    return head.toString();
  }

  /** One name that the pattern matches, unless it holds a set of characters. */
  static String example(String glob) {
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      if (c == '*' || c == '?') {
        name.append('x');
      } else if (c == '[') {
        int end = glob.indexOf(']', i + 2);
        name.append(i + 1 < glob.length() ? glob.charAt(i + 1) : c);
        i = end < 0 ? glob.length() : end;
      } else {
        if (c == '\\' && i + 1 < glob.length()) {
          i++;
        }
        name.append(glob.charAt(i));
      }
    }
    return name.toString();
  }

  /** A name for each of a user's key or channel patterns. */
  static Set<String> examples(UserState state, boolean keys) {
    return ofEach(state, keys, Globs::example);
  }

  /** What the names of a user's keys or channels begin with, for each of its patterns. */
  static Set<String> literalHeads(UserState state, boolean keys) {
    return ofEach(state, keys, Globs::literalHead);
  }

  private static Set<String> ofEach(UserState state, boolean keys, UnaryOperator<String> what) {
    List<UserState.Permissions> all = new ArrayList<>(state.selectors());
    all.add(state.root());
    Set<String> texts = new TreeSet<>();
    for (UserState.Permissions permissions : all) {
      for (String pattern : keys ? permissions.keys() : permissions.channels()) {
        texts.add(what.apply(pattern.substring(pattern.indexOf(keys ? '~' : '&') + 1)));
      }
    }
    return texts;
  }
}
