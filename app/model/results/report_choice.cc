#include "app/model/results/report_choice.h"

#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/model/file_choice.h"
#include "datasets/base/error.h"

extern char** environ;

namespace app {

datasets::ReportRequest RequestOf(const ReportChoice& choice) {
  datasets::ReportRequest request = choice.request;
  const std::filesystem::path folder = choice.folder;
  const auto in_folder = [&](bool wanted, const std::string& name) {
    return wanted ? (folder / name).string() : std::string();
  };
  const std::string picture = choice.as_svg ? ".svg" : ".png";
  request.options.csv = in_folder(choice.budget, "budget.csv");
  request.options.ethogram = in_folder(choice.ethogram, "ethogram" + picture);
  request.motion_files.motion_summary = in_folder(choice.motion_summary, "motion-summary.csv");
  request.motion_files.contacts = in_folder(choice.contacts, "contacts.csv");
  request.motion_files.trajectory = in_folder(choice.trajectory, "trajectory" + picture);
  request.motion_files.occupancy = in_folder(choice.occupancy, "occupancy" + picture);
  request.motion_files.motion = in_folder(choice.motion, "motion.csv");
  return request;
}

std::string ReportFolder(const std::string& typed, const std::filesystem::path& project_file) {
  const char* home = std::getenv("HOME");
  const std::filesystem::path beside = std::filesystem::absolute(project_file).parent_path();
  return TypedPath(typed, beside, home ? home : "").lexically_normal().string();
}

std::vector<std::string> ChangedOptions(const ReportChoice& choice) {
  const datasets::ReportRequest& request = choice.request;
  std::vector<std::string> changed;
  if (request.start_frame > 0 || request.end_frame) {
    changed.push_back(
        "frames " + std::to_string(request.start_frame) + " to " +
        (request.end_frame ? std::to_string(*request.end_frame - 1) : std::string("the end")));
  }
  const auto compare = [&](const auto& options, const auto& usual) {
    const nlohmann::json now = datasets::OptionsToJson(options),
                         before = datasets::OptionsToJson(usual);
    for (const auto& [name, value] : now.items()) {
      if (name == "what" || value == before.at(name)) continue;
      const std::string text = value.is_string()    ? value.template get<std::string>()
                               : value.is_boolean() ? ""
                                                    : value.dump();
      changed.push_back(name + (text.empty() ? "" : " " + text));
    }
  };
  compare(request.options, datasets::ReportOptions());
  compare(request.motion_files, datasets::MotionFiles());
  compare(request.motion, datasets::MotionOptions());
  return changed;
}

std::string KeyOf(const ReportChoice& choice) {
  const datasets::ReportRequest request = RequestOf(choice);
  const nlohmann::json key = {choice.folder,
                              choice.as_svg,
                              request.video,
                              request.videos,
                              request.start_frame,
                              request.end_frame.value_or(-1),
                              datasets::OptionsToJson(request.options),
                              datasets::OptionsToJson(request.motion_files),
                              datasets::OptionsToJson(request.motion)};
  return key.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void OpenFolder(const std::string& folder) {
  // The shell goes on at once, however long the program that shows folders stays open.
  const char* script =
      "command -v xdg-open >/dev/null || exit 1; xdg-open \"$1\" >/dev/null 2>&1 &";
  const char* arguments[] = {"sh", "-c", script, "sh", folder.c_str(), nullptr};
  pid_t child = 0;
  int status = 1;
  if (posix_spawnp(&child, "sh", nullptr, nullptr, const_cast<char**>(arguments), environ) == 0) {
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
  }
  if (status == 0) return;
  throw datasets::Error("folder '" + folder + "'", "no program here opens folders (xdg-open)",
                        "the files are in it; look there by hand");
}

}  // namespace app
