#include "datasets/hdf5/h5_file.h"

#include <algorithm>
#include <cstring>
#include <fstream>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/hdf5/h5_handle.h"

namespace datasets {

namespace {

constexpr size_t kMostValues = size_t{1} << 28;     // 2 GiB of doubles
constexpr size_t kMostTextBytes = size_t{1} << 20;  // of one text
constexpr size_t kMostPressed = 1100;               // deflate's best is 1032 to 1
constexpr size_t kFreeBytes = size_t{1} << 22;      // that a file may claim for nothing
constexpr int kMostLinks = 16;                      // that lead to each other
constexpr size_t kMostChildren = 100'000;

// What the first bytes of files are that people give by mistake.
std::string KindOf(const std::filesystem::path& path) {
  char bytes[8] = {};
  std::ifstream stream(path, std::ios::binary);
  stream.read(bytes, sizeof bytes);
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (stream.gcount() == 0) return "it is empty";
  if (first == 0x80 && bytes[1] >= 2 && bytes[1] <= 5) {
    return "it is a Python pickle, which is never run";
  }
  if (std::memcmp(bytes, "MATLAB", 6) == 0) return "it is a MATLAB file of an older kind";
  if (std::memcmp(bytes, "PK", 2) == 0) return "it is a ZIP archive";
  if (std::memcmp(bytes, "\x89HDF\r\n", 6) == 0) {
    return "it begins as HDF5 and is damaged, or ends too early";
  }
  return "it is no HDF5 file";
}

bool IsFixedText(hid_t type) {
  return H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
}

bool IsNumber(H5T_class_t kind) {
  return kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM || kind == H5T_BITFIELD;
}

std::string Trimmed(const char* text, size_t most) {
  std::string read(text, strnlen(text, most));
  while (!read.empty() && read.back() == ' ') read.pop_back();
  return TextOrWindows1252(read);
}

std::unique_ptr<std::recursive_mutex>& Hdf5Mutex() {
  static auto mutex = std::make_unique<std::recursive_mutex>();
  return mutex;
}

// What the library allocated for texts and lists of free length goes back when this ends.
class Returned {
 public:
  Returned(hid_t type, hid_t space, void* data) : type_(type), space_(space), data_(data) {}
  ~Returned() { H5Dvlen_reclaim(type_, space_, H5P_DEFAULT, data_); }
  Returned(const Returned&) = delete;
  Returned& operator=(const Returned&) = delete;

 private:
  hid_t type_, space_;
  void* data_;
};

}  // namespace

std::unique_lock<std::recursive_mutex> LockHdf5() {
  std::unique_lock<std::recursive_mutex> lock(*Hdf5Mutex());
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
  return lock;
}

void RenewHdf5Lock() {
  Hdf5Mutex().release();  // locked for ever; the copy ends soon
  Hdf5Mutex() = std::make_unique<std::recursive_mutex>();
}

struct H5File::Handles {
  std::unique_lock<std::recursive_mutex> lock;
  H5Handle file;

  // Follows links inside the file alone; nothing where there is none. `leads_out`: where it ends.
  bool Resolve(const std::string& place, int depth, std::string* resolved, bool* leads_out) const {
    std::string at;
    size_t from = 0;
    while (from <= place.size()) {
      const size_t slash = std::min(place.find('/', from), place.size());
      const std::string part = place.substr(from, slash - from);
      from = slash + 1;
      if (part.empty() || part == ".") continue;
      const std::string here = (at.empty() ? "" : at + "/") + part;
      H5L_info_t info;
      if (H5Lget_info(file.get(), here.c_str(), &info, H5P_DEFAULT) < 0) return false;
      if (info.type == H5L_TYPE_HARD) {
        at = here;
        continue;
      }
      if (info.type != H5L_TYPE_SOFT || depth >= kMostLinks || info.u.val_size > 4096) {
        *leads_out = true;
        return false;
      }
      std::string target(info.u.val_size, '\0');
      if (H5Lget_val(file.get(), here.c_str(), target.data(), target.size(), H5P_DEFAULT) < 0) {
        return false;
      }
      target.resize(strnlen(target.data(), target.size()));
      const std::string whole =
          target.rfind('/', 0) == 0 ? target.substr(1) : (at.empty() ? "" : at + "/") + target;
      if (!Resolve(whole, depth + 1, &at, leads_out)) return false;
    }
    *resolved = at;
    return true;
  }

