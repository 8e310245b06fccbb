// Writes an HDF5 file that appears whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace datasets {

enum class H5Number {
  kFloat64,
  kFloat32,
  kInt64,
  kInt32,
  kUint64,
  kUint32,
  kUint16,
  kUint8,
  kBool
};

struct H5Column {  // of a table
  std::string name;
  H5Number kind = H5Number::kFloat64;
  std::vector<double> values;  // whole numbers beyond 2^53 cannot be said
};

// Groups on the way are made. Paths as in H5File. Every member throws Error (thing: the file) when
// the disk does not take it; without Commit nothing remains.
class H5Writer {
 public:
  explicit H5Writer(const std::filesystem::path& path);
  ~H5Writer();
  H5Writer(const H5Writer&) = delete;
  H5Writer& operator=(const H5Writer&) = delete;

  void Group(const std::string& place);
  // In C order; `shape` {} for a single value. Packed where it is large.
  void Numbers(const std::string& place, H5Number kind, const std::vector<size_t>& shape,
               const std::vector<double>& values);
  void Texts(const std::string& place, const std::vector<size_t>& shape,
             const std::vector<std::string>& texts);
  // The same, of a fixed length, as h5py makes them of bytes.
  void FixedTexts(const std::string& place, const std::vector<size_t>& shape,
                  const std::vector<std::string>& texts);
  void Table(const std::string& place, const std::vector<H5Column>& columns);  // all of one length
  void Attribute(const std::string& place, const std::string& name, const std::string& text);
  void Attribute(const std::string& place, const std::string& name, H5Number kind, double value);
  void Attribute(const std::string& place, const std::string& name, H5Number kind,
                 const std::vector<double>& values);
  // A reference from one object to another (NWB).
  void Reference(const std::string& place, const std::string& name, const std::string& to);
  void Link(const std::string& place, const std::string& to);  // soft

  void Commit();

 private:
  struct Handles;
  [[noreturn]] void Fail(const std::string& place) const;
  void Require(int64_t status, const std::string& place) const;

  const std::filesystem::path path_, temporary_;
  std::unique_ptr<Handles> handles_;
};

}  // namespace datasets
