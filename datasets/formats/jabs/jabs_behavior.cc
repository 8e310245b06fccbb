#include "datasets/formats/jabs/jabs_behavior.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/base/error.h"
#include "datasets/exchange/bad_entries.h"
#include "datasets/exchange/behavior_choice.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_export.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/exchange/selection.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/file_names.h"
#include "datasets/files/json_entries.h"
#include "datasets/files/json_members.h"
#include "datasets/formats/behaviors/behaviors.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kIdentity[] = "identity_";
constexpr int kJabsVersion = 1;

// What one file says.
struct JabsLabels {
  std::string what, video;
  int64_t frames = 0;
  std::vector<IncomingInterval> intervals;  // without a video
  int64_t annotations = 0;
};

class JabsLabelReader {
 public:
  explicit JabsLabelReader(const fs::path& path)
      : what_("JABS file '" + path.filename().string() + "'"), tree_(ReadJsonFile(path, what_)) {}

  JabsLabels Read() const {
    if (!tree_.is_object() || !MemberOf(tree_, "labels").is_object() ||
        !MemberOf(tree_, "file").is_string()) {
      throw Error(what_, "it has no file and labels", "give jabs/annotations/VIDEO.json of JABS");
    }
    const json& version = MemberOf(tree_, "version");
    if (version.is_number_integer() && version.get<int64_t>() > kJabsVersion) {
      throw Error(what_, "its version is " + version.dump() + ", and 1 is what is known",
                  "install a newer Vole");
    }
    JabsLabels labels;
    labels.what = what_;
    labels.video = tree_["file"].get<std::string>();
    labels.frames = Whole(tree_, "num_frames", what_);
    labels.annotations = static_cast<int64_t>(MemberOf(tree_, "annotations").size());
    // JABS itself reads the blocks before they were cut at frames without the animal.
    const char* key =
        MemberOf(tree_, "unfragmented_labels").is_object() ? "unfragmented_labels" : "labels";
    for (const auto& [identity, behaviors] : tree_[key].items()) {
      if (!behaviors.is_object()) throw Error(what_, "an identity has no behaviors", "correct it");
      for (const auto& [behavior, blocks] : behaviors.items()) {
        if (behavior.empty()) throw Error(what_, "a behavior has no name", "correct it");
        for (const json& block : ListOf(blocks)) {
          Add(identity, behavior, block, &labels);
        }
      }
    }
    return labels;
  }

 private:
  static int64_t Whole(const json& object, const char* key, const std::string& where) {
    const json& value = MemberOf(object, key);
    if (!value.is_number_integer() || value.get<int64_t>() < 0 ||
        value.get<int64_t>() > INT32_MAX - 1) {
      throw Error(where, std::string(key) + " is no number of a frame", "correct the file");
    }
    return value.get<int64_t>();
  }

  std::string SubjectOf(const std::string& identity) const {
    const json& name = MemberOf(MemberOf(tree_, "external_identities"), identity);
    if (name.is_string()) return name.get<std::string>();
    if (name.is_number_integer()) return std::to_string(name.get<int64_t>());
    return kIdentity + identity;
  }

  void Add(const std::string& identity, const std::string& behavior, const json& block,
           JabsLabels* labels) const {
    const std::string where = what_ + ", identity " + identity + ", '" + behavior + "', block " +
                              std::to_string(labels->intervals.size() + 1);
    const int64_t start = Whole(block, "start", where), end = Whole(block, "end", where);
    const json& present = MemberOf(block, "present");
    if (!present.is_boolean())
      throw Error(where, "it does not say whether it is present", "correct it");
    if (end < start) throw Error(where, "it ends before it starts", "correct the file");
    IncomingInterval interval;
    interval.subject = SubjectOf(identity);
    interval.behavior = behavior;
    interval.present = present.get<bool>();
    interval.start_frame = static_cast<int>(start);
    interval.end_frame = static_cast<int>(end) + 1;
    interval.where = where;
    labels->intervals.push_back(std::move(interval));
  }

  const std::string what_;
  const json tree_;
};

std::vector<fs::path> JabsFiles(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    throw Error("folder '" + path.string() + "'", "it holds no JSON file",
                "give jabs/annotations of a JABS project");
  }
  return files;
}

}  // namespace

