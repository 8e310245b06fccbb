// Where the weights of a project's models are.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "datasets/store/machine_records.h"

namespace datasets {

class Project;

// A stored path is relative to the project's folder, or absolute; the answer is a path to open.
std::filesystem::path ModelFile(const Project& project, const ModelRow& model);
// The newest model whose weights are this file.
std::optional<Id> ModelOfFile(const Project& project, const std::filesystem::path& file);

// The same, for who is about to use the file. Throws Error where it is not what that model was when
// it was made: it was damaged, or something else has its name now.
std::optional<Id> UnchangedModelOfFile(const Project& project, const std::filesystem::path& file);

// The animals that a model's classes are, made where the project lacks one. A model of the project
// (`model_id`) knows them since it learned, by whatever name they are called now; else, and for
// animals that are gone, the names decide.
std::vector<Id> AnimalsOfModel(Project& project, std::optional<Id> model_id,
                               const std::vector<std::string>& classes);

// A training keeps in the options of its job which file it writes, as ModelRow::weights_path.
inline constexpr char kModelFileOption[] = "model-file";
// That file; empty for a job that names none.
std::filesystem::path FileOfTraining(const Project& project, const JobRow& job);
// What a training that was stopped can be resumed from lies beside its model file.
std::filesystem::path CheckpointOf(const std::filesystem::path& model_file);

// PROJECT-N.safetensors beside the project: files of trainings that were given no name. Absolute.
std::filesystem::path NumberedModelFile(const Project& project, int number);
// Those that are there, or whose checkpoint is; by number.
std::vector<std::filesystem::path> NumberedModelFiles(const Project& project);
// The files among them, and their checkpoints, that belong to no model of the project and to no
// training that runs: what a killed training left.
std::vector<std::filesystem::path> StrayModelFiles(const Project& project);

}  // namespace datasets
