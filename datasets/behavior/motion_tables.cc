#include "datasets/behavior/motion_tables.h"

#include <algorithm>

#include "datasets/files/csv.h"

namespace datasets {

std::string MotionCsvHeading(const MotionColumns& columns) {
  std::string text =
      "video,frame,time_s,animal,x,y,area_px,length_px,width_px,elongation,angle_deg,step_px,"
      "speed_px_s,same_iou,flow_px,freezing,nearest,nearest_px,touching";
  for (const std::string& zone : columns.zones) text += "," + CsvField("in " + zone);
  if (columns.heading) text += ",heading_deg";
  for (const std::string& name : columns.points) {
    for (const char* part : {"_x", "_y", "_confidence"}) text += "," + CsvField(name + part);
  }
  if (columns.cm) text += ",x_cm,y_cm,step_cm,speed_cm_s,nearest_cm";
  return text + "\n";
}

std::string MotionCsvLine(const std::string& video, const std::vector<std::string>& animals,
                          const MotionColumns& columns, const FrameTimes& times,
                          const AnimalMotion& motion) {
  const auto number = [](const std::optional<double>& value, int decimals) {
    return value ? CsvNumber(*value, decimals) : std::string();
  };
  const MaskMoments& at = motion.moments;
  const bool outlined = at.area > 0;
  const auto shape = [&](double value, int decimals) {
    return outlined ? CsvNumber(value, decimals) : std::string();
  };
  std::string touching;
  for (const int other : motion.touching)
    touching += (touching.empty() ? "" : ";") + animals[other];
  std::string text = CsvField(video) + "," + std::to_string(motion.frame) + "," +
                     CsvNumber(times.Start(motion.frame), 4) + "," +
                     CsvField(animals[motion.animal]) + "," + CsvNumber(at.x, 2) + "," +
                     CsvNumber(at.y, 2) + "," + shape(at.area, 0) + "," + shape(at.length, 2) +
                     "," + shape(at.width, 2) + "," + shape(at.elongation, 3) + "," +
                     shape(at.angle_deg, 1) + "," + number(motion.step_px, 3) + "," +
                     number(motion.speed_px_s, 2) + "," + number(motion.same_iou, 4) + "," +
                     number(motion.flow_px, 4) + "," +
                     (!outlined         ? ""
                      : motion.freezing ? "1"
                                        : "0") +
                     ",";
  if (motion.nearest >= 0) {
    text += CsvField(animals[motion.nearest]) + "," + CsvNumber(motion.nearest_px, 2);
  } else {
    text += ",";
  }
  text += "," + CsvField(touching);
  std::vector<bool> inside(columns.zones.size());
  for (const int zone : motion.zones) inside[zone] = true;
  for (const bool is_inside : inside) text += !motion.zones_known ? "," : is_inside ? ",1" : ",0";
  if (columns.heading) text += "," + number(motion.heading_deg, 1);
  for (size_t k = 0; k < columns.points.size(); ++k) {
    const AnimalPoint point = k < motion.points.size() ? motion.points[k] : AnimalPoint();
    const bool there = point.confidence > 0;
    text += "," + (there ? CsvNumber(point.x, 2) : "") + "," +
            (there ? CsvNumber(point.y, 2) : "") + "," +
            (there ? CsvNumber(point.confidence, 3) : "");
  }
  if (columns.cm) {
    const auto& at_cm = motion.floor_cm;
    text += "," + (at_cm ? CsvNumber(at_cm->x, 3) + "," + CsvNumber(at_cm->y, 3) : ",") + "," +
            number(motion.step_cm, 4) + "," + number(motion.speed_cm_s, 3) + "," +
            number(motion.nearest_cm, 3);
  }
  return text + "\n";
}

std::string ContactCsv(const std::vector<ContactPair>& contacts) {
  std::string text = "video,first,second,bouts,frames,seconds\n";
  for (const ContactPair& pair : contacts) {
    text += CsvField(pair.video) + "," + CsvField(pair.first) + "," + CsvField(pair.second) + "," +
            std::to_string(pair.bouts) + "," + std::to_string(pair.frames) + "," +
            CsvNumber(pair.seconds, 4) + "\n";
  }
  return text;
}

std::string MotionSummaryCsv(const std::vector<MotionSummary>& summaries) {
  std::string text =
      "video,animal,frames,frames_seen,seen_s,moved_s,distance_px,mean_speed_px_s,max_speed_px_s,"
      "mean_area_px,mean_elongation";
  const bool scaled = std::any_of(summaries.begin(), summaries.end(),
                                  [](const auto& one) { return one.distance_cm.has_value(); });
  text += scaled ? ",distance_cm,mean_speed_cm_s,max_speed_cm_s\n" : "\n";
  const auto number = [](const std::optional<double>& value, int decimals = 3) {
    return value ? CsvNumber(*value, decimals) : std::string();
  };
  for (const MotionSummary& one : summaries) {
    text += CsvField(one.video) + "," + CsvField(one.animal) + "," + std::to_string(one.frames) +
            "," + std::to_string(one.frames_seen) + "," + CsvNumber(one.seen_s, 4) + "," +
            CsvNumber(one.moved_s, 4) + "," +
            (one.mean_speed_px_s ? CsvNumber(one.distance_px, 2) : "") + "," +
            number(one.mean_speed_px_s) + "," + number(one.max_speed_px_s) + "," +
            number(one.mean_area_px, 1) + "," + number(one.mean_elongation);
    if (scaled) {
      text += "," + (one.mean_speed_cm_s ? number(one.distance_cm) : "") + "," +
              number(one.mean_speed_cm_s) + "," + number(one.max_speed_cm_s);
    }
    text += "\n";
  }
  return text;
}

}  // namespace datasets
