#include "datasets/project.h"

#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "datasets/base/file_identity.h"
#include "datasets/base/suggest.h"
#include "datasets/files/atomic_file.h"
#include "datasets/recording.h"
#include "datasets/store/connection.h"
#include "datasets/store/file/open.h"
#include "datasets/store/reader.h"
#include "datasets/store/transaction.h"
#include "datasets/store/writer.h"

namespace datasets {
namespace {

constexpr int kWriteTimeoutMs = 60000;
constexpr int kReadTimeoutMs = 10000;

namespace fs = std::filesystem;

std::string Thing(const fs::path& file) { return "project '" + file.string() + "'"; }

}  // namespace

struct Project::Impl {
  fs::path file;
  Access access = Access::kReadWrite;
  Connection::Mode read_mode = Connection::Mode::kReadOnly;

  std::mutex identity_mutex;
  std::optional<FileIdentity> identity;  // when it was last looked at
  std::unique_ptr<Connection> writer;    // null when opened read-only
  std::mutex write_mutex;
  std::atomic<std::thread::id> writing_thread{};

  std::mutex pool_mutex;
  std::vector<std::unique_ptr<Connection>> idle_readers;
  std::map<std::thread::id, std::unique_ptr<Connection>> pinned;  // to one moment

  std::mutex revision_mutex;
  std::unique_ptr<Connection> revision_reader;
  int64_t data_version = -1;
  int64_t revision = 0;

  std::unique_ptr<Connection> TakeReader() {
    {
      std::lock_guard<std::mutex> lock(pool_mutex);
      if (!idle_readers.empty()) {
        auto reader = std::move(idle_readers.back());
        idle_readers.pop_back();
        return reader;
      }
    }
    CheckFile();
    return std::make_unique<Connection>(file, read_mode, kReadTimeoutMs);
  }

  // This thread reads with one connection while it lives.
  struct Pin {
    explicit Pin(Impl* owner) : impl(owner) {
      auto connection = impl->TakeReader();
      std::lock_guard<std::mutex> lock(impl->pool_mutex);
      impl->pinned[std::this_thread::get_id()] = std::move(connection);
    }
    ~Pin() {
      std::lock_guard<std::mutex> lock(impl->pool_mutex);
      auto pinned = impl->pinned.extract(std::this_thread::get_id());
      impl->idle_readers.push_back(std::move(pinned.mapped()));
    }
    Impl* impl;
  };

  Connection* PinnedHere() {
    std::lock_guard<std::mutex> lock(pool_mutex);
    const auto found = pinned.find(std::this_thread::get_id());
    return found == pinned.end() ? nullptr : found->second.get();
  }

  template <class Work>
  auto WithReader(Work work) {
    if (Connection* here = PinnedHere()) return work(Reader(*here), *here);
    std::unique_ptr<Connection> connection = TakeReader();
    struct GiveBack {
      Impl* impl;
      std::unique_ptr<Connection>& connection;
      ~GiveBack() {
        std::lock_guard<std::mutex> lock(impl->pool_mutex);
        impl->idle_readers.push_back(std::move(connection));
      }
    } give_back{this, connection};
    return work(Reader(*connection), *connection);
  }

  // A copy put in the place of an open project is not what the log beside it belongs to: writing on
  // would damage it. The file never shrinks, and only a copy written over it starts anew.
  void CheckFile() {
    std::lock_guard<std::mutex> lock(identity_mutex);
    const auto now = IdentityOf(file);
    const bool same = now && identity && now->SameFile(*identity) && now->bytes >= identity->bytes;
    if (identity && !same) {
      throw Error(Thing(file),
                  now ? "another file has taken its place while it was open"
                      : "its file was removed while it was open",
                  "nothing was written; close it, put the file in order with 'vole restore', and "
                  "open it again");
    }
    identity = now;
  }

  ~Impl() {
    idle_readers.clear();
    revision_reader.reset();
    writer.reset();  // last, so that it merges the log into the file
  }
};

Project::Project() : impl_(std::make_unique<Impl>()) {}
Project::~Project() = default;

std::unique_ptr<Project> Project::Create(const fs::path& file) {
  std::error_code failure;
  if (fs::exists(file, failure)) {
    throw Error(Thing(file), "the file exists already", "choose another name, or open it");
  }
  const fs::path folder = fs::absolute(file).parent_path();
  if (!fs::is_directory(folder, failure)) {
    throw Error(Thing(file), "the folder '" + folder.string() + "' does not exist",
                "make it first");
  }
  fs::path unfinished;
  const auto remove_unfinished = [&] {
    if (unfinished.empty()) return;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      fs::path leftover = unfinished;
      leftover += suffix;
      fs::remove(leftover, failure);
    }
  };
  try {
    unfinished = MakeTemporaryFor(fs::absolute(file));
    { MakeProjectFile(unfinished, kWriteTimeoutMs); }
    // A link fails where the name has been taken meanwhile; some file systems know no links. Where
    // it has been made, what follows only puts the file and its name down on the disk.
    if (link(unfinished.c_str(), fs::absolute(file).c_str()) != 0 && fs::exists(file)) {
      throw Error(Thing(file), "the file exists already", "open it");
    }
    ReplaceFile(unfinished, fs::absolute(file));
  } catch (const fs::filesystem_error& error) {
    remove_unfinished();
    throw Error(Thing(file), error.code().message(), "choose a folder that you may write to");
  } catch (const Error&) {
    const bool writable = access(folder.c_str(), W_OK) == 0;
    remove_unfinished();
    if (!writable) {
      throw Error(Thing(file), "the folder '" + folder.string() + "' cannot be written",
                  "choose a folder that you may write to");
    }
    throw;
  }
  remove_unfinished();
  return Open(file);
}

