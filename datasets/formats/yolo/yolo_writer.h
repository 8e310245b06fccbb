// What exports of YOLO folders have in common: where a frame's text and picture go.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "datasets/exchange/frame_export.h"
#include "datasets/exchange/options.h"
#include "datasets/exchange/selection.h"

namespace datasets {

class Project;

class YoloWriter {
 public:
  // `project`, `options` and `report`, which counts images and files, outlive it.
  YoloWriter(const Project& project, const std::filesystem::path& out, const ExportOptions& options,
             ExportReport& report);
  const std::vector<std::string>& names() const { return names_; }  // of classes, by their number
  int NumberOf(Id category_id) const { return number_of_.at(category_id); }
  // labels/SPLIT/NAME.txt, and with options.pictures images/SPLIT/NAME. Throws Error where it
  // cannot be written.
  void Write(const SelectedFrame& frame, const std::string& text);
  std::vector<std::string> Splits() const { return {splits_.begin(), splits_.end()}; }
  void WriteDataYaml(const std::string& text);

 private:
  const std::filesystem::path out_;
  const ExportOptions& options_;
  ExportReport& report_;
  ExportNames files_;
  PictureWriter pictures_;
  std::map<Id, int> number_of_;
  std::vector<std::string> names_;
  std::set<std::string> splits_;  // but "", which is none
};

}  // namespace datasets
