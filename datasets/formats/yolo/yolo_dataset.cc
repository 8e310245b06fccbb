#include "datasets/formats/yolo/yolo_dataset.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <sstream>

#include "datasets/base/error.h"
#include "datasets/files/csv.h"
#include "datasets/files/json_entries.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMostClasses = 100'000, kMostPoints = 10'000;

std::string Trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string> Lines(const fs::path& path) {
  std::vector<std::string> lines;
  std::stringstream stream(ReadTextFile(path, "'" + path.filename().string() + "'"));
  for (std::string line; std::getline(stream, line);) {
    if (!Trimmed(line).empty()) lines.push_back(Trimmed(line));
  }
  return lines;
}

class YamlReader {
 public:
  explicit YamlReader(const fs::path& path)
      : path_(path), what_("'" + path.filename().string() + "'") {}

  YoloDataset Read() const {
    const std::string text = ReadTextFile(path_, what_);
    try {
      const YAML::Node tree = YAML::Load(text);
      YoloDataset dataset;
      if (!tree.IsMap()) return dataset;
      dataset.names = Names(tree["names"]);
      if (tree["kpt_shape"]) KeyPoints(tree, &dataset);
      fs::path base = path_.parent_path();
      if (const YAML::Node stated = tree["path"]; stated && stated.IsScalar()) {
        base /= stated.Scalar();
      }
      for (const auto& [key, split] : {std::pair("train", "train"), std::pair("val", "val"),
                                       std::pair("valid", "val"), std::pair("test", "test")}) {
        for (const std::string& place : Texts(tree[key])) {
          for (const fs::path& found : Places(base, place)) dataset.splits[split].push_back(found);
        }
      }
      return dataset;
    } catch (const YAML::Exception& error) {
      throw Error(
          what_ + (error.mark.is_null() ? "" : ", line " + std::to_string(error.mark.line + 1)),
          "it cannot be read as YAML: " + error.msg, "correct it");
    }
  }

 private:
  static std::vector<std::string> Texts(const YAML::Node& node) {
    std::vector<std::string> texts;
    if (node && node.IsScalar()) texts.push_back(node.Scalar());
    if (node && node.IsSequence()) {
      for (const YAML::Node& one : node) {
        if (one.IsScalar()) texts.push_back(one.Scalar());
      }
    }
    return texts;
  }

  // Exports are moved about: a place is looked for beside the file too, and "../train" inside it.
  std::vector<fs::path> Places(const fs::path& base, const std::string& place) const {
    std::vector<fs::path> tries = {base / place, path_.parent_path() / place};
    if (place.rfind("../", 0) == 0) tries.push_back(path_.parent_path() / place.substr(3));
    std::error_code ignored;
    for (const fs::path& one : tries) {
      const fs::path found = fs::weakly_canonical(one, ignored);
      if (!ignored && fs::exists(found, ignored)) return {found};
    }
    return {};
  }

  std::vector<std::string> Names(const YAML::Node& node) const {
    std::vector<std::string> names;
    if (!node || node.IsNull()) return names;
    const auto text_of = [&](const YAML::Node& name) {
      if (!name.IsScalar()) Fail(name, "a name is no text");
      return name.Scalar();
    };
    if (node.IsSequence()) {
      for (const YAML::Node& name : node) names.push_back(text_of(name));
    } else if (node.IsMap()) {
      for (const auto& entry : node) {
        const auto number =
            entry.first.IsScalar() ? ParseNumber(entry.first.Scalar()) : std::nullopt;
        if (!number || *number < 0 || *number != std::floor(*number) || *number >= kMostClasses) {
          Fail(entry.first, "a class is not a number from 0");
        }
        const size_t at = static_cast<size_t>(*number);
        names.resize(std::max(names.size(), at + 1));
        names[at] = text_of(entry.second);
      }
    } else {
      const fs::path list = path_.parent_path() / node.Scalar();
      if (!fs::is_regular_file(list)) Fail(node, "its names are no list");
      return Lines(list);
    }
    return names;
  }

