// Key points of single pictures, in folds: each picture is measured by a network that never saw it.
// usage: bench_points CollectedData.csv FOLDS SECONDS [LABELS [FOLD]]
// The table is DeepLabCut's. Prints one JSON line a fold, and one for
// all.
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "datasets/base/random.h"
#include "datasets/formats/deeplabcut/deeplabcut.h"
#include "datasets/keypoints/sides.h"
#include "datasets/metrics/points.h"
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

// A skeleton of these points, partners by their names.
datasets::Skeleton SkeletonOf(const std::vector<std::string>& names) {
  return datasets::MakeSkeleton("animal", names, {}, datasets::PartnersByName(names));
}

// Of pictures that show one animal each: what was learned about where its points are.
class Judge {
 public:
  explicit Judge(const datasets::Skeleton& skeleton) {
    measure_.names = datasets::PointNames(skeleton);
    measure_.mirror = datasets::MirrorOrder(skeleton);
  }
  void Add(const std::vector<train::LabeledPoint>& labeled,
           const std::vector<train::FoundPoint>& found) {
    datasets::PointsAnimal truth, answer;
    for (size_t k = 0; k < labeled.size(); ++k) {
      const bool missing = labeled[k].state == train::LabeledPoint::State::kMissing;
      truth.points.push_back(
          {measure_.names[k], labeled[k].at.x, labeled[k].at.y, missing ? 0 : 2, 0});
      answer.points.push_back({measure_.names[k], found[k].at.x, found[k].at.y, 2, 0});
    }
    animals_.emplace_back(std::move(truth), std::move(answer));
  }
  void Add(const Judge& other) {
    animals_.insert(animals_.end(), other.animals_.begin(), other.animals_.end());
  }
  nlohmann::json Figures() const {
    std::vector<datasets::PointsPair> pairs;
    for (const auto& [truth, answer] : animals_) pairs.push_back({&truth, &answer});
    const datasets::PointsFigures figures = datasets::EvaluatePoints(pairs, measure_);
    return {{"points", figures.all.compared},       {"rmse_px", figures.all.rmse},
            {"median_px", figures.all.median},      {"mean_px", figures.all.mean},
            {"pck5", figures.all.within_radius},    {"pck_body", figures.all.within_share},
            {"error_body", figures.all.mean_share}, {"exchanged", figures.all.exchanged},
            {"exchange_pairs", figures.all.sided},  {"oks", figures.oks}};
  }

 private:
  datasets::PointsMeasure measure_;
  std::vector<std::pair<datasets::PointsAnimal, datasets::PointsAnimal>> animals_;
};

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
  const datasets::Skeleton skeleton = SkeletonOf(table.names);
  Judge all(skeleton);
  for (int fold = 0; fold < folds; ++fold) {
    if (only >= 0 && fold != only) continue;
    train::PointData data;
    data.names = table.names;
    data.mirror = datasets::MirrorOrder(skeleton);
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
    Judge judge(skeleton);
    for (const int at : test) {
      judge.Add(table.points[static_cast<size_t>(at)],
                finder.FindOne(cv::imread(table.files[static_cast<size_t>(at)].string())));
    }
    all.Add(judge);
    nlohmann::json line = judge.Figures();
    line["fold"] = fold;
    line["learned"] = learn.size();
    line["steps"] = result.steps;
    line["held"] = result.validation;
    std::printf("%s\n", line.dump().c_str());
    std::fflush(stdout);
  }
  std::printf("%s\n", all.Figures().dump().c_str());
  return 0;
}