ImportReport ImportJabsBehavior(Project& project, const fs::path& path,
                                const ImportOptions& options, Job& job) {
  const VideoMatcher matcher(project, path, options.video);
  BadEntries bad(options.skip_bad);
  std::vector<IncomingInterval> intervals;
  std::vector<BehaviorRow> ethogram;
  std::set<std::string> names;
  std::vector<std::string> warnings;
  int64_t annotations = 0;
  for (const fs::path& file : JabsFiles(path)) {
    job.Advance(0, 0, "reading " + file.filename().string());
    bad.Try([&] {
      JabsLabels labels = JabsLabelReader(file).Read();
      const VideoRow& video = matcher.Require(labels.video, labels.what);
      if (labels.frames != video.frame_count) {
        throw Error(labels.what,
                    "its video has " + std::to_string(labels.frames) + " frames, '" + video.name +
                        "' has " + std::to_string(video.frame_count),
                    "check which video the labels belong to (--video)");
      }
      annotations += labels.annotations;
      for (IncomingInterval& interval : labels.intervals) {
        interval.video_id = video.id;
        interval.author = options.author;
        if (names.insert(interval.behavior).second) {
          BehaviorRow behavior;
          behavior.name = interval.behavior;
          ethogram.push_back(behavior);
        }
        intervals.push_back(std::move(interval));
      }
    });
  }
  bad.Finish(&warnings, intervals.empty());
  if (annotations > 0) {
    warnings.push_back(std::to_string(annotations) +
                       " annotations that are no behaviors (tags) were left out");
  }
  return StoreIntervals(project, ethogram, intervals, std::move(warnings), job);
}

namespace {

// Identity numbers for subjects.
std::map<std::string, int> IdentitiesOf(const std::set<std::string>& subjects) {
  std::map<std::string, int> numbers;
  std::set<int> taken;
  for (const std::string& subject : subjects) {
    const std::string digits =
        subject.rfind(kIdentity, 0) == 0 ? subject.substr(sizeof kIdentity - 1) : "";
    const bool counts = !digits.empty() && digits.size() < 6 &&
                        std::all_of(digits.begin(), digits.end(),
                                    [](unsigned char c) { return std::isdigit(c) != 0; }) &&
                        std::to_string(std::stoi(digits)) == digits;
    if (!counts) continue;
    numbers[subject] = std::stoi(digits);
    taken.insert(numbers[subject]);
  }
  int next = 0;
  for (const std::string& subject : subjects) {
    if (numbers.count(subject)) continue;
    while (!taken.insert(next).second) ++next;
    numbers[subject] = next;
  }
  return numbers;
}

struct JabsCounts {
  int64_t raters = 0, points = 0, overruled = 0;
};

nlohmann::ordered_json JabsJson(const Project& project, const VideoRow& video,
                                const std::vector<BehaviorIntervalRow>& rows,
                                const std::map<Id, BehaviorRow>& behaviors, JabsCounts* counts) {
  std::set<std::string> subjects, raters;
  for (const BehaviorIntervalRow& row : rows) {
    subjects.insert(row.subject);
    raters.insert(row.author);
    counts->points += behaviors.at(row.behavior_id).is_point ? 1 : 0;
  }
  counts->raters = std::max<int64_t>(counts->raters, static_cast<int64_t>(raters.size()));
  const std::map<std::string, int> numbers = IdentitiesOf(subjects);
  nlohmann::ordered_json labels = nlohmann::ordered_json::object();
  nlohmann::ordered_json external = nlohmann::ordered_json::object();
  for (const auto& [subject, number] : numbers) {
    if (subject != kIdentity + std::to_string(number)) external[std::to_string(number)] = subject;
    std::map<std::string, std::vector<const BehaviorIntervalRow*>> of_behavior;
    for (const BehaviorIntervalRow& row : rows) {
      if (row.subject == subject) of_behavior[behaviors.at(row.behavior_id).name].push_back(&row);
    }
    nlohmann::ordered_json& blocks_of = labels[std::to_string(number)];
    for (auto& [behavior, bouts] : of_behavior) {
      // A frame has one label: yes before no.
      std::sort(bouts.begin(), bouts.end(),
                [](const auto* a, const auto* b) { return a->start_frame < b->start_frame; });
      std::map<int, int> seen;  // end -> start of spans in which it happens, apart from each other
      for (const BehaviorIntervalRow* bout : bouts) {
        if (!bout->present) continue;
        if (!seen.empty() && bout->start_frame <= seen.rbegin()->first) {
          const int start = seen.rbegin()->second;
          const int end = std::max(seen.rbegin()->first, bout->end_frame);
          seen.erase(std::prev(seen.end()));
          seen[end] = start;
        } else {
          seen[bout->end_frame] = bout->start_frame;
        }
      }
      std::vector<const BehaviorIntervalRow*> kept;
      for (const BehaviorIntervalRow* bout : bouts) {
        const auto next = seen.upper_bound(bout->start_frame);
        const bool overruled =
            !bout->present && next != seen.end() && next->second < bout->end_frame;
        counts->overruled += overruled ? 1 : 0;
        if (!overruled) kept.push_back(bout);
      }
      nlohmann::ordered_json list = nlohmann::ordered_json::array();
      for (const BehaviorIntervalRow* bout : kept) {
        list.push_back({{"start", bout->start_frame},
                        {"end", bout->end_frame - 1},
                        {"present", bout->present}});
      }
      blocks_of[behavior] = std::move(list);
    }
  }
  nlohmann::ordered_json tree;
  tree["version"] = kJabsVersion;
  tree["file"] = fs::path(TableVideoName(project, video)).filename().string();
  tree["num_frames"] = video.frame_count;
  tree["labels"] = labels;
  tree["unfragmented_labels"] = std::move(labels);
  tree["metadata"] = {{"project", nlohmann::ordered_json::object()},
                      {"video", nlohmann::ordered_json::object()}};
  if (!external.empty()) tree["external_identities"] = std::move(external);
  return tree;
}

}  // namespace

