#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "datasets/base/error.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/formats/nwb/nwb.h"
#include "datasets/pose/pose_apart.h"
#include "datasets/video/frame_times.h"

namespace datasets {

namespace {

constexpr double kNwbShift = 0.5;
constexpr int kDeepest = 8;
constexpr size_t kMostGroups = 1'000'000;

std::string KindAt(const H5File& file, const std::string& place) {
  return file.TextAttribute(place, "neurodata_type").value_or("");
}

// neuroconv calls the series of a point "nose_tip" PoseEstimationSeriesNoseTip.
std::string PointOfSeries(const std::string& series) {
  constexpr char kMark[] = "PoseEstimationSeries";
  const size_t length = sizeof kMark - 1;
  return series.compare(0, length, kMark) == 0 && series.size() > length ? series.substr(length)
                                                                         : series;
}

std::string LettersOf(const std::string& name) {
  std::string letters;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || byte >= 0x80) letters += static_cast<char>(std::tolower(byte));
  }
  return letters;
}

// The place of a series' point among the skeleton's: of that name, else the only one of the same
// letters. None: the number of nodes.
size_t NodeOfSeries(const std::vector<std::string>& nodes, const std::string& series) {
  for (const std::string& name : {series, PointOfSeries(series)}) {
    const auto found = std::find(nodes.begin(), nodes.end(), name);
    if (found != nodes.end()) return static_cast<size_t>(found - nodes.begin());
  }
  const std::string wanted = LettersOf(PointOfSeries(series));
  size_t place = nodes.size(), fitting = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (LettersOf(nodes[i]) != wanted) continue;
    place = i;
    ++fitting;
  }
  return fitting == 1 ? place : nodes.size();
}

std::string LastPart(const std::string& place) { return place.substr(place.rfind('/') + 1); }

// The video's file, or "a;b;c" of one that lies in several, whose frames count over all of them.
std::string FilesText(const H5File& file, const std::string& place) {
  std::string all;
  if (!file.IsDataset(place)) return all;
  for (const std::string& text : file.Texts(place)) all += (all.empty() ? "" : ";") + text;
  return all;
}

// All groups of some kinds, each once.
void FindKinds(const H5File& file, const std::string& group, int depth, size_t* seen,
               std::vector<std::string>* estimations, std::vector<std::string>* trainings) {
  for (const std::string& name : file.Children(group)) {
    const std::string place = group.empty() ? name : group + "/" + name;
    if (file.IsLink(place) || place == "specifications" || !file.Has(place) ||
        file.IsDataset(place)) {
      continue;
    }
    if (++*seen > kMostGroups) file.Fail(group, "it holds too many groups");
    const std::string kind = KindAt(file, place);
    if (kind == "PoseEstimation") {
      estimations->push_back(place);
    } else if (kind == "PoseTraining") {
      trainings->push_back(place);
    } else if (depth < kDeepest) {
      FindKinds(file, place, depth + 1, seen, estimations, trainings);
    }
  }
}

class NwbReader {
 public:
  NwbReader(const H5File& file, const FramesAt& frames_at) : file_(file), frames_at_(frames_at) {
    document_.what = file.what();
  }

  PoseDocument Read() {
    std::vector<std::string> estimations, trainings;
    size_t seen = 0;
    FindKinds(file_, "", 0, &seen, &estimations, &trainings);
    for (const std::string& place : estimations) Estimation(place);
    for (const std::string& place : trainings) Training(place);
    if (estimations.empty() && trainings.empty()) {
      throw Error(file_.what(), "it holds no poses (PoseEstimation or PoseTraining of ndx-pose)",
                  "give an NWB file with poses");
    }
    if (spatial_ > 0) {
      document_.notes.push_back(std::to_string(spatial_) +
                                " series of points in 3-D were left out: Vole's points lie in the "
                                "picture");
    }
    if (empty_ > 0) {
      document_.notes.push_back(std::to_string(empty_) + " groups of poses hold no series");
    }
    return std::move(document_);
  }

