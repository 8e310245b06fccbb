// Key points of single pictures, in folds: each picture is measured by a network that never saw it.
// usage: bench_points CollectedData.csv FOLDS SECONDS [LABELS [FOLD]]
// The table is DeepLabCut's. Prints one JSON line a fold, and one for
// all.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "datasets/base/random.h"
#include "datasets/formats/deeplabcut/deeplabcut.h"
#include "train/train_job.h"

namespace {

namespace fs = std::filesystem;

struct Table {
  std::vector<std::string> names;
  std::vector<fs::path> files;
  std::vector<std::vector<train::LabeledPoint>> points;
};

Table ReadTable(const fs::path& file) {
  const datasets::DeepLabCutTable read = datasets::ReadDeepLabCut(file);
  Table table;
  table.names = read.body_parts;
  for (const datasets::DeepLabCutRow& row : read.rows) {
    std::vector<train::LabeledPoint> points;
    for (const datasets::KeyPoint& point : row.animals.at(0).points) {
      points.push_back({{point.x, point.y},
                        point.visibility > 0 ? train::LabeledPoint::State::kVisible
                                             : train::LabeledPoint::State::kMissing});
    }
    table.files.push_back(file.parent_path() / fs::path(row.picture).filename());
    table.points.push_back(std::move(points));
  }
  return table;
}

std::vector<int> MirrorByName(const std::vector<std::string>& names) {
  std::vector<int> mirror(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    mirror[i] = static_cast<int>(i);
    const auto exchanged = [&](const std::string& from, const std::string& to) {
      const size_t at = names[i].find(from);
      if (at == std::string::npos) return;
      std::string other = names[i];
      other.replace(at, from.size(), to);
      const auto found = std::find(names.begin(), names.end(), other);
      if (found != names.end()) mirror[i] = static_cast<int>(found - names.begin());
    };
    exchanged("left", "right");
    exchanged("right", "left");
  }
  return mirror;
}

nlohmann::json Figures(std::vector<double> errors) {
  double squares = 0, within = 0;
  for (const double error : errors) {
    squares += error * error;
    within += error <= 5;
  }
  std::sort(errors.begin(), errors.end());
  const auto count = static_cast<double>(errors.size());
  return {{"points", errors.size()},
          {"rmse_px", std::sqrt(squares / count)},
          {"median_px", errors[errors.size() / 2]},
          {"mean_px",
           [&] {
             double sum = 0;
             for (const double error : errors) sum += error;
             return sum / count;
           }()},
          {"pck5", within / count}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const Table table = ReadTable(argv[1]);
  const int folds = std::atoi(argv[2]);
  const double seconds = std::atof(argv[3]);
  const size_t most = argc > 4 ? static_cast<size_t>(std::atoi(argv[4])) : table.files.size();
  const int only = argc > 5 ? std::atoi(argv[5]) : -1;
  std::vector<int> order(table.files.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  datasets::Random random(7);
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<size_t>(random.Below(static_cast<int>(i)))]);
  }
  std::vector<double> all;
  for (int fold = 0; fold < folds; ++fold) {
    if (only >= 0 && fold != only) continue;
    train::PointData data;
    data.names = table.names;
    data.mirror = MirrorByName(table.names);
    std::vector<int> learn, test;
    for (size_t i = 0; i < order.size(); ++i) {
      (static_cast<int>(i) % folds == fold ? test : learn).push_back(order[i]);
    }
    if (learn.size() > most) learn.resize(most);
    for (const int at : learn) {
      train::PointedAnimal animal;
      animal.frame = static_cast<int>(data.frames.size());
      animal.points = table.points[static_cast<size_t>(at)];
      data.frames.push_back({0, 100 * at});  // pictures, far apart
      data.animals.push_back(animal);
    }
    data.picture = [&](int frame) {
      return cv::imread(
          table.files[static_cast<size_t>(learn[static_cast<size_t>(frame)])].string());
    };
    train::TrainOptions options;
    options.model = "points";
    options.minutes = seconds / 60;
    options.processor_time = false;
    datasets::Job job;
    const std::string model =
        (fs::temp_directory_path() / ("bench_points" + std::to_string(fold) + ".safetensors"))
            .string();
    const auto result =
        train::TrainPoints(data, options, model, job, [](const train::TrainProgress& progress) {
          if (!progress.judged.is_null() && std::getenv("BENCH_VERBOSE")) {
            std::fprintf(stderr, "step %d, %.0f s, loss %.3f: %s\n", progress.step,
                         progress.seconds, progress.loss, progress.judged.dump().c_str());
          }
        });
    train::PointFinder finder(model);
    std::vector<double> errors;
    for (const int at : test) {
      const auto found = finder.FindOne(cv::imread(table.files[static_cast<size_t>(at)].string()));
      for (size_t k = 0; k < found.size(); ++k) {
        const auto& point = table.points[static_cast<size_t>(at)][k];
        if (point.state == train::LabeledPoint::State::kMissing) continue;
        errors.push_back(cv::norm(found[k].at - point.at));
      }
    }
    all.insert(all.end(), errors.begin(), errors.end());
    nlohmann::json line = Figures(errors);
    line["fold"] = fold;
    line["learned"] = learn.size();
    line["steps"] = result.steps;
    line["held"] = result.validation;
    std::printf("%s\n", line.dump().c_str());
    std::fflush(stdout);
  }
  std::printf("%s\n", Figures(all).dump().c_str());
  return 0;
}
