#include "datasets/formats/cvat/cvat.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>

#include "datasets/base/error.h"
#include "datasets/exchange/bad_entries.h"
#include "datasets/exchange/drawn_shapes.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_place.h"
#include "datasets/exchange/label_batch.h"
#include "datasets/files/csv.h"
#include "datasets/files/xml_file.h"
#include "datasets/pose/pose_document.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;

constexpr const char* kCvatShapes[] = {"box", "polygon", "mask", "ellipse"};
const std::map<std::string, std::string> kCvatLeftOut = {{"polyline", "lines"},
                                                         {"points", "points"},
                                                         {"cuboid", "cuboids"},
                                                         {"skeleton", "skeletons"},
                                                         {"tag", "tags"}};

// "x,y;x,y;..."
Ring CvatRing(const XmlFile& file, pugi::xml_node node) {
  Ring ring;
  const char* at = node.attribute("points").value();
  const char* const end = at + std::strlen(at);
  while (at < end) {
    double values[2];
    for (int i = 0; i < 2; ++i) {
      const auto read = std::from_chars(at, end, values[i]);
      const char mark = i == 0 ? ',' : ';';
      const bool ended = read.ptr == end ? i == 1 : *read.ptr == mark;
      if (read.ec != std::errc() || !ended || !std::isfinite(values[i])) {
        file.Fail(node, "its points are no list of x,y;x,y");
      }
      at = read.ptr == end ? end : read.ptr + 1;
    }
    ring.emplace_back(values[0], values[1]);
  }
  return ring;
}

// What the file says of one task's video.
struct CvatTask {
  std::string source, subset;
  int width = 0, height = 0;
};

class CvatImport {
 public:
  CvatImport(const Project& project, const fs::path& path, const ImportOptions& options, Job& job)
      : file_(path, "CVAT file '" + path.filename().string() + "'"),
        folder_(path.parent_path()),
        job_(job),
        placer_(project, path, options),
        bad_(options.skip_bad) {
    const pugi::xml_node root = file_.root();
    if (std::string(root.name()) != "annotations") {
      throw Error(file_.what(), "it has no <annotations>", "give an XML file of CVAT");
    }
    const std::string version = root.child_value("version");
    if (version != "1.1") {
      throw Error(file_.what(), "its version is '" + version + "', and 1.1 is what is known",
                  "export it from CVAT as 'CVAT for video 1.1' or 'CVAT for images 1.1'");
    }
    ReadMeta(root.child("meta"));
  }

  LabelBatch Read() {
    const pugi::xml_node root = file_.root();
    for (const pugi::xml_node track : root.children("track")) {
      for (const pugi::xml_node shape : track.children()) {
        if (IsShape(shape) && !IsOutside(shape)) {
          bad_.Try([&] { placer_.See(ClaimOf(track, shape)); });
        }
      }
    }
    for (const pugi::xml_node image : root.children("image")) placer_.See(ClaimOf(image));
    for (const pugi::xml_node track : root.children("track")) AddTrack(track);
    for (const pugi::xml_node image : root.children("image")) AddImage(image);
    bad_.Finish(&batch_.warnings, batch_.images().empty());
    placer_.AddNotes(&batch_.warnings);
    for (const auto& [name, count] : left_out_) Say(count, name + " were left out");
    Say(empty_masks_, "masks had no pixel and were left out");
    Say(filled_in_, "labels were filled in by CVAT between key frames, and are marked as such");
    return std::move(batch_);
  }

 private:
  void Say(int64_t count, const std::string& text) {
    if (count > 0) batch_.warnings.push_back(std::to_string(count) + " " + text);
  }

  void ReadTask(pugi::xml_node node, CvatTask* task) const {
    if (const char* source = node.child_value("source"); *source != '\0') task->source = source;
    if (const char* subset = node.child_value("subset"); *subset != '\0') task->subset = subset;
    const pugi::xml_node size = node.child("original_size");
    if (!size) return;
    task->width = static_cast<int>(std::clamp(file_.ChildNumber(size, "width"), 0.0, 1e6));
    task->height = static_cast<int>(std::clamp(file_.ChildNumber(size, "height"), 0.0, 1e6));
  }

  void ReadMeta(pugi::xml_node meta) {
    ReadTask(meta, &task_);
    for (const char* kind : {"task", "job", "project"}) ReadTask(meta.child(kind), &task_);
    for (const pugi::xml_node node : meta.child("project").child("tasks").children("task")) {
      CvatTask task;
      task.source = node.child_value("name");
      ReadTask(node, &task);
      tasks_[node.child_value("id")] = task;
    }
  }

