#include "datasets/files/xml_file.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/files/csv.h"

namespace datasets {

namespace {

constexpr int kDeepestElement = 64;

// By hand, not by calls in calls: the file says how deep it is.
bool IsTooDeep(pugi::xml_node root) {
  int depth = 0;
  for (pugi::xml_node at = root; at;) {
    if (depth > kDeepestElement) return true;
    if (at.first_child()) {
      at = at.first_child();
      ++depth;
      continue;
    }
    while (at && at != root && !at.next_sibling()) {
      at = at.parent();
      --depth;
    }
    at = at == root ? pugi::xml_node() : at.next_sibling();
  }
  return false;
}

}  // namespace

XmlFile::XmlFile(const std::filesystem::path& path, const std::string& what) : what_(what) {
  const std::string text = ReadTextFile(path, what);
  bytes_ = text.size();
  for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    line_ends_.push_back(at);
  }
  const auto result = document_.load_buffer(
      text.data(), text.size(), pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
  for (const pugi::xml_node node : document_) {
    if (node.type() != pugi::node_doctype) continue;
    throw Error(what_, "it declares a document type (<!DOCTYPE), which may hold entities",
                "take that line out: no tool's labels need it");
  }
  if (!result) {
    const bool cut = result.status == pugi::status_end_element_mismatch ||
                     static_cast<size_t>(result.offset) + 1 >= bytes_;
    throw Error(what_ + ", line " + std::to_string(LineAt(result.offset)),
                std::string("it is no XML") + (cut ? ", or ends in the middle" : "") + " (" +
                    result.description() + ")",
                "export or copy it again");
  }
  if (IsTooDeep(root())) throw Error(what_, "its elements are nested too deep", "export it again");
}

std::string XmlFile::Where(pugi::xml_node node) const {
  const std::ptrdiff_t offset = node.offset_debug();
  return offset < 0 ? what_ : what_ + ", line " + std::to_string(LineAt(offset));
}

int64_t XmlFile::LineAt(std::ptrdiff_t offset) const {
  const auto line = std::lower_bound(line_ends_.begin(), line_ends_.end(),
                                     static_cast<size_t>(std::max<std::ptrdiff_t>(offset, 0)));
  return 1 + (line - line_ends_.begin());
}

void XmlFile::Fail(pugi::xml_node node, const std::string& cause) const {
  throw Error(Where(node), cause, "correct the file");
}

double XmlFile::Parsed(pugi::xml_node node, const std::string& name, const char* text) const {
  const auto number = ParseNumber(text);
  if (!number || std::abs(*number) > 1e9) {
    Fail(node,
         name + " is '" + ShownText(std::string(text).substr(0, 40)) + "', which is no number");
  }
  return *number;
}

double XmlFile::Number(pugi::xml_node node, const char* attribute) const {
  return Parsed(node, attribute, node.attribute(attribute).value());
}

double XmlFile::ChildNumber(pugi::xml_node node, const char* child) const {
  return Parsed(node, child, node.child_value(child));
}

std::optional<int64_t> XmlFile::Whole(pugi::xml_node node, const char* attribute) const {
  if (!node.attribute(attribute)) return std::nullopt;
  const double number = Number(node, attribute);
  if (number != std::floor(number)) {
    Fail(node, std::string(attribute) + " is '" + node.attribute(attribute).value() +
                   "', which is no whole number");
  }
  return static_cast<int64_t>(number);
}

}  // namespace datasets
