#include "datasets/behavior/motion_tables.h"

#include "datasets/files/csv.h"

namespace datasets {

std::string MotionCsvHeading(const std::vector<ZoneMask>& zones) {
  std::string text =
      "video,frame,time_s,animal,x,y,area_px,length_px,width_px,elongation,angle_deg,step_px,"
      "speed_px_s,same_iou,flow_px,freezing,nearest,nearest_px,touching";
  for (const ZoneMask& zone : zones) text += "," + CsvField("in " + zone.name);
  return text + "\n";
}

std::string MotionCsvLine(const std::string& video, const std::vector<std::string>& animals,
                          size_t zones, const FrameTimes& times, const AnimalMotion& motion) {
  const auto number = [](const std::optional<double>& value, int decimals) {
    return value ? CsvNumber(*value, decimals) : std::string();
  };
  const MaskMoments& at = motion.moments;
  std::string touching;
  for (const int other : motion.touching)
    touching += (touching.empty() ? "" : ";") + animals[other];
  std::string text =
      CsvField(video) + "," + std::to_string(motion.frame) + "," +
      CsvNumber(times.Start(motion.frame), 4) + "," + CsvField(animals[motion.animal]) + "," +
      CsvNumber(at.x, 2) + "," + CsvNumber(at.y, 2) + "," + CsvNumber(at.area, 0) + "," +
      CsvNumber(at.length, 2) + "," + CsvNumber(at.width, 2) + "," + CsvNumber(at.elongation, 3) +
      "," + CsvNumber(at.angle_deg, 1) + "," + number(motion.step_px, 3) + "," +
      number(motion.speed_px_s, 2) + "," + number(motion.same_iou, 4) + "," +
      number(motion.flow_px, 4) + "," + (motion.freezing ? "1" : "0") + ",";
  if (motion.nearest >= 0) {
    text += CsvField(animals[motion.nearest]) + "," + CsvNumber(motion.nearest_px, 2);
  } else {
    text += ",";
  }
  text += "," + CsvField(touching);
  std::vector<bool> inside(zones);
  for (const int zone : motion.zones) inside[zone] = true;
  for (size_t zone = 0; zone < zones; ++zone) text += inside[zone] ? ",1" : ",0";
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

std::string MotionSummaryCsv(const std::vector<MotionSummary>& summaries, double pixels_per_cm) {
  std::string text =
      "video,animal,frames,frames_seen,seen_s,distance_px,mean_speed_px_s,max_speed_px_s,"
      "mean_area_px,mean_elongation";
  const bool scaled = pixels_per_cm > 0;
  text += scaled ? ",distance_cm,mean_speed_cm_s,max_speed_cm_s\n" : "\n";
  const auto number = [](const std::optional<double>& value, double unit) {
    return value ? CsvNumber(*value / unit, 3) : std::string();
  };
  for (const MotionSummary& one : summaries) {
    text += CsvField(one.video) + "," + CsvField(one.animal) + "," + std::to_string(one.frames) +
            "," + std::to_string(one.frames_seen) + "," + CsvNumber(one.seen_s, 4) + "," +
            CsvNumber(one.distance_px, 2) + "," + number(one.mean_speed_px_s, 1) + "," +
            number(one.max_speed_px_s, 1) + "," + CsvNumber(one.mean_area_px, 1) + "," +
            CsvNumber(one.mean_elongation, 3);
    if (scaled) {
      text += "," + CsvNumber(one.distance_px / pixels_per_cm, 3) + "," +
              number(one.mean_speed_px_s, pixels_per_cm) + "," +
              number(one.max_speed_px_s, pixels_per_cm);
    }
    text += "\n";
  }
  return text;
}

}  // namespace datasets
