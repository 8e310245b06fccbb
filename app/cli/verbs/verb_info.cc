#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <system_error>
#include <thread>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/base/error.h"
#include "datasets/calibrated.h"
#include "datasets/project.h"
#include "datasets/store/database_error.h"
#include "datasets/store/overview/overview.h"
#include "datasets/store/reader.h"
#include "datasets/unknown_name.h"
#include "datasets/video_files.h"
#include "infer/meetings/meeting_review.h"

namespace app {
namespace info_verb {
namespace {

using Json = nlohmann::ordered_json;

Json CategoryList(const datasets::Reader& reader) {
  Json list = Json::array();
  for (const auto& category : reader.CategoryCounts()) {
    list.push_back({{"name", category.name},
                    {"supercategory", category.supercategory},
                    {"labels", category.labels}});
  }
  return list;
}

// The first of its files that is "missing" or "replaced" by another one; all are "found".
std::string StateOfFiles(const std::optional<datasets::LostFile>& lost) {
  if (!lost) return "found";
  return lost->state == datasets::FileState::kMissing ? "missing" : "replaced";
}

// None that are known where they cannot be read, which `vole review` explains.
infer::MeetingList MeetingsOf(const datasets::Project& project, std::optional<datasets::Id> job,
                              const datasets::VideoRow& video) {
  if (!job) return {};
  try {
    return infer::ListMeetings(project, *job, video.id);
  } catch (const datasets::DatabaseError&) {
    throw;
  } catch (const datasets::Error&) {
    return {};
  }
}

// How its pixels become centimetres; null where they do not.
Json CalibrationKind(const datasets::Project& project, const datasets::VideoRow& video) {
  try {
    const auto calibration = datasets::CalibrationOf(project, video);
    return calibration ? Json(datasets::KindName(calibration->kind)) : Json(nullptr);
  } catch (const datasets::Error&) {
    return "damaged";
  }
}

// What takes a look into each video by itself.
struct VideoFacts {
  std::optional<datasets::LostFile> lost;
  Json calibration;
  int predicted = 0;
  infer::MeetingList meetings;
  datasets::UnknownCount unknown;
};

VideoFacts FactsOf(const datasets::Project& project, const datasets::VideoRow& video,
                   std::optional<datasets::Id> job) {
  VideoFacts facts;
  facts.lost = datasets::FirstLostFile(project, video);
  facts.calibration = CalibrationKind(project, video);
  facts.meetings = MeetingsOf(project, job, video);
  if (!job) return facts;
  facts.predicted = project.CountPredictedFrames(*job, video.id);
  facts.unknown = datasets::CountUnknown(project, *job, video.id);
  return facts;
}

// By several threads: a project may have a thousand videos, on a slow disk. Throws what the first
// video that cannot be read throws.
std::vector<VideoFacts> AllFacts(const datasets::Project& project,
                                 const std::vector<datasets::VideoRow>& videos,
                                 const std::map<datasets::Id, datasets::Id>& jobs) {
  std::vector<VideoFacts> facts(videos.size());
  std::vector<std::exception_ptr> failures(videos.size());
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i; (i = next++) < videos.size();) {
      const auto job = jobs.find(videos[i].id);
      try {
        facts[i] = FactsOf(project, videos[i],
                           job == jobs.end() ? std::nullopt : std::optional(job->second));
      } catch (...) {
        failures[i] = std::current_exception();
      }
    }
  };
  constexpr unsigned kMostThreads = 8;
  const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min<size_t>(cores, videos.size()); ++i) {
    try {
      threads.emplace_back(work);
    } catch (const std::system_error&) {
      break;  // no more are allowed here: those that there are do it
    }
  }
  work();
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  return facts;
}

Json VideoList(const datasets::Project& project) {
  Json list = Json::array();
  const std::vector<datasets::VideoRow> videos = project.Videos();
  std::map<datasets::Id, datasets::Id> jobs;
  std::map<datasets::Id, int> labeled;
  project.Read([&](datasets::Connection& connection) {
    jobs = datasets::LatestPredictJobs(connection);
    labeled = datasets::CountLabeledFrames(connection);
  });
  const std::vector<VideoFacts> all = AllFacts(project, videos, jobs);
  for (size_t i = 0; i < videos.size(); ++i) {
    const datasets::VideoRow& video = videos[i];
    const VideoFacts& facts = all[i];
    const infer::MeetingList& meetings = facts.meetings;
    const std::string file = StateOfFiles(facts.lost);
    list.push_back({{"name", video.name},
                    {"path", video.path},
                    {"frames", video.frame_count},
                    {"width", video.width},
                    {"height", video.height},
                    {"fps", video.fps},
                    {"static_camera", video.static_camera},
                    {"calibration", facts.calibration},
                    {"labeled", labeled[video.id]},
                    {"predicted", facts.predicted},
                    {"meetings", meetings.known ? Json(meetings.meetings.size()) : Json(nullptr)},
                    {"open_meetings", meetings.known ? Json(meetings.Open()) : Json(nullptr)},
                    {"unknown_frames", facts.unknown.unknown},
                    {"found", file != "missing"},
                    {"file", file}});
    if (video.parts.empty()) continue;
    list.back()["parts"] = datasets::PartsJson(video);
    if (facts.lost) {
      const datasets::VideoFile& lost = facts.lost->file;
      list.back()["lost"] = {{"part", lost.name}, {"path", lost.path.string()}};
    }
  }
  return list;
}

