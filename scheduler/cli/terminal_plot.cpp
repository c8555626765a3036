#include "scheduler/cli/terminal_plot.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace greentrain {
namespace {

constexpr int kScaleWidth = 6;  ///< "1234 |"
constexpr int kLeastWidth = 24;
constexpr std::array<std::string_view, 9> kEighths{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

/// One column of the plot: the mean of the slots that share it.
std::vector<PlotSlot> to_columns(const std::vector<PlotSlot>& slots, std::size_t columns) {
  const std::size_t shared = (slots.size() + columns - 1) / columns;
  const std::size_t copies = std::max<std::size_t>(1, columns / slots.size());
  std::vector<PlotSlot> made;
  for (std::size_t first = 0; first < slots.size(); first += shared) {
    PlotSlot column = slots[first];
    double sum = 0.0;
    int count = 0;
    for (std::size_t slot = first; slot < std::min(first + shared, slots.size()); ++slot) {
      if (!slots[slot].value) continue;
      sum += *slots[slot].value;
      ++count;
    }
    column.value = count == 0 ? std::nullopt : std::optional(sum / count);
    made.insert(made.end(), copies, column);
  }
  return made;
}

std::string cell(const PlotSlot& column, double top, int row, const PlotStyle& style) {
  if (!column.value) return " ";
  const double height = *column.value / top * style.rows - row;  // In rows above this one's floor.
  if (!style.utf8) return height >= 0.5 ? (column.solid ? "#" : ":") : " ";
  const auto eighths = static_cast<std::size_t>(std::clamp(std::lround(height * 8), 0L, 8L));
  if (column.solid) return std::string(kEighths[eighths]);
  const std::string light = eighths >= 4 ? "░" : " ";
  return style.color ? fmt::format("{}{}{}", kDim, kEighths[eighths], kPlain) : light;
}

std::string label(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(time - day).count();
  if (hours != 0) return fmt::format("{:02}:00", hours);
  return fmt::format("{}/{}", static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

/// A label under the first column of every sixth hour, where it does not touch the one before.
std::string hours_line(const std::vector<PlotSlot>& columns) {
  using namespace std::chrono_literals;
  const auto mark_of = [](UtcTime time) { return time - time.time_since_epoch() % 6h; };
  std::string line;
  for (std::size_t column = 1; column < columns.size(); ++column) {
    const UtcTime mark = mark_of(columns[column].start);
    if (mark == mark_of(columns[column - 1].start)) continue;
    if (!line.empty() && line.size() + 1 >= column) continue;
    line.resize(column, ' ');
    line += label(mark);
  }
  return line;
}

}  // namespace

std::string plot_bars(const std::vector<PlotSlot>& slots, const PlotStyle& style) {
  double top = 0.0;
  for (const PlotSlot& slot : slots) top = std::max(top, slot.value.value_or(0.0));
  if (top <= 0.0) return "";
  const auto room = static_cast<std::size_t>(std::max(style.width, kLeastWidth) - kScaleWidth);
  const std::vector<PlotSlot> columns = to_columns(slots, room);
  std::string text;
  for (int row = style.rows - 1; row >= 0; --row) {
    const bool labelled = row == style.rows - 1 || row == style.rows / 2 - 1;
    const double value = top * (row + 1) / style.rows;
    std::string line = labelled ? fmt::format("{:4.0f} |", value) : "     |";
    for (const PlotSlot& column : columns) line += cell(column, top, row, style);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  text += "   0 +" + std::string(columns.size(), '-') + "\n";
  return text + "      " + hours_line(columns) + "\n";
}

bool wants_utf8(const Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = environment(name);
    if (!value || value->empty()) continue;
    return value->find("UTF-8") != std::string::npos || value->find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace greentrain
