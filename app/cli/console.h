// Where a verb's words go: results to stdout (text, or one JSON value with --json), progress and
// notes to stderr. Progress is a bar on a terminal and a line now and then otherwise.
#pragma once

#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets/base/job.h"

namespace app {

class Console {
 public:
  Console(bool json, bool quiet);
  Console(const Console&) = delete;

  bool json() const { return json_; }
  bool quiet() const { return quiet_; }
  datasets::Job& job() { return job_; }

  void Print(const std::string& line);                  // stdout; nothing with --json
  void PrintJson(const nlohmann::ordered_json& value);  // stdout; nothing without --json
  void Note(const std::string& line);                   // stderr, one line; nothing with --quiet
  void Warn(const std::string& line);  // stderr, "note: " and one line, --quiet or not: what a
                                       // person must know of a result is no progress
  void Fail(const std::string& line);  // stderr, one line, always
  void EndProgress();                  // removes the bar
  bool Flush();                        // false when stdout cannot take it (full disk)

 private:
  using Clock = std::chrono::steady_clock;
  void Show(const datasets::Job::Progress& progress);
  void ClearBar();

  const bool json_, quiet_, terminal_;
  std::mutex mutex_;
  bool bar_shown_ = false;   // a bar stands on the last line of the terminal
  bool line_shown_ = false;  // off a terminal: the first progress line was written
  std::string stage_;        // text and total of the stage that the clock below belongs to
  double stage_first_done_ = 0;
  Clock::time_point stage_start_, last_shown_;
  datasets::Job job_;
};

// "1:05", "2:03:04".
std::string DurationText(double seconds);
// "12,345".
std::string CountText(int64_t count);

// Rows of cells as aligned columns; the first row is the heading. Numbers align right.
std::string TableText(const std::vector<std::vector<std::string>>& rows);

}  // namespace app
