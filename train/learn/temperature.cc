#include "train/learn/temperature.h"

#include <algorithm>
#include <cmath>

namespace train {

std::vector<float> LogSoftmax(const std::vector<float>& scores, double temperature) {
  std::vector<float> result(scores.size());
  if (scores.empty()) return result;
  const float highest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (float score : scores) sum += std::exp((score - highest) / temperature);
  for (size_t i = 0; i < scores.size(); ++i) {
    result[i] = static_cast<float>((scores[i] - highest) / temperature - std::log(sum));
  }
  return result;
}

double FitTemperature(const std::vector<std::vector<float>>& scores,
                      const std::vector<int>& classes) {
  if (scores.size() < 8) return 1.5;
  double best = 1.5, best_loss = 0;
  bool first = true;
  for (double temperature = 1; temperature <= 8; temperature *= 1.1) {
    double loss = 0;
    for (size_t i = 0; i < scores.size(); ++i) {
      loss -= LogSoftmax(scores[i], temperature)[classes[i]];
    }
    if (first || loss < best_loss) {
      best = temperature;
      best_loss = loss;
      first = false;
    }
  }
  return best;
}

}  // namespace train
