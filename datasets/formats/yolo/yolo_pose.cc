#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_export.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/csv.h"
#include "datasets/formats/yolo/yolo.h"
#include "datasets/formats/yolo/yolo_dataset.h"
#include "datasets/formats/yolo/yolo_folder.h"
#include "datasets/formats/yolo/yolo_writer.h"
#include "datasets/keypoints/sides.h"
#include "datasets/pose/pose_export.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;

constexpr size_t kBoxValues = 4;
constexpr double kSeen = 1.5;  // visibilities are 0, 1 (hidden) or 2

Skeleton SkeletonOfDataset(const YoloDataset& dataset, LabelBatch* batch) {
  Skeleton skeleton = MakeSkeleton("animal", dataset.point_names, {}, {});
  for (const auto& edge : dataset.edges) {
    const auto same = [&](const auto& other) {
      return std::minmax(other.first, other.second) == std::minmax(edge.first, edge.second);
    };
    if (std::none_of(skeleton.edges.begin(), skeleton.edges.end(), same)) {
      skeleton.edges.emplace_back(edge.first, edge.second);
    }
  }
  int64_t odd = 0;
  for (size_t k = 0; k < dataset.flip.size(); ++k) {
    const int other = dataset.flip[k];
    if (other == static_cast<int>(k)) continue;
    if (dataset.flip[static_cast<size_t>(other)] == static_cast<int>(k)) {
      skeleton.points[k].partner = other;
    } else {
      ++odd;
    }
  }
  if (odd > 0) {
    batch->warnings.push_back(std::to_string(odd) +
                              " points of flip_idx are not each other's mirror image in turn, and "
                              "were left without a partner");
  }
  return skeleton;
}

struct Posed {
  Box box;
  std::vector<KeyPoint> points;
  std::optional<int64_t> track;
};

// `predicted`: a program wrote the line, with confidences where people's files say how well a point
// is seen.
Posed ReadPose(const YoloLine& line, const YoloDataset& dataset, const IncomingImage& image,
               const std::string& where) {
  const size_t whole = kBoxValues + dataset.points * dataset.point_values;
  if (line.values.size() < whole || line.values.size() > whole + 2) {
    throw Error(where,
                "it has " + std::to_string(line.values.size()) + " values, and a box and " +
                    std::to_string(dataset.points) + " points of " +
                    std::to_string(dataset.point_values) + " values are " + std::to_string(whole),
                "correct kpt_shape in data.yaml, or the line");
  }
  const auto share = [&](size_t at) {
    const double value = line.values[at];
    if (value < -0.5 || value > 1.5) {
      throw Error(where, "a coordinate is " + CsvNumber(value),
                  "YOLO gives coordinates as shares of the picture's size, from 0 to 1");
    }
    return value;
  };
  Posed posed;
  posed.box = {(share(0) - share(2) / 2) * image.width, (share(1) - share(3) / 2) * image.height,
               share(2) * image.width, share(3) * image.height};
  for (size_t k = 0; k < dataset.points; ++k) {
    const size_t at = kBoxValues + k * dataset.point_values;
    KeyPoint point;
    point.name = dataset.point_names[k];
    const bool anywhere = line.values[at] != 0 || line.values[at + 1] != 0;
    double seen = anywhere ? 2 : 0;
    if (dataset.point_values == 3) seen = line.values[at + 2];
    // Fractions are confidences of a program.
    const bool confidence = seen != std::floor(seen);
    point.visibility = seen <= 0 ? 0 : confidence || seen >= kSeen ? 2 : 1;
    if (point.visibility > 0) {
      point.x = share(at) * image.width;
      point.y = share(at + 1) * image.height;
    }
    posed.points.push_back(point);
  }
  const double last = line.values.back();
  if (line.values.size() == whole + 2 || (line.values.size() == whole + 1 && last > 1)) {
    if (last != std::floor(last) || last < 0 || last > 1e15) {
      throw Error(where, "its track is " + CsvNumber(last, 6), "tracks are whole numbers from 0");
    }
    posed.track = static_cast<int64_t>(last);
  }
  return posed;
}

}  // namespace

