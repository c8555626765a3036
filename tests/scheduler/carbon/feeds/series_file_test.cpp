#include "scheduler/carbon/feeds/series_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/carbon/sample_series.h"

namespace greentrain {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const AnswerOrigin kOrigin{"file", "a.csv"};

FeedAnswer parse(const std::string& text, const std::string& zone = "DE",
                 std::optional<EmissionBasis> basis = std::nullopt) {
  return parse_series_file(kOrigin, {zone, basis, kSampleNow}, text);
}

CarbonSeries series_of(const std::string& text) {
  FeedAnswer answer = parse(text);
  EXPECT_THAT(answer.faults, IsEmpty());
  EXPECT_THAT(answer.series, SizeIs(1));
  return answer.series.at(0);
}

std::string refusal(const std::string& text, const std::string& zone = "DE",
                    std::optional<EmissionBasis> basis = std::nullopt) {
  try {
    parse(text, zone, basis);
  } catch (const FeedError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(SeriesCsv, reads_two_columns) {
  const CarbonSeries series = series_of(
      "time,gco2_per_kwh\n2020-01-01T00:00:00Z,353.4342\n2020-01-01T00:30:00Z,350.6998\n");
  EXPECT_EQ(series.start(), parse_utc("2020-01-01T00:00Z"));
  EXPECT_EQ(series.step(), 30min);
  EXPECT_THAT(series.values(), ElementsAre(GramsPerKwh{353.4342}, GramsPerKwh{350.6998}));
  EXPECT_EQ(series.signal(),
            (CarbonSignal{"DE", SignalKind::Average, EmissionBasis::Unstated, "file"}));
}

TEST(SeriesCsv, bears_windows_ends_semicolons_quotes_blank_lines_and_a_byte_order_mark) {
  const CarbonSeries series = series_of(
      "\xEF\xBB\xBFtime;gco2_per_kwh;remark\r\n\r\n2020-01-01T00:00Z;1;\"a;\"\"b\"\r\n"
      "2020-01-01T01:00Z;2;\r\n");
  EXPECT_THAT(series.values(), ElementsAre(GramsPerKwh{1}, GramsPerKwh{2}));
}

TEST(SeriesCsv, leaves_an_empty_field_and_an_absent_row_missing) {
  const CarbonSeries series = series_of(
      "time,gco2_per_kwh\n2020-01-01T00:00Z,1\n2020-01-01T01:00Z,\n2020-01-01T02:00Z,3\n"
      "2020-01-01T04:00Z,5\n");
  EXPECT_EQ(series.size(), 5u);
  EXPECT_EQ(series.missing(), 2u);
}

TEST(SeriesCsv, believes_a_jump_that_a_live_feed_would_be_suspected_of) {
  const CarbonSeries series =
      series_of("time,gco2_per_kwh\n2020-01-01T00:00Z,278\n2020-01-01T00:30Z,70\n");
  EXPECT_THAT(series.values(), ElementsAre(GramsPerKwh{278}, GramsPerKwh{70}));
}

TEST(SeriesCsv, reads_a_download_of_electricity_maps_by_basis) {
  const std::string text =
      "Datetime (UTC),Country,Zone id,Carbon intensity gCO\xE2\x82\x82"
      "eq/kWh (direct),Carbon intensity gCO\xE2\x82\x82"
      "eq/kWh (Life cycle)\n"
      "2023-01-01 00:00:00,USA,DE,200,300\n2023-01-01 01:00:00,USA,DE,210,310\n";
  const CarbonSeries lifecycle = parse(text).series.at(0);
  EXPECT_EQ(lifecycle.signal().basis, EmissionBasis::Lifecycle);
  EXPECT_EQ(lifecycle.values()[0], GramsPerKwh{300});
  const CarbonSeries direct = parse(text, "DE", EmissionBasis::Direct).series.at(0);
  EXPECT_EQ(direct.signal().basis, EmissionBasis::Direct);
  EXPECT_EQ(direct.values()[0], GramsPerKwh{200});
}

TEST(SeriesCsv, reads_the_files_of_lets_wait_awhile_as_utc) {
  const CarbonSeries series =
      series_of("Time,Carbon Intensity\n2020-01-01 00:00:00,353.3\n2020-01-01 00:30:00,351.2\n");
  EXPECT_EQ(series.start(), parse_utc("2020-01-01T00:00Z"));
}

TEST(SeriesCsv, converts_pounds_and_knows_that_they_are_marginal) {
  const CarbonSeries series =
      series_of("point_time,lbs_co2_per_mwh\n2020-01-01T00:00Z,1000\n2020-01-01T00:05Z,900\n");
  EXPECT_NEAR(series.values()[0]->value, 453.59237, 1e-9);
  EXPECT_EQ(series.signal().kind, SignalKind::Marginal);
}

TEST(SeriesCsv, takes_what_the_header_cannot_say_from_notes) {
  const CarbonSeries series = series_of(
      "# zone: DE\n# kind: marginal\n# basis: direct\n# method: forecast\n# step_s: 900\n"
      "time,gco2_per_kwh\n2020-01-01T00:00Z,1\n");
  EXPECT_EQ(series.signal().kind, SignalKind::Marginal);
  EXPECT_EQ(series.signal().basis, EmissionBasis::Direct);
  EXPECT_EQ(series.method(), SeriesMethod::Forecast);
  EXPECT_EQ(series.step(), 15min);
}

TEST(SeriesCsv, makes_a_vintage_of_each_poll) {
  const FeedAnswer answer = parse(
      "fetched_at,time,gco2_per_kwh\n2021-10-08T14:30:04Z,2021-10-08T13:00:00Z,364\n"
      "2021-10-08T15:00:04Z,2021-10-08T14:00:00Z,369\n"
      "2021-10-08T15:30:04Z,2021-10-08T13:00:00Z,360\n");
  ASSERT_THAT(answer.series, SizeIs(3));
  EXPECT_EQ(answer.series[0].retrieved_at(), parse_utc("2021-10-08T14:30:04Z"));
  EXPECT_EQ(answer.series[0].step(), 1h);
  EXPECT_EQ(answer.series[2].at(*parse_utc("2021-10-08T13:00Z")), GramsPerKwh{360});
}

TEST(SeriesCsv, lets_a_bad_poll_not_spoil_the_others) {
  const FeedAnswer answer = parse(
      "fetched_at,time,gco2_per_kwh\n2021-10-08T14:30Z,2021-10-08T13:00Z,0\n"
      "2021-10-08T15:00Z,2021-10-08T14:00Z,369\n");
  EXPECT_THAT(answer.series, SizeIs(1));
  ASSERT_THAT(answer.faults, SizeIs(1));
  EXPECT_EQ(answer.faults[0].where, "line 2");
}

TEST(SeriesCsv, makes_a_forecast_of_each_forecast_time) {
  const FeedAnswer answer = parse(
      "forecast_at,time,gco2_per_kwh\n2021-10-08T12:00Z,2021-10-08T13:00Z,364\n"
      "2021-10-08T12:00Z,2021-10-08T14:00Z,369\n2021-10-08T13:00Z,2021-10-08T14:00Z,360\n");
  ASSERT_THAT(answer.series, SizeIs(2));
  EXPECT_EQ(answer.series[0].method(), SeriesMethod::Forecast);
  EXPECT_EQ(answer.series[0].size(), 2u);
}

TEST(SeriesCsv, names_the_line_that_is_wrong) {
  const std::string head = "time,gco2_per_kwh\n2020-01-01T00:00Z,1\n2020-01-01T01:00Z,2\n";
  EXPECT_THAT(refusal(head + "2020-01-01T02:00Z,NaN\n"),
              AllOf(HasSubstr("a.csv: line 4"), HasSubstr("\"NaN\""), HasSubstr("empty field")));
  EXPECT_THAT(refusal(head + "2020-01-01T02:00Z,inf\n"), HasSubstr("line 4"));
  EXPECT_THAT(refusal(head + "2020-01-01T02:00Z,1e999\n"), HasSubstr("line 4"));
  EXPECT_THAT(refusal(head + "2020-01-01T02:00Z,3 g\n"), HasSubstr("line 4"));
  EXPECT_THAT(refusal(head + "2020-01-01T01:00Z,3\n"), HasSubstr("a second time"));
  EXPECT_THAT(refusal(head + "2019-01-01T01:00Z,3\n"), HasSubstr("line 4"));
  EXPECT_THAT(refusal(head + "2020-01-01T02:00Z,3\n2020-01-01T02:20Z,3\n"), HasSubstr("line 5"));
  EXPECT_THAT(refusal(head + "2020-01-01T02:00Z\n"), HasSubstr("1 field(s), expected 2"));
  EXPECT_THAT(refusal(head + "yesterday,3\n"), HasSubstr("time \"yesterday\""));
  EXPECT_THAT(refusal(head + "\"2020,3\n"), HasSubstr("quote"));
}

TEST(SeriesCsv, repeats_no_control_character_of_a_file) {
  const std::string text = refusal("time,gco2_per_kwh\n\x1b[2J\a,3\n");
  EXPECT_THAT(text, HasSubstr("?[2J?"));
  EXPECT_LT(refusal(std::string(100000, 'x')).size(), 700u);
}

TEST(SeriesCsv, refuses_local_times_and_says_why) {
  EXPECT_THAT(refusal("time,gco2_per_kwh\n2020-01-01 00:00,1\n2020-01-01 01:00,2\n"),
              AllOf(HasSubstr("names no time zone"), HasSubstr("time_utc")));
  // The hour that a clock change doubles, as a file in local time with a fixed offset shows it.
  EXPECT_THAT(refusal("time_utc,gco2_per_kwh\n2020-10-25 01:00,1\n2020-10-25 02:00,2\n"
                      "2020-10-25 02:00,3\n2020-10-25 03:00,4\n"),
              HasSubstr("a clock change in local times looks like this"));
}

TEST(SeriesCsv, accepts_offsets_across_a_clock_change) {
  const CarbonSeries series = series_of(
      "time,gco2_per_kwh\n2020-10-25T01:00+02:00,1\n2020-10-25T02:00+02:00,2\n"
      "2020-10-25T02:00+01:00,3\n2020-10-25T03:00+01:00,4\n");
  EXPECT_EQ(series.step(), 1h);
  EXPECT_EQ(series.missing(), 0u);
  const CarbonSeries spring =
      series_of("time,gco2_per_kwh\n2020-03-29T01:00+01:00,1\n2020-03-29T03:00+02:00,2\n");
  EXPECT_EQ(spring.step(), 1h);
}

TEST(SeriesCsv, refuses_another_zone_basis_or_unit_and_a_change_of_either) {
  const std::string rows = "2020-01-01T00:00Z,1\n2020-01-01T01:00Z,2\n";
  EXPECT_THAT(refusal("# zone: FR\ntime,gco2_per_kwh\n" + rows), HasSubstr("zone FR"));
  EXPECT_THAT(
      refusal("# basis: direct\ntime,gco2_per_kwh\n" + rows, "DE", EmissionBasis::Lifecycle),
      HasSubstr("lifecycle"));
  EXPECT_THAT(refusal("# kind: both\ntime,gco2_per_kwh\n" + rows), HasSubstr("average, marginal"));
  EXPECT_THAT(refusal("# unit: kg/kWh\ntime,gco2_per_kwh\n" + rows), HasSubstr("kg/kWh"));
  EXPECT_THAT(refusal("time,value,unit\n2020-01-01T00:00Z,1,g/kWh\n"
                      "2020-01-01T01:00Z,2,lbs_co2_per_mwh\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("g/kWh as before")));
  EXPECT_THAT(refusal("time,value,zone,unit\n2020-01-01T00:00Z,1,DE,g/kWh\n"
                      "2020-01-01T01:00Z,2,FR,g/kWh\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("zone FR")));
}

TEST(SeriesCsv, refuses_what_has_no_header_that_it_knows) {
  EXPECT_THAT(refusal(""), HasSubstr("nothing in it"));
  EXPECT_THAT(refusal("# note\n"), HasSubstr("no header"));
  EXPECT_THAT(refusal("hour,gco2_per_kwh\n"), HasSubstr("one named time"));
  EXPECT_THAT(refusal("time,price\n"), HasSubstr("gco2_per_kwh"));
  EXPECT_THAT(refusal("time,gco2_per_kwh\n", "DE", EmissionBasis::Direct), HasSubstr("direct"));
  EXPECT_THAT(refusal("<html>"), HasSubstr("a page of HTML"));
}

TEST(SeriesJson, is_read_back_as_it_was_written) {
  CarbonSeriesFields fields = sample_fields(kSampleNow, kSampleNow, {100.125, std::nullopt, 300});
  fields.method = SeriesMethod::Forecast;
  fields.signal.provider = "file";
  const CarbonSeries series(fields);
  const CarbonSeries back = series_of(to_json(series));
  EXPECT_EQ(back.values(), series.values());
  EXPECT_EQ(back.signal(), series.signal());
  EXPECT_EQ(back.method(), series.method());
  EXPECT_EQ(back.generated_at(), series.generated_at());
}

TEST(SeriesJson, names_the_path_that_is_wrong) {
  EXPECT_THAT(refusal(R"({"values":[{"time":"2020-01-01T00:00Z","gco2_per_kwh":"3"}]})"),
              HasSubstr("$.values[0].gco2_per_kwh"));
  EXPECT_THAT(refusal(R"({"values":[{"time":"noon","gco2_per_kwh":3}]})"),
              HasSubstr("$.values[0].time"));
  EXPECT_THAT(refusal(R"({"unit":"kg/kWh","values":[]})"), HasSubstr("$.unit"));
  EXPECT_THAT(refusal(R"({"zone":"FR","values":[]})"),
              HasSubstr("$.zone: \"FR\", expected zone DE"));
  EXPECT_THAT(refusal(R"({"values":[)"), HasSubstr("ends too early"));
  EXPECT_THAT(refusal(R"({"values":[1e999]})"), HasSubstr("out of range"));
  EXPECT_THAT(refusal(R"({"values":)" + std::string(100000, '[')), HasSubstr("levels deep"));
}

}  // namespace
}  // namespace greentrain
