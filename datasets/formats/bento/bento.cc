#include "datasets/formats/bento/bento.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/exchange/behavior_choice.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/exchange/selection.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/csv.h"
#include "datasets/formats/behaviors/behaviors.h"
#include "datasets/project_times.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;

constexpr char kBentoMark[] = "Bento annotation file";
constexpr char kChannelEnd[] = "----------";
constexpr double kMostBentoFrames = INT32_MAX - 1;

std::string BentoTrimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

class BentoReader {
 public:
  explicit BentoReader(const fs::path& path)
      : what_("Bento file '" + path.filename().string() + "'"), text_(ReadTextFile(path, what_)) {}

  BentoFile Read() {
    std::string line;
    while (Next(&line)) {
      if (!begun_ && line.rfind(kBentoMark, 0) != 0) {
        throw Error(what_, std::string("its first line is not '") + kBentoMark + "'",
                    "give a .annot file of Bento or MARS");
      }
      begun_ = true;
      Header(line);
      if (line == "List of annotations:") {
        in_list_ = has_list_ = true;
        continue;
      }
      const size_t dashes = line.find(kChannelEnd);
      if (dashes != std::string::npos) {
        channel_ = BentoTrimmed(line.substr(0, dashes));
        behavior_.clear();
      } else if (line[0] == '>') {
        if (channel_.empty()) Fail("a behavior stands there before any channel");
        behavior_ = BentoTrimmed(line.substr(1));
        if (behavior_.empty()) Fail("a behavior has no name");
      } else if (!behavior_.empty() && line.rfind("Start", 0) != 0) {
        Bout(line);
      } else if (in_list_) {
        file_.behaviors.push_back(line);
      }
    }
    if (!begun_) throw Error(what_, "the file is empty", "give a .annot file of Bento");
    if (!has_list_) {
      throw Error(what_, "the file ends before its list of annotations", "copy or save it again");
    }
    return std::move(file_);
  }

 private:
  [[noreturn]] void Fail(const std::string& cause) const {
    throw Error(what_ + ", line " + std::to_string(number_), cause, "correct the file");
  }

  // The next line that is not blank; a blank one ends the list of behaviors.
  bool Next(std::string* line) {
    while (std::getline(text_, *line)) {
      ++number_;
      *line = BentoTrimmed(*line);
      if (!line->empty()) return true;
      in_list_ = false;
    }
    return false;
  }

  void Header(const std::string& line) {
    const auto value = [&](const char* key) -> std::optional<std::string> {
      if (line.rfind(key, 0) != 0) return std::nullopt;
      return BentoTrimmed(line.substr(std::string(key).size()));
    };
    if (const auto movies = value("Movie file(s):")) file_.movies = *movies;
    if (const auto stop = value("Annotation stop frame:")) {
      file_.stop_frame = ParseNumber(*stop).value_or(0);
    }
    if (const auto rate = value("Annotation framerate:")) {
      const auto fps = ParseNumber(*rate);
      if (!fps || *fps <= 0 || *fps > 1e6) Fail("its framerate is '" + *rate + "'");
      file_.fps = *fps;
    }
  }

  void Bout(const std::string& line) {
    std::stringstream fields(line);
    std::string texts[2];
    fields >> texts[0] >> texts[1];
    const auto start = ParseNumber(texts[0]), stop = ParseNumber(texts[1]);
    if (!start || !stop) Fail("'" + ShownText(line.substr(0, 40)) + "' is no Start and Stop");
    if (*start < 0 || *stop < *start || *stop > kMostBentoFrames) {
      Fail("it stops before its start, or its numbers are out of range");
    }
    if (behavior_ == "other") {
      ++file_.other;
      return;
    }
    file_.in_seconds =
        file_.in_seconds || *start != std::floor(*start) || *stop != std::floor(*stop);
    file_.bouts.push_back(
        {channel_, behavior_, *start, *stop, what_ + ", line " + std::to_string(number_)});
  }

  const std::string what_;
  std::stringstream text_;
  BentoFile file_;
  std::string channel_, behavior_;
  int64_t number_ = 0;
  bool begun_ = false, in_list_ = false, has_list_ = false;
};

// Bento scores at a rate of its own where it was told so (1000 a second is its default for sounds):
// true where the file's frames, at its rate, last as long as the video, and its number of frames is
// not that of the video.
bool HasOwnFrames(const BentoFile& file, const VideoRow& video, double video_s) {
  constexpr double kAlike = 0.05;
  if (file.in_seconds || file.fps <= 0 || file.stop_frame <= 0) return false;
  const bool other_rate = std::abs(file.fps / video.fps - 1) > kAlike;
  const bool other_count = std::abs(file.stop_frame / video.frame_count - 1) > kAlike;
  const bool same_length = std::abs(file.stop_frame / file.fps / video_s - 1) < kAlike;
  return other_rate && other_count && same_length;
}

