#include "datasets/depth/linear.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "datasets/base/error.h"

namespace datasets {
namespace {

// An inversion takes the cube of the rows: above, fewer values are looked at.
constexpr int kManyRows = 200;

cv::Vec3d MeanOf(const std::vector<cv::Vec3d>& targets) {
  cv::Vec3d mean;
  for (const cv::Vec3d& target : targets) mean += target;
  return mean * (1.0 / static_cast<double>(targets.size()));
}

cv::Mat_<double> Centered(const std::vector<cv::Vec3d>& targets, const cv::Vec3d& mean) {
  cv::Mat_<double> matrix(static_cast<int>(targets.size()), 3);
  for (int i = 0; i < matrix.rows; ++i) {
    for (int k = 0; k < 3; ++k) matrix(i, k) = targets[static_cast<size_t>(i)][k] - mean[k];
  }
  return matrix;
}

cv::Mat_<double> MatrixOf(const std::vector<Row>& rows) {
  cv::Mat_<double> matrix(static_cast<int>(rows.size()), static_cast<int>(rows[0].size()));
  for (int i = 0; i < matrix.rows; ++i) {
    std::copy(rows[static_cast<size_t>(i)].begin(), rows[static_cast<size_t>(i)].end(), matrix[i]);
  }
  return matrix;
}

}  // namespace

Standardizer::Standardizer(const std::vector<Row>& rows) {
  VOLE_CHECK(!rows.empty());
  const size_t columns = rows[0].size();
  mean_.assign(columns, 0);
  scale_.assign(columns, 0);
  const double share = 1.0 / static_cast<double>(rows.size());
  for (const Row& row : rows) {
    for (size_t j = 0; j < columns; ++j) mean_[j] += row[j] * share;
  }
  for (const Row& row : rows) {
    for (size_t j = 0; j < columns; ++j) scale_[j] += std::pow(row[j] - mean_[j], 2) * share;
  }
  for (size_t j = 0; j < columns; ++j) {
    const double deviation = std::sqrt(scale_[j]);
    scale_[j] = deviation > 1e-9 * (std::abs(mean_[j]) + 1e-300) ? 1 / deviation : 0;
  }
}

Row Standardizer::Of(const Row& row) const {
  Row scaled(row.size());
  for (size_t j = 0; j < row.size(); ++j) scaled[j] = (row[j] - mean_[j]) * scale_[j];
  return scaled;
}

std::vector<Row> Standardizer::Of(const std::vector<Row>& rows) const {
  std::vector<Row> scaled;
  for (const Row& row : rows) scaled.push_back(Of(row));
  return scaled;
}

LinearFit::LinearFit(const std::vector<Row>& rows, const std::vector<cv::Vec3d>& targets,
                     double penalty)
    : standardizer_(rows), offset_(MeanOf(targets)) {
  const cv::Mat_<double> a = MatrixOf(standardizer_.Of(rows));
  const cv::Mat_<double> y = Centered(targets, offset_);
  cv::Mat_<double> weights;
  if (penalty > 0) {
    cv::Mat_<double> square = a.t() * a;
    for (int i = 0; i < square.rows; ++i) square(i, i) += penalty * a.rows;
    cv::solve(square, a.t() * y, weights, cv::DECOMP_CHOLESKY);
  } else {
    cv::solve(a, y, weights, cv::DECOMP_SVD);
  }
  for (int j = 0; j < weights.rows; ++j) {
    weights_.emplace_back(weights(j, 0), weights(j, 1), weights(j, 2));
  }
}

cv::Vec3d LinearFit::operator()(const Row& row) const {
  const Row scaled = standardizer_.Of(row);
  cv::Vec3d sum = offset_;
  for (size_t j = 0; j < scaled.size(); ++j) sum += weights_[j] * scaled[j];
  return sum;
}

// Mean length of the errors: of row i left out it is (K^-1 y)_i / (K^-1)_ii.
double KernelFit::LeaveOneOut(cv::Mat_<double> matrix, const cv::Mat_<double>& targets,
                              double penalty, cv::Mat_<double>* weights) {
  const int count = matrix.rows;
  for (int i = 0; i < count; ++i) matrix(i, i) += penalty;
  const cv::Mat_<double> inverse = matrix.inv(cv::DECOMP_CHOLESKY);
  const cv::Mat_<double> solved = inverse * targets;
  if (weights) *weights = solved;
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    sum += std::sqrt(solved.row(i).dot(solved.row(i))) / std::max(inverse(i, i), 1e-12);
  }
  return std::isfinite(sum) ? sum / count : std::numeric_limits<double>::infinity();
}

double KernelFit::TimeAt(const RowTime& a, const RowTime& b) const {
  if (a.group != b.group) return 0;
  return kernel_.share * std::exp(-std::abs(a.time - b.time) / kernel_.reach);
}

