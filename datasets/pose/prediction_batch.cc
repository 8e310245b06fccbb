#include "datasets/pose/prediction_batch.h"

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/exchange/known_labels.h"
#include "datasets/project.h"
#include "datasets/recorded_job.h"
#include "datasets/store/points.h"
#include "datasets/store/writer.h"

namespace datasets {

namespace {

constexpr char kFingerprintKey[] = "fingerprint_of_import";

std::string FingerprintOf(const std::vector<IncomingPrediction>& predictions) {
  Fingerprint print;
  const auto add = [&](const std::string& text) {
    for (const unsigned char letter : text) print.Add(static_cast<uint64_t>(letter));
    print.Add(static_cast<uint64_t>(text.size()));
  };
  for (const IncomingPrediction& one : predictions) {
    print.Add(static_cast<uint64_t>(one.video_id));
    print.Add(static_cast<uint64_t>(one.frame_index));
    print.Add(static_cast<uint64_t>(one.tracklet));
    add(one.name);
    for (const PredictedPoint& point : one.points) {
      add(point.name);
      print.Add(point.x);
      print.Add(point.y);
      print.Add(point.confidence);
      if (!point.visible) print.Add(uint64_t{1});
    }
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(print.value()));
  return text;
}

bool HasJobOf(const Project& project, const std::string& fingerprint) {
  for (const JobRow& job : project.Jobs()) {
    const auto options = nlohmann::json::parse(job.options_json, nullptr, false);
    if (!options.is_object() || job.state != JobStateName(JobState::kDone)) continue;
    const auto found = options.find(kFingerprintKey);
    if (found != options.end() && *found == fingerprint) return true;
  }
  return false;
}

// By name, in the first skeleton that has all points of an animal.
class PointIdsOf {
 public:
  explicit PointIdsOf(Connection& connection) : skeletons_(ReadSkeletons(connection)) {}

  void Fill(std::vector<PredictedPoint>* points) const {
    for (const Skeleton& skeleton : skeletons_) {
      std::vector<Id> ids;
      for (const PredictedPoint& point : *points) {
        const int place = PlaceOf(skeleton, point.name);
        if (place < 0) break;
        ids.push_back(skeleton.points[static_cast<size_t>(place)].id);
      }
      if (ids.size() != points->size()) continue;
      for (size_t k = 0; k < ids.size(); ++k) (*points)[k].point_id = ids[k];
      return;
    }
    throw Error("key points", "no skeleton has all points of an animal of the file",
                "correct the file");
  }

 private:
  const std::vector<Skeleton> skeletons_;
};

void StoreRows(Writer& writer, const std::vector<IncomingPrediction>& predictions, Id job_id,
               Job& job) {
  const PointIdsOf ids(writer.connection());
  std::map<std::string, Id> categories;
  for (size_t i = 0; i < predictions.size(); ++i) {
    if (i % 1024 == 0) {
      job.Advance(static_cast<double>(i), static_cast<double>(predictions.size()),
                  "storing predictions");
    }
    const IncomingPrediction& one = predictions[i];
    auto category = categories.find(one.name);
    if (category == categories.end()) {
      category = categories.emplace(one.name, writer.FindOrInsertCategory(one.name)).first;
    }
    PredictionRow row;
    row.job_id = job_id;
    row.video_id = one.video_id;
    row.frame_index = one.frame_index;
    row.category_id = category->second;
    row.tracklet = one.tracklet;
    row.score = row.confidence = one.score;
    row.box = one.box;
    row.key_points = one.points;
    ids.Fill(&row.key_points);
    writer.InsertPrediction(row);
  }
}

}  // namespace

ImportReport StorePose(Project& project, const LabelBatch& labels,
                       const std::vector<IncomingPrediction>& predictions,
                       const std::string& source, const ImportOptions& options, Job& job) {
  const std::string fingerprint = FingerprintOf(predictions);
  const bool there = !predictions.empty() && HasJobOf(project, fingerprint);
  ImportReport stored;
  const ImportReport report = StoreLabels(project, labels, options, job, [&](Writer& writer) {
    stored = ImportReport();
    if (there || predictions.empty()) return;
    JobRow row;
    row.kind = JobKindName(JobKind::kPredict);
    row.state = JobStateName(JobState::kDone);
    row.options_json =
        nlohmann::json{{"imported_from", ShownText(source)}, {kFingerprintKey, fingerprint}}.dump();
    const Id job_id = writer.InsertJob(row);
    StoreRows(writer, predictions, job_id, job);
    std::set<std::pair<Id, int>> frames;
    for (const IncomingPrediction& one : predictions) {
      frames.insert({one.video_id, one.frame_index});
    }
    stored.predictions = static_cast<int64_t>(predictions.size());
    stored.predicted_frames = static_cast<int64_t>(frames.size());
  });
  ImportReport all = report;
  all.predictions = stored.predictions;
  all.predicted_frames = stored.predicted_frames;
  if (there) {
    all.already_present += static_cast<int64_t>(predictions.size());
    all.warnings.push_back("the predictions of the file are in the project already");
  }
  return all;
}

}  // namespace datasets
