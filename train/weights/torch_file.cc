#include "train/weights/torch_file.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "datasets/base/error.h"
#include "datasets/files/zip_entries.h"
#include "train/weights/pickle.h"

namespace train {

using datasets::Bytes;
using datasets::Shown;

namespace {

using PickleKind = PickleValue::Kind;

constexpr uint8_t kLegacyMagic[] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
constexpr int64_t kLegacyVersion = 1001;
constexpr size_t kMostDimensions = 16;
// All tensors together may be this many times the file: views may share a storage.
constexpr uint64_t kMostCopies = 8;

const std::map<std::string, std::string>& StorageDtypes() {
  static const std::map<std::string, std::string> kDtypes = {
      {"DoubleStorage", "F64"},    {"FloatStorage", "F32"}, {"HalfStorage", "F16"},
      {"BFloat16Storage", "BF16"}, {"LongStorage", "I64"},  {"IntStorage", "I32"},
      {"ShortStorage", "I16"},     {"CharStorage", "I8"},   {"ByteStorage", "U8"},
      {"BoolStorage", "BOOL"}};
  return kDtypes;
}

// "" when `global` is no storage type.
std::string DtypeOfStorage(const std::string& global) {
  for (const std::string module : {"torch ", "torch.cuda "}) {
    if (global.compare(0, module.size(), module) != 0) continue;
    const auto found = StorageDtypes().find(global.substr(module.size()));
    if (found != StorageDtypes().end()) return found->second;
  }
  return "";
}

constexpr const char* kTensor = "torch._utils _rebuild_tensor";
constexpr const char* kTensor2 = "torch._utils _rebuild_tensor_v2";
constexpr const char* kParameter = "torch._utils _rebuild_parameter";

bool Allowed(const std::string& global) {
  return global == kTensor || global == kTensor2 || global == kParameter ||
         !DtypeOfStorage(global).empty();
}

class TorchReader {
 public:
  TorchReader(Bytes bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  WeightsFile Read() {
    if (datasets::LooksLikeZip(bytes_)) {
      ReadZip();
    } else {
      ReadLegacy();
    }
    return Collect();
  }

 private:
  struct Storage {
    Bytes data;
    std::string dtype;
  };

  [[noreturn]] void Refuse(const std::string& cause) const {
    throw datasets::Error("weights " + file_, cause,
                          "get the file again, or save only its state_dict");
  }

  Pickle Load(Bytes bytes) const { return ReadPickle(bytes, Allowed, file_); }
  const PickleValue& At(PickleIndex index) const { return pickle_[index]; }

  int64_t IntegerOf(PickleIndex index) const {
    const PickleValue& value = At(index);
    if (value.kind != PickleKind::kInteger) Refuse("a number in it is missing");
    return value.integer;
  }
  // Keys are text in newer files and were numbers as text or as integers in old ones.
  std::string KeyText(const PickleValue& value) const {
    if (value.kind == PickleKind::kText) return value.text;
    if (value.kind == PickleKind::kInteger) return std::to_string(value.integer);
    Refuse("a storage has no name");
  }

  void ReadZip() {
    zip_ = datasets::ReadZipEntries(bytes_, "weights " + file_);
    for (const auto& [name, entry] : zip_) {
      const size_t slash = name.rfind('/');
      if (slash == std::string::npos || name.substr(slash) != "/data.pkl") continue;
      if (name.find('/') != slash) continue;
      prefix_ = name.substr(0, slash + 1);
    }
    if (prefix_.empty()) Refuse("the zip archive is not one of torch.save: it has no data.pkl");
    if (zip_.count(prefix_ + "constants.pkl")) {
      Refuse("this is a TorchScript program, not weights");
    }
    const auto order = zip_.find(prefix_ + "byteorder");
    if (order != zip_.end() && std::string(reinterpret_cast<const char*>(order->second.data.data),
                                           order->second.data.size) != "little") {
      Refuse("it was written on a big-endian machine");
    }
    const std::string name = prefix_ + "data.pkl";
    pickle_ = Load(CheckedData(zip_.at(name), name, "weights " + file_));
  }

  void ReadLegacy() {
    size_t at = 0;
    const auto Next = [&] {
      Pickle pickle = Load(bytes_.Part(at, bytes_.size - at));
      at += pickle.bytes_used;
      return pickle;
    };
    Next();  // the magic number, already looked at
    const Pickle version = Next();
    if (version[version.root].kind != PickleKind::kInteger ||
        version[version.root].integer != kLegacyVersion) {
      Refuse("its layout has another version than 1001");
    }
    CheckSystem(Next());
    pickle_ = Next();
    FindLegacyStorages();
    const Pickle keys = Next();
    if (keys[keys.root].kind != PickleKind::kList) Refuse("its list of storages is missing");
    for (const PickleIndex index : keys[keys.root].items) {
      const std::string key = KeyText(keys[index]);
      const auto found = storages_.find(key);
      if (found == storages_.end()) Refuse("it holds a storage that no tensor uses");
      if (!bytes_.Holds(at, 8)) Refuse("it is truncated: a storage is missing");
      const uint64_t count = bytes_.Unsigned(at, 8), width = DtypeBytes(found->second.dtype);
      at += 8;
      if (count > bytes_.size / width || !bytes_.Holds(at, count * width)) {
        Refuse("it is truncated: a storage reaches past the end");
      }
      found->second.data = bytes_.Part(at, count * width);
      at += count * width;
    }
  }

  void CheckSystem(const Pickle& system) const {
    const PickleValue& root = system[system.root];
    if (root.kind != PickleKind::kDict) Refuse("the description of its system is missing");
    for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
      const PickleValue& value = system[root.items[i + 1]];
      if (system[root.items[i]].text == "little_endian" && value.kind == PickleKind::kBool &&
          value.integer == 0) {
        Refuse("it was written on a big-endian machine");
      }
    }
  }

