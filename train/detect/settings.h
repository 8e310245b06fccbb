// What a model file, or a file to start from, says of a detector's network. No torch type here.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace train {

struct WeightsFile;

// settings[name], or `otherwise`. Throws Error that names the network for a value out of range.
int Setting(const nlohmann::json& settings, const std::string& network, const std::string& name,
            int otherwise, int low, int high);

// settings["width"], or 1: a share of the published network's channels. Throws as Setting does.
double WidthSetting(const nlohmann::json& settings, const std::string& network);

// A model file of this program says at which size, depth, ... it was trained: what it says of
// `names` goes into `settings`; nothing for a file of another program, or of another network, whose
// words mean other things.
void TakeSettings(const WeightsFile& file, const std::string& network,
                  const std::vector<std::string>& names, nlohmann::json& settings);

// Throws Error where `given` by --width is not `own`, that of the network which --init (a name) is
// of. 1, which is also what nobody gave, goes with all.
void CheckWidthOfInit(double given, double own, const std::string& init);

}  // namespace train
