#include "datasets/formats/formats.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/formats/zip_choice.h"

namespace datasets {

#define FORMAT(name) Format name##Format();
#include "datasets/formats/format_list.inc"
#undef FORMAT

namespace {

const Format kFormats[] = {
#define FORMAT(name) name##Format(),
#include "datasets/formats/format_list.inc"
#undef FORMAT
};

const Format& Find(const std::string& name, bool imports) {
  std::string names;
  for (const Format& format : kFormats) {
    const bool able = imports ? format.import != nullptr : format.export_to != nullptr;
    if (name == format.name) {
      if (able) return format;
      throw Error("format '" + name + "'",
                  imports ? "it can be written, not read" : "it can be read, not written",
                  "choose another format");
    }
    if (able) names += (names.empty() ? "" : ", ") + std::string(format.name);
  }
  throw Error("format '" + name + "'", "there is no such format", "choose one of " + names);
}

}  // namespace

const std::vector<FormatInfo>& Formats() {
  static const std::vector<FormatInfo> formats = [] {
    std::vector<FormatInfo> all;
    for (const Format& format : kFormats) {
      all.push_back({format.name, format.import != nullptr, format.export_to != nullptr,
                     format.path, format.description});
    }
    return all;
  }();
  return formats;
}

std::string FormatTable(bool imports) {
  std::string table;
  for (const FormatInfo& format : Formats()) {
    if (!(imports ? format.imports : format.exports)) continue;
    std::string name = format.name;
    name.resize(std::max<size_t>(name.size() + 2, 14), ' ');
    table += "  " + name + format.description + " (" + format.path + ")\n";
  }
  return table;
}

namespace {

// What tools hand out packed, and what is a spreadsheet's own.
void RefusePacked(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string thing = "'" + path.string() + "'";
  if (ending == ".zip") {
    throw Error(thing, "it is called .zip and is no ZIP archive", "get it again");
  }
  static const std::set<std::string> kPacked = {".gz", ".tar", ".tgz", ".bz2",
                                                ".xz", ".7z",  ".rar"};
  if (kPacked.count(ending)) {
    throw Error(thing, "it is packed, and not as ZIP, which can be read",
                "unpack it, and import the file or folder that was in it");
  }
  if (ending == ".xlsx" || ending == ".xls" || ending == ".ods") {
    throw Error(thing, "it is a spreadsheet", "save it as CSV");
  }
}

std::vector<const Format*> Importers() {
  std::vector<const Format*> importers;
  for (const Format& format : kFormats) {
    if (format.import) importers.push_back(&format);
  }
  return importers;
}

}  // namespace

std::string RecognizeFormat(const std::filesystem::path& path) {
  Job job;
  return RecognizeFormat(path, job);
}

std::string RecognizeFormat(const std::filesystem::path& path, Job& job) {
  const std::string thing = "'" + path.string() + "'";
  if (!std::filesystem::exists(path)) {
    throw Error(thing, "there is no such file or folder", "check the path");
  }
  if (IsZipFile(path)) {
    const UnpackedZip zip(path, job);
    return SaidOf(zip, [&] { return ChooseInside(zip, Importers()).format->name; });
  }
  RefusePacked(path);
  const FileStart start(path);
  std::string like, readable;
  int count = 0;
  for (const Format& format : kFormats) {
    if (!format.import) continue;
    readable += (readable.empty() ? "" : ", ") + std::string(format.name);
    if (!format.is_like || !format.is_like(start)) continue;
    like += (count++ == 0 ? "" : " or ") + std::string(format.name);
  }
  if (count == 1) return like;
  if (count > 1) throw Error(thing, "it could be " + like, "say which with --format");
  throw Error(thing, "it is like none of the formats that can be read (" + readable + ")",
              "if it is one of them, say so with --format");
}

namespace {

ImportReport ImportLoose(const Format& format, Project& project, const std::filesystem::path& path,
                         const ImportOptions& options, Job& job) {
  const TextGuesses guesses;
  ImportReport report = format.import(project, path, options, job);
  for (const std::string& said : guesses.Sentences()) report.warnings.push_back(said);
  return report;
}

}  // namespace

ImportReport Import(Project& project, const std::string& format, const std::filesystem::path& path,
                    const ImportOptions& options, Job& job) {
  const Format& found = Find(format, true);
  CheckOptions(options, "import");
  if (options.names_from != "categories" && options.names_from != "tracks") {
    throw Error("names from '" + options.names_from + "'", "there is no such choice",
                "choose categories or tracks");
  }
  if (!std::filesystem::exists(path)) {
    throw Error("'" + path.string() + "'", "there is no such file or folder", "check the path");
  }
  if (!IsZipFile(path)) {
    RefusePacked(path);
    return ImportLoose(found, project, path, options, job);
  }
  const UnpackedZip zip(path, job);
  ImportReport report = SaidOf(zip, [&] {
    const InsideChoice chosen = ChooseInside(zip, {&found});
    zip.AddNames(job);
    return ImportLoose(found, project, chosen.path, options, job);
  });
  for (std::string& said : report.warnings) said = zip.InWords(said);
  return report;
}

ExportReport Export(const Project& project, const std::string& format,
                    const std::filesystem::path& out, const ExportOptions& options, Job& job) {
  const Format& found = Find(format, false);
  CheckOptions(options, "export");
  ExportReport report;
  project.InOneSnapshot([&] { report = found.export_to(project, out, options, job); });
  return report;
}

}  // namespace datasets