  const CvatTask& TaskOf(pugi::xml_node node) const {
    const auto found = tasks_.find(node.attribute("task_id").value());
    return found == tasks_.end() ? task_ : found->second;
  }

  static bool IsShape(pugi::xml_node node) {
    return std::any_of(std::begin(kCvatShapes), std::end(kCvatShapes),
                       [&](const char* name) { return std::strcmp(name, node.name()) == 0; });
  }
  static bool IsOutside(pugi::xml_node node) { return node.attribute("outside").as_bool(); }

  PictureClaim ClaimOf(pugi::xml_node track, pugi::xml_node shape) const {
    const auto frame = file_.Whole(shape, "frame");
    if (!frame || *frame < 0) file_.Fail(shape, "it does not say its frame, counted from 0");
    const CvatTask& task = TaskOf(track);
    PictureClaim claim = ClaimOfFrame(file_.Where(shape), task.source, *frame);
    claim.width = task.width;
    claim.height = task.height;
    return claim;
  }

  PictureClaim ClaimOf(pugi::xml_node image) const {
    PictureClaim claim;
    claim.what = file_.Where(image);
    claim.file_name = image.attribute("name").value();
    std::replace(claim.file_name.begin(), claim.file_name.end(), '\\', '/');
    if (claim.file_name.empty()) file_.Fail(image, "the image has no name");
    const CvatTask& task = TaskOf(image);
    // The pictures of a video are called frame_000012 whichever video it is.
    const auto named = ReadFrameName(claim.file_name);
    if (named && named->video.empty() && !task.source.empty()) claim.videos = {task.source};
    claim.pictures = {folder_ / claim.file_name, folder_ / "images" / claim.file_name};
    claim.width = Side(image, "width");
    claim.height = Side(image, "height");
    return claim;
  }

  int Side(pugi::xml_node image, const char* name) const {
    const auto side = file_.Whole(image, name);
    if (side && (*side < 0 || *side > 1 << 20)) file_.Fail(image, "its size is impossible");
    return static_cast<int>(side.value_or(0));
  }

  void CountLeftOut(pugi::xml_node shape) {
    const auto kind = kCvatLeftOut.find(shape.name());
    if (kind != kCvatLeftOut.end()) ++left_out_[kind->second];
    const auto attributes = shape.children("attribute");
    const auto count = std::distance(attributes.begin(), attributes.end());
    if (count > 0 && IsShape(shape)) left_out_["attributes of shapes"] += count;
  }

  void AddTrack(pugi::xml_node track) {
    const std::string label = track.attribute("label").value();
    std::optional<int64_t> number;
    if (!bad_.Try([&] {
          number = file_.Whole(track, "id");
          if (label.empty()) file_.Fail(track, "the track has no label");
        })) {
      return;
    }
    for (const pugi::xml_node shape : track.children()) {
      if (IsOutside(shape)) continue;
      CountLeftOut(shape);
      if (!IsShape(shape)) continue;
      if (shapes_++ % 4096 == 0) job_.Advance(0, 0, "reading shapes");
      bad_.Try([&] {
        const auto place = placer_.Place(ClaimOf(track, shape), batch_);
        if (!place) return;
        IncomingLabel* added = AddShape(shape, label, *place);
        if (!added) return;
        added->track = number;
        added->row.keyframe = shape.attribute("keyframe").as_bool(true);
        if (added->row.keyframe) return;
        added->row.source = LabelSource::kInterpolated;
        ++filled_in_;
      });
    }
  }

  void AddImage(pugi::xml_node image) {
    if (shapes_++ % 4096 == 0) job_.Advance(0, 0, "reading shapes");
    std::optional<size_t> place;
    bad_.Try([&] { place = placer_.Place(ClaimOf(image), batch_); });
    if (!place) return;
    SetSplit(image, *place);
    for (const pugi::xml_node shape : image.children()) {
      CountLeftOut(shape);
      if (!IsShape(shape)) continue;
      bad_.Try([&] {
        const std::string label = shape.attribute("label").value();
        if (label.empty()) file_.Fail(shape, "it has no label");
        AddShape(shape, label, *place);
      });
    }
  }