  H5Handle OpenObject(const std::string& place, bool* leads_out) const {
    std::string resolved;
    if (!Resolve(place, 0, &resolved, leads_out)) return {};
    if (resolved.empty()) resolved = "/";
    return {H5Oopen(file.get(), resolved.c_str(), H5P_DEFAULT), H5Oclose};
  }
};

H5File::H5File(const std::filesystem::path& path, const std::string& what,
               const std::string& remedy)
    : what_(what), handles_(std::make_unique<Handles>()) {
  if (!std::filesystem::is_regular_file(path)) {
    throw Error(what_, "it is no file", remedy);
  }
  handles_->lock = LockHdf5();
  const H5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  H5Pset_file_locking(access.get(), false, true);  // folders over a network know no locks
  handles_->file = H5Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose);
  if (!handles_->file) throw Error(what_, KindOf(path), remedy);
}

H5File::~H5File() = default;

void H5File::Fail(const std::string& place, const std::string& cause) const {
  throw Error(what_ + (place.empty() ? "" : ", '" + ShownText(place) + "'"), cause,
              "write the file again with the program that it comes from");
}

namespace {

struct OpenDataset {
  H5Handle object, type, space;
  std::vector<hsize_t> shape;
  size_t count = 1;
};

}  // namespace

bool H5File::Has(const std::string& place) const {
  bool leads_out = false;
  return static_cast<bool>(handles_->OpenObject(place, &leads_out));
}

bool H5File::IsDataset(const std::string& place) const {
  bool leads_out = false;
  const H5Handle object = handles_->OpenObject(place, &leads_out);
  return object && H5Iget_type(object.get()) == H5I_DATASET;
}

bool H5File::IsLink(const std::string& place) const {
  H5L_info_t info;
  return H5Lget_info(handles_->file.get(), place.c_str(), &info, H5P_DEFAULT) >= 0 &&
         info.type != H5L_TYPE_HARD;
}

std::vector<std::string> H5File::Children(const std::string& group) const {
  bool leads_out = false;
  const H5Handle object = handles_->OpenObject(group, &leads_out);
  if (!object || H5Iget_type(object.get()) != H5I_GROUP) Fail(group, "it is no group");
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* to) -> herr_t {
    auto* all = static_cast<std::vector<std::string>*>(to);
    if (all->size() >= kMostChildren) return -1;
    all->emplace_back(name);
    return 0;
  };
  hsize_t next = 0;
  if (H5Literate(object.get(), H5_INDEX_NAME, H5_ITER_INC, &next, add, &names) < 0) {
    Fail(group, "its names cannot be read");
  }
  return names;
}

namespace {

OpenDataset OpenChecked(const H5File& file, H5Handle object, bool leads_out,
                        const std::string& place) {
  if (leads_out) file.Fail(place, "it leads to another file, which is not followed");
  if (!object) file.Fail(place, "it is not there");
  if (H5Iget_type(object.get()) != H5I_DATASET) file.Fail(place, "it is no dataset");
  OpenDataset open;
  open.type = H5Handle(H5Dget_type(object.get()), H5Tclose);
  open.space = H5Handle(H5Dget_space(object.get()), H5Sclose);
  const H5Handle made(H5Dget_create_plist(object.get()), H5Pclose);
  if (!open.type || !open.space || !made) file.Fail(place, "it is damaged");
  if (H5Pget_external_count(made.get()) != 0 || H5Pget_layout(made.get()) == H5D_VIRTUAL) {
    file.Fail(place, "its data lie in another file, which is not read");
  }
  const H5S_class_t kind = H5Sget_simple_extent_type(open.space.get());
  if (kind == H5S_NULL) open.count = 0;
  const int rank = kind == H5S_SIMPLE ? H5Sget_simple_extent_ndims(open.space.get()) : 0;
  if (rank < 0 || rank > H5S_MAX_RANK) file.Fail(place, "it is damaged");
  open.shape.resize(static_cast<size_t>(rank));
  if (rank > 0) H5Sget_simple_extent_dims(open.space.get(), open.shape.data(), nullptr);
  for (const hsize_t size : open.shape) {
    if (size > kMostValues || open.count > kMostValues / std::max<size_t>(1, size)) {
      file.Fail(place, "it claims an impossible size");
    }
    open.count *= size;
  }
  const size_t bytes = open.count * H5Tget_size(open.type.get());
  const size_t stored = H5Dget_storage_size(object.get());
  if (bytes > kFreeBytes && bytes / kMostPressed > stored) {
    file.Fail(place, "it claims more than it holds");
  }
  open.object = std::move(object);
  return open;
}

}  // namespace

