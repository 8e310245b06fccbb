#include "datasets/behavior/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/files/atomic_file.h"

namespace datasets {
namespace {

constexpr int kShift = 4;              // fractional bits of OpenCV's coordinates
constexpr double kHersheyHeight = 21;  // of a capital letter at scale 1, in pixels
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

cv::Scalar Bgr(uint32_t color) {
  return {static_cast<double>(color & 255), static_cast<double>(color >> 8 & 255),
          static_cast<double>(color >> 16 & 255)};
}

cv::Point Fixed(double x, double y) {  // OpenCV puts pixel centers on integers
  const double scale = 1 << kShift;
  return {static_cast<int>(std::lround((x - 0.5) * scale)),
          static_cast<int>(std::lround((y - 0.5) * scale))};
}

// Capital letters are about 0.7 of the size of a font.
double FontScale(double size) { return 0.7 * size / kHersheyHeight; }

std::string AsciiOf(const std::string& text) {
  std::string ascii;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 128) {
      ascii += byte < 32 ? ' ' : c;
    } else if (byte >= 0xC0) {
      ascii += '?';  // one for each character, not for each byte
    }
  }
  return ascii;
}

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 32 ? ' ' : c;
    }
  }
  return escaped;
}

std::string Base64(const std::vector<uchar>& bytes) {
  static const char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < bytes.size() ? bytes[i + k] : 0);
    for (int k = 0; k < 4; ++k) {
      text += i + static_cast<size_t>(k) > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63];
    }
  }
  return text;
}

std::string Color(uint32_t color) { return fmt::format("#{:06x}", color & 0xFFFFFF); }

}  // namespace

Drawing::Drawing(double width, double height, uint32_t color)
    : width_(width), height_(height), color_(color) {
  if (!(width >= 1) || !(height >= 1) || width > 30000 || height > 30000) {
    throw Error("picture", fmt::format("{:.0f} x {:.0f} pixels cannot be drawn", width, height),
                "choose fewer videos (--video) or subjects");
  }
}

void Drawing::Rectangle(double x, double y, double width, double height, uint32_t color,
                        double opacity) {
  shapes_.emplace_back(RectangleShape{x, y, width, height, color, opacity});
}
void Drawing::Line(std::vector<cv::Point2d> points, uint32_t color, double thickness, bool closed) {
  shapes_.emplace_back(LineShape{std::move(points), color, thickness, closed});
}
void Drawing::Circle(double x, double y, double radius, uint32_t color) {
  shapes_.emplace_back(CircleShape{x, y, radius, color});
}
void Drawing::Text(double x, double y, const std::string& text, double size, uint32_t color,
                   Anchor anchor) {
  shapes_.emplace_back(TextShape{x, y, text, size, color, anchor});
}
void Drawing::Picture(double x, double y, double width, double height, const cv::Mat& bgr) {
  shapes_.emplace_back(PictureShape{x, y, width, height, bgr.clone()});
}

double Drawing::TextWidth(const std::string& text, double size) {
  int base = 0;
  return cv::getTextSize(AsciiOf(text), kFont, FontScale(size), 1, &base).width;
}

void Drawing::Paint(const Shape& shape, cv::Mat& canvas) {
  if (const auto* box = std::get_if<RectangleShape>(&shape)) {
    const int left = static_cast<int>(std::lround(box->x));
    const int top = static_cast<int>(std::lround(box->y));
    // What is thinner than a pixel is still seen.
    const int right = std::max(left + 1, static_cast<int>(std::lround(box->x + box->width)));
    const int bottom = std::max(top + 1, static_cast<int>(std::lround(box->y + box->height)));
    const cv::Rect area =
        cv::Rect(left, top, right - left, bottom - top) & cv::Rect(0, 0, canvas.cols, canvas.rows);
    if (area.empty()) return;
    cv::Mat part = canvas(area);
    if (box->opacity >= 1) {
      part.setTo(Bgr(box->color));
    } else {
      cv::addWeighted(cv::Mat(part.size(), part.type(), Bgr(box->color)), box->opacity, part,
                      1 - box->opacity, 0, part);
    }
  } else if (const auto* line = std::get_if<LineShape>(&shape)) {
    std::vector<cv::Point> points;
    for (const cv::Point2d& point : line->points) points.push_back(Fixed(point.x, point.y));
    cv::polylines(canvas, points, line->closed, Bgr(line->color),
                  std::max(1, static_cast<int>(std::lround(line->thickness))), cv::LINE_AA, kShift);
  } else if (const auto* circle = std::get_if<CircleShape>(&shape)) {
    cv::circle(canvas, Fixed(circle->x, circle->y),
               static_cast<int>(std::lround(circle->radius * (1 << kShift))), Bgr(circle->color),
               cv::FILLED, cv::LINE_AA, kShift);
  } else if (const auto* text = std::get_if<TextShape>(&shape)) {
    const double wide = TextWidth(text->text, text->size);
    const double x = text->anchor == Anchor::kStart    ? text->x
                     : text->anchor == Anchor::kMiddle ? text->x - wide / 2
                                                       : text->x - wide;
    cv::putText(canvas, AsciiOf(text->text),
                {static_cast<int>(std::lround(x)), static_cast<int>(std::lround(text->y))}, kFont,
                FontScale(text->size), Bgr(text->color), 1, cv::LINE_AA);
  } else if (const auto* picture = std::get_if<PictureShape>(&shape)) {
    const cv::Rect place(static_cast<int>(std::lround(picture->x)),
                         static_cast<int>(std::lround(picture->y)),
                         std::max(1, static_cast<int>(std::lround(picture->width))),
                         std::max(1, static_cast<int>(std::lround(picture->height))));
    const cv::Rect area = place & cv::Rect(0, 0, canvas.cols, canvas.rows);
    if (area.empty() || picture->bgr.empty()) return;
    cv::Mat sized;
    cv::resize(picture->bgr, sized, place.size(), 0, 0, cv::INTER_AREA);
    sized(area - place.tl()).copyTo(canvas(area));
  }
}

