// Which folder or file of an archive an import is about.
#pragma once

#include <filesystem>
#include <vector>

#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/files/unpacked_zip.h"
#include "datasets/store/database_error.h"

namespace datasets {

struct InsideChoice {
  std::filesystem::path path;
  const Format* format = nullptr;
};

// The folder of the archive that one of the formats is for, else the only file. With one format
// alone also what does not look like it, where nothing else can be meant. Throws Error where there
// is none, or where several could be meant: with their names and the way out.
InsideChoice ChooseInside(const UnpackedZip& zip, const std::vector<const Format*>& formats);

// Errors of `work` speak of the archive, not of the folder it lies unpacked in; those of the
// project's database pass as they are, for who tries again or recovers.
template <class Work>
auto SaidOf(const UnpackedZip& zip, const Work& work) {
  try {
    return work();
  } catch (const DatabaseError&) {
    throw;
  } catch (const Error& error) {
    const std::string name = zip.file().filename().string(), text = zip.InWords(error.what());
    const size_t colon = text.find(": ");
    if (text.find(name) != std::string::npos) {
      throw Error(text.substr(0, colon), text.substr(colon + 2));
    }
    throw Error(name, text);
  }
}

}  // namespace datasets
