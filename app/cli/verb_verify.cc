#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "app/model/file_hash.h"
#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/frame_hash.h"
#include "datasets/store/reader.h"

namespace app {
namespace {

struct Findings {
  nlohmann::ordered_json problems = nlohmann::ordered_json::array();
  int64_t frames = 0, outlines = 0, predictions = 0;
  void Add(const std::string& problem) { problems.push_back(problem); }
};

void CheckDatabase(const datasets::Project& project, Findings& findings, datasets::Job& job) {
  job.Advance(0, 0, "checking the database");
  project.Read([&](datasets::Connection& connection) {
    auto integrity = connection.Query("PRAGMA integrity_check(20)");
    while (integrity.Step()) {
      if (integrity.Text(0) != "ok") findings.Add("database: " + integrity.Text(0));
    }
    auto keys = connection.Query("PRAGMA foreign_key_check");
    while (keys.Step()) {
      findings.Add(fmt::format("table {}, row {}: refers to a row of {} that is not there",
                               keys.Text(0), keys.Int(1), keys.Text(2)));
    }
  });
}

// Decodes the frames whose hashes were taken when the video was added.
void CheckVideos(const datasets::Project& project, Findings& findings, datasets::Job& job) {
  for (const datasets::VideoRow& video : project.Videos()) {
    nlohmann::json hashes;
    project.Read([&](datasets::Connection& connection) {
      hashes = datasets::Reader(connection).FrameHashes(video.id);
    });
    try {
      datasets::VideoReader reader = project.OpenVideo(video);
      std::map<int, std::string> by_frame;
      for (const auto& [frame, hash] : hashes.items()) by_frame[std::stoi(frame)] = hash;
      size_t done = 0;
      for (const auto& [frame, hash] : by_frame) {
        job.Advance(static_cast<double>(done++), static_cast<double>(by_frame.size()),
                    "frames of " + video.name);
        if (datasets::HashPixels(reader.Read(frame)) != hash) {
          findings.Add(fmt::format(
              "video {}: frame {} is not the picture that was labeled; is it another file?",
              video.name, frame));
        }
        ++findings.frames;
      }
    } catch (const datasets::Error& error) {
      findings.Add(error.what());
    }
  }
}

void CheckOutline(const datasets::AnnotationRow& label, const datasets::ImageRow& image,
                  const std::string& where, Findings& findings) {
  try {
    for (const datasets::Ring& ring : label.polygons) datasets::CheckRing(ring, where);
    if (label.rle) {
      if (label.rle->height != image.height || label.rle->width != image.width) {
        findings.Add(where + ": its mask is not of the image's size");
      }
      datasets::CheckedRle(label.rle->counts, label.rle->height, label.rle->width);
    } else if (label.polygons.empty()) {
      findings.Add(where + ": has no outline");
    }
  } catch (const datasets::Error& error) {
    findings.Add(error.what());
  }
}

void CheckLabels(const datasets::Project& project, Findings& findings, datasets::Job& job) {
  std::vector<std::pair<datasets::Id, std::string>> sources = {{0, "pictures"}};
  for (const auto& video : project.Videos()) sources.emplace_back(video.id, video.name);
  for (const auto& [video_id, name] : sources) {
    project.ForEachAnnotation(video_id, [&](const datasets::ImageRow& image,
                                            const std::vector<datasets::AnnotationRow>& labels) {
      job.Advance(static_cast<double>(findings.outlines), 0, "outlines of " + name);
      for (const datasets::AnnotationRow& label : labels) {
        ++findings.outlines;
        const std::string place = image.frame_index ? fmt::format("frame {}", *image.frame_index)
                                                    : image.path.value_or("");
        CheckOutline(label, image, fmt::format("label {} ({}, {})", label.id, name, place),
                     findings);
      }
    });
  }
}

void CheckPredictions(const datasets::Project& project, Findings& findings, datasets::Job& job) {
  for (const auto& video : project.Videos()) {
    const auto latest = project.LatestPredictJob(video.id);
    if (!latest) continue;
    project.ForEachPrediction(
        *latest, video.id, 0, video.frame_count,
        [&](int frame, const std::vector<datasets::PredictionRow>& rows) {
          job.Advance(frame, video.frame_count, "predictions of " + video.name);
          for (const datasets::PredictionRow& row : rows) {
            ++findings.predictions;
            if (!(row.confidence >= 0 && row.confidence <= 1) || row.rle.height != video.height ||
                row.rle.width != video.width) {
              findings.Add(
                  fmt::format("prediction {} ({}, frame {}): its mask or confidence is bad", row.id,
                              video.name, frame));
            }
          }
        },
        datasets::PredictionView::kAsWritten);
  }
}

void CheckModels(const datasets::Project& project, Findings& findings, datasets::Job& job) {
  for (const datasets::ModelRow& model : project.Models()) {
    job.Advance(0, 0, "model " + model.name);
    const std::filesystem::path file = project.folder() / model.weights_path;
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
      findings.Add(fmt::format("model {}: its file {} is not there", model.name, file.string()));
    } else if (HashFile(file) != model.weights_sha256) {
      findings.Add(
          fmt::format("model {}: its file {} was changed since", model.name, file.string()));
    }
  }
}

int Run(const std::string& file, Console& console) {
  const auto project = OpenProjectReadOnly(file);
  Findings findings;
  CheckDatabase(*project, findings, console.job());
  CheckVideos(*project, findings, console.job());
  CheckLabels(*project, findings, console.job());
  CheckPredictions(*project, findings, console.job());
  CheckModels(*project, findings, console.job());
  console.PrintJson({{"ok", findings.problems.empty()},
                     {"frames", findings.frames},
                     {"outlines", findings.outlines},
                     {"predictions", findings.predictions},
                     {"problems", findings.problems}});
  for (const auto& problem : findings.problems) console.Print(problem.get<std::string>());
  const std::string checked =
      fmt::format("{} frames, {} outlines, {} predictions", CountText(findings.frames),
                  CountText(findings.outlines), CountText(findings.predictions));
  if (findings.problems.empty()) {
    console.Print("Everything is in order: " + checked + " checked.");
    return 0;
  }
  console.Fail(fmt::format("{}: {} problems found in {}", file, findings.problems.size(), checked));
  return 1;
}

}  // namespace

Verb VerifyVerb() {
  return {
      "verify",
      "Project",
      "check a project: database, frames, outlines, model files",
      "Checks the database and its references, decodes the frames whose hashes were taken when "
      "their video was added, and looks at every outline, prediction and model file. Ends with 1 "
      "when something is wrong; changes nothing.",
      "  vole verify mice.vole\n  vole verify mice.vole --json",
      [](CLI::App& command) -> RunVerb {
        auto project = std::make_shared<std::string>();
        AddProject(command, *project);
        return [project](Console& console) { return Run(*project, console); };
      }};
}

}  // namespace app
