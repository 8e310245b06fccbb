#include <algorithm>
#include <cmath>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/text.h"
#include "datasets/exchange/drawn_shapes.h"
#include "datasets/formats/via/via_reading.h"
#include "datasets/pose/pose_document.h"
#include "datasets/project_times.h"

namespace datasets {

namespace {

using nlohmann::json;

// The kinds of VIA 3 as `xy` begins with them.
enum ViaShape {
  kViaPoint = 1,
  kViaRectangle = 2,
  kViaCircle = 3,
  kViaEllipse = 4,
  kViaLine = 5,
  kViaPolyline = 6,
  kViaPolygon = 7,
  kViaExtremeRectangle = 8,
  kViaExtremeCircle = 9
};

std::vector<double> ViaNumbers(const json& list, const std::string& where) {
  std::vector<double> numbers;
  for (const json& value : ListOf(list)) {
    numbers.push_back(ViaNumber(value, where));
  }
  return numbers;
}

// Empty for what has no area.
Ring Via3Ring(const std::vector<double>& xy, const std::string& where) {
  const int kind = static_cast<int>(xy[0]);
  const auto need = [&](size_t count) {
    if (xy.size() < count + 1) throw Error(where, "its shape has too few numbers", "remove it");
  };
  const auto corners = [&] {
    if (xy.size() % 2 == 0) throw Error(where, "its shape has an x without y", "remove it");
    Ring ring;
    for (size_t i = 1; i + 1 < xy.size(); i += 2) ring.emplace_back(xy[i], xy[i + 1]);
    return ring;
  };
  switch (kind) {
    case kViaRectangle:
      need(4);
      return BoxRing({xy[1], xy[2], xy[3], xy[4]});
    case kViaCircle:
      need(3);
      return EllipseRing({xy[1], xy[2]}, xy[3], xy[3]);
    case kViaEllipse:
      need(4);
      return EllipseRing({xy[1], xy[2]}, xy[3], xy[4]);
    case kViaPolygon:
      return corners();
    case kViaExtremeRectangle: {  // its four outermost points
      need(8);
      const Box box = BoxOf({corners()});
      return BoxRing(box);
    }
    default:
      return {};
  }
}

class Via3Reader {
 public:
  Via3Reader(const json& tree, ViaReading& reading)
      : tree_(tree),
        reading_(reading),
        matcher_(reading.project, reading.path, reading.options.video),
        times_(reading.project) {}

  void Read() {
    struct Entry {
      std::string where;
      const json* value;
    };
    std::vector<Entry> entries;
    const json& metadata = tree_["metadata"];
    if (!metadata.is_object()) throw Error(reading_.what, "'metadata' is no object");
    for (const auto& [key, value] : metadata.items()) {
      entries.push_back({reading_.what + ", metadata '" + key + "'", &value});
    }
    for (const Entry& entry : entries) CountVideo(*entry.value);
    for (const Entry& entry : entries) {
      reading_.bad.Try([&] {
        if (IsRegion(*entry.value)) reading_.placer.See(ClaimOf(*entry.value, entry.where));
      });
    }
    for (const Entry& entry : entries) {
      if (done_++ % 1024 == 0) reading_.job.Advance(0, 0, "reading regions and segments");
      reading_.bad.Try([&] { Add(*entry.value, entry.where); });
    }
    const VideoRow* forced = matcher_.forced();
    for (const auto& [name, count] : missing_) {
      reading_.content.labels.warnings.push_back(
          std::to_string(count) + " segments and regions of '" + name +
          (forced ? "', another video than --video, were left out"
                  : "', which is not in the project, were left out"));
    }
    if (missing_count_ == 0 || !reading_.content.intervals.empty() ||
        !reading_.content.labels.labels().empty()) {
      return;
    }
    if (!forced) {
      throw Error(reading_.what,
                  "none of its videos is in the project (" + missing_.begin()->first + ", ...)",
                  "add them with `vole add-video`, or say which with --video");
    }
    throw Error(reading_.what,
                "none of its videos (" + missing_.begin()->first + ", ...) is called '" +
                    forced->name + "', as --video says",
                names_.size() > 1 ? "import the segments of each video by themselves"
                                  : "check which video it is about");
  }