ExportReport ExportJabsBehavior(const Project& project, const fs::path& out,
                                const ExportOptions& options, Job& job) {
  ExportOptions chosen = options;
  const bool one = out.extension() == ".json";
  if (one) chosen.video = project.VideoByName(options.video).name;
  std::map<Id, BehaviorRow> behaviors;
  for (const BehaviorRow& behavior : project.Behaviors()) behaviors[behavior.id] = behavior;
  ExportReport report;
  JabsCounts counts;
  if (!one) MakeFolderOf(out / "labels.json");
  for (const VideoRow& video : SelectedVideos(project, chosen)) {
    job.Advance(0, 0, "writing " + video.name);
    const auto rows = ChosenIntervals(project, video, options.what);
    if (rows.empty() && !one) continue;
    const auto tree = JabsJson(project, video, rows, behaviors, &counts);
    const fs::path file = one ? out : out / (FileNameFor(video.name) + ".json");
    WriteFileAtomically(file, tree.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
    report.intervals += static_cast<int64_t>(rows.size());
    ++report.files;
  }
  report.intervals -= counts.overruled;
  const auto say = [&](int64_t count, const std::string& what) {
    if (count > 0) report.warnings.push_back(std::to_string(count) + " " + what);
  };
  say(counts.points, "point events are blocks of one frame there");
  say(counts.overruled,
      "bouts that say 'not this behavior' were left out where another rater saw it");
  if (counts.raters > 1) report.warnings.push_back("JABS holds no raters: theirs became one");
  return report;
}

namespace {

bool IsLikeJabsBehavior(const FileStart& start) {
  const auto is_file = [](const FileStart& file) {
    return file.HasKey("num_frames") && file.HasKey("labels") && file.HasKey("file");
  };
  if (!start.is_folder) return is_file(start);
  return std::any_of(start.entries.begin(), start.entries.end(), [&](const fs::path& file) {
    return file.extension() == ".json" && file.parent_path() == start.path &&
           is_file(FileStart(file));
  });
}

}  // namespace

Format JabsBehaviorFormat() {
  return {"jabs-behavior",
          ImportJabsBehavior,
          ExportJabsBehavior,
          "a JSON file of a video, or a folder of them",
          "behavior labels of JABS (jabs/annotations)",
          IsLikeJabsBehavior};
}

}  // namespace datasets
