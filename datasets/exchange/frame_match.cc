#include "datasets/exchange/frame_match.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>

#include "datasets/base/url.h"
#include "datasets/files/file_names.h"
#include "datasets/files/unpacked_zip.h"
#include "datasets/video_files.h"

namespace datasets {

namespace fs = std::filesystem;

namespace {

const std::set<std::string> kFileEndings = {"png",  "jpg",  "jpeg", "bmp", "tif", "tiff",
                                            "webp", "json", "txt",  "gif", "xml"};
// Words before a number that name no video.
const std::set<std::string> kCountWords = {"frame",  "frames", "fr",    "f",       "img",
                                           "image",  "im",     "pic",   "picture", "out",
                                           "output", "images", "photo", "capture", "thumb"};

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}
bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool IsSeparator(char c) { return c == '_' || c == '-' || c == '.' || c == ' '; }
bool AllHex(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) != 0;
  });
}
void CutSeparators(std::string* text) {
  while (!text->empty() && IsSeparator(text->back())) text->pop_back();
}

// Takes ".png" and the like off. True when there was one.
bool CutEnding(std::string* name) {
  const size_t dot = name->rfind('.');
  if (dot == std::string::npos || dot == 0) return false;
  if (!kFileEndings.count(Lower(name->substr(dot + 1)))) return false;
  name->resize(dot);
  return true;
}

// Roboflow makes NAME.jpg into NAME_jpg.rf.HASH(.jpg).
bool CutRoboflow(std::string* name) {
  const size_t mark = name->rfind(".rf.");
  if (mark == std::string::npos || !AllHex(name->substr(mark + 4))) return false;
  name->resize(mark);
  const size_t ending = name->rfind('_');
  if (ending != std::string::npos && kFileEndings.count(Lower(name->substr(ending + 1)))) {
    name->resize(ending);
  }
  return true;
}

// One habit: what stands before the number, and which video it names. The first that fits holds.
struct Habit {
  const char* tools;
  bool (*reads)(const std::string& before, std::string* video);
};

// "cage4_frame_" -> "cage4_", for any of the count words.
bool CutCountWord(std::string* before) {
  CutSeparators(before);
  size_t word = before->size();
  while (word > 0 && std::isalpha(static_cast<unsigned char>((*before)[word - 1]))) --word;
  if (word < before->size() && kCountWords.count(Lower(before->substr(word))) &&
      (word == 0 || IsSeparator((*before)[word - 1]))) {
    before->resize(word);
    return true;
  }
  return false;
}

const Habit kHabits[] = {
    {"DAVIS, ffmpeg: only a number",
     [](const std::string& before, std::string*) { return before.empty(); }},
    {"Vole: VIDEO#N",
     [](const std::string& before, std::string* video) {
       if (before.empty() || before.back() != '#') return false;
       *video = before.substr(0, before.size() - 1);
       return true;
     }},
    {"CVAT, DeepLabCut, ffmpeg, extracted frames: frame_N, img0N, VIDEO_frame_N",
     [](const std::string& before, std::string* video) {
       *video = before;
       if (!CutCountWord(video)) return false;
       CutSeparators(video);
       return true;
     }},
    {"Roboflow: VIDEO_mp4-N",
     [](const std::string& before, std::string* video) {
       if (before.back() != '-') return false;
       *video = before.substr(0, before.size() - 1);
       const size_t ending = video->rfind('_');
       if (ending == std::string::npos || ending == 0) return false;
       std::string with_dot = *video;
       with_dot[ending] = '.';
       if (!HasVideoEnding(with_dot)) return false;
       *video = with_dot;
       return true;
     }},
    {"labelme, annolid, Ultralytics, VIA: VIDEO_N",
     [](const std::string& before, std::string* video) {
       if (!IsSeparator(before.back())) return false;
       *video = before;
       CutSeparators(video);
       return !video->empty();
     }},
};