// The video of one of the movies, as whole names may hold spaces; else of the file's name.
const VideoRow& BentoVideo(const VideoMatcher& matcher, const BentoFile& file,
                           const fs::path& path) {
  const std::string what = "Bento file '" + path.filename().string() + "'";
  std::string movies = file.movies;
  std::replace(movies.begin(), movies.end(), '\\', '/');
  if (matcher.forced()) return matcher.Require(movies, what);
  std::vector<std::string> names = {movies};
  std::stringstream words(movies);
  for (std::string word; words >> word;) names.push_back(word);
  names.push_back(path.stem().string());
  for (const std::string& name : names) {
    if (const VideoRow* video = matcher.Find(name)) return *video;
  }
  return matcher.Require(movies, what);
}

}  // namespace

BentoFile ReadBento(const fs::path& path) { return BentoReader(path).Read(); }

ImportReport ImportBento(Project& project, const fs::path& path, const ImportOptions& options,
                         Job& job) {
  const BentoFile file = ReadBento(path);
  const VideoMatcher matcher(project, path, options.video);
  const VideoRow& video = BentoVideo(matcher, file, path);
  std::set<std::string> subjects, names;
  for (const CategoryRow& category : project.Categories()) subjects.insert(category.name);
  for (const RegionRow& region : project.Regions(video.id)) subjects.insert(region.name);
  std::vector<std::string> warnings;
  const double fps = options.fps > 0 ? options.fps : file.fps > 0 ? file.fps : video.fps;
  if (file.in_seconds) {
    warnings.push_back("its numbers have fractions and were read as seconds, at " + CsvNumber(fps) +
                       " frames a second");
  }
  ProjectTimes times(project);
  const FrameTimes& clock = times.Of(video);
  const double end_s = clock.Start(video.frame_count);
  const bool own = options.fps <= 0 && HasOwnFrames(file, video, end_s);
  if (own || (!file.in_seconds && file.fps > 0 && std::abs(file.fps / video.fps - 1) > 0.05)) {
    warnings.push_back("it counts " + CsvNumber(file.fps) + " frames a second, the video has " +
                       CsvNumber(video.fps) +
                       (own ? ": its frames were placed by their time"
                            : ": its frames were taken as the video's"));
  }
  std::vector<BehaviorRow> ethogram;
  std::vector<IncomingInterval> intervals;
  const auto add = [&](const std::string& name) {
    if (name == "other" || !names.insert(name).second) return;
    BehaviorRow behavior;
    behavior.name = name;
    ethogram.push_back(behavior);
  };
  for (const std::string& name : file.behaviors) add(name);
  const double unit = file.in_seconds ? fps : 1;
  int64_t behind = 0, cut = 0;
  for (const BentoBout& bout : file.bouts) {
    job.ThrowIfCancelled();
    double first = std::max(1.0, std::round(bout.start * unit));
    double last = std::max(first, std::round(bout.stop * unit));
    if (own) {
      const double start_s = (bout.start - 1) / file.fps, stop_s = bout.stop / file.fps;
      if (start_s >= end_s) {
        ++behind;
        continue;
      }
      // Of a rounding at the end no one has to know.
      cut += clock.Nearest(stop_s) > video.frame_count + 1 ? 1 : 0;
      first = std::min(clock.Nearest(start_s) + 1, video.frame_count);
      last = std::max<double>(first, std::min(clock.Nearest(stop_s), video.frame_count));
    }
    if (last > kMostBentoFrames)
      throw Error(bout.where, "its seconds are out of range", "correct them");
    add(bout.behavior);
    const bool is_subject = subjects.count(bout.channel) > 0;
    intervals.push_back({video.id, is_subject ? bout.channel : "", bout.behavior,
                         is_subject ? options.author : bout.channel, true,
                         static_cast<int>(first) - 1, static_cast<int>(last), bout.where});
  }
  if (file.bouts.empty()) warnings.push_back("the file holds no bouts");
  if (behind > 0) {
    warnings.push_back(std::to_string(behind) +
                       " bouts begin after the end of the video, and were left out");
  }
  if (cut > 0) {
    warnings.push_back(std::to_string(cut) +
                       " bouts go on after the end of the video, and were cut there");
  }
  if (file.other > 0) {
    warnings.push_back(std::to_string(file.other) +
                       " bouts of 'other' say that nothing happens, and were left out");
  }
  return StoreIntervals(project, ethogram, intervals, std::move(warnings), job);
}

