#include <algorithm>
#include <cmath>
#include <memory>

#include "datasets/depth/isomap.h"
#include "datasets/depth/linear.h"
#include "datasets/depth/methods.h"

namespace datasets {
namespace {

constexpr size_t kMostKernelRows = 400;

std::vector<cv::Vec3d> PositionsOf(const std::vector<SpaceSample>& samples) {
  std::vector<cv::Vec3d> positions;
  for (const SpaceSample& sample : samples) positions.push_back(sample.position);
  return positions;
}

using Columns = std::function<Row(const SpaceSample&)>;

std::vector<Row> RowsOf(const std::vector<SpaceSample>& samples, const Columns& columns) {
  std::vector<Row> rows;
  for (const SpaceSample& sample : samples) rows.push_back(columns(sample));
  return rows;
}

// Nothing to decide.
PlaceMethod Fixed(std::string name, std::string what, PlaceFit fit) {
  return {std::move(name), std::move(what),
          [fit = std::move(fit)](const std::vector<SpaceSample>&) { return fit; }};
}

PlaceMethod LeastSquares(std::string name, std::string what, Columns columns) {
  return Fixed(std::move(name), std::move(what),
               [columns](const std::vector<SpaceSample>& samples) -> PlacePredictor {
                 const LinearFit fit(RowsOf(samples, columns), PositionsOf(samples), 0);
                 return [fit, columns](const SpaceSample& one) { return fit(columns(one)); };
               });
}

int AnimalsIn(const std::vector<SpaceSample>& samples) {
  int count = 1;
  for (const SpaceSample& sample : samples) count = std::max(count, sample.animal + 1);
  return count;
}

}  // namespace

PlaceMethod PlaceAloneMethod() {
  return LeastSquares("place", "least squares on the place in the picture", [](const auto& one) {
    return Row{one.shape.x, one.shape.y};
  });
}

PlaceMethod SizeMethod() {
  return LeastSquares("size", "least squares on 1/sqrt(area), area, x, y",
                      [](const SpaceSample& one) {
                        const MaskShape& shape = one.shape;
                        return Row{1 / std::sqrt(shape.area), shape.area, shape.x, shape.y};
                      });
}

PlaceMethod SipecMethod(const SpaceView& view) {
  const Columns base = [view](const SpaceSample& one) {
    const double w = view.width, h = view.height;
    return Row{one.shape.area / (w * h), one.shape.x / w, one.shape.y / h};
  };
  const Columns products = [base](const SpaceSample& one) {
    Row row = base(one);
    for (int i = 0; i < 3; ++i) {
      for (int j = i; j < 3; ++j) row.push_back(row[i] * row[j]);
    }
    return row;
  };
  return Fixed(
      "sipec", "SIPEC: Isomap of six with 1/sqrt(size), size, x, y, least squares",
      [base, products](const std::vector<SpaceSample>& samples) -> PlacePredictor {
        const auto standardizer = std::make_shared<Standardizer>(RowsOf(samples, products));
        const auto isomap = std::make_shared<Isomap>(standardizer->Of(RowsOf(samples, products)));
        const Columns columns = [=](const SpaceSample& one) {
          Row row = isomap->Of(standardizer->Of(products(one)));
          const Row own = base(one);
          row.push_back(1 / std::sqrt(own[0]));
          row.insert(row.end(), own.begin(), own.end());
          return row;
        };
        const LinearFit fit(RowsOf(samples, columns), PositionsOf(samples), 0);
        return [fit, columns](const SpaceSample& one) { return fit(columns(one)); };
      });
}

PlaceMethod RegressionMethod(const SpaceView& view, bool in_time) {
  const auto fit = [view, in_time](const std::vector<SpaceSample>& all) -> PlacePredictor {
    std::vector<SpaceSample> samples;
    const size_t kept = std::min(all.size(), kMostKernelRows);
    for (size_t i = 0; i < kept; ++i) samples.push_back(all[i * all.size() / kept]);
    const int animals = AnimalsIn(samples);
    const bool axes = std::all_of(samples.begin(), samples.end(),
                                  [](const auto& one) { return one.shape.HasAxes(); });
    const Columns columns = [view, animals, axes](const SpaceSample& one) {
      const MaskShape& shape = one.shape;
      Row row = {std::log(shape.area), shape.x / view.width, shape.y / view.height};
      if (axes) {
        // A direction has no sign, so twice its angle; none where the mask is round.
        const double long_one = shape.HasAxes() ? std::log(shape.length / shape.width) : 0;
        row.push_back(long_one);
        row.push_back(long_one * std::cos(2 * shape.angle));
        row.push_back(long_one * std::sin(2 * shape.angle));
      }
      for (int animal = 1; animal < animals; ++animal) row.push_back(one.animal == animal);
      return row;
    };
    std::vector<RowTime> times;
    for (const SpaceSample& sample : samples) {
      if (in_time) times.push_back({static_cast<double>(sample.frame), sample.animal});
    }
    const auto kernel =
        std::make_shared<KernelFit>(RowsOf(samples, columns), PositionsOf(samples), times);
    return [kernel, columns](const SpaceSample& one) {
      return (*kernel)(columns(one), {static_cast<double>(one.frame), one.animal});
    };
  };
  return in_time
             ? Fixed("regression-time", "the same, and what labels near in time say", fit)
             : Fixed("regression", "ridge in a kernel on the mask's size, place and shape", fit);
}

}  // namespace datasets
