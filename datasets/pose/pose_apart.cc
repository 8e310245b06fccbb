#include "datasets/pose/pose_apart.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "datasets/base/error.h"
#include "datasets/hdf5/apart.h"

namespace datasets {

namespace {

class Packer {
 public:
  template <class Number>
  void Add(Number number) {
    static_assert(std::is_arithmetic_v<Number>);
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  void Add(const std::string& text) {
    Add(static_cast<uint64_t>(text.size()));
    bytes_ += text;
  }
  template <class Items, class One>
  void Each(const Items& items, One one) {
    Add(static_cast<uint64_t>(items.size()));
    for (const auto& item : items) one(item);
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Unpacker {
 public:
  Unpacker(const std::string& bytes, const std::string& what) : bytes_(bytes), what_(what) {}
  template <class Number>
  Number Get() {
    Number number;
    Require(sizeof number);
    std::memcpy(&number, bytes_.data() + at_, sizeof number);
    at_ += sizeof number;
    return number;
  }
  std::string Text() {
    const auto size = Get<uint64_t>();
    Require(size);
    std::string text = bytes_.substr(at_, size);
    at_ += size;
    return text;
  }
  template <class Items, class One>
  void Each(Items* items, One one) {
    for (auto count = Get<uint64_t>(); count > 0; --count) {
      Require(1);
      items->push_back(one());
    }
  }
  void End() const {
    if (at_ != bytes_.size()) Fail();
  }

 private:
  void Require(uint64_t size) const {
    if (size > bytes_.size() - at_) Fail();
  }
  [[noreturn]] void Fail() const {
    throw Error(what_, "it is damaged: the HDF5 library broke down on it",
                "write the file again with the program that it comes from");
  }

  const std::string& bytes_;
  const std::string& what_;
  size_t at_ = 0;
};

void PackSkeleton(const Skeleton& skeleton, Packer& to) {
  to.Add(skeleton.name);
  to.Each(skeleton.points, [&](const SkeletonPoint& point) {
    to.Add(point.name);
    to.Add(point.partner);
  });
  to.Each(skeleton.edges, [&](const std::pair<int, int>& edge) {
    to.Add(edge.first);
    to.Add(edge.second);
  });
}

Skeleton UnpackSkeleton(Unpacker& from) {
  Skeleton skeleton;
  skeleton.name = from.Text();
  from.Each(&skeleton.points, [&] {
    SkeletonPoint point;
    point.name = from.Text();
    point.partner = from.Get<int>();
    return point;
  });
  from.Each(&skeleton.edges, [&] {
    const int first = from.Get<int>();
    return std::make_pair(first, from.Get<int>());
  });
  return skeleton;
}

void PackClaim(const PictureClaim& claim, Packer& to) {
  to.Add(claim.what);
  to.Add(claim.file_name);
  to.Add(claim.original_name);
  to.Each(claim.videos, [&](const std::string& video) { to.Add(video); });
  to.Add(claim.number.value_or(-1));
  to.Each(claim.pictures, [&](const auto& picture) { to.Add(picture.string()); });
  to.Add(claim.width);
  to.Add(claim.height);
}

PictureClaim UnpackClaim(Unpacker& from) {
  PictureClaim claim;
  claim.what = from.Text();
  claim.file_name = from.Text();
  claim.original_name = from.Text();
  from.Each(&claim.videos, [&] { return from.Text(); });
  const auto number = from.Get<int64_t>();
  if (number >= 0) claim.number = number;
  from.Each(&claim.pictures, [&] { return std::filesystem::path(from.Text()); });
  claim.width = from.Get<int>();
  claim.height = from.Get<int>();
  return claim;
}

void PackAnimal(const PoseAnimal& animal, Packer& to) {
  to.Add(static_cast<uint64_t>(animal.picture));
  to.Add(animal.track);
  to.Add(animal.predicted);
  to.Add(animal.score);
  to.Add(animal.author);
  to.Each(animal.points, [&](const KeyPoint& point) {
    to.Add(point.name);
    to.Add(point.x);
    to.Add(point.y);
    to.Add(point.visibility);
  });
  to.Each(animal.confidences, [&](double confidence) { to.Add(confidence); });
}

PoseAnimal UnpackAnimal(Unpacker& from) {
  PoseAnimal animal;
  animal.picture = from.Get<uint64_t>();
  animal.track = from.Get<int>();
  animal.predicted = from.Get<bool>();
  animal.score = from.Get<double>();
  animal.author = from.Text();
  from.Each(&animal.points, [&] {
    KeyPoint point;
    point.name = from.Text();
    point.x = from.Get<double>();
    point.y = from.Get<double>();
    point.visibility = from.Get<int>();
    return point;
  });
  from.Each(&animal.confidences, [&] { return from.Get<double>(); });
  return animal;
}

}  // namespace

std::string PackPoses(const PoseDocument& document) {
  Packer to;
  to.Add(document.what);
  to.Each(document.skeletons, [&](const Skeleton& one) { PackSkeleton(one, to); });
  to.Each(document.tracks, [&](const std::string& track) { to.Add(track); });
  to.Each(document.pictures, [&](const PictureClaim& claim) { PackClaim(claim, to); });
  to.Each(document.animals, [&](const PoseAnimal& animal) { PackAnimal(animal, to); });
  to.Each(document.notes, [&](const std::string& note) { to.Add(note); });
  return to.Take();
}

PoseDocument UnpackPoses(const std::string& bytes, const std::string& what) {
  Unpacker from(bytes, what);
  PoseDocument document;
  document.what = from.Text();
  from.Each(&document.skeletons, [&] { return UnpackSkeleton(from); });
  from.Each(&document.tracks, [&] { return from.Text(); });
  from.Each(&document.pictures, [&] { return UnpackClaim(from); });
  from.Each(&document.animals, [&] { return UnpackAnimal(from); });
  from.Each(&document.notes, [&] { return from.Text(); });
  from.End();
  return document;
}

PoseDocument ReadPosesApart(const std::filesystem::path& path, const std::string& what, Job& job,
                            const std::function<PoseDocument()>& read) {
  constexpr int kLeastSeconds = 20;
  return UnpackPoses(
      ReadApart(what, SecondsToRead(path, kLeastSeconds), job, [&] { return PackPoses(read()); }),
      what);
}

}  // namespace datasets
