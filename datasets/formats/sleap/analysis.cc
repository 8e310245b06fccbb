#include "datasets/formats/sleap/analysis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_export.h"
#include "datasets/hdf5/h5_file.h"
#include "datasets/hdf5/h5_writer.h"
#include "datasets/pose/pose_apart.h"
#include "datasets/pose/pose_export.h"
#include "datasets/video_files.h"

namespace datasets {

namespace {

using nlohmann::json;

constexpr double kHalf = 0.5;  // its pixel centers lie at integers
enum Axis { kFrame, kTrack, kNode, kXy, kAxes };

// An array whose axes stand in any order.
struct Cube {
  std::vector<double> values;
  std::array<size_t, kAxes> size{1, 1, 1, 1}, step{0, 0, 0, 0};

  double At(size_t frame, size_t track, size_t node, size_t xy) const {
    return values[frame * step[kFrame] + track * step[kTrack] + node * step[kNode] +
                  xy * step[kXy]];
  }
};

std::vector<Axis> AxesByName(const std::string& text) {
  static const std::map<std::string, Axis> kNames = {
      {"frame", kFrame}, {"track", kTrack}, {"node", kNode}, {"xy", kXy}};
  std::vector<Axis> axes;
  const json names = json::parse(text, nullptr, false);
  if (!names.is_array()) return axes;
  for (const json& name : names) {
    const auto known = name.is_string() ? kNames.find(name.get<std::string>()) : kNames.end();
    if (known == kNames.end()) return {};
    axes.push_back(known->second);
  }
  return axes;
}

// Of `tracks`: as the file says, else one of the two orders that SLEAP has written.
std::vector<Axis> AxesOfTracks(const H5File& file, size_t tracks, size_t nodes) {
  const std::vector<size_t> shape = file.Shape("tracks");
  if (shape.size() != kAxes) {
    file.Fail("tracks",
              "it has " + std::to_string(shape.size()) + " dimensions, and 4 are expected");
  }
  const auto fits = [&](const std::vector<Axis>& axes) {
    if (axes.size() != kAxes) return false;
    for (size_t i = 0; i < kAxes; ++i) {
      if (std::count(axes.begin(), axes.end(), axes[i]) != 1) return false;
      const size_t wanted = axes[i] == kTrack ? tracks : axes[i] == kNode ? nodes : 2;
      if (axes[i] != kFrame && shape[i] != wanted) return false;
    }
    return true;
  };
  if (const auto said = file.TextAttribute("tracks", "dims")) {
    if (fits(AxesByName(*said))) return AxesByName(*said);
  }
  for (const std::vector<Axis>& axes : {std::vector<Axis>{kTrack, kXy, kNode, kFrame},
                                        {kFrame, kNode, kXy, kTrack},
                                        {kFrame, kTrack, kNode, kXy}}) {
    if (fits(axes)) return axes;
  }
  file.Fail("tracks", "its sizes do not fit the " + std::to_string(tracks) + " tracks and " +
                          std::to_string(nodes) + " points that the file names");
}

Cube ReadCube(const H5File& file, const std::string& place, const std::vector<Axis>& axes) {
  Cube cube;
  const std::vector<size_t> shape = file.Shape(place);
  if (shape.size() != axes.size()) file.Fail(place, "it has other dimensions than 'tracks'");
  cube.values = file.Numbers(place);
  size_t step = 1;
  for (size_t i = axes.size(); i-- > 0;) {
    cube.size[axes[i]] = shape[i];
    cube.step[axes[i]] = step;
    step *= shape[i];
  }
  return cube;
}

// Scores beside the tracks; nothing where the file has none of the same sizes.
std::optional<Cube> ReadScores(const H5File& file, const std::string& place,
                               const std::vector<Axis>& tracks, const Cube& cube, bool nodes) {
  if (!file.IsDataset(place)) return std::nullopt;
  std::vector<Axis> axes;
  if (const auto said = file.TextAttribute(place, "dims")) axes = AxesByName(*said);
  if (axes.empty()) {
    for (const Axis axis : tracks) {
      if (axis != kXy && (nodes || axis != kNode)) axes.push_back(axis);
    }
  }
  if (file.Shape(place).size() != axes.size()) return std::nullopt;
  Cube scores = ReadCube(file, place, axes);
  for (const Axis axis : axes) {
    if (scores.size[axis] != cube.size[axis]) {
      file.Fail(place, "its sizes are not those of 'tracks'");
    }
  }
  return scores;
}

Skeleton SkeletonOfAnalysis(const H5File& file, const std::vector<std::string>& nodes) {
  Skeleton skeleton;
  skeleton.name = file.TextAttribute("", "skeleton_name").value_or("animal");
  if (skeleton.name.empty()) skeleton.name = "animal";
  for (const std::string& node : nodes) {
    skeleton.points.emplace_back();
    skeleton.points.back().name = node;
  }
  if (file.IsDataset("edge_inds") && file.Shape("edge_inds").size() == 2) {
    const std::vector<double> ends = file.Numbers("edge_inds");
    const auto valid = [&](double end) {
      return end >= 0 && end < static_cast<double>(nodes.size()) && end == std::floor(end);
    };
    for (size_t i = 0; i + 1 < ends.size(); i += 2) {
      if (!valid(ends[i]) || !valid(ends[i + 1])) file.Fail("edge_inds", "it names no point");
      const std::pair<int, int> edge(static_cast<int>(ends[i]), static_cast<int>(ends[i + 1]));
      const bool there =
          std::any_of(skeleton.edges.begin(), skeleton.edges.end(), [&](const auto& other) {
            return std::minmax(other.first, other.second) == std::minmax(edge.first, edge.second);
          });
      if (edge.first != edge.second && !there) skeleton.edges.push_back(edge);
    }
  }
  const json pairs =
      json::parse(file.TextAttribute("", "skeleton_symmetries").value_or(""), nullptr, false);
  for (const json& pair : pairs.is_array() ? pairs : json::array()) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      continue;
    }
    const int one = PlaceOf(skeleton, pair[0]), other = PlaceOf(skeleton, pair[1]);
    if (one < 0 || other < 0 || one == other) continue;
    auto& points = skeleton.points;
    if (points[static_cast<size_t>(one)].partner >= 0 ||
        points[static_cast<size_t>(other)].partner >= 0) {
      continue;
    }
    points[static_cast<size_t>(one)].partner = other;
    points[static_cast<size_t>(other)].partner = one;
  }
  return skeleton;
}

