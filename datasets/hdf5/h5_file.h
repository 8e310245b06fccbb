// HDF5 files of other people, read as data and nothing else. Whatever is asked for is checked
// against what the file can hold before memory is taken; links that lead out of the file, data that
// lies in other files and filters that would be loaded from a library are refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace datasets {

// Paths in the file are like "video0/frame_numbers". Every member throws Error that names the file,
// the place in it, the cause and the way out. Of all H5Files of the process, those of one thread
// are open at a time: the library is not made for several.
class H5File {
 public:
  // `what`: the thing that errors name. `remedy`: what to give instead of a file that is none.
  H5File(const std::filesystem::path& path, const std::string& what, const std::string& remedy);
  ~H5File();
  H5File(const H5File&) = delete;
  H5File& operator=(const H5File&) = delete;

  bool Has(const std::string& place) const;  // a group or a dataset
  bool IsDataset(const std::string& place) const;
  bool IsLink(const std::string& place) const;                        // to another place
  std::vector<std::string> Children(const std::string& group) const;  // by name; "" is the root

  std::vector<size_t> Shape(const std::string& dataset) const;  // {} for a single value
  // Any integers, floats or booleans, in C order. `shape`: how many sizes it must have, else Error.
  std::vector<double> Numbers(const std::string& dataset) const;
  std::vector<double> Numbers(const std::string& dataset, size_t dimensions) const;
  // Texts of fixed or free length, in C order; an empty dataset of numbers counts as none.
  std::vector<std::string> Texts(const std::string& dataset) const;
  // A text for each entry of the first dimension where they are bytes (pictures): of free length,
  // or the rows of a table, with the zeros that fill it up.
  std::vector<std::string> Bytes(const std::string& dataset) const;
  // One column of a table (a dataset of compounds).
  bool HasField(const std::string& table, const std::string& field) const;
  std::vector<double> Field(const std::string& table, const std::string& field) const;
  // One whose cells are lists of numbers, all of one length: row by row, `*width` numbers each.
  std::vector<double> FieldRows(const std::string& table, const std::string& field,
                                size_t* width) const;
  // One of texts of fixed length.
  std::vector<std::string> FieldTexts(const std::string& table, const std::string& field) const;

  // Of a group, a dataset or "" (the file). Nothing when it is not there, or of another kind.
  std::optional<std::string> TextAttribute(const std::string& place, const std::string& name) const;
  // Texts of free or fixed length, however many; none where it is not there, or of another kind.
  std::vector<std::string> TextsAttribute(const std::string& place, const std::string& name) const;
  std::vector<double> NumbersAttribute(const std::string& place, const std::string& name) const;

  const std::string& what() const { return what_; }
  [[noreturn]] void Fail(const std::string& place, const std::string& cause) const;

 private:
  struct Handles;
  std::vector<double> Read(const std::string& dataset, const std::string& field) const;

  const std::string what_;
  std::unique_ptr<Handles> handles_;
};

}  // namespace datasets
