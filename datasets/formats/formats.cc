#include "datasets/formats/formats.h"

#include <algorithm>
#include <fstream>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/files/file_names.h"
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

bool BeginsWith(const std::string& bytes, const std::vector<std::string>& starts) {
  return std::any_of(starts.begin(), starts.end(), [&](const std::string& start) {
    return bytes.compare(0, start.size(), start) == 0;
  });
}

// What tools hand out packed, and what is a spreadsheet's own; by what is in it, for text may be
// called .xls and a folder day1.zip.
void RefusePacked(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return;
  const std::string ending = LowerEnding(path), thing = "'" + path.string() + "'";
  if (ending == ".zip") {
    throw Error(thing, "it is called .zip and is no ZIP archive", "get it again");
  }
  constexpr size_t kLooked = 512;  // a tar says its name at byte 257
  std::string start(kLooked, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), kLooked);
  start.resize(static_cast<size_t>(file.gcount()));
  static const std::vector<std::string> kPacked = {"\x1f\x8b", "\xfd\x37zXZ", "7z\xbc\xaf\x27",
                                                   "Rar!\x1a"};
  const bool bzip2 = BeginsWith(start, {"BZh"}) && start.compare(4, 6, "1AY&SY") == 0;
  const bool tar = start.size() == kLooked && start.compare(257, 5, "ustar") == 0;
  const bool old_tar = ending == ".tar" && start.find('\0') != std::string::npos;
  if (BeginsWith(start, kPacked) || bzip2 || tar || old_tar) {
    throw Error(thing, "it is packed, and not as ZIP, which can be read",
                "unpack it, and import the file or folder that was in it");
  }
  const bool sheet = ending == ".xlsx" || ending == ".xls" || ending == ".ods";
  if (sheet && BeginsWith(start, {"PK", "\xd0\xcf\x11\xe0"})) {
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
                    const ImportOptions& options, Job& job, const Recognized& recognized) {
  const Format* asked = format.empty() ? nullptr : &Find(format, true);
  CheckOptions(options, "import");
  if (options.names_from != "categories" && options.names_from != "tracks") {
    throw Error("names from '" + options.names_from + "'", "there is no such choice",
                "choose categories or tracks");
  }
  if (!std::filesystem::exists(path)) {
    throw Error("'" + path.string() + "'", "there is no such file or folder", "check the path");
  }
  const auto say = [&](const Format& found) {
    if (!asked && recognized) recognized(found.name);
  };
  if (!IsZipFile(path)) {
    RefusePacked(path);
    const Format& found = asked ? *asked : Find(RecognizeFormat(path, job), true);
    say(found);
    return ImportLoose(found, project, path, options, job);
  }
  const UnpackedZip zip(path, job);
  ImportReport report = SaidOf(zip, [&] {
    const InsideChoice chosen =
        ChooseInside(zip, asked ? std::vector<const Format*>{asked} : Importers());
    say(*chosen.format);
    zip.AddNames(job);
    return ImportLoose(*chosen.format, project, chosen.path, options, job);
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
