// What a look through a project has found, as rows that a program can read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace datasets {

struct Finding {
  std::string code;   // stable: database, reference, row, text, video, image, polygon, mask, track,
                      // skeleton, point, prediction, interval, scores, meeting, calibration, edit,
                      // video_missing, video_changed, frame_changed, model_missing, model_changed
  std::string text;   // one sentence: the thing, and what is wrong with it
  std::string table;  // "" where it is about the whole file
  std::optional<int64_t> id;  // of the row
};

class Findings {
 public:
  void Add(const std::string& code, const std::string& text, const std::string& table = "",
           std::optional<int64_t> id = {});
  // In the order in which they were added. A code that was found more than a million times ends
  // with a line that counts the rest.
  std::vector<Finding> Take();

 private:
  std::vector<Finding> findings_;
  std::map<std::string, int64_t> count_;
};

// The same list for a person: at most `most` of a code, then one line that counts the rest.
std::vector<Finding> Shortened(const std::vector<Finding>& findings, int64_t most = 20);

}  // namespace datasets
