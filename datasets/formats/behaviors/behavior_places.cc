#include "datasets/formats/behaviors/behavior_places.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "datasets/base/error.h"
#include "datasets/files/csv.h"

namespace datasets {

namespace {

constexpr double kAlike = 0.01;  // of the number of frames, or of their length

std::string Frames(int count) { return "frames 0 to " + std::to_string(count - 1); }

// Are there as many of them, but for a few that a tool has lost?
bool AsMany(int64_t rows, int frames) {
  const auto all = static_cast<double>(frames);
  return std::abs(static_cast<double>(rows) - all) <= std::max(2.0, kAlike * all);
}

struct PlacedVideo {
  TableVideo video;
  std::string where;                                    // its first bout
  int64_t rows = 0, first_number = 0, last_number = 0;  // of all its scenes
  std::optional<int> first;  // number of its first frame, where it says so
};

struct ScenePlace {
  bool moments = false;
  int64_t first = 0;  // the number of the video's first frame
};

class RowPlacer {
 public:
  RowPlacer(const BehaviorTableFacts& facts, const PlaceRules& rules,
            std::vector<std::string>* notes)
      : facts_(facts), rules_(rules), notes_(notes) {}

  void Place(std::vector<BehaviorTableRow>& rows, const TableVideos& video_of) {
    for (const BehaviorTableRow& row : rows) {
      if (videos_.count(row.video)) continue;
      PlacedVideo& video = videos_[row.video];
      video.video = video_of(row.video, row.where);
      video.where = row.where;
    }
    FindFirstNumbers();
    std::map<int, ScenePlace> scenes;
    for (BehaviorTableRow& row : rows) {
      const PlacedVideo& video = videos_.at(row.video);
      ScenePlace place;
      if (row.scene >= 0) {
        const auto [at, added] = scenes.try_emplace(row.scene);
        if (added) at->second = PlaceOf(facts_.scenes[static_cast<size_t>(row.scene)], video);
        place = at->second;
        row.has_frames = !place.moments;
      } else {
        place.first = std::max(0, rules_.first_frame);
      }
      if (row.has_frames) {
        MoveTo(place.first, row);
      } else if (!video.video.times) {
        throw Error(row.where, "it gives seconds and " + video.video.no_times,
                    video.video.no_times_remedy);
      }
      SecondsToFrames(row, video.video.times);
      // How long the last row lasts the table does not say.
      const int frames = video.video.frame_count;
      if (place.moments && row.start_frame < frames)
        row.end_frame = std::min(row.end_frame, frames);
    }
    for (const auto& [kind, said] : said_) {
      if (!notes_) continue;
      const size_t others = said.videos.size() - 1;
      const std::string also = "; likewise in " + std::to_string(others) + " other videos of it";
      notes_->push_back(said.text + (others > 0 ? also : ""));
    }
  }

 private:
  struct Said {
    std::string text;
    std::set<std::string> videos;
  };

  // Once for all videos of the table.
  void Say(const std::string& kind, const PlacedVideo& video, const std::string& text) {
    Said& said = said_[kind];
    if (said.videos.empty()) said.text = text;
    said.videos.insert(video.where);
  }

  static void MoveTo(int64_t first, BehaviorTableRow& row) {
    if (row.start_frame < first) {
      throw Error(row.where,
                  "it begins at frame " + std::to_string(row.start_frame) +
                      ", and the first frame of the video is number " + std::to_string(first),
                  "check where the table counts from (--first-frame)");
    }
    row.start_frame = static_cast<int>(row.start_frame - first);
    row.end_frame = static_cast<int>(row.end_frame - first);
  }

