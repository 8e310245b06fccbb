#include <yaml-cpp/yaml.h>

#include <cctype>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/exchange/frame_export.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/csv.h"
#include "datasets/files/file_names.h"
#include "datasets/formats/deeplabcut/deeplabcut.h"
#include "datasets/pose/pose_export.h"
#include "datasets/video_files.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;

constexpr char kVole[] = "Vole";
constexpr double kHalfPixel = 0.5;

// Letters and digits of the only person who labeled; else "Vole".
std::string ScorerOf(const PosedFrames& posed) {
  std::set<std::string> authors;
  for (const PosedFrame& frame : posed.frames) {
    for (const PosedAnimal& animal : frame.animals) authors.insert(animal.author);
  }
  if (authors.size() != 1) return kVole;
  std::string scorer;
  for (const char c : *authors.begin()) {
    if (std::isalnum(static_cast<unsigned char>(c))) scorer += c;
  }
  return scorer.empty() ? kVole : scorer;
}

// The columns of a table: animals side by side, each with all points.
class Sheet {
 public:
  Sheet(const PosedFrames& posed, const std::string& scorer, bool predicted, bool three_columns)
      : points_(PointNames(posed.skeleton)),
        predicted_(predicted),
        animals_(posed.animals),
        several_(posed.animals.size() != 1 || Untracked(posed) > 0) {
    for (size_t i = 0; i < Untracked(posed); ++i) {
      animals_.push_back("animal_" + std::to_string(i + 1));
    }
    const std::string gap = three_columns ? ",," : "";
    Header("scorer" + gap, [&](const auto&, const auto&, const auto&) { return scorer; });
    if (several_) {
      Header("individuals" + gap,
             [](const auto& animal, const auto&, const auto&) { return animal; });
    }
    Header("bodyparts" + gap, [](const auto&, const auto& point, const auto&) { return point; });
    Header("coords" + gap, [](const auto&, const auto&, const auto& coord) { return coord; });
  }
  bool several() const { return several_; }
  const std::vector<std::string>& animals() const { return animals_; }
  const std::string& text() const { return text_; }

  void Add(const std::string& row_name, const PosedFrame& frame, size_t named) {
    std::vector<const PosedAnimal*> at(animals_.size(), nullptr);
    for (const PosedAnimal& animal : frame.animals) {
      at[animal.animal >= 0 ? static_cast<size_t>(animal.animal) : named++] = &animal;
    }
    text_ += row_name;
    for (const PosedAnimal* animal : at) {
      for (size_t k = 0; k < points_.size(); ++k) {
        const bool there = animal && animal->points[k].visibility > 0;
        text_ += "," + (there ? CsvNumber(animal->points[k].x - kHalfPixel, 6) : "");
        text_ += "," + (there ? CsvNumber(animal->points[k].y - kHalfPixel, 6) : "");
        if (predicted_) text_ += "," + (there ? CsvNumber(animal->confidences[k], 6) : "");
      }
    }
    text_ += "\n";
  }

 private:
  // The most animals of a picture that nothing tells apart.
  static size_t Untracked(const PosedFrames& posed) {
    size_t most = 0;
    for (const PosedFrame& frame : posed.frames) {
      size_t here = 0;
      for (const PosedAnimal& animal : frame.animals) here += animal.animal < 0 ? 1 : 0;
      most = std::max(most, here);
    }
    return most;
  }

  template <class Cell>
  void Header(const std::string& title, Cell cell) {
    static const std::vector<std::string> kCoords = {"x", "y", "likelihood"};
    text_ += title;
    for (const std::string& animal : animals_) {
      for (const std::string& point : points_) {
        for (size_t i = 0; i < (predicted_ ? 3U : 2U); ++i) {
          std::string text = cell(animal, point, kCoords[i]);
          for (char& c : text) {  // DeepLabCut's tables know no quotes
            if (c == ',' || c == '"' || c == '\n') c = '_';
          }
          text_ += "," + text;
        }
      }
    }
    text_ += "\n";
  }

  const std::vector<std::string> points_;
  const bool predicted_;
  std::vector<std::string> animals_;
  const bool several_;
  std::string text_;
};