 private:
  struct File {
    std::string name, source;
    bool is_video = false;
  };

  File FileOf(const json& entry, const std::string& where) const {
    const json& view = MemberOf(tree_["view"], ViaText(entry, "vid"));
    const json& list = MemberOf(view, "fid_list");
    const std::string id = list.is_array() && !list.empty() ? ViaValue(list[0]) : "";
    const json& file = MemberOf(tree_["file"], id);
    if (!file.is_object()) throw Error(where, "its view is of no file", "correct the file");
    File result{ViaText(file, "fname"), ViaText(file, "src"), ViaText(file, "type") == "4"};
    if (result.name.empty()) result.name = result.source;
    return result;
  }

  static bool IsRegion(const json& entry) {
    const json& xy = MemberOf(entry, "xy");
    return xy.is_array() && !xy.empty();
  }

  void CountVideo(const json& entry) {
    try {
      const File file = FileOf(entry, reading_.what);
      if (file.is_video) names_.insert(KeyOf(file));
    } catch (const Error&) {  // is said when the entry is read
    }
  }
  static std::string KeyOf(const File& file) { return file.name + "\n" + file.source; }

  // Null for one that is not in the project, or for another one than --video.
  const VideoRow* VideoOf(const File& file) {
    const auto known = videos_.find(KeyOf(file));
    if (known != videos_.end()) return known->second;
    const VideoRow* video = matcher_.FindChosen({file.name, file.source}, names_.size() > 1);
    return videos_[KeyOf(file)] = video;
  }

  int FrameAt(const VideoRow& video, double seconds, const std::string& where) {
    if (!(seconds >= 0)) throw Error(where, "its time is negative", "correct it in the file");
    if (reading_.options.fps > 0) return FrameTimes(reading_.options.fps).Nearest(seconds);
    return times_.Of(video).Nearest(seconds);
  }

  PictureClaim ClaimOf(const json& entry, const std::string& where) {
    const File file = FileOf(entry, where);
    if (!file.is_video) {
      PictureClaim claim;
      claim.what = where;
      claim.file_name = file.name;
      const std::filesystem::path folder = reading_.path.parent_path();
      for (std::string name : {file.name, file.source}) {
        claim.pictures.push_back(folder / name);
        std::replace(name.begin(), name.end(), '\\', '/');
        if (claim.pictures.back() != folder / name) claim.pictures.push_back(folder / name);
      }
      return claim;
    }
    const std::vector<double> z = ViaNumbers(MemberOf(entry, "z"), where);
    if (z.empty()) throw Error(where, "its region has no time", "correct it in the file");
    const VideoRow* video = VideoOf(file);
    // Without its video the time is no frame: the placer says what is missing.
    const int frame = video ? FrameAt(*video, z[0], where) : 0;
    return ClaimOfFrame(where, file.name, frame);
  }

  // What the entry's attributes say: the text, or the name of the option. `first`: how many of them
  // are of the first attribute that says something.
  std::vector<std::string> ValuesOf(const json& entry, size_t* first = nullptr) const {
    std::vector<std::string> values;
    const json& chosen = MemberOf(entry, "av");
    if (!chosen.is_object()) return values;
    for (const auto& [id, value] : chosen.items()) {
      const json& attribute = MemberOf(MemberOf(tree_, "attribute"), id);
      const std::string text = ViaValue(value);
      const json& options = MemberOf(attribute, "options");
      // Of checkboxes several are set: "1,3".
      std::vector<std::string> several = SplitNames(text);
      if (several.size() > 1 && several.back().empty()) several.pop_back();
      for (std::string& one : several) one = ViaText(options, one);
      const bool all =
          std::none_of(several.begin(), several.end(), [](const auto& one) { return one.empty(); });
      if (all) {
        values.insert(values.end(), several.begin(), several.end());
      } else if (!text.empty()) {
        values.push_back(text);
      }
      if (first && *first == 0) *first = values.size();
    }
    return values;
  }