 private:
  // The skeleton at or beneath a group, known to the document from then on.
  size_t SkeletonAt(const std::string& group, const std::vector<std::string>& fallback) {
    std::string at = file_.IsDataset(group + "/nodes") ? group : "";
    for (const std::string& name : file_.Children(group)) {
      if (at.empty() && KindAt(file_, group + "/" + name) == "Skeleton") at = group + "/" + name;
    }
    Skeleton skeleton;
    skeleton.name = at.empty() || at == group ? "animal" : LastPart(at);
    const std::vector<std::string> nodes = at.empty() ? fallback : file_.Texts(at + "/nodes");
    for (const std::string& node : nodes) {
      skeleton.points.emplace_back();
      skeleton.points.back().name = node;
    }
    if (!at.empty() && file_.IsDataset(at + "/edges")) Edges(at + "/edges", &skeleton);
    for (size_t i = 0; i < document_.skeletons.size(); ++i) {
      if (PointNames(document_.skeletons[i]) == nodes) return i;
    }
    document_.skeletons.push_back(skeleton);
    return document_.skeletons.size() - 1;
  }

  void Edges(const std::string& place, Skeleton* skeleton) const {
    if (file_.Shape(place).size() != 2) return;
    const std::vector<double> ends = file_.Numbers(place);
    for (size_t i = 0; i + 1 < ends.size(); i += 2) {
      for (const double end : {ends[i], ends[i + 1]}) {
        if (!(end >= 0 && end < static_cast<double>(skeleton->points.size()))) {
          file_.Fail(place, "it names no point");
        }
      }
      const std::pair<int, int> edge(static_cast<int>(ends[i]), static_cast<int>(ends[i + 1]));
      const auto& edges = skeleton->edges;
      if (edge.first != edge.second &&
          std::none_of(edges.begin(), edges.end(), [&](const auto& other) {
            return std::minmax(other.first, other.second) == std::minmax(edge.first, edge.second);
          })) {
        skeleton->edges.push_back(edge);
      }
    }
  }

  std::string VideoOfGroup(const std::string& group) const {
    const std::string original = FilesText(file_, group + "/original_videos");
    return original.empty() ? FilesText(file_, group + "/source_video/external_file") : original;
  }

  int TrackFor(std::string name) {
    if (name.rfind("track=", 0) == 0) name.erase(0, 6);  // sleap-io
    if (name == "skeleton_instance" || name == "PoseEstimation" || name == "untracked") return -1;
    const auto found = std::find(document_.tracks.begin(), document_.tracks.end(), name);
    if (found == document_.tracks.end()) {
      document_.tracks.push_back(name);
      return static_cast<int>(document_.tracks.size()) - 1;
    }
    return static_cast<int>(found - document_.tracks.begin());
  }

  size_t PictureOf(const std::string& video, int64_t frame) {
    const auto [place, is_new] =
        pictures_.emplace(std::make_pair(video, frame), document_.pictures.size());
    if (is_new) document_.pictures.push_back(ClaimOfFrame(file_.what(), video, frame));
    return place->second;
  }

  // The frames of a series' samples.
  std::vector<int64_t> FramesOf(const std::string& series, const std::string& video, size_t count) {
    std::vector<int64_t> frames;
    if (file_.IsDataset(series + "/timestamps")) {
      const std::vector<double> seconds = file_.Numbers(series + "/timestamps", 1);
      if (seconds.size() != count) {
        file_.Fail(series + "/timestamps", "they are not as many as the places");
      }
      return frames_at_(video, seconds);
    }
    const std::vector<double> start = file_.IsDataset(series + "/starting_time")
                                          ? file_.Numbers(series + "/starting_time")
                                          : std::vector<double>();
    const std::vector<double> rate = file_.NumbersAttribute(series + "/starting_time", "rate");
    double first = start.size() == 1 && rate.size() == 1 ? std::round(start[0] * rate[0]) : 0;
    if (!(first >= 0 && first < 1e9)) first = 0;
    for (size_t i = 0; i < count; ++i)
      frames.push_back(static_cast<int64_t>(first) + static_cast<int64_t>(i));
    return frames;
  }

