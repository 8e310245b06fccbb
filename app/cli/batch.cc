#include "app/cli/batch.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/cli/arguments.h"
#include "datasets/base/error.h"

namespace app {
namespace {

// Of "THING: CAUSE; REMEDY", which was printed when it happened, the cause.
std::string CauseOf(const std::string& error) {
  const size_t thing = error.find(": ");
  const std::string rest = thing == std::string::npos ? error : error.substr(thing + 2);
  return rest.substr(0, rest.find("; "));
}

}  // namespace

bool Batch::Try(const std::string& name, const std::function<Outcome()>& work) {
  try {
    const Outcome outcome = work();
    rows_.push_back({name, outcome.skipped ? "skipped" : "done", outcome.what});
    return true;
  } catch (const datasets::Cancelled&) {
    console_.EndProgress();
    PrintTable();
    throw;
  } catch (const std::exception& error) {
    if (all_ == 1) throw;
    console_.Fail(error.what());
    rows_.push_back({name, "failed", CauseOf(error.what())});
    return false;
  }
}

size_t Batch::Count(const std::string& outcome) const {
  return static_cast<size_t>(std::count_if(rows_.begin(), rows_.end(),
                                           [&](const Row& row) { return row.outcome == outcome; }));
}

std::vector<std::string> Batch::Names(const std::string& outcome) const {
  std::vector<std::string> names;
  for (const Row& row : rows_) {
    if (row.outcome == outcome) names.push_back(row.name);
  }
  return names;
}

std::vector<std::string> Batch::Failed() const { return Names("failed"); }
std::vector<std::string> Batch::Skipped() const { return Names("skipped"); }

nlohmann::ordered_json Batch::Json() const {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Row& row : rows_) {
    list.push_back({{"name", row.name}, {"outcome", row.outcome}, {"what", row.what}});
  }
  return list;
}

void Batch::PrintTable() const {
  if (all_ < 2) return;
  std::vector<std::vector<std::string>> table = {{"video", "outcome", ""}};
  for (const Row& row : rows_) {
    table.push_back({row.name, row.outcome == "done" ? done_ : row.outcome, row.what});
  }
  console_.Print("\n" + TableText(table));
  const size_t left = all_ - std::min(all_, rows_.size());
  console_.Print(fmt::format("\nOf {} videos: {} {}, {} skipped, {} failed{}.", all_, CountDone(),
                             done_, CountSkipped(), Failed().size(),
                             left > 0 ? fmt::format(", {} not come to", left) : ""));
}

int Batch::Finish(bool some_suffice) {
  PrintTable();
  const std::vector<std::string> failed = Failed();
  if (failed.empty()) return 0;
  console_.Fail(
      fmt::format("{} of {} videos could not be {}: {}", failed.size(), all_, done_, Join(failed)));
  return some_suffice && failed.size() < all_ ? 0 : 1;
}

}  // namespace app
