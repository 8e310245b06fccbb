// Labels in and out of the project from the window, with the options of the command line.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "app/model/session/session.h"
#include "datasets/formats/formats.h"

namespace app {

// What an import would bring, or why it can't: tried on a copy beside the project, which is removed
// again; the project stays as it is. Throws as datasets::Import does.
datasets::ImportReport TryImport(const datasets::Project& project, const std::string& format,
                                 const std::filesystem::path& path,
                                 const datasets::ImportOptions& options, datasets::Job& job,
                                 const datasets::Recognized& recognized = {});

// In words: "12 labels on 10 images, 2 new names; 3 were there already".
std::string ReportText(const datasets::ImportReport& report);
std::string ReportText(const datasets::ExportReport& report);

// What a job of these has come to, for the panel that asked; any thread.
class ExchangeNews {
 public:
  struct Text {
    std::string text;  // "" until there is some
    bool failed = false;
  };
  void Set(const std::string& text, bool failed);
  Text Now() const;

 private:
  mutable std::mutex mutex_;
  Text now_;
};

// As jobs; `news` is told what came of it. An import without a format takes the one that the file
// is like, and says which.
void RequestTryImport(Session& session, const std::string& format, const std::string& path,
                      const datasets::ImportOptions& options, std::shared_ptr<ExchangeNews> news);
void RequestImport(Session& session, const std::string& format, const std::string& path,
                   const datasets::ImportOptions& options, std::shared_ptr<ExchangeNews> news);
void RequestExport(Session& session, const std::string& format, const std::string& path,
                   const datasets::ExportOptions& options, std::shared_ptr<ExchangeNews> news);

}  // namespace app
