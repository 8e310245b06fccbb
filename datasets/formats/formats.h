// Labels and predictions in and out of a project, one file format a source file.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/exchange/options.h"
#include "datasets/project.h"

namespace datasets {

// One row of the table of formats, as `vole import --help` and `vole export --help` print it.
struct FormatInfo {
  std::string name;
  bool imports = false;
  bool exports = false;
  std::string path;         // what PATH is: "a JSON file", "a folder", ...
  std::string description;  // one line
};
const std::vector<FormatInfo>& Formats();
// Lines "  name    description" of the formats that can be imported (or exported).
std::string FormatTable(bool imports);

// The one format that can be read and that the file or folder is like, by what is in it. Throws
// Error where it is like none, or like several: nothing is guessed. Of a .zip: what is in it.
std::string RecognizeFormat(const std::filesystem::path& path);
std::string RecognizeFormat(const std::filesystem::path& path, Job& job);  // which can be cancelled

using Recognized = std::function<void(const std::string& format)>;

// All or nothing: the whole file is read and checked before the first write, and the writes are one
// transaction. A second import of the same file adds nothing twice (same image, category and
// outline; same video, subject, behavior, author and frames). Imported images become `done`;
// images listed without any label stay `new` unless `empty_is_negative` is set or the file itself
// calls them empty. Never changes or removes what a label holds; key points come to the label of
// the same animal and frame that has none, and so does an outline. An import that could only do
// that (the labels are there as crowds, or under another name) is refused.
// Numbers that tell individuals apart (track_id, object_id, group_id, subject_name, attributes.*)
// become tracks; with `names_from` = tracks each is an animal of the project: the same in all
// videos, with its own class in training. The former category is its supercategory.
// A .zip is unpacked for as long as it is read: the folder or the only file in it that is like the
// format is imported; its pictures and films stay packed, so its labels must be of videos.
// `format`: "" for the one that RecognizeFormat says (a .zip is unpacked once then, not twice);
// `recognized` is told it before anything is read.
// Throws Error naming the file, the object in it, the cause and the way out; Cancelled.
ImportReport Import(Project& project, const std::string& format, const std::filesystem::path& path,
                    const ImportOptions& options, Job& job, const Recognized& recognized = {});

// Writes a new file beside `out` and renames it, so that a failure leaves an older export as it was
// (folder formats: file by file). Throws Error for an unknown format or `what`, no prediction to
// export, or a path that cannot be written.
ExportReport Export(const Project& project, const std::string& format,
                    const std::filesystem::path& out, const ExportOptions& options, Job& job);

}  // namespace datasets