  // What the numbers of each video say; a video that says nothing counts as the others of the
  // table, which one program has written.
  void FindFirstNumbers() {
    for (const BehaviorTableScene& scene : facts_.scenes) {
      const auto at = videos_.find(scene.video);
      if (at == videos_.end()) continue;
      PlacedVideo& video = at->second;
      const bool added = video.rows == 0;
      video.first_number =
          added ? scene.first_number : std::min(video.first_number, scene.first_number);
      video.last_number = std::max(video.last_number, scene.last_number);
      video.rows = std::max(video.rows, scene.rows);
    }
    if (!facts_.has_frames && !facts_.has_index) return;
    const PlacedVideo *from_zero = nullptr, *from_one = nullptr;
    for (auto& [name, video] : videos_) {
      if (video.rows == 0) continue;
      const int frames = video.video.frame_count;
      if (video.first_number == 0) {
        video.first = 0;
        from_zero = &video;
      } else if (video.first_number == 1 && frames > 0 && video.last_number == frames &&
                 video.rows == frames) {
        video.first = 1;
        from_one = &video;
      }
    }
    if (rules_.first_frame >= 0) return;
    for (auto& [name, video] : videos_) {
      if (video.rows == 0 || video.first) continue;
      if (from_zero && from_one) {
        throw Error(video.where,
                    "its frames may count from 0 or from 1: in this table those of '" +
                        from_zero->video.name + "' count from 0, those of '" +
                        from_one->video.name + "' from 1",
                    rules_.first_option.empty() ? "number all of them from 0"
                                                : "give " + rules_.first_option);
      }
      if (from_one) video.first = 1;
    }
  }

  // The number of the first frame, by the numbers alone.
  int64_t FirstNumber(const PlacedVideo& video) {
    if (rules_.first_frame >= 0) return rules_.first_frame;
    const int frames = video.video.frame_count;
    const bool by_option = !rules_.first_option.empty();
    if (video.first.value_or(0) == 1) {
      Say("from one", video,
          "its frames are numbered from 1 to " + std::to_string(video.last_number) +
              (video.last_number == frames ? ", the number of frames of the video" : "") +
              ": 1 was taken for the first" + (by_option ? " (" + rules_.first_option + ")" : ""));
    } else if (!video.first && frames > 0 && video.last_number == frames) {
      throw Error(video.where,
                  "the table goes to frame " + std::to_string(frames) + ", and the video '" +
                      video.video.name + "' has " + Frames(frames),
                  by_option ? "where it counts from 1 give " + rules_.first_option +
                                  " 1, else check which video it is about (--video)"
                            : "number its frames from 0");
    } else if (!video.first && video.first_number == 1) {
      Say("from zero", video,
          "its frames begin with number 1 and were taken to count from 0" +
              (by_option ? "; where they count from 1 give " + rules_.first_option + " 1" : ""));
    }
    return video.first.value_or(0);
  }

  ScenePlace PlaceOf(const BehaviorTableScene& scene, const PlacedVideo& video) {
    ScenePlace place;
    if (facts_.has_frames) {
      place.first = FirstNumber(video);
      CompareTimes(scene, video);
    } else if (facts_.has_index && rules_.first_frame >= 0) {
      place.first = rules_.first_frame;
    } else if (facts_.has_times) {
      place = PlaceByTimes(scene, video);
    } else {
      place.first = facts_.has_index ? FirstNumber(video) : 0;
      SayRows(scene, video, place.first);
    }
    if (!place.moments) CheckEnd(scene, video, place.first);
    return place;
  }

  // Numbers of frames count more than the times beside them.
  void CompareTimes(const BehaviorTableScene& scene, const PlacedVideo& video) {
    if (!facts_.has_times || scene.step_s <= 0 || !video.video.times) return;
    const double frame_s = FrameSeconds(video);
    if (std::abs(scene.step_s - frame_s) < kAlike * frame_s) return;
    Say("times", video,
        "its times are " + CsvNumber(scene.step_s, 6) + " s a frame, the video's " +
            CsvNumber(frame_s, 6) + " s: the numbers of the frames were taken, not the times");
  }

  static double FrameSeconds(const PlacedVideo& video) {
    const FrameTimes& times = *video.video.times;
    const int frames = video.video.frame_count;
    return frames > 0 ? times.Start(frames) / frames : 1 / times.fps();
  }