  // ('storage', type, key, place, elements[, view])
  const PickleValue& StorageId(const PickleValue& persistent) const {
    const PickleValue& id = At(persistent.items[0]);
    if (id.kind != PickleKind::kTuple || id.items.size() < 5 || id.items.size() > 6 ||
        At(id.items[0]).kind != PickleKind::kText || At(id.items[0]).text != "storage" ||
        At(id.items[1]).kind != PickleKind::kGlobal ||
        DtypeOfStorage(At(id.items[1]).text).empty()) {
      Refuse("it refers to something that is no storage");
    }
    return id;
  }

  void FindLegacyStorages() {
    for (const PickleValue& value : pickle_.values) {
      if (value.kind != PickleKind::kPersistent) continue;
      const PickleValue& id = StorageId(value);
      const std::string dtype = DtypeOfStorage(At(id.items[1]).text);
      const auto [place, added] = storages_.emplace(KeyText(At(id.items[2])), Storage{{}, dtype});
      if (!added && place->second.dtype != dtype) Refuse("a storage has two types");
    }
  }

  // What a tensor's storage argument refers to.
  Storage FindStorage(PickleIndex index) {
    if (At(index).kind != PickleKind::kPersistent) Refuse("a tensor has no storage");
    const PickleValue& id = StorageId(At(index));
    const std::string dtype = DtypeOfStorage(At(id.items[1]).text), key = KeyText(At(id.items[2]));
    const uint64_t width = DtypeBytes(dtype);
    auto found = storages_.find(key);
    if (found == storages_.end() && !prefix_.empty()) {
      const std::string name = prefix_ + "data/" + key;
      const auto entry = zip_.find(name);
      if (entry == zip_.end()) Refuse("the storage '" + Shown(key) + "' is missing");
      const Bytes data = CheckedData(entry->second, name, "weights " + file_);
      found = storages_.emplace(key, Storage{data, dtype}).first;
    }
    if (found == storages_.end()) Refuse("the storage '" + Shown(key) + "' is missing");
    Storage storage = found->second;
    if (storage.dtype != dtype) Refuse("a storage has two types");
    const int64_t count = IntegerOf(id.items[4]);
    if (count < 0 || static_cast<uint64_t>(count) > storage.data.size / width) {
      Refuse("the storage '" + Shown(key) + "' is shorter than it says");
    }
    storage.data.size = static_cast<size_t>(count) * width;
    if (id.items.size() == 6 && At(id.items[5]).kind != PickleKind::kNone) {
      const PickleValue& view = At(id.items[5]);
      if (view.kind != PickleKind::kTuple || view.items.size() != 3) Refuse("a view is damaged");
      const int64_t offset = IntegerOf(view.items[1]), length = IntegerOf(view.items[2]);
      if (offset < 0 || length < 0 || offset > count || length > count - offset) {
        Refuse("a view reaches outside its storage");
      }
      storage.data = storage.data.Part(static_cast<uint64_t>(offset) * width,
                                       static_cast<uint64_t>(length) * width);
    }
    return storage;
  }

