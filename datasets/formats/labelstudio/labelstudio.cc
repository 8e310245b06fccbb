#include "datasets/formats/labelstudio/labelstudio.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/url.h"
#include "datasets/exchange/bad_entries.h"
#include "datasets/exchange/drawn_shapes.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_place.h"
#include "datasets/exchange/label_batch.h"
#include "datasets/files/file_names.h"
#include "datasets/files/json_entries.h"
#include "datasets/files/json_members.h"
#include "datasets/formats/behaviors/behaviors.h"
#include "datasets/formats/labelstudio/regions.h"
#include "datasets/pose/pose_document.h"
#include "datasets/project_times.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr size_t kStudioMark = 9;  // "3d5ee66a-", before what was uploaded

bool StudioFlag(const json& object, const char* key) {
  const json& value = MemberOf(object, key);
  return value.is_boolean() && value.get<bool>();
}

std::string StudioAuthor(const json& annotation) {
  const json& by = MemberOf(annotation, "completed_by");
  if (by.is_number_integer()) return "annotator " + std::to_string(by.get<int64_t>());
  const std::string email = TextMember(by, "email");
  return by.is_string() ? by.get<std::string>() : email;
}

bool IsVideoBox(const StudioRegion& region) { return region.type == "videorectangle"; }

struct StudioTask {
  PictureClaim claim;  // of a picture
  std::string video;   // of a video: its name
  std::vector<StudioRegion> regions;
};

class StudioImport {
 public:
  StudioImport(const Project& project, const fs::path& path, const ImportOptions& options, Job& job)
      : path_(path),
        file_("Label Studio file '" + path.filename().string() + "'"),
        options_(options),
        job_(job),
        placer_(project, path, options),
        matcher_(project, path, options.video),
        times_(project),
        bad_(options.skip_bad) {}

  // Of what lasts a while in videos; after Read().
  const std::vector<BehaviorRow>& ethogram() const { return ethogram_; }
  const std::vector<IncomingInterval>& intervals() const { return intervals_; }

  LabelBatch Read() {
    int64_t tasks = 0;
    ReadJsonEntries(path_, file_, [&](const std::string& section, int64_t index, json& task) {
      if (!section.empty() || index < 0) throw NotStudio();
      ++tasks;
      if (tasks % 256 == 0) job_.Advance(0, 0, "reading task " + std::to_string(tasks));
      const std::string where = file_ + ", task " + std::to_string(index + 1);
      if (!task.is_object() || !task.contains("annotations") || !task.contains("data")) {
        throw Error(where, "it has no data and annotations",
                    "export from Label Studio as JSON (not JSON-MIN)");
      }
      bad_.Try([&] { ReadTask(task, where); });
    });
    for (const StudioTask& task : tasks_) AddTask(task);
    bad_.Finish(&batch_.warnings, batch_.images().empty() && intervals_.empty());
    Say(other_videos_, "stretches of time in other videos were left out");
    Say(unlabeled_times_, "stretches of time without a label were left out");
    Say(further_labels_, "further labels of animals were left out: each has one name");
    placer_.AddNotes(&batch_.warnings);
    Say(several_,
        "tasks have annotations of several people; of each the ground truth, else the one "
        "updated last, was taken");
    Say(cancelled_, "annotations were cancelled and were left out");
    Say(predictions_, "predictions of models were left out");
    for (const auto& [kind, count] : left_out_) Say(count, "regions '" + kind + "' were left out");
    Say(turned_, "regions on pictures that were turned in Label Studio were left out");
    Say(empty_masks_, "masks had no pixel and were left out");
    Say(key_frames_,
        "key frames of boxes in videos came in; what Label Studio fills in between "
        "them did not (Vole's own filling does)");
    return std::move(batch_);
  }

 private:
  Error NotStudio() const {
    return {file_, "it is no list of tasks", "export from Label Studio as JSON"};
  }
  void Say(int64_t count, const std::string& text) {
    if (count > 0) batch_.warnings.push_back(std::to_string(count) + " " + text);
  }

  // Where the task's picture or video lies, as a path.
  std::string SourceOf(const json& data, const std::string& where) const {
    std::string source;
    for (const char* name : {"image", "img", "video"}) {
      if (source.empty()) source = TextMember(data, name);
    }
    for (const auto& [name, value] : data.items()) {
      if (source.empty() && value.is_string()) source = value.get<std::string>();
    }
    if (source.empty()) throw Error(where, "its data name no picture", "correct the file");
    return PathOfUrl(source);
  }

