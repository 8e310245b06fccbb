// Scores that mean what they say. No torch type here.
#pragma once

#include <vector>

namespace train {

// Log-probabilities from scores: log-softmax of `scores` / temperature.
std::vector<float> LogSoftmax(const std::vector<float>& scores, double temperature);

// The temperature that makes the scores most likely (Guo et al. 2017), from 1 to 8; 1.5 without
// examples. Never below 1: the few held-back labels lie closer to what was learned than the rest.
double FitTemperature(const std::vector<std::vector<float>>& scores,
                      const std::vector<int>& classes);

}  // namespace train
