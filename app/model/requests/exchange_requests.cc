#include "app/model/requests/exchange_requests.h"

#include <unistd.h>

#include <functional>
#include <utility>

#include "datasets/store/copy.h"

namespace app {
namespace {

namespace fs = std::filesystem;

// A copy of the project beside it, so that paths mean the same; gone with this object.
class CopyBeside {
 public:
  explicit CopyBeside(const datasets::Project& project)
      : file_(project.folder() / ("." + project.file().stem().string() + ".try-" +
                                  std::to_string(getpid()) + ".vole")) {
    project.Read([&](datasets::Connection& connection) { datasets::CopyTo(connection, file_); });
  }
  ~CopyBeside() {
    std::error_code ignored;
    for (const char* part : {"", "-wal", "-shm"}) fs::remove(file_.string() + part, ignored);
  }
  CopyBeside(const CopyBeside&) = delete;
  CopyBeside& operator=(const CopyBeside&) = delete;
  const fs::path& file() const { return file_; }

 private:
  const fs::path file_;
};

std::string CountOf(int64_t count, const std::string& thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

std::string WithWarnings(std::string text, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) text += "\n" + warning;
  return text;
}

// What an import says: as what a file was read comes last, where nobody has said it.
std::string ImportText(const std::string& verb,
                       const std::function<datasets::ImportReport(datasets::Recognized)>& import) {
  std::string format;
  const datasets::ImportReport report = import([&](const std::string& found) { format = found; });
  const std::string text = verb + " " + ReportText(report);
  return format.empty() ? text : text + "\nIt was recognized as " + format + ".";
}

using Work = std::function<std::string(datasets::Project&, datasets::Job&)>;

void Start(Session& session, const std::string& title, std::shared_ptr<ExchangeNews> news,
           Work work) {
  news->Set("", false);
  session.StartJob(title, [news = std::move(news), work = std::move(work)](
                              datasets::Project& project, datasets::Job& job) {
    try {
      news->Set(work(project, job), false);
    } catch (const std::exception& error) {
      news->Set(error.what(), true);
      throw;
    }
  });
}

}  // namespace

datasets::ImportReport TryImport(const datasets::Project& project, const std::string& format,
                                 const fs::path& path, const datasets::ImportOptions& options,
                                 datasets::Job& job, const datasets::Recognized& recognized) {
  const CopyBeside copy(project);
  const auto tried = datasets::Project::Open(copy.file());
  return datasets::Import(*tried, format, path, options, job, recognized);
}

std::string ReportText(const datasets::ImportReport& report) {
  std::string text;
  if (report.annotations > 0 || report.intervals + report.predictions == 0) {
    text = CountOf(report.annotations, "label") + " on " + CountOf(report.images, "image") + ", " +
           CountOf(report.categories, "new animal");
  }
  if (report.intervals > 0) {
    text += (text.empty() ? "" : "; ") + CountOf(report.intervals, "bout") + ", " +
            CountOf(report.behaviors, "new behavior");
  }
  if (report.predictions > 0) {
    text += (text.empty() ? "" : "; ") + CountOf(report.predictions, "prediction") + " on " +
            CountOf(report.predicted_frames, "frame");
  }
  if (report.completed > 0) {
    text += "; " + CountOf(report.completed, "label") + " got key points or an outline";
  }
  if (report.already_present > 0) {
    text += "; " + std::to_string(report.already_present) + " were there already";
  }
  return WithWarnings(text, report.warnings);
}

std::string ReportText(const datasets::ExportReport& report) {
  std::string text;
  if (report.images > 0 || report.intervals == 0) {
    text = CountOf(report.annotations, "animal") + " on " + CountOf(report.images, "image");
  }
  if (report.intervals > 0) {
    text += (text.empty() ? "" : "; ") + CountOf(report.intervals, "bout");
  }
  return WithWarnings(text, report.warnings);
}

void ExchangeNews::Set(const std::string& text, bool failed) {
  std::scoped_lock lock(mutex_);
  now_ = {text, failed};
}

ExchangeNews::Text ExchangeNews::Now() const {
  std::scoped_lock lock(mutex_);
  return now_;
}

void RequestTryImport(Session& session, const std::string& format, const std::string& path,
                      const datasets::ImportOptions& options, std::shared_ptr<ExchangeNews> news) {
  Start(session, "Look what " + fs::path(path).filename().string() + " would bring",
        std::move(news), [=](datasets::Project& project, datasets::Job& job) {
          return ImportText("Would bring", [&](const datasets::Recognized& recognized) {
            return TryImport(project, format, path, options, job, recognized);
          });
        });
}

void RequestImport(Session& session, const std::string& format, const std::string& path,
                   const datasets::ImportOptions& options, std::shared_ptr<ExchangeNews> news) {
  Start(session, "Import " + fs::path(path).filename().string(), std::move(news),
        [=](datasets::Project& project, datasets::Job& job) {
          datasets::CheckOptions(options, "import");
          return ImportText("Imported", [&](const datasets::Recognized& recognized) {
            return datasets::Import(project, format, path, options, job, recognized);
          });
        });
}

void RequestExport(Session& session, const std::string& format, const std::string& path,
                   const datasets::ExportOptions& options, std::shared_ptr<ExchangeNews> news) {
  Start(session, "Export " + fs::path(path).filename().string(), std::move(news),
        [=](datasets::Project& project, datasets::Job& job) {
          datasets::CheckOptions(options, "export");
          return "Wrote " + path + ": " +
                 ReportText(datasets::Export(project, format, path, options, job));
        });
}

}  // namespace app