  std::vector<int64_t> Counts(PickleIndex index, const std::string& name) const {
    const PickleValue& tuple = At(index);
    if (tuple.kind != PickleKind::kTuple || tuple.items.size() > kMostDimensions) {
      Refuse("the shape of '" + Shown(name) + "' is damaged");
    }
    std::vector<int64_t> counts;
    for (const PickleIndex item : tuple.items) {
      counts.push_back(IntegerOf(item));
      if (counts.back() < 0) Refuse("the shape of '" + Shown(name) + "' is negative");
    }
    return counts;
  }

  // nullptr when `value` is no tensor.
  const PickleValue* TensorArguments(PickleIndex index) const {
    for (int depth = 0; depth < 3 && At(index).kind == PickleKind::kCall; ++depth) {
      const PickleValue& arguments = At(At(index).items[0]);
      if (At(index).text == kTensor || At(index).text == kTensor2) return &arguments;
      if (At(index).text != kParameter) return nullptr;
      if (arguments.items.empty()) Refuse("a parameter has no values");
      index = arguments.items[0];
    }
    return nullptr;
  }

  StoredTensor Tensor(const PickleValue& arguments, const std::string& name) {
    if (arguments.items.size() < 4) Refuse("the tensor '" + Shown(name) + "' is damaged");
    const Storage storage = FindStorage(arguments.items[0]);
    const int64_t offset = IntegerOf(arguments.items[1]);
    StoredTensor tensor;
    tensor.dtype = storage.dtype;
    tensor.shape = Counts(arguments.items[2], name);
    const std::vector<int64_t> strides = Counts(arguments.items[3], name);
    const uint64_t width = DtypeBytes(tensor.dtype), held = storage.data.size / width;
    if (offset < 0 || strides.size() != tensor.shape.size()) {
      Refuse("the tensor '" + Shown(name) + "' is damaged");
    }
    uint64_t elements = 1;
    const uint64_t most = (kMostCopies * bytes_.size + 4096) / width;
    for (const int64_t extent : tensor.shape) {
      const auto count = static_cast<uint64_t>(extent);
      if (count > most || (count != 0 && elements > most / count)) {
        Refuse("the tensor '" + Shown(name) + "' claims more values than the file can hold");
      }
      elements *= count;
    }
    if (elements == 0) return tensor;
    uint64_t last = static_cast<uint64_t>(offset);
    for (size_t d = 0; d < strides.size(); ++d) {
      const auto steps = static_cast<uint64_t>(tensor.shape[d] - 1);
      const auto stride = static_cast<uint64_t>(strides[d]);
      if (last >= held || (steps > 0 && stride > (held - 1 - last) / steps)) last = held;
      if (last >= held) break;
      last += steps * stride;
    }
    if (last >= held) Refuse("the tensor '" + Shown(name) + "' reaches outside its storage");
    total_bytes_ += elements * width;
    if (total_bytes_ > kMostCopies * bytes_.size + 4096) {
      Refuse("its tensors claim more values than the file can hold");
    }
    Copy(storage.data, static_cast<uint64_t>(offset), strides, tensor);
    return tensor;
  }

