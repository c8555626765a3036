#pragma once

#include <string>
#include <utility>

namespace greentrain {

/// A key, token or password. It cannot be printed, compared or converted by accident; reveal() is
/// called only where it is put on the wire.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  bool empty() const { return text_.empty(); }
  const std::string& reveal() const { return text_; }

 private:
  std::string text_;
};

}  // namespace greentrain
