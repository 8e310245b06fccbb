#include "datasets/files/csv.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"

namespace datasets {

namespace {

std::string Trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

using Headers = std::vector<std::vector<std::string>>;

char SeparatorOf(const std::string& header) {
  char best = ',';
  for (const char candidate : {'\t', ';'}) {
    if (std::count(header.begin(), header.end(), candidate) >
        std::count(header.begin(), header.end(), best)) {
      best = candidate;
    }
  }
  return best;
}

// The first line that mentions all the names of one of `headers`, else the first.
std::string HeaderLine(const std::string& text, const Headers& headers) {
  for (size_t start = 0; !headers.empty() && start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = LowerCase(text.substr(start, end - start));
    for (const auto& names : headers) {
      const bool all = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
        return line.find(name) != std::string::npos;
      });
      if (all) return line;
    }
    start = end + 1;
  }
  return text.substr(0, text.find('\n'));
}

bool Names(const std::vector<std::string>& fields, const Headers& headers) {
  const auto has = [&](const std::string& name) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const std::string& field) { return LowerCase(field) == name; });
  };
  return std::any_of(headers.begin(), headers.end(), [&](const std::vector<std::string>& names) {
    return std::all_of(names.begin(), names.end(), has);
  });
}

// Would a spreadsheet compute it?
bool IsFormula(const std::string& text) {
  if (text.empty()) return false;
  if (text[0] == '=' || text[0] == '@') return true;
  return (text[0] == '+' || text[0] == '-') && text.find_first_of("(|!") != std::string::npos;
}

// Apostrophes that stand before a formula.
bool IsGuarded(const std::string& text) {
  const size_t first = text.find_first_not_of('\'');
  return first != std::string::npos && first > 0 && IsFormula(text.substr(first));
}

// Digits, and between them this sign once: "1,25", but no "1,2,3" and no "1,234.5".
bool HasOnce(const std::string& text, char sign, char never) {
  const size_t at = text.find(sign);
  return at != std::string::npos && text.find(sign, at + 1) == std::string::npos &&
         text.find(never) == std::string::npos;
}

std::string WithPoint(std::string text) {
  std::replace(text.begin(), text.end(), ',', '.');
  return text;
}

}  // namespace

CsvTable::CsvTable(const std::filesystem::path& path, const std::string& what,
                   const Headers& headers)
    : what_(what) {
  Read(ReadTextFile(path, what), headers);
}

CsvTable CsvTable::OfText(const std::string& text, const std::string& what,
                          const Headers& headers) {
  CsvTable table;
  table.what_ = what;
  table.Read(text, headers);
  return table;
}

void CsvTable::Read(const std::string& text, const Headers& headers) {
  const char separator = SeparatorOf(HeaderLine(text, headers));
  may_have_commas_ = separator != ',';
  std::vector<std::string> fields;
  std::string field;
  bool quoted = false, was_quoted = false;
  int line = 1, first_line = 1;
  const auto end_field = [&] {
    fields.push_back(was_quoted ? field : Trimmed(field));
    if (IsGuarded(fields.back())) fields.back().erase(0, 1);
    field.clear();
    was_quoted = false;
  };
  const auto end_row = [&] {
    end_field();
    const bool blank =
        std::all_of(fields.begin(), fields.end(), [](const std::string& f) { return f.empty(); });
    if (!blank) {
      rows_.push_back(std::move(fields));
      lines_.push_back(first_line);
    }
    fields.clear();
    first_line = line + 1;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        field += '"';
        ++i;
      } else if (c == '"') {
        quoted = false;
      } else {
        field += c;
        if (c == '\n') ++line;
      }
    } else if (c == '"' && Trimmed(field).empty()) {
      quoted = was_quoted = true;
      field.clear();
    } else if (c == separator) {
      end_field();
    } else if (c == '\n') {
      end_row();
      ++line;
    } else if (c != '\r' && c != '\0') {
      field += c;
    }
  }
  if (quoted) {
    throw Error(what_ + ", line " + std::to_string(first_line), "a quote is never closed",
                "close it");
  }
  if (!field.empty() || !fields.empty()) end_row();
  if (rows_.empty()) throw Error(what_, "the file is empty", "give a table with column names");
  size_t header = 0;
  while (header < rows_.size() && !Names(rows_[header], headers)) ++header;
  if (header == rows_.size()) header = 0;
  titles_ = rows_[header];
  for (size_t i = 0; i < titles_.size(); ++i) {
    names_.push_back(LowerCase(titles_[i]));
    columns_.emplace(names_.back(), i);
  }
  const auto first = static_cast<std::ptrdiff_t>(header);
  above_.assign(rows_.begin(), rows_.begin() + first);
  rows_.erase(rows_.begin(), rows_.begin() + first + 1);
  lines_.erase(lines_.begin(), lines_.begin() + first + 1);
  for (size_t row = 0; row < rows_.size(); ++row) {
    if (rows_[row].size() <= titles_.size() || rows_[row].back().empty()) continue;
    throw Error(Where(row),
                "it has " + std::to_string(rows_[row].size()) + " fields, the first line names " +
                    std::to_string(titles_.size()),
                "put fields that hold the separator in quotes");
  }
}

