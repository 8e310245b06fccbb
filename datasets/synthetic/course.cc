#include "datasets/synthetic/course.h"

#include <algorithm>

#include "datasets/base/error.h"
#include "datasets/synthetic/rules.h"

namespace datasets::synthetic {
namespace {

constexpr int kPiece = 256;  // frames
// Around a piece: more than any rule on behaviors looks ahead or back.
constexpr int kMargin = 64;
constexpr size_t kMostStarts = 64;

}  // namespace

PieceByPiece::PieceByPiece(const World& world, int frames)
    : world_(world), frames_(frames), between_starts_(1) {
  starts_[0] = world.animals[0].larva ? MakeSwimmers(world) : MakeWalkers(world);
}

std::vector<Pose> PieceByPiece::At(int frame) {
  VOLE_CHECK(frame >= 0 && frame < frames_);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (frame / kPiece != piece_) Load(frame / kPiece);
  return poses_[static_cast<size_t>(frame % kPiece)];
}

std::unique_ptr<Course> PieceByPiece::StartedBefore(int frame, int& at) {
  auto start = std::prev(starts_.upper_bound(frame));
  at = start->first;
  return start->second->Clone();
}

void PieceByPiece::Load(int piece) {
  const int first = piece * kPiece, begin = std::max(0, first - kMargin);
  const int end = std::min(frames_, first + kPiece + kMargin);
  int at = 0;
  const std::unique_ptr<Course> course = StartedBefore(begin, at);
  while (at < begin) {
    course->Step();
    ++at;
  }
  const int next_start = first + kPiece - kMargin;
  poses_.clear();
  for (; at < end; ++at) {
    if (at == next_start && (piece + 1) % between_starts_ == 0) starts_[at] = course->Clone();
    poses_.push_back(course->Step());
  }
  if (starts_.size() > kMostStarts) {
    between_starts_ *= 2;
    for (auto start = std::next(starts_.begin()); start != starts_.end();) {
      const int its_piece = (start->first + kMargin) / kPiece;
      start = its_piece % between_starts_ != 0 ? starts_.erase(start) : std::next(start);
    }
  }
  ScoreBehaviors(world_, poses_);
  poses_.erase(poses_.begin(), poses_.begin() + (first - begin));
  poses_.resize(static_cast<size_t>(std::min(kPiece, frames_ - first)));
  piece_ = piece;
}

}  // namespace datasets::synthetic
