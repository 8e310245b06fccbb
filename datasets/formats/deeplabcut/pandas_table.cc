#include "datasets/formats/deeplabcut/pandas_table.h"

#include <cmath>
#include <cstdio>
#include <map>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"

namespace datasets {

namespace {

using Texts = std::vector<std::string>;

constexpr char kPandasRemedy[] =
    "give the CSV file that lies beside it (or deeplabcut.analyze_videos_converth5_to_csv)";
constexpr size_t kMostLevels = 8;
constexpr size_t kMostNameBytes = size_t{1} << 26;

std::string TableGroup(const H5File& file) {
  for (const std::string& name : file.Children("")) {
    const auto kind = file.TextAttribute(name, "pandas_type");
    if (kind && (*kind == "frame" || *kind == "frame_table")) return name;
  }
  return "";
}

// A list of tuples of texts, as pickle writes it in its first, readable protocol. Whatever else
// could stand in a pickle (objects, calls) is refused.
class PickledNames {
 public:
  PickledNames(const std::string& text, const H5File& file, const std::string& place)
      : text_(text), file_(file), place_(place) {}

  std::vector<Texts> Read() {
    std::vector<Texts> names;
    Texts open;        // of the tuple that is read
    size_t marks = 0;  // that are open
    bool in_tuple = false;
    for (;;) {
      const char code = Byte();
      switch (code) {
        case '(':
          if (++marks > 2) Refuse();
          in_tuple = marks == 1 && seen_list_;
          open.clear();
          break;
        case 'l':
        case ']':
          seen_list_ = true;
          marks = 0;
          last_.clear();
          break;
        case 'p':
          memo_[Line()] = last_;
          break;
        case 'g': {
          const auto known = memo_.find(Line());
          if (known == memo_.end()) Refuse();
          Push(known->second, &open);
          break;
        }
        case 'V':
        case 'S':
          Push(Unescaped(Line(), code == 'S'), &open);
          break;
        case 't':
          if (!in_tuple) Refuse();
          names.push_back(open);
          open.clear();
          in_tuple = false;
          marks = 0;
          last_.clear();
          break;
        case 'a':
          if (!open.empty()) {  // a plain text instead of a tuple
            names.push_back(open);
            open.clear();
          }
          break;
        case '.':
          return names;
        default:
          Refuse();
      }
    }
  }

 private:
  [[noreturn]] void Refuse() const {
    throw Error(file_.what() + ", '" + place_ + "'",
                "the names of its columns are kept as Python objects, which are never run",
                kPandasRemedy);
  }
  char Byte() {
    if (at_ >= text_.size()) Refuse();
    return text_[at_++];
  }
  std::string Line() {
    const size_t end = text_.find('\n', at_);
    if (end == std::string::npos) Refuse();
    std::string line = text_.substr(at_, end - at_);
    at_ = end + 1;
    return line;
  }
  void Push(const std::string& text, Texts* open) {
    bytes_ += text.size();
    if (open->size() >= kMostLevels || bytes_ > kMostNameBytes) Refuse();
    open->push_back(text);
    last_ = text;
  }

  std::string Unescaped(const std::string& line, bool quoted) const {
    const std::string inner = quoted && line.size() >= 2 ? line.substr(1, line.size() - 2) : line;
    std::string text;
    for (size_t i = 0; i < inner.size(); ++i) {
      const char next = inner[i] == '\\' && i + 1 < inner.size() ? inner[i + 1] : '\0';
      const size_t digits = next == 'u' ? 4 : next == 'x' ? 2 : next == 'U' ? 8 : 0;
      if (digits == 0) {
        if (quoted && (next == '\\' || next == '\'' || next == '"')) ++i;
        text += inner[i];
        continue;
      }
      char* end = nullptr;
      const std::string number = inner.substr(i + 2, digits);
      const unsigned long code = std::strtoul(number.c_str(), &end, 16);
      if (number.size() != digits || *end != '\0' || code > 0x10ffff) Refuse();
      AppendUtf8(code, &text);
      i += 1 + digits;
    }
    return text;
  }

  static void AppendUtf8(unsigned long code, std::string* text) {
    const auto add = [&](unsigned long bits) { *text += static_cast<char>(bits); };
    if (code < 0x80) {
      add(code);
    } else if (code < 0x800) {
      add(0xc0 | code >> 6);
    } else if (code < 0x10000) {
      add(0xe0 | code >> 12);
      add(0x80 | (code >> 6 & 0x3f));
    } else {
      add(0xf0 | code >> 18);
      add(0x80 | (code >> 12 & 0x3f));
      add(0x80 | (code >> 6 & 0x3f));
    }
    if (code >= 0x80) add(0x80 | (code & 0x3f));
  }

