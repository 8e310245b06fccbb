#include "infer/parts/part_file.h"

#include <zlib.h>

#include <fstream>

#include "datasets/base/error.h"
#include "datasets/base/sha256.h"
#include "datasets/files/bytes.h"
#include "infer/parts/pack.h"

namespace infer {
namespace {

namespace fs = std::filesystem;
using datasets::Bytes;
using datasets::Error;
using nlohmann::json;

constexpr char kMagic[] = "VOLEPART";
constexpr size_t kMagicBytes = 8, kStartBytes = kMagicBytes + 4, kBlockBytes = 20, kHashBytes = 64;
constexpr char kRemedy[] = "it is made anew by the next prediction";

std::string Called(const fs::path& file) { return "part '" + file.string() + "'"; }

json ToJson(const PartKey& key) {
  return {{"program", key.program},         {"video", key.video},
          {"inputs", key.inputs},           {"model", key.model},
          {"identity", key.identity},       {"settings", key.settings},
          {"first_frame", key.first_frame}, {"start_frame", key.start_frame},
          {"end_frame", key.end_frame}};
}

PartKey KeyFromJson(const json& json) {
  PartKey key;
  json.at("program").get_to(key.program);
  json.at("video").get_to(key.video);
  json.at("inputs").get_to(key.inputs);
  json.at("model").get_to(key.model);
  json.at("identity").get_to(key.identity);
  json.at("settings").get_to(key.settings);
  json.at("first_frame").get_to(key.first_frame);
  json.at("start_frame").get_to(key.start_frame);
  json.at("end_frame").get_to(key.end_frame);
  return key;
}

PartHeader HeaderFrom(const std::string& text, const std::string& what) {
  try {
    const json header = json::parse(text);
    return {KeyFromJson(header.at("key")), header.at("processor"),
            ModelInfoFromJson(header.at("info"))};
  } catch (const json::exception&) {
    throw Error(what, "it is damaged", kRemedy);
  }
}

void Pack(const train::Detection& detection, Packer& pack) {
  pack.Rect(detection.region);
  pack.Picture(detection.mask);
  pack.Real32(detection.score);
  pack.Reals32(detection.pixel_log_prob);
  pack.Reals32(detection.crop_log_prob);
  pack.Real32(detection.mask_certainty);
  pack.Real32(detection.apart);
  pack.Real32(detection.picture_agreement);
  pack.Reals32(detection.identity_features);
}

train::Detection UnpackDetection(Unpacker& unpack) {
  train::Detection detection;
  detection.region = unpack.Rect();
  detection.mask = unpack.Picture();
  detection.score = unpack.Real32();
  detection.pixel_log_prob = unpack.Reals32();
  detection.crop_log_prob = unpack.Reals32();
  detection.mask_certainty = unpack.Real32();
  detection.apart = unpack.Real32();
  detection.picture_agreement = unpack.Real32();
  detection.identity_features = unpack.Reals32();
  if (!detection.mask.empty() && detection.mask.size() != detection.region.size()) unpack.Damaged();
  return detection;
}

std::string Packed(const FoundFrames& run) {
  VOLE_CHECK(run.evidence.empty() || run.evidence.size() == run.frames.size());
  Packer pack;
  pack.Int(run.first_frame);
  pack.Unsigned(run.frames.size(), 4);
  for (const train::FrameDetections& frame : run.frames) {
    pack.Unsigned(frame.detections.size(), 4);
    for (const train::Detection& detection : frame.detections) Pack(detection, pack);
    pack.Picture(frame.animal_probability);
    pack.Picture(frame.class_probability);
    pack.Real(frame.scale);
  }
  pack.Unsigned(run.evidence.size(), 4);
  for (const std::vector<PictureEvidence>& frame : run.evidence) {
    pack.Unsigned(frame.size(), 4);
    for (const PictureEvidence& evidence : frame) {
      pack.Rect(evidence.view);
      pack.Picture(evidence.animal_pixels);
    }
  }
  return pack.bytes();
}

FoundFrames Unpacked(const std::string& text, const std::string& what) {
  Unpacker unpack({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, what, kRemedy);
  FoundFrames run;
  run.first_frame = unpack.Int32();
  run.frames.resize(unpack.Count(12));
  for (train::FrameDetections& frame : run.frames) {
    const size_t detections = unpack.Count(32);
    for (size_t d = 0; d < detections; ++d) frame.detections.push_back(UnpackDetection(unpack));
    frame.animal_probability = unpack.Picture();
    frame.class_probability = unpack.Picture();
    frame.scale = unpack.Real();
  }
  run.evidence.resize(unpack.Count(4));
  for (std::vector<PictureEvidence>& frame : run.evidence) {
    frame.resize(unpack.Count(32));
    for (PictureEvidence& evidence : frame) {
      evidence.view = unpack.Rect();
      evidence.animal_pixels = unpack.Picture();
    }
  }
  if (!unpack.AtEnd() || (!run.evidence.empty() && run.evidence.size() != run.frames.size())) {
    unpack.Damaged();
  }
  return run;
}

struct Block {
  Bytes packed;
  uint64_t size = 0;  // unpacked
};

// Of the block at `at`, which moves behind it; nothing where it is damaged or not all there.
std::optional<Block> TakeBlock(Bytes bytes, size_t& at) {
  if (!bytes.Holds(at, kBlockBytes)) return std::nullopt;
  Block block;
  const uint64_t packed = bytes.Unsigned(at, 8);
  block.size = bytes.Unsigned(at + 8, 8);
  const uint64_t crc = bytes.Unsigned(at + 16, 4);
  if (!bytes.Holds(at + kBlockBytes, packed)) return std::nullopt;
  block.packed = bytes.Part(at + kBlockBytes, packed);
  if (crc32_z(0, block.packed.data, block.packed.size) != crc) return std::nullopt;
  at += kBlockBytes + block.packed.size;
  return block;
}

bool IsOfThisVersion(Bytes bytes) {
  return bytes.Holds(0, kStartBytes) && std::equal(kMagic, kMagic + kMagicBytes, bytes.data) &&
         bytes.Unsigned(kMagicBytes, 4) == kPartVersion;
}

bool HasItsHash(Bytes bytes) {
  if (bytes.size < kHashBytes) return false;
  const size_t hashed = bytes.size - kHashBytes;
  datasets::Sha256 hash;
  hash.Add(bytes.data, hashed);
  return hash.Hex() == std::string(reinterpret_cast<const char*>(bytes.data) + hashed, kHashBytes);
}

}  // namespace

std::string HashOf(const std::string& bytes) {
  datasets::Sha256 hash;
  hash.Add(bytes);
  return hash.Hex();
}

bool PartKey::operator==(const PartKey& other) const { return ToJson(*this) == ToJson(other); }

std::string PartKey::DifferenceTo(const PartKey& other) const {
  if (program != other.program) return "another version of Vole (" + other.program + ")";
  if (inputs != other.inputs) return "another video or background";
  if (model != other.model) return "another model";
  if (identity != other.identity) return "another model that names animals";
  if (settings != other.settings) return "other settings";
  return *this == other ? "" : "other frames";
}

json ToJson(const train::ModelInfo& info) {
  return {{"architecture", info.architecture},           {"classes", info.classes},
          {"max_instances", info.max_instances},         {"median_area", info.median_area},
          {"class_median_area", info.class_median_area}, {"record", info.record}};
}

train::ModelInfo ModelInfoFromJson(const json& json) {
  train::ModelInfo info;
  json.at("architecture").get_to(info.architecture);
  json.at("classes").get_to(info.classes);
  json.at("max_instances").get_to(info.max_instances);
  json.at("median_area").get_to(info.median_area);
  json.at("class_median_area").get_to(info.class_median_area);
  info.record = json.at("record");
  return info;
}

std::string ProcessorName() {
  std::ifstream facts("/proc/cpuinfo");
  for (std::string line; std::getline(facts, line);) {
    const size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "";
}

struct PartWriter::Impl {
  explicit Impl(const fs::path& file) : out(file) {}
  void Write(const std::string& bytes) {
    hash.Add(bytes);
    out.Write(bytes);
  }
  void WriteBlock(const std::string& bytes) {
    const std::string packed = Deflated(bytes);
    const auto* data = reinterpret_cast<const Bytef*>(packed.data());
    Packer lengths;
    lengths.Unsigned(packed.size(), 8);
    lengths.Unsigned(bytes.size(), 8);
    lengths.Unsigned(crc32_z(0, data, packed.size()), 4);
    Write(lengths.bytes());
    Write(packed);
  }
  datasets::AtomicFile out;
  datasets::Sha256 hash;
};

PartWriter::PartWriter(const fs::path& file, const PartHeader& header)
    : impl_(std::make_unique<Impl>(file)) {
  Packer start;
  start.Unsigned(kPartVersion, 4);
  impl_->Write(kMagic + start.bytes());
  impl_->WriteBlock(json{
      {"key", ToJson(header.key)}, {"processor", header.processor}, {"info", ToJson(header.model)}}
                        .dump(-1, ' ', false, json::error_handler_t::replace));
}

PartWriter::~PartWriter() = default;

void PartWriter::Add(const FoundFrames& run) { impl_->WriteBlock(Packed(run)); }

void PartWriter::Commit() {
  impl_->WriteBlock("");
  impl_->out.Write(impl_->hash.Hex());
  impl_->out.Commit();
}

struct PartReader::Impl {
  explicit Impl(const fs::path& path) : what(Called(path)), file(path, what) {}
  std::string what;
  datasets::MappedFile file;
  PartHeader header;
  size_t at = kStartBytes;
};

PartReader::PartReader(const fs::path& file, Check check) : impl_(std::make_unique<Impl>(file)) {
  const Bytes bytes = impl_->file.bytes();
  if (!IsOfThisVersion(bytes)) {
    throw Error(impl_->what, "it is no part of this version of Vole", kRemedy);
  }
  const std::optional<Block> block = TakeBlock(bytes, impl_->at);
  if (!block || (check == Check::kWhole && !HasItsHash(bytes))) {
    throw Error(impl_->what, "it is damaged", kRemedy);
  }
  impl_->header =
      HeaderFrom(Inflated(block->packed, block->size, impl_->what, kRemedy), impl_->what);
}

PartReader::~PartReader() = default;
PartReader::PartReader(PartReader&&) noexcept = default;

const PartHeader& PartReader::header() const { return impl_->header; }

std::optional<FoundFrames> PartReader::Next() {
  const std::optional<Block> block = TakeBlock(impl_->file.bytes(), impl_->at);
  if (!block) throw Error(impl_->what, "it is damaged", kRemedy);
  if (block->size == 0) return std::nullopt;
  return Unpacked(Inflated(block->packed, block->size, impl_->what, kRemedy), impl_->what);
}

std::optional<PartKey> KeyOfPart(const fs::path& file) {
  try {
    const datasets::MappedFile mapped(file, Called(file));
    size_t at = kStartBytes;
    if (!IsOfThisVersion(mapped.bytes())) return std::nullopt;
    const std::optional<Block> block = TakeBlock(mapped.bytes(), at);
    if (!block) return std::nullopt;
    return HeaderFrom(Inflated(block->packed, block->size, "", ""), "").key;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace infer
