// Shell: what pages and the report ask it for.
#include "app/ui/shell/shell.h"
#include "app/ui/views/report/report_view.h"
#include "app/ui/views/view_list.h"

namespace app {

void Shell::WirePages(ViewSet& set) {
  // The file browser may outlive the project that it was opened for.
  const Session* of = session_.get();
  const auto ask = [this, of](const char* title, FileBrowser::Purpose purpose,
                              const std::string& suggested,
                              const std::function<void(const std::string&)>& done) {
    browser_.Show(title, purpose, {}, session_->project_file().parent_path(), suggested,
                  [this, of, done](const std::vector<std::string>& files) {
                    if (session_.get() == of) done(files[0]);
                  });
  };
  set.report->choose = [ask](std::function<void(const std::string&)> done) {
    ask("Report to", FileBrowser::Purpose::kFileOrFolder, "", done);
  };
  set.results->choose = [ask](const std::string& suggested,
                              std::function<void(const std::string&)> done) {
    ask("Save results", FileBrowser::Purpose::kSaveAs, suggested, done);
  };
  set.videos->choose_folder = [ask](std::function<void(const std::string&)> done) {
    ask("Look for videos in", FileBrowser::Purpose::kFileOrFolder, "", done);
  };
  set.videos->report = [this, report = set.report](std::vector<std::string> names) {
    report->OpenFor(*session_, std::move(names));
  };
  results_ = set.results.get();
  videos_ = set.videos.get();
  views_.push_back(std::move(set.results));
  views_.push_back(std::move(set.videos));
}

}  // namespace app
