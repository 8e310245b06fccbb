#include "app/cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "datasets/base/suggest.h"

namespace app {
namespace {

std::optional<int> ParseInt(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

FrameSpan ParseFrames(const std::string& text) {
  const auto bad = [&](const std::string& cause) {
    return UsageError(fmt::format(
        "--frames {}: {}; give the first frame and one past the last, as in --frames 0:500 "
        "(either may be left out)",
        text, cause));
  };
  const size_t colon = text.find(':');
  if (colon == std::string::npos) throw bad("there is no ':'");
  const std::string first = text.substr(0, colon), last = text.substr(colon + 1);
  FrameSpan span;
  if (!first.empty()) {
    const auto value = ParseInt(first);
    if (!value) throw bad("'" + first + "' is not a whole number");
    if (*value < 0) throw bad("frames are counted from 0");
    span.start_frame = *value;
  }
  if (!last.empty()) {
    const auto value = ParseInt(last);
    if (!value) throw bad("'" + last + "' is not a whole number");
    if (*value <= span.start_frame) throw bad("the span holds no frame");
    span.end_frame = *value;
  }
  return span;
}

FrameSpan FramesWithin(const FrameSpan& span, const datasets::VideoRow& video) {
  FrameSpan within = span;
  if (!within.end_frame) within.end_frame = video.frame_count;
  if (within.start_frame >= video.frame_count || *within.end_frame > video.frame_count) {
    throw UsageError(fmt::format("--frames {}:{}: video {} has frames 0 to {}, so B is at most {}",
                                 span.start_frame,
                                 span.end_frame ? std::to_string(*span.end_frame) : "", video.name,
                                 video.frame_count - 1, video.frame_count));
  }
  return within;
}

CLI::Option* AddProject(CLI::App& command, std::string& project) {
  return command.add_option("project", project, "project file, NAME.vole")
      ->required()
      ->type_name("PROJECT");
}

CLI::Option* AddFrames(CLI::App& command, std::string& frames) {
  return command
      .add_option("--frames", frames, "only frames A to B-1, counted from 0 (A: and :B work too)")
      ->type_name("A:B");
}

CLI::Option* AddVideo(CLI::App& command, std::string& video, const std::string& help) {
  return command.add_option("--video", video, help)->type_name("NAME");
}

std::string Nearest(const std::string& word, const std::vector<std::string>& candidates) {
  // A word cut short is a near miss however much is missing.
  for (const std::string& candidate : candidates) {
    if (word.size() >= 3 && candidate.compare(0, word.size(), word) == 0) return candidate;
  }
  return datasets::ClosestName(word, candidates);
}

std::string DidYouMean(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string nearest = Nearest(word, candidates);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

void CheckChoice(const std::string& option, const std::string& word,
                 const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), word) != choices.end()) return;
  throw UsageError(fmt::format("{}: '{}' is not known{} (known: {})", option, word,
                               DidYouMean(word, choices), Join(choices)));
}

std::string Join(const std::vector<std::string>& words, const std::string& separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

}  // namespace app
