#include "datasets/model_files.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "datasets/base/error.h"
#include "datasets/files/file_hash.h"
#include "datasets/project.h"
#include "datasets/recorded_job.h"
#include "datasets/store/writer.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

constexpr char kExtension[] = ".safetensors", kCheckpoint[] = ".last";

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

fs::path PathOf(const Project& project, const std::string& stored) {
  const fs::path path(stored);
  return path.is_absolute() ? path : (project.folder() / path).lexically_normal();
}

// N of PROJECT-N.safetensors or its checkpoint; 0 for other names.
int NumberOf(const Project& project, std::string name) {
  if (EndsWith(name, kCheckpoint)) name.resize(name.size() - sizeof(kCheckpoint) + 1);
  const std::string start = project.file().stem().string() + "-";
  if (name.rfind(start, 0) != 0 || !EndsWith(name, kExtension)) return 0;
  const size_t digits = name.size() - start.size() - (sizeof(kExtension) - 1);
  const std::string number = name.substr(start.size(), digits);
  if (number.empty() || number.size() > 8 || number[0] == '0' ||
      number.find_first_not_of("0123456789") != std::string::npos) {
    return 0;
  }
  return std::atoi(number.c_str());
}

}  // namespace

fs::path ModelFile(const Project& project, const ModelRow& model) {
  return PathOf(project, model.weights_path);
}

std::optional<Id> ModelOfFile(const Project& project, const fs::path& file) {
  std::optional<Id> found;
  for (const ModelRow& model : project.Models()) {
    std::error_code ignored;
    if (fs::equivalent(ModelFile(project, model), file, ignored)) found = model.id;
  }
  return found;
}

std::optional<Id> UnchangedModelOfFile(const Project& project, const fs::path& file) {
  const std::optional<Id> found = ModelOfFile(project, file);
  if (!found) return found;
  for (const ModelRow& model : project.Models()) {
    if (model.id != *found || HashFile(file) == model.weights_sha256) continue;
    throw Error("model '" + model.name + "'",
                "its file " + file.string() + " is not what it was when it was trained",
                "put the right file back, train again, or give this one another name and use that");
  }
  return found;
}

std::vector<Id> AnimalsOfModel(Project& project, std::optional<Id> model_id,
                               const std::vector<std::string>& classes) {
  std::vector<Id> learned;
  for (const ModelRow& model : project.Models()) {
    if (!model_id || model.id != *model_id) continue;
    const auto config = nlohmann::json::parse(model.config_json, nullptr, false);
    if (!config.is_object() || config.value("classes", std::vector<std::string>()) != classes) {
      continue;
    }
    for (const auto& id : config.value("categories", nlohmann::json::array())) {
      learned.push_back(id.is_number_integer() ? id.get<Id>() : 0);
    }
  }
  learned.resize(classes.size(), 0);
  std::set<Id> known;
  for (const CategoryRow& category : project.Categories()) known.insert(category.id);
  std::vector<Id> animals;
  project.Write([&](Writer& writer) {
    animals.clear();
    for (size_t k = 0; k < classes.size(); ++k) {
      animals.push_back(known.count(learned[k]) > 0 ? learned[k]
                                                    : writer.FindOrInsertCategory(classes[k]));
    }
  });
  return animals;
}

fs::path FileOfTraining(const Project& project, const JobRow& job) {
  const auto options = nlohmann::json::parse(job.options_json, nullptr, false);
  const auto found = options.is_object() ? options.find(kModelFileOption) : options.end();
  if (found == options.end() || !found->is_string()) return {};
  return PathOf(project, found->get<std::string>());
}

fs::path CheckpointOf(const fs::path& model_file) { return model_file.string() + kCheckpoint; }

fs::path NumberedModelFile(const Project& project, int number) {
  return fs::absolute(project.folder()) /
         (project.file().stem().string() + "-" + std::to_string(number) + kExtension);
}

std::vector<fs::path> NumberedModelFiles(const Project& project) {
  std::set<int> numbers;
  std::error_code error;
  for (fs::directory_iterator entry(fs::absolute(project.folder()), error), end;
       !error && entry != end; entry.increment(error)) {
    if (const int number = NumberOf(project, entry->path().filename().string())) {
      numbers.insert(number);
    }
  }
  std::vector<fs::path> files;
  for (const int number : numbers) files.push_back(NumberedModelFile(project, number));
  return files;
}

std::vector<fs::path> StrayModelFiles(const Project& project) {
  std::set<fs::path> owned;
  for (const ModelRow& model : project.Models()) {
    owned.insert(fs::weakly_canonical(ModelFile(project, model)));
  }
  for (const JobRow& job : project.Jobs()) {
    if (IsOpen(job)) owned.insert(fs::weakly_canonical(FileOfTraining(project, job)));
  }
  std::vector<fs::path> stray;
  for (const fs::path& file : NumberedModelFiles(project)) {
    if (owned.count(fs::weakly_canonical(file))) continue;
    for (const fs::path& one : {file, CheckpointOf(file)}) {
      if (fs::exists(one)) stray.push_back(one);
    }
  }
  return stray;
}

}  // namespace datasets
