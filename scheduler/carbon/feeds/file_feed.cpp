#include <utility>

#include "core/file.h"
#include "scheduler/carbon/feeds/local_feeds.h"
#include "scheduler/carbon/feeds/series_file.h"

namespace greentrain {
namespace {

class FileFeed final : public CarbonFeed {
 public:
  FileFeed(std::filesystem::path file, std::optional<EmissionBasis> basis)
      : file_(std::move(file)), basis_(basis) {}

  const std::string& name() const override { return name_; }

  FeedAnswer fetch(const FeedQuery& query) override {
    FeedAnswer answer;
    try {
      answer = parse_series_file({name_, file_.string()}, {query.zone, basis_, query.now},
                                 read_file(file_));
    } catch (const FeedError& error) {
      answer.faults.push_back(error.fault());
    }
    return answer;
  }

 private:
  std::string name_{"file"};
  std::filesystem::path file_;
  std::optional<EmissionBasis> basis_;
};

}  // namespace

std::unique_ptr<CarbonFeed> make_file_feed(std::filesystem::path file,
                                           std::optional<EmissionBasis> basis) {
  return std::make_unique<FileFeed>(std::move(file), basis);
}

}  // namespace greentrain