  // Whole numbers from 0, below `most`.
  std::vector<int> Numbers(const YAML::Node& node, size_t most, const std::string& key) const {
    std::vector<int> numbers;
    for (const YAML::Node& one : node) {
      const auto number = one.IsScalar() ? ParseNumber(one.Scalar()) : std::nullopt;
      if (!number || *number < 0 || *number != std::floor(*number) ||
          *number >= static_cast<double>(most)) {
        Fail(one, key + " holds what is no number of a point",
             "correct it as Ultralytics describes it");
      }
      numbers.push_back(static_cast<int>(*number));
    }
    return numbers;
  }

  void KeyPoints(const YAML::Node& tree, YoloDataset* dataset) const {
    const YAML::Node& node = tree["kpt_shape"];
    const std::vector<int> shape = Numbers(node, kMostPoints, "kpt_shape");
    if (shape.size() != 2 || shape[0] < 1 || (shape[1] != 2 && shape[1] != 3)) {
      Fail(node, "kpt_shape is not [points, 2] or [points, 3]",
           "correct it as Ultralytics describes it");
    }
    dataset->points = static_cast<size_t>(shape[0]);
    dataset->point_values = static_cast<size_t>(shape[1]);
    if (const YAML::Node flip = tree["flip_idx"]; flip && flip.size() > 0) {
      dataset->flip = Numbers(flip, dataset->points, "flip_idx");
      if (dataset->flip.size() != dataset->points) {
        Fail(flip, "flip_idx has not one number for each point",
             "correct it as Ultralytics describes it");
      }
    }
    for (const YAML::Node& edge : tree["skeleton"]) {
      const std::vector<int> ends = Numbers(edge, dataset->points, "skeleton");
      if (ends.size() == 2 && ends[0] != ends[1]) dataset->edges.emplace_back(ends[0], ends[1]);
    }
    YAML::Node names = tree["kpt_names"];
    if (names && names.IsMap() && names.size() > 0) names.reset(names.begin()->second);
    dataset->point_names = names && names.IsSequence() ? Texts(names) : std::vector<std::string>();
    if (dataset->point_names.size() != dataset->points) {
      dataset->point_names.clear();
      for (size_t k = 0; k < dataset->points; ++k) {
        dataset->point_names.push_back(std::to_string(k + 1));
      }
    }
  }

  [[noreturn]] void Fail(const YAML::Node& node, const std::string& cause,
                         const std::string& remedy =
                             "write names: [first, second], or one line \"0: name\" each") const {
    throw Error(what_ + ", line " + std::to_string(node.Mark().line + 1), cause, remedy);
  }

  const fs::path path_;
  const std::string what_;
};

// The folder or file of the labels that belong to one of pictures: ".../images/..." -> labels.
fs::path LabelsOf(const fs::path& pictures) {
  std::vector<fs::path> parts(pictures.begin(), pictures.end());
  for (size_t i = parts.size(); i-- > 0;) {
    if (parts[i] != "images") continue;
    parts[i] = "labels";
    break;
  }
  fs::path labels;
  for (const fs::path& part : parts) labels /= part;
  return labels;
}

std::string SplitNamed(std::string folder) {
  std::transform(folder.begin(), folder.end(), folder.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  while (!folder.empty() && std::isdigit(static_cast<unsigned char>(folder.back()))) {
    folder.pop_back();  // train2017
  }
  if (folder == "train" || folder == "training") return "train";
  if (folder == "val" || folder == "valid" || folder == "validation") return "val";
  if (folder == "test" || folder == "testing") return "test";
  return "";
}

}  // namespace

