#include "app/model/session/shown_meetings.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <tuple>

#include "annotate/edits_meetings.h"
#include "datasets/store/connection.h"
#include "datasets/store/meetings/meeting_store.h"

namespace app {
namespace {

constexpr double kRoomAround = 1.25;  // of the largest outline, so that the surroundings show

struct Lie {  // how an outline lies in its picture
  cv::Point2d center;
  double angle = 0;   // degrees, of its length
  double radius = 0;  // farthest point
};

Lie LieOf(const datasets::Polygons& outline) {
  std::vector<cv::Point2f> points;
  Lie lie;
  double area = -1;
  for (const datasets::Ring& ring : outline) {  // its largest part says how it lies
    std::vector<cv::Point2f> own(ring.begin(), ring.end());
    const double size = own.size() < 3 ? 0 : cv::contourArea(own);
    if (size > area) area = size, points = std::move(own);
  }
  if (points.empty()) return lie;
  const cv::Moments m = cv::moments(points);
  if (m.m00 > 0) {
    lie.center = {m.m10 / m.m00, m.m01 / m.m00};
    lie.angle = 0.5 * std::atan2(2 * m.mu11, m.mu20 - m.mu02) * 180 / CV_PI;
    // The heavier end to the left.
    const double c = std::cos(lie.angle * CV_PI / 180), s = std::sin(lie.angle * CV_PI / 180);
    const double skew =
        c * c * c * m.mu30 + 3 * c * c * s * m.mu21 + 3 * c * s * s * m.mu12 + s * s * s * m.mu03;
    if (skew < 0) lie.angle += 180;
  } else {
    lie.center = points.front();
  }
  for (const auto& point : points) {
    lie.radius = std::max(lie.radius, cv::norm(cv::Point2d(point) - lie.center));
  }
  return lie;
}

// The same animals by the same names on both sides.
bool HaveSameSides(const datasets::MeetingRow& a, const datasets::MeetingRow& b) {
  const auto same = [](const datasets::MeetingAnimalRow& one,
                       const datasets::MeetingAnimalRow& other) {
    return std::tie(one.category_id, one.number, one.before_tracklet, one.after_tracklet) ==
           std::tie(other.category_id, other.number, other.before_tracklet, other.after_tracklet);
  };
  return a.id == b.id &&
         std::equal(a.animals.begin(), a.animals.end(), b.animals.begin(), b.animals.end(), same);
}

}  // namespace

MeetingLoader::Meetings MeetingLoader::Load(
    const datasets::Project& project, const std::map<datasets::Id, datasets::Id>& predict_job) {
  Meetings found;
  for (const auto& [video, job] : predict_job) {
    std::vector<datasets::Id> changes;
    project.Read([&, video = video](datasets::Connection& connection) {
      for (const auto& decision : datasets::ReadMeetingDecisions(connection, video)) {
        changes.push_back(decision.id);
      }
    });
    for (const auto& correction : project.Corrections(job, video)) changes.push_back(correction.id);
    Loaded& loaded = of_video_[video];
    if (loaded.job_id != job || loaded.changes != changes) {
      loaded.meetings.clear();
      loaded.why_none.clear();
      loaded.numbered = false;
      try {
        infer::MeetingList list = infer::ListMeetings(project, job, video);
        loaded.meetings = std::move(list.meetings);
        loaded.numbered = list.numbered;
        if (!list.known) {
          loaded.why_none = "its prediction has no list of meetings; predict it again";
        }
      } catch (const datasets::DatabaseError&) {
        throw;
      } catch (const datasets::Error& damaged) {  // no reason to show nothing else
        loaded.why_none = damaged.what();
      }
      loaded.job_id = job;
      loaded.changes = std::move(changes);
    }
    found.all.insert(found.all.end(), loaded.meetings.begin(), loaded.meetings.end());
    if (loaded.numbered) found.numbered.insert(video);
    if (!loaded.why_none.empty()) found.without_list[video] = loaded.why_none;
  }
  infer::SortByWorth(found.all);
  return found;
}

int CountOpen(const std::vector<infer::ReviewedMeeting>& meetings) {
  return static_cast<int>(std::count_if(meetings.begin(), meetings.end(),
                                        [](const auto& meeting) { return meeting.IsOpen(); }));
}

std::string OpenMeetingsText(const std::vector<infer::ReviewedMeeting>& meetings) {
  const int open = CountOpen(meetings);
  return open == 0   ? ""
         : open == 1 ? "1 meeting is open"
                     : std::to_string(open) + " meetings are open";
}

const infer::ReviewedMeeting* FindMeeting(const ProjectView& project, datasets::Id id) {
  for (const auto& meeting : project.meetings) {
    if (meeting.row.id == id) return &meeting;
  }
  return nullptr;
}

const infer::ReviewedMeeting* NextMeeting(const ProjectView& project, datasets::Id current) {
  const auto& all = project.meetings;
  size_t start = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].row.id == current) start = i + 1;
  }
  for (size_t step = 0; step < all.size(); ++step) {
    const auto& meeting = all[(start + step) % all.size()];
    if (meeting.IsOpen() && meeting.row.id != current) return &meeting;
  }
  return nullptr;
}