  // Takes the regions out of `task`.
  void ReadTask(json& task, const std::string& where) {
    json& annotations = task["annotations"];
    const json& data = task["data"];
    predictions_ += static_cast<int64_t>(MemberOf(task, "predictions").size());
    if (!annotations.is_array() || !data.is_object()) {
      throw Error(where, "its annotations are no list, or its data no object", "correct the file");
    }
    std::vector<json*> kept;
    for (json& annotation : annotations) {
      if (StudioFlag(annotation, "was_cancelled") || StudioFlag(annotation, "skipped")) {
        ++cancelled_;
      } else {
        kept.push_back(&annotation);
      }
    }
    several_ += kept.size() > 1 ? 1 : 0;
    const auto later = [](const json* a, const json* b) {
      const auto rank = [](const json& one) {
        return std::make_pair(StudioFlag(one, "ground_truth"), TextMember(one, "updated_at"));
      };
      return rank(*a) < rank(*b);
    };
    json none = json::object();
    json& taken = kept.empty() ? none : **std::max_element(kept.begin(), kept.end(), later);
    StudioTask result;
    bool is_video = false;
    if (!taken.is_object()) throw Error(where, "an annotation is no object", "correct the file");
    result.regions = TakeStudioRegions(taken, where, StudioAuthor(taken));
    for (const StudioRegion& region : result.regions) {
      if (region.time == StudioTime::kNone && region.labels.size() > 1) {
        further_labels_ += static_cast<int64_t>(region.labels.size()) - 1;
      }
      is_video = is_video || IsVideoBox(region) || region.time == StudioTime::kFrames;
    }
    const std::string source = SourceOf(data, where);
    is_video = is_video || HasVideoEnding(source);
    if (is_video) {
      result.video = fs::path(source).filename().string();
      videos_named_.insert(result.video);
    } else {
      result.claim.what = where;
      result.claim.file_name = source;
      result.claim.pictures = {path_.parent_path() / source,
                               path_.parent_path() / "images" / fs::path(source).filename(),
                               path_.parent_path() / fs::path(source).filename()};
      SetSize(result);
      placer_.See(result.claim);
    }
    if (is_video) {
      for (const StudioRegion& region : result.regions) {
        for (const auto& [frame, box] : KeyFrames(region))
          placer_.See(VideoClaim(result, region, frame));
      }
    }
    tasks_.push_back(std::move(result));
  }

  void SetSize(StudioTask& task) const {
    for (const StudioRegion& region : task.regions) {
      const json& width = MemberOf(region.result, "original_width");
      const json& height = MemberOf(region.result, "original_height");
      const auto fits = [](const json& side) {
        return side.is_number_integer() && side.get<int64_t>() > 0 && side.get<int64_t>() < 1 << 20;
      };
      if (!fits(width) || !fits(height)) continue;
      task.claim.width = width.get<int>();
      task.claim.height = height.get<int>();
      return;
    }
  }

  // "3d5ee66a-cage4.mp4" was uploaded as cage4.mp4.
  static std::string Unmarked(const std::string& video) {
    const bool marked = video.size() > kStudioMark && video[kStudioMark - 1] == '-' &&
                        std::all_of(video.begin(), video.begin() + kStudioMark - 1,
                                    [](unsigned char c) { return std::isxdigit(c) != 0; });
    return marked ? video.substr(kStudioMark) : "";
  }
  PictureClaim VideoClaim(const StudioTask& task, const StudioRegion& region, int64_t frame) const {
    PictureClaim claim = ClaimOfFrame(region.where, task.video, frame);
    const std::string unmarked = Unmarked(task.video);
    if (!unmarked.empty()) claim.videos.push_back(unmarked);
    return claim;
  }

  void AddTime(const StudioTask& task, const StudioRegion& region) {
    const std::string unmarked = Unmarked(task.video);
    const VideoRow* video = matcher_.FindChosen({task.video, unmarked}, videos_named_.size() > 1);
    if (!video && !matcher_.forced()) {  // which throws
      video = &matcher_.Require(unmarked.empty() ? task.video : unmarked, region.where);
    }
    if (!video || region.labels.empty()) {
      ++(video ? unlabeled_times_ : other_videos_);
      return;
    }
    const json& value = MemberOf(region.result, "value");
    const bool frames = region.time == StudioTime::kFrames;
    const int first = FirstNumber();
    const FrameTimes& clock = options_.fps > 0 ? asked_times_ : times_.Of(*video);
    const json ranges = frames ? ListOf(MemberOf(value, "ranges")) : json::array({value});
    for (const json& range : ranges) {
      const json& start = MemberOf(range, "start");
      const json& end = MemberOf(range, "end");
      if (!start.is_number() || !end.is_number() || start.get<double>() < (frames ? first : 0) ||
          end.get<double>() < start.get<double>() || end.get<double>() > 1e9) {
        throw Error(region.where, "its start and end are no stretch of time", "correct the file");
      }
      BehaviorTableRow row;
      row.where = region.where;
      if (frames) {  // both are in it
        row.start_frame = static_cast<int>(std::lround(start.get<double>())) - first;
        row.end_frame = static_cast<int>(std::lround(end.get<double>())) - first + 1;
        row.has_frames = true;
      } else {
        row.start_s = start.get<double>();
        row.stop_s = end.get<double>();
      }
      SecondsToFrames(row, &clock);
      if (row.end_frame == video->frame_count + 1) row.end_frame = video->frame_count;
      for (const std::string& label : region.labels) {
        if (behaviors_.insert(label).second) {
          BehaviorRow behavior;
          behavior.name = label;
          ethogram_.push_back(std::move(behavior));
        }
        intervals_.push_back({video->id, "", label, region.author, true, row.start_frame,
                              row.end_frame, region.where});
      }
    }
  }