std::unique_ptr<Project> Project::Open(const fs::path& file, Access access) {
  std::error_code failure;
  if (!fs::exists(file, failure)) {
    if (failure) throw Error(Thing(file), failure.message(), "check the permissions of its folder");
    throw Error(Thing(file), "there is no such file", "make it with 'vole new'");
  }
  if (!fs::is_regular_file(file, failure)) {
    throw Error(Thing(file), "it is not a file", "give a file that 'vole new' has made");
  }
  std::unique_ptr<Project> project(new Project());
  Impl& impl = *project->impl_;
  impl.file = fs::absolute(file);
  impl.access = access;
  if (access == Access::kReadWrite) {
    impl.writer = OpenForWriting(impl.file, kWriteTimeoutMs);
  } else {
    impl.idle_readers.push_back(OpenForReading(impl.file, &impl.read_mode, kReadTimeoutMs));
  }
  impl.CheckFile();
  project->Revision();
  if (access == Access::kReadWrite) EndBrokenRecordings(*project);
  return project;
}

const fs::path& Project::file() const { return impl_->file; }

fs::path Project::folder() const { return impl_->file.parent_path(); }

void Project::Write(const std::function<void(Writer&)>& work) {
  if (!impl_->writer) {
    throw Error(Thing(impl_->file), "it is open for reading only", "open it where you may write");
  }
  VOLE_CHECK(impl_->writing_thread.load() != std::this_thread::get_id());  // no write in a write
  std::lock_guard<std::mutex> lock(impl_->write_mutex);
  struct Writing {
    std::atomic<std::thread::id>& thread;
    ~Writing() { thread.store(std::thread::id()); }
  } writing{impl_->writing_thread};
  writing.thread.store(std::this_thread::get_id());
  impl_->CheckFile();
  Transaction transaction(*impl_->writer);
  Writer writer(*impl_->writer);
  work(writer);
  transaction.Commit();
}

void Project::Read(const std::function<void(Connection&)>& work) const {
  impl_->WithReader([&](const Reader&, Connection& connection) { work(connection); });
}

void Project::InOneSnapshot(const std::function<void()>& work) const {
  if (impl_->PinnedHere()) return work();
  const Impl::Pin pin(impl_.get());
  const Snapshot snapshot(*impl_->PinnedHere());
  work();
}

int64_t Project::Revision() const {
  std::lock_guard<std::mutex> lock(impl_->revision_mutex);
  if (!impl_->revision_reader) impl_->revision_reader = impl_->TakeReader();
  const int64_t version = impl_->revision_reader->DataVersion();
  if (version != impl_->data_version) {
    impl_->data_version = version;
    ++impl_->revision;
  }
  return impl_->revision;
}

#define VOLE_READ(call) \
  impl_->WithReader([&](const Reader& reader, Connection&) { return reader.call; })

std::vector<VideoRow> Project::Videos() const { return VOLE_READ(Videos()); }

VideoRow Project::VideoById(Id id) const {
  auto video = VOLE_READ(VideoById(id));
  if (!video) throw Error("video " + std::to_string(id), "it is not in the project");
  return *video;
}

VideoRow Project::VideoByName(const std::string& name) const {
  const std::vector<VideoRow> videos = Videos();
  std::vector<std::string> names;
  for (const VideoRow& video : videos) {
    if (video.name == name) return video;
    names.push_back(video.name);
  }
  if (videos.empty()) {
    throw Error("project '" + file().string() + "'", "it has no video yet",
                "add one with 'vole add-video'");
  }
  if (name.empty()) {
    if (videos.size() == 1) return videos.front();
    throw Error("project '" + file().string() + "'",
                "it has " + std::to_string(videos.size()) + " videos (" + QuotedNames(names) + ")",
                "say which one with --video NAME");
  }
  const std::string closest = ClosestName(name, names);
  throw Error("video '" + name + "'",
              "the project has no such video (it has " + QuotedNames(names) + ")",
              closest.empty() ? "" : "did you mean '" + closest + "'?");
}

fs::path Project::VideoPath(const VideoRow& video) const {
  const fs::path path(video.path);
  return path.is_absolute() ? path : (folder() / path).lexically_normal();
}

VideoIndex Project::IndexOf(const VideoRow& video) const {
  VideoIndex index = VOLE_READ(IndexOf(video.id));
  for (VideoPart& part : index.parts) {
    if (!fs::path(part.path).is_absolute()) {
      part.path = (folder() / part.path).lexically_normal().string();
    }
  }
  return index;
}

