#include "datasets/synthetic/body.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/random.h"
#include "datasets/synthetic/plane.h"

namespace datasets::synthetic {
namespace {

double GirthAt(double t) {
  static constexpr double kKnots[][2] = {{0, .024},   {.05, .066}, {.12, .108}, {.2, .133},
                                         {.28, .143}, {.38, .172}, {.52, .215}, {.68, .238},
                                         {.82, .226}, {.9, .188},  {.96, .13},  {1, .07}};
  constexpr int kCount = static_cast<int>(std::size(kKnots));
  int i = 0;
  while (i + 2 < kCount && t > kKnots[i + 1][0]) ++i;
  const double u = (t - kKnots[i][0]) / (kKnots[i + 1][0] - kKnots[i][0]);
  return kKnots[i][1] + (kKnots[i + 1][1] - kKnots[i][1]) * u;
}

// Of a larva: a round head, a belly, then hardly anything.
double LarvaGirthAt(double t) {
  if (t < 0.1) return 0.05 + 0.03 * t / 0.1;
  if (t < 0.32) return 0.08 - 0.022 * (t - 0.1) / 0.22;
  return 0.058 - 0.042 * std::min(1.0, (t - 0.32) / 0.4);
}

// Draws into float buffers in box coordinates.
struct Canvas {
  cv::Mat nearest, along, across;  // CV_32F: squared distance, t, v (signed, 1 = outline)
};

// Every pixel learns its nearest point of the spine.
void SpanSegment(const Disc& a, const Disc& b, float t_a, float t_b, Canvas& canvas) {
  const float ax = a.center.x, ay = a.center.y;
  const float dx = b.center.x - ax, dy = b.center.y - ay;
  const float inverse = 1.0f / std::max(1e-6f, dx * dx + dy * dy);
  const float length = std::sqrt(dx * dx + dy * dy);
  const double reach = std::max(a.radius, b.radius) * 1.15 + 3;
  const int x0 = std::max(0, static_cast<int>(std::min(a.center.x, b.center.x) - reach));
  const int y0 = std::max(0, static_cast<int>(std::min(a.center.y, b.center.y) - reach));
  const int x1 =
      std::min(canvas.nearest.cols, static_cast<int>(std::max(a.center.x, b.center.x) + reach) + 1);
  const int y1 =
      std::min(canvas.nearest.rows, static_cast<int>(std::max(a.center.y, b.center.y) + reach) + 1);
  for (int y = y0; y < y1; ++y) {
    float* nearest = canvas.nearest.ptr<float>(y);
    float* along = canvas.along.ptr<float>(y);
    float* across = canvas.across.ptr<float>(y);
    for (int x = x0; x < x1; ++x) {
      const float px = x + 0.5f - ax, py = y + 0.5f - ay;
      const float u = std::min(1.0f, std::max(0.0f, (px * dx + py * dy) * inverse));
      const float ex = px - u * dx, ey = py - u * dy;
      const float squared = ex * ex + ey * ey;
      if (squared >= nearest[x]) continue;
      nearest[x] = squared;
      along[x] = t_a + (t_b - t_a) * u;
      across[x] = (dx * py - dy * px) / std::max(1e-3f, length);  // signed side; scaled later
    }
  }
}

float Coverage(const Disc& disc, float x, float y) {
  const float dx = x - static_cast<float>(disc.center.x),
              dy = y - static_cast<float>(disc.center.y);
  const float limit = static_cast<float>(disc.radius) + 0.5f;
  const float squared = dx * dx + dy * dy;
  if (squared >= limit * limit) return 0;
  return std::min(1.0f, limit - std::sqrt(squared));
}

void Over(cv::Vec3f& color, float& alpha, const cv::Vec3f& paint, float cover) {
  color = color * (1 - cover) + paint * cover;
  alpha = alpha + cover * (1 - alpha);
}

cv::Vec3f SampleFur(const cv::Mat& fur, float t, float v) {
  const float fx = std::min(std::max(t, 0.0f), 1.0f) * (fur.cols - 2);
  const float fy = (std::min(std::max(v, -1.0f), 1.0f) * 0.5f + 0.5f) * (fur.rows - 2);
  const int x = static_cast<int>(fx), y = static_cast<int>(fy);
  const float u = fx - x, w = fy - y;
  const cv::Vec3f* top = fur.ptr<cv::Vec3f>(y) + x;
  const cv::Vec3f* low = fur.ptr<cv::Vec3f>(y + 1) + x;
  return (top[0] * (1 - u) + top[1] * u) * (1 - w) + (low[0] * (1 - u) + low[1] * u) * w;
}

void PaintDiscs(const Disc* discs, int count, const cv::Vec3f& paint, cv::Point corner,
                cv::Mat& color, cv::Mat& alpha) {
  for (int i = 0; i < count; ++i) {
    const Disc local{discs[i].center - cv::Point2d(corner), discs[i].radius};
    const int x0 = std::max(0, static_cast<int>(local.center.x - local.radius - 1));
    const int y0 = std::max(0, static_cast<int>(local.center.y - local.radius - 1));
    const int x1 = std::min(alpha.cols, static_cast<int>(local.center.x + local.radius + 2));
    const int y1 = std::min(alpha.rows, static_cast<int>(local.center.y + local.radius + 2));
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x) {
        const float cover = Coverage(local, x + 0.5f, y + 0.5f);
        if (cover > 0) Over(color.at<cv::Vec3f>(y, x), alpha.at<float>(y, x), paint, cover);
      }
    }
  }
}

}  // namespace

