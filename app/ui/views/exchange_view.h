// Labels and predictions in and out, in the formats and with the options of the command line.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/model/requests/exchange_requests.h"
#include "app/ui/view.h"

namespace app {

class ExchangeView : public View {
 public:
  const char* id() const override { return "exchange"; }
  const char* title() const override { return "Import and export"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;

  // Asks for a file, or a folder, to read or (`writes`) to write; calls back with its path.
  std::function<void(bool writes, std::function<void(const std::string&)>)> choose;

 private:
  enum class Kind { kClosed, kImport, kExport };
  void Open(Kind kind);
  void DrawFormat();
  void DrawPath(float scale);
  void DrawVideo(const ProjectView& project, std::string* video);
  void DrawButtons(Session& session);

  Kind kind_ = Kind::kClosed;
  std::string import_format_;  // "": what the file is like
  std::string export_format_ = "coco";
  char path_[1024] = "";
  // What was chosen meanwhile; the file browser may outlive this view.
  std::shared_ptr<std::string> chosen_ = std::make_shared<std::string>();
  datasets::ImportOptions import_;
  datasets::ExportOptions export_;
  std::shared_ptr<ExchangeNews> news_ = std::make_shared<ExchangeNews>();
};

}  // namespace app
