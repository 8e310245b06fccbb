// Key points of a video's animals, frame by frame: what a person set, else what a machine found.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "datasets/project.h"

namespace datasets {

struct AnimalPoint {
  double x = 0, y = 0;    // image pixels, continuous: the first pixel's center is (0.5, 0.5)
  double confidence = 0;  // 0..1, of a person's point 1; 0: there is none
};
using AnimalPoints = std::vector<AnimalPoint>;  // one for each name that was asked for

// Points of one video. A person who set any point of an animal on a frame has said where all of
// them are: those that stand there count alone. On other frames the prediction's count, of several
// rows of one animal those of the highest score.
class PointsOfVideo {
 public:
  // Points by `names`; `job_id` 0: no predictions.
  PointsOfVideo(const Project& project, const VideoRow& video, Id job_id,
                const std::vector<std::string>& names);
  bool empty() const { return labeled_.empty() && !any_predicted_; }
  // By category; `predicted`: the rows of the job on the frame.
  std::map<Id, AnimalPoints> At(int frame, const std::vector<PredictionRow>& predicted) const;
  // The same with rows that are read here.
  std::map<Id, AnimalPoints> At(int frame) const;

 private:
  const Project& project_;
  Id video_id_ = 0, job_id_ = 0;
  std::map<std::string, size_t> places_;
  std::map<int, std::map<Id, AnimalPoints>> labeled_;  // by frame
  bool any_predicted_ = false;
};

// Which points a measure looks at, by place among the names; -1: none.
struct PointChoice {
  std::vector<std::string> names;
  int zone = -1;                           // stands for the animal in zones
  int heading_from = -1, heading_to = -1;  // the way that the animal looks
  double least = 0;                        // points of less confidence count as not found
  bool Has(const AnimalPoints& points, int place) const {
    const auto at = static_cast<size_t>(place);
    return place >= 0 && at < points.size() && points[at].confidence > 0 &&
           points[at].confidence >= least;
  }
};
// `zone_point` is a name or "", `heading` "" or "FROM:TO". Throws Error naming the option for a
// point that is none of `names`, which are listed.
PointChoice ChoosePoints(const std::vector<std::string>& names, const std::string& zone_point,
                         const std::string& heading, double least);

}  // namespace datasets
