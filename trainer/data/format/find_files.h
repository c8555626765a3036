#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace greentrain {

/// The files that a setting names, in its order; the matches of a glob (*, ?, [...]) sorted by
/// bytes, so that every rank reads them in the same order. Folders that match a glob are left out,
/// and so is a file that is already there, also under another name: no sample is read twice.
///
/// Throws UsageError that begins with the setting's `key`: nothing was named, a file is missing (it
/// says where it was searched), or is a folder.
std::vector<std::string> find_files(std::string_view key, std::span<const std::string> patterns);

}  // namespace greentrain
