#include "core/config/reader/yaml_document.h"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "core/text.h"

namespace greentrain {
namespace {

/// Why a document is refused, at a place.
struct Refusal {
  ConfigPlace place;
  std::string message;
  std::string hint;
};

/// What the parser's commonest messages mean to somebody who wrote the file.
std::string explained(const std::string& message) {
  const std::array<std::array<std::string_view, 2>, 10> known{{
      {YAML::ErrorMsg::MAP_VALUE,
       "no ':' may stand here: indent it like its neighbours, or quote the text"},
      {YAML::ErrorMsg::MAP_KEY, "no key may stand here: indent it like its neighbours"},
      {YAML::ErrorMsg::BLOCK_ENTRY, "no '-' may stand here: indent it like its neighbours"},
      {YAML::ErrorMsg::END_OF_MAP, "this line is not indented like its neighbours"},
      {YAML::ErrorMsg::END_OF_SEQ, "this line is not indented like its neighbours"},
      {YAML::ErrorMsg::END_OF_MAP_FLOW, "this '{' is not closed"},
      {YAML::ErrorMsg::END_OF_SEQ_FLOW, "this '[' is not closed"},
      {YAML::ErrorMsg::EOF_IN_SCALAR, "a quote is not closed"},
      {YAML::ErrorMsg::BAD_FILE, "lists and maps are nested too deeply here"},
      {YAML::ErrorMsg::FLOW_END, "a ']' or '}' closes nothing"},
  }};
  for (const auto& [theirs, ours] : known) {
    if (message == theirs) {
      return std::string(ours);
    }
  }
  return "not valid YAML: " + message;
}

/// Bytes of the scalar that `rest` starts with, its quotes included; nothing if a quote is not
/// closed on its line. The parser itself would let such a text swallow the rest of the file.
std::optional<std::size_t> scalar_length(std::string_view rest, const std::string& value) {
  if (!rest.starts_with('"') && !rest.starts_with('\'')) {
    return rest.starts_with(value) ? std::max<std::size_t>(value.size(), 1) : 1;
  }
  const char quote = rest[0];
  for (std::size_t i = 1; i < rest.size() && rest[i] != '\n'; ++i) {
    const bool is_doubled = quote == '\'' && rest.substr(i, 2) == "''";
    if (rest[i] == quote && !is_doubled) {
      return i + 1;
    }
    i += is_doubled || (quote == '"' && rest[i] == '\\') ? 1 : 0;
  }
  return std::nullopt;
}

/// Builds the tree from the parser's events, which unlike YAML::Node keep duplicate keys and
/// aliases apart and never grow larger than the text.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::shared_ptr<const ConfigSource> source, std::size_t begin)
      : source_(std::move(source)), begin_(begin) {
    root_.place.source = source_;
  }

  ConfigPlace place(const YAML::Mark& mark) const {
    const auto line = static_cast<std::size_t>(std::max(mark.line, 0)) + 1;
    const auto column = static_cast<std::size_t>(std::max(mark.column, 0)) + 1;
    return {source_, line, line == 1 ? column + begin_ : column, 1};
  }

  [[noreturn]] void refuse_alias(const YAML::Mark& mark) const {
    throw Refusal{place(mark), "YAML anchors and aliases are not used here",
                  "write the value out; quote a text that starts with * or &"};
  }

  /// Where the list or map begins that is being read.
  ConfigPlace innermost() const { return open_.empty() ? root_.place : open_.back().node.place; }

  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw Refusal{place(mark), "a second YAML document starts here, expected one", ""};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode null = node(YamlNode::Kind::Null, mark, anchor);
    const std::string_view rest = text_at(mark);
    for (std::string_view word : {"~", "null", "Null", "NULL"}) {
      if (rest.starts_with(word)) {
        null.text = word;
        null.place.length = word.size();
      }
    }
    add(std::move(null));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_alias(mark); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode scalar = node(YamlNode::Kind::Scalar, mark, anchor);
    scalar.text = value;
    scalar.is_quoted = tag == "!";
    const std::optional<std::size_t> length = scalar_length(text_at(mark), value);
    if (!length) {
      throw Refusal{scalar.place, "a quote is not closed on its line", ""};
    }
    scalar.place.length = *length;
    add(std::move(scalar));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({node(YamlNode::Kind::List, mark, anchor), {}});
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back({node(YamlNode::Kind::Map, mark, anchor), {}});
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map that is being filled; a map holds its key until the value comes.
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;
  };