Background Project::BackgroundOf(const VideoRow& video) const {
  return VOLE_READ(BackgroundOf(video.id));
}

std::vector<CategoryRow> Project::Categories() const { return VOLE_READ(Categories()); }

std::vector<Skeleton> Project::Skeletons() const { return VOLE_READ(Skeletons()); }

std::vector<TrackRow> Project::Tracks(Id video_id) const { return VOLE_READ(Tracks(video_id)); }

std::vector<RegionRow> Project::Regions(Id video_id) const { return VOLE_READ(Regions(video_id)); }

std::vector<ImageRow> Project::Images() const { return VOLE_READ(Images()); }

std::vector<ImageRow> Project::ImagesOfVideo(Id video_id) const {
  return VOLE_READ(ImagesOfVideo(video_id));
}

std::optional<ImageRow> Project::ImageAt(Id video_id, int frame_index) const {
  return VOLE_READ(ImageAt(video_id, frame_index));
}

std::vector<AnnotationRow> Project::AnnotationsOfImage(Id image_id) const {
  return VOLE_READ(AnnotationsOfImage(image_id));
}

std::vector<AnnotationRow> Project::AnnotationsAt(Id video_id, int frame_index) const {
  const auto image = ImageAt(video_id, frame_index);
  return image ? AnnotationsOfImage(image->id) : std::vector<AnnotationRow>();
}

void Project::ForEachAnnotation(
    Id video_id,
    const std::function<void(const ImageRow&, const std::vector<AnnotationRow>&)>& visit) const {
  VOLE_READ(ForEachAnnotation(video_id, visit));
}

int Project::CountLabeledFrames(Id video_id) const {
  return VOLE_READ(CountLabeledFrames(video_id));
}

std::vector<BehaviorRow> Project::Behaviors() const { return VOLE_READ(Behaviors()); }

std::vector<BehaviorIntervalRow> Project::BehaviorIntervals(Id video_id) const {
  return VOLE_READ(BehaviorIntervals(video_id));
}

std::vector<ModelRow> Project::Models() const { return VOLE_READ(Models()); }

std::vector<JobRow> Project::Jobs() const { return VOLE_READ(Jobs()); }

std::optional<Id> Project::LatestPredictJob(Id video_id) const {
  return VOLE_READ(LatestPredictJob(video_id));
}

int Project::CountPredictedFrames(Id job_id, Id video_id) const {
  return VOLE_READ(CountPredictedFrames(job_id, video_id));
}

std::vector<PredictionCorrectionRow> Project::Corrections(Id job_id, Id video_id) const {
  return VOLE_READ(Corrections(job_id, video_id));
}

std::vector<PredictionRow> Project::PredictionsAt(Id job_id, Id video_id, int frame_index,
                                                  PredictionView view) const {
  std::vector<PredictionRow> result;
  ForEachPrediction(
      job_id, video_id, frame_index, frame_index + 1,
      [&](int, const std::vector<PredictionRow>& predictions) { result = predictions; }, view);
  return result;
}

void Project::ForEachPrediction(
    Id job_id, Id video_id, int start_frame, int end_frame,
    const std::function<void(int frame_index, const std::vector<PredictionRow>&)>& visit,
    PredictionView view) const {
  VOLE_READ(ForEachPrediction(job_id, video_id, start_frame, end_frame, view, visit));
}

void Project::ForEachConfidence(
    Id job_id, Id video_id,
    const std::function<void(int frame_index, Id category_id, double confidence)>& visit) const {
  VOLE_READ(ForEachConfidence(job_id, video_id, visit));
}

std::vector<BehaviorPredictionRow> Project::BehaviorPredictions(Id job_id, Id video_id) const {
  return VOLE_READ(BehaviorPredictions(job_id, video_id));
}

std::optional<Id> Project::LatestBehaviorJob(Id video_id) const {
  return VOLE_READ(LatestBehaviorJob(video_id));
}

std::vector<BehaviorSeriesRow> Project::BehaviorSeries(Id job_id, Id video_id) const {
  return VOLE_READ(BehaviorSeries(job_id, video_id));
}

std::vector<float> Project::BehaviorScores(Id series_id, int start_frame, int end_frame) const {
  return VOLE_READ(BehaviorScores(series_id, start_frame, end_frame));
}

std::vector<uint8_t> Project::BehaviorScorePeaks(Id series_id, int frame_count,
                                                 int frames_a_bin) const {
  return VOLE_READ(BehaviorScorePeaks(series_id, frame_count, frames_a_bin));
}

std::vector<ReviewItemRow> Project::ReviewItems(Id job_id) const {
  return VOLE_READ(ReviewItems(job_id));
}

std::vector<ReviewDecisionRow> Project::ReviewDecisions(Id job_id) const {
  return VOLE_READ(ReviewDecisions(job_id));
}

std::string Project::Setting(const std::string& key, const std::string& fallback) const {
  return VOLE_READ(Setting(key, fallback));
}

}  // namespace datasets