  const std::string& text_;
  const H5File& file_;
  const std::string& place_;
  size_t at_ = 0, bytes_ = 0;
  bool seen_list_ = false;
  std::map<std::string, std::string> memo_;  // texts alone: lists and tuples are named once
  std::string last_;
};

std::string NumberText(double value) {
  if (!std::isfinite(value)) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

// What is written in a dataset of names: texts, or whole numbers.
Texts NamesAt(const H5File& file, const std::string& place) {
  if (file.TextAttribute(place, "kind").value_or("") == "string") return file.Texts(place);
  Texts names;
  for (const double number : file.Numbers(place, 1)) names.push_back(NumberText(number));
  return names;
}

// The names along an axis of the "fixed" layout: [items][levels].
std::vector<Texts> AxisNames(const H5File& file, const std::string& axis) {
  std::vector<Texts> names;
  if (file.TextAttribute(axis.substr(0, axis.rfind('/')),
                         axis.substr(axis.rfind('/') + 1) + "_variety")
          .value_or("") != "multi") {
    for (std::string& name : NamesAt(file, axis)) names.push_back({std::move(name)});
    return names;
  }
  for (size_t level = 0; level < kMostLevels; ++level) {
    const std::string number = std::to_string(level);
    if (!file.IsDataset(axis + "_level" + number)) break;
    const Texts known = NamesAt(file, axis + "_level" + number);
    const std::string labels = axis + "_label" + number;
    const std::vector<double> at = file.Numbers(labels, 1);
    names.resize(at.size());
    for (size_t i = 0; i < at.size(); ++i) {
      if (!(at[i] < static_cast<double>(known.size()))) file.Fail(labels, "it names nothing");
      if (names[i].size() != level) file.Fail(labels, "it is not as long as the others");
      names[i].push_back(at[i] < 0 ? "" : known[static_cast<size_t>(at[i])]);
    }
  }
  return names;
}

struct Frame {
  std::vector<Texts> columns, rows;
  std::vector<double> values;  // [rows, columns]
};

Frame ReadFixed(const H5File& file, const std::string& group) {
  Frame frame;
  const std::string values = group + "/block0_values";
  if (file.Has(group + "/block1_values")) {
    file.Fail(group, "its columns are of several kinds, and numbers of one kind are expected");
  }
  frame.columns = AxisNames(file, group + "/block0_items");
  frame.rows = AxisNames(file, group + "/axis1");
  if (file.Shape(values) != std::vector<size_t>{frame.rows.size(), frame.columns.size()}) {
    file.Fail(values, "its sizes are not those of the names");
  }
  frame.values = file.Numbers(values);
  return frame;
}

Frame ReadAppendable(const H5File& file, const std::string& group) {
  Frame frame;
  const std::string table = group + "/table", place = table + ".values_block_0";
  const auto kind = file.TextAttribute(table, "values_block_0_kind");
  if (!kind || file.HasField(table, "values_block_1") || !file.HasField(table, "index")) {
    file.Fail(table, "it is no table of numbers with one name a row");
  }
  frame.columns = PickledNames(*kind, file, place).Read();
  size_t width = 0;
  frame.values = file.FieldRows(table, "values_block_0", &width);
  if (width != frame.columns.size()) {
    file.Fail(place, "it has " + std::to_string(width) + " columns and " +
                         std::to_string(frame.columns.size()) + " names of columns");
  }
  if (file.TextAttribute(table, "index_kind").value_or("") == "string") {
    for (std::string& name : file.FieldTexts(table, "index")) frame.rows.push_back({name});
  } else {
    for (const double number : file.Field(table, "index")) {
      frame.rows.push_back({NumberText(number)});
    }
  }
  return frame;
}

}  // namespace

bool HasPandasTable(const H5File& file) { return !TableGroup(file).empty(); }

std::vector<Texts> PandasCells(const H5File& file) {
  const std::string group = TableGroup(file);
  if (group.empty()) {
    throw Error(file.what(), "it holds no table of pandas",
                "give a file that DeepLabCut wrote, or the CSV file that lies beside it");
  }
  const bool fixed = file.TextAttribute(group, "pandas_type").value_or("") == "frame";
  const Frame frame = fixed ? ReadFixed(file, group) : ReadAppendable(file, group);
  const size_t levels = frame.columns.empty() ? 0 : frame.columns.front().size();
  const Texts titles = levels == 4 ? Texts{"scorer", "individuals", "bodyparts", "coords"}
                                   : Texts{"scorer", "bodyparts", "coords"};
  if (levels != titles.size()) {
    file.Fail(group, "its columns are not named by scorer, body part and coordinate");
  }
  const size_t parts = frame.rows.empty() ? 1 : frame.rows.front().size();
  std::vector<Texts> lines;
  for (size_t level = 0; level < levels; ++level) {
    Texts line = {titles[level]};
    line.resize(parts);
    for (const Texts& column : frame.columns) {
      if (column.size() != levels) file.Fail(group, "its columns' names differ in length");
      line.push_back(column[level]);
    }
    lines.push_back(std::move(line));
  }
  const size_t width = frame.columns.size();
  for (size_t row = 0; row < frame.rows.size(); ++row) {
    Texts line = frame.rows[row];
    for (size_t i = 0; i < width; ++i) line.push_back(NumberText(frame.values[row * width + i]));
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace datasets
