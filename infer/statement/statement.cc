#include "infer/statement/statement.h"

#include <fmt/chrono.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <set>

#include "datasets/base/error.h"
#include "datasets/store/review/review_reasons.h"
#include "infer/review/meeting_review.h"
#include "infer/review/review_data.h"

namespace infer {
namespace {

using datasets::Id;

std::string TimeText(int64_t milliseconds) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(milliseconds / 1000));
}

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void Add(const std::string& text) { EVP_DigestUpdate(context_.get(), text.data(), text.size()); }
  std::string Hex() {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), bytes, &size);
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", bytes[i]);
    return hex;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

// Frames with labels, and those whose labels are nothing but this job's accepted predictions.
struct LabeledFrames {
  std::set<int> all, accepted;
};

LabeledFrames ReadLabels(const datasets::Project& project, const datasets::VideoRow& video,
                         Statement& statement) {
  std::map<Id, std::string> names;
  for (const auto& category : project.Categories()) names[category.id] = category.name;
  LabeledFrames frames;
  Sha256 hash;
  project.ForEachAnnotation(video.id, [&](const datasets::ImageRow& image,
                                          const std::vector<datasets::AnnotationRow>& labels) {
    if (!image.frame_index) return;
    bool accepted = !labels.empty(), looked_at = true;
    for (const datasets::AnnotationRow& label : labels) {
      statement.labels += !label.IsFilledIn();
      looked_at = looked_at && !label.IsFilledIn();
      accepted = accepted && label.job_id == statement.job_id;
      std::string text = fmt::format("{} {} ", *image.frame_index, names[label.category_id]);
      for (const auto& ring : label.polygons) {
        for (const auto& point : ring) text += fmt::format("{:.2f},{:.2f} ", point.x, point.y);
        text += "; ";
      }
      if (label.rle) text += datasets::CompressRle(*label.rle);
      hash.Add(text + "\n");
    }
    if (labels.empty() || !looked_at) return;  // what was filled in has no witness
    frames.all.insert(*image.frame_index);
    if (accepted) frames.accepted.insert(*image.frame_index);
  });
  for (const datasets::ImageRow& image : project.ImagesOfVideo(video.id)) {
    const bool looked_at =
        image.state == datasets::ImageState::kDone || image.state == datasets::ImageState::kEmpty;
    if (image.frame_index && looked_at) frames.all.insert(*image.frame_index);
  }
  statement.labeled_frames = static_cast<int>(frames.all.size());
  statement.labels_sha256 = hash.Hex();
  return frames;
}

void CountFrames(const datasets::Project& project, const datasets::VideoRow& video,
                 const LabeledFrames& labeled, Statement& statement) {
  std::set<int> looked_at;               // in episodes that the queue was sure to show
  std::map<int, std::string> by_chance;  // random frame -> verdict
  for (const auto& decision : project.ReviewDecisions(statement.job_id)) {
    if (decision.video_id != video.id || decision.behavior_id) continue;
    ++statement.decisions[decision.author];
    const bool random = decision.reason_code == datasets::kAuditReason.code;
    for (int frame = std::max(decision.start_frame, statement.start_frame);
         frame < std::min(decision.end_frame, statement.end_frame); ++frame) {
      if (random) {
        by_chance[frame] = decision.verdict;
      } else if (decision.verdict != "skipped") {
        looked_at.insert(frame);
      }
    }
  }
  // What people know for other reasons than the draw is no part of what was drawn from. A random
  // frame whose predictions were accepted became a label by that alone, a wrong one by its mending.
  std::set<int> known;
  for (const int frame : labeled.all) {
    const auto drawn = by_chance.find(frame);
    const bool by_draw = drawn != by_chance.end() &&
                         (drawn->second != "accepted" || labeled.accepted.count(frame) > 0);
    const bool predicted = frame >= statement.start_frame && frame < statement.end_frame;
    if (predicted && !by_draw) known.insert(frame);
  }
  for (const int frame : looked_at) {
    // Shown by the queue as well: known, whether drawn or not.
    known.insert(frame);
  }
  statement.known_frames = static_cast<int>(known.size());
  const int frames = statement.end_frame - statement.start_frame;
  statement.sample.frames = frames - statement.known_frames;
  for (const auto& [frame, verdict] : by_chance) {
    if (known.count(frame)) continue;
    ++statement.sample.drawn;
    statement.sample.wrong += verdict != "accepted";
    statement.skipped += verdict == "skipped";
  }
  statement.most_wrong = MostWrong(statement.sample);
  statement.share_wrong = frames > 0 ? static_cast<double>(statement.most_wrong) / frames : 0;
  statement.more_for_1_percent = DrawsUntil(statement.sample, 0.01 * frames);
  statement.more_for_01_percent = DrawsUntil(statement.sample, 0.001 * frames);
}

