#include "train/behavior/data.h"

#include <algorithm>
#include <optional>

#include "datasets/base/error.h"

namespace train {
namespace {

using datasets::Error;

struct Place {  // of a behavior
  int head = 0, behavior_class = 0;
};

std::optional<Place> Find(const std::string& name, const std::vector<BehaviorHead>& heads) {
  for (size_t h = 0; h < heads.size(); ++h) {
    for (size_t b = 0; b < heads[h].behaviors.size(); ++b) {
      if (heads[h].behaviors[b] == name) return Place{static_cast<int>(h), static_cast<int>(b) + 1};
    }
  }
  return {};
}

std::vector<std::string> Cut(const std::string& text, char separator) {
  std::vector<std::string> parts = {""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else if (c != ' ') {
      parts.back() += c;
    }
  }
  return parts;
}

[[noreturn]] void FailFlips(const std::string& text, const std::string& cause) {
  throw Error("flips '" + text + "'", cause,
              "write 'horizontal:left=right;vertical', 'horizontal' or 'none'");
}

void Swap(std::vector<uint8_t>& labels,
          const std::vector<std::pair<std::string, std::string>>& swaps,
          const std::vector<BehaviorHead>& heads) {
  for (const auto& [first, second] : swaps) {
    const Place a = *Find(first, heads), b = *Find(second, heads);
    uint8_t& at_a = labels[static_cast<size_t>(a.head)];
    if (a.head != b.head) {  // two behaviors on their own
      std::swap(at_a, labels[static_cast<size_t>(b.head)]);
    } else if (at_a == a.behavior_class) {
      at_a = static_cast<uint8_t>(b.behavior_class);
    } else if (at_a == b.behavior_class) {
      at_a = static_cast<uint8_t>(a.behavior_class);
    }
  }
}

}  // namespace

BehaviorFlips ParseFlips(const std::string& text, const std::string& view,
                         const std::vector<BehaviorHead>& heads) {
  BehaviorFlips flips;
  if (text == "none") return flips;
  if (text.empty()) {
    flips.horizontal = flips.vertical = flips.turn = view == "animal" || view == "pair";
    return flips;
  }
  for (const std::string& part : Cut(text, ';')) {
    const size_t colon = part.find(':');
    const std::string axis = part.substr(0, colon);
    if (axis != "horizontal" && axis != "vertical") {
      FailFlips(text, "'" + axis + "' is not a way to mirror a picture");
    }
    (axis == "horizontal" ? flips.horizontal : flips.vertical) = true;
    if (colon == std::string::npos) continue;
    for (const std::string& swap : Cut(part.substr(colon + 1), ',')) {
      const std::vector<std::string> names = Cut(swap, '=');
      if (names.size() != 2) FailFlips(text, "'" + swap + "' does not name two behaviors");
      Place places[2];
      for (size_t i = 0; i < 2; ++i) {
        const auto place = Find(names[i], heads);
        if (!place) FailFlips(text, "'" + names[i] + "' is not among the behaviors to learn");
        places[i] = *place;
      }
      if (places[0].head != places[1].head &&
          (heads[static_cast<size_t>(places[0].head)].behaviors.size() > 1 ||
           heads[static_cast<size_t>(places[1].head)].behaviors.size() > 1)) {
        FailFlips(text, "'" + swap + "' swaps behaviors of different exclusion groups");
      }
      (axis == "horizontal" ? flips.horizontal_swaps : flips.vertical_swaps)
          .emplace_back(names[0], names[1]);
    }
  }
  return flips;
}

std::vector<uint8_t> FlipLabels(std::vector<uint8_t> labels, bool horizontal, bool vertical,
                                const BehaviorFlips& flips,
                                const std::vector<BehaviorHead>& heads) {
  if (horizontal) Swap(labels, flips.horizontal_swaps, heads);
  if (vertical) Swap(labels, flips.vertical_swaps, heads);
  return labels;
}

std::vector<std::vector<int64_t>> CountClasses(const BehaviorData& data,
                                               const std::vector<BehaviorSpan>& spans) {
  std::vector<std::vector<int64_t>> counts;
  for (const BehaviorHead& head : data.heads) {
    counts.emplace_back(static_cast<size_t>(head.classes()), 0);
  }
  for (const BehaviorSpan& span : spans) {
    const BehaviorRow& row = data.rows[static_cast<size_t>(span.row)];
    for (size_t h = 0; h < data.heads.size(); ++h) {
      for (int f = span.start_frame; f < span.end_frame; ++f) {
        const uint8_t label = row.labels[h][static_cast<size_t>(f - row.start_frame)];
        if (label != kNotLabeled) ++counts[h][label];
      }
    }
  }
  return counts;
}

std::vector<BehaviorSpan> WholeRows(const BehaviorData& data) {
  std::vector<BehaviorSpan> spans;
  for (size_t r = 0; r < data.rows.size(); ++r) {
    spans.push_back({static_cast<int>(r), data.rows[r].start_frame, data.rows[r].end_frame});
  }
  return spans;
}

void CheckLearnable(const BehaviorData& data, const std::vector<BehaviorSpan>& spans) {
  const auto counts = CountClasses(data, spans);
  for (size_t h = 0; h < data.heads.size(); ++h) {
    const BehaviorHead& head = data.heads[h];
    int64_t total = 0;
    for (const int64_t count : counts[h]) total += count;
    for (size_t b = 0; b < head.behaviors.size(); ++b) {
      const int64_t positive = counts[h][b + 1];
      if (positive == 0) {
        throw Error("behavior '" + head.behaviors[b] + "'", "no frame to learn from shows it",
                    "mark it somewhere, or leave it out with --behaviors");
      }
      if (positive == total) {
        throw Error("behavior '" + head.behaviors[b] + "'",
                    "every frame to learn from shows it, so there is nothing to tell it from",
                    "take in frames without it, or leave it out with --behaviors");
      }
    }
  }
}

}  // namespace train
