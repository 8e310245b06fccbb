// Prints how far off places in space are that one camera's masks give, held out, on a table of
// masks (mouse, camera, frame, hull_area_px2, u, v, X, Y, Z; pixel centers at integers) and a file
// of its cameras; each camera learned from alone, and the mean of all. usage: bench_depth VIEWS.csv
// CAMERAS.json WIDTH HEIGHT [FOLDS [SEEDS]]
#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <map>

#include "datasets/base/error.h"
#include "datasets/depth/folds.h"
#include "datasets/files/csv.h"
#include "datasets/space/camera_file.h"

namespace {

using datasets::CrossValidate;
using datasets::FoldKind;
using datasets::PlaceError;
using datasets::PlaceMethod;
using datasets::SpaceSample;

std::map<int, std::vector<SpaceSample>> ReadViews(const char* path) {
  const datasets::CsvTable table(path, "views");
  std::map<int, std::vector<SpaceSample>> by_camera;
  for (size_t row = 0; row < table.rows(); ++row) {
    SpaceSample sample;
    sample.frame = static_cast<int>(table.Whole(row, "frame").value());
    sample.shape.area = table.Number(row, "hull_area_px2").value();
    sample.shape.x = table.Number(row, "u").value() + 0.5;
    sample.shape.y = table.Number(row, "v").value() + 0.5;
    sample.position = {table.Number(row, "x").value(), table.Number(row, "y").value(),
                       table.Number(row, "z").value()};
    by_camera[static_cast<int>(table.Whole(row, "camera").value())].push_back(sample);
  }
  return by_camera;
}

void Add(const PlaceError& one, double share, PlaceError* sum) {
  sum->mean += share * one.mean;
  sum->rms += share * one.rms;
  sum->axis_rms += one.axis_rms * share;
}

int Run(int argc, char** argv) {
  if (argc < 5) {
    fmt::print(stderr, "usage: bench_depth VIEWS.csv CAMERAS.json WIDTH HEIGHT [FOLDS [SEEDS]]\n");
    return 2;
  }
  const auto views = ReadViews(argv[1]);
  const int folds = argc > 5 ? std::atoi(argv[5]) : 5, seeds = argc > 6 ? std::atoi(argv[6]) : 5;
  struct Sum {
    std::string name;
    PlaceError blocks, random;
    std::string blocks_by_camera, random_by_camera;
  };
  std::vector<Sum> sums;
  for (const auto& [number, samples] : views) {
    const auto file = datasets::ReadCameraFile(argv[2], "Camera" + std::to_string(number), "mm");
    datasets::SpaceView view{std::atoi(argv[3]), std::atoi(argv[4]), {}};
    view.camera = datasets::SpaceCamera{file.lens, *file.pose};
    view.camera->pose.translation *= 10;  // the table's places are in millimetres
    const std::vector<PlaceMethod> methods = {datasets::PlaceAloneMethod(),
                                              datasets::SizeMethod(),
                                              datasets::SipecMethod(view),
                                              datasets::RegressionMethod(view, false),
                                              datasets::RegressionMethod(view, true),
                                              datasets::GeometryMethod(view, false),
                                              datasets::GeometryMethod(view, true)};
    sums.resize(methods.size());
    const double share = 1.0 / static_cast<double>(views.size());
    for (size_t i = 0; i < methods.size(); ++i) {
      sums[i].name = methods[i].name;
      const PlaceError blocks = CrossValidate(methods[i], samples, folds, FoldKind::kBlocks, 1);
      PlaceError random;
      for (int seed = 1; seed <= seeds; ++seed) {
        Add(CrossValidate(methods[i], samples, folds, FoldKind::kRandom,
                          static_cast<uint64_t>(seed)),
            1.0 / seeds, &random);
      }
      Add(blocks, share, &sums[i].blocks);
      Add(random, share, &sums[i].random);
      sums[i].blocks_by_camera += fmt::format(" {:5.1f}", blocks.mean);
      sums[i].random_by_camera += fmt::format(" {:5.1f}", random.mean);
    }
  }
  fmt::print("{:<16} {:<7} {:>6} {:>6} {:>6} {:>6} {:>6}   by camera\n", "method", "folds", "mean",
             "rms", "rms x", "rms y", "rms z");
  for (const Sum& sum : sums) {
    for (const bool random : {false, true}) {
      const PlaceError& error = random ? sum.random : sum.blocks;
      fmt::print("{:<16} {:<7} {:6.2f} {:6.2f} {:6.2f} {:6.2f} {:6.2f}  {}\n",
                 random ? "" : sum.name, random ? "random" : "blocks", error.mean, error.rms,
                 error.axis_rms[0], error.axis_rms[1], error.axis_rms[2],
                 random ? sum.random_by_camera : sum.blocks_by_camera);
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_depth: {}\n", error.what());
    return 1;
  }
}
