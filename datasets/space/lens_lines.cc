#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "datasets/base/error.h"
#include "datasets/space/lens_fit.h"

namespace datasets {
namespace {

using Lines = std::vector<std::vector<cv::Point2d>>;

constexpr size_t kPointsForSecond = 12;  // from so many on, k2 is fitted too
constexpr double kClickPx = 0.5;         // how well a person clicks, for what can be told at all
constexpr double kMostDoubt = 0.01;      // of the longer side: how far off a point may then come

Lens LensWith(double k1, double k2, int width, int height) {
  Lens lens;
  const double focal = std::max(width, height);
  lens.matrix = cv::Matx33d(focal, 0, width / 2.0 - 0.5, 0, focal, height / 2.0 - 0.5, 0, 0, 1);
  lens.distortion = {k1, k2, 0, 0, 0};
  return lens;
}

// Of each point from the line through its row, in pixels of the picture; empty where the lens
// folds over one of them.
std::vector<double> OffLine(const Lines& lines, const Lens& lens) {
  std::vector<double> off;
  for (const auto& line : lines) {
    std::vector<cv::Point2d> straight;
    cv::Point2d middle;
    for (const cv::Point2d& pixel : line) {
      const auto place = lens.Normalized(pixel);
      if (!place) return {};
      straight.push_back(*place);
      middle += *place * (1.0 / static_cast<double>(line.size()));
    }
    double xx = 0, xy = 0, yy = 0;
    for (const cv::Point2d& place : straight) {
      const cv::Point2d d = place - middle;
      xx += d.x * d.x;
      xy += d.x * d.y;
      yy += d.y * d.y;
    }
    const double angle = 0.5 * std::atan2(2 * xy, xx - yy);
    const cv::Point2d normal(-std::sin(angle), std::cos(angle));
    for (size_t i = 0; i < straight.size(); ++i) {
      const double away = normal.dot(straight[i] - middle);
      const auto on_line = lens.Pixel(straight[i] - normal * away);
      if (!on_line) return {};
      off.push_back(std::copysign(cv::norm(*on_line - line[i]), away));
    }
  }
  return off;
}

double SumOfSquares(const std::vector<double>& values) {
  if (values.empty()) return std::numeric_limits<double>::infinity();
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum;
}

struct LineFit {
  std::array<double, 2> k{};
  double cost = 0;
  cv::Matx22d information;  // J' J
};

// Levenberg and Marquardt's steps on k1, or on both.
LineFit FitDistortion(const Lines& lines, int width, int height, int count) {
  LineFit fit;
  double damping = 1e-3;
  const auto off_at = [&](const std::array<double, 2>& k) {
    return OffLine(lines, LensWith(k[0], k[1], width, height));
  };
  std::vector<double> off = off_at(fit.k);
  fit.cost = SumOfSquares(off);
  for (int round = 0; round < 100; ++round) {
    std::array<std::vector<double>, 2> slope;
    for (int i = 0; i < count; ++i) {
      constexpr double kStep = 1e-6;
      std::array<double, 2> moved = fit.k;
      moved[i] += kStep;
      slope[i] = off_at(moved);
      if (slope[i].empty()) return fit;
      for (size_t p = 0; p < off.size(); ++p) slope[i][p] = (slope[i][p] - off[p]) / kStep;
    }
    cv::Matx22d a = cv::Matx22d::zeros();
    cv::Vec2d b;
    for (int i = 0; i < count; ++i) {
      for (int j = 0; j < count; ++j) {
        for (size_t p = 0; p < off.size(); ++p) a(i, j) += slope[i][p] * slope[j][p];
      }
      for (size_t p = 0; p < off.size(); ++p) b[i] -= slope[i][p] * off[p];
    }
    if (count == 1) a(1, 1) = std::max(a(0, 0), 1e-9);
    fit.information = a;
    bool better = false;
    for (int attempt = 0; attempt < 12 && !better; ++attempt) {
      cv::Matx22d damped = a;
      for (int i = 0; i < 2; ++i) damped(i, i) *= 1 + damping;
      const cv::Vec2d step = damped.solve(b, cv::DECOMP_SVD);
      const std::array<double, 2> moved = {fit.k[0] + step[0], fit.k[1] + step[1]};
      const std::vector<double> off_now = off_at(moved);
      const double cost = SumOfSquares(off_now);
      if (cost < fit.cost) {
        const bool small = fit.cost - cost < 1e-12 * (1 + fit.cost);
        fit.k = moved;
        fit.cost = cost;
        off = off_now;
        damping /= 10;
        better = !small;
        if (small) return fit;
      } else {
        damping *= 10;
      }
    }
    if (!better) return fit;
  }
  return fit;
}

// How far off the farthest of the points may come, in pixels, from the tremble of clicks alone.
double Doubt(const Lines& lines, const LineFit& fit, int width, int height, int count) {
  const double focal = std::max(width, height);
  double farthest = 0;
  for (const auto& line : lines) {
    for (const cv::Point2d& point : line) {
      farthest = std::max(farthest, std::hypot(point.x - width / 2.0, point.y - height / 2.0));
    }
  }
  const double r = farthest / focal;
  const cv::Vec2d way(focal * std::pow(r, 3), count > 1 ? focal * std::pow(r, 5) : 0);
  const cv::Matx22d& a = fit.information;
  const double determinant = a(0, 0) * a(1, 1) - a(0, 1) * a(1, 0);
  if (!(determinant > 1e-9 * std::pow(a(0, 0) + a(1, 1), 2)) || !(a(0, 0) > 1e-6)) {
    return std::numeric_limits<double>::infinity();
  }
  const cv::Matx22d cover(a(1, 1) / determinant, -a(0, 1) / determinant, -a(1, 0) / determinant,
                          a(0, 0) / determinant);
  return kClickPx * std::sqrt(std::max(0.0, way.dot(cover * way)));
}

}  // namespace

FittedLens FitLensToLines(const Lines& lines, int width, int height) {
  size_t points = 0;
  for (const auto& line : lines) {
    if (line.size() < 3) {
      throw Error("straight edge",
                  fmt::format("{} points do not say whether it is bent", line.size()),
                  "give three or more along it, as x,y,x,y,x,y");
    }
    for (const cv::Point2d& point : line) {
      if (!(point.x >= 0 && point.x <= width && point.y >= 0 && point.y <= height)) {
        throw Error(
            "straight edge",
            fmt::format("the point {:.1f},{:.1f} is outside of the picture", point.x, point.y),
            fmt::format("give pixels from 0,0 to {},{}", width, height));
      }
    }
    points += line.size();
  }
  if (lines.empty()) throw Error("straight edge", "there is none", "give one or more");
  int count = points >= kPointsForSecond ? 2 : 1;
  LineFit fit = FitDistortion(lines, width, height, count);
  const double most = kMostDoubt * std::max(width, height);
  if (count == 2 && !(Doubt(lines, fit, width, height, 2) < most)) {
    count = 1;
    fit = FitDistortion(lines, width, height, 1);
  }
  if (!std::isfinite(fit.cost) || !(Doubt(lines, fit, width, height, count) < most)) {
    throw Error("straight edge",
                "the points say too little about the distortion: they are too near to each other, "
                "or to lines through the middle of the picture",
                "click along edges near the picture's border, from end to end");
  }
  FittedLens fitted;
  fitted.lens = LensWith(fit.k[0], fit.k[1], width, height);
  fitted.error_px = std::sqrt(fit.cost / static_cast<double>(points));
  fitted.used = fitted.looked_at = static_cast<int>(lines.size());
  return fitted;
}

}  // namespace datasets
