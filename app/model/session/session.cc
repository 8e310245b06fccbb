#include "app/model/session/session.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <mutex>
#include <thread>

#include "app/model/session/backup.h"
#include "app/model/session/frame_feed.h"
#include "app/model/session/view_loader.h"
#include "datasets/base/error.h"

namespace app {
namespace {

using Clock = std::chrono::steady_clock;

// What a change says of itself, held until it is carried out: until its commit nothing has
// happened.
thread_local std::vector<Message>* held_messages = nullptr;

std::string PersonName() {
  const char* user = std::getenv("USER");
  return user ? user : "";
}

}  // namespace

struct Session::Impl {
  struct RunningJob {
    JobStatus status;
    std::unique_ptr<datasets::Job> job;
    std::function<void(datasets::Project&, datasets::Job&)> work;
    Clock::time_point started;
  };

  std::unique_ptr<datasets::Project> project;
  std::function<void()> wake;
  annotate::History history;

  // What the GUI thread sees; swapped in by Poll.
  std::shared_ptr<const ProjectView> project_view;
  std::shared_ptr<const FrameView> frame_view;
  std::shared_ptr<const datasets::Background> background;
  DecodedFrame picture;
  datasets::Id video_id = 0;
  int frame = 0;
  bool playing = false;
  double speed = 1, play_position = 0;
  std::optional<std::pair<int, int>> loop;
  std::deque<Message> messages;
  std::map<datasets::Id, int> left_at;  // frame of each video

  // What workers leave for Poll.
  std::mutex inbox_mutex;
  std::vector<Message> inbox;
  std::optional<annotate::Place> place_to_show;
  std::optional<annotate::Place> show_only_from;

  ViewLoader views;
  FrameFeed frames;

  // Changes: one worker, in order.
  std::mutex change_mutex;
  std::condition_variable change_wake;
  std::deque<std::pair<std::string, Change>> changes;
  bool stopping = false;
  std::thread change_thread;

  std::mutex job_mutex;
  std::condition_variable job_wake;
  std::vector<std::shared_ptr<RunningJob>> jobs;  // first running one is the active one
  std::deque<std::shared_ptr<RunningJob>> waiting;
  int64_t next_job_id = 1;
  std::thread job_thread;
  std::vector<std::future<void>> aside;    // jobs with a thread of their own
  std::unique_ptr<PeriodicBackup> backup;  // last: it ends before what it reports to

  Impl(std::unique_ptr<datasets::Project> opened, std::function<void()> wake_window)
      : project(std::move(opened)),
        wake(std::move(wake_window)),
        history(*project, PersonName()),
        views(*project, history, wake, SayError()),
        frames(*project, wake, SayError()) {
    try {
      change_thread = std::thread([this] { RunChanges(); });
      job_thread = std::thread([this] { RunJobs(); });
      backup = std::make_unique<PeriodicBackup>(*project, std::chrono::hours(1), SayError());
    } catch (...) {
      Stop();  // a thread that is not joined would end the program
      throw;
    }
  }

  ~Impl() { Stop(); }

  void Stop() {
    {
      std::scoped_lock lock(change_mutex, job_mutex);
      stopping = true;
      for (const auto& running : jobs) running->job->Cancel();
      waiting.clear();
    }
    change_wake.notify_all();
    job_wake.notify_all();
    if (change_thread.joinable()) change_thread.join();
    if (job_thread.joinable()) job_thread.join();
    aside.clear();  // waits for each
  }

  std::function<void(const std::string&)> SayError() {
    return [this](const std::string& error) { Leave(Message::Kind::kError, error); };
  }

  void Leave(Message::Kind kind, const std::string& text) {
    if (held_messages) {
      held_messages->push_back({kind, text, 0});
      return;
    }
    {
      std::scoped_lock lock(inbox_mutex);
      inbox.push_back({kind, text, 0});
    }
    wake();
  }

  void Post(const std::string& what, Change change) {
    {
      std::scoped_lock lock(change_mutex);
      changes.emplace_back(what, std::move(change));
    }
    change_wake.notify_one();
  }

