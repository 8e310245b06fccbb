#include "datasets/formats/zip_choice.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace datasets {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostFolders = 200, kMostFiles = 5000, kMostNamed = 5;

std::vector<const Format*> FormatsLike(const fs::path& path,
                                       const std::vector<const Format*>& formats) {
  const FileStart start(path);
  std::vector<const Format*> like;
  for (const Format* format : formats) {
    if (format->is_like && format->is_like(start)) like.push_back(format);
  }
  return like;
}

// Tools wrap all in one folder, called as they like; what these mean is said by their names.
fs::path WithoutWrapping(fs::path folder) {
  static const std::set<std::string> kMeaning = {
      "labels", "annotations", "Annotations", "train", "valid",        "val",
      "test",   "images",      "gt",          "data",  "labeled-data", "obj_train_data"};
  while (true) {
    fs::path only;
    int entries = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (++entries > 1) return folder;
      only = entry.path();
    }
    if (entries == 0 || !fs::is_directory(only) || kMeaning.count(only.filename().string())) {
      return folder;
    }
    folder = only;
  }
}

struct InsideSearch {
  const UnpackedZip& zip;
  const std::vector<const Format*>& formats;
  const std::string thing = "'" + zip.file().filename().string() + "'";

  std::string Name(const fs::path& path) const {
    return path.lexically_relative(zip.folder()).generic_string();
  }

  // Of these, each with a format, the only one.
  InsideChoice Only(const std::vector<InsideChoice>& found) const {
    if (found.size() == 1) return found[0];
    std::string names;
    std::map<const Format*, int> counts;
    for (size_t i = 0; i < found.size(); ++i) {
      ++counts[found[i].format];
      if (i >= kMostNamed) continue;
      const std::string name = Name(found[i].path);
      names += (i == 0 ? "" : ", ") + (name == "." ? "all of it" : name) + " (" +
               found[i].format->name + ")";
    }
    if (found.size() > kMostNamed) {
      names += " and " + std::to_string(found.size() - kMostNamed) + " more";
    }
    std::string kinds;
    for (const auto& [format, count] : counts) {
      if (count == 1 && counts.size() > 1)
        kinds += (kinds.empty() ? "" : " or ") + std::string(format->name);
    }
    throw Error(thing, "several things in it could be meant: " + names,
                kinds.empty() ? "unpack it, and import each by itself"
                              : "say which: `vole import P \"" + zip.file().string() +
                                    "\" --format X`, X being " + kinds +
                                    ", or unpack it, and import each by itself");
  }

  std::vector<InsideChoice> Folders() const {
    const fs::path whole = WithoutWrapping(zip.folder());
    std::vector<InsideChoice> found;
    for (const Format* format : FormatsLike(whole, formats)) found.push_back({whole, format});
    if (!found.empty()) return found;
    std::set<fs::path> folders;  // from the outermost on
    for (const fs::path& file : zip.files()) {
      for (fs::path folder = file.parent_path(); folder != whole && folder != zip.folder();
           folder = folder.parent_path()) {
        folders.insert(folder);
      }
    }
    if (folders.size() > kMostFolders) return {};
    for (const fs::path& folder : folders) {
      const bool beneath = std::any_of(found.begin(), found.end(), [&](const InsideChoice& other) {
        return *folder.lexically_relative(other.path).begin() != "..";
      });
      if (beneath) continue;
      for (const Format* format : FormatsLike(folder, formats)) found.push_back({folder, format});
    }
    return found;
  }

  std::vector<InsideChoice> Files() const {
    if (zip.files().size() > kMostFiles) {
      throw Error(thing,
                  "too many files in it to look at each: " + std::to_string(zip.files().size()),
                  "unpack it, and import what is meant");
    }
    std::vector<InsideChoice> found;
    for (const fs::path& file : zip.files()) {
      for (const Format* format : FormatsLike(file, formats)) found.push_back({file, format});
    }
    return found;
  }

  [[noreturn]] void RefuseNothing() const {
    if (zip.files().empty() && zip.left_out().empty()) {
      throw Error(thing, "nothing is in it", "export again, or get it again");
    }
    for (const fs::path& file : zip.left_out()) {
      if (file.extension() == ".zip") {
        throw Error(thing, "it holds another archive, " + Name(file), "unpack it, and import that");
      }
    }
    if (zip.files().empty()) {
      throw Error(thing, "it holds pictures or films alone, no labels", "export the labels, too");
    }
    std::string names, known;
    for (size_t i = 0; i < std::min(kMostNamed, zip.files().size()); ++i) {
      names += (i == 0 ? "" : ", ") + Name(zip.files()[i]);
    }
    if (zip.files().size() > kMostNamed) names += ", ...";
    for (const Format* format : formats)
      known += (known.empty() ? "" : ", ") + std::string(format->name);
    throw Error(thing, "nothing in it (" + names + ") is like what can be read: " + known,
                formats.size() > 1 ? "if it is one of them, say so with --format"
                                   : "unpack it, and import the file or folder that is meant");
  }
};

}  // namespace

InsideChoice ChooseInside(const UnpackedZip& zip, const std::vector<const Format*>& formats) {
  const InsideSearch search{zip, formats};
  if (zip.files().empty()) search.RefuseNothing();
  std::vector<InsideChoice> found = search.Folders();
  if (found.empty()) found = search.Files();
  if (!found.empty()) return search.Only(found);
  if (formats.size() == 1) {
    if (std::strstr(formats[0]->path, "a folder") == formats[0]->path) {
      return {WithoutWrapping(zip.folder()), formats[0]};
    }
    if (zip.files().size() == 1) return {zip.files()[0], formats[0]};
  }
  search.RefuseNothing();
}

}  // namespace datasets