// "3d5ee66a-NAME", as Label Studio stores what is brought to it. A date is no such mark.
constexpr size_t kUploadMark = 8;
bool IsUploadMark(const std::string& text) {
  return text.size() == kUploadMark && AllHex(text) &&
         !std::all_of(text.begin(), text.end(), IsDigit);
}
std::string WithoutUploadMark(const std::string& video) {
  const bool marked = video.size() > kUploadMark && video[kUploadMark] == '-' &&
                      AllHex(video.substr(0, kUploadMark));
  return marked ? video.substr(kUploadMark + 1) : "";
}

std::string LettersAndDigits(const std::string& text) {
  std::string kept;
  for (const char c : Lower(text)) {
    if (std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80)) kept += c;
  }
  return kept;
}

}  // namespace

std::optional<FrameName> ReadFrameName(const std::string& file_name) {
  std::string name = PathOfUrl(file_name);
  FrameName result;
  // A path may end in "#000012": its video keeps its folders.
  if (name.find('#') == std::string::npos) {
    std::replace(name.begin(), name.end(), '\\', '/');
    name.erase(0, name.rfind('/') + 1);  // npos + 1 = 0
    CutEnding(&name);
    if (CutRoboflow(&name)) {
      result.renamed = true;
      CutEnding(&name);
    }
  }
  size_t digits = name.size();
  while (digits > 0 && IsDigit(name[digits - 1])) --digits;
  result.digits = static_cast<int>(name.size() - digits);
  if (result.digits == 0 || result.digits > 9) return std::nullopt;
  result.number = std::stoi(name.substr(digits));
  name.resize(digits);
  for (const Habit& habit : kHabits) {
    if (!habit.reads(name, &result.video)) continue;
    if (IsUploadMark(result.video) && name[kUploadMark] == '-') result.video.clear();
    result.inner_video = WithoutUploadMark(result.video);
    result.renamed = result.renamed || !result.inner_video.empty();
    return result;
  }
  return std::nullopt;
}

// Not std::filesystem's: "rat.day2" has no ending.
std::string NameWithoutEnding(const fs::path& path) {
  std::string ending = LowerEnding(path);
  if (!ending.empty()) ending.erase(0, 1);
  const bool known = kFileEndings.count(ending) || HasVideoEnding(path);
  return (known ? path.stem() : path.filename()).string();
}

int AgreeingParts(const fs::path& a, const fs::path& b, bool stems) {
  const bool same =
      stems ? NameWithoutEnding(a) == NameWithoutEnding(b) : a.filename() == b.filename();
  if (!same) return 0;
  int parts = 1;
  const fs::path left = a.parent_path(), right = b.parent_path();
  auto l = left.end(), r = right.end();
  while (l != left.begin() && r != right.begin() && *--l == *--r) ++parts;
  return parts;
}

namespace {

// How far "a.mp4;b.mp4" agrees with the files of the video, one by one in order; 0: it is of
// others.
int AgreeingFiles(const std::string& names, const std::vector<VideoFile>& files) {
  size_t at = 0;
  int agreeing = 0;
  for (const VideoFile& file : files) {
    if (at > names.size()) return 0;
    const size_t end = std::min(names.find(';', at), names.size());
    const int own = AgreeingParts(names.substr(at, end - at), file.path, false);
    if (own == 0) return 0;
    agreeing += own;
    at = end + 1;
  }
  return at == names.size() + 1 ? agreeing : 0;
}

[[noreturn]] void RefusePart(const std::string& name, const VideoRow& video,
                             const VideoPart& part) {
  const std::string first = std::to_string(part.first_frame);
  throw PartError(
      "video '" + name + "' of the imported file",
      "it is a part of the video '" + video.name +
          "', whose frames count on over all parts: its first one is frame " + first,
      "count so in the file (" + first + " more), and call the video '" + video.name + "'");
}

}  // namespace

VideoMatcher::VideoMatcher(const Project& project, const fs::path& file,
                           const std::string& forced_video)
    : project_(project), videos_(project.Videos()) {
  std::error_code ignored;
  const auto archive = ArchiveAround(file);
  folder_ =
      !archive && fs::is_directory(file, ignored) ? file : archive.value_or(file).parent_path();
  if (forced_video.empty()) return;
  const Id id = project.VideoByName(forced_video).id;
  for (const VideoRow& video : videos_) {
    if (video.id == id) forced_ = &video;
  }
}

