// Shell: opening and closing projects, and what is dropped on the window or chosen for them.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "app/model/requests/label_requests.h"
#include "app/model/sample_project.h"
#include "app/ui/shell/shell.h"
#include "app/ui/views/live/live_view.h"
#include "datasets/files/file_names.h"
#include "datasets/store/schema/schema.h"

namespace app {
namespace {

template <class T>
bool IsReady(const std::future<T>& future) {
  return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

}  // namespace

Shell::Opened Shell::OpenAside(const std::string& file, bool create) {
  using datasets::Project;
  Opened opened;
  try {
    std::error_code ignored;
    opened.may_write = create || !std::filesystem::exists(file, ignored) ||
                       (access(file.c_str(), W_OK) == 0 &&
                        access(std::filesystem::absolute(file).parent_path().c_str(), W_OK) == 0);
    opened.older_version = create ? 0 : datasets::OlderVersion(file);
    opened.project = create ? Project::Create(file)
                            : Project::Open(file, opened.may_write ? Project::Access::kReadWrite
                                                                   : Project::Access::kReadOnly);
  } catch (const std::exception& error) {
    opened.error = error.what();
  }
  return opened;
}

void Shell::OpenProject(const std::string& file, bool create, std::function<void()> then) {
  if (live_ && live_->recording()) {
    Fail("A recording runs in this project: stop it (F7) before you open another");
    return;
  }
  if (opening_) {
    Fail(file + ": another project is being opened; wait for it first");
    return;
  }
  opening_ = Opening{file, std::move(then), std::async(std::launch::async, [file, create] {
                       Opened opened = OpenAside(file, create);
                       Window::Wake();
                       return opened;
                     })};
}

void Shell::FinishOpening() {
  if (!opening_ || !IsReady(opening_->result)) return;
  Opening done = std::move(*opening_);
  opening_.reset();
  Opened opened = done.result.get();
  if (!opened.project) {
    Fail(opened.error);
    return;
  }
  // A recording may have begun meanwhile.
  const auto waiting = std::make_shared<Opened>(std::move(opened));
  const auto show = [this, waiting, file = done.file, then = std::move(done.then)] {
    Show(std::move(*waiting), file);
    if (then) then();
  };
  if (!AsksToEndRecording(show)) show();
}

void Shell::Show(Opened opened, const std::string& file) {
  CloseProject();
  session_ = std::make_unique<Session>(std::move(opened.project), [] { Window::Wake(); });
  read_only_ = !opened.may_write;
  MakeViews();
  start_error_.clear();
  window_.SetTitle(std::filesystem::path(file).stem().string() + " - Vole");
  if (read_only_) {
    session_->Say(Message::Kind::kError,
                  "This project may not be written here: look around, but nothing can be changed. "
                  "Copy it to a place of your own to work on it.");
  }
  if (opened.older_version > 0) {
    const std::string name = std::filesystem::path(file).filename().string();
    session_->messages().push_back(
        {Message::Kind::kSuccess,
         name +
             " was written by an older Vole and is now brought up to date. As it was, it is "
             "kept beside it in " +
             name + ".v" + std::to_string(opened.older_version) + ".bak (a click closes this).",
         0, true});
  }
  preferences_.AddRecent(std::filesystem::absolute(file).string());
  KeepPreferences();
}

std::string Shell::BusyText() {
  closing_.erase(std::remove_if(closing_.begin(), closing_.end(), IsReady<void>), closing_.end());
  if (opening_) {
    return "Opening " + std::filesystem::path(opening_->file).filename().string() + "...";
  }
  return closing_.empty() ? "" : "Closing the project: what runs in it is being ended...";
}

void Shell::CloseProject() {
  if (session_) actions_.Run("behavior.end");  // a start without an end would be lost
  views_.clear();
  left_.clear(), right_.clear(), bottom_.clear();
  popups_.clear();
  canvas_ = nullptr;
  keys_ = nullptr;
  timeline_view_ = nullptr;
  results_ = videos_ = nullptr;
  live_ = nullptr;
  context_.reset();
  actions_ = ActionTable();
  timeline_.reset();
  window_.SetTitle("Vole");
  if (!session_) return;
  // Ending a training takes seconds, in which the window goes on drawing.
  closing_.push_back(std::async(
      std::launch::async, [session = std::shared_ptr<Session>(std::move(session_))]() mutable {
        session.reset();
        Window::Wake();
      }));
}

void Shell::OnDrop(const std::vector<std::string>& files) {
  if (files.size() == 1 && std::filesystem::path(files[0]).extension() == ".vole") {
    OpenProject(files[0], false);
    return;
  }
  if (!session_) {
    // Videos on the start screen: a project beside the first of them.
    const std::filesystem::path first(files.front());
    const auto file = first.parent_path() / (first.stem().string() + ".vole");
    OpenProject(file.string(), !std::filesystem::exists(file), [this, files] { AddVideos(files); });
    return;
  }
  AddVideos(files);
}

void Shell::AddVideos(const std::vector<std::string>& files) {
  Session* session = session_.get();  // ends its jobs before it goes
  for (const std::string& file : files) {
    const std::string name = std::filesystem::path(file).filename().string();
    session_->StartJob("Add " + name, [=](datasets::Project& project, datasets::Job& job) {
      const std::vector<datasets::VideoRow> before = project.Videos();
      const datasets::VideoRow added = project.AddVideo(file, job);
      for (const datasets::VideoRow& video : before) {
        if (video.id != added.id) continue;
        session->SayLater(Message::Kind::kInfo,
                          name +
                              (!video.parts.empty() ? " is in the project already, as a part of "
                               : video.path == added.path ? " is in the project already, as "
                                                          : " is where this video is now: ") +
                              video.name);
      }
    });
  }
}

void Shell::AskNewProject() {
  browser_.Show("New project", FileBrowser::Purpose::kSaveAs, {".vole"}, "", "my_animals.vole",
                [this](const std::vector<std::string>& files) { OpenProject(files[0], true); });
}

void Shell::OpenSample() {
  const char* home = std::getenv("HOME");
  const std::filesystem::path folder = std::filesystem::path(home ? home : ".") / "vole-sample";
  const std::filesystem::path file = folder / "sample.vole";
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  const bool there = std::filesystem::exists(file, ignored);
  OpenProject(file.string(), !there, [this, folder, there] {
    if (there) return;
    session_->StartJob("Make the sample", [folder](datasets::Project& project, datasets::Job& job) {
      FillSampleProject(project, folder, job);
    });
  });
}

void Shell::AskOpenProject() {
  browser_.Show("Open project", FileBrowser::Purpose::kOpenOne, {".vole"}, "", "",
                [this](const std::vector<std::string>& files) { OpenProject(files[0], false); });
}

void Shell::AskAddVideos() {
  browser_.Show("Add videos", FileBrowser::Purpose::kOpenMany, datasets::VideoExtensions(),
                session_ ? session_->project_file().parent_path() : "", "",
                [this](const std::vector<std::string>& files) { AddVideos(files); });
}

void Shell::AskForVideo() {
  if (!session_ || !session_->video()) return;
  browser_.Show("Where is " + session_->video()->name + " now?", FileBrowser::Purpose::kOpenOne,
                datasets::VideoExtensions(), session_->project_file().parent_path(), "",
                [this, id = session_->video_id()](const std::vector<std::string>& files) {
                  RequestRelink(*session_, id, files[0]);
                });
}

}  // namespace app