YoloDataset ReadYoloDataset(const fs::path& folder) {
  const fs::path here = fs::absolute(folder / ".").lexically_normal().parent_path();
  for (const fs::path& base : {here, here.parent_path()}) {
    for (const char* name : {"data.yaml", "dataset.yaml", "data.yml"}) {
      if (fs::exists(base / name)) return YamlReader(base / name).Read();
    }
    for (const char* name : {"classes.txt", "obj.names", "names.txt"}) {
      if (!fs::exists(base / name)) continue;
      YoloDataset dataset;
      dataset.names = Lines(base / name);
      return dataset;
    }
  }
  return {};
}

std::string YoloDatasetYaml(const std::vector<std::string>& names,
                            const std::vector<std::string>& splits) {
  return YoloPoseYaml(names, splits, {});
}

std::string YoloPoseYaml(const std::vector<std::string>& names,
                         const std::vector<std::string>& splits, const Skeleton& skeleton) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "path" << YAML::Value << ".";
  out << YAML::Key << "names" << YAML::Value << YAML::BeginMap;
  // Quoted always: an animal called 2, no or "#1" stays a text.
  for (size_t i = 0; i < names.size(); ++i) {
    out << YAML::Key << i << YAML::Value << YAML::DoubleQuoted << names[i];
  }
  out << YAML::EndMap;
  for (const std::string& split : splits) {
    out << YAML::Key << split << YAML::Value << "images/" + split;
  }
  if (!skeleton.points.empty()) {
    const std::vector<std::string> points = PointNames(skeleton);
    out << YAML::Key << "kpt_shape" << YAML::Value << YAML::Flow << YAML::BeginSeq << points.size()
        << 3 << YAML::EndSeq;
    out << YAML::Key << "flip_idx" << YAML::Value << YAML::Flow << MirrorOrder(skeleton);
    out << YAML::Key << "kpt_names" << YAML::Value << YAML::BeginMap;
    for (size_t i = 0; i < names.size(); ++i) {
      out << YAML::Key << i << YAML::Value << YAML::BeginSeq;
      for (const std::string& point : points) out << YAML::DoubleQuoted << point;
      out << YAML::EndSeq;
    }
    out << YAML::EndMap;
    out << YAML::Key << "skeleton" << YAML::Value << YAML::BeginSeq;
    for (const auto& [from, to] : skeleton.edges) {
      out << YAML::Flow << YAML::BeginSeq << from << to << YAML::EndSeq;
    }
    out << YAML::EndSeq;
  }
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

YoloSplits::YoloSplits(const fs::path& root, const YoloDataset& dataset)
    : root_(fs::weakly_canonical(root)) {
  const auto add = [](auto& to, const fs::path& key, const std::string& split) {
    const auto [at, added] = to.emplace(key, split);
    if (!added && at->second != split) at->second.clear();
  };
  for (const auto& [split, places] : dataset.splits) {
    for (const fs::path& place : places) {
      if (fs::is_directory(place)) {
        add(folders_, place, split);
        add(folders_, LabelsOf(place), split);
        continue;
      }
      if (place.extension() != ".txt") continue;
      for (const std::string& line : Lines(place)) {
        fs::path picture = fs::weakly_canonical(place.parent_path() / line);
        picture.replace_extension();
        add(pictures_, picture, split);
        add(pictures_, LabelsOf(picture), split);
      }
    }
  }
}

std::string YoloSplits::Of(const fs::path& label, const fs::path& picture) const {
  const fs::path file = fs::weakly_canonical(label);
  for (fs::path listed : {fs::weakly_canonical(picture), file}) {
    const auto found = pictures_.find(listed.replace_extension());
    if (found != pictures_.end()) return found->second;
  }
  for (fs::path folder = file.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    const auto found = folders_.find(folder);
    if (found != folders_.end() && !found->second.empty()) return found->second;
    const bool outermost = folder == root_;
    if (const std::string split = SplitNamed(folder.filename().string()); !split.empty()) {
      return split;
    }
    if (!outermost) continue;
    // Of what lies around the given folder only "valid/labels" speaks of it.
    return folder.filename() == "labels" ? SplitNamed(folder.parent_path().filename().string())
                                         : "";
  }
  return "";
}

}  // namespace datasets