void WriteConfig(const Project& project, const PosedFrames& posed, const Sheet& sheet,
                 const std::string& scorer, const fs::path& file) {
  YAML::Emitter out;
  const std::vector<std::string> points = PointNames(posed.skeleton);
  const auto list = [&](const char* key, const std::vector<std::string>& values) {
    out << YAML::Key << key << YAML::Value << YAML::BeginSeq;
    for (const std::string& value : values) out << YAML::DoubleQuoted << value;
    out << YAML::EndSeq;
  };
  out << YAML::BeginMap;
  out << YAML::Key << "Task" << YAML::Value << YAML::DoubleQuoted << project.file().stem().string();
  out << YAML::Key << "scorer" << YAML::Value << YAML::DoubleQuoted << scorer;
  out << YAML::Key << "multianimalproject" << YAML::Value << sheet.several();
  out << YAML::Key << "identity" << YAML::Value << false;
  out << YAML::Key << "project_path" << YAML::Value << YAML::DoubleQuoted
      << fs::absolute(file).parent_path().generic_string();
  out << YAML::Key << "video_sets" << YAML::Value << YAML::BeginMap;
  for (const VideoRow& video : posed.videos) {
    out << YAML::Key << YAML::DoubleQuoted << MovieFile(project, video).generic_string()
        << YAML::Value << YAML::BeginMap << YAML::Key << "crop" << YAML::Value
        << "0, " + std::to_string(video.width) + ", 0, " + std::to_string(video.height)
        << YAML::EndMap;
  }
  out << YAML::EndMap;
  if (sheet.several()) {
    list("individuals", sheet.animals());
    list("uniquebodyparts", {});
    list("multianimalbodyparts", points);
    out << YAML::Key << "bodyparts" << YAML::Value << "MULTI!";
  } else {
    list("bodyparts", points);
  }
  out << YAML::Key << "skeleton" << YAML::Value << YAML::BeginSeq;
  for (const auto& [from, to] : posed.skeleton.edges) {
    out << YAML::BeginSeq << YAML::DoubleQuoted << points[static_cast<size_t>(from)]
        << YAML::DoubleQuoted << points[static_cast<size_t>(to)] << YAML::EndSeq;
  }
  out << YAML::EndSeq << YAML::EndMap;
  WriteFileAtomically(file, std::string(out.c_str()) + "\n");
}

std::string SixDigits(int number) {
  std::string text = std::to_string(number);
  return text.size() < 6 ? std::string(6 - text.size(), '0') + text : text;
}

void Save(const fs::path& file, const std::string& text, ExportReport* report) {
  MakeFolderOf(file);
  WriteFileAtomically(file, text);
  ++report->files;
}

}  // namespace

ExportReport ExportDeepLabCut(const Project& project, const fs::path& out,
                              const ExportOptions& options, Job& job) {
  const PosedFrames posed = SelectPoses(project, options, job);
  const bool predicted = options.what == "predictions";
  const std::string scorer = predicted ? kVole : ScorerOf(posed);
  const size_t named = posed.animals.size();
  const auto make = [&] { return Sheet(posed, scorer, predicted, !predicted); };
  ExportReport report;
  report.warnings = posed.warnings;
  WarnOfSplits(posed, &report.warnings);
  NoteParts(project, posed.videos, &report.warnings);
  std::vector<std::string> folders;  // of each video; DeepLabCut wants the name of its file
  for (const VideoRow& video : posed.videos) {
    folders.push_back(video.parts.empty() ? video.name : MovieFile(project, video).stem().string());
  }
  std::map<std::string, Sheet> sheets;  // of each folder of pictures, or video
  PictureWriter pictures(project);
  int64_t hidden = 0, untracked = 0, machine = 0, pictured = 0;
  for (const PosedFrame& frame : posed.frames) {
    for (const PosedAnimal& animal : frame.animals) {
      untracked += animal.animal < 0 ? 1 : 0;
      machine += animal.predicted && !predicted ? 1 : 0;
      for (const KeyPoint& point : animal.points) hidden += point.visibility == 1 ? 1 : 0;
    }
    const bool single = posed.IsPicture(frame);
    const fs::path picture(frame.picture);
    std::string folder =
        FileNameFor(single ? picture.parent_path().filename().string() : folders[frame.video]);
    if (folder.empty()) folder = "pictures";
    Sheet& sheet = sheets.emplace(folder, make()).first->second;
    if (predicted) {
      sheet.Add(std::to_string(frame.frame_index), frame, named);
    } else {
      const std::string stem =
          single ? picture.stem().string() : "img" + SixDigits(frame.frame_index);
      std::string name = stem + (single ? picture.extension().string() : ".png");
      if (options.pictures) {
        SelectedFrame shown;
        if (!single) shown.video = &posed.videos[frame.video];
        shown.frame_index = frame.frame_index;
        shown.picture = frame.picture;
        name = pictures.Write(shown, out / "labeled-data" / folder / stem).filename().string();
        ++report.files;
      }
      pictured += options.pictures ? 0 : 1;
      sheet.Add("labeled-data," + folder + "," + name, frame, named);
    }
    ++report.images;
  }
  report.annotations = posed.instances;
  for (const auto& [folder, sheet] : sheets) {
    Save(predicted ? out / (folder + "DLC_" + kVole + ".csv")
                   : out / "labeled-data" / folder / ("CollectedData_" + scorer + ".csv"),
         sheet.text(), &report);
  }
  if (!predicted && !fs::exists(out / "config.yaml")) {
    WriteConfig(project, posed, make(), scorer, out / "config.yaml");
    ++report.files;
  }
  WarnOf(hidden, "points are hidden, which DeepLabCut's tables do not say", &report.warnings);
  WarnOf(machine, "predicted animals stand among the labels, which the table does not say",
         &report.warnings);
  WarnOf(untracked, "animals have no track: they are called animal_1, animal_2, ... by their order",
         &report.warnings);
  WarnOf(pictured, "pictures were not written (--pictures); DeepLabCut needs them beside the table",
         &report.warnings);
  if (!make().several() && posed.animals.front() != "animal") {
    report.warnings.push_back("a table of one animal does not say that it is called '" +
                              posed.animals.front() + "'");
  }
  return report;
}

}  // namespace datasets
