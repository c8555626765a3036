#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace greentrain {

/// The text of a file of the kernel (sysfs, procfs), without the newline at its end; nullopt if it
/// cannot be read.
std::optional<std::string> read_small_file(const std::filesystem::path& path);

/// The whole number that such a text is, newline or not; nullopt if it is anything else.
std::optional<double> parse_whole_number(std::string_view text);

/// A whole number in such a file; nullopt if it cannot be read or holds anything else.
std::optional<double> read_whole_number(const std::filesystem::path& path);

/// What is in a folder, in no order; what cannot be read is left out.
std::vector<std::filesystem::path> list_folder(const std::filesystem::path& folder);

}  // namespace greentrain
