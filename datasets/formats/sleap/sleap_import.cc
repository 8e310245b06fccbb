#include <cmath>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "datasets/base/error.h"
#include "datasets/exchange/frame_export.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/files/atomic_file.h"
#include "datasets/formats/sleap/sleap.h"
#include "datasets/pose/pose_apart.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Columns of a table, checked to be whole numbers within bounds.
class Table {
 public:
  Table(const H5File& file, const std::string& place) : file_(file), place_(place) {}
  bool Has(const std::string& name) const { return file_.HasField(place_, name); }
  std::vector<double> Reals(const std::string& name) const { return file_.Field(place_, name); }
  // [low, high): a row that holds something else is refused.
  std::vector<int64_t> Whole(const std::string& name, double low, double high) const {
    std::vector<int64_t> whole;
    for (const double value : Reals(name)) {
      if (!(value >= low && value < high) || value != std::floor(value)) {
        file_.Fail(place_ + "." + name, "row " + std::to_string(whole.size()) + " holds " +
                                            json(value).dump() + ", which is out of bounds");
      }
      whole.push_back(static_cast<int64_t>(value));
    }
    return whole;
  }

 private:
  const H5File& file_;
  const std::string place_;
};

struct Points {
  std::vector<double> x, y, visible, score;
};

Points ReadPoints(const H5File& file, const std::string& place) {
  Points points;
  if (!file.Has(place)) return points;
  const Table table(file, place);
  points.x = table.Reals("x");
  points.y = table.Reals("y");
  points.visible =
      table.Has("visible") ? table.Reals("visible") : std::vector<double>(points.x.size(), 1);
  if (table.Has("score")) points.score = table.Reals("score");
  return points;
}

constexpr double kMostFrames = 1e9;

struct Frames {
  std::vector<int64_t> id, video, index, first, end;
};

Frames ReadFrames(const H5File& file, const SleapFile& head, size_t instances) {
  const Table table(file, "frames");
  Frames frames;
  frames.id = table.Whole("frame_id", 0, 1e15);
  frames.video = table.Whole("video", 0, 1e9);
  // Files of embedded pictures number their videos by the datasets.
  for (int64_t& video : frames.video) {
    if (video < static_cast<int64_t>(head.videos.size())) continue;
    size_t found = head.videos.size();
    for (size_t i = 0; i < head.videos.size(); ++i) {
      if (head.videos[i].embedded == "video" + std::to_string(video) + "/video") found = i;
    }
    if (found == head.videos.size()) {
      file.Fail("frames.video", "it names video " + std::to_string(video) + ", and there are " +
                                    std::to_string(head.videos.size()));
    }
    video = static_cast<int64_t>(found);
  }
  frames.index = table.Whole("frame_idx", 0, kMostFrames);
  const auto most = static_cast<double>(instances) + 1;
  frames.first = table.Whole("instance_id_start", 0, most);
  frames.end = table.Whole("instance_id_end", 0, most);
  return frames;
}

PictureClaim ClaimOf(const std::string& what, const fs::path& path, const SleapVideo& video,
                     int64_t frame, const fs::path& taken_out) {
  std::string name;
  if (video.is_pictures) {
    if (frame >= static_cast<int64_t>(video.files.size())) {
      throw Error(what, "it has no picture " + std::to_string(frame),
                  "write the file again with SLEAP");
    }
    PictureClaim claim;
    claim.what = what + ", frame " + std::to_string(frame);
    claim.file_name = video.files[static_cast<size_t>(frame)];
    std::replace(claim.file_name.begin(), claim.file_name.end(), '\\', '/');
    const fs::path picture(claim.file_name);
    claim.pictures = {path.parent_path() / picture, path.parent_path() / picture.filename()};
    for (const fs::path& one : claim.pictures) {
      std::error_code ignored;
      if (fs::is_regular_file(one, ignored)) claim.file_name = one.generic_string();
    }
    return claim;
  }
  if (!video.files.empty()) name = video.files.front();
  if (!video.sources.empty()) name = video.sources.front();
  PictureClaim claim = ClaimOfFrame(what, name, frame);
  if (!taken_out.empty()) {
    claim = PictureClaim();
    claim.what = what + ", frame " + std::to_string(frame);
    claim.file_name = taken_out.generic_string();
    claim.pictures = {taken_out};
    return claim;
  }
  claim.width = video.width;
  claim.height = video.height;
  return claim;
}

}  // namespace