// Those that agree most.
std::vector<VideoMatcher::Candidate> VideoMatcher::Best(std::vector<Candidate> candidates) {
  int most = 0;
  for (const Candidate& one : candidates) most = std::max(most, one.agreeing);
  candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                  [&](const Candidate& one) { return one.agreeing < most; }),
                   candidates.end());
  return candidates;
}

// Of "a.mp4;b.mp4": the recordings that lie in these files. One of them alone is not meant.
std::vector<VideoMatcher::Candidate> VideoMatcher::FittingFiles(const std::string& names) const {
  std::vector<Candidate> found;
  for (const VideoRow& video : videos_) {
    if (video.parts.empty()) continue;
    const int agreeing = AgreeingFiles(names, FilesOf(project_, video));
    if (agreeing > 0) found.push_back({&video, agreeing, nullptr});
  }
  return Best(std::move(found));
}

std::vector<VideoMatcher::Candidate> VideoMatcher::Fitting(const std::string& name,
                                                           bool renamed) const {
  std::vector<Candidate> found = FittingAsWritten(name, renamed);
  if (!found.empty() || name.find('\\') == std::string::npos) return found;
  std::string plain = name;
  std::replace(plain.begin(), plain.end(), '\\', '/');
  return FittingAsWritten(plain, renamed);
}

std::vector<VideoMatcher::Candidate> VideoMatcher::FittingAsWritten(const std::string& name,
                                                                    bool renamed) const {
  if (name.empty()) return {};
  if (name.find(';') != std::string::npos) {
    std::vector<Candidate> found = FittingFiles(name);
    const bool one_file = std::any_of(videos_.begin(), videos_.end(), [](const VideoRow& other) {
      return fs::path(other.path).filename().string().find(';') != std::string::npos;
    });
    if (!found.empty() || !one_file) return found;
  }
  const fs::path wanted(name);
  std::error_code ignored;
  const fs::path beside = fs::weakly_canonical(folder_ / wanted, ignored);
  std::vector<Candidate> same_file, same_stem, same_letters;
  for (const VideoRow& video : videos_) {
    const bool joined = !video.parts.empty();
    bool called_so = video.name == name || video.name == NameWithoutEnding(wanted);
    if (joined) {
      // By the name that other tools are told. A file that is there comes before it.
      const fs::path movie = MovieFile(project_, video);
      const int by_file = AgreeingParts(movie, wanted, false);
      const int by_stem = AgreeingParts(movie, wanted, true);
      called_so = called_so || by_stem > 0;
      if (by_file > 0) same_file.push_back({&video, by_file - 1, nullptr});
      if (called_so) same_stem.push_back({&video, std::max(1, by_stem), nullptr});
    }
    const std::vector<VideoFile> files = FilesOf(project_, video);
    for (size_t i = 0; i < files.size(); ++i) {
      const fs::path& file = files[i].path;
      const VideoPart* one = joined ? &video.parts[i] : nullptr;
      if (!ignored && fs::weakly_canonical(file, ignored) == beside) return {{&video, 0, one}};
      const int by_file = AgreeingParts(file, wanted, false);
      const int by_stem = AgreeingParts(file, wanted, true);
      if (by_file > 0) same_file.push_back({&video, by_file, one});
      if (one ? by_stem > 0 && !called_so : by_stem > 0 || called_so) {
        same_stem.push_back({&video, by_stem, one});
      }
      if (renamed && LettersAndDigits(NameWithoutEnding(file)) ==
                         LettersAndDigits(NameWithoutEnding(wanted))) {
        same_letters.push_back({&video, 1, one});
      }
    }
    if (renamed && joined &&
        LettersAndDigits(video.name) == LettersAndDigits(NameWithoutEnding(wanted))) {
      same_letters.push_back({&video, 2, nullptr});
    }
  }
  for (auto* candidates : {&same_file, &same_stem, &same_letters}) {
    if (!candidates->empty()) return Best(std::move(*candidates));
  }
  return {};
}

