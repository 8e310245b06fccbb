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
  // The first line holds the column names; the separator is the one that it uses most. Any
  // encoding that ReadTextFile knows, CRLF and blank lines are fine. Throws Error(thing = `what`)
  // for an unreadable or empty file, a quote that is never closed, and a line with more fields than
  // there are columns. `headers`: other lines may stand above the column names, which are then the
  // first line that holds all the names (in lower case) of one of these lists.
  CsvTable(const std::filesystem::path& path, const std::string& what,
           const std::vector<std::vector<std::string>>& headers = {});
  // The same of a file that was read already (ReadTextFile).
  static CsvTable OfText(const std::string& text, const std::string& what,
                         const std::vector<std::vector<std::string>>& headers = {});

  bool Has(const std::string& column) const { return columns_.count(column) > 0; }
  size_t rows() const { return rows_.size(); }
  int line(size_t row) const { return lines_[row]; }  // in the file, from 1
  // In the order of the file, in lower case, and as the file writes them.
  const std::vector<std::string>& columns() const { return names_; }
  const std::vector<std::string>& column_titles() const { return titles_; }
  // The lines above the column names.
  const std::vector<std::vector<std::string>>& above() const { return above_; }
  // "" when the column is not there or the field is empty. Column names are compared in lower case.
  const std::string& Text(size_t row, const std::string& column) const;
  // Nothing when empty. Where no comma parts the fields "1,25" is a number too, as spreadsheets
  // write it in much of Europe. Throws Error naming the line and the column for text that is no
  // number ("1,234.5" is none) and for a table with decimal commas and decimal points.
  std::optional<double> Number(size_t row, const std::string& column) const;
  std::optional<int64_t> Whole(size_t row, const std::string& column) const;
  // The number that `text`, a part of a field, is in this table; nothing where it is none.
  std::optional<double> Parse(const std::string& text) const;
  // Adds one sentence where Number or Whole have read a decimal comma. `notes` may be null.
  void NoteCommas(std::vector<std::string>* notes) const;
  std::string Where(size_t row) const;  // "WHAT, line 12"
  // Throws Error that lists the columns there are, unless all of these are.
  void Require(const std::vector<std::string>& columns) const;

 private:
  CsvTable() = default;
  void Read(const std::string& text, const std::vector<std::vector<std::string>>& headers);

  std::string what_;
  std::map<std::string, size_t> columns_;
  std::vector<std::string> names_, titles_;
  std::vector<std::vector<std::string>> above_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<int> lines_;
  bool may_have_commas_ = false;
  // What Number has met: the sign before decimals, and the first number with a comma.
  mutable char sign_ = 0;
  mutable std::string comma_read_;
};

// The field, in quotes where it needs them. A text that a spreadsheet would compute ("=1+2",
// "@SUM(A1)", "-2+cmd|...") gets an apostrophe in front, which CsvTable takes away again.
std::string CsvField(const std::string& text);
// A finite number without trailing zeros, at most `decimals` of them (in the form 1e+300 where
// digits would not help).
std::string CsvNumber(double value, int decimals = 3);
// Reads a finite number that fills the whole text (spaces around it are fine).
std::optional<double> ParseNumber(const std::string& text);

}  // namespace datasets
