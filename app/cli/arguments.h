// Arguments that several verbs share, and what they mean.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "datasets/base/error.h"
#include "datasets/project.h"

namespace app {

// The command line itself is wrong: one line, then "see vole VERB --help", exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct FrameSpan {  // [start_frame, end_frame)
  int start_frame = 0;
  std::optional<int> end_frame;  // none: to the end
  bool Contains(int frame) const {
    return frame >= start_frame && (!end_frame || frame < *end_frame);
  }
};

// "A:B", "A:" or ":B"; throws UsageError for anything else and for an empty span.
FrameSpan ParseFrames(const std::string& text);
// The same, with the end of `video` filled in; throws UsageError when it lies outside the video.
FrameSpan FramesWithin(const FrameSpan& span, const datasets::VideoRow& video);

// The positional PROJECT.
CLI::Option* AddProject(CLI::App& command, std::string& project);
// --frames A:B (half-open).
CLI::Option* AddFrames(CLI::App& command, std::string& frames);
// --video NAME.
CLI::Option* AddVideo(CLI::App& command, std::string& video, const std::string& help);

// `text`, or `text`.vole where only that exists.
std::filesystem::path ProjectFile(const std::string& text);
std::unique_ptr<datasets::Project> OpenProject(
    const std::string& text,
    datasets::Project::Access access = datasets::Project::Access::kReadWrite);
std::unique_ptr<datasets::Project> OpenProjectReadOnly(const std::string& text);

// The candidate that begins with `word` or is nearest to it by edit distance; "" when none is near.
std::string Nearest(const std::string& word, const std::vector<std::string>& candidates);
// "; did you mean X?" or "".
std::string DidYouMean(const std::string& word, const std::vector<std::string>& candidates);
// Throws UsageError naming the choices unless `word` is one of them.
void CheckChoice(const std::string& option, const std::string& word,
                 const std::vector<std::string>& choices);
std::string Join(const std::vector<std::string>& words, const std::string& separator = ", ");

}  // namespace app