PoseDocument ReadSleap(const H5File& file, const SleapFile& head, const fs::path& path,
                       const SleapPictures& pictures) {
  PoseDocument document;
  document.what = file.what();
  document.skeletons = head.skeletons;
  document.tracks = head.tracks;
  const Table table(file, "instances");
  const auto type = table.Whole("instance_type", 0, 2);
  const auto skeleton = table.Whole("skeleton", 0, static_cast<double>(head.skeletons.size()));
  const auto track = table.Whole("track", -1, static_cast<double>(head.tracks.size()));
  const auto score = table.Reals("score");
  const Points of_people = ReadPoints(file, "points"), of_machine = ReadPoints(file, "pred_points");
  const double most = static_cast<double>(std::max(of_people.x.size(), of_machine.x.size())) + 1;
  const auto first = table.Whole("point_id_start", 0, most);
  const auto end = table.Whole("point_id_end", 0, most);
  const Frames frames = ReadFrames(file, head, type.size());
  const double shift = head.format < 1.1 ? 0 : 0.5;
  std::map<std::pair<int64_t, int64_t>, size_t> places;
  for (size_t f = 0; f < frames.id.size(); ++f) {
    const auto video = static_cast<size_t>(frames.video[f]);
    const auto [place, is_new] =
        places.emplace(std::make_pair(frames.video[f], frames.index[f]), document.pictures.size());
    if (is_new) {
      const auto taken = pictures.find({video, frames.index[f]});
      document.pictures.push_back(ClaimOf(file.what(), path, head.videos.at(video), frames.index[f],
                                          taken == pictures.end() ? fs::path() : taken->second));
    }
    for (int64_t at = frames.first[f]; at < frames.end[f]; ++at) {
      const auto i = static_cast<size_t>(at);
      const std::string where = "instances, row " + std::to_string(i);
      if (i >= type.size()) file.Fail("frames.instance_id_end", "it leads past the instances");
      PoseAnimal animal;
      animal.picture = place->second;
      animal.track = static_cast<int>(track[i]);
      animal.predicted = type[i] == 1;
      animal.score = score[i];
      const Points& points = animal.predicted ? of_machine : of_people;
      const Skeleton& kind = head.skeletons[static_cast<size_t>(skeleton[i])];
      if (end[i] < first[i] || end[i] > static_cast<int64_t>(points.x.size()) ||
          end[i] - first[i] != static_cast<int64_t>(kind.points.size())) {
        file.Fail(where, "its points are not as many as its skeleton has");
      }
      for (size_t k = 0; k < kind.points.size(); ++k) {
        const size_t p = static_cast<size_t>(first[i]) + k;
        KeyPoint point;
        point.name = kind.points[k].name;
        if (std::isfinite(points.x[p]) && std::isfinite(points.y[p])) {
          point.x = points.x[p] + shift;
          point.y = points.y[p] + shift;
          point.visibility = points.visible[p] != 0 ? 2 : 1;
        }
        animal.points.push_back(point);
        if (animal.predicted) {
          animal.confidences.push_back(points.score.empty() ? 1.0 : points.score[p]);
        }
      }
      document.animals.push_back(std::move(animal));
    }
  }
  if (head.skeletons.size() > 1) {
    document.notes.push_back("the file has " + std::to_string(head.skeletons.size()) +
                             " skeletons");
  }
  return document;
}

