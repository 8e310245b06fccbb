#include "infer/live/live_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <variant>

#include "datasets/base/bounded_queue.h"
#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/base/process_memory.h"
#include "datasets/model_files.h"
#include "datasets/only_animal.h"
#include "datasets/recorded_job.h"
#include "datasets/store/writer.h"
#include "infer/live/delays.h"
#include "infer/live/event_outlets.h"
#include "infer/live/live_writer.h"
#include "infer/names/group.h"

namespace infer {
namespace {

using Clock = std::chrono::steady_clock;
using datasets::LiveNews;

// A looker that is kept from its work for a moment catches up; one that takes longer than pictures
// do leaves out all but the newest two, so that its outlines do not grow old.
constexpr size_t kMostToLook = 16, kMostBehind = 2;
constexpr double kKeepsUp = 0.8;     // of the time from picture to picture
constexpr double kCostWeight = 0.1;  // of the last look in the mean of what one takes
constexpr double kBytesToRecord = 64e6;
constexpr size_t kLeastToRecord = 8, kMostToRecord = 90;
constexpr auto kTick = std::chrono::seconds(1);
constexpr auto kStall = std::chrono::seconds(2);
constexpr auto kLookAgain = std::chrono::milliseconds(100);

struct Looked {
  LookedFrame frame;
  std::vector<LiveEvent> events;
  cv::Mat ground;  // when it is new
};
// What one look gives is one entry, however many frames: it must not take the room of pictures.
using ToRecord = std::variant<LiveFrame, std::vector<Looked>>;

class Session {
 public:
  Session(datasets::Project& project, LiveInput& input, const LiveOptions& options,
          const LiveWriter::Names& names, const train::ModelInfo& info, EventOutlets& outlets,
          datasets::Id job_id, datasets::Job& job)
      : input_(input),
        options_(options),
        names_(names),
        job_(job),
        writer_(project, input.file, job_id, names, input.say),
        all_events_(input.zones, input.file.stem().string()),
        events_now_(input.zones, input.file.stem().string()),
        eye_(EyeOf(input, options, info), input.say),
        outlets_(outlets) {}

  void Run(LiveResult& result) {
    start_ = last_picture_ = Clock::now();
    std::vector<std::thread> threads;
    threads.emplace_back([this] { Guard([this] { Take(); }, [this] { TakeDone(); }); });
    threads.emplace_back([this] { Guard([this] { Look(); }, [this] { LookDone(); }); });
    threads.emplace_back([this] { Guard([this] { Record(); }, [this] { Done(); }); });
    Watch();
    for (std::thread& thread : threads) thread.join();
    result.figures = Figures();
    result.animals = eye_.animals();
    result.gave_up = gave_up_;
    result.problem = gave_up_ ? gave_up_why_ : eye_.problem();
    if (error_) std::rethrow_exception(error_);
  }

  datasets::Id video_id() const { return writer_.video_id(); }  // 0: no picture came

 private:
  static EyeOptions EyeOf(const LiveInput& input, const LiveOptions& options,
                          const train::ModelInfo& info) {
    EyeOptions eye;
    eye.predictor = input.predictor;
    eye.info = info;
    eye.animals = options.animals;
    eye.ground_seconds = options.background;
    eye.points = input.points;
    eye.clicks = input.clicks;
    eye.waits = options.as_fast;
    eye.movement = {options.locomotion, options.in_place};
    return eye;
  }

