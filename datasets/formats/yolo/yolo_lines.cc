#include "datasets/formats/yolo/yolo_lines.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "datasets/base/error.h"
#include "datasets/files/csv.h"
#include "datasets/files/json_entries.h"

namespace datasets {

namespace {

constexpr size_t kBox = 4, kSmallestOutline = 6;

bool IsWhole(double value) { return value == std::floor(value); }
bool IsTrack(double value) { return IsWhole(value) && value >= 0 && value < 1e15; }
bool IsConfidence(double value) { return value >= 0 && value <= 1; }

std::string Where(const YoloFile& file, const YoloLine& line) {
  return file.what() + ", line " + std::to_string(line.line);
}

// The shape and one value more, or the shape and two (or a shape with nothing).
bool HasOneMore(const YoloLine& line) {
  return line.values.size() > kBox && line.values.size() % 2;
}
bool MayHaveTwoMore(const YoloLine& line) {
  const size_t count = line.values.size();
  return count >= kSmallestOutline && count % 2 == 0 && IsTrack(line.values[count - 1]) &&
         line.values[count - 1] >= 1 && IsConfidence(line.values[count - 2]);
}

// What a folder's lines have in common.
struct Census {
  int64_t boxes = 0;               // four values
  int64_t outlines = 0;            // even counts from six that cannot hide a confidence and a track
  int64_t one_more = 0;            // odd counts
  int64_t two_more = 0;            // even counts that may
  int64_t far = 0, outlined = 0;   // of `two_more`: with six values or more before, and of these
                                   // those whose last point would lie far away
  bool boxes_fit = true;           // of `two_more` with six values: the first four are a box inside
  bool fractions = false;          // one_more: some end in a fraction,
  bool numbers = false;            // and some in a whole number above 1
  bool beyond = false;             // two_more: some end in a number that is no coordinate
  bool repeated = false;           // one_more, two_more: a number stands twice in a file
  const YoloFile* file = nullptr;  // the first line with one value more
  const YoloLine* line = nullptr;
};

// Would the last two values, as a point, lie further from its neighbors than the rest is large?
bool LastPointIsFar(const std::vector<double>& values) {
  double left = INFINITY, right = -INFINITY, top = INFINITY, bottom = -INFINITY;
  for (size_t i = 0; i + 2 < values.size(); i += 2) {
    left = std::min(left, values[i]);
    right = std::max(right, values[i]);
    top = std::min(top, values[i + 1]);
    bottom = std::max(bottom, values[i + 1]);
  }
  const size_t last = values.size() - 2;
  const auto distance = [&](size_t i) {
    return std::hypot(values[i] - values[last], values[i + 1] - values[last + 1]);
  };
  return std::min(distance(0), distance(last - 2)) > std::hypot(right - left, bottom - top);
}

bool FirstFourAreABox(const std::vector<double>& v) {
  constexpr double kRounding = 1e-3;
  return v[0] - v[2] / 2 > -kRounding && v[0] + v[2] / 2 < 1 + kRounding &&
         v[1] - v[3] / 2 > -kRounding && v[1] + v[3] / 2 < 1 + kRounding;
}

Census Count(const std::vector<YoloFile>& files) {
  Census census;
  for (const YoloFile& file : files) {
    std::set<double> seen;
    for (const YoloLine& line : file.lines) {
      if (line.values.empty()) continue;
      const double last = line.values.back();
      if (HasOneMore(line)) {
        if (++census.one_more == 1) {
          census.file = &file;
          census.line = &line;
        }
        census.fractions |= !IsWhole(last);
        census.numbers |= IsWhole(last) && last > 1;
        census.repeated |= !seen.insert(last).second;
      } else if (MayHaveTwoMore(line)) {
        ++census.two_more;
        census.beyond |= last > 1;
        census.repeated |= !seen.insert(last).second;
        if (line.values.size() == kSmallestOutline) {
          census.boxes_fit &= FirstFourAreABox(line.values);
        } else {
          ++census.outlined;
          census.far += LastPointIsFar(line.values) ? 1 : 0;
        }
      } else {
        ++(line.values.size() == kBox ? census.boxes : census.outlines);
      }
    }
  }
  return census;
}

std::string ValuesText(const YoloLine& line) {
  return "it has " + std::to_string(line.values.size()) + " coordinates";
}

constexpr char kOptionHelp[] =
    "say what follows the shapes with --line-end (nothing, confidence, track, confidence-track)";

// Lines with an odd number of values: a box or outline and one value more.
YoloEnding OneMore(const Census& census) {
  const std::string where = Where(*census.file, *census.line);
  const std::string last = CsvNumber(census.line->values.back(), 6);
  YoloEnding ending;
  if (census.fractions && census.numbers) {
    throw Error(where,
                ValuesText(*census.line) + ", and the last, " + last +
                    ", cannot be told: some lines end in a fraction as confidences are, others in "
                    "a number as tracks are",
                kOptionHelp);
  }
  // A number that stands twice in a file counts nobody: all of them are confidences of 1.
  ending.confidence = census.fractions || (census.repeated && !census.numbers);
  if (!ending.confidence) {
    ending.track = true;
    return ending;
  }
  if (census.boxes + census.outlines > 0) {
    throw Error(where,
                ValuesText(*census.line) + "; the last, " + last +
                    ", could be a confidence, but other lines have none",
                "an outline has x and y of at least 3 points");
  }
  ending.track = census.two_more > 0;
  return ending;
}

}  // namespace

YoloFile ReadYolo(const std::filesystem::path& path) {
  YoloFile file;
  file.path = path;
  std::stringstream stream(ReadTextFile(path, file.what()));
  int number = 0;
  for (std::string text; std::getline(stream, text);) {
    YoloLine line;
    line.line = ++number;
    if (const size_t first = text.find_first_not_of(" \t"); first != std::string::npos) {
      if (text[first] == '#') continue;  // sleap-io writes what the columns are
    }
    std::stringstream fields(text);
    for (std::string field; fields >> field;) {
      const auto value = ParseNumber(field);
      if (!value) throw Error(Where(file, line), "'" + field + "' is not a number", "correct it");
      line.values.push_back(*value);
    }
    if (line.values.empty()) continue;
    const double category = line.values.front();
    if (!IsWhole(category) || category < 0 || category > 1e6) {
      throw Error(Where(file, line), "its class is not a number from 0", "correct it");
    }
    line.category = static_cast<int>(category);
    line.values.erase(line.values.begin());
    file.lines.push_back(std::move(line));
  }
  return file;
}

bool LooksLikeProse(const std::filesystem::path& path) {
  std::stringstream stream(ReadTextFile(path, "text file '" + path.filename().string() + "'"));
  bool anything = false;
  for (std::string text; std::getline(stream, text);) {
    std::stringstream fields(text);
    std::string first;
    if (!(fields >> first)) continue;
    if (ParseNumber(first)) return false;
    anything = true;
  }
  return anything;
}

YoloEnding EndingOf(const std::vector<YoloFile>& files, const std::string& asked) {
  YoloEnding ending;
  if (!asked.empty()) {
    ending.confidence = asked == "confidence" || asked == "confidence-track";
    ending.track = asked == "track" || asked == "confidence-track";
    if (asked != "nothing" && !ending.confidence && !ending.track) {
      throw Error("--line-end " + asked, "there is no such choice",
                  "nothing, confidence, track or confidence-track");
    }
    return ending;
  }
  const Census census = Count(files);
  if (census.one_more > 0) return OneMore(census);
  // Where confidences and tracks are written, they are on every line.
  if (census.two_more == 0 || census.boxes + census.outlines > 0) return ending;
  const std::string lines = std::to_string(census.two_more) + " lines end in ";
  if (!census.repeated) {
    const bool only_boxes = census.outlined == 0;
    if (census.beyond || (only_boxes && census.boxes_fit) || 2 * census.far > census.outlined) {
      ending.confidence = ending.track = true;
      ending.notes.push_back(lines + "a confidence and a track, and were read so (--line-end)");
      return ending;
    }
    if (census.far > 0) {
      throw Error("the YOLO folder",
                  "all its lines end in a share and the number 1, which may be a point at the "
                  "lower edge, or a confidence and a track",
                  kOptionHelp);
    }
  }
  ending.notes.push_back(lines +
                         "a point at the lower edge of the picture; if that is a confidence and a "
                         "track, import with --line-end confidence-track");
  return ending;
}

YoloShape ShapeOf(const YoloLine& line, const YoloEnding& ending, const std::string& where) {
  YoloShape shape;
  std::vector<double> values = line.values;
  const auto take = [&] {
    const double last = values.back();
    values.pop_back();
    return last;
  };
  // With confidences an untracked object has an odd count, without them a tracked one.
  const bool odd = values.size() % 2 == 1;
  if (ending.track && odd != ending.confidence && values.size() > kBox) {
    const double track = take();
    if (!IsTrack(track)) {
      throw Error(where, "its track is " + CsvNumber(track, 6), "tracks are whole numbers from 0");
    }
    shape.track = static_cast<int64_t>(track);
  }
  if (ending.confidence && values.size() > kBox) {
    const double confidence = take();
    if (!IsConfidence(confidence)) {
      throw Error(where, "its confidence is " + CsvNumber(confidence, 6),
                  "confidences are from 0 to 1");
    }
    shape.confidence = confidence;
  }
  for (const double value : values) {
    if (value < -0.5 || value > 1.5) {
      throw Error(where, "a coordinate is " + CsvNumber(value),
                  "YOLO gives coordinates as shares of the picture's size, from 0 to 1");
    }
  }
  if (values.size() == kBox) {
    shape.is_box = true;
    const double left = values[0] - values[2] / 2, right = values[0] + values[2] / 2;
    const double top = values[1] - values[3] / 2, bottom = values[1] + values[3] / 2;
    shape.ring = {{left, top}, {right, top}, {right, bottom}, {left, bottom}};
  } else if (values.size() % 2 == 1 || values.size() < kSmallestOutline) {
    throw Error(where, "it has " + std::to_string(values.size()) + " coordinates",
                "an outline has x and y of at least 3 points");
  } else {
    for (size_t i = 0; i < values.size(); i += 2) {
      shape.ring.emplace_back(values[i], values[i + 1]);
    }
  }
  CheckRing(shape.ring, where);
  return shape;
}

}  // namespace datasets
