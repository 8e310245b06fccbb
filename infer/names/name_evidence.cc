#include "infer/names/name_evidence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "datasets/base/error.h"

namespace infer {
namespace {

using nlohmann::json;

constexpr double kSureOdds = std::numeric_limits<double>::infinity();
constexpr double kNoDrop = 1e10;  // more than all labels of a tracklet forbid
// Where nothing speaks for a change, names stay as they were predicted.
constexpr double kStay = 1e-3;

size_t Place(int i) { return static_cast<size_t>(i); }
double Rounded(double value) { return std::round(value * 1e4) / 1e4; }

bool Overlap(const NamedRun& a, const NamedRun& b) {
  return a.start_frame < b.end_frame && b.start_frame < a.end_frame;
}

std::string Frames(int start_frame, int end_frame) {
  return "frames " + std::to_string(start_frame) + " to " + std::to_string(end_frame - 1);
}

}  // namespace

NameEvidence NameEvidenceOf(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                            const std::vector<Link>& links, const DecidedNames& decided,
                            const train::ModelInfo& info, const std::vector<Anchor>& anchors,
                            const std::vector<KnownSame>& known) {
  NameEvidence evidence;
  evidence.start_frame = std::max(0, record.first_frame());
  evidence.end_frame = record.end_frame();
  evidence.max_instances = IdentityOptionsOf(info).max_instances;
  evidence.runs = NamedRunsOf(record, tracklets, decided.names);
  evidence.evidence = decided.evidence;
  const auto named = [&](int t) { return evidence.runs[Place(t)].number >= 0; };
  for (const Link& link : links) {
    if (named(link.from) && named(link.to)) evidence.links.push_back(link);
  }
  for (const Anchor& anchor : anchors) {
    const AnimalFrame& row = record.rows()[anchor.row];
    if (named(row.tracklet)) {
      evidence.labels.push_back({row.tracklet, row.frame, anchor.class_index});
    }
  }
  for (const KnownSame& same : known) {
    if (named(same.from) && named(same.to)) evidence.obeyed.push_back(same);
  }
  return evidence;
}

std::vector<Meeting> MeetingsOf(const NameEvidence& evidence,
                                const std::vector<NamedTracklet>& names,
                                const std::function<void()>& checkpoint) {
  MeetingOptions options;
  options.fps = evidence.fps;
  options.open = evidence.open_group;
  options.start_frame = evidence.start_frame;
  options.end_frame = evidence.end_frame;
  for (const int instances : evidence.max_instances) options.numbers += std::max(1, instances);
  std::vector<Meeting> meetings = FindMeetings(evidence.runs, options);
  JudgeKnowing(evidence, evidence.obeyed, names, meetings, checkpoint);
  return meetings;
}

std::string ToJson(const NameEvidence& evidence) {
  json tracklets = json::array(), links = json::array(), labels = json::array(),
       obeyed = json::array(), unknown = json::array();
  for (size_t t = 0; t < evidence.runs.size(); ++t) {
    const NamedRun& run = evidence.runs[t];
    if (run.number < 0) {
      tracklets.push_back(nullptr);
      continue;
    }
    json odds = json::array();
    for (const double value : evidence.evidence[t].class_log_odds) odds.push_back(Rounded(value));
    tracklets.push_back({evidence.evidence[t].start_frame, evidence.evidence[t].end_frame,
                         run.start_frame, run.end_frame, run.number, run.class_index,
                         run.contact ? 1 : 0, std::move(odds)});
    if (run.unknown) unknown.push_back({t, Rounded(run.chance)});
  }
  for (const Link& link : evidence.links) {
    links.push_back({link.from, link.to, Rounded(link.log_odds)});
  }
  for (const LabeledTracklet& label : evidence.labels) {
    labels.push_back({label.tracklet, label.frame, label.class_index});
  }
  for (const KnownSame& known : evidence.obeyed) {
    obeyed.push_back({known.decision_id, known.start_frame, known.end_frame, known.from, known.to});
  }
  return json{{"version", 1},
              {"fps", evidence.fps},
              {"start_frame", evidence.start_frame},
              {"end_frame", evidence.end_frame},
              {"max_instances", evidence.max_instances},
              {"categories", evidence.categories},
              {"tracklets", std::move(tracklets)},
              {"links", std::move(links)},
              {"labels", std::move(labels)},
              {"obeyed", std::move(obeyed)},
              {"unknown", std::move(unknown)}}
      .dump();
}

NameEvidence NameEvidenceFromJson(const std::string& text) {
  NameEvidence evidence;
  try {
    const json all = json::parse(text);
    if (all.at("version") != 1) {
      throw datasets::Error("the evidence of the names", "it was written by another Vole",
                            "predict the video again");
    }
    evidence.fps = all.at("fps");
    evidence.start_frame = all.at("start_frame");
    evidence.end_frame = all.at("end_frame");
    evidence.max_instances = all.at("max_instances").get<std::vector<int>>();
    evidence.categories = all.at("categories").get<std::vector<datasets::Id>>();
    const int classes = static_cast<int>(evidence.max_instances.size());
    int64_t numbers = 0;
    for (const int instances : evidence.max_instances) numbers += std::max(1, instances);
    const auto check = [](bool fits) {
      if (fits) return;
      throw datasets::Error("the evidence of the names", "it does not fit its animals",
                            "predict the video again");
    };
    check(evidence.categories.size() == evidence.max_instances.size() && numbers <= kMostAnimals);
    for (const json& item : all.at("tracklets")) {
      NamedRun run;
      TrackletEvidence own;
      if (!item.is_null()) {
        own.start_frame = item.at(0);
        own.end_frame = item.at(1);
        run.start_frame = item.at(2);
        run.end_frame = item.at(3);
        run.number = item.at(4);
        run.class_index = item.at(5);
        run.contact = item.at(6) == 1;
        own.class_log_odds = item.at(7).get<std::vector<double>>();
        check(own.class_log_odds.size() == evidence.max_instances.size() && run.class_index >= 0 &&
              run.class_index < classes && run.number >= 0 && run.number < numbers);
      }
      own.drop_cost = kNoDrop;
      evidence.runs.push_back(run);
      evidence.evidence.push_back(std::move(own));
    }
    const int tracklets = static_cast<int>(evidence.runs.size());
    const auto tracklet = [&](const json& item) {
      const int t = item;
      if (t < 0 || t >= tracklets || evidence.runs[Place(t)].number < 0) {
        throw datasets::Error("the evidence of the names", "it names a tracklet that it lacks",
                              "predict the video again");
      }
      return t;
    };
    for (const json& item : all.at("links")) {
      evidence.links.push_back({tracklet(item.at(0)), tracklet(item.at(1)), item.at(2)});
    }
    for (const json& item : all.at("labels")) {
      evidence.labels.push_back({tracklet(item.at(0)), item.at(1), item.at(2)});
      check(evidence.labels.back().class_index >= 0 &&
            evidence.labels.back().class_index < classes);
    }
    for (const json& item : all.at("obeyed")) {
      evidence.obeyed.push_back(
          {item.at(0), item.at(1), item.at(2), tracklet(item.at(3)), tracklet(item.at(4))});
    }
    const auto unknown = all.find("unknown");  // predictions from before named everybody
    if (unknown != all.end()) {
      for (const json& item : *unknown) {
        NamedRun& run = evidence.runs[Place(tracklet(item.at(0)))];
        run.unknown = true;
        run.chance = item.at(1);
      }
    }
  } catch (const json::exception&) {
    throw datasets::Error("the evidence of the names", "its text is damaged",
                          "predict the video again");
  }
  return evidence;
}

std::vector<KnownSame> KnownSameOf(const NameEvidence& evidence, datasets::Id job_id,
                                   const std::vector<datasets::MeetingDecisionRow>& decisions) {
  std::vector<KnownSame> known;
  const int tracklets = static_cast<int>(evidence.runs.size());
  for (const datasets::MeetingDecisionRow& decision : decisions) {
    if (decision.job_id == job_id) {
      for (const datasets::KnownPairRow& pair : decision.pairs) {
        const int from = pair.before_tracklet, to = pair.after_tracklet;
        if (from < 0 || to < 0 || from >= tracklets || to >= tracklets) continue;
        known.push_back({decision.id, decision.start_frame, decision.end_frame, from, to});
      }
      continue;
    }
    for (const KnownSame& obeyed : evidence.obeyed) {
      if (obeyed.decision_id == decision.id) known.push_back(obeyed);
    }
  }
  return known;
}

std::vector<Link> LinksOf(const std::vector<KnownSame>& known) {
  std::vector<Link> links;
  for (const KnownSame& same : known) {
    if (same.from != same.to) links.push_back({same.from, same.to, kSureOdds});
  }
  return links;
}

std::string Broken(const std::vector<NamedTracklet>& names, const std::vector<KnownSame>& known) {
  for (const KnownSame& same : known) {
    const int number = names[Place(same.from)].number;
    if (number >= 0 && number == names[Place(same.to)].number) continue;
    return "the decision on " + Frames(same.start_frame, same.end_frame) +
           " cannot hold together with the others and with what is seen at once";
  }
  return "";
}

std::string Contradiction(const NameEvidence& evidence, const std::vector<KnownSame>& known,
                          size_t* place) {
  // Tracklets that are one animal, with what made them so.
  struct Animal {
    std::vector<int> tracklets;
    std::vector<LabeledTracklet> labels;
    std::vector<size_t> known;
  };
  std::map<int, std::vector<LabeledTracklet>> labels;
  for (const LabeledTracklet& label : evidence.labels) labels[label.tracklet].push_back(label);
  std::map<int, int> animal_of;
  std::vector<Animal> animals;
  const auto of = [&](int tracklet) {
    const auto [found, fresh] = animal_of.try_emplace(tracklet, static_cast<int>(animals.size()));
    if (fresh) animals.push_back({{tracklet}, labels[tracklet], {}});
    return found->second;
  };
  for (size_t k = 0; k < known.size(); ++k) {
    const int from = of(known[k].from), to = of(known[k].to);
    if (from == to) continue;
    Animal& one = animals[Place(from)];
    Animal& other = animals[Place(to)];
    const auto said = [&](const std::string& place_of_other) {
      if (place) *place = k;
      return "the decision on " + Frames(known[k].start_frame, known[k].end_frame) +
             " contradicts " + place_of_other;
    };
    for (const LabeledTracklet& a : one.labels) {
      for (const LabeledTracklet& b : other.labels) {
        if (a.class_index == b.class_index || evidence.max_instances[Place(a.class_index)] < 1) {
          continue;
        }
        return said("the labels of frames " + std::to_string(std::min(a.frame, b.frame)) + " and " +
                    std::to_string(std::max(a.frame, b.frame)));
      }
    }
    for (const int a : one.tracklets) {
      for (const int b : other.tracklets) {
        if (a == b || !Overlap(evidence.runs[Place(a)], evidence.runs[Place(b)])) continue;
        std::vector<size_t> earlier = one.known;
        earlier.insert(earlier.end(), other.known.begin(), other.known.end());
        if (earlier.empty()) {
          return said("the picture: both outlines are seen at once");
        }
        const KnownSame& then = known[*std::max_element(earlier.begin(), earlier.end())];
        return said("the one on " + Frames(then.start_frame, then.end_frame));
      }
    }
    one.tracklets.insert(one.tracklets.end(), other.tracklets.begin(), other.tracklets.end());
    one.labels.insert(one.labels.end(), other.labels.begin(), other.labels.end());
    one.known.insert(one.known.end(), other.known.begin(), other.known.end());
    one.known.push_back(k);
    for (const int t : other.tracklets) animal_of[t] = from;
  }
  return "";
}

namespace {

// Only the tracklets that have a name, and where they stand among all.
struct Named {
  std::vector<int> places, of;  // tracklet by place; place by tracklet or -1
  std::vector<TrackletEvidence> evidence;
  std::vector<Link> links;
};

Named NamedOnly(const NameEvidence& evidence, const std::vector<KnownSame>& known) {
  Named named;
  for (size_t t = 0; t < evidence.runs.size(); ++t) {
    named.of.push_back(evidence.runs[t].number < 0 ? -1 : static_cast<int>(named.places.size()));
    if (evidence.runs[t].number < 0) continue;
    named.places.push_back(static_cast<int>(t));
    named.evidence.push_back(evidence.evidence[t]);
    named.evidence.back().drop_cost = kNoDrop;
    named.evidence.back().class_log_odds[Place(evidence.runs[t].class_index)] += kStay;
  }
  std::vector<Link> links = evidence.links;
  for (const Link& link : LinksOf(known)) links.push_back(link);
  for (const Link& link : links) {
    const int from = named.of[Place(link.from)], to = named.of[Place(link.to)];
    if (from >= 0 && to >= 0) named.links.push_back({from, to, link.log_odds});
  }
  return named;
}

}  // namespace

std::vector<NamedTracklet> NamesKnowing(const NameEvidence& evidence,
                                        const std::vector<KnownSame>& known,
                                        const std::function<void()>& checkpoint) {
  const Named named = NamedOnly(evidence, known);
  IdentityOptions options;
  options.max_instances = evidence.max_instances;
  const std::vector<NamedTracklet> found =
      DecideIdentities(named.evidence, named.links, options, checkpoint);
  std::vector<NamedTracklet> names(evidence.runs.size());
  for (size_t p = 0; p < found.size(); ++p) names[Place(named.places[p])] = found[p];
  std::vector<KnownSame> asked;
  for (const KnownSame& same : known) {
    if (named.of[Place(same.from)] >= 0 && named.of[Place(same.to)] >= 0) asked.push_back(same);
  }
  const std::string broken = Broken(names, asked);
  if (!broken.empty()) {
    throw datasets::Error("the names", broken,
                          "decide one of them otherwise: vole review PROJECT meetings --all");
  }
  return names;
}

void JudgeKnowing(const NameEvidence& evidence, const std::vector<KnownSame>& known,
                  const std::vector<NamedTracklet>& names, std::vector<Meeting>& meetings,
                  const std::function<void()>& checkpoint) {
  const Named named = NamedOnly(evidence, known);
  const auto renumber = [](std::vector<Meeting>& all, const std::vector<int>& places) {
    for (Meeting& meeting : all) {
      for (MeetingAnimal& animal : meeting.animals) {
        for (int* t : {&animal.before, &animal.after}) {
          if (*t >= 0) *t = places[Place(*t)];
        }
      }
    }
  };
  std::vector<NamedTracklet> own;
  for (const int t : named.places) own.push_back(names[Place(t)]);
  IdentityOptions options;
  options.max_instances = evidence.max_instances;
  renumber(meetings, named.of);
  JudgeMeetings(meetings, named.evidence, own, named.links, options, checkpoint);
  renumber(meetings, named.places);
}

namespace {

// A permutation of classes, as far as it is known.
class Renaming {
 public:
  explicit Renaming(size_t classes) : to_(classes, -1), from_(classes, -1) {}

