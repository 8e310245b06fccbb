#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/files/csv.h"
#include "datasets/formats/trajectories/npz.h"
#include "datasets/formats/trajectories/trajectories.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;

constexpr char kTrexRemedy[] = "give VIDEO_fish0.npz or .csv of TRex, or the folder of them";
// Where a position comes from, the body's center first.
const char* const kSources[] = {"#wcentroid", "#centroid", "#pcentroid", ""};

// The columns of one animal, one entry a frame.
struct TrexAnimal {
  std::string video, name, what;
  std::vector<double> frame, x, y, missing, confidence;  // the last two may be empty
  double cm_per_pixel = 0;                               // 0: not said
  bool in_pixels = false;
  int width = 0, height = 0;
  std::string source;
};

// "VIDEO_fish0": the animal is what follows the last underscore.
void NameAnimal(const fs::path& path, TrexAnimal* animal) {
  const std::string stem = path.stem().string();
  const size_t mark = stem.rfind('_');
  animal->video = mark == std::string::npos ? "" : stem.substr(0, mark);
  animal->name = mark == std::string::npos ? stem : stem.substr(mark + 1);
  animal->what = "TRex file '" + path.filename().string() + "'";
}

TrexAnimal ReadTrexNpz(const fs::path& path) {
  TrexAnimal animal;
  NameAnimal(path, &animal);
  std::vector<std::string> names = {"frame", "missing", "cm_per_pixel", "video_size",
                                    "detection_p"};
  for (const char* source : kSources) {
    names.push_back(std::string("X") + source);
    names.push_back(std::string("Y") + source);
  }
  auto arrays = ReadNpz(path, names, animal.what);
  const auto take = [&](const std::string& name) {
    const auto found = arrays.find(name);
    return found == arrays.end() ? std::vector<double>() : found->second.values;
  };
  animal.frame = take("frame");
  for (const char* source : kSources) {
    if (!arrays.count(std::string("X") + source) || !arrays.count(std::string("Y") + source)) {
      continue;
    }
    animal.source = std::string("X") + source;
    animal.x = take(animal.source);
    animal.y = take(std::string("Y") + source);
    break;
  }
  if (animal.source.empty() || !arrays.count("frame")) {
    throw Error(animal.what, "it has no frame, X and Y", kTrexRemedy);
  }
  animal.missing = take("missing");
  animal.confidence = take("detection_p");
  const std::vector<double> scale = take("cm_per_pixel"), size = take("video_size");
  if (!scale.empty()) animal.cm_per_pixel = scale[0];
  if (size.size() == 2 && size[0] >= 1 && size[0] < 1e6 && size[1] >= 1 && size[1] < 1e6) {
    animal.width = static_cast<int>(size[0]);
    animal.height = static_cast<int>(size[1]);
  }
  return animal;
}

// The column "NAME" or "NAME (unit)", as the table calls it; "" where there is none.
std::string ColumnOf(const CsvTable& table, const std::string& name) {
  for (const std::string& column : table.columns()) {
    if (column == name || column.rfind(name + " (", 0) == 0) return column;
  }
  return "";
}

// A number, or infinity for what TRex writes as inf or nan, and for nothing.
double TrexNumber(const CsvTable& table, size_t row, const std::string& column) {
  std::string text = table.Text(row, column);
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (text.empty() || text == "inf" || text == "-inf" || text == "nan" || text == "-nan") {
    return INFINITY;
  }
  return *table.Number(row, column);
}

TrexAnimal ReadTrexCsv(const fs::path& path) {
  TrexAnimal animal;
  NameAnimal(path, &animal);
  const CsvTable table(path, animal.what);
  table.Require({"frame"});
  std::string x, y;
  for (const char* source : kSources) {
    x = ColumnOf(table, std::string("x") + source);
    y = ColumnOf(table, std::string("y") + source);
    animal.source = std::string("X") + source;
    if (!x.empty() && !y.empty()) break;
  }
  if (x.empty() || y.empty()) table.Require({"x", "y"});
  animal.in_pixels = x.find("(px)") != std::string::npos;
  const bool has_missing = table.Has("missing");
  const std::string sure = ColumnOf(table, "detection_p");
  for (size_t row = 0; row < table.rows(); ++row) {
    animal.frame.push_back(TrexNumber(table, row, "frame"));
    animal.x.push_back(TrexNumber(table, row, x));
    animal.y.push_back(TrexNumber(table, row, y));
    if (has_missing) animal.missing.push_back(TrexNumber(table, row, "missing"));
    if (!sure.empty()) animal.confidence.push_back(TrexNumber(table, row, sure));
  }
  return animal;
}

