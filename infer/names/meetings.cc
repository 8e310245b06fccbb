#include "infer/names/meetings.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include "datasets/base/as_index.h"

namespace infer {
namespace {

constexpr double kAloneSeconds = 0.2;  // shorter, between two doubts, is no time to tell them apart
constexpr double kLongSeconds = 1;     // an absence as long is left and entered apart
constexpr float kNearBodies = 1.25f;   // animals this near can be taken for each other
constexpr float kBodiesAFrame = 0.5f;  // that an animal may run unseen, at 25 frames/s

// A stretch in which one number is not followed without doubt.
struct UnsureStretch {
  int number = 0;
  int first = 0, end = 0;  // last frame before to first frame after
  int before = -1, after = -1;
  bool contact = false, gap = false, to_end = false;
  float split_sum = 0;
  int split_count = 0;
  cv::Rect2f place;  // where it may have been meanwhile
};

struct Absence {  // too long to be one stretch of doubt, or open at an end
  int number = 0;
  int first = 0, end = 0;       // frames without it
  int before = -1, after = -1;  // tracklets
};

cv::Rect2f Grown(const cv::Rect2f& rect, float by) {
  return {rect.x - by, rect.y - by, rect.width + 2 * by, rect.height + 2 * by};
}

// Unlike cv::Rect's operator, a point counts.
cv::Rect2f Joined(const cv::Rect2f& a, const cv::Rect2f& b) {
  const float x = std::min(a.x, b.x), y = std::min(a.y, b.y);
  return {x, y, std::max(a.x + a.width, b.x + b.width) - x,
          std::max(a.y + a.height, b.y + b.height) - y};
}

bool Meet(const cv::Rect2f& a, const cv::Rect2f& b) {
  return a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height &&
         b.y <= a.y + a.height;
}

cv::Rect2f PointRect(const cv::Point2f& point) { return {point.x, point.y, 0, 0}; }

class Finder {
 public:
  Finder(const std::vector<NamedRun>& runs, const MeetingOptions& options)
      : runs_(runs), options_(options) {
    alone_frames_ = std::max(3, cvRound(kAloneSeconds * options.fps));
    long_frames_ = std::max(2, cvRound(kLongSeconds * options.fps));
    reach_a_frame_ = static_cast<float>(kBodiesAFrame * 25 / std::max(1.0, options.fps));
  }

  std::vector<Meeting> Find() {
    std::map<int, std::vector<int>> chains;
    for (size_t t = 0; t < runs_.size(); ++t) {
      if (runs_[t].number >= 0) chains[runs_[t].number].push_back(static_cast<int>(t));
    }
    for (int number = 0; number < options_.numbers; ++number) {
      std::vector<int>& chain = chains[number];
      std::sort(chain.begin(), chain.end(), [&](int a, int b) {
        return runs_[datasets::AsIndex(a)].start_frame < runs_[datasets::AsIndex(b)].start_frame;
      });
      Follow(number, chain);
    }
    return Group();
  }

 private:
  const NamedRun& Run(int t) const { return runs_[datasets::AsIndex(t)]; }
  float Reach(float body, int frames) const {
    return body * (kNearBodies + reach_a_frame_ * static_cast<float>(std::max(0, frames)));
  }

  void Include(UnsureStretch& doubt, const cv::Rect2f& place, float body, int unseen) const {
    const cv::Rect2f grown = Grown(place, Reach(body, unseen));
    doubt.place = doubt.place.width > 0 ? Joined(doubt.place, grown) : grown;
  }

  UnsureStretch Open(int number, int before) const {
    UnsureStretch doubt;
    doubt.number = number;
    doubt.before = before;
    return doubt;
  }

