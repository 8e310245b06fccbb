// The one rule for where the labels of a picture go, for COCO, labelme and YOLO files and for what
// is evaluated against them:
//
//   1. --video: there; a picture that the file says to be of another video is left out and counted.
//      A file of several videos, none of them called so, is refused.
//   2. The video of the project that the file names, by videos[], video, or the picture's own name.
//   3. The picture itself, where it is there.
//   4. The only video of the project, where the file names none; said in a note.
//   5. Else refused, with both names. Nothing is guessed.
//
// Frame numbers begin with --first-frame, else as the tool's habit is (0; Ultralytics: 1).
// Two pictures of different names on one frame are refused (copies that a tool augmented, files of
// two recordings, or of two people).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "datasets/exchange/frame_match.h"
#include "datasets/exchange/label_batch.h"
#include "datasets/exchange/options.h"

namespace datasets {

struct PictureClaim {  // what a file says of one of its pictures
  std::string what;    // the thing that an error names
  std::string file_name;
  std::string original_name;        // before a tool renamed it (Roboflow), or ""
  std::vector<std::string> videos;  // how the file itself calls the video, best first; or empty
  std::optional<int64_t> number;    // of the frame, where the file gives it apart from the name
  std::vector<std::filesystem::path> pictures;  // where the picture would lie, best first
  int width = 0, height = 0;                    // 0: the file does not say
};

class FramePlacer {
 public:
  // `options`: `video` and `first_frame` count. `names_of_results`: names such as VIDEO_13.txt are
  // those of Ultralytics' results, which count from 1 (where no picture lies there).
  FramePlacer(const Project& project, const std::filesystem::path& file,
              const ImportOptions& options, bool names_of_results = false);

  // Every claim once, before the first Place: what the whole file says decides (how many videos it
  // is about, with which number its frames begin).
  void See(const PictureClaim& claim);
  // The place in the batch; nothing when it is of another video than --video. Throws Error for a
  // claim that cannot be placed, a frame outside its video, another size.
  std::optional<size_t> Place(const PictureClaim& claim, LabelBatch& batch);
  // Notes on what was left out and on what had to be understood, for the report.
  void AddNotes(std::vector<std::string>* warnings) const;

 private:
  struct Spoken {
    std::string key;                 // of the video as the claim names it; "" when it names none
    std::vector<std::string> names;  // to look for in the project, best first
    std::string shown;               // the name for a person
    bool renamed = false;
    std::optional<FrameName> numbered;
  };
  struct Named {
    const VideoRow* video = nullptr;
    const VideoPart* part = nullptr;  // the file of it that numbers count from; null: the whole
    bool several_others = false;      // are called so, none of them is --video
  };
  Spoken Understand(const PictureClaim& claim) const;
  Named Look(const std::string& name, bool renamed) const;
  Named Resolve(const Spoken& spoken) const;
  Named OfFolder(const PictureClaim& claim);
  const VideoRow* OfForced(const Named& named, const Spoken& spoken,
                           const PictureClaim& claim) const;
  void RefuseMixture(const std::string& what) const;
  int FirstFrame(const PictureClaim& claim, const Spoken& spoken, bool has_picture) const;
  [[noreturn]] void Refuse(const PictureClaim& claim, const Spoken& spoken) const;
  size_t PlacePicture(const PictureClaim& claim, const std::filesystem::path& file,
                      LabelBatch& batch) const;

  const Project& project_;
  const VideoMatcher matcher_;
  const int first_frame_;
  const bool names_of_results_;
  std::map<std::string, Named> found_;           // by Spoken::key
  std::map<std::string, Named> of_folder_;       // for names that are only a number
  std::map<std::string, const VideoRow*> said_;  // names that the file gives to its videos
  std::map<std::string, bool> spoken_;           // every name shown; is it the forced video?
  std::set<int> digits_;                         // of the numbers in names
  bool leading_zero_ = false, any_number_ = false;
  int lowest_ = INT32_MAX;
  std::map<std::pair<Id, int>, std::string> taken_;  // frame -> the picture that lies there
  int64_t skipped_ = 0;
  const VideoRow* only_taken_ = nullptr;
  bool counted_from_one_ = false, from_names_ = false, roboflow_ = false;
};

}  // namespace datasets