// "cm_per_pixel = 0.0234" of VIDEO.settings beside the file or one folder up.
double ScaleOfSettings(const fs::path& path, const std::string& video) {
  const fs::path folder = fs::absolute(path).parent_path();
  for (const fs::path& place : {folder, folder.parent_path()}) {
    const fs::path file = place / (video + ".settings");
    std::error_code ignored;
    if (video.empty() || !fs::is_regular_file(file, ignored)) continue;
    std::stringstream text(ReadTextFile(file, "settings '" + file.filename().string() + "'"));
    for (std::string line; std::getline(text, line);) {
      const size_t equal = line.find('=');
      if (equal == std::string::npos) continue;
      std::string key = line.substr(0, equal);
      key.erase(
          std::remove_if(key.begin(), key.end(), [](char c) { return c == ' ' || c == '\t'; }),
          key.end());
      const auto value = ParseNumber(line.substr(equal + 1));
      if (key == "cm_per_pixel" && value && *value > 0) return *value;
    }
  }
  return 0;
}

// Pixels a unit of the positions.
double Zoom(const TrexAnimal& animal, const fs::path& path, const ImportOptions& options,
            std::vector<std::string>* notes) {
  if (animal.in_pixels) return 1;
  double scale = options.cm_per_pixel;
  if (scale <= 0) scale = animal.cm_per_pixel;
  if (scale <= 0) {
    scale = ScaleOfSettings(path, animal.video);
    if (scale > 0) notes->push_back("a pixel is " + CsvNumber(scale, 9) + " cm (its .settings)");
  }
  if (!(scale > 0) || !std::isfinite(scale)) {
    throw Error(animal.what,
                "its positions are in centimeters, and it does not say how wide a pixel is",
                "say it with --cm-per-pixel (cm_per_pixel of TRex's settings), or export .npz");
  }
  return 1 / scale;
}

struct TrexCounts {
  int64_t positions = 0, gaps = 0, filled_in = 0;
};

void AddAnimal(const TrexAnimal& animal, double zoom, TrexCounts* counts, Trajectories* to) {
  const size_t count = animal.frame.size();
  const auto fits = [&](const std::vector<double>& column) {
    return column.empty() || column.size() == count;
  };
  if (animal.x.size() != count || animal.y.size() != count || !fits(animal.missing) ||
      !fits(animal.confidence)) {
    throw Error(animal.what, "its columns are not of one length", kTrexRemedy);
  }
  const int number = static_cast<int>(to->animals.size());
  to->animals.push_back(animal.name);
  std::set<int64_t> frames;
  for (size_t i = 0; i < count; ++i) {
    const double frame = animal.frame[i];
    if (!(frame >= 0 && frame < INT32_MAX) || frame != std::floor(frame)) {
      throw Error(animal.what + ", row " + std::to_string(i + 1),
                  "its frame is no whole number from 0", kTrexRemedy);
    }
    TrajectoryPoint point;
    point.frame = static_cast<int64_t>(frame);
    if (!frames.insert(point.frame).second) {
      throw Error(animal.what + ", row " + std::to_string(i + 1),
                  "frame " + std::to_string(point.frame) + " comes twice", kTrexRemedy);
    }
    ++counts->positions;
    if (!std::isfinite(animal.x[i]) || !std::isfinite(animal.y[i])) {
      ++counts->gaps;
      continue;
    }
    if (!animal.missing.empty() && animal.missing[i] != 0) {
      ++counts->filled_in;
      continue;
    }
    point.animal = number;
    point.x = animal.x[i] * zoom;
    point.y = animal.y[i] * zoom;
    if (!animal.confidence.empty() && std::isfinite(animal.confidence[i])) {
      point.confidence = std::clamp(animal.confidence[i], 0.0, 1.0);
    }
    to->points.push_back(point);
  }
}

bool IsTrexName(const fs::path& file) {
  const std::string name = file.filename().string(), ending = file.extension().string();
  if (ending != ".npz" && ending != ".csv") return false;
  for (const char* other : {"_posture_", "_recognition_", "_statistics", "_visual_field_",
                            "_tracklet_images", "_memory", "_heatmap"}) {
    if (name.find(other) != std::string::npos) return false;
  }
  return name.find('_') != std::string::npos;
}

bool IsLikeTrexTable(const FileStart& file) {
  if (file.lines.empty() || !file.HasLine({"frame"})) return false;
  const std::vector<std::string>& names = file.lines[0];
  const auto begins = [&](const std::string& with) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return name.rfind(with, 0) == 0; });
  };
  return (begins("x#") && begins("y#")) || (begins("x (cm)") && begins("y (cm)"));
}

bool IsLikeTrexArchive(const FileStart& file) {
  return file.extension == ".npz" && (file.text.find("wcentroid") != std::string::npos ||
                                      file.text.find("centroid.npy") != std::string::npos ||
                                      file.text.find("cm_per_pixel") != std::string::npos);
}

bool IsTrexFile(const fs::path& file) {
  if (!IsTrexName(file)) return false;
  try {
    const FileStart start(file);
    return IsLikeTrexArchive(start) || IsLikeTrexTable(start);
  } catch (const Error&) {  // of another file than the one that was asked for
    return false;
  }
}