  ScenePlace PlaceByTimes(const BehaviorTableScene& scene, const PlacedVideo& video) {
    if (!video.video.times) {
      throw Error(
          video.where, "the table gives times and " + video.video.no_times,
          video.video.no_times_remedy + ", or remove the times if its rows are the video's frames");
    }
    const FrameTimes& clock = *video.video.times;
    const int frames = video.video.frame_count;
    const double frame_s = FrameSeconds(video);
    const bool single = scene.step_s <= 0;
    const bool at_rate = single || std::abs(scene.step_s - frame_s) < kAlike * frame_s;
    const int start = clock.Nearest(scene.first_s);
    const int64_t span = scene.last_number - scene.first_number + 1;
    ScenePlace place;
    if (at_rate && (frames == 0 || start + span <= frames)) {
      place.first = scene.first_number - start;
      if (place.first != 0) {
        Say("window", video,
            "its times begin at " + CsvNumber(scene.first_s, 6) +
                " s: its first row was taken for "
                "frame " +
                std::to_string(start) + " (remove the times if it is another one)");
      }
      return place;
    }
    if (frames > 0 && AsMany(scene.rows, frames)) {
      place.first = facts_.has_index ? FirstNumber(video) : 0;
      if (!at_rate || start > 1) {
        Say("no times", video,
            "it has a row for each frame of the video: its times, from " +
                CsvNumber(scene.first_s, 6) + " s on, " + CsvNumber(scene.step_s, 6) +
                " s apart, were not used");
      }
      return place;
    }
    const double end_s = frames > 0 ? clock.Start(frames) : 0;
    const bool past = frames > 0 && scene.last_s > end_s + frame_s;
    if (past || std::abs(scene.step_s / 1000 - frame_s) < kAlike * frame_s) {
      throw Error(video.where,
                  "the times of the table go to " + CsvNumber(scene.last_s, 6) + " s" +
                      (frames > 0 ? ", and the video '" + video.video.name + "' ends at " +
                                        CsvNumber(end_s, 6) + " s"
                                  : "") +
                      ", so they may be milliseconds or of another video",
                  "write seconds from the start of the video, or remove the times if its rows are "
                  "the video's frames");
    }
    Say("moments", video,
        "its rows are " + CsvNumber(scene.step_s, 6) +
            " s apart and no frames: bouts were placed by the column of times");
    place.moments = true;
    return place;
  }

  // Of rows without times: which frames they are, is a guess where they are fewer.
  void SayRows(const BehaviorTableScene& scene, const PlacedVideo& video, int64_t first) {
    const int frames = video.video.frame_count;
    if (frames == 0 || AsMany(scene.rows, frames)) return;
    if (!facts_.unread_times.empty()) {
      throw Error(video.where,
                  "the column '" + facts_.unread_times +
                      "' of the table counts no seconds up, and "
                      "its " +
                      std::to_string(scene.rows) + " rows are not the " + std::to_string(frames) +
                      " frames of the video '" + video.video.name + "'",
                  "write seconds there, or remove it if the rows are frames");
    }
    Say("rows", video,
        "it has " + std::to_string(scene.rows) + " rows and no numbers of frames, the video '" +
            video.video.name + "' has " + std::to_string(frames) +
            " frames: the rows were taken for frames " +
            std::to_string(scene.first_number - first) + " to " +
            std::to_string(scene.last_number - first));
  }

  // Rows after the end of the video are of another one, or no frames of it.
  static void CheckEnd(const BehaviorTableScene& scene, const PlacedVideo& video, int64_t first) {
    const int frames = video.video.frame_count;
    const int64_t count = scene.last_number - first + 1;
    if (frames == 0 || count <= frames || AsMany(count, frames)) return;
    throw Error(video.where,
                "the table goes on to frame " + std::to_string(count - 1) + ", and the video '" +
                    video.video.name + "' has " + Frames(frames),
                "check which video it is about (--video), and that a row is a frame");
  }

  const BehaviorTableFacts& facts_;
  const PlaceRules& rules_;
  std::vector<std::string>* const notes_;
  std::map<std::string, PlacedVideo> videos_;  // by the name that the table gives
  std::map<std::string, Said> said_;           // by kind
};

}  // namespace

void PlaceRows(std::vector<BehaviorTableRow>& rows, const BehaviorTableFacts& facts,
               const PlaceRules& rules, const TableVideos& video_of,
               std::vector<std::string>* notes) {
  RowPlacer(facts, rules, notes).Place(rows, video_of);
}

}  // namespace datasets
