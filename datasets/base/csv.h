// Tables as text: comma, tab or semicolon, quotes as in RFC 4180.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace datasets {

class CsvTable {
 public:
  // The first line holds the column names; the separator is the one that it uses most. A byte-order
  // mark, CRLF and blank lines are fine. Throws Error(thing = `what`) for an unreadable or empty
  // file, a quote that is never closed, and a line with more fields than there are columns.
  CsvTable(const std::filesystem::path& path, const std::string& what);

  bool Has(const std::string& column) const { return columns_.count(column) > 0; }
  size_t rows() const { return rows_.size(); }
  int line(size_t row) const { return lines_[row]; }  // in the file, from 1
  // "" when the column is not there or the field is empty. Column names are compared in lower case.
  const std::string& Text(size_t row, const std::string& column) const;
  // Nothing when empty. Throws Error naming the line and the column for text that is no number.
  std::optional<double> Number(size_t row, const std::string& column) const;
  std::optional<int64_t> Whole(size_t row, const std::string& column) const;
  std::string Where(size_t row) const;  // "WHAT, line 12"
  // Throws Error that lists the columns there are, unless all of these are.
  void Require(const std::vector<std::string>& columns) const;

 private:
  std::string what_;
  std::map<std::string, size_t> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<int> lines_;
};

// The field, in quotes where it needs them.
std::string CsvField(const std::string& text);
// A number without trailing zeros, at most `decimals` of them.
std::string CsvNumber(double value, int decimals = 3);
// Reads a finite number that fills the whole text (spaces around it are fine).
std::optional<double> ParseNumber(const std::string& text);

}  // namespace datasets