  template <class Work, class Finish>
  void Guard(Work work, Finish finish) {
    try {
      work();
    } catch (...) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!error_) error_ = std::current_exception();
      }
      *input_.stop = true;
      failed_ = true;
      to_look_.Close();
    }
    finish();
  }

  void TakeDone() {
    to_look_.Close();
    taker_done_ = true;
    MayEnd();
  }
  // The recorder ends when both have: what was taken is still written.
  void LookDone() {
    to_look_.Abort();
    looker_done_ = true;
    MayEnd();
  }
  void MayEnd() {
    if (taker_done_ && looker_done_) to_record_.Close();
  }
  void Done() {
    to_record_.Abort();
    to_look_.Abort();
    const std::lock_guard<std::mutex> lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }

  // ---- the thread that takes
  void Take() {
    datasets::LivePicture picture;
    bool any = false, broken = false;
    while (!*input_.stop) {
      SetWaiting(true);
      const LiveNews news = input_.source->Next(&picture);
      SetWaiting(news != LiveNews::kPicture);
      if (news == LiveNews::kEnd) return;
      if (news == LiveNews::kBroken) {
        if (!any && !input_.may_begin_late) {
          throw datasets::Error(input_.name, input_.source->problem(), "check it and start again");
        }
        if (!broken) input_.say(input_.name + ": " + input_.source->problem() + "; waiting for it");
        broken = true;
        std::this_thread::sleep_for(kLookAgain);
        continue;
      }
      any = true;
      broken = false;
      if (options_.seconds > 0 && picture.milliseconds >= 1000 * options_.seconds) return;
      if (!HandOver(picture)) return;
    }
  }

  // From the picture before on, through everything that fails meanwhile.
  void SetWaiting(bool waiting) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (waiting && !waiting_) last_picture_ = Clock::now();
    waiting_ = waiting;
  }

  // False when nobody takes it any more.
  bool HandOver(const datasets::LivePicture& picture) {
    if (size_.empty()) size_ = picture.bgr.size();
    if (picture.bgr.size() != size_) {  // before anybody works on it beside the others
      throw datasets::Error(
          input_.name,
          fmt::format("the picture's size has changed from {} x {} to {} x {}", size_.width,
                      size_.height, picture.bgr.cols, picture.bgr.rows),
          "what was recorded until then is kept; start again");
    }
    LiveFrame frame;
    frame.number = static_cast<int>(frames_);
    frame.milliseconds = picture.milliseconds;
    frame.bgr = picture.bgr;
    frame.taken = picture.taken;
    frame.fps = input_.source->fps();
    if (frames_ == 0) {
      const double bytes = std::max(1.0, static_cast<double>(picture.bgr.total() * 3));
      const auto most =
          std::clamp(static_cast<size_t>(kBytesToRecord / bytes), kLeastToRecord, kMostToRecord);
      to_record_.SetCapacity(2 * most);  // each picture, and what is seen in it
      to_look_.SetCapacity(std::min(most, kMostToLook));
    }
    if (options_.as_fast) {
      if (!to_record_.Push(frame)) return false;
      ++frames_;
      return to_look_.Push(std::move(frame)) || !failed_;
    }
    if (!to_record_.Offer(frame)) {
      ++unrecorded_;
    } else {
      ++frames_;
      if (!to_look_.Offer(std::move(frame)) && eye_.ready()) ++dropped_;
    }
    return !failed_;
  }

  // ---- the thread that looks
  void Look() {
    double cost_seconds = 0;  // of one look, usually
    while (const auto frame = to_look_.Pop()) {
      const bool behind = cost_seconds * frame->fps > kKeepsUp && to_look_.size() >= kMostBehind;
      if (behind && eye_.ready() && !options_.as_fast) {
        ++dropped_;
        continue;
      }
      const bool ready = eye_.ready();
      if (!ready) at_once_since_ = Clock::time_point::max();
      const auto begin = Clock::now();
      HandOn(eye_.Look(*frame), &*frame);
      const auto end = Clock::now();
      if (!ready && eye_.ready()) at_once_since_ = end;
      const double took = std::chrono::duration<double>(end - begin).count();
      // Frames that are caught up on when the ground is known are no look's cost.
      if (ready) cost_seconds += kCostWeight * (took - cost_seconds);
    }
    if (!failed_) HandOn(eye_.Finish(), nullptr);
  }

  // `now`: the frame that has just been looked at, where it has.
  void HandOn(std::vector<LookedFrame> frames, const LiveFrame* now) {
    const auto outlined = Clock::now();
    std::vector<Looked> all;
    LookedFrame shown;  // its masks are shared
    for (LookedFrame& frame : frames) {
      Looked looked;
      looked.events = Tell(frame, outlined);
      ++outlined_;
      // What came while the ground was learned is late however quick the look is.
      if (!frame.late && now && now->taken >= at_once_since_) {
        const std::lock_guard<std::mutex> lock(mutex_);
        latency_.Add(outlined - now->taken);
      }
      looked.ground = eye_.TakeNewGround();
      if (now && input_.show && frame.number == now->number) shown = frame;
      looked.frame = std::move(frame);
      all.push_back(std::move(looked));
    }
    if (!all.empty()) to_record_.Push(std::move(all));
    if (now && input_.show) input_.show(*now, SeenIn(shown));
  }

  std::vector<SeenAnimal> SeenIn(const LookedFrame& frame) const {
    std::vector<SeenAnimal> animals;
    for (const LiveAnimal& animal : frame.animals) {
      animals.push_back({animal.blob.tracklet, names_.Of(animal), &animal.blob, animal.movement});
    }
    return animals;
  }

  // What happened, for the file; what happens now is sent.
  std::vector<LiveEvent> Tell(const LookedFrame& frame, Clock::time_point outlined) {
    const std::vector<SeenAnimal> animals = SeenIn(frame);
    if (!frame.late) {
      for (const LiveEvent& event : events_now_.Add(frame.number, frame.milliseconds, animals)) {
        const bool sent = outlets_.Send(event);
        const std::lock_guard<std::mutex> lock(mutex_);
        ++events_;
        unsent_ += !sent;
        event_delay_.Add(Clock::now() - outlined);
      }
    }
    return all_events_.Add(frame.number, frame.milliseconds, animals);
  }

  // ---- the thread that records
  void Record() {
    while (auto next = to_record_.Pop()) {
      if (const auto* frame = std::get_if<LiveFrame>(&*next)) {
        writer_.Record(*frame);
        continue;
      }
      for (const Looked& looked : std::get<std::vector<Looked>>(*next)) Write(looked);
    }
    writer_.Finish();
  }

  void Write(const Looked& looked) {
    if (!looked.ground.empty()) writer_.SetGround(looked.ground);
    writer_.Add(looked.frame);
    outlets_.Write(looked.events);
  }

  // ---- the caller's thread
  void Watch() {
    auto next_tick = start_ + kTick;
    bool stalled = false;
    std::unique_lock<std::mutex> lock(mutex_);
    while (!done_) {
      changed_.wait_until(lock, std::min(next_tick, Clock::now() + kLookAgain));
      if (done_) return;
      if (job_.cancelled()) *input_.stop = true;
      const auto now = Clock::now();
      const auto since = now - last_picture_;
      const bool taking = input_.can_stall && waiting_ && !taker_done_ && !*input_.stop;
      const auto seconds = std::chrono::duration<double>(since).count();
      if (taking && seconds > options_.wait) {
        gave_up_ = true;
        gave_up_why_ = fmt::format("no picture for {:.0f} s", seconds);
        *input_.stop = true;
      }
      if (taking && options_.seconds > 0 && seconds > options_.seconds) *input_.stop = true;
      const bool stalls = taking && since > kStall;
      const bool tick = now >= next_tick;
      if (stalls == stalled && !tick) continue;
      lock.unlock();
      if (stalls && !stalled) input_.say(input_.name + ": no picture for 2 s; waiting for it");
      if (stalled && !stalls && !taker_done_ && !*input_.stop)
        input_.say(input_.name + ": pictures again");
      stalled = stalls;
      if (tick) input_.every_second(Figures());
      while (next_tick <= now) next_tick += kTick;
      lock.lock();
    }
  }

  LiveFigures Figures() {
    const std::lock_guard<std::mutex> lock(mutex_);
    LiveFigures figures;
    figures.frames = frames_;
    figures.outlined = outlined_;
    figures.dropped = dropped_;
    figures.start_up = std::max<int64_t>(0, frames_ - outlined_ - dropped_);
    figures.unrecorded = unrecorded_;
    figures.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    figures.fps = figures.seconds > 0 ? static_cast<double>(frames_) / figures.seconds : 0;
    figures.latency_ms = latency_.At(0.5);
    figures.latency_99_ms = latency_.At(0.99);
    figures.events = events_;
    figures.unsent = unsent_;
    figures.event_ms = event_delay_.At(0.5);
    figures.event_99_ms = event_delay_.At(0.99);
    figures.outlines = eye_.ready();
    if (waiting_) {
      figures.silent_seconds = std::chrono::duration<double>(Clock::now() - last_picture_).count();
    }
    return figures;
  }

  LiveInput& input_;
  const LiveOptions& options_;
  const LiveWriter::Names& names_;
  datasets::Job& job_;
  LiveWriter writer_;
  // Of the whole recording, and of what is looked at as it comes.
  EventDetector all_events_, events_now_;
  LiveEye eye_;
  EventOutlets& outlets_;
  datasets::BoundedQueue<LiveFrame> to_look_{kMostToLook};
  datasets::BoundedQueue<ToRecord> to_record_{kLeastToRecord};
  std::atomic<int64_t> frames_{0}, outlined_{0}, dropped_{0}, unrecorded_{0};
  std::atomic<bool> failed_{false}, taker_done_{false}, looker_done_{false};
  cv::Size size_;                      // of the pictures; of the thread that takes
  Clock::time_point at_once_since_{};  // of the thread that looks

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  Clock::time_point start_, last_picture_;
  Delays latency_, event_delay_;
  int64_t events_ = 0, unsent_ = 0;
  bool waiting_ = false;  // for the source
  bool done_ = false, gave_up_ = false;
  std::string gave_up_why_;
  std::exception_ptr error_;
};