  // The doubts and absences of one number, in order of time.
  void Follow(int number, const std::vector<int>& chain) {
    if (chain.empty()) {
      absences_.push_back({number, options_.start_frame, options_.end_frame, -1, -1});
      return;
    }
    int alone = -1;  // the last tracklet in which it was alone
    bool open = false;
    UnsureStretch doubt;
    const auto close = [&](int after, int end) {
      doubt.after = after;
      doubt.end = end;
      doubts_.push_back(doubt);
      open = false;
    };
    for (size_t c = 0; c < chain.size(); ++c) {
      const NamedRun& run = Run(chain[c]);
      const int previous = c > 0 ? chain[c - 1] : -1;
      const int last_seen = previous >= 0 ? Run(previous).end_frame : options_.start_frame;
      const int unseen = run.start_frame - last_seen;
      const bool comes = previous < 0 ? unseen > 0 : unseen > long_frames_;
      if (comes) {  // (back): what it did before it left is a matter of its own
        if (open) close(-1, last_seen);
        absences_.push_back({number, last_seen, run.start_frame, alone, chain[c]});
        doubt = Open(number, alone);
        doubt.first = run.start_frame - 1;
        doubt.gap = true;
        open = true;
      } else if (previous >= 0) {
        if (!open) {
          doubt = Open(number, alone);
          doubt.first = last_seen - 1;
          open = true;
        }
        doubt.gap = doubt.gap || unseen > 0;
        Include(doubt, PointRect(Run(previous).last), Run(previous).body, unseen);
      }
      if (run.contact && !open) {  // from the first frame on
        doubt = Open(number, alone);
        doubt.first = run.start_frame;
        open = true;
      }
      if (open) {
        Include(doubt, run.contact ? run.around : PointRect(run.first), run.body,
                comes ? 0 : std::max(0, unseen));
      }
      if (run.contact) {
        doubt.contact = true;
        if (run.split_agreement >= 0) {
          doubt.split_sum += run.split_agreement;
          ++doubt.split_count;
        }
        continue;
      }
      const bool last = c + 1 == chain.size();
      const bool brief = !last && open && run.end_frame - run.start_frame < alone_frames_ &&
                         Run(chain[c + 1]).start_frame - run.end_frame <= long_frames_;
      if (brief) {
        Include(doubt, run.around, run.body, 0);
        continue;
      }
      if (open) close(chain[c], run.start_frame + 1);
      alone = chain[c];
    }
    const int end = Run(chain.back()).end_frame;
    if (open) {
      doubt.to_end = Run(chain.back()).contact && end >= options_.end_frame;
      close(doubt.to_end ? chain.back() : -1, end);
    }
    if (end < options_.end_frame) {
      absences_.push_back({number, end, options_.end_frame, alone, -1});
    }
  }

  // Whether an animal that is away may be meant by what happens in `place` at [first, end). Where
  // it comes back says nothing about that: if it was meant, another came back there.
  bool MayBeThere(const Absence& absence, const cv::Rect2f& place, int first, int end) const {
    if (absence.end <= first || absence.first >= end) return false;
    // Of a group that grows, who has never been seen is no one yet.
    if (absence.before < 0) return !options_.open;
    const NamedRun& left = Run(absence.before);
    const int frames = end - left.end_frame;
    return Meet(Grown(PointRect(left.last), Reach(left.body, frames)), place);
  }

  // Whether it was last seen where the meeting is, as at the door of a shelter: then it may have
  // come out while another went in, even where as many come out of the contact as went in.
  bool IsHiddenThere(const Absence& absence, const cv::Rect2f& place, int first, int end) const {
    if (absence.before < 0 || absence.end <= first || absence.first >= end) return false;
    const NamedRun& left = Run(absence.before);
    return Meet(Grown(PointRect(left.last), Reach(left.body, 0)), place);
  }

  int Root(int d) {
    while (parent_[datasets::AsIndex(d)] != d)
      d = parent_[datasets::AsIndex(d)] = parent_[datasets::AsIndex(parent_[datasets::AsIndex(d)])];
    return d;
  }

  std::vector<Meeting> Group() {
    std::sort(doubts_.begin(), doubts_.end(), [](const UnsureStretch& a, const UnsureStretch& b) {
      return std::tie(a.first, a.number) < std::tie(b.first, b.number);
    });
    parent_.resize(doubts_.size());
    std::iota(parent_.begin(), parent_.end(), 0);
    std::vector<size_t> going;
    for (size_t d = 0; d < doubts_.size(); ++d) {
      going.erase(std::remove_if(going.begin(), going.end(),
                                 [&](size_t g) { return doubts_[g].end <= doubts_[d].first; }),
                  going.end());
      for (const size_t g : going) {
        if (Meet(doubts_[g].place, doubts_[d].place)) {
          parent_[datasets::AsIndex(Root(static_cast<int>(d)))] = Root(static_cast<int>(g));
        }
      }
      going.push_back(d);
    }
    std::map<int, std::vector<size_t>> groups;
    for (size_t d = 0; d < doubts_.size(); ++d) groups[Root(static_cast<int>(d))].push_back(d);
    std::vector<Meeting> meetings;
    for (const auto& [root, members] : groups) {
      Meeting meeting = Make(members);
      if (meeting.animals.size() > 1) meetings.push_back(std::move(meeting));
    }
    std::sort(meetings.begin(), meetings.end(), [](const Meeting& a, const Meeting& b) {
      return std::tie(a.start_frame, a.end_frame) < std::tie(b.start_frame, b.end_frame);
    });
    return meetings;
  }

