// `vole predict` whose first half is divided: among processes of this machine (--jobs), or among
// those of a cluster (--part, then --merge).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/console.h"
#include "app/cli/learning/worker_pool.h"
#include "datasets/project.h"
#include "infer/run/make_parts.h"

namespace app {

class PredictInParts {
 public:
  // Divides the prediction of these videos, and starts `jobs` processes on it. A video that cannot
  // be read is not planned: failed() says why. Throws Error when another one is at work on this
  // project.
  PredictInParts(const datasets::Project& project, const std::vector<datasets::VideoRow>& videos,
                 const std::filesystem::path& model, const infer::PredictOptions& options, int jobs,
                 Console& console);
  // Takes up what was divided before, to merge it.
  explicit PredictInParts(const datasets::Project& project);

  const infer::PartsPlan& plan() const { return plan_; }
  const std::map<datasets::Id, std::string>& failed() const { return failed_; }

  // The job that has merged a planned video since the work was divided.
  std::optional<datasets::Id> MergedBefore(const datasets::Project& project,
                                           const datasets::VideoRow& video) const;

  // Removes the parts of a video that is merged or gone.
  void Forget(datasets::Id video) const { folder_.Forget(video); }

  // Waits until all parts of a planned video are there, and writes what comes of them into the
  // project as infer::Predict does. Throws why, when a part cannot be made; those that are there
  // stay, and the next call goes on with them.
  infer::PredictResult Predict(datasets::Project& project, const datasets::VideoRow& video,
                               Console& console);
  double WorkersPeakRssMb() const { return pool_ ? pool_->PeakRssMb() : 0; }
  // Lets go of the workers, and of the folder when nothing is left to merge.
  void Finish();

 private:
  void WaitFor(size_t planned_video, Console& console);
  // Why the part will never be there; "" while it may come.
  std::string WhyNot(size_t part) const;

  infer::PartsFolder folder_;
  std::unique_ptr<infer::PartsLock> lock_;
  infer::PartsPlan plan_;
  std::map<datasets::Id, std::string> failed_;
  std::vector<bool> there_;  // parallel to the plan's parts
  std::unique_ptr<WorkerPool> pool_;
  int jobs_ = 0;
};

// Which Vole makes parts: version and commit.
std::string PartsProgram();

// The plan for these videos, written into the folder. Those that cannot be read are not in it:
// `failed` says why.
infer::PartsPlan PlanParts(const infer::PartsFolder& folder, const datasets::Project& project,
                           const std::vector<datasets::VideoRow>& videos,
                           const std::filesystem::path& model, const infer::PredictOptions& options,
                           std::map<datasets::Id, std::string>* failed, Console& console);

// Removes what an earlier division has left of videos that were merged since (the merge may have
// died between the two) or are gone, and the folder where nothing else is in it. Does nothing while
// somebody else is at work there.
void ForgetMerged(const datasets::Project& project);

// `vole predict P --part K/N`: makes every Nth part of what was divided, without opening P.
int MakePartsOf(const std::string& project, const std::string& part, int threads, Console& console);

}  // namespace app
