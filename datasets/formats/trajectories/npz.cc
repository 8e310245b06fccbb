#include "datasets/formats/trajectories/npz.h"

#include <cstring>
#include <regex>

#include "datasets/base/error.h"
#include "datasets/files/zip_entries.h"

namespace datasets {

namespace {

constexpr uint64_t kMostArrayBytes = uint64_t{1} << 30;
constexpr char kNpyMagic[] = "\x93NUMPY";

template <class Number>
double NumberAt(const char* bytes) {
  Number number;
  std::memcpy(&number, bytes, sizeof number);
  return static_cast<double>(number);
}

struct NumpyType {
  const char* code;
  size_t bytes;
  double (*read)(const char*);
};
const NumpyType kNumpyTypes[] = {
    {"f8", 8, NumberAt<double>},   {"f4", 4, NumberAt<float>},    {"i8", 8, NumberAt<int64_t>},
    {"i4", 4, NumberAt<int32_t>},  {"i2", 2, NumberAt<int16_t>},  {"i1", 1, NumberAt<int8_t>},
    {"u8", 8, NumberAt<uint64_t>}, {"u4", 4, NumberAt<uint32_t>}, {"u2", 2, NumberAt<uint16_t>},
    {"u1", 1, NumberAt<uint8_t>},  {"b1", 1, NumberAt<uint8_t>},
};

struct NpyReader {
  const std::string& bytes;
  const std::string& place;

  [[noreturn]] void Fail(const std::string& cause) const {
    throw Error(place, cause, "write it again with the program that it comes from");
  }

  NumpyArray Read() const {
    const size_t start = DataStart();
    const std::string header = bytes.substr(0, start);
    std::smatch found;
    static const std::regex kDescr(R"re('descr'\s*:\s*'([<>|=]?)([A-Za-z])(\d*)')re");
    static const std::regex kOrder(R"re('fortran_order'\s*:\s*(True|False))re");
    static const std::regex kShape(R"re('shape'\s*:\s*\(([0-9, L]*)\))re");
    if (!std::regex_search(header, found, kDescr)) Fail("it is no array of numbers");
    const std::string order = found[1], code = found[2].str() + found[3].str();
    if (code[0] == 'O') {
      throw Error(place, "it holds Python objects as a pickle, which is never run",
                  "save it as arrays of numbers (numpy.savez)");
    }
    const NumpyType* type = nullptr;
    for (const NumpyType& known : kNumpyTypes) {
      if (code == known.code) type = &known;
    }
    if (!type) Fail("its numbers are of a kind that is not known here ('" + code + "')");
    if (order == ">" && type->bytes > 1) Fail("its numbers are big-endian");
    NumpyArray array;
    if (!std::regex_search(header, found, kShape)) Fail("it does not say its shape");
    array.shape = Shape(found[1]);
    if (!std::regex_search(header, found, kOrder)) Fail("it does not say its order");
    const bool columns_first = found[1] == "True";
    size_t count = 1;
    int long_sides = 0;
    for (const size_t size : array.shape) {
      if (size != 0 && count > kMostArrayBytes / size) Fail("it claims an impossible size");
      count *= size;
      long_sides += size > 1 ? 1 : 0;
    }
    if (columns_first && long_sides > 1) Fail("its numbers lie column by column");
    if ((bytes.size() - start) / type->bytes < count) Fail("it ends too early");
    array.values.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      array.values.push_back(type->read(bytes.data() + start + i * type->bytes));
    }
    return array;
  }

  size_t DataStart() const {
    if (bytes.compare(0, 6, kNpyMagic, 6) != 0 || bytes.size() < 12)
      Fail("it is no array of NumPy");
    const Bytes raw{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
    const bool first_version = raw.data[6] == 1;
    const uint64_t length = first_version ? raw.Unsigned(8, 2) : raw.Unsigned(8, 4);
    const uint64_t start = length + (first_version ? 10 : 12);
    if (raw.data[6] < 1 || raw.data[6] > 3 || length > 65536 || start > bytes.size()) {
      Fail("its header is damaged");
    }
    return start;
  }

  std::vector<size_t> Shape(const std::string& text) const {
    std::vector<size_t> shape;
    static const std::regex kNumber(R"re(\d+)re");
    for (auto at = std::sregex_iterator(text.begin(), text.end(), kNumber);
         at != std::sregex_iterator(); ++at) {
      if (at->length() > 10) Fail("it claims an impossible size");
      shape.push_back(static_cast<size_t>(std::stoull(at->str())));
    }
    return shape;
  }
};

}  // namespace

NumpyArray ReadNpy(const std::string& bytes, const std::string& place) {
  return NpyReader{bytes, place}.Read();
}

std::map<std::string, NumpyArray> ReadNpz(const std::filesystem::path& path,
                                          const std::vector<std::string>& names,
                                          const std::string& what) {
  const MappedFile mapped(path, what);
  if (!LooksLikeZip(mapped.bytes())) throw Error(what, "it is no .npz archive", "give one");
  const auto entries = ReadZipEntries(mapped.bytes(), what);
  std::map<std::string, NumpyArray> arrays;
  for (const std::string& name : names) {
    const auto entry = entries.find(name + ".npy");
    if (entry == entries.end()) continue;
    const std::string bytes = UnpackedData(entry->second, entry->first, what, kMostArrayBytes);
    arrays[name] = ReadNpy(bytes, what + ", '" + name + "'");
  }
  return arrays;
}

}  // namespace datasets
