#include "scheduler/carbon/feeds/credentials.h"

#include <fstream>
#include <map>

#include <fmt/format.h>

namespace greentrain {
namespace {

void refuse_open_file(const std::filesystem::path& file) {
  using std::filesystem::perms;
  std::error_code failure;
  const perms mode = std::filesystem::status(file, failure).permissions();
  if (failure) return;  // Opening it says what is wrong.
  if ((mode & (perms::group_all | perms::others_all)) == perms::none) return;
  throw UsageError(
      fmt::format("{}: other users may read or change this key file; run: chmod 600 {}",
                  file.string(), file.string()));
}

std::map<std::string, std::string> read_key_file(const std::filesystem::path& file) {
  std::map<std::string, std::string> keys;
  if (file.empty()) return keys;
  refuse_open_file(file);
  std::ifstream lines(file);
  if (!lines) throw UsageError(fmt::format("{}: this key file cannot be read", file.string()));
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError(fmt::format("{}:{}: expected NAME=value, such as ELECTRICITYMAPS_TOKEN=...",
                                   file.string(), number));
    }
    keys[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return keys;
}

}  // namespace

Credentials read_credentials(const std::vector<std::string>& variables,
                             const Environment& environment,
                             const std::filesystem::path& key_file) {
  std::map<std::string, std::string> keys;
  if (!variables.empty()) keys = read_key_file(key_file);
  const auto key = [&](std::size_t index) {
    const std::string& name = variables[index];
    const auto set = environment(name);
    return Secret(set ? *set : keys[name]);
  };
  Credentials credentials;
  if (variables.size() == 1) credentials.token = key(0);
  if (variables.size() == 2) {
    credentials.user = key(0);
    credentials.password = key(1);
  }
  return credentials;
}

}  // namespace greentrain