  double Percent(const json& value, const char* key, const std::string& where) const {
    const json& number = MemberOf(value, key);
    if (!number.is_number() || std::abs(number.get<double>()) > 1e6) {
      throw Error(where, std::string(key) + " is no number", "correct or remove it in the file");
    }
    return number.get<double>();
  }

  // Of a video's first frame.
  int FirstNumber() const { return options_.first_frame < 0 ? 1 : options_.first_frame; }

  // Frames as the placer counts, boxes in percent; those at which the animal is said to be there.
  std::vector<std::pair<int64_t, json>> KeyFrames(const StudioRegion& region) const {
    std::vector<std::pair<int64_t, json>> frames;
    const json& list = MemberOf(MemberOf(region.result, "value"), "sequence");
    for (const json& key : ListOf(list)) {
      const json& frame = MemberOf(key, "frame");
      if (!frame.is_number_integer() || frame.get<int64_t>() < FirstNumber()) {
        throw Error(region.where, "a key frame has no number from " + std::to_string(FirstNumber()),
                    "correct the file");
      }
      const json& enabled = MemberOf(key, "enabled");
      if (enabled.is_boolean() && !enabled.get<bool>() && frames.empty()) continue;
      // The placer takes off what the user says, and nothing else of a number.
      frames.emplace_back(frame.get<int64_t>() - (options_.first_frame < 0 ? 1 : 0), key);
    }
    return frames;
  }

  void AddTask(const StudioTask& task) {
    if (!task.video.empty()) {
      for (const StudioRegion& region : task.regions) {
        bad_.Try([&] {
          if (region.time != StudioTime::kNone) return AddTime(task, region);
          AddVideoBox(task, region);
        });
      }
      return;
    }
    std::optional<size_t> place;
    bad_.Try([&] { place = placer_.Place(task.claim, batch_); });
    if (!place) return;
    for (const StudioRegion& region : task.regions) {
      bad_.Try([&] { AddRegion(region, *place); });
    }
  }

  void AddVideoBox(const StudioTask& task, const StudioRegion& region) {
    if (!IsVideoBox(region)) {
      ++left_out_[region.type];
      return;
    }
    const std::string id = TextMember(region.result, "id");
    const auto track = tracks_.emplace(id, static_cast<int64_t>(tracks_.size()) + 1).first->second;
    for (const auto& [frame, key] : KeyFrames(region)) {
      const auto place = placer_.Place(VideoClaim(task, region, frame), batch_);
      if (!place) continue;
      AddLabel(region, *place, BoxOf(key, *place, region.where)).track = track;
      ++key_frames_;
    }
  }

  Ring BoxOf(const json& value, size_t place, const std::string& where) {
    const IncomingImage& image = batch_.image(place);
    const double x = image.width / 100.0, y = image.height / 100.0;
    const Box box{Percent(value, "x", where) * x, Percent(value, "y", where) * y,
                  Percent(value, "width", where) * x, Percent(value, "height", where) * y};
    return TurnedRing(BoxRing(box), {box.x, box.y}, Turn(value, where));
  }
  double Turn(const json& value, const std::string& where) const {
    return value.contains("rotation") ? Percent(value, "rotation", where) : 0;
  }

  IncomingLabel& AddLabel(const StudioRegion& region, size_t place, const Ring& ring) {
    AnnotationRow row;
    if (!ring.empty()) SetRing(ring, region.where, row);
    IncomingLabel& added = batch_.AddLabel(
        place, batch_.Category(region.labels.empty() ? "animal" : region.labels[0]));
    row.source = added.row.source;
    row.author = region.author;
    added.row = std::move(row);
    return added;
  }

