// Which frame of which project video a file speaks of: how tools name frames, and how names of
// videos are compared. The rule that follows from both is that of datasets/exchange/frame_place.h.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/base/error.h"
#include "datasets/project.h"

namespace datasets {

// What the name of a picture or label file says by itself.
//
//   tools                          example                              video      number
//   Vole                           cage4.mp4#000012                     cage4.mp4  12
//   labelme, annolid, SLEAP, VIA   cage4_000012.png, cage4.000012.json  cage4      12
//   Ultralytics (save_txt)         cage4_13.txt, from 1                 cage4      13
//   extracted frames               cage4_frame12.jpg, cage4-img-12.png  cage4      12
//   CVAT, DeepLabCut, ffmpeg       frame_000012.PNG, img0012.png        -          12
//   DAVIS, ffmpeg                  cage4/00012.jpg                      -          12
//   Roboflow                       cage4_mp4-0012_jpg.rf.3f9a...c1.jpg  cage4.mp4  12
//   Label Studio                   3d5ee66a-cage4_000012.png            cage4      12
//
// A number that only ends a word ("cage4", a hash, a time) is no frame number.
struct FrameName {
  std::string video;        // "" where the name does not say it
  std::string inner_video;  // the same without what a tool put before it (Label Studio), or ""
  int number = 0;           // as written, see FramePlacer for the number of the first frame
  int digits = 0;           // how many were written
  bool renamed = false;     // by a tool that replaces blanks and the like (Roboflow, Label Studio)
};
// `file_name` may have folders (of either slash) in front; they are not looked at. Nothing when the
// name holds no frame number.
std::optional<FrameName> ReadFrameName(const std::string& file_name);

// What a file of a recording in several counts from is not known: no choice of a video says it.
struct PartError : Error {
  using Error::Error;
};

class VideoMatcher {
 public:
  // `file`: the imported file or folder. `forced_video`: the user's --video, "" when not given
  // (throws Error for a name that the project does not have).
  VideoMatcher(const Project& project, const std::filesystem::path& file,
               const std::string& forced_video);

  // The video that the file calls `name` (a file name, a stem, a path or a project name). First the
  // very file beside the imported one; then the videos of that file name, then those of that stem
  // or project name. Of several, the one whose folders agree furthest with `name`. Null when there
  // is none; throws Error when several videos could be meant, PartError when several files of one.
  // `renamed`: letters and digits alone count.
  // Of a recording in several files, a name of one of these gives the video, and `*part` that file,
  // from whose first frame the imported file counts (null: it names the whole). Without `part` only
  // the first file will do; of another a PartError says which frame of the whole its first one is.
  // The names of all files, with ';' between them, name the whole, and no other list names
  // anything. Backslashes are those of Windows where no name has them.
  const VideoRow* Find(const std::string& name, bool renamed = false,
                       const VideoPart** part = nullptr) const;
  // The same where --video says which of several is meant. With it, null also for a name of several
  // others; PartError only of the forced one (several of its files are called so, or without `part`
  // a later one is). Without it as Find.
  const VideoRow* FindOrForced(const std::string& name, const VideoPart** part = nullptr,
                               bool renamed = false) const;
  // One video of the project or several are called so. Throws nothing.
  bool Knows(const std::string& name, bool renamed = false) const;
  // The video of what belongs to a video that the file calls `names`, best first: the first of them
  // that the project knows. With --video null for another one, to be left out and counted; what the
  // project does not know is forced, unless the file names `several` videos. Without --video null
  // for what the project does not know. Throws as FindOrForced does without `part`.
  const VideoRow* FindChosen(const std::vector<std::string>& names, bool several) const;
  const VideoRow* forced() const { return forced_; }
  const VideoRow* only() const { return videos_.size() == 1 ? &videos_.front() : nullptr; }
  // forced, else by name; the only one where the file says no name. Throws Error that lists the
  // project's videos.
  const VideoRow& Require(const std::string& name, const std::string& what) const;
  std::string Names() const;  // "a, b, c", for messages
  bool empty() const { return videos_.empty(); }
  const std::vector<VideoRow>& videos() const { return videos_; }

 private:
  struct Candidate {
    const VideoRow* video;
    int agreeing;
    const VideoPart* part;
  };
  static std::vector<Candidate> Best(std::vector<Candidate> candidates);
  static const VideoRow* Only(const std::string& name, const std::vector<Candidate>& fitting,
                              const VideoPart** part);
  std::vector<Candidate> Fitting(const std::string& name, bool renamed) const;
  std::vector<Candidate> FittingAsWritten(const std::string& name, bool renamed) const;
  std::vector<Candidate> FittingFiles(const std::string& names) const;

  const Project& project_;
  std::filesystem::path folder_;
  std::vector<VideoRow> videos_;
  const VideoRow* forced_ = nullptr;
};

// The last part of a path without the ending of a picture, label or video file.
std::string NameWithoutEnding(const std::filesystem::path& path);
// How many parts of two paths agree, counted from the end; the last part without its ending where
// `stems`. 0: another name.
int AgreeingParts(const std::filesystem::path& a, const std::filesystem::path& b, bool stems);

// Throws Error(thing = `what`) when the frame is outside the video or the sizes differ
// (width, height 0: unknown, not compared).
void CheckFrame(const VideoRow& video, int frame_index, int width, int height,
                const std::string& what);

}  // namespace datasets