ImportReport ImportYoloPose(Project& project, const fs::path& path, const ImportOptions& options,
                            Job& job) {
  if (!fs::is_directory(path)) {
    throw Error("'" + path.string() + "'", "it is no folder", "give the folder of the text files");
  }
  const YoloDataset dataset = ReadYoloDataset(path);
  if (dataset.points == 0) {
    throw Error("folder '" + path.string() + "'", "no data.yaml in it says kpt_shape",
                "write it there as Ultralytics describes it, or import with --format yolo");
  }
  LabelBatch batch;
  batch.skeletons.push_back(SkeletonOfDataset(dataset, &batch));
  BadEntries bad(options.skip_bad);
  const std::vector<YoloFile> files =
      ReadYoloFolder(path, VideoMatcher(project, path, options.video), bad, batch, job);
  const YoloSplits splits(path, dataset);
  FramePlacer placer(project, path, options, true);
  for (const YoloFile& file : files) placer.See(YoloClaim(path, file.path));
  int64_t without = 0;
  for (const YoloFile& file : files) {
    job.ThrowIfCancelled();
    const PictureClaim claim = YoloClaim(path, file.path);
    bad.Try([&] {
      const auto place = placer.Place(claim, batch);
      if (!place) return;
      IncomingImage& image = batch.image(*place);
      image.split = splits.Of(file.path, claim.pictures.front());
      for (const YoloLine& line : file.lines) {
        const std::string where = file.what() + ", line " + std::to_string(line.line);
        Posed posed = ReadPose(line, dataset, image, where);
        const bool any = std::any_of(posed.points.begin(), posed.points.end(),
                                     [](const KeyPoint& point) { return point.visibility > 0; });
        without += any ? 0 : 1;
        if (!any) continue;
        IncomingLabel& label = batch.AddLabel(
            *place, batch.Category(YoloClassName(dataset.names, line.category, where)));
        label.track = posed.track;
        label.row.key_points = std::move(posed.points);
        label.row.box = posed.box;
      }
    });
  }
  bad.Finish(&batch.warnings, batch.images().empty());
  placer.AddNotes(&batch.warnings);
  WarnOf(without, "animals have no point that is seen or hidden, and were left out",
         &batch.warnings);
  return StoreLabels(project, batch, options, job);
}

ExportReport ExportYoloPose(const Project& project, const fs::path& out,
                            const ExportOptions& options, Job& job) {
  const PosedFrames posed = SelectPoses(project, options, job);
  ExportReport report;
  YoloWriter writer(project, out, options, report);
  report.warnings = posed.warnings;
  int64_t outside = 0, tracked = 0;
  for (const PosedFrame& frame : posed.frames) {
    const auto share = [&](double value, int size) {
      const double part = value / size;
      outside += part < 0 || part > 1 ? 1 : 0;
      return " " + CsvNumber(std::clamp(part, 0.0, 1.0), 9);
    };
    std::string text;
    for (const PosedAnimal& animal : frame.animals) {
      const Box& box = animal.box;
      const int number = writer.NumberOf(animal.category_id);
      const std::string& kind = writer.names()[static_cast<size_t>(number)];
      tracked += animal.animal >= 0 && posed.animals[static_cast<size_t>(animal.animal)] != kind;
      text += std::to_string(number);
      text +=
          share(box.x + box.width / 2, frame.width) + share(box.y + box.height / 2, frame.height);
      text += share(box.width, frame.width) + share(box.height, frame.height);
      for (const KeyPoint& point : animal.points) {
        const bool there = point.visibility > 0;
        text += there ? share(point.x, frame.width) + share(point.y, frame.height) : " 0 0";
        text += " " + std::to_string(point.visibility);
      }
      text += "\n";
    }
    SelectedFrame selected;
    if (!posed.IsPicture(frame)) selected.video = &posed.videos[frame.video];
    selected.frame_index = frame.frame_index;
    selected.picture = frame.picture;
    selected.split = frame.split;
    writer.Write(selected, text);
  }
  writer.WriteDataYaml(YoloPoseYaml(writer.names(), writer.Splits(), posed.skeleton));
  report.annotations = posed.instances;
  WarnOf(tracked, "animals of one kind are told apart by tracks, which the format does not say",
         &report.warnings);
  WarnOf(outside, "coordinates lie outside of their picture and were moved to its edge",
         &report.warnings);
  return report;
}

Format YoloPoseFormat() {
  return {"yolo-pose",
          ImportYoloPose,
          ExportYoloPose,
          "a folder",
          "key points of Ultralytics' pose networks",
          [](const FileStart& start) { return IsLikeYoloFolder(start, true); }};
}

}  // namespace datasets
