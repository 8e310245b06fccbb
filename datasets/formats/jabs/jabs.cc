#include "datasets/formats/jabs/jabs.h"

#include <cmath>
#include <map>

#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/pose/pose_apart.h"

namespace datasets {

namespace {

constexpr char kJabsRemedy[] = "give a NAME_pose_est_vN.h5 of JABS";
constexpr char kMark[] = "_pose_est_v";
constexpr size_t kPoints = 12;

Skeleton MouseSkeleton() {
  return MakeSkeleton(
      "mouse",
      {"nose", "left_ear", "right_ear", "base_neck", "left_front_paw", "right_front_paw",
       "center_spine", "left_rear_paw", "right_rear_paw", "base_tail", "mid_tail", "tip_tail"},
      {{"nose", "base_neck"},
       {"base_neck", "center_spine"},
       {"center_spine", "base_tail"},
       {"base_tail", "mid_tail"},
       {"mid_tail", "tip_tail"},
       {"left_front_paw", "center_spine"},
       {"right_front_paw", "center_spine"},
       {"left_rear_paw", "base_tail"},
       {"right_rear_paw", "base_tail"}},
      {{"left_ear", "right_ear"},
       {"left_front_paw", "right_front_paw"},
       {"left_rear_paw", "right_rear_paw"}});
}

// The arrays, [frames, animals] and [frames, animals, 12, ...].
struct Arrays {
  size_t frames = 0, animals = 1;
  std::vector<double> points, confidences;
  std::vector<double> count;            // of animals on a frame; empty: all
  std::vector<double> track, identity;  // numbers; empty: none
  std::vector<double> masked;           // identity is not valid
};

Arrays ReadArrays(const H5File& file) {
  Arrays arrays;
  for (const char* place : {"poseest/points", "poseest/confidence"}) {
    if (!file.IsDataset(place)) {
      throw Error(file.what(), std::string("it is no pose file of JABS: it has no '") + place + "'",
                  kJabsRemedy);
    }
  }
  const std::vector<size_t> shape = file.Shape("poseest/points");
  const bool several = shape.size() == 4;
  if ((shape.size() != 3 && !several) || shape.back() != 2 || shape[shape.size() - 2] != kPoints) {
    file.Fail("poseest/points", "it is not [frames, animals, 12, 2]");
  }
  arrays.frames = shape[0];
  if (several) arrays.animals = shape[1];
  const std::vector<size_t> of_points(shape.begin(), shape.end() - 1);
  if (file.Shape("poseest/confidence") != of_points) {
    file.Fail("poseest/confidence", "its sizes are not those of the points");
  }
  arrays.points = file.Numbers("poseest/points");
  arrays.confidences = file.Numbers("poseest/confidence");
  if (!several) return arrays;
  const auto read = [&](const char* name, const std::vector<size_t>& sizes) {
    const std::string place = std::string("poseest/") + name;
    if (!file.IsDataset(place)) return std::vector<double>();
    if (file.Shape(place) != sizes) file.Fail(place, "its sizes are not those of the points");
    return file.Numbers(place);
  };
  const std::vector<size_t> each = {arrays.frames, arrays.animals};
  arrays.count = read("instance_count", {arrays.frames});
  arrays.track = read("instance_track_id", each);
  arrays.identity = read("instance_embed_id", each);
  arrays.masked = read("id_mask", each);
  return arrays;
}

// The number of the animal at `at`; nothing where it is not one.
std::optional<int64_t> NumberOf(const Arrays& arrays, size_t frame, size_t animal) {
  const size_t at = frame * arrays.animals + animal;
  if (!arrays.identity.empty()) {
    const bool valid = arrays.masked.empty() || arrays.masked[at] == 0;
    if (!valid || arrays.identity[at] <= 0) return std::nullopt;
    return static_cast<int64_t>(arrays.identity[at]);
  }
  if (!arrays.count.empty() && static_cast<double>(animal) >= arrays.count[frame]) {
    return std::nullopt;
  }
  return arrays.track.empty() ? static_cast<int64_t>(animal)
                              : static_cast<int64_t>(arrays.track[at]);
}

}  // namespace

PoseDocument ReadJabs(const H5File& file, const std::string& video) {
  const Arrays arrays = ReadArrays(file);
  PoseDocument document;
  document.what = file.what();
  document.skeletons = {MouseSkeleton()};
  const std::vector<std::string> names = PointNames(document.skeletons[0]);
  std::map<int64_t, int> tracks;
  for (size_t frame = 0; frame < arrays.frames; ++frame) {
    bool any = false;
    for (size_t animal = 0; animal < arrays.animals; ++animal) {
      const auto number = NumberOf(arrays, frame, animal);
      if (!number) continue;
      PoseAnimal found;
      found.predicted = true;
      found.score = NAN;
      bool there = false;
      for (size_t k = 0; k < kPoints; ++k) {
        const size_t at = (frame * arrays.animals + animal) * kPoints + k;
        const double confidence = arrays.confidences[at];
        KeyPoint point;
        point.name = names[k];
        if (confidence > 0) {
          point.y = arrays.points[2 * at] + 0.5;
          point.x = arrays.points[2 * at + 1] + 0.5;
          point.visibility = 2;
          there = true;
        }
        found.points.push_back(point);
        found.confidences.push_back(confidence);
      }
      if (!there) continue;
      const auto [track, is_new] = tracks.emplace(*number, static_cast<int>(tracks.size()));
      if (is_new) document.tracks.push_back("track_" + std::to_string(*number));
      found.track = track->second;
      if (!any) {
        document.pictures.push_back(ClaimOfFrame(file.what(), video, static_cast<int64_t>(frame)));
      }
      any = true;
      found.picture = document.pictures.size() - 1;
      document.animals.push_back(std::move(found));
    }
  }
  const auto leave_out = [&](const std::string& place, const std::string& what) {
    if (!file.Has(place)) return;
    document.notes.push_back("its " + what + " were left out");
  };
  leave_out("static_objects", "static objects (corners, lixit, food hopper)");
  leave_out("dynamic_objects", "dynamic objects");
  leave_out("poseest/seg_data", "outlines (seg_data)");
  leave_out("poseest/bbox", "boxes");
  return document;
}

ImportReport ImportJabs(Project& project, const std::filesystem::path& path,
                        const ImportOptions& options, Job& job) {
  const std::string name = path.filename().string(), what = "JABS file '" + name + "'";
  job.Advance(0, 0, "reading " + name);
  const size_t mark = name.find(kMark);
  const std::string video = mark == std::string::npos ? path.stem().string() : name.substr(0, mark);
  PoseDocument document = ReadPosesApart(
      path, what, job, [&] { return ReadJabs(H5File(path, what, kJabsRemedy), video); });
  return ImportPose(project, path, std::move(document), options, job);
}

Format JabsFormat() {
  return {"jabs",
          ImportJabs,
          nullptr,
          "a NAME_pose_est_vN.h5 file",
          "JABS' poses of mice (versions 2 and later), read as predictions",
          [](const FileStart& start) {
            return start.HasHdf5({"poseest"}) ||
                   (start.HasHdf5({}) &&
                    start.path.filename().string().find("_pose_est_v") != std::string::npos);
          }};
}

}  // namespace datasets
