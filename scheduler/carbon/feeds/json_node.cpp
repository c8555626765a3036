#include "scheduler/carbon/feeds/json_node.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace greentrain {
namespace {

using nlohmann::json;

constexpr int kDeepest = 32;  ///< Real answers nest 6 levels; endless brackets take all memory.
constexpr std::size_t kLongestFound = 300;
constexpr std::size_t kShown = 60;  ///< Bytes of an answer that a complaint may repeat.

std::string shown(const json& node) {
  // Bytes that are not UTF-8 are replaced: a feed must not be able to break the log.
  std::string text = node.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return text;
}

std::string cleaned(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, '?');
  if (text.size() > kLongestFound) text = text.substr(0, kLongestFound) + "...";
  return text;
}

struct TooDeep {};

bool looks_like_html(std::string_view bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && bytes[first] == '<';
}

}  // namespace

struct JsonNode::Document {
  AnswerOrigin origin;
  json root;
};

void complain(const AnswerOrigin& origin, FaultKind kind, const std::string& where,
              const std::string& found, const std::string& expected) {
  throw FeedError({kind, origin.provider, origin.source, where, cleaned(found), expected});
}

JsonNode JsonNode::parse(const AnswerOrigin& origin, std::string_view bytes) {
  auto document = std::make_shared<Document>();
  document->origin = origin;
  if (bytes.empty()) greentrain::complain(origin, FaultKind::Malformed, "body", "empty", "JSON");
  if (looks_like_html(bytes)) {
    greentrain::complain(origin, FaultKind::Malformed, "body", "a page of HTML", "JSON");
  }
  try {
    document->root = json::parse(bytes, [](int depth, json::parse_event_t, const json&) {
      if (depth > kDeepest) throw TooDeep();
      return true;
    });
  } catch (const TooDeep&) {
    greentrain::complain(origin, FaultKind::Malformed, "body",
                         fmt::format("nested more than {} levels deep", kDeepest), "JSON");
  } catch (const json::parse_error& error) {
    const bool cut = error.byte > bytes.size();
    greentrain::complain(origin, FaultKind::Malformed, fmt::format("byte {}", error.byte),
                         cut ? "the body ends too early" : "no JSON", "a whole JSON document");
  } catch (const json::exception&) {  // A number that no double can hold.
    greentrain::complain(origin, FaultKind::Malformed, "body", "a number out of range",
                         "a whole JSON document");
  }
  const json* root = &document->root;
  return {std::move(document), root, "$"};
}

JsonNode::JsonNode(std::shared_ptr<const Document> document, const json* node, std::string path)
    : document_(std::move(document)), node_(node), path_(std::move(path)) {}

void JsonNode::complain(FaultKind kind, const std::string& found,
                        const std::string& expected) const {
  greentrain::complain(document_->origin, kind, path_, found, expected);
}

void JsonNode::refuse(FaultKind kind, const std::string& expected) const {
  complain(kind, shown(*node_), expected);
}

std::optional<JsonNode> JsonNode::find(std::string_view key) const {
  if (!node_->is_object()) refuse(FaultKind::Malformed, "an object");
  const auto found = node_->find(key);
  if (found == node_->end() || found->is_null()) return std::nullopt;
  return JsonNode(document_, &*found, fmt::format("{}.{}", path_, key));
}

JsonNode JsonNode::at(std::string_view key) const {
  if (!node_->is_object()) refuse(FaultKind::Malformed, "an object");
  const auto found = node_->find(key);
  if (found == node_->end()) {
    complain(FaultKind::Malformed, fmt::format("no \"{}\" in {}", key, shown(*node_)),
             fmt::format("an object with \"{}\"", key));
  }
  return {document_, &*found, fmt::format("{}.{}", path_, key)};
}

JsonNode JsonNode::at(std::size_t index) const {
  if (index >= size()) complain(FaultKind::Malformed, "too few entries", "more");
  return {document_, &(*node_)[index], fmt::format("{}[{}]", path_, index)};
}

std::size_t JsonNode::size() const {
  if (!node_->is_array()) refuse(FaultKind::Malformed, "an array");
  return node_->size();
}

bool JsonNode::is_array() const { return node_->is_array(); }
bool JsonNode::is_object() const { return node_->is_object(); }
bool JsonNode::is_null() const { return node_->is_null(); }
bool JsonNode::is_text() const { return node_->is_string(); }

double JsonNode::number() const {
  if (!node_->is_number()) refuse(FaultKind::Malformed, "a number");
  return node_->get<double>();
}

std::optional<double> JsonNode::number_or_null() const {
  return is_null() ? std::nullopt : std::optional(number());
}

std::int64_t JsonNode::integer() const {
  if (!node_->is_number_integer()) refuse(FaultKind::Malformed, "a whole number");
  return node_->get<std::int64_t>();
}

bool JsonNode::boolean() const {
  if (!node_->is_boolean()) refuse(FaultKind::Malformed, "true or false");
  return node_->get<bool>();
}

std::string JsonNode::text() const {
  if (!node_->is_string()) refuse(FaultKind::Malformed, "a text");
  return node_->get<std::string>();
}

UtcTime JsonNode::time(NaiveTime naive) const {
  const std::optional<UtcTime> time = parse_utc(text(), naive);
  if (!time) refuse(FaultKind::Malformed, "a date with a time zone, such as 2026-11-20T12:00Z");
  return *time;
}

}  // namespace greentrain
