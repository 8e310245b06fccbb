#include "infer/names/group.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "datasets/base/error.h"
#include "infer/names/evidence.h"
#include "infer/track/follow.h"

namespace infer {
namespace {

constexpr double kMomentSeconds = 0.2;
constexpr double kMostAbsenceSeconds = 60;
constexpr double kSamePlace = 3;     // body lengths: no other is likely to come up so near
constexpr double kReturnOdds = 2.5;  // log-odds at that very place, at once
constexpr double kSizeSpread = 0.15, kMostSizeOdds = 2;  // of an animal's mean area, log
constexpr double kBeside = 4, kBesideSeconds = 2;        // body lengths; seconds of absence
constexpr size_t kMostReturns = 3;                       // candidates of one that appears

std::string Text(int number) { return std::to_string(number); }

// Where a tracklet begins and ends, and how large its animal is.
struct Summary {
  cv::Point2d start, end;
  double log_area = 0;  // mean of the rows away from the border, of all where there are none
  int rows = 0;
};

std::vector<Summary> Summaries(const TrackRecord& record, size_t tracklets) {
  std::vector<Summary> summaries(tracklets);
  std::vector<double> inner(tracklets, 0), all(tracklets, 0);
  std::vector<int> inner_rows(tracklets, 0);
  for (const AnimalFrame& row : record.rows()) {
    const size_t t = static_cast<size_t>(row.tracklet);
    Summary& summary = summaries[t];
    if (summary.rows++ == 0) summary.start = {row.x, row.y};
    summary.end = {row.x, row.y};
    const double log_area = std::log(std::max(row.area, 1.f));
    all[t] += log_area;
    if (row.at_border || row.touching) continue;
    inner[t] += log_area;
    ++inner_rows[t];
  }
  for (size_t t = 0; t < tracklets; ++t) {
    Summary& summary = summaries[t];
    summary.log_area =
        inner_rows[t] > 0 ? inner[t] / inner_rows[t] : all[t] / std::max(1, summary.rows);
  }
  return summaries;
}

}  // namespace

GroupPlan PlanGroup(const train::ModelInfo& info, const std::string& asked) {
  GroupPlan plan;
  plan.info = info;
  if (asked != "auto") {
    const std::string thing = "option 'animals'";
    const bool is_number = !asked.empty() && asked.size() < 9 &&
                           std::all_of(asked.begin(), asked.end(),
                                       [](unsigned char c) { return std::isdigit(c) != 0; });
    const int count = is_number ? std::stoi(asked) : 0;
    if (count < 1) {
      throw datasets::Error(thing, "'" + asked + "' is no number of animals",
                            "give a number from 1 to " + Text(kMostAnimals) + ", or auto");
    }
    if (count > kMostAnimals) {
      throw datasets::Error(thing,
                            "no more than " + Text(kMostAnimals) +
                                " animals can be told apart in a video, and " + asked +
                                " were asked for",
                            "give at most " + Text(kMostAnimals));
    }
    if (info.classes.size() > 1) {
      throw datasets::Error(thing,
                            "the model knows " + Text(static_cast<int>(info.classes.size())) +
                                " animals by name, and how many of each",
                            "leave it out; it is for animals that nobody named");
    }
    plan.info.max_instances = {count};
  }
  plan.info.max_instances.resize(info.classes.size(), 1);
  for (int& most : plan.info.max_instances) most = std::max(1, most);
  plan.open = asked == "auto" && info.classes.size() == 1 && plan.info.max_instances[0] > 1;
  const int animals =
      std::accumulate(plan.info.max_instances.begin(), plan.info.max_instances.end(), 0);
  if (animals > kMostAnimals) {  // a whole video would be predicted before that is found out
    throw datasets::Error(
        "the model",
        "it knows " + Text(animals) + " animals at once, and no more than " + Text(kMostAnimals) +
            " can be told apart in a video",
        "train on labels with fewer names, or fewer animals of a name in a frame");
  }
  return plan;
}

int AnimalsAtOnce(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                  const train::ModelInfo& info, double fps) {
  EvidenceOptions options;
  options.fps = fps;
  const std::vector<TrackletEvidence> evidence = EvidenceOf(record, tracklets, info, options);
  const int moment = std::max(2, cvRound(kMomentSeconds * fps));
  std::map<int, int> frames_with;  // so many animals
  const auto& rows = record.rows();
  for (size_t begin = 0; begin < rows.size();) {
    int here = 0;
    size_t end = begin;
    for (; end < rows.size() && rows[end].frame == rows[begin].frame; ++end) {
      const size_t t = static_cast<size_t>(rows[end].tracklet);
      const bool lasts = tracklets[t].contact || tracklets[t].beside ||
                         tracklets[t].end_frame - tracklets[t].start_frame >= moment;
      here += lasts && evidence[t].drop_cost > 0;
    }
    ++frames_with[here];
    begin = end;
  }
  int frames = 0;
  for (auto count = frames_with.rbegin(); count != frames_with.rend(); ++count) {
    frames += count->second;
    if (frames >= moment) return std::max(1, count->first);
  }
  return frames_with.empty() ? 1 : std::max(1, frames_with.begin()->first);
}

std::vector<Link> ReturnLinks(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                              const std::vector<Link>& links, double fps) {
  const size_t count = tracklets.size();
  std::vector<bool> goes_on(count, false), comes_from(count, false);
  for (const Link& link : links) {
    if (link.log_odds <= 0) continue;
    goes_on[static_cast<size_t>(link.from)] = true;
    comes_from[static_cast<size_t>(link.to)] = true;
  }
  const std::vector<Summary> summaries = Summaries(record, count);
  std::vector<size_t> lost, order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  for (size_t t = 0; t < count; ++t) {
    if (!goes_on[t] && summaries[t].rows > 0) lost.push_back(t);
  }
  const auto by_end = [&](size_t a, size_t b) {
    return tracklets[a].end_frame < tracklets[b].end_frame;
  };
  std::stable_sort(lost.begin(), lost.end(), by_end);
  std::vector<Link> returns;
  for (size_t to = 0; to < count; ++to) {
    if (comes_from[to] || summaries[to].rows == 0) continue;
    std::vector<Link> candidates;
    for (size_t n = lost.size(); n-- > 0;) {
      const size_t from = lost[n];
      const double absence = (tracklets[to].start_frame - tracklets[from].end_frame) / fps;
      if (absence < 0) continue;
      if (absence > kMostAbsenceSeconds) break;
      const double body = BodyLength(std::exp(summaries[from].log_area));
      const double away = cv::norm(summaries[to].start - summaries[from].end) / body;
      const double z = (summaries[to].log_area - summaries[from].log_area) / kSizeSpread;
      const double place = kReturnOdds * (1 - away / kSamePlace) / (1 + absence / 10);
      const double size = std::max(-kMostSizeOdds, 0.3 - 0.5 * z * z);
      candidates.push_back({static_cast<int>(from), static_cast<int>(to),
                            std::clamp(std::max(place, -0.5) + size, -kReturnOdds, kReturnOdds)});
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Link& a, const Link& b) { return a.log_odds > b.log_odds; });
    if (candidates.size() > kMostReturns) candidates.resize(kMostReturns);
    returns.insert(returns.end(), candidates.begin(), candidates.end());
  }
  return returns;
}

