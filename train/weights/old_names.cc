#include "train/weights/old_names.h"

#include <cstdlib>
#include <regex>

namespace train {

std::vector<std::string> NewerNames(const std::string& stored) {
  static const std::regex kPyramid(R"((.*\.|)(inner_blocks|layer_blocks)\.(\d+)\.(weight|bias))");
  static const std::regex kProposals(R"((.*\.|)head\.conv\.(weight|bias))");
  static const std::regex kMaskHead(R"((.*\.|)mask_head\.mask_fcn(\d{1,3})\.(weight|bias))");
  static const std::regex kDense(
      R"((.*denselayer\d+\.(?:norm|conv))\.([12]\.(?:weight|bias|running_mean|running_var)))");
  static const std::regex kStage(R"((.*\.|)layer([1-4])\.(.*))");
  constexpr size_t kLongest = 300;  // no network's names are longer; std::regex recurses on length
  std::vector<std::string> names;
  if (stored.size() > kLongest) return names;
  std::smatch match;
  if (std::regex_match(stored, match, kPyramid)) {
    names.push_back(match.str(1) + match.str(2) + "." + match.str(3) + ".0." + match.str(4));
  } else if (std::regex_match(stored, match, kProposals)) {
    names.push_back(match.str(1) + "head.conv.0.0." + match.str(2));
  } else if (std::regex_match(stored, match, kMaskHead)) {
    const int layer = std::atoi(match.str(2).c_str()) - 1;
    names.push_back(match.str(1) + "mask_head." + std::to_string(layer) + ".0." + match.str(3));
  } else if (std::regex_match(stored, match, kDense)) {
    names.push_back(match.str(1) + match.str(2));
  } else if (std::regex_match(stored, match, kStage)) {
    const int layer = std::atoi(match.str(2).c_str()) - 1;
    names.push_back(match.str(1) + "layers." + std::to_string(layer) + "." + match.str(3));
  }
  return names;
}

bool MayBeIgnored(const std::string& stored) {
  static const std::regex kIgnored(
      R"((.*\.|)num_batches_tracked|backbone\.layer\d.*|fpn\.downsample_layers\.\d+\..*)");
  constexpr size_t kLongest = 300;
  return stored.size() <= kLongest && std::regex_match(stored, kIgnored);
}

}  // namespace train