// The only one of those that fit best; null of none.
const VideoRow* VideoMatcher::Only(const std::string& name, const std::vector<Candidate>& fitting,
                                   const VideoPart** part) {
  if (part) *part = nullptr;
  if (fitting.empty()) return nullptr;
  const Candidate& first = fitting.front();
  std::vector<const VideoRow*> videos;
  for (const Candidate& one : fitting) {
    if (std::find(videos.begin(), videos.end(), one.video) == videos.end()) {
      videos.push_back(one.video);
    }
  }
  if (videos.size() > 1) {
    throw Error("video '" + name + "' of the imported file",
                "the project has " + std::to_string(videos.size()) +
                    " videos of that name: " + videos[0]->name + " (" + videos[0]->path + "), " +
                    videos[1]->name + " (" + videos[1]->path + ")",
                "say which with --video");
  }
  if (fitting.size() > 1) {
    throw PartError("video '" + name + "' of the imported file",
                    "several parts of the video '" + first.video->name + "' are called so",
                    "name the folder of the file, too, or count frames over all parts and call "
                    "the video '" +
                        first.video->name + "'");
  }
  if (part) {
    *part = first.part;
  } else if (first.part && first.part->first_frame > 0) {
    RefusePart(name, *first.video, *first.part);
  }
  return first.video;
}

const VideoRow* VideoMatcher::Find(const std::string& name, bool renamed,
                                   const VideoPart** part) const {
  return Only(name, Fitting(name, renamed), part);
}

const VideoRow* VideoMatcher::FindOrForced(const std::string& name, const VideoPart** part,
                                           bool renamed) const {
  std::vector<Candidate> fitting = Fitting(name, renamed);
  if (!forced_) return Only(name, fitting, part);
  std::vector<Candidate> own;
  std::copy_if(fitting.begin(), fitting.end(), std::back_inserter(own),
               [&](const Candidate& one) { return one.video == forced_; });
  if (!own.empty()) return Only(name, own, part);
  const VideoPart* of_other = nullptr;
  return fitting.size() == 1 ? Only(name, fitting, part ? part : &of_other) : Only(name, {}, part);
}

bool VideoMatcher::Knows(const std::string& name, bool renamed) const {
  return !Fitting(name, renamed).empty();
}

const VideoRow* VideoMatcher::FindChosen(const std::vector<std::string>& names,
                                         bool several) const {
  for (const std::string& name : names) {
    if (const VideoRow* found = FindOrForced(name)) {
      return forced_ && found != forced_ ? nullptr : found;
    }
    if (forced_ && Knows(name)) return nullptr;
  }
  return several ? nullptr : forced_;
}

const VideoRow& VideoMatcher::Require(const std::string& name, const std::string& what) const {
  if (forced_) {
    if (!forced_->parts.empty()) FindOrForced(name);  // throws for a later part of it
    return *forced_;
  }
  if (const VideoRow* video = Find(name)) return *video;
  if (name.empty() && only()) return *only();
  if (videos_.empty()) {
    throw Error(what, "the project has no video yet", "add it first with `vole add-video`");
  }
  throw Error(
      what,
      name.empty() ? "it does not say which video it is about"
                   : "the project has no video called '" + name + "'",
      "say which with --video (there is: " + Names() + "), or add it with `vole add-video`");
}

std::string VideoMatcher::Names() const {
  std::string names;
  for (const VideoRow& video : videos_) names += (names.empty() ? "" : ", ") + video.name;
  return names;
}

void CheckFrame(const VideoRow& video, int frame_index, int width, int height,
                const std::string& what) {
  if (frame_index < 0 || frame_index >= video.frame_count) {
    throw Error(what,
                "frame " + std::to_string(frame_index) + " is outside the video '" + video.name +
                    "', which has frames 0 to " + std::to_string(video.frame_count - 1),
                "check which video the labels belong to (--video) and with which number their "
                "frames begin (--first-frame)");
  }
  if ((width != 0 && width != video.width) || (height != 0 && height != video.height)) {
    throw Error(what,
                "it is " + std::to_string(width) + " x " + std::to_string(height) +
                    " pixels, but the video '" + video.name + "' is " +
                    std::to_string(video.width) + " x " + std::to_string(video.height),
                "check which video the labels belong to (--video)");
  }
}

}  // namespace datasets