  std::string_view text_at(const YAML::Mark& mark) const {
    const std::size_t at = begin_ + static_cast<std::size_t>(std::max(mark.pos, 0));
    return std::string_view(source_->text).substr(std::min(at, source_->text.size()));
  }

  YamlNode node(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0) {
      refuse_alias(mark);
    }
    YamlNode result;
    result.kind = kind;
    result.place = place(mark);
    return result;
  }

  void add(YamlNode value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Open& parent = open_.back(); parent.node.kind == YamlNode::Kind::List) {
      parent.node.elements.push_back(std::move(value));
    } else if (!parent.key) {
      parent.key = std::move(value);
    } else {
      if (value.kind == YamlNode::Kind::Null && value.text.empty()) {
        value.place = parent.key->place;  // Nothing is written: the parser marks what comes next.
      }
      parent.node.entries.push_back({std::move(*parent.key), std::move(value)});
      parent.key.reset();
    }
  }

  void close() {
    YamlNode done = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(done));
  }

  std::shared_ptr<const ConfigSource> source_;
  std::size_t begin_;
  YamlNode root_;
  std::vector<Open> open_;
  std::size_t documents_{0};
};

/// The place of one byte of the text.
ConfigPlace place_of_byte(const std::shared_ptr<const ConfigSource>& source, std::size_t byte) {
  const std::string_view before = std::string_view(source->text).substr(0, byte);
  const auto newlines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0.
  return {source, static_cast<std::size_t>(newlines) + 1, byte - line_begin + 1, 1};
}

void refuse_binary(const std::shared_ptr<const ConfigSource>& source) {
  const std::optional<std::size_t> invalid = find_invalid_utf8(source->text);
  const std::size_t byte = std::min(source->text.find('\0'), invalid.value_or(std::string::npos));
  if (byte != std::string::npos) {
    ConfigPlace place = place_of_byte(source, byte);
    place.line = 0;  // Printing such a line would spoil the terminal.
    throw Refusal{place,
                  "not a text in UTF-8: the first wrong byte is number " + std::to_string(byte + 1),
                  "a config is a YAML file"};
  }
}

void refuse_tabs(const std::shared_ptr<const ConfigSource>& source) {
  const std::string& text = source->text;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::size_t content = text.find_first_not_of(" \t\r", begin);
    const std::size_t tab = text.find('\t', begin);
    if (content < end && text[content] != '#' && tab < content) {
      throw Refusal{place_of_byte(source, tab), "a tab indents this line, YAML allows spaces only",
                    "replace the tab by spaces"};
    }
    begin = end + 1;
  }
}

YamlNode parse(const std::shared_ptr<const ConfigSource>& source, std::size_t begin) {
  refuse_binary(source);
  refuse_tabs(source);
  TreeBuilder tree(source, begin);
  std::istringstream stream(source->text.substr(begin));
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(tree)) {
    }
  } catch (const YAML::Exception& error) {
    if (error.msg == YAML::ErrorMsg::UNKNOWN_ANCHOR) {
      tree.refuse_alias(error.mark);
    }
    const bool is_open = error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW ||
                         error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW;
    throw Refusal{is_open ? tree.innermost() : tree.place(error.mark), explained(error.msg), ""};
  }
  return tree.take_root();
}

}  // namespace

std::optional<YamlNode> parse_yaml(const std::shared_ptr<const ConfigSource>& source,
                                   std::size_t begin, std::vector<ConfigError>& errors) {
  try {
    return parse(source, begin);
  } catch (const Refusal& refusal) {
    errors.push_back({refusal.place, refusal.message, refusal.hint, ""});
    return std::nullopt;
  }
}

}  // namespace greentrain
