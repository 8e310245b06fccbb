#include "infer/run/predict_with.h"

#include <algorithm>
#include <chrono>

#include "datasets/base/error.h"
#include "datasets/base/process_memory.h"
#include "datasets/recorded_job.h"
#include "datasets/store/meetings/meeting_store.h"
#include "datasets/store/writer.h"
#include "infer/names/evidence.h"
#include "infer/names/identity.h"
#include "infer/names/known_pairs.h"
#include "infer/names/name_evidence.h"
#include "infer/review/meeting_review.h"
#include "infer/review/review_data.h"
#include "infer/review/review_job.h"
#include "infer/run/finish_names.h"
#include "infer/run/pipeline.h"

namespace infer {
namespace {

// A whole video would be predicted before its names could not be decided.
void CheckAnimals(const train::ModelInfo& info) {
  int animals = 0;
  for (const int most : info.max_instances) animals += std::max(1, most);
  if (animals <= kMostAnimals) return;
  throw datasets::Error("the model",
                        "it knows " + std::to_string(animals) +
                            " animals at once, and no more than " + std::to_string(kMostAnimals) +
                            " can be told apart in a video",
                        "train on labels with fewer names, or fewer animals of a name in a frame");
}

// Pairs that people know to be one animal, found again in what was tracked now. Those that
// contradict what is certain are left out, and said.
std::vector<KnownSame> ObeyDecisions(const datasets::Project& project, datasets::Id job_id,
                                     const datasets::VideoRow& video, const train::ModelInfo& info,
                                     const std::vector<Anchor>& anchors, PipelineResult& found,
                                     std::vector<std::string>& remarks) {
  std::vector<datasets::MeetingDecisionRow> decisions;
  project.Read([&](datasets::Connection& connection) {
    decisions = datasets::ReadMeetingDecisions(connection, video.id);
  });
  const std::vector<FoundPair> pairs =
      FindKnownPairs(project, job_id, video, found.record, found.rows, decisions);
  CutAtKnownPairs(pairs, found.record, found.tracklets, found.links);
  std::vector<KnownSame> known = KnownSameOf(pairs, found.record);
  DecidedNames any;
  any.names.resize(found.tracklets.size());
  for (NamedTracklet& name : any.names) name.number = 0;
  any.evidence.resize(found.tracklets.size());
  const NameEvidence tracked =
      NameEvidenceOf(found.record, found.tracklets, {}, any, info, anchors, {});
  size_t place = 0;
  for (std::string said = Contradiction(tracked, known, &place); !said.empty();
       said = Contradiction(tracked, known, &place)) {
    remarks.push_back("video '" + video.name + "': " + said + ", and was left out");
    const datasets::Id decision = known[place].decision_id;
    known.erase(std::remove_if(known.begin(), known.end(),
                               [&](const KnownSame& same) { return same.decision_id == decision; }),
                known.end());
  }
  return known;
}

}  // namespace

PredictResult PredictWith(datasets::Project& project, const datasets::VideoRow& video,
                          train::Predictor& predictor, const FrameSource& source,
                          const PredictOptions& options, datasets::Job& job,
                          std::optional<datasets::Id> model_id, const IdentityVote* identity) {
  const auto started = std::chrono::steady_clock::now();
  datasets::KeepFreedMemory();
  const int end_frame = options.end_frame < 0 ? video.frame_count : options.end_frame;
  if (options.start_frame < 0 || end_frame > video.frame_count || options.start_frame > end_frame) {
    throw datasets::Error(
        "frames " + std::to_string(options.start_frame) + ":" + std::to_string(end_frame),
        "video '" + video.name + "' has frames 0:" + std::to_string(video.frame_count),
        "give a range within it");
  }
  const train::ModelInfo& info = predictor.info();
  if (info.classes.empty()) {
    throw datasets::Error("the model", "it knows no animal", "train it again");
  }
  CheckAnimals(info);
  PredictResult result;
  PipelineInput input;
  project.Write([&](datasets::Writer& writer) {
    input.categories.clear();
    for (const std::string& name : info.classes) {
      input.categories.push_back(writer.FindOrInsertCategory(name));
    }
  });
  input.predictor = &predictor;
  input.identity = identity;
  input.picture = source.picture;
  input.background = source.background;
  input.threads = options.predictor.threads;
  input.start_frame = options.start_frame;
  input.end_frame = end_frame;
  input.fps = video.fps > 0 ? video.fps : 25;
  input.size = {video.width, video.height};
  input.video_id = video.id;
  nlohmann::json stored = datasets::OptionsToJson(options);
  stored["video"] = video.name;
  const datasets::NewJob row{datasets::JobKind::kPredict,
                             stored.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                             model_id};
  datasets::RunRecorded(project, row, [&](datasets::Id job_id) {
    result.job_id = input.job_id = job_id;
    PipelineResult found = RunPipeline(project, input, job);
    EvidenceOptions evidence;
    evidence.fps = input.fps;
    job.Advance(0, 0, "deciding who is who");
    std::vector<Anchor> anchors;
    if (options.use_labels) {
      anchors = LabelAnchors(project, job_id, video.id, found.record, found.rows, input.categories);
    }
    const auto checkpoint = [&job] { job.ThrowIfCancelled(); };
    const std::vector<KnownSame> known =
        ObeyDecisions(project, job_id, video, info, anchors, found, result.remarks);
    std::vector<Link> links = found.links;
    for (const Link& link : LinksOf(known)) links.push_back(link);
    const DecidedNames decided =
        DecideNames(found.record, found.tracklets, links, info, evidence, anchors, checkpoint);
    const std::vector<NamedTracklet>& names = decided.names;
    NameEvidence kept =
        NameEvidenceOf(found.record, found.tracklets, found.links, decided, info, anchors, known);
    kept.fps = input.fps;
    kept.start_frame = input.start_frame;
    kept.end_frame = end_frame;
    kept.categories = input.categories;
    const std::vector<Meeting> meetings = MeetingsOf(kept, names, checkpoint);
    result.meetings = static_cast<int>(meetings.size());
    result.open_meetings =
        static_cast<int>(std::count_if(meetings.begin(), meetings.end(), [](const Meeting& m) {
          return m.exchange >= kDecidedExchange;
        }));
    WriteNames(project, found, names, input.categories, info.max_instances, job);
    ReviewData data = MakeReviewData(found.record, found.tracklets, names, info, found.rows,
                                     input.fps, found.picture_overlap);
    data.video_id = video.id;
    data.categories = input.categories;
    if (data.end_frame <= data.start_frame) {
      data.start_frame = input.start_frame;
      data.end_frame = input.end_frame;
    }
    SaveReviewData(project, job_id, data);
    SaveMeetings(project, job_id, video.id, kept, meetings);
    result.review_episodes = RebuildReviewQueue(project, job_id, job);
    return datasets::JobOutcome();
  });
  result.frames = end_frame - options.start_frame;
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  result.fps = result.seconds > 0 ? result.frames / result.seconds : 0;
  result.peak_rss_mb = datasets::PeakRssMb();
  return result;
}

}  // namespace infer
