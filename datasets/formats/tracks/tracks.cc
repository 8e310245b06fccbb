#include "datasets/formats/tracks/tracks.h"

#include <map>
#include <nlohmann/json.hpp>

#include "datasets/calibrated.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/selection.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/csv.h"
#include "datasets/formats/behaviors/behaviors.h"
#include "datasets/formats/tracks/centroid.h"
#include "datasets/project_times.h"

namespace datasets {

namespace {

// Mean of the pixel centers, from the runs of the mask without drawing it.
Centroid CentroidOfRuns(const Rle& rle) {
  Centroid sum;
  int64_t position = 0;
  for (size_t i = 0; i < rle.counts.size(); ++i) {
    int64_t left = rle.counts[i];
    if (i % 2 == 0) {
      position += left;
      continue;
    }
    while (left > 0) {  // a run may go on in the next column
      const int64_t column = position / rle.height, row = position % rle.height;
      const int64_t here = std::min<int64_t>(left, rle.height - row);
      const double count = static_cast<double>(here);
      sum.area += count;
      sum.x += count * (static_cast<double>(column) + 0.5);
      sum.y += count * (static_cast<double>(row) + count / 2);
      position += here;
      left -= here;
    }
  }
  if (sum.area > 0) {
    sum.x /= sum.area;
    sum.y /= sum.area;
  }
  return sum;
}

std::map<Id, std::string> CategoryNames(const Project& project) {
  std::map<Id, std::string> names;
  for (const CategoryRow& category : project.Categories()) names[category.id] = category.name;
  return names;
}

// Of a table in which any video has a floor: place on it, or two empty fields.
std::string FloorFields(const std::map<Id, FloorMap>& floors, const SelectedFrame& frame,
                        const Centroid& at) {
  if (floors.empty()) return "";
  const auto floor = frame.video ? floors.find(frame.video->id) : floors.end();
  if (floor == floors.end()) return ",,";
  const auto cm = floor->second.FloorOf({at.x, at.y});
  return cm ? "," + CsvNumber(cm->x) + "," + CsvNumber(cm->y) : ",,";
}

}  // namespace

Centroid CentroidOf(const SelectedInstance& instance, const SelectedFrame& frame) {
  const Centroid centroid = CentroidOfRuns(MaskOf(instance, frame.height, frame.width));
  if (centroid.area > 0) return centroid;
  const Box& box = instance.box;
  return {box.x + box.width / 2, box.y + box.height / 2, instance.area};
}

ExportReport ExportTracks(const Project& project, const std::filesystem::path& out,
                          const ExportOptions& options, Job& job) {
  ExportReport report;
  std::map<Id, std::string> names = CategoryNames(project), videos;
  for (const VideoRow& video : project.Videos()) videos[video.id] = TableVideoName(project, video);
  ProjectTimes times(project);
  std::map<Id, FloorMap> floors;
  for (const VideoRow& video : project.Videos()) {
    if (!options.video.empty() && video.name != options.video) continue;
    if (const auto floor = FloorOf(project, video)) floors.emplace(video.id, *floor);
  }
  AtomicFile file(out);
  file.Write(
      "video,frame,time_s,animal,track,x,y,area,bbox_x,bbox_y,bbox_width,bbox_height,score,"
      "confidence,source" +
      std::string(floors.empty() ? "\n" : ",x_cm,y_cm\n"));
  ForEachSelectedFrame(project, options, job, [&](const SelectedFrame& frame) {
    ++report.images;
    const std::string start =
        CsvField(frame.video ? videos[frame.video->id] : frame.picture) + "," +
        (frame.video ? std::to_string(frame.frame_index) : "") + "," +
        (frame.video ? CsvNumber(times.Of(*frame.video).Start(frame.frame_index), 4) : "") + ",";
    for (const SelectedInstance& instance : frame.instances) {
      if (instance.iscrowd) continue;
      const Centroid centroid = CentroidOf(instance, frame);
      const Box& box = instance.box;
      file.Write(start + CsvField(names[instance.category_id]) + "," +
                 (instance.track ? std::to_string(*instance.track) : "") + "," +
                 CsvNumber(centroid.x) + "," + CsvNumber(centroid.y) + "," +
                 CsvNumber(centroid.area) + "," + CsvNumber(box.x) + "," + CsvNumber(box.y) + "," +
                 CsvNumber(box.width) + "," + CsvNumber(box.height) + "," +
                 (instance.predicted ? CsvNumber(instance.score, 5) : "") + "," +
                 (instance.predicted ? CsvNumber(instance.confidence, 5) : "") + "," +
                 instance.source + FloorFields(floors, frame, centroid) + "\n");
      ++report.annotations;
    }
  });
  file.Commit();
  report.files = 1;
  return report;
}

ExportReport ExportAnnolid(const Project& project, const std::filesystem::path& out,
                           const ExportOptions& options, Job& job) {
  ExportOptions one = options;
  one.video = project.VideoByName(options.video).name;
  ExportReport report;
  std::map<Id, std::string> names = CategoryNames(project);
  AtomicFile file(out);
  file.Write("frame_number,x1,y1,x2,y2,cx,cy,instance_name,class_score,segmentation,tracking_id\n");
  ForEachSelectedFrame(project, one, job, [&](const SelectedFrame& frame) {
    ++report.images;
    for (const SelectedInstance& instance : frame.instances) {
      if (instance.iscrowd) continue;
      const Rle mask = MaskOf(instance, frame.height, frame.width);
      const Centroid centroid = CentroidOf(instance, frame);
      const Box& box = instance.box;
      const nlohmann::json rle = {{"size", {mask.height, mask.width}},
                                  {"counts", CompressRle(mask)}};
      file.Write(std::to_string(frame.frame_index) + "," + CsvNumber(box.x) + "," +
                 CsvNumber(box.y) + "," + CsvNumber(box.x + box.width) + "," +
                 CsvNumber(box.y + box.height) + "," + CsvNumber(centroid.x) + "," +
                 CsvNumber(centroid.y) + "," + CsvField(names[instance.category_id]) + "," +
                 CsvNumber(instance.score, 5) + "," + CsvField(rle.dump()) + "," +
                 (instance.track ? std::to_string(*instance.track) : "") + "\n");
      ++report.annotations;
    }
  });
  file.Commit();
  report.files = 1;
  return report;
}

Format TracksFormat() {
  return {"tracks", nullptr, ExportTracks, "a CSV file",
          "where each animal is: one row a frame and animal"};
}

Format AnnolidFormat() {
  return {"annolid", nullptr, ExportAnnolid, "a CSV file", "Annolid's table of masks, one video"};
}

}  // namespace datasets