  Meeting Make(const std::vector<size_t>& members) {
    Meeting meeting;
    meeting.start_frame = doubts_[members.front()].first;
    meeting.end_frame = doubts_[members.front()].end;
    std::map<int, MeetingAnimal> animals;
    std::map<int, std::pair<float, int>> splits;
    bool contact = false, gap = false, complete = true;
    cv::Rect2f place = doubts_[members.front()].place;
    for (const size_t m : members) {  // in order of time
      const UnsureStretch& doubt = doubts_[m];
      meeting.start_frame = std::min(meeting.start_frame, doubt.first);
      meeting.end_frame = std::max(meeting.end_frame, doubt.end);
      contact = contact || doubt.contact;
      gap = gap || doubt.gap;
      meeting.to_end = meeting.to_end || doubt.to_end;
      complete = complete && doubt.contact && doubt.before >= 0 && doubt.after >= 0;
      place = Joined(place, doubt.place);
      const auto [animal, fresh] = animals.try_emplace(doubt.number);
      if (fresh) animal->second.before = doubt.before;
      animal->second.number = doubt.number;
      animal->second.after = doubt.after;
      splits[doubt.number].first += doubt.split_sum;
      splits[doubt.number].second += doubt.split_count;
    }
    for (auto& [number, animal] : animals) {
      const auto [sum, count] = splits[number];
      if (count > 0) animal.split_agreement = sum / static_cast<float>(count);
    }
    // An animal that nobody sees may be meant too; where all were followed in and out, only one
    // that goes or comes meanwhile, or is hidden at that very place.
    complete = complete && animals.size() > 1;
    for (const Absence& absence : absences_) {
      const bool changes =
          (absence.first >= meeting.start_frame && absence.first < meeting.end_frame) ||
          (absence.end > meeting.start_frame && absence.end < meeting.end_frame);
      const bool may_be_meant =
          complete && !changes
              ? IsHiddenThere(absence, place, meeting.start_frame, meeting.end_frame)
              : MayBeThere(absence, place, meeting.start_frame, meeting.end_frame);
      if (animals.count(absence.number) || !may_be_meant) continue;
      animals[absence.number] = {absence.number, absence.before, absence.after, -1, true};
    }
    meeting.kind = contact ? Meeting::Kind::kContact
                   : gap   ? Meeting::Kind::kGap
                           : Meeting::Kind::kJump;
    meeting.start_frame = std::max(meeting.start_frame, options_.start_frame);
    for (const auto& [number, animal] : animals) meeting.animals.push_back(animal);
    return meeting;
  }

  const std::vector<NamedRun>& runs_;
  const MeetingOptions options_;
  int alone_frames_, long_frames_;
  float reach_a_frame_;  // body lengths
  std::vector<UnsureStretch> doubts_;
  std::vector<Absence> absences_;
  std::vector<int> parent_;
};

}  // namespace

std::string NameOf(Meeting::Kind kind) {
  return kind == Meeting::Kind::kContact ? "contact" : kind == Meeting::Kind::kGap ? "gap" : "jump";
}

std::vector<NamedRun> NamedRunsOf(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                                  const std::vector<NamedTracklet>& names) {
  std::vector<NamedRun> runs(tracklets.size());
  std::vector<double> area(tracklets.size(), 0), split(tracklets.size(), 0);
  std::vector<int> frames(tracklets.size(), 0), cut(tracklets.size(), 0);
  for (const AnimalFrame& row : record.rows()) {
    const size_t t = datasets::AsIndex(row.tracklet);
    NamedRun& run = runs[t];
    const cv::Point2f at(row.x, row.y);
    if (frames[t]++ == 0) {
      run.number = names[t].number;
      run.class_index = names[t].class_index;
      run.unknown = names[t].unknown;
      run.chance = names[t].probability;
      run.contact = tracklets[t].contact || tracklets[t].beside;
      run.start_frame = row.frame;
      run.first = at;
      run.around = PointRect(at);
    }
    run.end_frame = row.frame + 1;
    run.last = at;
    run.around = Joined(run.around, PointRect(at));
    area[t] += row.area;
    if (row.touching) {
      split[t] += row.split_agreement;
      ++cut[t];
    }
  }
  for (size_t t = 0; t < runs.size(); ++t) {
    if (frames[t] > 0) runs[t].body = static_cast<float>(std::sqrt(area[t] / frames[t]));
    if (cut[t] > 0) runs[t].split_agreement = static_cast<float>(split[t] / cut[t]);
  }
  return runs;
}

std::vector<Meeting> FindMeetings(const std::vector<NamedRun>& runs,
                                  const MeetingOptions& options) {
  if (options.numbers < 2) return {};
  return Finder(runs, options).Find();
}

}  // namespace infer