std::string VideoOf(const H5File& file) {
  if (!file.IsDataset("video_path")) return "";
  const std::vector<std::string> texts = file.Texts("video_path");
  return texts.size() == 1 ? texts[0] : "";
}

}  // namespace

PoseDocument ReadSleapAnalysis(const H5File& file) {
  for (const char* place : {"tracks", "node_names"}) {
    if (file.IsDataset(place)) continue;
    throw Error(file.what(),
                std::string("it is no analysis file of SLEAP: it has no '") + place + "'",
                file.Has("metadata") ? "import it with --format sleap"
                                     : "give an .analysis.h5 that SLEAP or sleap-io exported");
  }
  PoseDocument document;
  document.what = file.what();
  const std::vector<std::string> nodes = file.Texts("node_names");
  if (file.IsDataset("track_names")) document.tracks = file.Texts("track_names");
  const size_t named = document.tracks.size();
  const std::vector<Axis> axes = AxesOfTracks(file, std::max<size_t>(1, named), nodes.size());
  if (named == 0) document.tracks = {"track_0"};
  const Cube tracks = ReadCube(file, "tracks", axes);
  const auto point_scores = ReadScores(file, "point_scores", axes, tracks, true);
  const auto instance_scores = ReadScores(file, "instance_scores", axes, tracks, false);
  document.skeletons = {SkeletonOfAnalysis(file, nodes)};
  const std::string video = VideoOf(file);
  for (size_t frame = 0; frame < tracks.size[kFrame]; ++frame) {
    bool any = false;
    for (size_t track = 0; track < tracks.size[kTrack]; ++track) {
      PoseAnimal animal;
      animal.predicted = true;
      animal.track = static_cast<int>(track);
      animal.score = instance_scores ? instance_scores->At(frame, track, 0, 0) : NAN;
      bool there = false;
      for (size_t k = 0; k < nodes.size(); ++k) {
        KeyPoint point;
        point.name = nodes[k];
        const double x = tracks.At(frame, track, k, 0), y = tracks.At(frame, track, k, 1);
        if (std::isfinite(x) && std::isfinite(y)) {
          point.x = x + kHalf;
          point.y = y + kHalf;
          point.visibility = 2;
          there = true;
        }
        animal.points.push_back(point);
        animal.confidences.push_back(point_scores ? point_scores->At(frame, track, k, 0) : NAN);
      }
      if (!there) continue;
      if (!any) {
        document.pictures.push_back(ClaimOfFrame(file.what(), video, static_cast<int64_t>(frame)));
      }
      any = true;
      animal.picture = document.pictures.size() - 1;
      document.animals.push_back(std::move(animal));
    }
  }
  return document;
}

