#include "infer/run/predict_with.h"

#include <algorithm>
#include <chrono>

#include "datasets/base/error.h"
#include "datasets/base/process_memory.h"
#include "datasets/model_files.h"
#include "datasets/recorded_job.h"
#include "datasets/store/meetings/meeting_store.h"
#include "datasets/store/writer.h"
#include "infer/meetings/meeting_review.h"
#include "infer/names/evidence.h"
#include "infer/names/group.h"
#include "infer/names/identity.h"
#include "infer/names/known_pairs.h"
#include "infer/names/name_evidence.h"
#include "infer/names/unknown.h"
#include "infer/review/review_data.h"
#include "infer/review/review_job.h"
#include "infer/run/finish_names.h"
#include "infer/run/pipeline.h"
#include "infer/run/up_to_date.h"

namespace infer {
namespace {

// How many animals there are, once the whole video was seen, and what their places say about those
// that were away for long.
void CountAnimals(const std::string& video, double fps, PipelineResult& found, GroupPlan& plan) {
  if (plan.open) {
    const int shown = AnimalsAtOnce(found.record, found.tracklets, plan.info, fps);
    if (shown > kMostAnimals) {
      throw datasets::Error(
          "video '" + video + "'",
          "it shows " + std::to_string(shown) + " animals at once, and no more than " +
              std::to_string(kMostAnimals) + " can be told apart",
          "give --animals " + std::to_string(kMostAnimals) + " to follow those that are seen best");
    }
    plan.info.max_instances = {shown};
  }
  if (plan.info.classes.size() != 1 || plan.info.max_instances[0] < 2) return;
  const auto returns = ReturnLinks(found.record, found.tracklets, found.links, fps);
  found.links.insert(found.links.end(), returns.begin(), returns.end());
}

// In a group that may change, whoever comes from nowhere is a new animal with a number of its own.
// Returns the model's description with as many animals as there are numbers.
train::ModelInfo Renumber(const GroupPlan& plan, const PipelineResult& found,
                          const std::vector<Link>& links, double fps, DecidedNames& decided,
                          PredictResult& result, bool& renumbered) {
  train::ModelInfo info = plan.info;
  renumbered = false;
  if (!plan.open) return info;
  const std::vector<int> numbers =
      OpenNumbers(found.record, found.tracklets, links, decided.names, fps);
  int count = info.max_instances[0];
  for (const int number : numbers) count = std::max(count, number + 1);
  if (count > kMostAnimals) {
    result.remarks.push_back("more than " + std::to_string(kMostAnimals) +
                             " animals came and went: numbers of animals that left are used again");
    return info;
  }
  renumbered = true;
  for (size_t t = 0; t < numbers.size(); ++t) decided.names[t].number = numbers[t];
  info.max_instances = {count};
  return info;
}

constexpr size_t kMostSaid = 5;  // places by frame; more are counted

void SayCuts(const std::string& video, const train::ModelInfo& info,
             const std::vector<LabelCut>& cuts, std::vector<std::string>& remarks) {
  for (size_t c = 0; c < std::min(cuts.size(), kMostSaid); ++c) {
    const LabelCut& cut = cuts[c];
    remarks.push_back("video '" + video + "': labels call one animal '" +
                      info.classes[static_cast<size_t>(cut.first_class)] + "' in frame " +
                      std::to_string(cut.first_frame) + " and '" +
                      info.classes[static_cast<size_t>(cut.second_class)] + "' in frame " +
                      std::to_string(cut.second_frame) +
                      "; its name changes between them, unless one of the labels is wrong");
  }
  if (cuts.size() > kMostSaid) {
    remarks.push_back("video '" + video + "': " + std::to_string(cuts.size() - kMostSaid) +
                      " more places where labels call one animal by two names");
  }
}

void SayNotKept(const std::string& video, const train::ModelInfo& info, const TrackRecord& record,
                const std::vector<Anchor>& labels, std::vector<std::string>& remarks) {
  for (size_t l = 0; l < std::min(labels.size(), kMostSaid); ++l) {
    remarks.push_back("video '" + video + "': the label '" +
                      info.classes[static_cast<size_t>(labels[l].class_index)] + "' of frame " +
                      std::to_string(record.rows()[labels[l].row].frame) +
                      " does not fit the other labels and what is seen at once; its animal got "
                      "another name, or none");
  }
  if (labels.size() > kMostSaid) {
    remarks.push_back("video '" + video + "': " + std::to_string(labels.size() - kMostSaid) +
                      " more labels of which that holds");
  }
}

void CountUnknown(const TrackRecord& record, const std::vector<NamedTracklet>& names,
                  PredictResult& result) {
  for (const AnimalFrame& row : record.rows()) {
    const NamedTracklet& name = names[static_cast<size_t>(row.tracklet)];
    result.animal_frames += name.class_index >= 0;
    result.unknown_frames += name.unknown;
  }
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
  // Of those that contradict each other the later is left out below: the older one.
  std::stable_sort(decisions.begin(), decisions.end(),
                   [](const auto& a, const auto& b) { return a.id > b.id; });
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
                          std::optional<datasets::Id> model_id, const IdentityVote* identity,
                          const std::string& inputs) {
  const auto started = std::chrono::steady_clock::now();
  datasets::KeepFreedMemory();
  const int end_frame = options.end_frame < 0 ? video.frame_count : options.end_frame;
  if (options.start_frame < 0 || end_frame > video.frame_count || options.start_frame > end_frame) {
    throw datasets::Error(
        "frames " + std::to_string(options.start_frame) + ":" + std::to_string(end_frame),
        "video '" + video.name + "' has frames 0:" + std::to_string(video.frame_count),
        "give a range within it");
  }
  if (predictor.info().classes.empty()) {
    throw datasets::Error("the model", "it knows no animal", "train it again");
  }
  GroupPlan plan = PlanGroup(predictor.info(), options.animals);
  const train::ModelInfo& info = plan.info;
  PredictResult result;
  PipelineInput input;
  input.categories = datasets::AnimalsOfModel(project, model_id, info.classes);
  input.predictor = &predictor;
  input.info = info;
  input.open_group = plan.open;
  input.identity = identity;
  input.picture = source.picture;
  input.found = source.found;
  input.background = source.background;
  input.threads = options.predictor.threads;
  input.start_frame = options.start_frame;
  input.end_frame = end_frame;
  input.fps = video.fps > 0 ? video.fps : 25;
  input.size = {video.width, video.height};
  input.video_id = video.id;
  const datasets::NewJob row{datasets::JobKind::kPredict, StoredOptions(options, video, inputs),
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
    SayCuts(video.name, info, CutAtLabels(anchors, found.record, found.tracklets, found.links),
            result.remarks);
    const std::vector<KnownSame> known =
        ObeyDecisions(project, job_id, video, info, anchors, found, result.remarks);
    CountAnimals(video.name, input.fps, found, plan);
    std::vector<Link> links = found.links;
    for (const Link& link : LinksOf(known)) links.push_back(link);
    DecidedNames decided =
        DecideNames(found.record, found.tracklets, links, info, evidence, anchors, checkpoint);
    bool renumbered = false;
    const train::ModelInfo numbered =
        Renumber(plan, found, links, input.fps, decided, result, renumbered);
    if (!renumbered) {
      LeaveUnknown(found.record, found.tracklets, links, anchors,
                   IdentityOptionsOf(info).max_instances, decided.weights, options.unknown_below,
                   decided.names);
    }
    const std::string broken = Broken(decided.names, known);
    if (!broken.empty()) result.remarks.push_back("video '" + video.name + "': " + broken);
    const std::vector<NamedTracklet>& names = decided.names;
    SayNotKept(video.name, info, found.record, NotKept(found.record, anchors, names),
               result.remarks);
    NameEvidence kept = NameEvidenceOf(found.record, found.tracklets, found.links, decided,
                                       numbered, anchors, known);
    kept.fps = input.fps;
    kept.open_group = renumbered;
    kept.start_frame = input.start_frame;
    kept.end_frame = end_frame;
    kept.categories = input.categories;
    const std::vector<Meeting> meetings = MeetingsOf(kept, names, checkpoint);
    result.meetings = static_cast<int>(meetings.size());
    result.open_meetings =
        static_cast<int>(std::count_if(meetings.begin(), meetings.end(), [](const Meeting& m) {
          return m.exchange >= kDecidedExchange;
        }));
    CountUnknown(found.record, names, result);
    WriteNames(project, found, names, input.categories, numbered.max_instances, job);
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