// Each import is a prediction of its own, of which the newest is shown.
void SayWhoLiesBeside(const fs::path& path, std::vector<std::string>* notes) {
  TrexAnimal given;
  NameAnimal(path, &given);
  std::set<std::string> others;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::absolute(path).parent_path(), ignored)) {
    TrexAnimal other;
    NameAnimal(entry.path(), &other);
    if (other.video != given.video || other.name == given.name) continue;
    if (IsTrexFile(entry.path())) others.insert(other.name);
  }
  if (given.video.empty() || others.empty()) return;
  notes->push_back(std::to_string(others.size()) + " more animals of the video lie beside it (" +
                   *others.begin() + (others.size() > 1 ? ", ..." : "") +
                   "): give their folder to have all of them in one prediction");
}

// One file an animal: of two kinds the npz, which has all digits.
std::vector<fs::path> TrexFiles(const fs::path& path, std::vector<std::string>* notes) {
  if (!fs::is_directory(path)) {
    SayWhoLiesBeside(path, notes);
    return {path};
  }
  std::map<std::string, fs::path> files;
  int64_t twice = 0, foreign = 0;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (!entry.is_regular_file() || !IsTrexName(entry.path())) continue;
    if (!IsTrexFile(entry.path())) {
      ++foreign;
      continue;
    }
    const auto [there, is_new] = files.emplace(entry.path().stem().string(), entry.path());
    if (is_new) continue;
    ++twice;
    if (entry.path().extension() == ".npz") there->second = entry.path();
  }
  if (files.empty())
    throw Error("folder '" + path.string() + "'", "it holds no animal of TRex", kTrexRemedy);
  if (foreign > 0) {
    notes->push_back(std::to_string(foreign) +
                     " .npz and .csv files there are no animals of TRex, and were left out");
  }
  if (twice > 0) {
    notes->push_back(std::to_string(twice) +
                     " animals lie there as .npz and as .csv: the .npz was read");
  }
  std::vector<fs::path> list;
  for (const auto& [stem, file] : files) list.push_back(file);
  return list;
}

bool IsLikeTrex(const FileStart& start) {
  if (!start.is_folder) return IsLikeTrexArchive(start) || IsLikeTrexTable(start);
  return std::any_of(start.entries.begin(), start.entries.end(), IsTrexFile);
}

}  // namespace

ImportReport ImportTrex(Project& project, const fs::path& path, const ImportOptions& options,
                        Job& job) {
  Trajectories trajectories;
  const std::vector<fs::path> files = TrexFiles(path, &trajectories.notes);
  trajectories.what = files.size() == 1 ? "TRex file '" + files[0].filename().string() + "'"
                                        : "TRex folder '" + path.string() + "'";
  TrexCounts counts;
  std::set<std::string> sources, notes;
  for (const fs::path& file : files) {
    job.Advance(0, 0, "reading " + file.filename().string());
    const TrexAnimal animal = file.extension() == ".npz" ? ReadTrexNpz(file) : ReadTrexCsv(file);
    if (!animal.video.empty() && trajectories.videos.empty()) {
      trajectories.videos = {animal.video};
    } else if (!animal.video.empty() && trajectories.videos[0] != animal.video) {
      throw Error(
          trajectories.what,
          "it is of several videos, '" + trajectories.videos[0] + "' and '" + animal.video + "'",
          "give the files of each video by themselves");
    }
    if (animal.width > 0) {
      trajectories.width = animal.width;
      trajectories.height = animal.height;
    }
    std::vector<std::string> said;
    AddAnimal(animal, Zoom(animal, file, options, &said), &counts, &trajectories);
    notes.insert(said.begin(), said.end());
    sources.insert(animal.source);
  }
  trajectories.notes.insert(trajectories.notes.end(), notes.begin(), notes.end());
  const auto say = [&](int64_t count, const std::string& text) {
    if (count > 0) {
      trajectories.notes.push_back(std::to_string(count) + " of " +
                                   std::to_string(counts.positions) + " positions " + text);
    }
  };
  say(counts.gaps, "are gaps, in which nothing was stored");
  say(counts.filled_in, "are of frames in which the animal is missing, and were left out");
  if (!sources.count("X#wcentroid") || sources.size() > 1) {
    std::string names;
    for (const std::string& source : sources) names += (names.empty() ? "" : ", ") + source;
    trajectories.notes.push_back("the positions are those of " + names);
  }
  if (trajectories.videos.empty() || trajectories.videos[0].empty()) trajectories.videos.clear();
  return ImportTrajectories(project, path, trajectories, options, job);
}

Format TrexFormat() {
  return {"trex",
          ImportTrex,
          nullptr,
          "a VIDEO_fish0.npz or .csv, or the folder of them",
          "trajectories of TRex, read as predictions of one point",
          IsLikeTrex};
}

}  // namespace datasets
