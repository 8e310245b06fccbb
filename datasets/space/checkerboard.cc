#include <fmt/format.h>

#include <algorithm>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/files/file_names.h"
#include "datasets/space/lens_fit.h"
#include "datasets/video/video.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLooks = 90;    // pictures that are searched for the board
constexpr int kMostUsed = 30;     // that the lens is fitted to
constexpr int kFewest = 5;        // fewer views of a board do not hold a lens
constexpr double kMostError = 3;  // pixels: above, what was found is no board

std::vector<fs::path> PicturesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(folder, failure)) {
    const std::string ending = LowerEnding(entry.path());
    for (const char* known : {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"}) {
      if (ending == known) files.push_back(entry.path());
    }
  }
  if (failure) {
    throw Error("checkerboard folder '" + folder.string() + "'", failure.message(),
                "check the path");
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Pictures of a video or of a folder, by number.
class Pictures {
 public:
  Pictures(const fs::path& path, Job& job) {
    std::error_code failure;
    if (fs::is_directory(path, failure)) {
      files_ = PicturesIn(path);
    } else {
      VideoIndex index = IndexVideo(path, job);
      frames_ = index.frame_count();
      reader_ = std::make_unique<VideoReader>(path, std::move(index));
    }
  }
  int count() const { return reader_ ? frames_ : static_cast<int>(files_.size()); }
  std::string NameOf(int number) const {
    return reader_ ? fmt::format("frame {}", number)
                   : "'" + files_[static_cast<size_t>(number)].filename().string() + "'";
  }
  cv::Mat Gray(int number) {
    cv::Mat gray;
    if (reader_) {
      cv::cvtColor(reader_->Read(number), gray, cv::COLOR_BGR2GRAY);
    } else {
      gray = cv::imread(files_[static_cast<size_t>(number)].string(), cv::IMREAD_GRAYSCALE);
    }
    return gray;
  }

 private:
  std::vector<fs::path> files_;
  int frames_ = 0;
  std::unique_ptr<VideoReader> reader_;
};

bool FindBoard(const cv::Mat& gray, cv::Size inner, std::vector<cv::Point2f>* corners) {
  if (!cv::findChessboardCorners(
          gray, inner, *corners,
          cv::CALIB_CB_ADAPTIVE_THRESH | cv::CALIB_CB_NORMALIZE_IMAGE | cv::CALIB_CB_FAST_CHECK)) {
    return false;
  }
  // A window that stays within the squares next to a corner.
  double nearest = 1e9;
  for (size_t i = 1; i < corners->size(); ++i) {
    nearest = std::min<double>(nearest, cv::norm((*corners)[i] - (*corners)[i - 1]));
  }
  const int half = std::clamp(static_cast<int>(nearest / 3), 2, 11);
  cv::cornerSubPix(gray, *corners, {half, half}, {-1, -1},
                   {cv::TermCriteria::EPS | cv::TermCriteria::COUNT, 40, 1e-3});
  return true;
}

}  // namespace

FittedLens FitLensToCheckerboard(const fs::path& video_or_folder, int columns, int rows,
                                 double square_cm, int width, int height, Job& job) {
  const std::string what = "checkerboard '" + video_or_folder.filename().string() + "'";
  if (columns < 3 || rows < 3 || columns > 100 || rows > 100) {
    throw Error(what, fmt::format("a board of {} x {} squares holds no lens", columns, rows),
                "count the squares of each side, as in --squares 9x6");
  }
  if (!(square_cm > 0)) throw Error(what, "its squares have no size", "say --square 2.5cm");
  std::error_code failure;
  if (!fs::exists(video_or_folder, failure)) {
    throw Error(what, "there is no such file or folder", "check the path");
  }
  Pictures pictures(video_or_folder, job);
  const int looks = std::min(pictures.count(), kMostLooks);
  const cv::Size inner(columns - 1, rows - 1);
  std::vector<std::vector<cv::Point2f>> found;
  int looked = 0, other_count = 0;
  for (int i = 0; i < looks && static_cast<int>(found.size()) < kMostUsed; ++i) {
    // Evenly spread, and spread again if it ends early: first the even ones of the looks.
    const int half = (looks + 1) / 2, turn = i < half ? 2 * i : 2 * (i - half) + 1;
    const auto number = static_cast<int>(static_cast<int64_t>(turn) * pictures.count() / looks);
    job.Advance(i, looks, "looking for the checkerboard");
    const cv::Mat gray = pictures.Gray(number);
    if (gray.empty()) continue;
    if (gray.cols != width || gray.rows != height) {
      throw Error(what,
                  fmt::format("{} is of {} x {}, the video of {} x {}", pictures.NameOf(number),
                              gray.cols, gray.rows, width, height),
                  "film the board with the camera as it stands for the animals");
    }
    ++looked;
    std::vector<cv::Point2f> corners;
    if (FindBoard(gray, inner, &corners)) {
      found.push_back(std::move(corners));
    } else if (other_count < 3 && found.empty() && FindBoard(gray, {columns, rows}, &corners)) {
      ++other_count;
    }
  }
  if (static_cast<int>(found.size()) < kFewest) {
    throw Error(what,
                fmt::format("a board of {} x {} squares is in {} of {} pictures, {} are needed",
                            columns, rows, found.size(), looked, kFewest),
                other_count > 0
                    ? fmt::format("it looks like one of {0} x {1} squares: --squares {0}x{1}",
                                  columns + 1, rows + 1)
                    : "show the whole board, in light, at several places and slants; count its "
                      "squares, not its inner corners");
  }
  std::vector<cv::Point3f> board;
  for (int row = 0; row < inner.height; ++row) {
    for (int column = 0; column < inner.width; ++column) {
      board.emplace_back(static_cast<float>(column * square_cm),
                         static_cast<float>(row * square_cm), 0.0F);
    }
  }
  job.Advance(looks, looks, "fitting the lens");
  const std::vector<std::vector<cv::Point3f>> boards(found.size(), board);
  cv::Mat matrix = cv::Mat::eye(3, 3, CV_64F), distortion;
  std::vector<cv::Mat> turns, ways;
  FittedLens fitted;
  try {
    // k3 runs wild where no corner comes near to the picture's.
    fitted.error_px = cv::calibrateCamera(boards, found, {width, height}, matrix, distortion, turns,
                                          ways, cv::CALIB_FIX_K3);
  } catch (const cv::Exception&) {
    throw Error(what, "its pictures hold no lens: the board stands the same way in all of them",
                "slant it to several sides");
  }
  if (!(fitted.error_px < kMostError)) {
    throw Error(what, fmt::format("no lens fits its corners ({:.1f} px off)", fitted.error_px),
                "film a flat board without blur, slanted to several sides");
  }
  fitted.lens.matrix = cv::Matx33d(matrix.ptr<double>());
  for (int i = 0; i < 5; ++i) fitted.lens.distortion[i] = distortion.at<double>(i);
  fitted.used = static_cast<int>(found.size());
  fitted.looked_at = looked;
  return fitted;
}

}  // namespace datasets
