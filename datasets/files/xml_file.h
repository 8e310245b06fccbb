// XML of other tools, read as data: a file that declares a document type is refused, so that no
// entity of its own making is ever expanded and no other file is opened.
#pragma once

#include <filesystem>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <vector>

namespace datasets {

// The whole file as a tree. Every member throws Error that names the file, the line and the cause.
class XmlFile {
 public:
  // Any encoding that ReadTextFile knows. Throws Error(thing = `what`) for a file that is no XML,
  // ends in the middle, declares entities or is nested deeper than any file of this kind.
  XmlFile(const std::filesystem::path& path, const std::string& what);

  pugi::xml_node root() const { return document_.document_element(); }
  const std::string& what() const { return what_; }
  std::string Where(pugi::xml_node node) const;  // "WHAT, line 12"
  [[noreturn]] void Fail(pugi::xml_node node, const std::string& cause) const;

  // A finite number of an attribute, or of the text of a child. Throws where it is missing or none.
  double Number(pugi::xml_node node, const char* attribute) const;
  double ChildNumber(pugi::xml_node node, const char* child) const;
  // Nothing where there is no such attribute.
  std::optional<int64_t> Whole(pugi::xml_node node, const char* attribute) const;

 private:
  int64_t LineAt(std::ptrdiff_t offset) const;
  double Parsed(pugi::xml_node node, const std::string& name, const char* text) const;

  const std::string what_;
  size_t bytes_ = 0;
  std::vector<size_t> line_ends_;
  pugi::xml_document document_;
};

}  // namespace datasets
