#include "scheduler/carbon/carbon_intensity.h"

#include <gmock/gmock.h>

#include "core/error.h"

namespace greentrain {
namespace {

using testing::HasSubstr;

CarbonOptions country(const std::string& code) {
  CarbonOptions options;
  options.country = code;
  return options;
}

std::string message(const std::string& code) {
  try {
    carbon_intensity(country(code));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(CarbonIntensity, is_absent_when_nothing_is_configured) {
  EXPECT_FALSE(carbon_intensity(CarbonOptions{}).has_value());
}

TEST(CarbonIntensity, takes_the_figure_of_the_user_first) {
  CarbonOptions options = country("FRA");
  options.intensity = GramsPerKwh{12};
  const auto intensity = carbon_intensity(options);
  EXPECT_EQ(intensity->value, GramsPerKwh{12});
  EXPECT_FALSE(intensity->average);
  EXPECT_THAT(intensity->source, HasSubstr("carbon.intensity"));
}

TEST(CarbonIntensity, knows_zero_from_nothing) {
  CarbonOptions options;
  options.intensity = GramsPerKwh{0};
  EXPECT_EQ(carbon_intensity(options)->value, GramsPerKwh{0});
}

// The figures of global_energy_mix.json and carbon_intensity_per_source.json in codecarbon 3.3.2.
TEST(CarbonIntensity, gives_the_yearly_average_of_a_country_with_its_source) {
  const auto france = carbon_intensity(country("FRA"));
  EXPECT_DOUBLE_EQ(france->value.value, 56.039);
  EXPECT_TRUE(france->average);
  EXPECT_EQ(france->source, "FRA yearly average 2023, Our World in Data via CodeCarbon 3.3.2");
  EXPECT_DOUBLE_EQ(carbon_intensity(country("pol"))->value.value, 661.926);
}

TEST(CarbonIntensity, gives_the_world_from_its_own_source) {
  const auto world = carbon_intensity(country("world"));
  EXPECT_DOUBLE_EQ(world->value.value, 475);
  EXPECT_EQ(world->source, "WORLD yearly average 2018, IEA via CodeCarbon 3.3.2");
}

TEST(CarbonIntensity, suggests_a_code_for_a_name_or_a_slip) {
  EXPECT_THAT(message("France"), HasSubstr("did you mean FRA (France)?"));
  EXPECT_THAT(message("Polnad"), HasSubstr("POL (Poland)"));
  EXPECT_THAT(message("DUE"), HasSubstr("carbon.country is \"DUE\""));
  EXPECT_THAT(message("FR"), HasSubstr("FRA (France)"));
}

TEST(CarbonIntensity, says_what_to_do_when_nothing_is_near) {
  EXPECT_THAT(message("Atlantis"), HasSubstr("give carbon.intensity instead"));
}

TEST(CarbonIntensity, has_no_figure_for_a_country_whose_entry_is_zero) {
  EXPECT_THAT(message("CAF"), HasSubstr("expected a three-letter ISO 3166 code"));
}

}  // namespace
}  // namespace greentrain