std::string FileRemark(const Json& video) {
  const std::string file = video["file"];
  std::string path = video["path"], remark;
  if (video.contains("parts")) remark = std::to_string(video["parts"].size()) + " parts";
  if (video.contains("lost")) {
    path = video["lost"]["path"];
    remark += ", " + video["lost"]["part"].get<std::string>();
  }
  if (file == "found") return remark;
  if (!remark.empty()) remark += ": ";
  return remark + (file == "missing" ? "file not found: " : "another file is in its place: ") +
         path;
}

Json ModelList(const datasets::Project& project) {
  Json list = Json::array();
  for (const datasets::ModelRow& model : project.Models()) {
    list.push_back({{"id", model.id},
                    {"name", model.name},
                    {"architecture", model.architecture},
                    {"path", model.weights_path},
                    {"sha256", model.weights_sha256}});
  }
  return list;
}

int Run(const std::string& file, Console& console) {
  const auto project = OpenProjectReadOnly(file);
  Json info = {{"project", project->file().string()},
               {"videos", VideoList(*project)},
               {"categories", Json::array()},
               {"models", ModelList(*project)}};
  info["behaviors"] = Json::array();
  for (const auto& behavior : project->Behaviors()) info["behaviors"].push_back(behavior.name);
  project->Read([&](datasets::Connection& connection) {
    const datasets::Reader reader(connection);
    info["categories"] = CategoryList(reader);
    const datasets::Reader::Counts counts = reader.CountRows();
    info["pictures"] = counts.pictures;
    info["labels"] = counts.labels;
    info["behavior_intervals"] = counts.behavior_intervals;
  });
  console.PrintJson(info);

  console.Print(project->file().string());
  if (info["videos"].empty()) {
    console.Print("No video yet. Next: vole add-video " + file + " VIDEO...");
  } else {
    std::vector<std::vector<std::string>> table = {
        {"video", "frames", "size", "fps", "labeled", "predicted", ""}};
    for (const Json& video : info["videos"]) {
      table.push_back(
          {video["name"], CountText(video["frames"]),
           fmt::format("{} x {}", video["width"].get<int>(), video["height"].get<int>()),
           fmt::format("{:.4g}", video["fps"].get<double>()), CountText(video["labeled"]),
           CountText(video["predicted"]), FileRemark(video)});
    }
    console.Print(TableText(table));
  }
  for (const Json& video : info["videos"]) {
    if (video["unknown_frames"] == 0) continue;
    console.Print(fmt::format("{}: the name is unknown on {} animal-frames: vole review {} unknown",
                              video["name"].get<std::string>(), CountText(video["unknown_frames"]),
                              file));
  }
  int open = 0, meetings = 0;
  for (const Json& video : info["videos"]) {
    if (video["meetings"].is_null()) continue;
    meetings += video["meetings"].get<int>();
    open += video["open_meetings"].get<int>();
  }
  if (meetings > 0) {
    console.Print(fmt::format("{} of {} meetings are open{}", CountText(open), CountText(meetings),
                              open > 0 ? ": vole review " + file + " meetings" : ""));
  }
  std::vector<std::string> names;
  for (const Json& category : info["categories"]) {
    names.push_back(
        fmt::format("{} ({})", category["name"].get<std::string>(), CountText(category["labels"])));
  }
  console.Print("Animals (labels): " + (names.empty() ? "none" : Join(names)));
  if (!info["behaviors"].empty()) {
    console.Print(fmt::format("Behaviors: {} ({} intervals)",
                              Join(info["behaviors"].get<std::vector<std::string>>()),
                              CountText(info["behavior_intervals"])));
  }
  names.clear();
  for (const Json& model : info["models"]) names.push_back(model["name"]);
  console.Print("Models: " + (names.empty() ? "none" : Join(names)));
  return 0;
}

}  // namespace
}  // namespace info_verb

Verb InfoVerb() {
  using namespace info_verb;
  return {"info",
          "Project",
          "what a project holds",
          "",
          "  vole info mice.vole\n  vole info mice.vole --json | jq '.videos[].labeled'",
          [](CLI::App& command) -> RunVerb {
            auto project = std::make_shared<std::string>();
            AddProject(command, *project);
            return [project](Console& console) { return Run(*project, console); };
          }};
}

}  // namespace app
