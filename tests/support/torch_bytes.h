// Files of torch.save put together by hand, byte by byte, so that no Python is needed: good ones,
// and ones that lie.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace tests {

inline std::string LittleEndian(uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

inline std::string FloatBytes(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// Parts of a pickle (protocol 2).
namespace pickle {

inline std::string Whole(const std::string& body) { return "\x80\x02" + body + "."; }
inline std::string Text(const std::string& text) {
  return "X" + LittleEndian(text.size(), 4) + text;
}
inline std::string Number(int64_t value) {
  return "\x8a\x08" + LittleEndian(static_cast<uint64_t>(value), 8);
}
inline std::string Tuple(const std::vector<std::string>& items) {
  std::string body = "(";
  for (const std::string& item : items) body += item;
  return body + "t";
}
inline std::string Numbers(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  for (const int64_t value : values) items.push_back(Number(value));
  return Tuple(items);
}
inline std::string Global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string Call(const std::string& callable, const std::string& arguments) {
  return callable + arguments + "R";
}
inline std::string Dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string body = "}(";
  for (const auto& [key, value] : items) body += Text(key) + value;
  return body + "u";
}

// A tensor over the storage `key` of `held` elements, as both layouts write it.
struct Tensor {
  std::vector<int64_t> shape, strides;
  int64_t offset = 0;
  int64_t held = 0;
  std::string key = "0";
  std::string storage = "FloatStorage";
};
inline std::string Rebuild(const Tensor& tensor, bool legacy) {
  std::vector<std::string> id = {Text("storage"), Global("torch", tensor.storage), Text(tensor.key),
                                 Text("cpu"), Number(tensor.held)};
  if (legacy) id.push_back("N");
  return Call(
      Global("torch._utils", "_rebuild_tensor_v2"),
      Tuple({Tuple(id) + "Q", Number(tensor.offset), Numbers(tensor.shape), Numbers(tensor.strides),
             "\x89", Call(Global("collections", "OrderedDict"), ")")}));
}

}  // namespace pickle

// The layout before PyTorch 1.6; `storages`: key, elements as claimed, bytes.
struct LegacyStorage {
  std::string key;
  uint64_t elements = 0;
  std::string bytes;
};
inline std::string LegacyTorch(const std::string& object,
                               const std::vector<LegacyStorage>& storages) {
  std::string keys = "](";
  for (const LegacyStorage& storage : storages) keys += pickle::Text(storage.key);
  std::string file = pickle::Whole("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") +
                     pickle::Whole("M\xe9\x03") +
                     pickle::Whole(pickle::Dict({{"little_endian", "\x88"}})) +
                     pickle::Whole(object) + pickle::Whole(keys + "e");
  for (const LegacyStorage& storage : storages) {
    file += LittleEndian(storage.elements, 8) + storage.bytes;
  }
  return file;
}

// An uncompressed zip archive; check sums are left out (0), as newer writers may.
inline std::string StoredZip(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string file, table;
  for (const auto& [name, data] : entries) {
    const std::string sizes = LittleEndian(data.size(), 4) + LittleEndian(data.size(), 4);
    const std::string common = LittleEndian(0, 2) + LittleEndian(0, 2) + LittleEndian(0, 4) +
                               LittleEndian(0, 4) + sizes + LittleEndian(name.size(), 2) +
                               LittleEndian(0, 2);  // flags, method, time, crc, sizes, lengths
    table += "PK\x01\x02" + LittleEndian(0, 4) + common + LittleEndian(0, 2) + LittleEndian(0, 2) +
             LittleEndian(0, 2) + LittleEndian(0, 4) + LittleEndian(file.size(), 4) + name;
    file += "PK\x03\x04" + LittleEndian(0, 2) + common + name + data;
  }
  const std::string count = LittleEndian(entries.size(), 2);
  return file + table + "PK\x05\x06" + LittleEndian(0, 4) + count + count +
         LittleEndian(table.size(), 4) + LittleEndian(file.size(), 4) + LittleEndian(0, 2);
}
inline std::string ZipTorch(const std::string& object,
                            const std::vector<std::pair<std::string, std::string>>& storages) {
  std::vector<std::pair<std::string, std::string>> entries = {
      {"archive/data.pkl", pickle::Whole(object)}};
  for (const auto& [key, bytes] : storages) entries.emplace_back("archive/data/" + key, bytes);
  entries.emplace_back("archive/version", "3\n");
  return StoredZip(entries);
}

}  // namespace tests