  void Add(const json& entry, const std::string& where) {
    if (!entry.is_object()) throw Error(where, "it is no object", "correct the file");
    const File file = FileOf(entry, where);
    size_t first = 0;
    std::vector<std::string> values = ValuesOf(entry, &first);
    const size_t kept = IsRegion(entry) ? std::min<size_t>(values.size(), 1) : first;
    if (values.size() > kept)
      reading_.content.left_out["further attributes"] += static_cast<int64_t>(values.size() - kept);
    values.resize(kept);
    if (file.is_video && !VideoOf(file)) {
      ++missing_[file.name];
      ++missing_count_;
      return;
    }
    if (IsRegion(entry)) return AddRegion(entry, values, where);
    const std::vector<double> z = ViaNumbers(MemberOf(entry, "z"), where);
    if (z.size() == 2) return AddSegment(file, z, values, where);
    if (values.empty()) return;
    ++reading_.content.left_out["attributes of whole files"];
  }

  void AddRegion(const json& entry, const std::vector<std::string>& values,
                 const std::string& where) {
    const std::vector<double> xy = ViaNumbers(MemberOf(entry, "xy"), where);
    const Ring ring = Via3Ring(xy, where);
    if (ring.empty()) {
      const int kind = static_cast<int>(xy[0]);
      ++reading_.content.left_out[kind == kViaPoint           ? "points"
                                  : kind == kViaExtremeCircle ? "circles of three points"
                                                              : "lines"];
      return;
    }
    LabelBatch& labels = reading_.content.labels;
    const auto place = reading_.placer.Place(ClaimOf(entry, where), labels);
    if (!place) return;
    AnnotationRow row;
    SetRing(ring, where, row);
    IncomingLabel& label =
        labels.AddLabel(*place, labels.Category(values.empty() ? "animal" : values[0]));
    row.source = label.row.source;
    label.row = std::move(row);
  }

  void AddSegment(const File& file, const std::vector<double>& z,
                  const std::vector<std::string>& values, const std::string& where) {
    if (values.empty()) {
      ++reading_.content.left_out["temporal segments without a value"];
      return;
    }
    if (!file.is_video) throw Error(where, "its temporal segment is of no video", "remove it");
    const VideoRow& video = *VideoOf(file);
    BehaviorTableRow row;
    row.where = where;
    row.start_s = z[0];
    row.stop_s = z[1];
    if (z[0] < 0 || z[1] < z[0]) {
      throw Error(where, "its seconds run backwards or are negative", "correct them");
    }
    const FrameTimes asked(reading_.options.fps);
    SecondsToFrames(row, reading_.options.fps > 0 ? &asked : &times_.Of(video));
    // A segment that ends with the video may end a moment after it.
    const int last = video.frame_count - 1;
    if (row.end_frame == last + 2) row.end_frame = last + 1;
    for (const std::string& value : values) {  // of checkboxes several
      const bool known =
          std::any_of(reading_.content.ethogram.begin(), reading_.content.ethogram.end(),
                      [&](const BehaviorRow& one) { return one.name == value; });
      if (!known) {
        BehaviorRow behavior;
        behavior.name = value;
        reading_.content.ethogram.push_back(behavior);
      }
      reading_.content.intervals.push_back({video.id, "", value, reading_.options.author, true,
                                            row.start_frame, row.end_frame, where});
    }
  }

  const json& tree_;
  ViaReading& reading_;
  const VideoMatcher matcher_;
  ProjectTimes times_;
  std::set<std::string> names_;                    // of all videos that it is about
  std::map<std::string, const VideoRow*> videos_;  // found before
  std::map<std::string, int64_t> missing_;         // by file
  int64_t missing_count_ = 0, done_ = 0;
};

}  // namespace

void ReadVia3(const json& tree, ViaReading& reading) { Via3Reader(tree, reading).Read(); }

}  // namespace datasets
