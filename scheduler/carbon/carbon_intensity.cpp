#include "scheduler/carbon/carbon_intensity.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "meter/reference_table.h"

namespace greentrain {

extern const std::string_view kCountryIntensityCsv;

namespace {

struct Country {
  std::string code;
  std::string name;
  CarbonIntensity intensity;
};

Country country_from(const std::vector<std::string>& row) {
  double value = 0;
  std::from_chars(row[2].data(), row[2].data() + row[2].size(), value);
  const std::string source = row[0] + " yearly average " + row[3] + ", " + row[4];
  return {row[0], row[1], {{value}, source, true}};
}

std::vector<Country> load_countries() {
  std::vector<Country> countries;
  for (const auto& row : parse_reference_table(kCountryIntensityCsv)) {
    countries.push_back(country_from(row));
  }
  return countries;
}

std::string lower(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

/// How far a country is from what was written. A name that begins with it is a match, too.
std::size_t distance(const Country& country, const std::string& written) {
  const std::string name = lower(country.name);
  if (name.rfind(written, 0) == 0) return 0;
  return std::min(edit_distance(written, lower(country.code)), edit_distance(written, name));
}

/// Up to three countries within two letters of what was written: "FRA (France)".
std::vector<std::string> suggestions(const std::vector<Country>& countries,
                                     const std::string& written) {
  const std::size_t limit = std::min<std::size_t>(2, written.size() / 2);
  std::multimap<std::size_t, std::string> near;
  for (const Country& country : countries) {
    const std::size_t far = distance(country, written);
    if (far <= limit) near.emplace(far, country.code + " (" + country.name + ")");
  }
  std::vector<std::string> names;
  for (const auto& [far, name] : near) {
    if (names.size() < 3) names.push_back(name);
  }
  return names;
}

CarbonIntensity of_country(const std::string& code) {
  static const std::vector<Country> kCountries = load_countries();
  const std::string written = lower(code);
  const auto found =
      std::find_if(kCountries.begin(), kCountries.end(),
                   [&](const Country& country) { return lower(country.code) == written; });
  if (found != kCountries.end()) return found->intensity;
  const std::vector<std::string> near = suggestions(kCountries, written);
  throw UsageError("carbon.country is \"" + code +
                   "\", expected a three-letter ISO 3166 code of the table, or WORLD" +
                   (near.empty() ? "; give carbon.intensity instead if yours is not in the table"
                                 : "; did you mean " + join_with_or(near) + "?"));
}

}  // namespace

std::optional<CarbonIntensity> carbon_intensity(const CarbonOptions& options) {
  if (options.intensity) {
    return CarbonIntensity{*options.intensity, "set by the user in carbon.intensity", false};
  }
  if (!options.country.empty()) return of_country(options.country);
  return std::nullopt;
}

}  // namespace greentrain
