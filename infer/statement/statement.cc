#include "infer/statement/statement.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <filesystem>

#include "datasets/base/error.h"
#include "datasets/unknown_name.h"
#include "infer/meetings/meeting_review.h"
#include "infer/review/review_data.h"
#include "infer/statement/checked_frames.h"

namespace infer {
namespace {

using datasets::Id;

std::string TimeText(int64_t milliseconds) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(milliseconds / 1000));
}

void CountMeetings(const datasets::Project& project, const datasets::VideoRow& video,
                   Statement& statement) {
  const MeetingList list = ListMeetings(project, statement.job_id, video.id);
  statement.meetings_known = list.known;
  // Of a group whose animals come one after the other there is one at once, and several in all.
  if (list.known) statement.one_animal = list.animals < 2;
  for (const ReviewedMeeting& meeting : list.meetings) {
    const std::string by = meeting.DecidedBy();
    statement.meetings.push_back({meeting.row.start_frame, meeting.row.end_frame, meeting.row.kind,
                                  meeting.row.exchange, by});
    if (meeting.decision) ++statement.decisions[meeting.decision->author];
    if (by == "unsure") {
      ++statement.unsure;
    } else if (by == "person") {
      ++statement.by_person;
    } else if (by == "none") {
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
    statement.parts = video.parts;
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
    CountFrames(project, video, *data, statement);
    CountMeetings(project, video, statement);
    const datasets::UnknownCount names = datasets::CountUnknown(project, *job_id, video.id);
    statement.animal_frames = names.all;
    statement.unknown_frames = names.unknown;
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
  nlohmann::ordered_json parts = nlohmann::ordered_json::array();
  for (const datasets::VideoPart& part : s.parts) {
    parts.push_back({{"file", std::filesystem::path(part.path).filename().string()},
                     {"fingerprint", part.fingerprint},
                     {"frames", part.frame_count}});
  }
  return {
      {"vole", version},
      {"project", s.project},
      {"video",
       {{"name", s.video},
        {"fingerprint", s.video_fingerprint},
        {"start_frame", s.start_frame},
        {"end_frame", s.end_frame},
        {"fps", s.fps},
        {"parts", parts}}},
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
      {"unknown_names",
       {{"animal_frames", s.unknown_frames}, {"of_animal_frames", s.animal_frames}}},
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
        {"known_to_be_wrong", s.known_wrong},
        {"others", s.sample.frames},
        {"drawn_at_random", s.sample.drawn},
        {"wrong_among_drawn", s.sample.wrong},
        {"skipped_among_drawn", s.skipped},
        {"unanswered_among_drawn", s.unanswered},
        {"level", 0.95},
        {"most_wrong", s.most_wrong},
        {"most_share_wrong", s.share_wrong},
        {"more_random_frames_for_1_percent", more(s.more_for_1_percent)},
        {"more_random_frames_for_0.1_percent", more(s.more_for_01_percent)}}}};
}

}  // namespace infer