Body BuildBody(const AnimalSpec& animal, const Pose& pose) {
  Body body;
  const double scale = animal.length * (1 + pose.elevation / 900);
  const double step = scale / (kSpinePoints - 1);
  constexpr int kMiddle = 13;
  const auto angle_at = [&](double t) {
    if (animal.larva) {  // a wave runs down the body, wider towards the tail
      return pose.heading + pose.bend * (0.3 - t) +
             (0.1 + 1.3 * t) * t * pose.stride * std::sin(pose.gait - 2 * kPi * t);
    }
    double angle = pose.heading + pose.bend * (0.55 - t) +
                   0.07 * pose.stride * std::sin(pose.gait - 2 * kPi * t);
    if (t < 0.3) angle += pose.head_yaw * std::min(1.0, (0.3 - t) / 0.18);
    return angle;
  };
  const auto shortening = [&](double t) {  // an upright or crouching body is shorter from above
    return 1 - pose.rear * (t < 0.6 ? 0.5 : 0.2) - pose.groom * (t < 0.35 ? 0.38 : 0.1);
  };
  body.spine[kMiddle].center = pose.center;
  for (int i = kMiddle - 1; i >= 0; --i) {
    const double t = (i + 0.5) / (kSpinePoints - 1);
    body.spine[i].center = body.spine[i + 1].center + Direction(angle_at(t)) * step * shortening(t);
  }
  for (int i = kMiddle + 1; i < kSpinePoints; ++i) {
    const double t = (i - 0.5) / (kSpinePoints - 1);
    body.spine[i].center = body.spine[i - 1].center - Direction(angle_at(t)) * step * shortening(t);
  }
  for (int i = 0; i < kSpinePoints; ++i) {
    const double t = static_cast<double>(i) / (kSpinePoints - 1);
    const double breathing =
        1 + 0.022 * std::sin(pose.breath) * std::max(0.0, 1 - std::abs(t - 0.62) / 0.3);
    const double posture =
        1 + 0.12 * pose.groom + (t > 0.4 ? 0.1 : -0.05) * pose.rear - 0.06 * pose.stride;
    const double head = t < 0.28 ? 1.0 : animal.girth;
    body.spine[i].radius = animal.larva ? std::max(0.6, scale * LarvaGirthAt(t))
                                        : scale * GirthAt(t) * head * breathing * posture;
  }
  double angle = angle_at(1) + kPi;
  cv::Point2d at = body.tail_base();
  const double tail_step = scale * animal.tail / (kTailPoints - 1);
  for (int i = 0; i < kTailPoints; ++i) {
    const double u = static_cast<double>(i) / (kTailPoints - 1);
    body.tail[i] = {at, animal.larva ? 0 : std::max(1.1, scale * (0.03 - 0.014 * u))};
    angle += (pose.tail_swing + 0.25 * pose.stride * std::sin(pose.gait * 0.5 - 3 * u)) /
             (kTailPoints - 1);
    at += Direction(angle) * tail_step;
  }
  const auto side_point = [&](int i, double side) {
    const cv::Point2d forward = body.spine[i - 1].center - body.spine[i + 1].center;
    const double norm = std::max(1e-9, std::hypot(forward.x, forward.y));
    // The left side lies to the left of the direction of travel: (y, -x) with y down.
    return body.spine[i].center + cv::Point2d(forward.y, -forward.x) * (side / norm);
  };
  const double ear = animal.ear * scale;
  for (int k = 0; k < 2; ++k) {
    const double side = k == 0 ? 1 : -1;
    body.ears[k] = {side_point(5, side * body.spine[5].radius * 0.8), ear};
    body.eyes[k] = {side_point(2, side * body.spine[2].radius * 0.72),
                    std::max(0.7, 0.017 * scale)};
    const double swing = 0.09 * scale * pose.stride;
    for (int foot = 0; foot < 2; ++foot) {
      const int i = foot == 0 ? 9 : 19;
      const double phase = pose.gait + (k == foot ? 0 : kPi);
      const cv::Point2d forward = Direction(angle_at(i / 24.0));
      const double inset = foot == 0 ? 0.84 - 0.3 * pose.groom : 0.9;
      body.feet[2 * foot + k] = {
          side_point(i, side * body.spine[i].radius * inset) + forward * (swing * std::sin(phase)),
          animal.larva ? 0 : 0.036 * scale};
    }
  }
  return body;
}

