#include "train/weights/safetensors.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "datasets/base/error.h"

namespace train {
namespace {

using datasets::Error;
namespace fs = std::filesystem;

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own bound
constexpr const char* kRemedy = "choose a model file made by `vole train`, or train again";

[[noreturn]] void RefuseSafetensors(const fs::path& file, const std::string& cause) {
  throw Error("weights " + file.string(), cause, kRemedy);
}

struct Header {
  nlohmann::json json;
  uint64_t data_start = 0;
  uint64_t data_bytes = 0;
};

Header ReadHeader(std::ifstream& in, const fs::path& file) {
  std::error_code error;
  const uint64_t file_bytes = fs::file_size(file, error);
  if (error || !in) RefuseSafetensors(file, "the file cannot be read");
  std::array<unsigned char, 8> prefix{};
  if (file_bytes < 8 || !in.read(reinterpret_cast<char*>(prefix.data()), 8)) {
    RefuseSafetensors(file, "the file is too short to hold weights");
  }
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | prefix[i];
  if (length < 2 || length > kMaxHeaderBytes || length > file_bytes - 8) {
    RefuseSafetensors(file, "this is not a safetensors file, or it is truncated");
  }
  std::string text(length, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(length))) {
    RefuseSafetensors(file, "the header is truncated");
  }
  Header header;
  header.json = nlohmann::json::parse(text, nullptr, false);
  if (!header.json.is_object()) RefuseSafetensors(file, "the header is not a JSON object");
  header.data_start = 8 + length;
  header.data_bytes = file_bytes - header.data_start;
  return header;
}

std::map<std::string, std::string> MetadataOf(const Header& header, const fs::path& file) {
  std::map<std::string, std::string> metadata;
  const auto found = header.json.find("__metadata__");
  if (found == header.json.end()) return metadata;
  if (!found->is_object()) RefuseSafetensors(file, "__metadata__ is not a JSON object");
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string()) RefuseSafetensors(file, "__metadata__ entry '" + key + "' is not text");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

struct Slot {
  std::string name;
  uint64_t begin = 0, end = 0;
};

bool IsCount(const nlohmann::json& value) { return value.is_number_unsigned(); }

// Reads one entry's description; the bytes come later.
Slot ReadEntry(const std::string& name, const nlohmann::json& entry, uint64_t data_bytes,
               const fs::path& file, StoredTensor& tensor) {
  const std::string thing = "tensor '" + name.substr(0, 80) + "'";
  if (!entry.is_object()) RefuseSafetensors(file, thing + " is not described by a JSON object");
  const auto dtype = entry.find("dtype");
  const auto shape = entry.find("shape");
  const auto offsets = entry.find("data_offsets");
  if (dtype == entry.end() || !dtype->is_string() || shape == entry.end() || !shape->is_array() ||
      offsets == entry.end() || !offsets->is_array() || offsets->size() != 2 ||
      !IsCount((*offsets)[0]) || !IsCount((*offsets)[1])) {
    RefuseSafetensors(file, thing + " lacks dtype, shape or data_offsets");
  }
  tensor.dtype = dtype->get<std::string>();
  const uint64_t element_bytes = DtypeBytes(tensor.dtype);
  if (element_bytes == 0) {
    RefuseSafetensors(file, thing + " has the unknown dtype " + tensor.dtype.substr(0, 20));
  }
  if (shape->size() > 16) RefuseSafetensors(file, thing + " has too many dimensions");
  uint64_t elements = 1;
  for (const auto& extent : *shape) {
    if (!IsCount(extent))
      RefuseSafetensors(file, thing + " has a shape that is not made of counts");
    const uint64_t value = extent.get<uint64_t>();
    if (value > data_bytes || (value != 0 && elements > data_bytes / value)) {
      RefuseSafetensors(file, thing + " claims more data than the file holds");
    }
    elements *= value;
    tensor.shape.push_back(static_cast<int64_t>(value));
  }
  Slot slot{name, (*offsets)[0].get<uint64_t>(), (*offsets)[1].get<uint64_t>()};
  if (slot.begin > slot.end || slot.end > data_bytes) {
    RefuseSafetensors(file, thing + " reaches past the end of the file (truncated?)");
  }
  if (slot.end - slot.begin != elements * element_bytes) {
    RefuseSafetensors(file, thing + " has a shape that does not match its data");
  }
  return slot;
}

void WriteAll(int descriptor, const char* data, size_t bytes, const fs::path& file) {
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor, data, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      throw Error("weights " + file.string(),
                  std::string("writing failed: ") + std::strerror(errno),
                  "free some space or choose another folder");
    }
    data += written;
    bytes -= static_cast<size_t>(written);
  }
}

