#include "infer/review/review_queue.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "datasets/unknown_name.h"
#include "infer/review/doubt.h"
#include "infer/review/random_frames.h"

namespace infer {
namespace {

struct FrameView {
  int frame = 0;
  double wrong = 0;      // chance that anything in it is
  double suspicion = 0;  // of the worst animal, and that one is missing: whether it is listed
  Sign sign = Sign::kMissing;
  std::vector<int> classes;  // animals concerned
  std::vector<int> unknown;  // those of them without a name, by their numbers
  bool any_of_them = false;  // one of the classes is missing, and nobody knows which
  const ReviewAnimal* worst = nullptr;
};

int AnimalsAtOnce(const ReviewData& data) {
  return std::accumulate(data.max_instances.begin(), data.max_instances.end(), 0);
}

template <class Visit>
void ForEachFrame(const ReviewData& data, Visit visit) {
  size_t begin = 0;
  for (int frame = data.start_frame; frame < data.end_frame; ++frame) {
    size_t end = begin;
    while (end < data.animals.size() && data.animals[end].frame == frame) ++end;
    visit(frame, begin, end);
    begin = end;
  }
}

double MissingIn(const ReviewData& data, size_t count, double missing) {
  return static_cast<int>(count) < AnimalsAtOnce(data) ? missing : 0;
}

Sign WorstSign(const ReviewAnimal& animal, const ConfidenceModel& model) {
  size_t worst = 0;
  for (size_t s = 1; s < kSigns; ++s) {
    if (s == static_cast<size_t>(Sign::kMissing)) continue;  // told on its own
    if (model.weights[s] * animal.signs[s] > model.weights[worst] * animal.signs[worst]) worst = s;
  }
  return static_cast<Sign>(worst);
}

// Two signs may give one.
bool SameReason(Sign one, Sign other) {
  return InfoOf(one).reason.code == InfoOf(other).reason.code;
}

// Of an animal whose name is unknown nobody is told who it may be.
std::vector<int> ClassesOf(const ReviewData& data, const ReviewAnimal& animal, Sign sign) {
  if (data.UnknownOf(animal) >= 0) return {};
  std::vector<int> classes = {animal.class_index};
  const int other = data.tracklets[static_cast<size_t>(animal.tracklet)].runner_up;
  if (InfoOf(sign).between_two && other >= 0 && other != animal.class_index)
    classes.push_back(other);
  std::sort(classes.begin(), classes.end());
  return classes;
}

// Those that nobody in the frame is called.
std::vector<int> MissingClasses(const ReviewData& data, size_t begin, size_t end) {
  std::vector<int> left = data.max_instances;
  for (size_t a = begin; a < end; ++a) {
    const ReviewAnimal& animal = data.animals[a];
    if (data.UnknownOf(animal) < 0) --left[static_cast<size_t>(animal.class_index)];
  }
  std::vector<int> classes;
  for (size_t k = 0; k < left.size(); ++k) {
    if (left[k] > 0) classes.push_back(static_cast<int>(k));
  }
  return classes;
}

// The chance that any animal of the frame is wrong. Doubts of two about who is who are one.
double AnyWrong(const ReviewData& data, const ConfidenceModel& model, size_t begin, size_t end) {
  double right = 1;
  std::map<std::vector<int>, double> of_two;
  for (size_t a = begin; a < end; ++a) {
    const ReviewAnimal& animal = data.animals[a];
    const double wrong = model.Wrong(animal.signs);
    std::vector<int> classes = ClassesOf(data, animal, WorstSign(animal, model));
    if (classes.size() < 2) {
      right *= 1 - wrong;
      continue;
    }
    double& theirs = of_two[std::move(classes)];
    theirs = std::max(theirs, wrong);
  }
  for (const auto& [classes, wrong] : of_two) right *= 1 - wrong;
  return 1 - right;
}

FrameView Look(const ReviewData& data, const ConfidenceModel& model, double missing, int frame,
               size_t begin, size_t end) {
  FrameView view;
  view.frame = frame;
  double worst = 0;
  for (size_t a = begin; a < end; ++a) {
    const double wrong = model.Wrong(data.animals[a].signs);
    if (!view.worst || wrong > worst) {
      worst = wrong;
      view.worst = &data.animals[a];
    }
  }
  const double lacks = MissingIn(data, end - begin, missing);
  view.suspicion = 1 - (1 - worst) * (1 - lacks);
  view.wrong = 1 - (1 - AnyWrong(data, model, begin, end)) * (1 - lacks);
  if (lacks > worst || !view.worst) {
    view.sign = Sign::kMissing;
    view.classes = MissingClasses(data, begin, end);
    view.any_of_them =
        std::any_of(data.animals.begin() + static_cast<ptrdiff_t>(begin),
                    data.animals.begin() + static_cast<ptrdiff_t>(end),
                    [&](const ReviewAnimal& animal) { return data.UnknownOf(animal) >= 0; });
    view.worst = nullptr;
  } else {
    view.sign = WorstSign(*view.worst, model);
    view.classes = ClassesOf(data, *view.worst, view.sign);
    const int unknown = data.UnknownOf(*view.worst);
    if (unknown >= 0) view.unknown = {unknown};
  }
  return view;
}

// Levels of suspicion about twice as likely each.
int Band(double wrong) {
  constexpr double kLevels[] = {0.08, 0.14, 0.24, 0.38, 0.55, 0.75};
  return static_cast<int>(std::upper_bound(std::begin(kLevels), std::end(kLevels), wrong) -
                          std::begin(kLevels));
}

using Run = std::vector<FrameView>;  // neighboring frames with one reason

int LevelOf(const Run& run) {
  std::vector<double> wrong;
  for (const FrameView& view : run) wrong.push_back(view.wrong);
  const auto middle = wrong.begin() + static_cast<ptrdiff_t>(wrong.size() / 2);
  std::nth_element(wrong.begin(), middle, wrong.end());
  return Band(*middle);
}

// Cuts a run where its suspicion changes for longer than a moment: parts begin at a new level; the
// shortest joins the neighbor of the nearer level until all are long enough.
std::vector<Run> CutAtLevels(const Run& run, double fps) {
  const size_t shortest = static_cast<size_t>(std::max(2.0, 0.12 * fps));  // frames
  std::vector<Run> parts;
  for (const FrameView& view : run) {
    if (parts.empty() || Band(view.wrong) != Band(parts.back().back().wrong)) parts.emplace_back();
    parts.back().push_back(view);
  }
  const auto join = [&](size_t left) {
    parts[left].insert(parts[left].end(), parts[left + 1].begin(), parts[left + 1].end());
    parts.erase(parts.begin() + static_cast<ptrdiff_t>(left) + 1);
  };
  while (parts.size() > 1) {
    size_t least = 0;
    for (size_t p = 1; p < parts.size(); ++p) {
      if (parts[p].size() < parts[least].size()) least = p;
    }
    if (parts[least].size() >= shortest) break;
    const int level = LevelOf(parts[least]);
    const int left = least > 0 ? std::abs(LevelOf(parts[least - 1]) - level) : 9;
    const int right = least + 1 < parts.size() ? std::abs(LevelOf(parts[least + 1]) - level) : 9;
    join(left <= right ? least - 1 : least);
    for (size_t p = 0; p + 1 < parts.size();) {
      if (LevelOf(parts[p]) == LevelOf(parts[p + 1])) {
        join(p);
      } else {
        ++p;
      }
    }
  }
  return parts;
}

// The names of animals, and of those without one what they are called and each by its number.
std::string AnimalsText(const ReviewData& data, const std::vector<std::string>& names,
                        const std::vector<int>& unknown) {
  nlohmann::json animals = names;
  if (!unknown.empty()) animals.push_back(data.unknown_name);
  for (const int number : unknown) animals.push_back(datasets::UnknownAnimalText(number));
  return animals.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

datasets::ReviewItemRow ItemOf(const ReviewData& data, const Run& run) {
  datasets::ReviewItemRow item;
  item.video_id = data.video_id;
  item.start_frame = run.front().frame;
  item.end_frame = run.back().frame + 1;
  std::vector<double> wrong;
  const FrameView* peak = &run.front();
  for (const FrameView& view : run) {
    wrong.push_back(view.wrong);
    if (view.wrong > peak->wrong) peak = &view;
  }
  std::sort(wrong.rbegin(), wrong.rend());
  const size_t top = (wrong.size() + 1) / 2;
  item.score = std::accumulate(wrong.begin(), wrong.begin() + static_cast<ptrdiff_t>(top), 0.0) /
               static_cast<double>(top);
  item.reason_code = InfoOf(peak->sign).reason.code;
  item.reason = InfoOf(peak->sign)
                    .tell({data, peak->worst, peak->classes, item.start_frame, item.end_frame,
                           peak->any_of_them});
  std::vector<std::string> names;
  for (int k : peak->classes) names.push_back(data.classes[static_cast<size_t>(k)]);
  item.animals_json = AnimalsText(data, names, peak->unknown);
  return item;
}

std::vector<int> UnknownIn(const ReviewData& data, int frame) {
  const auto less = [](const ReviewAnimal& animal, int f) { return animal.frame < f; };
  std::vector<int> unknown;
  for (auto a = std::lower_bound(data.animals.begin(), data.animals.end(), frame, less);
       a != data.animals.end() && a->frame == frame; ++a) {
    if (data.UnknownOf(*a) >= 0) unknown.push_back(data.UnknownOf(*a));
  }
  return unknown;
}

void AddAudit(const ReviewData& data, const std::vector<double>& suspicion,
              const QueueOptions& options, std::vector<datasets::ReviewItemRow>& items) {
  const int frames = data.end_frame - data.start_frame;
  if (frames <= 0 || options.audit_share <= 0) return;
  const double share = options.audit_share / (1 - options.audit_share);
  const size_t wanted = std::min<size_t>(
      static_cast<size_t>(frames),
      std::max({size_t{1}, static_cast<size_t>(options.audit_frames),
                static_cast<size_t>(std::ceil(share * static_cast<double>(items.size())))}));
  RandomFrames random(frames, options.seed);
  for (size_t drawn = 0; drawn < wanted; ++drawn) {
    const int frame = random.Next();
    datasets::ReviewItemRow item;
    item.video_id = data.video_id;
    item.start_frame = data.start_frame + frame;
    item.end_frame = item.start_frame + 1;
    item.reason_code = datasets::kAuditReason.code;
    item.reason = "drawn at random, to check that the confidences can be trusted";
    item.score = suspicion[static_cast<size_t>(frame)];
    item.animals_json = AnimalsText(data, data.classes, UnknownIn(data, item.start_frame));
    items.push_back(std::move(item));
  }
}

}  // namespace

double ShareOfFullFrames(const ReviewData& data) {
  if (data.end_frame <= data.start_frame) return 0;
  int full = 0;
  ForEachFrame(data, [&](int, size_t begin, size_t end) {
    full += static_cast<int>(end - begin) >= AnimalsAtOnce(data);
  });
  return static_cast<double>(full) / (data.end_frame - data.start_frame);
}

std::vector<double> FrameSuspicion(const ReviewData& data, const ConfidenceModel& model,
                                   double missing) {
  std::vector<double> suspicion;
  ForEachFrame(data, [&](int, size_t begin, size_t end) {
    suspicion.push_back(1 - (1 - AnyWrong(data, model, begin, end)) *
                                (1 - MissingIn(data, end - begin, missing)));
  });
  return suspicion;
}

std::vector<datasets::ReviewItemRow> MakeEpisodes(const ReviewData& data,
                                                  const ConfidenceModel& model, double missing,
                                                  const QueueOptions& options) {
  std::vector<datasets::ReviewItemRow> items;
  Run run;
  const auto close = [&] {
    for (const Run& part : CutAtLevels(run, data.fps)) items.push_back(ItemOf(data, part));
    run.clear();
  };
  const int bridge = std::max(1, static_cast<int>(0.1 * data.fps));  // frames
  ForEachFrame(data, [&](int frame, size_t begin, size_t end) {
    FrameView view = Look(data, model, missing, frame, begin, end);
    if (view.suspicion < options.least_suspicion) return;
    if (!run.empty()) {
      const FrameView& last = run.back();
      const bool together = view.frame - last.frame <= bridge && SameReason(view.sign, last.sign) &&
                            view.classes == last.classes && view.unknown == last.unknown &&
                            view.any_of_them == last.any_of_them;
      if (!together) close();
    }
    run.push_back(std::move(view));
  });
  close();
  std::stable_sort(items.begin(), items.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  AddAudit(data, FrameSuspicion(data, model, missing), options, items);
  return items;
}

}  // namespace infer
