// What the loop of faults walks with: folders with projects in them, verbs that write, and what a
// folder holds afterwards.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace faults {

struct Scenario {
  std::string name;
  std::string project;               // in the folder; it is looked at afterwards
  std::vector<std::string> command;  // FOLDER/ in front of what lies in the folder
  // Writes many rows in several steps, which are not compared; what people wrote stays as it is.
  bool is_job = false;
  std::string may_leave;   // a file that an interrupted attempt may leave, by intent
  bool once = false;       // refuses what is there already, also what it has begun
  bool over_old = true;    // what it writes can be there already
  bool must_fail = false;  // holds none of the promises, which the loop must find
  bool is_slow = false;    // loads the networks
  // Each line that it prints is a step that is stored; the command without its last word and with
  // a number instead ends after so many.
  int steps = 0;
};

struct Programs {
  std::filesystem::path folder;  // of vole and of the others
  std::filesystem::path shim, source;
  std::string Vole() const { return folder / "vole"; }
};

// Makes the folder with which every scenario begins. Throws std::runtime_error.
void MakeStage(const Programs& programs, const std::filesystem::path& folder, bool with_networks);

std::vector<Scenario> AllScenarios(const Programs& programs);

// Every row of the project but times, and what of machines is not repeated exactly; of a job's
// project what people wrote. "absent" for a file that is not there; else what is wrong with it.
std::string StateOf(const std::filesystem::path& project, bool is_job);

// What vole verify finds; "" where all is in order, "absent" for a project that is not there.
std::string FindingsOf(const std::filesystem::path& project);

// Every file beneath the folder but projects and what SQLite puts beside them, with its bytes.
std::map<std::string, std::string> FilesIn(const std::filesystem::path& folder);

}  // namespace faults