  void Estimation(const std::string& group) {
    std::vector<std::string> series;
    for (const std::string& name : file_.Children(group)) {
      if (KindAt(file_, group + "/" + name) == "PoseEstimationSeries") series.push_back(name);
    }
    if (series.empty()) {
      ++empty_;
      return;
    }
    std::vector<std::string> points;
    for (const std::string& name : series) points.push_back(PointOfSeries(name));
    const size_t skeleton = SkeletonAt(group, points);
    const std::vector<std::string> nodes = PointNames(document_.skeletons[skeleton]);
    const std::string video = VideoOfGroup(group);
    const int track = TrackFor(LastPart(group));
    std::map<int64_t, PoseAnimal> of_frame;
    for (const std::string& name : series) {
      const std::string place = group + "/" + name;
      const std::vector<size_t> shape = file_.Shape(place + "/data");
      if (shape.size() == 2 && shape[1] == 3) {
        ++spatial_;
        continue;
      }
      if (shape.size() != 2 || shape[1] != 2) file_.Fail(place + "/data", "it is not [times, 2]");
      const size_t k = NodeOfSeries(nodes, name);
      if (k == nodes.size()) file_.Fail(place, "its skeleton has no such point");
      const std::vector<double> data = file_.Numbers(place + "/data");
      const std::vector<double> confidence = file_.IsDataset(place + "/confidence")
                                                 ? file_.Numbers(place + "/confidence", 1)
                                                 : std::vector<double>(shape[0], NAN);
      if (confidence.size() != shape[0]) {
        file_.Fail(place + "/confidence", "they are not as many as the places");
      }
      const std::vector<int64_t> frames = FramesOf(place, video, shape[0]);
      for (size_t i = 0; i < shape[0]; ++i) {
        if (!std::isfinite(data[2 * i]) || !std::isfinite(data[2 * i + 1])) continue;
        PoseAnimal& animal = of_frame[frames[i]];
        if (animal.points.empty()) Prepare(&animal, nodes);
        animal.points[k].x = data[2 * i] + kNwbShift;
        animal.points[k].y = data[2 * i + 1] + kNwbShift;
        animal.points[k].visibility = 2;
        animal.confidences[k] = confidence[i];
      }
    }
    for (auto& [frame, animal] : of_frame) {
      animal.picture = PictureOf(video, frame);
      animal.predicted = true;
      animal.score = NAN;
      animal.track = track;
      document_.animals.push_back(std::move(animal));
    }
  }

  static void Prepare(PoseAnimal* animal, const std::vector<std::string>& nodes) {
    for (const std::string& node : nodes) {
      animal->points.emplace_back();
      animal->points.back().name = node;
    }
    animal->confidences.assign(nodes.size(), NAN);
  }

  void Training(const std::string& group) {
    const std::string frames = group + "/training_frames";
    if (!file_.Has(frames)) return;
    for (const std::string& name : file_.Children(frames)) {
      const std::string frame = frames + "/" + name;
      const auto index = file_.NumbersAttribute(frame, "source_video_frame_index");
      if (index.size() != 1 || !(index[0] >= 0 && index[0] < 1e9)) {
        file_.Fail(frame, "it does not say which frame of a video it is");
      }
      std::string video = FilesText(file_, frame + "/source_video/external_file");
      const size_t picture = PictureOf(video, static_cast<int64_t>(index[0]));
      const std::string instances = frame + "/skeleton_instances";
      if (!file_.Has(instances)) continue;
      const std::string author = file_.TextAttribute(frame, "annotator").value_or("");
      for (const std::string& one : file_.Children(instances)) {
        Instance(instances + "/" + one, picture, author);
      }
    }
  }