  void PostStep(const std::string& what, const std::string& done, const std::string& verb,
                std::optional<annotate::StoredEdit> (annotate::History::*step)()) {
    Post(what, [=](datasets::Project&) {
      try {
        const auto edit = (history.*step)();
        std::scoped_lock lock(inbox_mutex);
        if (edit) place_to_show = edit->place, show_only_from.reset();
        inbox.push_back(
            {Message::Kind::kInfo, edit ? done + edit->label : "Nothing to " + verb, 0});
      } catch (const annotate::EditRefused& refused) {
        history.Forget(refused.edit_id);
        Leave(Message::Kind::kError, what + ": " + refused.what() +
                                         ". It is off the list now: the next " + what +
                                         " goes on with the change before it");
      }
    });
  }

  void RunChanges() {
    while (true) {
      std::pair<std::string, Change> next;
      {
        std::unique_lock lock(change_mutex);
        change_wake.wait(lock, [this] { return stopping || !changes.empty(); });
        if (changes.empty()) return;  // stopping, and everything asked for is done
        next = std::move(changes.front());
        changes.pop_front();
      }
      std::vector<Message> said;
      std::string failure;
      held_messages = &said;
      try {
        next.second(*project);
      } catch (const std::exception& error) {
        failure = next.first + ": " + error.what();
      }
      held_messages = nullptr;
      for (const Message& message : said) {
        if (failure.empty() || message.kind == Message::Kind::kError) {
          Leave(message.kind, message.text);
        }
      }
      if (!failure.empty()) Leave(Message::Kind::kError, failure);
      views.Reload();
    }
  }

  void RunJobs() {
    while (true) {
      std::shared_ptr<RunningJob> next;
      {
        std::unique_lock lock(job_mutex);
        job_wake.wait(lock, [this] { return stopping || !waiting.empty(); });
        if (stopping) return;
        next = waiting.front();
        waiting.pop_front();
        next->started = Clock::now();
      }
      Carry(next);
    }
  }

  // Does the work of a job, and says how it ended.
  void Carry(const std::shared_ptr<RunningJob>& next) {
    JobStatus::State state = JobStatus::State::kDone;
    std::string error_text;
    try {
      next->work(*project, *next->job);
    } catch (const datasets::Cancelled&) {
      state = JobStatus::State::kCancelled;
    } catch (const std::exception& error) {
      state = JobStatus::State::kFailed;
      error_text = error.what();
    }
    std::string title;
    {
      std::scoped_lock lock(job_mutex);
      next->status.state = state;
      next->status.error = error_text;
      next->work = nullptr;  // what it held is not needed any more
      title = next->status.title;
      PruneJobs();
    }
    if (state == JobStatus::State::kFailed) {
      Leave(Message::Kind::kError, title + ": " + error_text);
    } else {
      Leave(Message::Kind::kSuccess,
            title + (state == JobStatus::State::kDone ? ": done" : ": cancelled"));
    }
    views.Reload();
  }

  // Of those that have ended the newest stay, to be looked at. With job_mutex held.
  void PruneJobs() {
    constexpr size_t kEndedKept = 30;
    const auto has_ended = [](const std::shared_ptr<RunningJob>& job) {
      return job->status.state != JobStatus::State::kRunning;
    };
    size_t ended = static_cast<size_t>(std::count_if(jobs.begin(), jobs.end(), has_ended));
    for (auto job = jobs.begin(); ended > kEndedKept;) {
      if (!has_ended(*job)) {
        ++job;
        continue;
      }
      job = jobs.erase(job);
      --ended;
    }
  }

  int FrameCount() const {
    const datasets::VideoRow* row = Video();
    return row ? row->frame_count : 0;
  }

  const datasets::VideoRow* Video() const {
    if (!project_view) return nullptr;
    for (const datasets::VideoRow& row : project_view->videos) {
      if (row.id == video_id) return &row;
    }
    return nullptr;
  }