double BodyGap(const Body& a, const Body& b) {
  double gap = 1e9;
  for (const Disc& p : a.spine) {
    for (const Disc& q : b.spine) {
      const cv::Point2d d = p.center - q.center;
      gap = std::min(gap, std::sqrt(d.x * d.x + d.y * d.y) - p.radius - q.radius);
    }
  }
  return gap;
}

Coat MakeCoat(const AnimalSpec& animal) {
  const CoatSpec& spec = animal.coat;
  const int along = std::max(24, static_cast<int>(animal.length * 1.3)) + 2;
  const int across = std::max(16, static_cast<int>(animal.length * 0.62)) + 2;
  Random random(spec.seed * 77 + 5);
  const auto noise = [&](int rows, int cols, cv::Size smooth) {
    cv::Mat result(rows, cols, CV_32F);
    for (int y = 0; y < rows; ++y) {
      for (int x = 0; x < cols; ++x) result.at<float>(y, x) = static_cast<float>(random.Normal());
    }
    cv::blur(result, result, smooth, cv::Point(-1, -1), cv::BORDER_REFLECT);
    cv::Scalar mean, deviation;
    cv::meanStdDev(result, mean, deviation);
    return cv::Mat((result - mean[0]) / std::max(1e-6, deviation[0]));
  };
  const auto odd = [&](double part) {
    return std::max(1, static_cast<int>(animal.length * part)) | 1;
  };
  const cv::Mat hairs = noise(across, along, {odd(0.075), 1});
  const cv::Mat tufts = noise(across, along, {odd(0.14), odd(0.05)});
  Coat coat;
  coat.fur.create(across, along, CV_32FC3);
  for (int y = 0; y < across; ++y) {
    for (int x = 0; x < along; ++x) {
      const float t = static_cast<float>(x) / (along - 1);
      const float v = 2.0f * y / (across - 1) - 1;
      float tip =
          0.45f + 0.2f * hairs.at<float>(y, x) + 0.16f * spec.clumps * tufts.at<float>(y, x);
      tip += 0.22f * v * v;  // the flanks are paler than the back
      if (t < 0.2f) tip += 0.08f;
      tip -= spec.stripe * 0.5f * std::exp(-v * v / 0.06f) * (t > 0.18f ? 1.0f : 0.4f);
      tip = std::min(1.15f, std::max(-0.1f, tip));
      cv::Vec3f color = spec.dark + (spec.light - spec.dark) * tip;
      if (spec.patch) {
        const float dt = t - spec.patch_at.x;
        const float dv = (v - spec.patch_at.y) * static_cast<float>(GirthAt(t));
        const float reach = spec.patch_radius * (1 + 0.12f * tufts.at<float>(y, x));
        const float inside = (reach - std::sqrt(dt * dt + dv * dv)) / 0.015f;
        const float blend = std::min(1.0f, std::max(0.0f, 0.5f + inside));
        const cv::Vec3f pale =
            spec.patch_color * (0.88f + 0.12f * tip + 0.06f * hairs.at<float>(y, x));
        color = color * (1 - blend) + pale * blend;
      }
      if (t < 0.035f) color = color * 0.5f + cv::Vec3f(95, 100, 150) * 0.5f;  // the bare nose
      coat.fur.at<cv::Vec3f>(y, x) = color;
    }
  }
  coat.edge = noise(2, along, {3, 1});
  return coat;
}

