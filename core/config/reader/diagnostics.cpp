#include "core/config/reader/diagnostics.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "core/text.h"

namespace greentrain {
namespace {

constexpr std::size_t kWidest = 100;     // Characters of a source line that are shown.
constexpr std::size_t kMostErrors = 50;  // A file of another kind could give thousands.

struct Paint {
  Colors colors;
  std::string operator()(const char* code, const std::string& text) const {
    return colors == Colors::On ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
  }
};

std::string line_of(const ConfigPlace& place) {
  std::size_t begin = 0;
  const std::string& text = place.source->text;
  for (std::size_t line = 1; line < place.line && begin < text.size(); ++line) {
    begin = std::min(text.find('\n', begin), text.size() - 1) + 1;
  }
  std::string line = text.substr(begin, text.find('\n', begin) - begin);
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

/// Control characters, tabs too, would spoil the underline or the terminal.
std::string printable(std::string text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  std::replace_if(text.begin(), text.end(), is_control, ' ');
  return text;
}

/// The line as it is shown, and the bytes of it that are underlined.
struct Excerpt {
  std::string before, marked, after;
};

/// Cuts a long line to its part around the mark, at character boundaries.
Excerpt excerpt(const ConfigPlace& place) {
  const std::string line = printable(line_of(place));
  const auto boundary = [&](std::size_t at) {
    while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U) {
      ++at;
    }
    return std::min(at, line.size());
  };
  const std::size_t begin = boundary(place.column - 1);
  const std::size_t end = boundary(begin + std::min(place.length, kWidest / 2));
  const std::size_t first = begin < kWidest / 2 ? 0 : boundary(begin - kWidest / 3);
  const std::size_t last = boundary(std::max(end, first + kWidest));
  return {(first > 0 ? "..." : "") + line.substr(first, begin - first),
          line.substr(begin, end - begin),
          line.substr(end, last - end) + (last < line.size() ? "..." : "")};
}

std::string underlined_line(const ConfigError& error, const Paint& paint) {
  const ConfigPlace& place = error.place;
  const Excerpt shown = excerpt(place);
  const std::string number = place.source->is_file ? std::to_string(place.line) : "";
  const std::size_t gutter = std::max<std::size_t>(number.size(), 3);
  const std::string pad(utf8_length(shown.before), ' ');
  const std::size_t width = std::max<std::size_t>(utf8_length(shown.marked), 1);
  const std::string hint = error.hint.empty() ? "" : "  " + error.hint;
  return fmt::format("\n  {:>{}} | {}{}{}\n  {:>{}} | {}{}", number, gutter, shown.before,
                     shown.marked, shown.after, "", gutter, pad,
                     paint("32", "^" + std::string(width - 1, '~') + hint));
}

std::string render_error(const ConfigError& error, const Paint& paint) {
  const ConfigPlace& place = error.place;
  std::string where = printable(place.source->name);
  if (place.source->is_file && place.line > 0) {
    where += fmt::format(":{}:{}", place.line,
                         1 + utf8_length(line_of(place).substr(0, place.column - 1)));
  }
  std::string text = fmt::format("{} {} {}", paint("1", where + ":"), paint("1;31", "error:"),
                                 printable(error.message));
  if (place.line > 0) {
    return text + underlined_line(error, paint);
  }
  return text + (error.hint.empty() ? "" : "; " + error.hint);
}

}  // namespace

std::string origin_text(const ConfigPlace& place) {
  const std::string name = printable(place.source->name);
  return place.source->is_file ? fmt::format("{}:{}", name, place.line) : name;
}

std::string render_errors(std::vector<ConfigError> errors, const std::string& program,
                          Colors colors) {
  std::stable_sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) {
    const auto key = [](const ConfigPlace& place) {
      return std::tuple(place.source->order, place.line, place.column);
    };
    return key(a.place) < key(b.place);
  });
  const Paint paint{colors};
  std::string text;
  std::string path;
  const std::size_t shown = std::min(errors.size(), kMostErrors);
  for (std::size_t i = 0; i < shown; ++i) {
    text += render_error(errors[i], paint) + "\n";
    path = path.empty() ? errors[i].path : path;
  }
  text += shown < errors.size() ? fmt::format("... and {} more\n", errors.size() - shown) : "";
  text += errors.size() == 1 ? "1 error" : fmt::format("{} errors", errors.size());
  return path.empty() ? text : text + fmt::format("; see: {} config explain {}", program, path);
}

}  // namespace greentrain
