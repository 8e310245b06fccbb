// Prints tracking figures of predicted outlines against known positions, one point an animal: an
// animal is found where its point lies in an outline or within 4 pixels of it.
// usage: bench_positions [--list] POSITIONS.csv PREDICTIONS.json      --list: where names change,
// too The positions (frame, id, x, y, ...; pixel centers at integers) leave out animals whose blobs
// have run together, which an outline may well show. So the figures are printed twice: `strict`
// counts every outline without a point as wrong; beside it as many of them a frame are left out as
// animals that are known elsewhere have no position there.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "datasets/base/assignment.h"
#include "datasets/base/error.h"
#include "datasets/formats/coco/coco.h"
#include "datasets/metrics/tracking.h"

namespace {

constexpr double kNear = 4;         // pixels
constexpr double kLeastSeen = 0.2;  // of an animal, where the file says: less cannot be found

struct Position {
  int64_t id = 0;
  cv::Point2d at;  // continuous pixels
};
using Positions = std::map<int, std::vector<Position>>;  // by frame

Positions ReadPositions(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw datasets::Error(path, "it cannot be read", "give a file of positions");
  Positions positions;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream cells(line);
    int frame = 0;
    Position position;
    if (!(cells >> frame >> position.id >> position.at.x >> position.at.y)) continue;
    double skipped = 0, area = 0, visible = 0;
    for (int k = 0; k < 4; ++k) cells >> skipped;
    if (cells >> area >> visible && visible < kLeastSeen * area) continue;
    position.at += cv::Point2d(0.5, 0.5);
    positions[frame].push_back(position);
  }
  return positions;
}

// 1 in the outline, 0.5 at the farthest that still counts, 0 beyond.
double Nearness(const datasets::Rle& outline, const cv::Point2d& at) {
  const int reach = static_cast<int>(kNear) + 1;
  const cv::Point center(cvFloor(at.x), cvFloor(at.y));
  const cv::Rect window =
      cv::Rect(center.x - reach, center.y - reach, 2 * reach + 1, 2 * reach + 1) &
      cv::Rect(0, 0, outline.width, outline.height);
  if (window.empty()) return 0;
  const cv::Mat mask = datasets::DecodeMask(outline, window);
  double nearest = 1e9;
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      if (!mask.at<uchar>(y, x)) continue;
      const cv::Point2d off = cv::Point2d(window.x + x + 0.5, window.y + y + 0.5) - at;
      nearest = std::min(nearest, std::max(0.0, cv::norm(off) - 0.5));
    }
  }
  return nearest <= kNear ? 1 - 0.5 * nearest / kNear : 0;
}

nlohmann::ordered_json Figures(const std::vector<datasets::TrackFrame>& frames) {
  const datasets::ClearFigures clear = datasets::ClearTrackEval(frames);
  const datasets::IdentityFigures identity = datasets::EvaluateIdentity(frames);
  return {{"mota", clear.mota},
          {"missed", clear.fn},
          {"false", clear.fp},
          {"idsw", clear.idsw},
          {"idf1", identity.idf1}};
}

// The frame without its first `most` outlines that no animal is matched with.
datasets::TrackFrame WithoutUnknown(const datasets::TrackFrame& frame, size_t most) {
  std::vector<std::vector<double>> value(frame.truth.size());
  for (size_t i = 0; i < frame.truth.size(); ++i) {
    for (size_t j = 0; j < frame.predicted.size(); ++j) {
      value[i].push_back(frame.similarity(static_cast<int>(i), static_cast<int>(j)));
    }
  }
  std::set<int> matched;
  for (const int j : datasets::BestAssignment(value)) matched.insert(j);
  datasets::TrackFrame kept;
  kept.truth = frame.truth;
  std::vector<int> columns;
  for (size_t j = 0; j < frame.predicted.size(); ++j) {
    if (matched.count(static_cast<int>(j)) == 0 && most > 0) {
      --most;
      continue;
    }
    kept.predicted.push_back(frame.predicted[j]);
    columns.push_back(static_cast<int>(j));
  }
  kept.similarity.create(frame.similarity.rows, static_cast<int>(columns.size()));
  for (size_t j = 0; j < columns.size(); ++j) {
    frame.similarity.col(columns[j]).copyTo(kept.similarity.col(static_cast<int>(j)));
  }
  return kept;
}