Layer DrawBody(const AnimalSpec& animal, const Coat& coat, const Body& body, bool color) {
  double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;
  const auto include = [&](const Disc& disc) {
    left = std::min(left, disc.center.x - disc.radius);
    top = std::min(top, disc.center.y - disc.radius);
    right = std::max(right, disc.center.x + disc.radius);
    bottom = std::max(bottom, disc.center.y + disc.radius);
  };
  for (const Disc& disc : body.spine) include(disc);
  for (const Disc& disc : body.tail) include(disc);
  for (const Disc& disc : body.ears) include(disc);
  for (const Disc& disc : body.feet) include(disc);
  Layer layer;
  const cv::Point corner(static_cast<int>(std::floor(left)) - 4,
                         static_cast<int>(std::floor(top)) - 4);
  layer.box = {corner.x, corner.y, static_cast<int>(std::ceil(right)) + 4 - corner.x,
               static_cast<int>(std::ceil(bottom)) + 4 - corner.y};
  const cv::Size size = layer.box.size();
  cv::Mat paint(size, CV_32FC3, cv::Scalar::all(0)), alpha(size, CV_32F, cv::Scalar(0));
  const cv::Vec3f skin(120, 125, 165);

  Canvas canvas{cv::Mat(size, CV_32F, cv::Scalar(1e9)), cv::Mat(size, CV_32F),
                cv::Mat(size, CV_32F)};
  const auto local = [&](const Disc& disc) {
    return Disc{disc.center - cv::Point2d(corner), disc.radius};
  };
  for (int i = 0; !animal.larva && i + 1 < kTailPoints; ++i) {
    SpanSegment(local(body.tail[i]), local(body.tail[i + 1]), i / 8.0f, (i + 1) / 8.0f, canvas);
  }
  const cv::Vec3f tail_color = skin * 0.35f + (animal.coat.dark + animal.coat.light) * 0.3f;
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const float squared = canvas.nearest.at<float>(y, x);
      if (squared > 1e8f) continue;
      const float at = canvas.along.at<float>(y, x) * (kTailPoints - 1);
      const int i = std::min(kTailPoints - 2, static_cast<int>(at));
      const float radius = static_cast<float>(
          body.tail[i].radius + (body.tail[i + 1].radius - body.tail[i].radius) * (at - i));
      const float cover = std::min(1.0f, std::max(0.0f, radius + 0.5f - std::sqrt(squared)));
      if (cover > 0) Over(paint.at<cv::Vec3f>(y, x), alpha.at<float>(y, x), tail_color, cover);
    }
  }
  if (!animal.larva) PaintDiscs(body.feet.data(), 4, skin, corner, paint, alpha);

  canvas.nearest.setTo(1e9);
  for (int i = 0; i + 1 < kSpinePoints; ++i) {
    SpanSegment(local(body.spine[i]), local(body.spine[i + 1]), i / 24.0f, (i + 1) / 24.0f, canvas);
  }
  const cv::Vec3f ear_color = (animal.coat.dark * 0.65f + skin * 0.35f);
  if (!animal.larva) PaintDiscs(body.ears.data(), 2, ear_color * 0.8f, corner, paint, alpha);
  for (int y = 0; y < size.height; ++y) {
    const float* nearest = canvas.nearest.ptr<float>(y);
    for (int x = 0; x < size.width; ++x) {
      if (nearest[x] > 1e8f) continue;
      const float t = canvas.along.at<float>(y, x);
      const float side = canvas.across.at<float>(y, x);
      const float at = t * (kSpinePoints - 1);
      const int i = std::min(kSpinePoints - 2, static_cast<int>(at));
      const float smooth_radius = static_cast<float>(
          body.spine[i].radius + (body.spine[i + 1].radius - body.spine[i].radius) * (at - i));
      const float tuft =
          coat.edge.at<float>(side > 0 ? 1 : 0, static_cast<int>(t * (coat.edge.cols - 1)));
      const float radius = smooth_radius * (1 + 0.025f * tuft);
      const float distance = std::sqrt(nearest[x]);
      const float cover = std::min(1.0f, std::max(0.0f, (radius + 0.6f - distance) / 1.2f));
      if (cover <= 0) continue;
      cv::Vec3f shaded(0, 0, 0);
      if (color) {
        const float v = (side > 0 ? distance : -distance) / std::max(1e-3f, radius);
        // Normal of a rounded back, light from the upper left.
        const float steep = std::min(1.0f, distance / std::max(1e-3f, smooth_radius));
        const cv::Point2d spine =
            body.spine[i].center +
            (body.spine[i + 1].center - body.spine[i].center) * double(at - i);
        const float nx =
            (x + 0.5f + corner.x - static_cast<float>(spine.x)) / (smooth_radius + 1e-3f);
        const float ny =
            (y + 0.5f + corner.y - static_cast<float>(spine.y)) / (smooth_radius + 1e-3f);
        const float nz = std::sqrt(std::max(0.0f, 1 - steep * steep));
        const float light = 0.66f + 0.4f * nz - 0.16f * nx - 0.2f * ny;
        shaded = SampleFur(coat.fur, t, v) * std::max(0.25f, light);
      }
      Over(paint.at<cv::Vec3f>(y, x), alpha.at<float>(y, x), shaded, cover);
    }
  }
  alpha.convertTo(layer.alpha, CV_8U, 255);  // before the decoration: the outline knows no color
  if (color) {  // ears and eyes lie within or over the outline that is drawn already
    for (int k = 0; !animal.larva && k < 2; ++k) {
      const bool marked = animal.coat.ear_mark == k + 1;
      Disc inner = body.ears[k];
      inner.radius *= marked ? 0.85 : 0.62;
      PaintDiscs(&body.ears[k], 1, ear_color * 0.9f, corner, paint, alpha);
      PaintDiscs(&inner, 1, marked ? cv::Vec3f(205, 215, 225) : ear_color * 1.12f, corner, paint,
                 alpha);
    }
    PaintDiscs(body.eyes.data(), 2, {18, 16, 16}, corner, paint, alpha);
  }
  if (color) {
    // `paint` is premultiplied by the coverage; Over composes it that way.
    layer.bgr.create(size, CV_8UC3);
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) {
        const float a = std::max(1e-3f, alpha.at<float>(y, x));
        const cv::Vec3f c = paint.at<cv::Vec3f>(y, x) * (1 / a);
        layer.bgr.at<cv::Vec3b>(y, x) = {cv::saturate_cast<uchar>(c[0]),
                                         cv::saturate_cast<uchar>(c[1]),
                                         cv::saturate_cast<uchar>(c[2])};
      }
    }
  }
  return layer;
}

}  // namespace datasets::synthetic
