// What was found in one slice of a video, as a file of its own: all that tracking and names need.
// It appears under its name when it is whole, and says what it was made from.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "datasets/files/atomic_file.h"
#include "infer/parts/found_frames.h"

namespace infer {

// Grows with any change of the layout, and of what is found where: older parts are made again.
inline constexpr int kPartVersion = 1;

// All that decides what a part holds. Equal keys: equal parts, on processors that round alike.
struct PartKey {
  std::string program;          // version and commit of Vole
  std::string video;            // its name, for messages
  std::string inputs;           // hash of the video's fingerprint, index and background
  std::string model, identity;  // hashes of the weights; identity "" for none
  std::string settings;         // options that change what is found, as JSON
  int first_frame = 0;          // where runs of frames begin to be counted
  int start_frame = 0, end_frame = 0;

  bool operator==(const PartKey& other) const;
  // "another model", "another version of Vole", ...: the first difference; "" for none.
  std::string DifferenceTo(const PartKey& other) const;
};

struct PartHeader {
  PartKey key;
  std::string processor;  // that made it
  train::ModelInfo model;
};

// Layout: "VOLEPART", version (4 bytes), then blocks, each of two lengths, a CRC-32 and bytes
// packed by zlib: the header as JSON, one block a run of frames, an empty block, SHA-256 of all
// before as 64 digits.
class PartWriter {
 public:
  // Throws Error for a folder that cannot be written; Add and Commit also for a full disk. Without
  // Commit nothing stays.
  PartWriter(const std::filesystem::path& file, const PartHeader& header);
  ~PartWriter();
  void Add(const FoundFrames& run);
  void Commit();  // returns when the file is whole on the disk

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class PartReader {
 public:
  // kWhole checks every byte now, kLater each run when it comes. Throws Error for a damaged part,
  // and for one of another version.
  enum class Check { kWhole, kLater };
  explicit PartReader(const std::filesystem::path& file, Check check = Check::kWhole);
  ~PartReader();
  PartReader(PartReader&&) noexcept;
  const PartHeader& header() const;
  std::optional<FoundFrames> Next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a part says that it was made from, from its first bytes; nothing where there is no part of
// this version.
std::optional<PartKey> KeyOfPart(const std::filesystem::path& file);

nlohmann::json ToJson(const train::ModelInfo& info);
train::ModelInfo ModelInfoFromJson(const nlohmann::json& json);

// Hex SHA-256 of the bytes.
std::string HashOf(const std::string& bytes);

// The processor of this machine, as it calls itself; "" where that is not known.
std::string ProcessorName();

}  // namespace infer