void KernelFit::ChooseTime(const cv::Mat_<double>& places, const cv::Mat_<double>& targets,
                           double best) {
  Kernel chosen = kernel_;
  const double first_penalty = kernel_.penalty;
  const bool many = places.rows > kManyRows;
  using List = std::vector<double>;
  for (const double reach : many ? List{30, 100, 300} : List{10, 30, 100, 300, 1000}) {
    for (const double share : many ? List{0.3, 3} : List{0.1, 0.3, 1, 3}) {
      kernel_.reach = reach;
      kernel_.share = share;
      cv::Mat_<double> matrix = places.clone();
      for (int i = 0; i < matrix.rows; ++i) {
        for (int j = 0; j < matrix.cols; ++j) {
          matrix(i, j) += TimeAt(times_[static_cast<size_t>(i)], times_[static_cast<size_t>(j)]);
        }
      }
      for (const double less : many ? List{1, 0.3} : List{1, 0.3, 0.1}) {
        kernel_.penalty = first_penalty * less;
        const double error = LeaveOneOut(matrix.clone(), targets, kernel_.penalty, nullptr);
        if (error < best) {
          best = error;
          chosen = kernel_;
        }
      }
    }
  }
  kernel_ = chosen;
}

KernelFit::KernelFit(const std::vector<Row>& rows, const std::vector<cv::Vec3d>& targets,
                     const std::vector<RowTime>& times)
    : standardizer_(rows), times_(times), offset_(MeanOf(targets)) {
  VOLE_CHECK(rows.size() <= 2000 && (times.empty() || times.size() == rows.size()));
  rows_ = standardizer_.Of(rows);
  low_ = high_ = rows_[0];
  for (const Row& row : rows_) {
    for (size_t j = 0; j < row.size(); ++j) {
      low_[j] = std::min(low_[j], row[j]);
      high_[j] = std::max(high_[j], row[j]);
    }
  }
  const cv::Mat_<double> y = Centered(targets, offset_);
  const cv::Mat_<double> a = MatrixOf(rows_);
  const cv::Mat_<double> products = a * a.t();
  cv::Mat_<double> square(products.size());
  for (int i = 0; i < square.rows; ++i) {
    for (int j = 0; j < square.cols; ++j) {
      square(i, j) = std::max(0.0, products(i, i) + products(j, j) - 2 * products(i, j));
    }
  }
  const auto places_of = [&](const Kernel& kernel) {
    cv::Mat_<double> matrix;
    cv::exp(square * (-1 / (2 * kernel.scale * kernel.scale)), matrix);
    matrix += kernel.linear * (products + 1.0);
    return matrix;
  };
  double best = std::numeric_limits<double>::infinity();
  const double columns = std::sqrt(static_cast<double>(rows[0].size()));
  using List = std::vector<double>;
  const bool many = square.rows > kManyRows;
  for (const double scale : many ? List{1, 2, 4} : List{0.5, 0.8, 1.2, 2, 3, 5}) {
    for (const double linear : many ? List{0.3, 3} : List{0.1, 1, 10}) {
      Kernel kernel{scale * columns, linear};
      const cv::Mat_<double> places = places_of(kernel);
      for (const double penalty :
           many ? List{0.01, 0.1, 0.5} : List{0.003, 0.01, 0.03, 0.1, 0.3, 1, 3}) {
        const double error = LeaveOneOut(places.clone(), y, penalty, nullptr);
        if (error < best) {
          best = error;
          kernel.penalty = penalty;
          kernel_ = kernel;
        }
      }
    }
  }
  cv::Mat_<double> matrix = places_of(kernel_);
  if (!times_.empty()) {
    ChooseTime(matrix, y, best);
    for (int i = 0; i < matrix.rows; ++i) {
      for (int j = 0; j < matrix.cols; ++j) {
        matrix(i, j) += TimeAt(times_[static_cast<size_t>(i)], times_[static_cast<size_t>(j)]);
      }
    }
  }
  LeaveOneOut(matrix, y, kernel_.penalty, &weights_);
}

cv::Vec3d KernelFit::operator()(const Row& row, const RowTime& time) const {
  Row scaled = standardizer_.Of(row);
  for (size_t j = 0; j < scaled.size(); ++j) scaled[j] = std::clamp(scaled[j], low_[j], high_[j]);
  cv::Vec3d sum = offset_;
  for (int i = 0; i < weights_.rows; ++i) {
    const Row& other = rows_[static_cast<size_t>(i)];
    double square = 0, dot = 1;
    for (size_t j = 0; j < scaled.size(); ++j) {
      square += (scaled[j] - other[j]) * (scaled[j] - other[j]);
      dot += scaled[j] * other[j];
    }
    double at = std::exp(-square / (2 * kernel_.scale * kernel_.scale)) + kernel_.linear * dot;
    if (!times_.empty()) at += TimeAt(time, times_[static_cast<size_t>(i)]);
    sum += cv::Vec3d(weights_(i, 0), weights_(i, 1), weights_(i, 2)) * at;
  }
  return sum;
}

}  // namespace datasets
