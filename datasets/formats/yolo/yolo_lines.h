// The lines of YOLO text files: "class cx cy width height" or "class x1 y1 x2 y2 x3 y3 ...", in
// shares of the picture's size; programs that predict write a confidence, a track or both behind
// (Ultralytics: save_txt, save_conf).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/shape/polygon.h"

namespace datasets {

struct YoloLine {
  int line = 0;  // in the file, from 1
  int category = 0;
  std::vector<double> values;  // what follows the class, finite
};

struct YoloFile {
  std::filesystem::path path;
  std::vector<YoloLine> lines;
  std::string what() const { return "YOLO file '" + path.filename().string() + "'"; }
};

// Throws Error naming the line for text, NaN, and a class that is no number from 0.
YoloFile ReadYolo(const std::filesystem::path& path);
// A text about something else: not one of its lines begins with a number.
bool LooksLikeProse(const std::filesystem::path& path);

// What follows the shape on the lines of a folder.
struct YoloEnding {
  bool confidence = false;  // on every line
  bool track = false;       // on the lines of objects that are tracked
  std::vector<std::string> notes;
};

// Told by all the lines together, since one line alone can often be read in two ways ("0.5 0.5 0.2
// 0.1 0.9 1" is a triangle, or a box, its confidence and its track). `asked`: "" for that, or
// nothing, confidence, track, confidence-track. Throws Error where the lines contradict each other,
// or where they can be read in two ways and nothing tells which.
YoloEnding EndingOf(const std::vector<YoloFile>& files, const std::string& asked);

struct YoloShape {
  Ring ring;            // in shares of the picture's size
  bool is_box = false;  // the line held a box
  std::optional<double> confidence;
  std::optional<int64_t> track;
};

// Throws Error(thing = `where`) for an odd number of coordinates, too few points, coordinates that
// are pixels, and a confidence or track that cannot be one.
YoloShape ShapeOf(const YoloLine& line, const YoloEnding& ending, const std::string& where);

}  // namespace datasets