const std::string& CsvTable::Text(size_t row, const std::string& column) const {
  static const std::string kNone;
  const auto it = columns_.find(column);
  if (it == columns_.end() || it->second >= rows_[row].size()) return kNone;
  return rows_[row][it->second];
}

std::optional<double> CsvTable::Parse(const std::string& text) const {
  const bool comma = may_have_commas_ && HasOnce(text, ',', '.');
  return ParseNumber(comma ? WithPoint(text) : text);
}

std::optional<double> CsvTable::Number(size_t row, const std::string& column) const {
  const std::string& text = Text(row, column);
  if (text.empty()) return std::nullopt;
  const auto value = Parse(text);
  const bool comma = text.find(',') != std::string::npos;
  if (!value) {
    throw Error(Where(row), "'" + text + "' in column " + column + " is not a number",
                comma || std::count(text.begin(), text.end(), '.') > 1
                    ? "write it without signs between thousands, as 1234.5"
                    : "correct it");
  }
  if (!may_have_commas_ || (!comma && text.find('.') == std::string::npos)) return value;
  // "1.234" beside "0,5" may be a thousand: a table writes its numbers in one way.
  const char sign = comma ? ',' : '.';
  if (sign_ != 0 && sign_ != sign) {
    throw Error(Where(row),
                "'" + text + "' in column " + column + " has a decimal " +
                    (comma ? "comma, and other numbers of the table have a point"
                           : "point, and other numbers of the table have a comma"),
                "write all of them with a point");
  }
  sign_ = sign;
  if (comma && comma_read_.empty()) comma_read_ = text;
  return value;
}

void CsvTable::NoteCommas(std::vector<std::string>* notes) const {
  if (!notes || comma_read_.empty()) return;
  notes->push_back("commas in its numbers were read as decimal points: '" + comma_read_ + "' is " +
                   WithPoint(comma_read_));
}

std::optional<int64_t> CsvTable::Whole(size_t row, const std::string& column) const {
  const auto value = Number(row, column);
  if (!value) return std::nullopt;
  if (*value != std::floor(*value) || std::abs(*value) > 9e15) {
    throw Error(Where(row),
                "'" + Text(row, column) + "' in column " + column + " is not a whole number",
                "correct it");
  }
  return static_cast<int64_t>(*value);
}

std::string CsvTable::Where(size_t row) const {
  return what_ + ", line " + std::to_string(lines_[row]);
}

void CsvTable::Require(const std::vector<std::string>& columns) const {
  std::string missing, present;
  for (const std::string& column : columns) {
    if (!Has(column)) missing += (missing.empty() ? "" : ", ") + column;
  }
  for (const auto& [column, index] : columns_) present += (present.empty() ? "" : ", ") + column;
  if (!missing.empty()) {
    throw Error(what_, "its first line does not name the columns " + missing,
                "name them; there is: " + present);
  }
}

std::string CsvField(const std::string& field) {
  const std::string text = IsFormula(field) || IsGuarded(field) ? "'" + field : field;
  if (text.find_first_of(",\"\n\r;\t") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string CsvNumber(double value, int decimals) {
  char text[64];
  auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::fixed, decimals);
  if (end.ec != std::errc()) {  // more digits than there is room for
    end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific);
    return std::string(text, end.ptr);
  }
  std::string number(text, end.ptr);
  if (number.find('.') != std::string::npos) {
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
  }
  return number == "-0" ? "0" : number;
}

std::optional<double> ParseNumber(const std::string& text) {
  const std::string trimmed = Trimmed(text);
  const char* begin = trimmed.data() + (!trimmed.empty() && trimmed[0] == '+' ? 1 : 0);
  const char* end = trimmed.data() + trimmed.size();
  double value = 0;
  const auto result = std::from_chars(begin, end, value);
  if (result.ec != std::errc() || result.ptr != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace datasets