  void Show(datasets::Id video, int wanted) {
    const bool other = video != video_id;
    if (other) left_at[video_id] = frame;
    video_id = video;
    frame = std::clamp(wanted, 0, std::max(FrameCount() - 1, 0));
    if (other) {
      loop.reset();  // a span of the other video
      background.reset();
      frame_view.reset();
      picture = DecodedFrame();
    }
    frames.Request(video_id, frame, playing ? 1 : 0);
    views.RequestFrame(video_id, frame);
  }
};

Session::Session(std::unique_ptr<datasets::Project> project, std::function<void()> wake)
    : impl_(new Impl(std::move(project), std::move(wake))) {
  impl_->views.Reload();
}

Session::~Session() = default;

const std::filesystem::path& Session::project_file() const { return impl_->project->file(); }

bool Session::Poll() {
  Impl& s = *impl_;
  bool changed = false;
  if (auto fresh = s.views.TakeProject()) {
    const bool first = !s.project_view;
    const bool found = s.project_view && !s.project_view->missing_videos.empty() &&
                       fresh->missing_parts != s.project_view->missing_parts;
    s.project_view = std::move(fresh);
    changed = true;
    const bool gone = s.Video() == nullptr;
    if ((first || gone) && !s.project_view->videos.empty()) {
      s.Show(s.project_view->videos.front().id, 0);
    } else if (found) {
      s.Show(s.video_id, s.frame);
    }
  }
  // What was asked for before another video was chosen comes too late.
  if (auto fresh = s.views.TakeFrame(); fresh && fresh->video_id == s.video_id) {
    s.frame_view = std::move(fresh);
    changed = true;
  }
  DecodedFrame picture;
  std::shared_ptr<const datasets::Background> background;
  if (s.frames.Take(picture, background) && picture.video_id == s.video_id) {
    s.picture = std::move(picture);
    s.background = std::move(background);
    changed = true;
  }
  std::optional<annotate::Place> place;
  {
    std::scoped_lock lock(s.inbox_mutex);
    for (Message& message : s.inbox) s.messages.push_back(std::move(message));
    changed |= !s.inbox.empty();
    s.inbox.clear();
    std::swap(place, s.place_to_show);
    const auto& from = s.show_only_from;
    if (from && (from->video_id != s.video_id || from->frame_index != s.frame)) place.reset();
  }
  if (place && place->video_id) {
    s.playing = false;
    s.Show(place->video_id, place->frame_index);
    changed = true;
  }
  return changed;
}

datasets::Id Session::video_id() const { return impl_->video_id; }
const datasets::VideoRow* Session::video() const { return impl_->Video(); }
int Session::frame() const { return impl_->frame; }
int Session::frame_count() const { return impl_->FrameCount(); }
void Session::GoTo(datasets::Id video_id, int frame) {
  impl_->play_position = frame;
  impl_->Show(video_id, frame);
}
void Session::SetDrawnTolerance(double image_pixels) {
  impl_->views.SetDrawnTolerance(image_pixels);
}

void Session::GoToVideo(datasets::Id video_id) {
  const auto left_at = impl_->left_at.find(video_id);
  GoTo(video_id, left_at == impl_->left_at.end() ? 0 : left_at->second);
}

void Session::GoToFrame(int frame) { GoTo(impl_->video_id, frame); }
bool Session::playing() const { return impl_->playing; }
double Session::speed() const { return impl_->speed; }

void Session::SetPlaying(bool playing, double speed) {
  impl_->playing = playing && impl_->Video() != nullptr;
  impl_->speed = std::clamp(speed, 0.1, 16.0);
  impl_->play_position = impl_->frame;
}

void Session::SetLoop(std::optional<std::pair<int, int>> span) { impl_->loop = span; }

void Session::TickPlayback(double seconds_since_last) {
  Impl& s = *impl_;
  const datasets::VideoRow* row = s.Video();
  if (!s.playing || !row) return;
  s.play_position += seconds_since_last * s.speed * row->fps;
  const int first = s.loop ? s.loop->first : 0;
  const int end = s.loop ? s.loop->second : row->frame_count;
  if (s.play_position >= end) {
    if (s.loop) {
      s.play_position = first;
    } else {
      s.play_position = end - 1;
      s.playing = false;
    }
  }
  const int wanted = static_cast<int>(std::floor(s.play_position));
  if (wanted != s.frame) s.Show(s.video_id, wanted);
}

std::shared_ptr<const ProjectView> Session::project_view() const { return impl_->project_view; }
std::shared_ptr<const FrameView> Session::frame_view() const { return impl_->frame_view; }
DecodedFrame Session::picture() const { return impl_->picture; }
bool Session::ShowsFrame() const {
  const Impl& s = *impl_;
  return s.picture.video_id == s.video_id && s.picture.frame == s.frame && s.frame_view &&
         s.frame_view->frame == s.frame;
}
std::shared_ptr<const datasets::Background> Session::background() const {
  return impl_->background;
}

void Session::Post(const std::string& what, Change change) { impl_->Post(what, std::move(change)); }

void Session::PostEdit(std::function<annotate::Edit(datasets::Project&)> build,
                       std::function<void()> failed) {
  Post("Change", [this, build = std::move(build), failed = std::move(failed)](auto& project) {
    try {
      impl_->history.Apply(build(project));
    } catch (...) {
      if (failed) failed();
      throw;
    }
  });
}

void Session::Undo() { impl_->PostStep("Undo", "Undone: ", "undo", &annotate::History::Undo); }

void Session::Redo() { impl_->PostStep("Redo", "Done again: ", "redo", &annotate::History::Redo); }

int64_t Session::StartJob(const std::string& title,
                          std::function<void(datasets::Project&, datasets::Job&)> work, Lane lane) {
  auto running = std::make_shared<Impl::RunningJob>();
  running->work = std::move(work);
  running->status.title = title;
  running->status.lane = lane;
  running->started = Clock::now();
  Impl::RunningJob* raw = running.get();
  running->job =
      std::make_unique<datasets::Job>([this, raw](const datasets::Job::Progress& progress) {
        {
          std::scoped_lock lock(impl_->job_mutex);
          raw->status.done = progress.done;
          raw->status.total = progress.total;
          raw->status.text = progress.text;
          raw->status.seconds = std::chrono::duration<double>(Clock::now() - raw->started).count();
        }
        impl_->wake();
      });
  int64_t id = 0;
  {
    std::scoped_lock lock(impl_->job_mutex);
    id = running->status.id = impl_->next_job_id++;
    impl_->jobs.push_back(running);
    if (lane == Lane::kInTurn) impl_->waiting.push_back(running);
  }
  if (lane == Lane::kAside) {
    auto& aside = impl_->aside;
    aside.erase(std::remove_if(aside.begin(), aside.end(),
                               [](const std::future<void>& done) {
                                 return done.wait_for(std::chrono::seconds(0)) ==
                                        std::future_status::ready;
                               }),
                aside.end());
    aside.push_back(
        std::async(std::launch::async, [impl = impl_.get(), running] { impl->Carry(running); }));
    return id;
  }
  impl_->job_wake.notify_one();
  return id;
}

void Session::CancelJob(int64_t id) {
  std::scoped_lock lock(impl_->job_mutex);
  for (const auto& running : impl_->jobs) {
    if (running->status.id == id) running->job->Cancel();
  }
}

std::vector<Session::JobStatus> Session::JobsNow() const {
  std::scoped_lock lock(impl_->job_mutex);
  std::vector<JobStatus> all;
  for (const auto& running : impl_->jobs) all.push_back(running->status);
  return all;
}

void Session::Say(Message::Kind kind, const std::string& text) {
  impl_->messages.push_back({kind, text, 0});
}

void Session::SayLater(Message::Kind kind, const std::string& text) { impl_->Leave(kind, text); }

std::function<void(const std::string&)> Session::SayError() { return impl_->SayError(); }

void Session::ShowLater(datasets::Id video_id, int frame) {
  {
    std::scoped_lock lock(impl_->inbox_mutex);
    impl_->place_to_show = annotate::Place{video_id, frame};
    impl_->show_only_from.reset();
  }
  impl_->wake();
}

void Session::ShowLaterFrom(const annotate::Place& from, int frame) {
  {
    std::scoped_lock lock(impl_->inbox_mutex);
    impl_->place_to_show = annotate::Place{from.video_id, frame};
    impl_->show_only_from = from;
  }
  impl_->wake();
}

std::deque<Message>& Session::messages() { return impl_->messages; }

}  // namespace app
