// BORIS (https://www.boris.unito.it): project files (JSON), and its two tables of events.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"

namespace datasets {

struct BorisBout {  // of one observation, in seconds of one video
  std::string observation, video, subject, behavior, modifiers;
  bool is_point = false;
  double start_s = 0, stop_s = 0;  // equal for point events
  double fps = 0;                  // as the file says; 0 = not
  std::string where;
};

struct BorisFile {
  std::vector<BehaviorRow> ethogram;
  std::vector<BorisBout> bouts;
  std::vector<std::string> unpaired;  // one sentence for each state event without its partner
  std::vector<std::string> warnings;
};

// A project (.boris, JSON), an aggregated table (Start (s), Stop (s)) or an event table (Time, and
// Status or Behavior type; lines about the observation may stand above the column names) as CSV or
// TSV. State events pair up by subject, behavior and all modifiers in order of time. An observation
// over several files counts on from one to the next: bouts come in seconds of their file, those
// that go on over its end as a part in each. The time offset of an observation, which BORIS adds to
// its events, is taken off. Exclusion comes as groups that hold only excluded pairs. Tables of
// BORIS 7 say only how long the files of an observation are together: `lengths` is asked then.
// Throws Error naming the observation and the event for what is malformed, and where the lengths
// that are known do not say where each file begins.

// How many seconds the file lasts that BORIS calls so; nothing where nobody knows.
using BorisLengths = std::function<std::optional<double>(const std::string& file)>;
BorisFile ReadBoris(const std::filesystem::path& path, const BorisLengths& lengths = nullptr);

// Observations whose video the project does not have, and live ones, are named in the warnings, as
// is each unpaired event. A video that several observations code keeps them apart as authors.
// Modifiers become part of the behavior's name: "sniff (front)".
ImportReport ImportBoris(Project& project, const std::filesystem::path& path,
                         const ImportOptions& options, Job& job);
// OUT ends in .csv or .tsv: aggregated table; otherwise a BORIS project.
ExportReport ExportBoris(const Project& project, const std::filesystem::path& out,
                         const ExportOptions& options, Job& job);

}  // namespace datasets
