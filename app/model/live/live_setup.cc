#include "app/model/live/live_setup.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "datasets/base/error.h"
#include "datasets/model_files.h"
#include "infer/live/camera.h"

namespace app {

namespace fs = std::filesystem;

std::vector<datasets::Zone> ZonesOfRegions(const std::vector<datasets::RegionRow>& regions) {
  std::set<std::string> taken;
  for (const datasets::RegionRow& region : regions) taken.insert(region.name);
  std::vector<datasets::Zone> zones;
  for (const datasets::RegionRow& region : regions) {
    datasets::Polygons parts = region.polygons;
    std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) {
      return datasets::RingArea(a) > datasets::RingArea(b);
    });
    int number = 1;
    for (datasets::Ring& part : parts) {
      datasets::Zone zone;
      zone.name = region.name;
      while (number > 1 &&
             !taken.insert(zone.name = fmt::format("{} {}", region.name, number)).second) {
        ++number;
      }
      ++number;
      zone.outline = std::move(part);
      zones.push_back(std::move(zone));
    }
  }
  return zones;
}

std::string LiveContradiction(const LiveSetup& setup) {
  if (setup.options.as_fast && setup.source != LiveSetup::Source::kFile) {
    return "--as-fast is for a --file";
  }
  if (!setup.model.empty() && !setup.points.empty()) {
    return "--outline is for animals that no --model knows";
  }
  if (setup.model.empty() && setup.options.background <= 0) {
    return "--background 0 (the camera moves) needs a --model";
  }
  const int points = static_cast<int>(setup.points.size());
  if (setup.options.animals > 0 && points > setup.options.animals) {
    return fmt::format("--animals {} and {} times --outline: too many outlines",
                       setup.options.animals, points);
  }
  return "";
}

std::string LiveSourceName(const LiveSetup& setup) {
  switch (setup.source) {
    case LiveSetup::Source::kCamera:
      return "camera " + std::to_string(setup.camera);
    case LiveSetup::Source::kFile:
      return setup.file;
    case LiveSetup::Source::kUrl:
      break;
  }
  return setup.url;
}

std::string ShortSourceName(const LiveSetup& setup) {
  const bool is_file = setup.source == LiveSetup::Source::kFile;
  return is_file ? fs::path(setup.file).filename().string() : LiveSourceName(setup);
}

fs::path LiveRecordingFile(const datasets::Project& project, const std::string& out) {
  if (!out.empty()) {
    fs::path file = out;
    if (file.extension() != ".mkv") file += ".mkv";
    return file;
  }
  const std::string stem = fmt::format("live_{:%Y%m%d_%H%M%S}", fmt::localtime(std::time(nullptr)));
  fs::path file = project.folder() / (stem + ".mkv");
  for (int number = 2; fs::exists(file); ++number) {
    file = project.folder() / fmt::format("{}_{}.mkv", stem, number);
  }
  return file;
}

std::unique_ptr<OpenedLive> OpenLive(const datasets::Project& project, const LiveSetup& setup) {
  auto opened = std::make_unique<OpenedLive>();
  infer::LiveInput& input = opened->input;
  input.name = LiveSourceName(setup);
  input.stop = &opened->stop;
  input.points = setup.points;
  input.clicks = setup.clicks;
  input.zones = setup.zones;
  if (!setup.zones_file.empty()) {
    for (datasets::Zone& zone : datasets::ReadZones(setup.zones_file)) {
      input.zones.push_back(std::move(zone));
    }
  }
  input.send = setup.send;
  input.events_file = setup.events;
  switch (setup.source) {
    case LiveSetup::Source::kCamera:
      input.source = infer::OpenCamera(setup.camera, opened->stop);
      break;
    case LiveSetup::Source::kFile:
      input.source = datasets::PlayFile(setup.file, setup.options.as_fast, opened->stop);
      input.can_stall = input.may_begin_late = fs::is_fifo(setup.file);
      break;
    case LiveSetup::Source::kUrl:
      input.source = datasets::ReadStream(setup.url, opened->stop);
      break;
  }
  if (!setup.model.empty()) {
    opened->predictor = train::LoadPredictor(setup.model, setup.predictor);
    if (opened->predictor->info().classes.empty()) {
      throw datasets::Error("the model", "it knows no animal", "train it again");
    }
    input.predictor = opened->predictor.get();
    input.model_id = datasets::UnchangedModelOfFile(project, setup.model);
  }
  input.file = LiveRecordingFile(project, setup.out);
  return opened;
}

}  // namespace app
