#include "datasets/hdf5/h5_writer.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "datasets/base/error.h"
#include "datasets/files/atomic_file.h"
#include "datasets/hdf5/h5_handle.h"

namespace datasets {

namespace {

constexpr size_t kPackedFrom = 4096;  // values

// Before main: a file that could not be closed, as the disk was full, stays open in libhdf5, which
// crashes when it closes it once more at exit (1.10.8). Nothing else is left to its end.
[[maybe_unused]] const bool kClosesNothingAtExit = H5dont_atexit() >= 0;

// False and true, as h5py reads a bool.
H5Handle BoolType() {
  H5Handle type(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose);
  int8_t value = 0;
  H5Tenum_insert(type.get(), "FALSE", &value);
  value = 1;
  H5Tenum_insert(type.get(), "TRUE", &value);
  return type;
}

H5Handle TypeOf(H5Number kind) {
  switch (kind) {
    case H5Number::kFloat64:
      return {H5Tcopy(H5T_IEEE_F64LE), H5Tclose};
    case H5Number::kFloat32:
      return {H5Tcopy(H5T_IEEE_F32LE), H5Tclose};
    case H5Number::kInt64:
      return {H5Tcopy(H5T_STD_I64LE), H5Tclose};
    case H5Number::kInt32:
      return {H5Tcopy(H5T_STD_I32LE), H5Tclose};
    case H5Number::kUint64:
      return {H5Tcopy(H5T_STD_U64LE), H5Tclose};
    case H5Number::kUint32:
      return {H5Tcopy(H5T_STD_U32LE), H5Tclose};
    case H5Number::kUint16:
      return {H5Tcopy(H5T_STD_U16LE), H5Tclose};
    case H5Number::kUint8:
      return {H5Tcopy(H5T_STD_U8LE), H5Tclose};
    case H5Number::kBool:
      break;
  }
  return BoolType();
}

template <class Number>
void Append(std::string* bytes, double value) {
  const auto number = static_cast<Number>(value);
  bytes->append(reinterpret_cast<const char*>(&number), sizeof number);
}

// The value as the type of the file has it (little endian, as this machine).
void AppendValue(std::string* bytes, H5Number kind, double value) {
  switch (kind) {
    case H5Number::kFloat64:
      return Append<double>(bytes, value);
    case H5Number::kFloat32:
      return Append<float>(bytes, value);
    case H5Number::kInt64:
      return Append<int64_t>(bytes, value);
    case H5Number::kInt32:
      return Append<int32_t>(bytes, value);
    case H5Number::kUint64:
      return Append<uint64_t>(bytes, value);
    case H5Number::kUint32:
      return Append<uint32_t>(bytes, value);
    case H5Number::kUint16:
      return Append<uint16_t>(bytes, value);
    case H5Number::kUint8:
    case H5Number::kBool:
      return Append<uint8_t>(bytes, value);
  }
}

H5Handle TextType(size_t length) {  // H5T_VARIABLE for any
  H5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), length);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

H5Handle SpaceOf(const std::vector<size_t>& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose};
}

size_t CountOf(const std::vector<size_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), size_t{1}, std::multiplies<size_t>());
}

}  // namespace

struct H5Writer::Handles {
  std::unique_lock<std::recursive_mutex> lock;
  H5Handle file, link;  // link: makes groups on the way

  hid_t Make(const std::string& place, hid_t type, const std::vector<size_t>& shape) const {
    const H5Handle space = SpaceOf(shape);
    const H5Handle made(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(made.get(), false);
    if (CountOf(shape) >= kPackedFrom) {
      // Chunks of about 64 thousand values along the first dimension.
      std::vector<hsize_t> chunk(shape.begin(), shape.end());
      const size_t row = CountOf(shape) / shape[0];
      chunk[0] = std::max<size_t>(1, std::min<size_t>(shape[0], 65536 / std::max<size_t>(1, row)));
      H5Pset_chunk(made.get(), static_cast<int>(chunk.size()), chunk.data());
      H5Pset_shuffle(made.get());
      H5Pset_deflate(made.get(), 4);
    }
    return H5Dcreate2(file.get(), place.c_str(), type, space.get(), link.get(), made.get(),
                      H5P_DEFAULT);
  }
};

H5Writer::H5Writer(const std::filesystem::path& path)
    : path_(path), temporary_(MakeTemporaryFor(path)), handles_(std::make_unique<Handles>()) {
  handles_->lock = LockHdf5();
  const H5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  handles_->file =
      H5Handle(H5Fcreate(temporary_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose);
  handles_->link = H5Handle(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(handles_->link.get(), 1);
  Require(handles_->file.get(), "");
}

H5Writer::~H5Writer() {
  handles_->file = {};
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

void H5Writer::Fail(const std::string& place) const {
  throw Error("file '" + path_.string() + "'",
              place.empty() ? "it cannot be written" : "'" + place + "' cannot be written",
              "look whether the disk is full, or choose another place");
}

void H5Writer::Require(int64_t status, const std::string& place) const {
  if (status < 0) Fail(place);
}

void H5Writer::Group(const std::string& place) {
  const H5Handle group(H5Gcreate2(handles_->file.get(), place.c_str(), handles_->link.get(),
                                  H5P_DEFAULT, H5P_DEFAULT),
                       H5Gclose);
  Require(group.get(), place);
}

void H5Writer::Numbers(const std::string& place, H5Number kind, const std::vector<size_t>& shape,
                       const std::vector<double>& values) {
  if (CountOf(shape) != values.size()) Fail(place);
  const H5Handle type = TypeOf(kind);
  const H5Handle dataset(handles_->Make(place, type.get(), shape), H5Dclose);
  Require(dataset.get(), place);
  std::string bytes;
  for (const double value : values) AppendValue(&bytes, kind, value);
  if (!values.empty()) {
    Require(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()),
            place);
  }
}

void H5Writer::Texts(const std::string& place, const std::vector<size_t>& shape,
                     const std::vector<std::string>& texts) {
  if (CountOf(shape) != texts.size()) Fail(place);
  const H5Handle type = TextType(H5T_VARIABLE);
  const H5Handle dataset(handles_->Make(place, type.get(), shape), H5Dclose);
  Require(dataset.get(), place);
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  if (!texts.empty()) {
    Require(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()),
            place);
  }
}

void H5Writer::FixedTexts(const std::string& place, const std::vector<size_t>& shape,
                          const std::vector<std::string>& texts) {
  if (CountOf(shape) != texts.size()) Fail(place);
  size_t length = 1;
  for (const std::string& text : texts) length = std::max(length, text.size());
  H5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), length);
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  const H5Handle dataset(handles_->Make(place, type.get(), shape), H5Dclose);
  Require(dataset.get(), place);
  std::string bytes;
  for (std::string text : texts) {
    text.resize(length, '\0');
    bytes += text;
  }
  if (!texts.empty()) {
    Require(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()),
            place);
  }
}