cv::Mat Drawing::Render() const {
  cv::Mat canvas(static_cast<int>(std::ceil(height_)), static_cast<int>(std::ceil(width_)), CV_8UC3,
                 Bgr(color_));
  for (const Shape& shape : shapes_) Paint(shape, canvas);
  return canvas;
}

std::string Drawing::Element(const Shape& shape) {
  if (const auto* box = std::get_if<RectangleShape>(&shape)) {
    return fmt::format(
        "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" "
        "fill=\"{}\"{}/>\n",
        box->x, box->y, box->width, box->height, Color(box->color),
        box->opacity < 1 ? fmt::format(" fill-opacity=\"{:.3f}\"", box->opacity) : "");
  }
  if (const auto* line = std::get_if<LineShape>(&shape)) {
    std::string points;
    for (const cv::Point2d& point : line->points) {
      points += fmt::format("{}{:.2f},{:.2f}", points.empty() ? "" : " ", point.x, point.y);
    }
    return fmt::format("<{} points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{:.2f}\"/>\n",
                       line->closed ? "polygon" : "polyline", points, Color(line->color),
                       line->thickness);
  }
  if (const auto* circle = std::get_if<CircleShape>(&shape)) {
    return fmt::format("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{:.2f}\" fill=\"{}\"/>\n",
                       circle->x, circle->y, circle->radius, Color(circle->color));
  }
  if (const auto* text = std::get_if<TextShape>(&shape)) {
    const char* anchor = text->anchor == Anchor::kStart    ? "start"
                         : text->anchor == Anchor::kMiddle ? "middle"
                                                           : "end";
    return fmt::format(
        "<text x=\"{:.2f}\" y=\"{:.2f}\" font-size=\"{:.1f}\" fill=\"{}\" "
        "text-anchor=\"{}\">{}</text>\n",
        text->x, text->y, text->size, Color(text->color), anchor, Escaped(text->text));
  }
  const PictureShape& picture = std::get<PictureShape>(shape);
  std::vector<uchar> jpeg;
  cv::imencode(".jpg", picture.bgr, jpeg, {cv::IMWRITE_JPEG_QUALITY, 88});
  return fmt::format(
      "<image x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" "
      "preserveAspectRatio=\"none\" xlink:href=\"data:image/jpeg;base64,{}\"/>\n",
      picture.x, picture.y, picture.width, picture.height, Base64(jpeg));
}

std::string Drawing::Svg() const {
  std::string svg = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
      "width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "font-family=\"Helvetica, Arial, sans-serif\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"{2}\"/>\n",
      width_, height_, Color(color_));
  for (const Shape& shape : shapes_) svg += Element(shape);
  return svg + "</svg>\n";
}

void Drawing::CheckEnding(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  if (ending != ".png" && ending != ".svg") {
    throw Error("picture '" + path.string() + "'", "the format '" + ending + "' is not known",
                "end the name in .png or .svg");
  }
}

void Drawing::Save(const std::filesystem::path& path) const {
  CheckEnding(path);
  if (path.extension() == ".svg") {
    WriteFileAtomically(path, Svg());
    return;
  }
  std::vector<uchar> png;
  cv::imencode(".png", Render(), png);
  WriteFileAtomically(path, {reinterpret_cast<const char*>(png.data()), png.size()});
}

}  // namespace datasets