std::vector<size_t> H5File::Shape(const std::string& dataset) const {
  bool leads_out = false;
  H5Handle object = handles_->OpenObject(dataset, &leads_out);
  const OpenDataset open = OpenChecked(*this, std::move(object), leads_out, dataset);
  return {open.shape.begin(), open.shape.end()};
}

std::vector<double> H5File::Read(const std::string& dataset, const std::string& field) const {
  bool leads_out = false;
  H5Handle object = handles_->OpenObject(dataset, &leads_out);
  const OpenDataset open = OpenChecked(*this, std::move(object), leads_out, dataset);
  const std::string place = dataset + (field.empty() ? "" : "." + field);
  H5Handle wanted(H5Tcopy(H5T_NATIVE_DOUBLE), H5Tclose);
  if (field.empty()) {
    if (!IsNumber(H5Tget_class(open.type.get()))) Fail(place, "it holds no numbers");
  } else {
    const bool table = H5Tget_class(open.type.get()) == H5T_COMPOUND;
    const int member = table ? H5Tget_member_index(open.type.get(), field.c_str()) : -1;
    if (member < 0) Fail(place, "it is not there");
    if (!IsNumber(H5Tget_member_class(open.type.get(), static_cast<unsigned>(member)))) {
      Fail(place, "it holds no numbers");
    }
    H5Handle row(H5Tcreate(H5T_COMPOUND, sizeof(double)), H5Tclose);
    H5Tinsert(row.get(), field.c_str(), 0, H5T_NATIVE_DOUBLE);
    wanted = std::move(row);
  }
  std::vector<double> values(open.count);
  if (open.count > 0 &&
      H5Dread(open.object.get(), wanted.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
    Fail(place, "it cannot be read: it is damaged, or packed in a way that is not known here");
  }
  return values;
}

std::vector<double> H5File::Numbers(const std::string& dataset) const { return Read(dataset, ""); }

std::vector<double> H5File::Numbers(const std::string& dataset, size_t dimensions) const {
  const size_t there = Shape(dataset).size();
  if (there != dimensions) {
    Fail(dataset, "it has " + std::to_string(there) + " dimensions, and " +
                      std::to_string(dimensions) + " are expected");
  }
  return Read(dataset, "");
}

bool H5File::HasField(const std::string& table, const std::string& field) const {
  bool leads_out = false;
  H5Handle object = handles_->OpenObject(table, &leads_out);
  const OpenDataset open = OpenChecked(*this, std::move(object), leads_out, table);
  return H5Tget_class(open.type.get()) == H5T_COMPOUND &&
         H5Tget_member_index(open.type.get(), field.c_str()) >= 0;
}

std::vector<double> H5File::Field(const std::string& table, const std::string& field) const {
  return Read(table, field);
}

namespace {

// The kind of a table's column; nothing where there is none.
H5Handle ColumnType(const OpenDataset& open, const std::string& field) {
  if (H5Tget_class(open.type.get()) != H5T_COMPOUND) return {};
  const int member = H5Tget_member_index(open.type.get(), field.c_str());
  if (member < 0) return {};
  return {H5Tget_member_type(open.type.get(), static_cast<unsigned>(member)), H5Tclose};
}

bool ReadColumn(const OpenDataset& open, const std::string& field, hid_t type, void* to) {
  const H5Handle row(H5Tcreate(H5T_COMPOUND, H5Tget_size(type)), H5Tclose);
  return H5Tinsert(row.get(), field.c_str(), 0, type) >= 0 &&
         H5Dread(open.object.get(), row.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, to) >= 0;
}

}  // namespace

std::vector<double> H5File::FieldRows(const std::string& table, const std::string& field,
                                      size_t* width) const {
  bool leads_out = false;
  H5Handle object = handles_->OpenObject(table, &leads_out);
  const OpenDataset open = OpenChecked(*this, std::move(object), leads_out, table);
  const std::string place = table + "." + field;
  const H5Handle type = ColumnType(open, field);
  const bool lists =
      type && H5Tget_class(type.get()) == H5T_ARRAY && H5Tget_array_ndims(type.get()) == 1;
  const H5Handle one(lists ? H5Tget_super(type.get()) : -1, H5Tclose);
  hsize_t length = 0;
  if (!lists || !IsNumber(H5Tget_class(one.get())) || H5Tget_array_dims2(type.get(), &length) < 0 ||
      length == 0) {
    Fail(place, "it holds no lists of numbers");
  }
  if (length > kMostValues / std::max<size_t>(1, open.count)) {
    Fail(place, "it claims an impossible size");
  }
  *width = length;
  std::vector<double> values(open.count * length);
  const H5Handle wanted(H5Tarray_create2(H5T_NATIVE_DOUBLE, 1, &length), H5Tclose);
  if (open.count > 0 && !ReadColumn(open, field, wanted.get(), values.data())) {
    Fail(place, "it cannot be read: it is damaged, or packed in a way that is not known here");
  }
  return values;
}

std::vector<std::string> H5File::FieldTexts(const std::string& table,
                                            const std::string& field) const {
  bool leads_out = false;
  H5Handle object = handles_->OpenObject(table, &leads_out);
  const OpenDataset open = OpenChecked(*this, std::move(object), leads_out, table);
  const std::string place = table + "." + field;
  const H5Handle type = ColumnType(open, field);
  const size_t size = type && IsFixedText(type.get()) ? H5Tget_size(type.get()) : 0;
  if (size == 0 || size > kMostTextBytes || size > kMostValues / std::max<size_t>(1, open.count)) {
    Fail(place, "it holds no texts");
  }
  std::vector<char> bytes(size * open.count);
  if (open.count > 0 && !ReadColumn(open, field, type.get(), bytes.data())) {
    Fail(place, "its texts cannot be read");
  }
  std::vector<std::string> texts;
  for (size_t i = 0; i < open.count; ++i) texts.push_back(Trimmed(bytes.data() + i * size, size));
  return texts;
}

std::vector<std::string> H5File::Texts(const std::string& dataset) const {
  bool leads_out = false;
  H5Handle object = handles_->OpenObject(dataset, &leads_out);
  const OpenDataset open = OpenChecked(*this, std::move(object), leads_out, dataset);
  if (open.count == 0) return {};
  if (H5Tget_class(open.type.get()) != H5T_STRING) Fail(dataset, "it holds no texts");
  std::vector<std::string> texts;
  texts.reserve(open.count);
  const auto fail = [&] { Fail(dataset, "its texts cannot be read"); };
  if (IsFixedText(open.type.get())) {
    const size_t size = H5Tget_size(open.type.get());
    if (size == 0 || size > kMostTextBytes || size > kMostValues / open.count) fail();
    std::vector<char> bytes(size * open.count);
    if (H5Dread(open.object.get(), open.type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) <
        0) {
      fail();
    }
    for (size_t i = 0; i < open.count; ++i) texts.push_back(Trimmed(bytes.data() + i * size, size));
    return texts;
  }
  std::vector<char*> read(open.count, nullptr);
  if (H5Dread(open.object.get(), open.type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, read.data()) < 0) {
    fail();
  }
  const Returned returned(open.type.get(), open.space.get(), read.data());
  for (const char* text : read) texts.push_back(text ? Trimmed(text, kMostTextBytes) : "");
  return texts;
}

std::vector<std::string> H5File::Bytes(const std::string& dataset) const {
  bool leads_out = false;
  H5Handle object = handles_->OpenObject(dataset, &leads_out);
  const OpenDataset open = OpenChecked(*this, std::move(object), leads_out, dataset);
  std::vector<std::string> rows;
  if (open.count == 0) return rows;
  const auto fail = [&] { Fail(dataset, "its bytes cannot be read"); };
  const H5T_class_t kind = H5Tget_class(open.type.get());
  if (kind == H5T_VLEN && open.shape.size() == 1) {
    const H5Handle inner(H5Tget_super(open.type.get()), H5Tclose);
    if (H5Tget_class(inner.get()) != H5T_INTEGER || H5Tget_size(inner.get()) != 1) fail();
    std::vector<hvl_t> read(open.count);
    if (H5Dread(open.object.get(), open.type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, read.data()) <
        0) {
      fail();
    }
    const Returned returned(open.type.get(), open.space.get(), read.data());
    for (const hvl_t& row : read) {
      rows.emplace_back(row.p ? static_cast<const char*>(row.p) : "", row.p ? row.len : 0);
    }
    return rows;
  }
  if (kind != H5T_INTEGER || H5Tget_size(open.type.get()) != 1 || open.shape.size() != 2) fail();
  std::string bytes(open.count, '\0');
  if (H5Dread(open.object.get(), open.type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) <
      0) {
    fail();
  }
  for (size_t i = 0; i < open.shape[0]; ++i) {
    rows.push_back(bytes.substr(i * open.shape[1], open.shape[1]));
  }
  return rows;
}

namespace {

// Nothing where the object has no such attribute.
OpenDataset OpenAttribute(hid_t object, const std::string& name) {
  OpenDataset open;
  if (H5Aexists(object, name.c_str()) <= 0) return open;
  H5Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute) return open;
  open.type = H5Handle(H5Aget_type(attribute.get()), H5Tclose);
  open.space = H5Handle(H5Aget_space(attribute.get()), H5Sclose);
  if (!open.type || !open.space) return open;
  const hssize_t count = H5Sget_simple_extent_npoints(open.space.get());
  if (count < 0 || count > static_cast<hssize_t>(kMostTextBytes)) return open;
  open.count = static_cast<size_t>(count);
  open.object = std::move(attribute);
  return open;
}

}  // namespace