void CountMeetings(const datasets::Project& project, const datasets::VideoRow& video,
                   Statement& statement) {
  const MeetingList list = ListMeetings(project, statement.job_id, video.id);
  statement.meetings_known = list.known;
  for (const ReviewedMeeting& meeting : list.meetings) {
    statement.meetings.push_back({meeting.row.start_frame, meeting.row.end_frame, meeting.row.kind,
                                  meeting.row.exchange, meeting.DecidedBy()});
    if (meeting.decision) {
      ++statement.decisions[meeting.decision->author];
      ++(meeting.decision->verdict == "unsure" ? statement.unsure : statement.by_person);
    } else if (meeting.IsOpen()) {
      ++statement.open;
    } else {
      ++statement.by_program;
      statement.worst_decided = std::max(statement.worst_decided, meeting.row.exchange);
      statement.expected_exchanges += meeting.row.exchange;
    }
  }
}

}  // namespace

Statement StateOf(const datasets::Project& project, const datasets::VideoRow& video) {
  Statement statement;
  project.InOneSnapshot([&] {
    const auto job_id = project.LatestPredictJob(video.id);
    if (!job_id) {
      throw datasets::Error("video '" + video.name + "'", "no outlines have been predicted on it",
                            "run: vole predict " + project.file().string());
    }
    const auto data = LoadReviewData(project, *job_id);
    if (!data || data->video_id != video.id) {
      throw datasets::Error("video '" + video.name + "'",
                            "its prediction keeps nothing that a review could be built from",
                            "run: vole predict " + project.file().string());
    }
    statement.project = project.file().filename().string();
    statement.video = video.name;
    statement.video_fingerprint = video.fingerprint;
    statement.start_frame = data->start_frame;
    statement.end_frame = data->end_frame;
    statement.fps = video.fps;
    statement.job_id = *job_id;
    int animals = 0;
    for (const int most : data->max_instances) animals += std::max(1, most);
    statement.one_animal = animals < 2;
    std::optional<Id> model_id;
    for (const datasets::JobRow& job : project.Jobs()) {
      if (job.id != *job_id) continue;
      statement.predicted_at = TimeText(job.finished_at.value_or(job.created_at));
      statement.settings = nlohmann::json::parse(job.options_json, nullptr, false);
      model_id = job.model_id;
    }
    for (const datasets::ModelRow& model : project.Models()) {
      if (model.id != model_id) continue;
      statement.model = model.name;
      statement.architecture = model.architecture;
      statement.model_sha256 = model.weights_sha256;
      statement.model_made = TimeText(model.created_at);
      statement.training_options = nlohmann::json::parse(model.config_json, nullptr, false);
    }
    for (nlohmann::json* value : {&statement.settings, &statement.training_options}) {
      if (value->is_discarded()) *value = nullptr;
    }
    CountFrames(project, video, ReadLabels(project, video, statement), statement);
    CountMeetings(project, video, statement);
  });
  return statement;
}

nlohmann::ordered_json ToJson(const Statement& s, const std::string& version) {
  nlohmann::ordered_json meetings = nlohmann::ordered_json::array();
  for (const StatedMeeting& meeting : s.meetings) {
    meetings.push_back({{"start_frame", meeting.start_frame},
                        {"end_frame", meeting.end_frame},
                        {"kind", meeting.kind},
                        {"exchange", meeting.exchange},
                        {"decided_by", meeting.decided_by}});
  }
  const auto more = [](int frames) {
    return frames < 0 ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(frames);
  };
  return {
      {"vole", version},
      {"project", s.project},
      {"video",
       {{"name", s.video},
        {"fingerprint", s.video_fingerprint},
        {"start_frame", s.start_frame},
        {"end_frame", s.end_frame},
        {"fps", s.fps}}},
      {"model",
       {{"name", s.model},
        {"architecture", s.architecture},
        {"sha256", s.model_sha256},
        {"made", s.model_made},
        {"training", s.training_options}}},
      {"prediction", {{"job", s.job_id}, {"finished", s.predicted_at}, {"settings", s.settings}}},
      {"labels",
       {{"outlines", s.labels}, {"frames", s.labeled_frames}, {"sha256", s.labels_sha256}}},
      {"decisions", s.decisions},
      {"exchanges",
       {{"one_animal", s.one_animal},
        {"known", s.meetings_known},
        {"possible", s.meetings.size()},
        {"decided_by_pictures", s.by_program},
        {"decided_by_people", s.by_person},
        {"people_cannot_tell", s.unsure},
        {"open", s.open},
        {"most_doubtful_decided_by_pictures", s.worst_decided},
        {"expected_wrong_among_those", s.expected_exchanges},
        {"list", meetings}}},
      {"frames",
       {{"all", s.end_frame - s.start_frame},
        {"known_by_people", s.known_frames},
        {"others", s.sample.frames},
        {"drawn_at_random", s.sample.drawn},
        {"wrong_among_drawn", s.sample.wrong},
        {"skipped_among_drawn", s.skipped},
        {"level", 0.95},
        {"most_wrong", s.most_wrong},
        {"most_share_wrong", s.share_wrong},
        {"more_random_frames_for_1_percent", more(s.more_for_1_percent)},
        {"more_random_frames_for_0.1_percent", more(s.more_for_01_percent)}}}};
}

}  // namespace infer