std::vector<int> OpenNumbers(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                             const std::vector<Link>& links,
                             const std::vector<NamedTracklet>& names, double fps) {
  std::vector<std::vector<Link>> comes_from(tracklets.size());
  for (const Link& link : links) {
    if (link.log_odds > 0) comes_from[static_cast<size_t>(link.to)].push_back(link);
  }
  for (std::vector<Link>& from : comes_from) {  // what people know first: its odds are infinite
    std::stable_sort(from.begin(), from.end(),
                     [](const Link& a, const Link& b) { return a.log_odds > b.log_odds; });
  }
  const std::vector<Summary> summaries = Summaries(record, tracklets.size());
  // Near where the other was just seen: the one animal of all that is missing there.
  const auto beside = [&](size_t from, size_t to) {
    const double absence = (tracklets[to].start_frame - tracklets[from].end_frame) / fps;
    const double body = BodyLength(std::exp(summaries[from].log_area));
    return absence <= kBesideSeconds &&
           cv::norm(summaries[to].start - summaries[from].end) <= kBeside * body;
  };
  std::vector<size_t> order(tracklets.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return tracklets[a].start_frame < tracklets[b].start_frame;
  });
  std::vector<int> numbers(tracklets.size(), -1);
  std::map<int, std::pair<int, size_t>> held_by;  // slot: number, last tracklet
  std::vector<int> seen_until;                    // by number
  const auto is_free = [&](int number, size_t t) {
    return number >= 0 && seen_until[static_cast<size_t>(number)] <= tracklets[t].start_frame;
  };
  for (const size_t t : order) {
    const int slot = names[t].number;
    if (slot < 0) continue;
    // The search has the same slot for those that it takes for one animal; others may have come and
    // gone in that slot meanwhile.
    int number = -1;
    for (const Link& link : comes_from[t]) {
      const size_t from = static_cast<size_t>(link.from);
      const bool is_meant = names[from].number == slot || std::isinf(link.log_odds);
      if (number < 0 && is_meant && is_free(numbers[from], t)) number = numbers[from];
    }
    const auto held = held_by.find(slot);
    if (number < 0 && held != held_by.end() && beside(held->second.second, t) &&
        is_free(held->second.first, t)) {
      number = held->second.first;
    }
    if (number < 0) {
      number = static_cast<int>(seen_until.size());
      seen_until.push_back(0);
    }
    numbers[t] = number;
    int& until = seen_until[static_cast<size_t>(number)];
    until = std::max(until, tracklets[t].end_frame);
    held_by[slot] = {number, t};
  }
  return numbers;
}

}  // namespace infer