std::optional<std::string> H5File::TextAttribute(const std::string& place,
                                                 const std::string& name) const {
  bool leads_out = false;
  const H5Handle object = handles_->OpenObject(place, &leads_out);
  if (!object) return std::nullopt;
  const OpenDataset open = OpenAttribute(object.get(), name);
  if (!open.object || open.count != 1 || H5Tget_class(open.type.get()) != H5T_STRING) {
    return std::nullopt;
  }
  if (IsFixedText(open.type.get())) {
    const size_t size = H5Tget_size(open.type.get());
    if (size > 64 * kMostTextBytes) return std::nullopt;
    std::vector<char> bytes(size + 1, '\0');
    if (H5Aread(open.object.get(), open.type.get(), bytes.data()) < 0) return std::nullopt;
    return Trimmed(bytes.data(), size);
  }
  char* text = nullptr;
  if (H5Aread(open.object.get(), open.type.get(), &text) < 0) return std::nullopt;
  const Returned returned(open.type.get(), open.space.get(), &text);
  return text ? Trimmed(text, 64 * kMostTextBytes) : std::string();
}

std::vector<std::string> H5File::TextsAttribute(const std::string& place,
                                                const std::string& name) const {
  bool leads_out = false;
  const H5Handle object = handles_->OpenObject(place, &leads_out);
  if (!object) return {};
  const OpenDataset open = OpenAttribute(object.get(), name);
  if (!open.object || open.count == 0 || H5Tget_class(open.type.get()) != H5T_STRING) return {};
  std::vector<std::string> texts;
  if (IsFixedText(open.type.get())) {
    const size_t size = H5Tget_size(open.type.get());
    if (size == 0 || size > kMostTextBytes || size > kMostValues / open.count) return {};
    std::vector<char> bytes(size * open.count);
    if (H5Aread(open.object.get(), open.type.get(), bytes.data()) < 0) return {};
    for (size_t i = 0; i < open.count; ++i) texts.push_back(Trimmed(bytes.data() + i * size, size));
    return texts;
  }
  std::vector<char*> read(open.count, nullptr);
  if (H5Aread(open.object.get(), open.type.get(), read.data()) < 0) return {};
  const Returned returned(open.type.get(), open.space.get(), read.data());
  for (const char* text : read) texts.push_back(text ? Trimmed(text, kMostTextBytes) : "");
  return texts;
}

std::vector<double> H5File::NumbersAttribute(const std::string& place,
                                             const std::string& name) const {
  bool leads_out = false;
  const H5Handle object = handles_->OpenObject(place, &leads_out);
  if (!object) return {};
  const OpenDataset open = OpenAttribute(object.get(), name);
  if (!open.object || !IsNumber(H5Tget_class(open.type.get()))) return {};
  std::vector<double> values(open.count);
  if (open.count == 0 || H5Aread(open.object.get(), H5T_NATIVE_DOUBLE, values.data()) < 0) {
    return {};
  }
  return values;
}

}  // namespace datasets
