// Least squares on standardized columns: ordinary, ridge, and ridge in a kernel.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace datasets {

using Row = std::vector<double>;

// Columns brought to mean 0 and standard deviation 1; those that do not vary become 0.
class Standardizer {
 public:
  Standardizer() = default;
  explicit Standardizer(const std::vector<Row>& rows);
  Row Of(const Row& row) const;
  std::vector<Row> Of(const std::vector<Row>& rows) const;

 private:
  Row mean_, scale_;
};

// y = b + W x. With `penalty` > 0 the ridge of Hoerl & Kennard (1970): the standardized weights'
// squares, times penalty times the number of rows, are added to the sum of squared errors. 0 is
// ordinary least squares (of equal solutions the smallest).
class LinearFit {
 public:
  LinearFit() = default;
  LinearFit(const std::vector<Row>& rows, const std::vector<cv::Vec3d>& targets, double penalty);
  cv::Vec3d operator()(const Row& row) const;

 private:
  Standardizer standardizer_;
  std::vector<cv::Vec3d> weights_;
  cv::Vec3d offset_;
};

// Ridge in the kernel exp(-|x - y|^2 / 2 s^2) + linear * (1 + x . y): what varies smoothly with the
// columns, around a plane. Its scale, its plane and its penalty are those with the smallest error
// when each row is left out (closed form: Rasmussen & Williams 2006, 5.4.2). Where the rows have
// times of their own, the kernel grows by share * exp(-|time - time'| / reach) between rows of one
// group, if that makes the error smaller. Rows: at most 2000. Columns of a new row that lie beyond
// those of all rows are taken to be at the border: a plane that goes on leads nowhere.
struct RowTime {
  double time = 0;
  int group = 0;
};

class KernelFit {
 public:
  KernelFit(const std::vector<Row>& rows, const std::vector<cv::Vec3d>& targets,
            const std::vector<RowTime>& times = {});
  cv::Vec3d operator()(const Row& row, const RowTime& time = {}) const;

 private:
  struct Kernel {
    double scale = 2, linear = 1, penalty = 0.1;
    double share = 0, reach = 1;  // of time
  };
  static double LeaveOneOut(cv::Mat_<double> matrix, const cv::Mat_<double>& targets,
                            double penalty, cv::Mat_<double>* weights);
  double TimeAt(const RowTime& a, const RowTime& b) const;
  void ChooseTime(const cv::Mat_<double>& places, const cv::Mat_<double>& targets, double best);

  Standardizer standardizer_;
  std::vector<Row> rows_;
  Row low_, high_;  // of each column of rows_
  std::vector<RowTime> times_;
  Kernel kernel_;
  cv::Mat_<double> weights_;  // [rows, 3]
  cv::Vec3d offset_;
};

}  // namespace datasets
