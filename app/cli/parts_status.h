// How far a divided prediction is (vole predict --jobs, --slurm).
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace app {

// Null where none is under way. {folder, parts, parts_done, frames, frames_done, videos: [{video,
// parts, done, failure}], slurm: {tasks: [{task, state, parts, done, log}], merge_job, merge_state}
// or null, note}. Reads the folder of parts and asks Slurm; the project is not opened.
nlohmann::ordered_json PartsStatus(const std::filesystem::path& project_file);
// The same for a person, several lines.
std::string PartsStatusText(const nlohmann::ordered_json& status);
// Whether the merge writes the project right now, on whatever machine.
bool MergeRuns(const nlohmann::ordered_json& status);

}  // namespace app
