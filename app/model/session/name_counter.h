// How many frames a change of names would reach, counted aside while a person thinks about it.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "annotate/edits.h"
#include "app/model/session/latest_worker.h"
#include "app/model/timeline/timeline_lanes.h"

namespace app {

struct NameQuestion {
  annotate::NameChange change = annotate::NameChange::kSwap;
  datasets::Id category = 0, other_category = 0;
  int start_frame = 0, end_frame = 0;  // half-open
  int64_t revision = 0;                // of the project; another one is another question
  std::shared_ptr<const TimelineContent>
      timeline;  // of the video: says where animals are predicted
  bool operator==(const NameQuestion& other) const;
};

// Of the span: frames in which one of the two is predicted, or (kReassign) the first one.
annotate::NameCounts CountPredicted(const NameQuestion& question);

class NameCounter {
 public:
  // Called from the worker: `wake` when an answer is there, `say` with why there is none.
  NameCounter(std::filesystem::path project_file, std::function<void()> wake,
              std::function<void(const std::string&)> say);
  // Null until counted; of several questions only the newest is looked at. Never blocks.
  std::optional<annotate::NameCounts> Ask(const NameQuestion& question);

 private:
  void Count(const NameQuestion& question);

  const std::filesystem::path project_file_;
  std::unique_ptr<datasets::Project> project_;  // the worker's alone
  std::mutex mutex_;
  std::optional<NameQuestion> asked_;
  std::optional<annotate::NameCounts> answer_;
  LatestWorker<NameQuestion> worker_;  // last: it ends before what it uses
};

}  // namespace app