ImportReport ImportSleapAnalysis(Project& project, const std::filesystem::path& path,
                                 const ImportOptions& options, Job& job) {
  job.Advance(0, 0, "reading " + path.filename().string());
  const std::string what = "analysis file '" + path.filename().string() + "'";
  PoseDocument document = ReadPosesApart(path, what, job, [&] {
    return ReadSleapAnalysis(
        H5File(path, what, "give an .analysis.h5 that SLEAP or sleap-io exported"));
  });
  return ImportPose(project, path, std::move(document), options, job);
}

ExportReport ExportSleapAnalysis(const Project& project, const std::filesystem::path& out,
                                 const ExportOptions& options, Job& job) {
  ExportOptions one = options;
  one.video = project.VideoByName(options.video).name;
  PosedFrames posed = SelectPoses(project, one, job);
  const size_t frames = static_cast<size_t>(posed.frames.back().frame_index) + 1;
  const size_t nodes = posed.skeleton.points.size();
  const size_t named = posed.animals.size();
  // Animals that nothing tells apart stand in tracks by their order on each picture.
  size_t unnamed = 0;
  int64_t untracked = 0, hidden = 0;
  for (const PosedFrame& frame : posed.frames) {
    size_t here = 0;
    for (const PosedAnimal& animal : frame.animals) here += animal.animal < 0 ? 1 : 0;
    unnamed = std::max(unnamed, here);
    untracked += static_cast<int64_t>(here);
  }
  std::vector<std::string> names = posed.animals;
  for (size_t i = 0; i < unnamed; ++i) names.push_back("track_" + std::to_string(i));
  const size_t tracks = names.size();
  std::vector<double> xy(tracks * 2 * nodes * frames, NAN), scores(tracks * nodes * frames, NAN),
      of_animals(tracks * frames, NAN), occupied(frames * tracks, 0);
  for (const PosedFrame& frame : posed.frames) {
    size_t next = named;
    const auto at = static_cast<size_t>(frame.frame_index);
    for (const PosedAnimal& animal : frame.animals) {
      const size_t track = animal.animal >= 0 ? static_cast<size_t>(animal.animal) : next++;
      occupied[at * tracks + track] = 1;
      if (animal.predicted) of_animals[track * frames + at] = animal.score;
      for (size_t k = 0; k < nodes; ++k) {
        const KeyPoint& point = animal.points[k];
        if (point.visibility == 0) continue;
        hidden += point.visibility == 1 ? 1 : 0;
        xy[((track * 2 + 0) * nodes + k) * frames + at] = point.x - kHalf;
        xy[((track * 2 + 1) * nodes + k) * frames + at] = point.y - kHalf;
        if (animal.predicted) scores[(track * nodes + k) * frames + at] = animal.confidences[k];
      }
    }
  }
  std::vector<double> edges;
  std::vector<std::string> edge_names;
  json pairs = json::array();
  const std::vector<std::string> node_names = PointNames(posed.skeleton);
  for (const auto& [from, to] : posed.skeleton.edges) {
    for (const int end : {from, to}) {
      edges.push_back(end);
      edge_names.push_back(node_names[static_cast<size_t>(end)]);
    }
  }
  for (size_t k = 0; k < nodes; ++k) {
    const int partner = posed.skeleton.points[k].partner;
    if (partner > static_cast<int>(k)) {
      pairs.push_back({node_names[k], node_names[static_cast<size_t>(partner)]});
    }
  }
  H5Writer file(out);
  file.Attribute("", "format", "analysis");
  file.Attribute("", "preset", "matlab");
  file.Attribute("", "skeleton_name", posed.skeleton.name);
  file.Attribute("", "skeleton_symmetries", pairs.dump());
  file.Numbers("tracks", H5Number::kFloat64, {tracks, 2, nodes, frames}, xy);
  file.Attribute("tracks", "dims", R"(["track", "xy", "node", "frame"])");
  file.Numbers("point_scores", H5Number::kFloat64, {tracks, nodes, frames}, scores);
  file.Attribute("point_scores", "dims", R"(["track", "node", "frame"])");
  file.Numbers("instance_scores", H5Number::kFloat64, {tracks, frames}, of_animals);
  file.Attribute("instance_scores", "dims", R"(["track", "frame"])");
  file.Numbers("tracking_scores", H5Number::kFloat64, {tracks, frames},
               std::vector<double>(tracks * frames, NAN));
  file.Attribute("tracking_scores", "dims", R"(["track", "frame"])");
  file.Numbers("track_occupancy", H5Number::kUint8, {frames, tracks}, occupied);
  file.Attribute("track_occupancy", "dims", R"(["frame", "track"])");
  file.FixedTexts("node_names", {nodes}, node_names);
  file.FixedTexts("track_names", {tracks}, names);
  file.FixedTexts("edge_names", {edges.size() / 2, 2}, edge_names);
  file.Numbers("edge_inds", H5Number::kInt64, {edges.size() / 2, 2}, edges);
  file.Texts("labels_path", {}, {""});
  file.Texts("video_path", {}, {MovieFile(project, posed.videos.front()).generic_string()});
  file.Numbers("video_ind", H5Number::kInt64, {}, {0});
  file.Texts("provenance", {}, {"{}"});
  file.Commit();
  ExportReport report;
  report.images = static_cast<int64_t>(posed.frames.size());
  report.annotations = posed.instances;
  report.files = 1;
  report.warnings = posed.warnings;
  WarnOfSplits(posed, &report.warnings);
  NoteParts(project, posed.videos, &report.warnings);
  WarnOf(untracked, "animals have no track: they stand in tracks by their order on the picture",
         &report.warnings);
  WarnOf(hidden, "points are hidden, which the format does not say", &report.warnings);
  return report;
}

Format SleapAnalysisFormat() {
  return {"sleap-analysis",
          ImportSleapAnalysis,
          ExportSleapAnalysis,
          "an .analysis.h5 file",
          "SLEAP's tracks of one video for analysis; read as predictions",
          [](const FileStart& start) {
            return start.HasHdf5({"track_occupancy", "node_names"}) ||
                   (start.HasHdf5({}) &&
                    start.path.filename().string().find(".analysis.h5") != std::string::npos);
          }};
}

}  // namespace datasets
