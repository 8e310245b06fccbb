#include "datasets/exchange/frame_place.h"

#include <algorithm>
#include <opencv2/imgcodecs.hpp>

#include "datasets/base/error.h"
#include "datasets/base/url.h"
#include "datasets/files/unpacked_zip.h"

namespace datasets {

namespace fs = std::filesystem;

namespace {

constexpr int kPaddedDigits = 6;  // from so many digits on a number is a padded one

std::string Slashes(std::string name) {
  std::replace(name.begin(), name.end(), '\\', '/');
  return name;
}
std::string Quoted(const std::string& text) { return "'" + text + "'"; }

std::optional<fs::path> Existing(const std::vector<fs::path>& pictures) {
  std::error_code ignored;
  for (const fs::path& picture : pictures) {
    if (fs::is_regular_file(picture, ignored)) return picture;
  }
  return std::nullopt;
}

}  // namespace

FramePlacer::FramePlacer(const Project& project, const fs::path& file, const ImportOptions& options,
                         bool names_of_results)
    : project_(project),
      matcher_(project, file, options.video),
      first_frame_(options.first_frame),
      names_of_results_(names_of_results) {}

FramePlacer::Spoken FramePlacer::Understand(const PictureClaim& claim) const {
  Spoken spoken;
  spoken.names = claim.videos;
  if (!claim.original_name.empty()) spoken.numbered = ReadFrameName(claim.original_name);
  const auto named = ReadFrameName(claim.file_name);
  if (!spoken.numbered) spoken.numbered = named;
  if (spoken.numbered) {
    spoken.renamed = spoken.numbered->renamed || (named && named->renamed);
    std::string folder = Slashes(PathOfUrl(claim.file_name));
    folder.resize(folder.find('#') == std::string::npos ? folder.rfind('/') + 1 : 0);
    for (const std::string& video : {spoken.numbered->video, spoken.numbered->inner_video}) {
      if (!video.empty()) spoken.names.push_back(folder + video);
    }
  }
  for (const std::string& name : spoken.names) spoken.key += name + "\n";
  if (!claim.videos.empty()) {
    spoken.shown = Slashes(claim.videos.front());
  } else if (spoken.numbered) {
    const FrameName& name = *spoken.numbered;
    spoken.shown =
        fs::path(name.inner_video.empty() ? name.video : name.inner_video).filename().string();
  }
  return spoken;
}

FramePlacer::Named FramePlacer::Look(const std::string& name, bool renamed) const {
  Named named;
  named.video = matcher_.FindOrForced(name, &named.part, renamed);
  named.several_others = !named.video && matcher_.forced() && matcher_.Knows(name, renamed);
  return named;
}

// Without a video when the project has none that is called so.
FramePlacer::Named FramePlacer::Resolve(const Spoken& spoken) const {
  for (const std::string& name : spoken.names) {
    const Named named = Look(name, spoken.renamed);
    if (named.video || named.several_others) return named;
  }
  return {};
}

// VIDEO/000012.png
FramePlacer::Named FramePlacer::OfFolder(const PictureClaim& claim) {
  const fs::path file = Slashes(PathOfUrl(claim.file_name));
  std::string folder = file.parent_path().filename().string();
  if (folder.empty() && !claim.pictures.empty()) {
    folder = claim.pictures.front().parent_path().filename().string();
  }
  const auto [known, is_new] = of_folder_.emplace(folder, Named());
  if (is_new) known->second = Look(folder, false);
  return known->second;
}

void FramePlacer::See(const PictureClaim& claim) {
  const Spoken spoken = Understand(claim);
  if (!spoken.key.empty() && !found_.count(spoken.key)) {
    const Named named = Resolve(spoken);
    const VideoRow* video = named.video;
    found_[spoken.key] = named;
    spoken_[spoken.shown] = spoken_[spoken.shown] || (video && video == matcher_.forced());
    if (!claim.videos.empty()) said_[spoken.shown] = video;
  }
  if (claim.number || !spoken.numbered) return;
  any_number_ = true;
  digits_.insert(spoken.numbered->digits);
  lowest_ = std::min(lowest_, spoken.numbered->number);
  const std::string plain = std::to_string(spoken.numbered->number);
  leading_zero_ = leading_zero_ || spoken.numbered->digits > static_cast<int>(plain.size());
}

// Two recordings of one name ("day1/cage4.mp4", "day2/cage4.mp4") must not fall on one video.
void FramePlacer::RefuseMixture(const std::string& what) const {
  const auto parts = [](const std::string& name) {
    const fs::path path(name);
    return static_cast<int>(std::distance(path.begin(), path.end()));
  };
  std::map<const VideoRow*, std::vector<std::string>> names;
  for (const auto& [name, video] : said_) {
    if (!video) continue;
    for (const std::string& other : names[video]) {
      const int agreeing = AgreeingParts(name, other, true);
      if (agreeing == 0 || agreeing >= std::min(parts(name), parts(other))) continue;
      throw Error(what,
                  "it speaks of the videos " + Quoted(other) + " and " + Quoted(name) +
                      ", and the project has only one of that name, " + Quoted(video->path),
                  "add the other with `vole add-video`, or take its labels out of the file");
    }
    names[video].push_back(name);
  }
}

const VideoRow* FramePlacer::OfForced(const Named& named, const Spoken& spoken,
                                      const PictureClaim& claim) const {
  const VideoRow* forced = matcher_.forced();
  if (named.several_others) return nullptr;
  if (named.video) return named.video == forced ? forced : nullptr;
  if (spoken.key.empty() || spoken_.size() <= 1) return forced;
  std::string names;
  for (const auto& [name, is_forced] : spoken_) {
    if (is_forced) return nullptr;
    if (names.size() < 200) names += (names.empty() ? "" : ", ") + name;
  }
  throw Error(claim.what,
              "the labels are of several videos (" + names + "), and none of them is called " +
                  Quoted(forced->name) + ", the one that --video says",
              "import the labels of each video by themselves");
}

int FramePlacer::FirstFrame(const PictureClaim& claim, const Spoken& spoken,
                            bool has_picture) const {
  if (first_frame_ >= 0) return first_frame_;
  if (claim.number || has_picture || !names_of_results_ || spoken.numbered->video.empty()) return 0;
  if (leading_zero_ || lowest_ == 0 || *digits_.begin() >= kPaddedDigits) return 0;
  if (digits_.size() == 1 && *digits_.begin() > 3) {
    throw Error(claim.what,
                "its name does not show whether the numbers begin at 0 or, as those of Ultralytics "
                "do, at 1",
                "say it with --first-frame 0 or --first-frame 1");
  }
  return 1;
}

std::optional<size_t> FramePlacer::Place(const PictureClaim& claim, LabelBatch& batch) {
  const Spoken spoken = Understand(claim);
  if (taken_.empty()) RefuseMixture(claim.what);
  Named named;
  if (!spoken.key.empty()) {
    named = found_.at(spoken.key);
  } else if (spoken.numbered) {
    named = OfFolder(claim);
  }
  const VideoRow* video = named.video;
  const auto picture = Existing(claim.pictures);
  if (matcher_.forced()) {
    video = OfForced(named, spoken, claim);
    if (!video) {
      ++skipped_;
      return std::nullopt;
    }
  } else if (!video) {
    if (picture) return PlacePicture(claim, *picture, batch);
    if (!spoken.key.empty() || !matcher_.only() || (!claim.number && !spoken.numbered)) {
      Refuse(claim, spoken);
    }
    video = only_taken_ = matcher_.only();
  }
  if (!claim.number && !spoken.numbered) {
    throw Error(
        claim.what,
        "its picture '" + claim.file_name +
            "' has no frame number: it does not say which frame of the video it is",
        "give frame_index, or a file name such as 'video.mp4#000012' or 'video_000012.png'");
  }
  const int first = FirstFrame(claim, spoken, picture.has_value());
  counted_from_one_ = counted_from_one_ || (first == 1 && first_frame_ < 0);
  from_names_ = from_names_ || !claim.number;
  roboflow_ = roboflow_ || (!claim.number && spoken.numbered &&
                            claim.file_name.find(".rf.") != std::string::npos);
  const int64_t number =
      claim.number.value_or(spoken.numbered ? spoken.numbered->number : 0) - first;
  if (number < 0 || number > INT32_MAX) {
    throw Error(claim.what,
                "its frame is number " + std::to_string(number + first) +
                    ", and numbers begin at " + std::to_string(first),
                "say with which number they begin with --first-frame");
  }
  if (named.part && number >= named.part->frame_count) {
    throw Error(claim.what,
                "frame " + std::to_string(number) + " is outside of '" + named.part->path +
                    "', a part of the video '" + video->name + "' with frames 0 to " +
                    std::to_string(named.part->frame_count - 1),
                "where frame numbers count over all parts, the file must call the video '" +
                    video->name + "'");
  }
  const int frame = static_cast<int>(number) + (named.part ? named.part->first_frame : 0);
  CheckFrame(*video, frame, claim.width, claim.height, claim.what);
  const auto [taken, is_new] = taken_.emplace(std::make_pair(video->id, frame), claim.file_name);
  if (!is_new && taken->second != claim.file_name) {
    throw Error(claim.what,
                "frame " + std::to_string(frame) + " of the video '" + video->name +
                    "' stands there twice, as " + Quoted(taken->second) + " and as " +
                    Quoted(claim.file_name),
                "leave one of them out: copies that a tool augmented, or another recording, do not "
                "lie on this frame");
  }
  return batch.Frame(*video, frame);
}

void FramePlacer::Refuse(const PictureClaim& claim, const Spoken& spoken) const {
  const std::string name = fs::path(claim.file_name).filename().string();
  if (matcher_.empty() && (claim.number || spoken.numbered)) {
    throw Error(claim.what,
                "its picture " + Quoted(name) + " is not there, and the project has no video yet",
                "put the picture beside the labels, or add the video with `vole add-video`");
  }
  if (!claim.number && !spoken.numbered) {
    throw Error(claim.what,
                "its picture " + Quoted(name) +
                    " is not there, and the name does not say which frame of which video it is",
                "put it beside the labels, or name pictures VIDEO_000012.png");
  }
  throw Error(
      claim.what,
      spoken.shown.empty()
          ? "it does not say which video it is about"
          : "it is of the video " + Quoted(spoken.shown) +
                ", and the project has no video called so (there is: " + matcher_.Names() + ")",
      std::string("if it is one of them, say which with --video (there is: ") + matcher_.Names() +
          "); else add the video with `vole add-video`, or put the picture " + Quoted(name) +
          " beside the labels");
}

size_t FramePlacer::PlacePicture(const PictureClaim& claim, const fs::path& file,
                                 LabelBatch& batch) const {
  if (const auto archive = ArchiveAround(file)) {
    const std::string name = archive->filename().string();
    throw Error(
        claim.what,
        "it is about a picture in the archive " + Quoted(name) +
            " that is of no video of the project, and pictures are not taken out of archives",
        "say its video with --video, or unpack the archive where the pictures can stay, "
        "and import from there");
  }
  int width = claim.width, height = claim.height;
  if (width == 0 || height == 0) {
    const cv::Mat pixels = cv::imread(file.string(), cv::IMREAD_COLOR);
    if (pixels.empty()) {
      throw Error(claim.what, "'" + file.string() + "' is no picture that can be read",
                  "replace it or remove it from the file");
    }
    width = pixels.cols;
    height = pixels.rows;
  }
  return batch.Picture(PicturePath(project_, file), width, height);
}

void FramePlacer::AddNotes(std::vector<std::string>* warnings) const {
  if (skipped_ > 0) {
    warnings->push_back(std::to_string(skipped_) +
                        " images of other videos than --video were left out");
  }
  if (only_taken_) {
    warnings->push_back("the file names no video: the project's only one, '" + only_taken_->name +
                        "', was taken");
  }
  if (counted_from_one_) {
    warnings->push_back(
        "the files' numbers were read as Ultralytics writes them: VIDEO_1 is the first frame "
        "(--first-frame 0 where they begin at 0)");
  } else if (from_names_ && any_number_ && first_frame_ < 0 && lowest_ == 1) {
    warnings->push_back(
        "the pictures' numbers begin at 1 and were taken to count from 0: 1 is the second frame "
        "(--first-frame 1 where it is the first, as ffmpeg counts)");
  }
  if (roboflow_) {
    warnings->push_back(
        "frame numbers were read from Roboflow's names (VIDEO_mp4-0012 is frame 12); they are "
        "those "
        "of the video only where Roboflow was given every frame");
  }
}

}  // namespace datasets