  // Row by row along the last dimension; bounds were checked.
  static void Copy(Bytes data, uint64_t offset, const std::vector<int64_t>& strides,
                   StoredTensor& tensor) {
    const size_t width = DtypeBytes(tensor.dtype), dimensions = tensor.shape.size();
    size_t elements = 1;
    for (const int64_t extent : tensor.shape) elements *= static_cast<size_t>(extent);
    tensor.bytes.resize(elements * width);
    // Dimensions at the end that lie one after the other are copied in one go.
    size_t together = 1, outer = dimensions;
    while (outer > 0 &&
           (tensor.shape[outer - 1] == 1 || strides[outer - 1] == static_cast<int64_t>(together))) {
      together *= static_cast<size_t>(tensor.shape[--outer]);
    }
    std::vector<int64_t> index(outer, 0);
    for (uint8_t* to = tensor.bytes.data(); to != tensor.bytes.data() + tensor.bytes.size();
         to += together * width) {
      uint64_t from = offset;
      for (size_t d = 0; d < outer; ++d) from += static_cast<uint64_t>(index[d] * strides[d]);
      std::memcpy(to, data.data + from * width, together * width);
      for (size_t d = outer; d-- > 0;) {
        if (++index[d] < tensor.shape[d]) break;
        index[d] = 0;
      }
    }
  }

  bool HoldsTensors(const PickleValue& dict) const {
    for (size_t i = 1; i < dict.items.size(); i += 2) {
      if (TensorArguments(dict.items[i])) return true;
    }
    return false;
  }

  const PickleValue& StateDict() const {
    const PickleValue* dict = &At(pickle_.root);
    for (int depth = 0; depth < 4 && dict->kind == PickleKind::kDict; ++depth) {
      if (HoldsTensors(*dict)) return *dict;
      const PickleValue* inner = nullptr;
      for (const std::string key : {"model", "state_dict"}) {
        for (size_t i = 0; i + 1 < dict->items.size(); i += 2) {
          if (At(dict->items[i]).kind == PickleKind::kText && At(dict->items[i]).text == key &&
              At(dict->items[i + 1]).kind == PickleKind::kDict) {
            inner = &At(dict->items[i + 1]);
          }
        }
      }
      if (!inner) break;
      dict = inner;
    }
    Refuse("it holds no dictionary of tensors");
  }

  WeightsFile Collect() {
    WeightsFile file;
    const PickleValue& dict = StateDict();
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const PickleValue* arguments = TensorArguments(dict.items[i + 1]);
      if (!arguments) continue;
      if (At(dict.items[i]).kind != PickleKind::kText) Refuse("a tensor in it has no name");
      const std::string& name = At(dict.items[i]).text;
      file.tensors[name] = Tensor(*arguments, name);
    }
    return file;
  }

  const Bytes bytes_;
  const std::string& file_;
  Pickle pickle_;
  std::map<std::string, datasets::ZipEntry> zip_;
  std::string prefix_;  // of the zip entries; empty in the older layout
  std::map<std::string, Storage> storages_;
  uint64_t total_bytes_ = 0;
};

}  // namespace

bool LooksLikeLegacyTorch(Bytes bytes) {
  // PROTO 2, LONG1 of ten bytes: the magic number.
  return bytes.Holds(0, 14) && bytes.data[0] == 0x80 && bytes.data[2] == 0x8a &&
         bytes.data[3] == sizeof(kLegacyMagic) &&
         std::equal(std::begin(kLegacyMagic), std::end(kLegacyMagic), bytes.data + 4);
}

WeightsFile ReadTorchBytes(Bytes bytes, const std::string& file) {
  if (!LooksLikeZip(bytes) && !LooksLikeLegacyTorch(bytes)) {
    throw datasets::Error("weights " + file, "torch.save did not write this file",
                          "choose a .pth file with a state_dict");
  }
  return TorchReader(bytes, file).Read();
}

WeightsFile ReadTorchFile(const std::filesystem::path& file) {
  const datasets::MappedFile mapped(file, "weights " + file.string());
  return ReadTorchBytes(mapped.bytes(), file.string());
}

}  // namespace train
