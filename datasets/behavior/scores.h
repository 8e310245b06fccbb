// What animals did when, as one scorer says: the plain data that budgets, exploration times,
// agreement and pictures are computed from. Frames are 0-based, spans half-open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/formats/behaviors/behavior_places.h"
#include "datasets/project.h"
#include "datasets/video/frame_times.h"

namespace datasets {

struct ScoredBehavior {
  std::string name;
  bool is_point = false;             // an event without duration
  std::string exclusion_group = {};  // behaviors of one group never happen together; "" = none
  uint32_t color = 0;                // 0xRRGGBB
};

struct Bout {
  int behavior = 0;  // index into BehaviorScores::behaviors
  int start_frame = 0, end_frame = 0;
  std::string where = {};  // for messages: "behavior table 'x.csv', line 12", or ""
};

struct FrameRange {  // half-open
  int start_frame = 0, end_frame = 0;
};

// One subject of one video as one author scored it.
struct BoutSeries {
  std::string video, subject, author;
  double fps = 0;                      // > 0
  int start_frame = 0, end_frame = 0;  // what was looked at
  std::vector<Bout> bouts;             // by start; bouts of one behavior do not overlap
  // Behaviors that the scorer looked for, found or not, in rising order; empty: it is not known,
  // which are all that no list of another series has to itself.
  std::vector<int> looked_for = {};
  std::optional<FrameTimes> times = {};  // of a video whose rate is not even
  // By behavior: where nothing is known, as when the animal was not seen; in rising order. What is
  // not there was known throughout.
  std::map<int, std::vector<FrameRange>> unseen = {};
  int frames() const { return end_frame - start_frame; }
  double Seconds(int from_frame, int to_frame) const {
    return (times ? *times : FrameTimes(fps)).Between(from_frame, to_frame);
  }
  int FrameAt(double seconds) const { return (times ? *times : FrameTimes(fps)).Nearest(seconds); }
};

struct BehaviorScores {
  std::vector<ScoredBehavior> behaviors;
  std::vector<BoutSeries> series;  // by video, subject, author
  std::vector<std::string>
      united;  // of kFinal: "video / subject (anna, bob)", where several scored
  std::vector<std::string> Authors() const;
  // Index, or throws Error that lists the names there are.
  int BehaviorNamed(const std::string& name) const;
};

struct TableScoreOptions {
  double fps = 0;           // frames per second; never guessed: 0 without video_of is an Error
  int video_frames = 0;     // length of every video; 0: up to the last bout that any author scored
  std::string author = {};  // of rows that name none
  // What is known of a video, by the name that the table gives; `fps` and `video_frames` overrule
  // it. Empty: nothing is known.
  std::function<TableVideo(const std::string& video)> video_of = {};
  // Gets one sentence about each kind of thing that was left out or guessed; may be null.
  std::vector<std::string>* notes = nullptr;
};

// A behavior table (datasets/formats/behaviors/behaviors.h) without a project; which frames its
// rows mean, behavior_places.h tells. Explicit "not" rows are no bouts, but say that somebody
// looked: an author looks for all that they scored anywhere in the table. Throws Error naming the
// line for what is malformed or lies outside the video.
BehaviorScores ScoresFromTable(const std::filesystem::path& path, const TableScoreOptions& options);

enum class ScoreSource { kLabels, kPredictions, kBoth, kFinal };
constexpr char kFinalAuthor[] = "final";  // of both, completed (formats/behavior_choice.h)

// Labels by author, and predictions of the newest job that looked at each video (or of `job_id`).
// There is a series of each subject that was looked at, also where nothing was found: a subject
// that an author scored, "not" too, in the video, and one that the job has scores of. An author
// looks for what they have scored anywhere in the project; the job for what it has scores of.
// Verdicts about single predicted bouts are no scoring of an animal: they say nothing of other
// behaviors, and rejections alone make no series. `videos`: names, none for all; nothing else of
// the others is read. `author`: the one whose labels count, "" for everybody's. Throws Error for a
// name that no video has, and for an author who scored nothing.
BehaviorScores ScoresFromProject(const Project& project, ScoreSource source,
                                 const std::vector<std::string>& videos = {}, Id job_id = 0,
                                 const std::string& author = "");

// Sorts, and unites bouts of one behavior that overlap (neighbors without a gap stay two). Gives
// colors to behaviors that have none. What the functions above return is tidy already.
void TidyScores(BehaviorScores& scores);

// Throws Error (one line, naming both bouts) where behaviors of one exclusion group overlap in a
// series; with `all`, where any two behaviors do.
void CheckExclusive(const BehaviorScores& scores, bool all = false);

// Bouts of one behavior at most `merge_gap_s` apart become one (negative: never), then bouts
// shorter than `min_bout_s` are dropped; points are left alone.
void MergeShortGaps(BehaviorScores& scores, double merge_gap_s, double min_bout_s);

// Keeps [start_frame, end_frame) of every series; bouts are cut there. `end_frame` < 0: the end. A
// series that has none of these frames goes: nothing is known of it, which is not "never".
void ClipScores(BehaviorScores& scores, int start_frame, int end_frame);

// Joins the series of `more` to `scores`; behaviors are matched by name, videos by their file
// stem. Where an author scored the same subject in both, the one of `more` becomes
// "AUTHOR (suffix)". Series of one video take the longer of the lengths.
void AddScores(BehaviorScores& scores, BehaviorScores more, const std::string& suffix);

// Which behaviors happen on each frame of the series, as a set of bits; index 0 is start_frame.
// Throws Error for more than 64 behaviors, and for a series of more than 200 million frames (it is
// held frame by frame).
std::vector<uint64_t> BehaviorsByFrame(const BoutSeries& series, size_t behaviors);

}  // namespace datasets
