#include "app/model/live/live_watch.h"

#include <fmt/format.h>

#include "datasets/shape/mask.h"

namespace app {
namespace {

constexpr double kDrawnTolerance = 0.7;  // pixels
constexpr double kLeastSecondsForRate = 10;

}  // namespace

bool LiveWatch::Begin(const std::string& source) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (now_.running) return false;
  now_ = {};
  now_.running = true;
  now_.source = source;
  picture_.reset();
  ++version_;
  return true;
}

void LiveWatch::Opened(const std::filesystem::path& file,
                       const std::vector<datasets::Zone>& zones) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    now_.opened = true;
    now_.file = file;
    now_.zones = zones;
    ++version_;
  }
  wake_();
}

void LiveWatch::Show(const infer::LiveFrame& frame, const std::vector<infer::SeenAnimal>& animals) {
  if (!watched_) return;
  {
    // While the window has not taken the one before, it has no use for more.
    const std::lock_guard<std::mutex> lock(mutex_);
    if (picture_ && picture_->frame + 1 >= frame.number) return;
  }
  auto picture = std::make_shared<Picture>();
  picture->frame = frame.number;
  picture->bgr = frame.bgr;
  for (const infer::SeenAnimal& seen : animals) {
    Animal animal;
    animal.number = seen.number;
    animal.name = seen.name;
    if (seen.movement) animal.movement = infer::MovementName(*seen.movement);
    animal.outline = datasets::TraceMask(seen.blob->mask, kDrawnTolerance, seen.blob->region.tl());
    animal.center = seen.blob->centroid;
    picture->animals.push_back(std::move(animal));
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    picture_ = std::move(picture);
  }
  wake_();
}

void LiveWatch::Count(const infer::LiveFigures& figures) {
  std::filesystem::path file;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    file = now_.file;
  }
  std::error_code ignored;
  const uintmax_t bytes = std::filesystem::file_size(file, ignored);
  const auto folder = std::filesystem::absolute(file, ignored).parent_path();
  const auto space = std::filesystem::space(folder, ignored);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    now_.figures = figures;
    now_.recorded_bytes = bytes == static_cast<uintmax_t>(-1) ? 0 : bytes;
    now_.free_bytes = space.available == static_cast<uintmax_t>(-1) ? 0 : space.available;
    ++version_;
  }
  wake_();
}

void LiveWatch::Say(const std::string& line) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    now_.lines.push_back(line);
    if (now_.lines.size() > kLinesKept) now_.lines.erase(now_.lines.begin());
    ++version_;
  }
  wake_();
}

void LiveWatch::End(const std::string& outcome, bool failed, datasets::Id video_id) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    now_.running = false;
    now_.outcome = outcome;
    now_.failed = failed;
    now_.video_id = video_id;
    ++version_;
  }
  wake_();
}

bool LiveWatch::running() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return now_.running;
}

std::shared_ptr<const LiveWatch::View> LiveWatch::Look(int64_t& seen) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (seen == version_) return nullptr;
  seen = version_;
  return std::make_shared<const View>(now_);
}

std::shared_ptr<const LiveWatch::Picture> LiveWatch::TakePicture() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::move(picture_);
}

std::string BytesInWords(uintmax_t bytes) {
  const auto count = static_cast<double>(bytes);
  if (count >= 1e9) return fmt::format("{:.1f} GB", count / 1e9);
  return count >= 1e6 ? fmt::format("{:.1f} MB", count / 1e6)
                      : fmt::format("{:.0f} kB", count / 1e3);
}

std::optional<double> DiskLasts(const LiveWatch::View& view) {
  if (view.figures.seconds < kLeastSecondsForRate || view.recorded_bytes == 0 ||
      view.free_bytes == 0) {
    return std::nullopt;
  }
  return view.figures.seconds * static_cast<double>(view.free_bytes) /
         static_cast<double>(view.recorded_bytes);
}

}  // namespace app