void FlushFolder(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

size_t DtypeBytes(const std::string& dtype) {
  static const std::map<std::string, size_t> kBytes = {
      {"F64", 8},  {"I64", 8}, {"F32", 4}, {"I32", 4}, {"F16", 2},
      {"BF16", 2}, {"I16", 2}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
  const auto found = kBytes.find(dtype);
  return found == kBytes.end() ? 0 : found->second;
}

WeightsFile ReadSafetensors(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) RefuseSafetensors(file, "the file cannot be opened");
  const Header header = ReadHeader(in, file);
  WeightsFile result;
  result.metadata = MetadataOf(header, file);
  std::vector<Slot> slots;
  for (const auto& [name, entry] : header.json.items()) {
    if (name == "__metadata__") continue;
    slots.push_back(ReadEntry(name, entry, header.data_bytes, file, result.tensors[name]));
  }
  std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  uint64_t expected = 0;
  for (const Slot& slot : slots) {
    if (slot.begin != expected) RefuseSafetensors(file, "tensors overlap or leave a gap");
    expected = slot.end;
  }
  if (expected != header.data_bytes) RefuseSafetensors(file, "data follows the last tensor");
  for (const Slot& slot : slots) {
    std::vector<uint8_t>& bytes = result.tensors[slot.name].bytes;
    bytes.resize(slot.end - slot.begin);
    in.seekg(static_cast<std::streamoff>(header.data_start + slot.begin));
    if (!bytes.empty() && !in.read(reinterpret_cast<char*>(bytes.data()),
                                   static_cast<std::streamsize>(bytes.size()))) {
      RefuseSafetensors(file, "the file ended while it was read");
    }
  }
  return result;
}

std::map<std::string, std::string> ReadSafetensorsMetadata(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) RefuseSafetensors(file, "the file cannot be opened");
  return MetadataOf(ReadHeader(in, file), file);
}

void WriteSafetensors(const fs::path& file, const WeightsFile& weights) {
  nlohmann::json header = nlohmann::json::object();
  if (!weights.metadata.empty()) header["__metadata__"] = weights.metadata;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : weights.tensors) {
    uint64_t elements = 1;
    for (int64_t extent : tensor.shape) elements *= static_cast<uint64_t>(extent);
    VOLE_CHECK(elements * DtypeBytes(tensor.dtype) == tensor.bytes.size());
    header[name] = {{"dtype", tensor.dtype},
                    {"shape", tensor.shape},
                    {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::array<char, 8> prefix{};
  for (int i = 0; i < 8; ++i) prefix[i] = static_cast<char>(uint64_t{text.size()} >> (8 * i));

  // Of its own, so that two programs that write one file do not write into one another.
  std::string temporary;
  int descriptor = -1;
  for (int number = 0; descriptor < 0; ++number) {
    temporary = file.string() + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(number);
    descriptor =
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (descriptor < 0 && errno != EEXIST) break;
  }
  if (descriptor < 0) {
    throw Error("weights " + file.string(),
                std::string("the file cannot be written: ") + std::strerror(errno),
                "choose a folder that exists and that you may write to");
  }
  try {
    WriteAll(descriptor, prefix.data(), prefix.size(), file);
    WriteAll(descriptor, text.data(), text.size(), file);
    for (const auto& [name, tensor] : weights.tensors) {
      WriteAll(descriptor, reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size(),
               file);
    }
    if (::fsync(descriptor) != 0) {
      throw Error("weights " + file.string(),
                  std::string("flushing to the disk failed: ") + std::strerror(errno),
                  "free some space or choose another folder");
    }
  } catch (...) {
    ::close(descriptor);
    ::unlink(temporary.c_str());
    throw;
  }
  ::close(descriptor);
  if (::rename(temporary.c_str(), file.c_str()) != 0) {
    const std::string cause = std::strerror(errno);
    ::unlink(temporary.c_str());
    throw Error("weights " + file.string(), "the file cannot be replaced: " + cause,
                "choose another file name");
  }
  FlushFolder(file);
}

StoredTensor StoreFloats(const std::vector<float>& values, std::vector<int64_t> shape) {
  StoredTensor tensor;
  tensor.shape = std::move(shape);
  tensor.bytes.resize(values.size() * sizeof(float));
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

std::vector<float> LoadFloats(const StoredTensor& tensor, const std::string& name) {
  if (tensor.dtype != "F32") {
    throw Error("tensor '" + name + "'", "it has the dtype " + tensor.dtype + ", not F32", kRemedy);
  }
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

}  // namespace train