  bool Add(int from, int to) {
    if (to_[Place(from)] == to) return true;
    if (to_[Place(from)] >= 0 || from_[Place(to)] >= 0) return false;
    to_[Place(from)] = to;
    from_[Place(to)] = from;
    return true;
  }

  // Transpositions that do the same, one after the other; what is open goes back along its chain.
  std::vector<std::pair<int, int>> Swaps() const {
    std::vector<int> full = to_;
    for (size_t c = 0; c < full.size(); ++c) {
      if (full[c] >= 0) continue;
      int end = static_cast<int>(c);  // the other end of the chain that ends here
      while (from_[Place(end)] >= 0) end = from_[Place(end)];
      full[c] = end;
    }
    std::vector<std::pair<int, int>> swaps;
    std::vector<int> now(full.size());  // what a class is called after the swaps so far
    std::iota(now.begin(), now.end(), 0);
    for (size_t c = 0; c < full.size(); ++c) {
      if (now[c] == full[c]) continue;
      const int a = now[c], b = full[c];
      swaps.emplace_back(a, b);
      for (int& name : now) name = name == a ? b : name == b ? a : name;
    }
    return swaps;
  }

 private:
  std::vector<int> to_, from_;
};

}  // namespace

std::vector<NameSwap> SwapsBetween(const NameEvidence& evidence,
                                   const std::vector<NamedTracklet>& before,
                                   const std::vector<NamedTracklet>& after) {
  std::vector<size_t> order;
  for (size_t t = 0; t < evidence.runs.size(); ++t) {
    if (evidence.runs[t].number >= 0 && before[t].class_index >= 0 && after[t].class_index >= 0) {
      order.push_back(t);
    }
  }
  std::vector<int> cuts;  // frames at which a tracklet starts or ends
  for (const size_t t : order) {
    cuts.push_back(evidence.runs[t].start_frame);
    cuts.push_back(evidence.runs[t].end_frame);
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return evidence.runs[a].start_frame < evidence.runs[b].start_frame;
  });
  std::vector<NameSwap> swaps;
  const size_t classes = evidence.max_instances.size();
  Renaming renaming(classes);
  int start = evidence.start_frame;
  const auto close = [&](int end) {
    for (const auto& [a, b] : renaming.Swaps()) {
      if (start < end) swaps.push_back({start, end, a, b});
    }
  };
  std::vector<size_t> open;
  size_t next = 0;
  for (const int cut : cuts) {
    open.erase(std::remove_if(open.begin(), open.end(),
                              [&](size_t t) { return evidence.runs[t].end_frame <= cut; }),
               open.end());
    while (next < order.size() && evidence.runs[order[next]].start_frame <= cut) {
      open.push_back(order[next++]);
    }
    Renaming both = renaming;
    bool fits = true;
    for (const size_t t : open) {
      fits = fits && both.Add(before[t].class_index, after[t].class_index);
    }
    if (!fits) {
      close(cut);
      start = cut;
      both = Renaming(classes);
      for (const size_t t : open) both.Add(before[t].class_index, after[t].class_index);
    }
    renaming = both;
  }
  close(evidence.end_frame);
  return swaps;
}

}  // namespace infer