namespace {

// Letters, digits, underscores, with a letter first; never one that is taken.
class MatlabNames {
 public:
  explicit MatlabNames(const std::string& otherwise) : otherwise_(otherwise) {}
  const std::string& Of(const std::string& name) {
    const auto known = names_.find(name);
    if (known != names_.end()) return known->second;
    std::string plain;
    for (const char c : name) plain += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    if (plain.empty()) plain = otherwise_;
    if (!std::isalpha(static_cast<unsigned char>(plain[0]))) plain = "x" + plain;
    std::string free = plain;
    for (int i = 2; !taken_.insert(free).second; ++i) free = plain + "_" + std::to_string(i);
    changed_ += free == name || name.empty() ? 0 : 1;
    return names_.emplace(name, free).first->second;
  }
  int64_t changed() const { return changed_; }

 private:
  const std::string otherwise_;
  std::map<std::string, std::string> names_;
  std::set<std::string> taken_;
  int64_t changed_ = 0;
};

}  // namespace

ExportReport ExportBento(const Project& project, const fs::path& out, const ExportOptions& options,
                         Job& job) {
  const VideoRow video = project.VideoByName(options.video);
  std::map<Id, BehaviorRow> behaviors;
  for (const BehaviorRow& behavior : project.Behaviors()) behaviors[behavior.id] = behavior;
  const std::vector<BehaviorIntervalRow> rows = ChosenIntervals(project, video, options.what);
  std::set<std::string> subjects, raters;
  ExportReport report;
  int64_t negatives = 0, points = 0;
  for (const BehaviorIntervalRow& row : rows) {
    subjects.insert(row.subject);
    raters.insert(row.author);
  }
  MatlabNames channel_names("Ch1"), behavior_names("behavior");
  std::map<std::string, std::map<std::string, std::vector<const BehaviorIntervalRow*>>> channels;
  for (const BehaviorIntervalRow& row : rows) {
    job.ThrowIfCancelled();
    if (!row.present) {
      ++negatives;
      continue;
    }
    const bool by_subject = !row.subject.empty();
    std::string channel = by_subject ? row.subject : row.author;
    if (by_subject && raters.size() > 1) channel += "_" + row.author;
    const BehaviorRow& behavior = behaviors.at(row.behavior_id);
    points += behavior.is_point ? 1 : 0;
    channels[channel_names.Of(channel)][behavior_names.Of(behavior.name)].push_back(&row);
    ++report.intervals;
  }
  std::string text =
      std::string(kBentoMark) + "\nMovie file(s): " + TableVideoName(project, video) +
      "\n\nStimulus name: \n" +
      "Annotation start frame: 1\nAnnotation stop frame: " + std::to_string(video.frame_count) +
      "\nAnnotation framerate: " + CsvNumber(FrameTimes(project.IndexOf(video)).fps(), 6) +
      "\n\nList of channels:\n";
  for (const auto& [channel, bouts] : channels) text += channel + "\n";
  text += "\nList of annotations:\n";
  for (const auto& [id, behavior] : behaviors) text += behavior_names.Of(behavior.name) + "\n";
  text += "\n";
  for (const auto& [channel, of_channel] : channels) {
    text += channel + kChannelEnd + "\n";
    for (const auto& [behavior, bouts] : of_channel) {
      text += ">" + behavior + "\nStart\t Stop\t Duration \n";
      for (const BehaviorIntervalRow* row : bouts) {
        text += std::to_string(row->start_frame + 1) + "\t" + std::to_string(row->end_frame) +
                "\t" + std::to_string(row->end_frame - row->start_frame) + "\n";
      }
      text += "\n";
    }
    text += "\n";
  }
  WriteFileAtomically(out, text);
  report.files = 1;
  const auto say = [&](int64_t count, const std::string& what) {
    if (count > 0) report.warnings.push_back(std::to_string(count) + " " + what);
  };
  say(negatives, "bouts that say 'not this behavior' were left out");
  say(points, "point events last one frame there");
  say(channel_names.changed() + behavior_names.changed(),
      "names hold signs that MATLAB does not allow, and were changed");
  if (subjects.size() > 1 && subjects.count("")) {
    report.warnings.push_back("channels are subjects, or raters where there is no subject");
  }
  return report;
}

namespace {

bool IsLikeBento(const FileStart& start) { return start.text.rfind(kBentoMark, 0) == 0; }

}  // namespace

Format BentoFormat() {
  return {"bento",    ImportBento, ExportBento, "a .annot file", "behavior bouts of Bento and MARS",
          IsLikeBento};
}

}  // namespace datasets