SleapPictures TakeOutPictures(const H5File& file, const SleapFile& head,
                              const std::set<std::pair<size_t, int64_t>>& frames,
                              const VideoMatcher& matcher, const fs::path& folder,
                              std::vector<std::string>* notes) {
  SleapPictures pictures;
  if (matcher.forced()) return pictures;
  for (size_t v = 0; v < head.videos.size(); ++v) {
    const SleapVideo& video = head.videos[v];
    if (video.embedded.empty()) continue;
    bool known = false;
    for (const std::string& source : video.sources) {
      const VideoPart* ignored = nullptr;
      known = known || matcher.Find(source, false, &ignored);
    }
    if (known) continue;
    const std::string group = video.embedded.substr(0, video.embedded.rfind('/'));
    const std::vector<std::string> packed = file.Bytes(video.embedded);
    std::vector<double> numbers;
    if (file.IsDataset(group + "/frame_numbers")) numbers = file.Numbers(group + "/frame_numbers");
    if (numbers.empty()) {
      for (size_t i = 0; i < packed.size(); ++i) numbers.push_back(static_cast<double>(i));
    }
    if (numbers.size() != packed.size()) {
      file.Fail(group, "it has " + std::to_string(packed.size()) + " pictures and " +
                           std::to_string(numbers.size()) + " numbers of frames");
    }
    const std::string stem = "video" + std::to_string(v);
    for (size_t i = 0; i < packed.size(); ++i) {
      const auto frame = static_cast<int64_t>(numbers[i]);
      if (!frames.count({v, frame})) continue;
      const std::vector<uchar> bytes(packed[i].begin(), packed[i].end());
      const cv::Mat pixels = bytes.empty() ? cv::Mat() : cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
      if (pixels.empty()) file.Fail(video.embedded, "picture " + std::to_string(i) + " is damaged");
      std::string number = std::to_string(frame);
      if (number.size() < 6) number.insert(0, 6 - number.size(), '0');
      const fs::path place = folder / (stem + "-" + number + ".png");
      if (!fs::exists(place)) {
        std::vector<uchar> png;
        cv::imencode(".png", pixels, png);
        MakeFolderOf(place);
        WriteFileAtomically(place, std::string(png.begin(), png.end()));
      }
      pictures[{v, frame}] = place;
    }
  }
  if (!pictures.empty()) {
    notes->push_back(std::to_string(pictures.size()) +
                     " pictures were taken out of the file, into the folder '" + folder.string() +
                     "': the project has no video of them");
  }
  return pictures;
}

namespace {

PoseDocument ReadWhole(const H5File& file, const fs::path& path, const VideoMatcher& matcher,
                       const fs::path& beside) {
  const SleapFile head = ReadSleapHead(file);
  const Frames frames = ReadFrames(file, head, size_t{1} << 40);
  std::set<std::pair<size_t, int64_t>> used;
  for (size_t f = 0; f < frames.id.size(); ++f) {
    if (frames.end[f] > frames.first[f]) {
      used.insert({static_cast<size_t>(frames.video[f]), frames.index[f]});
    }
  }
  std::vector<std::string> notes;
  const SleapPictures pictures = TakeOutPictures(
      file, head, used, matcher, beside / (path.stem().stem().string() + "_pictures"), &notes);
  PoseDocument document = ReadSleap(file, head, path, pictures);
  document.notes.insert(document.notes.end(), notes.begin(), notes.end());
  const auto leave_out = [&](const char* place, const std::string& what) {
    const bool list = file.IsDataset(place) && file.Shape(place).size() == 1;
    const size_t count = list ? file.Shape(place)[0] : 0;
    if (count > 0) {
      document.notes.push_back(std::to_string(count) + " " + what + " of the file were left out");
    }
  };
  leave_out("suggestions_json", "suggested frames");
  leave_out("sessions_json", "recording sessions");
  leave_out("categories/links", "links to categories");
  leave_out("embeddings/category_owner_id", "embeddings");
  return document;
}

}  // namespace

ImportReport ImportSleap(Project& project, const fs::path& path, const ImportOptions& options,
                         Job& job) {
  job.Advance(0, 0, "reading " + path.filename().string());
  const std::string what = "SLEAP file '" + path.filename().string() + "'";
  const VideoMatcher matcher(project, path, options.video);
  PoseDocument document = ReadPosesApart(path, what, job, [&] {
    const H5File file(path, what, "give a .slp file that SLEAP or sleap-io wrote");
    return ReadWhole(file, path, matcher, project.folder());
  });
  return ImportPose(project, path, std::move(document), options, job);
}

}  // namespace datasets
