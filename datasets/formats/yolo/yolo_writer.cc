#include "datasets/formats/yolo/yolo_writer.h"

#include "datasets/files/atomic_file.h"
#include "datasets/project.h"

namespace datasets {

YoloWriter::YoloWriter(const Project& project, const std::filesystem::path& out,
                       const ExportOptions& options, ExportReport& report)
    : out_(out), options_(options), report_(report), files_(project), pictures_(project) {
  for (const CategoryRow& category : project.Categories()) {
    number_of_.emplace(category.id, static_cast<int>(names_.size()));
    names_.push_back(category.name);
  }
}

void YoloWriter::Write(const SelectedFrame& frame, const std::string& text) {
  if (!frame.split.empty()) splits_.insert(frame.split);
  const std::filesystem::path place = std::filesystem::path(frame.split) / files_.Of(frame);
  std::filesystem::path file = out_ / "labels" / place;
  file += ".txt";
  MakeFolderOf(file);
  WriteFileAtomically(file, text);
  if (options_.pictures) {
    pictures_.Write(frame, out_ / "images" / place);
    ++report_.files;
  }
  ++report_.images;
  ++report_.files;
}

void YoloWriter::WriteDataYaml(const std::string& text) {
  MakeFolderOf(out_ / "labels" / "data.txt");  // there, if empty, where nothing was selected
  WriteFileAtomically(out_ / "data.yaml", text);
  ++report_.files;
}

}  // namespace datasets
