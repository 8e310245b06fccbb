#include "app/model/session/shown_meetings.h"

#include <algorithm>
#include <tuple>

#include "annotate/edits_meetings.h"
#include "datasets/store/connection.h"
#include "datasets/store/meetings/meeting_store.h"

namespace app {
namespace {

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

// Animals of a prediction that had no name until a person gave them one.
int CountNamed(const datasets::Project& project, datasets::Id job, datasets::Id video) {
  const auto unknown = datasets::UnknownOf(project.Categories());
  std::set<int> named;
  const auto corrections = project.Corrections(job, video);
  for (const auto& correction : corrections) {
    if (!unknown || correction.category_id != unknown || !correction.number) continue;
    datasets::PredictionRow row;
    row.category_id = *unknown;
    row.tracklet = *correction.number;
    row.frame_index = correction.start_frame;
    datasets::Correct(corrections, &row);
    if (row.category_id != *unknown) named.insert(row.tracklet);
  }
  return static_cast<int>(named.size());
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
      loaded.unknown.clear();
      loaded.named_unknown = CountNamed(project, job, video);
      loaded.why_none.clear();
      loaded.numbered = false;
      try {
        infer::MeetingList list = infer::ListMeetings(project, job, video);
        loaded.meetings = std::move(list.meetings);
        loaded.numbered = list.numbered;
        for (const auto& animal : infer::UnknownAnimals(project, job, video)) {
          loaded.unknown.push_back({video, job, animal});
        }
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
    found.unknown.insert(found.unknown.end(), loaded.unknown.begin(), loaded.unknown.end());
    found.named_unknown += loaded.named_unknown;
    if (loaded.numbered) found.numbered.insert(video);
    if (!loaded.why_none.empty()) found.without_list[video] = loaded.why_none;
  }
  infer::SortByWorth(found.all);
  std::stable_sort(found.unknown.begin(), found.unknown.end(), [](const auto& a, const auto& b) {
    return a.animal.end_frame - a.animal.start_frame > b.animal.end_frame - b.animal.start_frame;
  });
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
  for (Wanted& one : wanted) {
    for (const auto& row : project->PredictionsAt(meeting.job_id, meeting.video_id, one.frame)) {
      const bool is_it = reviewed.numbered
                             ? row.category_id == one.category_id && row.tracklet == one.number
                             : row.tracklet == one.tracklet;
      if (is_it) one.outline = row.polygons;
    }
  }
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) {
    return std::tie(a.frame, a.number) < std::tie(b.frame, b.number);
  });
  std::vector<CutWish> wishes;
  for (const Wanted& one : wanted) wishes.push_back({meeting.video_id, one.frame, one.outline});
  const std::vector<AnimalCut> cuts = CutAnimals(*project, wishes);
  auto sides = std::make_shared<Sides>();
  sides->meeting = meeting;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!cuts[i].bgr.empty()) sides->sides.push_back({cuts[i], wanted[i].number, wanted[i].after});
  }
  std::scoped_lock lock(mutex_);
  sides_ = std::move(sides);
}

}  // namespace app