void H5Writer::Table(const std::string& place, const std::vector<H5Column>& columns) {
  std::vector<H5Handle> types;
  size_t size = 0;
  for (const H5Column& column : columns) {
    if (column.values.size() != columns.front().values.size()) Fail(place);
    types.push_back(TypeOf(column.kind));
    size += H5Tget_size(types.back().get());
  }
  const H5Handle row(H5Tcreate(H5T_COMPOUND, size), H5Tclose);
  size_t offset = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    Require(H5Tinsert(row.get(), columns[i].name.c_str(), offset, types[i].get()), place);
    offset += H5Tget_size(types[i].get());
  }
  const size_t rows = columns.front().values.size();
  const H5Handle dataset(handles_->Make(place, row.get(), {rows}), H5Dclose);
  Require(dataset.get(), place);
  std::string bytes;
  bytes.reserve(rows * size);
  for (size_t i = 0; i < rows; ++i) {
    for (const H5Column& column : columns) AppendValue(&bytes, column.kind, column.values[i]);
  }
  if (rows > 0) {
    Require(H5Dwrite(dataset.get(), row.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), place);
  }
}

void H5Writer::Attribute(const std::string& place, const std::string& name,
                         const std::string& text) {
  const H5Handle object(
      H5Oopen(handles_->file.get(), place.empty() ? "/" : place.c_str(), H5P_DEFAULT), H5Oclose);
  Require(object.get(), place);
  const H5Handle type = TextType(H5T_VARIABLE), space(H5Screate(H5S_SCALAR), H5Sclose);
  const H5Handle attribute(
      H5Acreate2(object.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  const char* pointer = text.c_str();
  Require(attribute.get(), place);
  Require(H5Awrite(attribute.get(), type.get(), &pointer), place);
}

void H5Writer::Attribute(const std::string& place, const std::string& name, H5Number kind,
                         const std::vector<double>& values) {
  const H5Handle object(
      H5Oopen(handles_->file.get(), place.empty() ? "/" : place.c_str(), H5P_DEFAULT), H5Oclose);
  Require(object.get(), place);
  const hsize_t count = values.size();
  const H5Handle type = TypeOf(kind), space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  const H5Handle attribute(
      H5Acreate2(object.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  Require(attribute.get(), place);
  std::string bytes;
  for (const double value : values) AppendValue(&bytes, kind, value);
  Require(H5Awrite(attribute.get(), type.get(), bytes.data()), place);
}

void H5Writer::Attribute(const std::string& place, const std::string& name, H5Number kind,
                         double value) {
  const H5Handle object(
      H5Oopen(handles_->file.get(), place.empty() ? "/" : place.c_str(), H5P_DEFAULT), H5Oclose);
  Require(object.get(), place);
  const H5Handle type = TypeOf(kind), space(H5Screate(H5S_SCALAR), H5Sclose);
  const H5Handle attribute(
      H5Acreate2(object.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  Require(attribute.get(), place);
  std::string bytes;
  AppendValue(&bytes, kind, value);
  Require(H5Awrite(attribute.get(), type.get(), bytes.data()), place);
}

void H5Writer::Reference(const std::string& place, const std::string& name, const std::string& to) {
  const H5Handle object(H5Oopen(handles_->file.get(), place.c_str(), H5P_DEFAULT), H5Oclose);
  Require(object.get(), place);
  hobj_ref_t reference;
  Require(H5Rcreate(&reference, handles_->file.get(), to.c_str(), H5R_OBJECT, -1), to);
  const H5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const H5Handle attribute(H5Acreate2(object.get(), name.c_str(), H5T_STD_REF_OBJ, space.get(),
                                      H5P_DEFAULT, H5P_DEFAULT),
                           H5Aclose);
  Require(attribute.get(), place);
  Require(H5Awrite(attribute.get(), H5T_STD_REF_OBJ, &reference), place);
}

void H5Writer::Link(const std::string& place, const std::string& to) {
  Require(H5Lcreate_soft(("/" + to).c_str(), handles_->file.get(), place.c_str(),
                         handles_->link.get(), H5P_DEFAULT),
          place);
}

void H5Writer::Commit() {
  Require(H5Fflush(handles_->file.get(), H5F_SCOPE_GLOBAL), "");
  handles_->file = {};
  ReplaceFile(temporary_, path_);
}

}  // namespace datasets