  void AddRegion(const StudioRegion& region, size_t place) {
    const json& turn = MemberOf(region.result, "image_rotation");
    if (turn.is_number() && turn.get<double>() != 0) {
      ++turned_;
      return;
    }
    const json& value = MemberOf(region.result, "value");
    const IncomingImage image = batch_.image(place);
    const double x = image.width / 100.0, y = image.height / 100.0;
    if (region.is_remark) {
      ++left_out_[region.type];
      return;
    }
    if (value.is_object() && value.contains("rle")) return AddBrush(region, value, place);
    if (value.is_object() && value.contains("points")) {
      Ring ring;
      for (const json& point : ListOf(value["points"])) {
        if (!point.is_array() || point.size() != 2 || !point[0].is_number() ||
            !point[1].is_number()) {
          throw Error(region.where, "its points are no list of [x, y]", "correct the file");
        }
        ring.emplace_back(point[0].get<double>() * x, point[1].get<double>() * y);
      }
      if (ring.empty()) throw Error(region.where, "it has no points", "correct the file");
      AddLabel(region, place, ring);
    } else if (value.is_object() && value.contains("radiusX")) {
      const auto percent = [&](const char* key) { return Percent(value, key, region.where); };
      AddLabel(region, place,
               EllipseRing({percent("x") * x, percent("y") * y}, percent("radiusX") * x,
                           percent("radiusY") * y, Turn(value, region.where)));
    } else if (region.type.rfind("rectangle", 0) == 0) {
      AddLabel(region, place, BoxOf(value, place, region.where));
    } else {
      ++left_out_[region.type];
    }
  }

  void AddBrush(const StudioRegion& region, const json& value, size_t place) {
    const IncomingImage image = batch_.image(place);
    const cv::Size picture(image.width, image.height);
    const cv::Rect whole({}, picture);
    allowance_.Take(whole, picture, region.where);
    std::vector<uint8_t> bytes;
    for (const json& byte : ListOf(value["rle"])) {
      if (!byte.is_number_integer() || byte.get<int64_t>() < 0 || byte.get<int64_t>() > 255) {
        throw Error(region.where, "its rle is no list of bytes", "correct the file");
      }
      bytes.push_back(static_cast<uint8_t>(byte.get<int>()));
    }
    const cv::Mat mask = DecodeBrush(bytes, picture, region.where);
    AnnotationRow row;
    const cv::Rect bounds = BoundsOf(mask);
    if (bounds.empty() || !SetMask(mask(bounds).clone(), bounds, picture, row)) {
      ++empty_masks_;
      return;
    }
    AnnotationRow& added = AddLabel(region, place, {}).row;
    row.source = added.source;
    row.author = added.author;
    added = std::move(row);
  }

  const fs::path path_;
  const std::string file_;
  const ImportOptions options_;
  Job& job_;
  FramePlacer placer_;
  const VideoMatcher matcher_;
  const FrameTimes asked_times_{options_.fps};
  ProjectTimes times_;
  BadEntries bad_;
  LabelBatch batch_;
  MaskAllowance allowance_;
  std::vector<StudioTask> tasks_;
  std::map<std::string, int64_t> tracks_;  // by region id
  std::set<std::string> videos_named_, behaviors_;
  std::vector<BehaviorRow> ethogram_;
  std::vector<IncomingInterval> intervals_;
  std::map<std::string, int64_t> left_out_;
  int64_t several_ = 0, cancelled_ = 0, predictions_ = 0, empty_masks_ = 0, key_frames_ = 0,
          turned_ = 0, other_videos_ = 0, unlabeled_times_ = 0, further_labels_ = 0;
};

bool IsLikeLabelStudio(const FileStart& start) {
  const size_t first = start.text.find_first_not_of(" \t\r\n");
  if (start.is_folder || first == std::string::npos || start.text[first] != '[') return false;
  const auto says = [&](const char* text) { return start.text.find(text) != std::string::npos; };
  return says("\"annotations\"") && (says("\"result\"") || says("\"data\""));
}

}  // namespace

ImportReport ImportLabelStudio(Project& project, const fs::path& path, const ImportOptions& options,
                               Job& job) {
  job.Advance(0, 0, "reading " + path.filename().string());
  StudioImport import(project, path, options, job);
  const LabelBatch batch = import.Read();
  CheckIntervals(project, import.ethogram(), import.intervals());
  ImportReport of_behaviors;
  ImportReport report = StoreLabels(project, batch, options, job, [&](Writer& writer) {
    WriteIntervals(project, import.ethogram(), import.intervals(), writer, &of_behaviors, job);
  });
  report.behaviors = of_behaviors.behaviors;
  report.intervals = of_behaviors.intervals;
  report.already_present += of_behaviors.already_present;
  return report;
}

Format LabelStudioFormat() {
  return {"label-studio",
          ImportLabelStudio,
          nullptr,
          "a JSON file",
          "outlines, boxes, brush masks and stretches of video of Label Studio",
          IsLikeLabelStudio};
}

}  // namespace datasets
