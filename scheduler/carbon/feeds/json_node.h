#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "scheduler/carbon/feeds/feed_fault.h"
#include "scheduler/carbon/utc_time.h"

namespace greentrain {

/// Who sent the bytes that are being parsed; the first words of every complaint about them.
struct AnswerOrigin {
  std::string provider;
  std::string source;  ///< URL without secrets, file or command.
};

/// Throws FeedError about `where` in an answer. What was found is shortened and cleaned of control
/// characters: an answer must not be able to write to somebody's terminal.
[[noreturn]] void complain(const AnswerOrigin& origin, FaultKind kind, const std::string& where,
                           const std::string& found, const std::string& expected);

/// One place in a JSON answer, which knows its path. Every reader throws FeedError, Malformed, with
/// that path when the place is missing or of another type. Copies share the document.
class JsonNode {
 public:
  /// Throws FeedError if `bytes` is empty, not JSON (an HTML page is named as such) or cut.
  static JsonNode parse(const AnswerOrigin& origin, std::string_view bytes);

  JsonNode at(std::string_view key) const;
  std::optional<JsonNode> find(std::string_view key) const;  ///< Empty if absent or null.
  JsonNode at(std::size_t index) const;
  std::size_t size() const;  ///< Of an array.

  bool is_array() const;
  bool is_object() const;
  bool is_null() const;
  bool is_text() const;
  double number() const;
  std::optional<double> number_or_null() const;
  std::int64_t integer() const;
  bool boolean() const;
  std::string text() const;
  UtcTime time(NaiveTime naive = NaiveTime::Refuse) const;

  const std::string& path() const { return path_; }
  [[noreturn]] void complain(FaultKind kind, const std::string& found,
                             const std::string& expected) const;
  /// complain() with what stands in this place.
  [[noreturn]] void refuse(FaultKind kind, const std::string& expected) const;

 private:
  struct Document;
  JsonNode(std::shared_ptr<const Document> document, const nlohmann::json* node, std::string path);

  std::shared_ptr<const Document> document_;
  const nlohmann::json* node_;
  std::string path_;
};

}  // namespace greentrain