  void SetSplit(pugi::xml_node image, size_t place) {
    std::string subset = image.attribute("subset").value();
    if (subset.empty()) subset = TaskOf(image).subset;
    static const std::map<std::string, std::string> kSplits = {
        {"Train", "train"}, {"train", "train"}, {"Validation", "val"}, {"validation", "val"},
        {"val", "val"},     {"Val", "val"},     {"Test", "test"},      {"test", "test"}};
    const auto known = kSplits.find(subset);
    if (known != kSplits.end()) batch_.image(place).split = known->second;
  }

  // Null for a mask without a pixel.
  IncomingLabel* AddShape(pugi::xml_node shape, const std::string& label, size_t place) {
    const IncomingImage image = batch_.image(place);
    const std::string kind = shape.name(), where = file_.Where(shape);
    AnnotationRow row;
    if (kind == "mask") {
      if (!ReadMask(shape, {image.width, image.height}, where, row)) {
        ++empty_masks_;
        return nullptr;
      }
    } else {
      SetRing(RingOf(shape, kind), where, row);
    }
    row.occluded = shape.attribute("occluded").as_bool();
    IncomingLabel& added = batch_.AddLabel(place, batch_.Category(label));
    row.source = added.row.source;
    added.row = std::move(row);
    return &added;
  }

  Ring RingOf(pugi::xml_node shape, const std::string& kind) const {
    const auto number = [&](const char* name) { return file_.Number(shape, name); };
    const double turn = shape.attribute("rotation") ? number("rotation") : 0;
    if (kind == "polygon") return CvatRing(file_, shape);
    if (kind == "ellipse") {
      return EllipseRing({number("cx"), number("cy")}, number("rx"), number("ry"), turn);
    }
    const double left = number("xtl"), top = number("ytl");
    const Box box{left, top, number("xbr") - left, number("ybr") - top};
    if (box.width <= 0 || box.height <= 0) file_.Fail(shape, "its box has no area");
    return TurnedRing(BoxRing(box), {left + box.width / 2, top + box.height / 2}, turn);
  }

  // Runs row by row within its box, background first.
  bool ReadMask(pugi::xml_node shape, const cv::Size& picture, const std::string& where,
                AnnotationRow& row) {
    const auto whole = [&](const char* name) {
      const auto value = file_.Whole(shape, name);
      if (!value || *value < 0 || *value > 1 << 20) {
        file_.Fail(shape, std::string("its ") + name + " is missing or impossible");
      }
      return static_cast<int>(*value);
    };
    const cv::Rect region(whole("left"), whole("top"), whole("width"), whole("height"));
    allowance_.Take(region, picture, where);
    cv::Mat mask = cv::Mat::zeros(region.size(), CV_8UC1);
    const auto pixels = static_cast<uint64_t>(region.width) * static_cast<uint64_t>(region.height);
    uint64_t filled = 0;
    bool inside = false;
    const char* at = shape.attribute("rle").value();
    const char* const end = at + std::strlen(at);
    while (at < end) {
      while (at < end && (*at == ' ' || *at == ',')) ++at;
      if (at == end) break;
      uint32_t run = 0;
      const auto read = std::from_chars(at, end, run);
      if (read.ec != std::errc() || run > pixels - filled) {
        file_.Fail(shape, "the runs of its mask do not fill its box");
      }
      if (inside) std::memset(mask.data + filled, 255, run);
      filled += run;
      inside = !inside;
      at = read.ptr;
    }
    if (filled != pixels) file_.Fail(shape, "the runs of its mask do not fill its box");
    return SetMask(mask, region, picture, row);
  }

  const XmlFile file_;
  const fs::path folder_;
  Job& job_;
  FramePlacer placer_;
  BadEntries bad_;
  LabelBatch batch_;
  CvatTask task_;                          // of the whole file
  std::map<std::string, CvatTask> tasks_;  // by id, where it is of a project
  MaskAllowance allowance_;
  std::map<std::string, int64_t> left_out_;
  int64_t shapes_ = 0, empty_masks_ = 0, filled_in_ = 0;
};

bool IsLikeCvat(const FileStart& start) {
  return start.extension == ".xml" && start.text.find("<annotations>") != std::string::npos;
}

}  // namespace

ImportReport ImportCvat(Project& project, const fs::path& path, const ImportOptions& options,
                        Job& job) {
  job.Advance(0, 0, "reading " + path.filename().string());
  const LabelBatch batch = CvatImport(project, path, options, job).Read();
  return StoreLabels(project, batch, options, job);
}

Format CvatFormat() {
  return {"cvat",
          ImportCvat,
          nullptr,
          "an XML file",
          "tracks, outlines, boxes and masks of CVAT (XML 1.1)",
          IsLikeCvat};
}

}  // namespace datasets