// `numbered`: animals share names, and their tracks' numbers tell them apart.
nlohmann::json StoredOptions(LiveOptions options, const LiveInput& input, bool numbered) {
  nlohmann::json json = datasets::OptionsToJson(options);
  json["live"] = datasets::ShownText(input.name);
  json["numbered"] = numbered;
  return json;
}

}  // namespace

LiveResult RunLive(datasets::Project& project, LiveInput& input, const LiveOptions& options,
                   datasets::Job& job) {
  VOLE_CHECK(input.source && input.stop);
  datasets::KeepFreedMemory();
  LiveResult result;
  train::ModelInfo info;
  LiveWriter::Names names;
  if (input.predictor) {
    info = PlanGroup(input.predictor->info(),
                     options.animals > 0 ? std::to_string(options.animals) : "auto")
               .info;
    names.classes = info.classes;
    names.numbered = std::any_of(info.max_instances.begin(), info.max_instances.end(),
                                 [](int instances) { return instances > 1; });
  } else {
    names.classes = {datasets::OnlyAnimal(project)};
    names.numbered = true;
  }
  names.categories = datasets::AnimalsOfModel(project, input.model_id, names.classes);
  const datasets::NewJob row{datasets::JobKind::kPredict,
                             StoredOptions(options, input, names.numbered).dump(), input.model_id};
  EventOutlets outlets(input.send, input.events_file);  // what is wrong with them is no job yet
  datasets::RunRecorded(project, row, [&](datasets::Id job_id) {
    result.job_id = job_id;
    Session session(project, input, options, names, info, outlets, job_id, job);
    session.Run(result);
    if (session.video_id() != 0) result.video = project.VideoById(session.video_id()).name;
    return datasets::JobOutcome();
  });
  return result;
}

}  // namespace infer
