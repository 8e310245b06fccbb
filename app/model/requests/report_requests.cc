#include "app/model/requests/report_requests.h"

#include <utility>

#include "datasets/report/report.h"

namespace app {
namespace {

std::string MakeReportIn(const ReportChoice& choice, const datasets::Project& project,
                         datasets::Job& job) {
  const std::string folder = ReportFolder(choice.folder, project.file());
  if (folder.empty()) throw datasets::Error("report", "no folder is named for it", "choose one");
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) {
    throw datasets::Error("folder '" + folder + "'",
                          "it cannot be made (" + failure.message() + ")", "choose another one");
  }
  ReportChoice absolute = choice;
  absolute.folder = folder;
  const datasets::Report report = datasets::MakeReport(&project, RequestOf(absolute), job);
  if (report.written.empty()) {
    throw datasets::Error("report", "no file of it was chosen", "choose at least one");
  }
  std::string text = "Written to " + folder + ":";
  for (const auto& path : report.written) text += "\n" + path.filename().string();
  for (const std::string& warning : report.warnings) text += "\n" + warning;
  return text;
}

}  // namespace

void RequestReport(Session& session, const ReportChoice& choice,
                   std::shared_ptr<ExchangeNews> news) {
  news->Set("", false);
  session.StartJob("Report", [=](datasets::Project& project, datasets::Job& job) {
    try {
      news->Set(MakeReportIn(choice, project, job), false);
    } catch (const std::exception& error) {
      news->Set(error.what(), true);
      throw;
    }
  });
}

void RequestOpenFolder(Session& session, const std::string& folder) {
  session.Post("Open folder", [folder](datasets::Project&) { OpenFolder(folder); });
}

}  // namespace app