void RequestMeetingDecision(Session& session, datasets::Id meeting, infer::MeetingVerdict verdict,
                            int a, int b, double seconds) {
  session.PostEdit([=](datasets::Project&) {
    return annotate::DecideMeeting([=](datasets::Connection& connection) {
      std::vector<std::pair<int, int>> leaves_as;
      if (verdict == infer::MeetingVerdict::kExchange) leaves_as = {{a, b}, {b, a}};
      return infer::PlanDecision(connection, meeting, verdict, leaves_as, seconds);
    });
  });
}

MeetingSide CutSide(const cv::Mat& picture, const datasets::Polygons& outline, double pixels) {
  const Lie lie = LieOf(outline);
  const double scale = kSidePixels / std::max(1.0, pixels);
  cv::Mat turn = cv::getRotationMatrix2D(
      cv::Point2f(static_cast<float>(lie.center.x), static_cast<float>(lie.center.y)), lie.angle,
      scale);
  turn.at<double>(0, 2) += kSidePixels / 2.0 - lie.center.x;
  turn.at<double>(1, 2) += kSidePixels / 2.0 - lie.center.y;
  MeetingSide side;
  cv::warpAffine(picture, side.bgr, turn, {kSidePixels, kSidePixels},
                 scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  for (datasets::Ring ring : outline) {
    for (cv::Point2d& point : ring) {
      point = {
          turn.at<double>(0, 0) * point.x + turn.at<double>(0, 1) * point.y + turn.at<double>(0, 2),
          turn.at<double>(1, 0) * point.x + turn.at<double>(1, 1) * point.y +
              turn.at<double>(1, 2)};
    }
    side.outline.push_back(std::move(ring));
  }
  return side;
}

MeetingPictures::MeetingPictures(std::filesystem::path project_file, std::function<void()> wake,
                                 std::function<void(const std::string&)> say)
    : project_file_(std::move(project_file)),
      worker_(
          [this](const infer::ReviewedMeeting& meeting) {
            Read(meeting);
            return LatestWorker<infer::ReviewedMeeting>::Answered();
          },
          std::move(wake), std::move(say),
          LatestWorker<infer::ReviewedMeeting>::OnFailure::kForget) {}

std::shared_ptr<const MeetingPictures::Sides> MeetingPictures::Of(
    const infer::ReviewedMeeting& meeting) {
  std::scoped_lock lock(mutex_);
  if (!HaveSameSides(asked_, meeting.row)) {
    asked_ = meeting.row;
    worker_.Ask(meeting);
  }
  return sides_ && HaveSameSides(sides_->meeting, meeting.row) ? sides_ : nullptr;
}

void MeetingPictures::Read(const infer::ReviewedMeeting& reviewed) {
  const datasets::MeetingRow& meeting = reviewed.row;
  const auto project = datasets::Project::Open(project_file_, datasets::Project::Access::kReadOnly);
  const datasets::VideoRow video = project->VideoById(meeting.video_id);
  struct Wanted {
    int frame = 0, tracklet = 0, number = 0;
    datasets::Id category_id = 0;
    bool after = false;
    datasets::Polygons outline;
  };
  std::vector<Wanted> wanted;
  for (const auto& animal : meeting.animals) {
    if (animal.before_frame) {
      wanted.push_back({*animal.before_frame,
                        *animal.before_tracklet,
                        animal.number,
                        animal.category_id,
                        false,
                        {}});
    }
    if (animal.after_frame) {
      wanted.push_back({*animal.after_frame,
                        *animal.after_tracklet,
                        animal.number,
                        animal.category_id,
                        true,
                        {}});
    }
  }
  double radius = 0;
  for (Wanted& one : wanted) {
    for (const auto& row : project->PredictionsAt(meeting.job_id, meeting.video_id, one.frame)) {
      const bool is_it = reviewed.numbered
                             ? row.category_id == one.category_id && row.tracklet == one.number
                             : row.tracklet == one.tracklet;
      if (is_it) one.outline = row.polygons;
    }
    radius = std::max(radius, LieOf(one.outline).radius);
  }
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) {
    return std::tie(a.frame, a.number) < std::tie(b.frame, b.number);
  });
  auto sides = std::make_shared<Sides>();
  sides->meeting = meeting;
  datasets::VideoReader reader = project->OpenVideo(video);
  cv::Mat picture;
  int at = -1;
  for (const Wanted& one : wanted) {
    if (one.outline.empty()) continue;
    if (one.frame != at) picture = reader.Read(at = one.frame);
    MeetingSide side = CutSide(picture, one.outline, 2 * kRoomAround * radius);
    side.number = one.number;
    side.after = one.after;
    side.frame = one.frame;
    sides->sides.push_back(std::move(side));
  }
  std::scoped_lock lock(mutex_);
  sides_ = std::move(sides);
}

}  // namespace app