// Each animal's changes of track and the frames on which it has no outline, to standard error.
void ListErrors(const Positions& positions, const std::vector<datasets::TrackFrame>& frames) {
  std::map<int64_t, int64_t> track_of;
  size_t f = 0;
  for (const auto& [number, here] : positions) {
    const datasets::TrackFrame& frame = frames[f++];
    for (size_t i = 0; i < here.size(); ++i) {
      int best = -1;
      double nearest = 0;
      for (int j = 0; j < frame.similarity.cols; ++j) {
        const bool same = track_of.count(here[i].id) && track_of[here[i].id] == frame.predicted[j];
        const double value = frame.similarity(static_cast<int>(i), j) + (same ? 0.1 : 0);
        if (value < 0.5 || value <= nearest) continue;
        nearest = value;
        best = j;
      }
      if (best < 0) {
        std::fprintf(stderr, "frame %d: animal %d at %.0f,%.0f has no outline\n", number,
                     static_cast<int>(here[i].id), here[i].at.x, here[i].at.y);
        continue;
      }
      const int64_t track = frame.predicted[static_cast<size_t>(best)];
      if (track_of.count(here[i].id) && track_of[here[i].id] != track) {
        std::fprintf(stderr, "frame %d: animal %d at %.0f,%.0f goes from track %d to %d\n", number,
                     static_cast<int>(here[i].id), here[i].at.x, here[i].at.y,
                     static_cast<int>(track_of[here[i].id]), static_cast<int>(track));
      }
      track_of[here[i].id] = track;
    }
  }
}

void Run(const std::string& positions_path, const std::string& predictions_path, bool list) {
  const Positions positions = ReadPositions(positions_path);
  datasets::Job job;
  const datasets::CocoDocument document = datasets::ReadCocoDataset(predictions_path, job);
  std::map<int64_t, int> frame_of;
  for (const auto& image : document.images) frame_of[image.id] = image.frame_index.value_or(0);
  std::map<int64_t, cv::Size> size_of;
  for (const auto& image : document.images) size_of[image.id] = {image.width, image.height};
  struct Outline {
    int64_t track = -1;
    datasets::Rle mask;
  };
  std::map<int, std::vector<Outline>> outlines;
  for (const auto& object : document.objects) {
    const cv::Size size = size_of.at(object.image_id);
    outlines[frame_of.at(object.image_id)].push_back(
        {object.track_id.value_or(-1),
         datasets::CocoMask(object, size.height, size.width, "a predicted outline")});
  }
  std::set<int64_t> animals, tracks;
  for (const auto& [frame, here] : positions) {
    for (const Position& position : here) animals.insert(position.id);
  }
  std::vector<datasets::TrackFrame> strict, known;
  for (const auto& [number, here] : positions) {
    datasets::TrackFrame frame;
    const auto& found = outlines[number];
    for (const Position& position : here) frame.truth.push_back(position.id);
    for (const Outline& outline : found) {
      frame.predicted.push_back(outline.track);
      tracks.insert(outline.track);
    }
    frame.similarity.create(static_cast<int>(here.size()), static_cast<int>(found.size()));
    for (size_t i = 0; i < here.size(); ++i) {
      for (size_t j = 0; j < found.size(); ++j) {
        frame.similarity(static_cast<int>(i), static_cast<int>(j)) =
            Nearness(found[j].mask, here[i].at);
      }
    }
    known.push_back(WithoutUnknown(frame, animals.size() - here.size()));
    strict.push_back(std::move(frame));
  }
  if (list) ListErrors(positions, strict);
  nlohmann::ordered_json figures = Figures(known);
  figures["strict"] = Figures(strict);
  figures["frames"] = positions.size();
  figures["animals"] = animals.size();
  figures["tracks"] = tracks.size();
  std::printf("%s\n", figures.dump().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const bool list = argc > 1 && std::string(argv[1]) == "--list";
  if (argc != (list ? 4 : 3)) {
    std::fprintf(stderr, "usage: bench_positions [--list] POSITIONS.csv PREDICTIONS.json\n");
    return 2;
  }
  try {
    Run(argv[argc - 2], argv[argc - 1], list);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_positions: %s\n", error.what());
    return 1;
  }
  return 0;
}