  void Instance(const std::string& place, size_t picture, const std::string& author) {
    const std::vector<size_t> shape = file_.Shape(place + "/node_locations");
    if (shape.size() == 2 && shape[1] == 3) {
      ++spatial_;
      return;
    }
    if (shape.size() != 2 || shape[1] != 2) {
      file_.Fail(place + "/node_locations", "it is not [points, 2]");
    }
    const size_t skeleton = SkeletonAt(place, {});
    const std::vector<std::string> nodes = PointNames(document_.skeletons[skeleton]);
    if (nodes.size() != shape[0]) {
      file_.Fail(place, "its points are not as many as its skeleton has");
    }
    const std::vector<double> data = file_.Numbers(place + "/node_locations");
    std::vector<double> visible(nodes.size(), 1);
    if (file_.IsDataset(place + "/node_visibility")) {
      visible = file_.Numbers(place + "/node_visibility", 1);
      if (visible.size() != nodes.size())
        file_.Fail(place, "its visibilities do not fit its points");
    }
    PoseAnimal animal;
    animal.picture = picture;
    animal.track = TrackFor(LastPart(place));
    animal.author = author;
    for (size_t k = 0; k < nodes.size(); ++k) {
      KeyPoint point;
      point.name = nodes[k];
      if (std::isfinite(data[2 * k]) && std::isfinite(data[2 * k + 1])) {
        point.x = data[2 * k] + kNwbShift;
        point.y = data[2 * k + 1] + kNwbShift;
        point.visibility = visible[k] != 0 ? 2 : 1;
      }
      animal.points.push_back(point);
    }
    document_.animals.push_back(std::move(animal));
  }

  const H5File& file_;
  const FramesAt& frames_at_;
  PoseDocument document_;
  std::map<std::pair<std::string, int64_t>, size_t> pictures_;
  int64_t spatial_ = 0, empty_ = 0;
};

}  // namespace

PoseDocument ReadNwb(const H5File& file, const FramesAt& frames_at) {
  return NwbReader(file, frames_at).Read();
}

ImportReport ImportNwb(Project& project, const std::filesystem::path& path,
                       const ImportOptions& options, Job& job) {
  job.Advance(0, 0, "reading " + path.filename().string());
  const std::string what = "NWB file '" + path.filename().string() + "'";
  const VideoMatcher matcher(project, path, options.video);
  std::map<Id, FrameTimes> times;  // read before, as another process must not read the project
  for (const VideoRow& video : project.Videos()) {
    times.emplace(video.id, FrameTimes(project.IndexOf(video)));
  }
  bool numbers = false;
  const FramesAt frames_at = [&](const std::string& name, const std::vector<double>& seconds) {
    const VideoRow* video = matcher.forced();
    if (!video && !name.empty()) video = matcher.Find(name);
    if (!video) video = matcher.only();
    double last = 0;
    bool whole = true;
    for (const double at : seconds) {
      if (!(at >= 0 && at < 1e9)) {
        throw Error(what, "a series has a time that is none", "write the file again");
      }
      last = std::max(last, at);
      whole = whole && at == std::floor(at);
    }
    // sleap-io counts frames where it knows no rate.
    const bool counted = whole && (!video || last > times.at(video->id).Start(video->frame_count));
    numbers = numbers || counted;
    std::vector<int64_t> frames;
    for (const double at : seconds) {
      frames.push_back(counted || !video ? static_cast<int64_t>(at)
                                         : times.at(video->id).Nearest(at));
    }
    return frames;
  };
  PoseDocument document = ReadPosesApart(path, what, job, [&] {
    PoseDocument read =
        ReadNwb(H5File(path, what, "give an .nwb file with poses (ndx-pose)"), frames_at);
    if (numbers) {
      read.notes.push_back(
          "times that go beyond the video were read as numbers of frames, as sleap-io writes them");
    }
    return read;
  });
  return ImportPose(project, path, std::move(document), options, job);
}

}  // namespace datasets
