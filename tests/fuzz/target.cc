#include "tests/fuzz/target.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "datasets/base/error.h"
#include "datasets/formats/formats.h"
#include "datasets/store/writer.h"
#include "datasets/verify.h"
#include "tests/support/label_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace fuzz {
namespace {

namespace fs = std::filesystem;
using namespace datasets;

[[noreturn]] void Refuse(const std::string& what) {
  std::fprintf(stderr, "fuzz: %s\n", what.c_str());
  std::abort();
}

// A project as it was made, again after every import that has changed it.
class Ground {
 public:
  Project& Fresh() {
    if (project_) return *project_;
    const fs::path used = Folder() / "used.vole";
    for (const char* suffix : {"-wal", "-shm"}) fs::remove(used.string() + suffix);
    fs::copy_file(SoundProject(), used, fs::copy_options::overwrite_existing);
    project_ = Project::Open(used);
    return *project_;
  }
  void Spoil() { project_.reset(); }

 private:
  std::unique_ptr<Project> project_;
};

Ground& TheGround() {
  static auto* ground = new Ground;
  return *ground;
}

void ExportAll(Project& project) {
  Job job;
  for (const FormatInfo& format : Formats()) {
    if (!format.exports) continue;
    const fs::path out = Folder() / ("out_" + format.name);
    Answer([&] { Export(project, format.name, out, {}, job); });
    fs::remove_all(out);
  }
}

}  // namespace

void Answer(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    const std::string text = error.what();
    if (text.empty() || text.find('\n') != std::string::npos) Refuse("not one line: " + text);
  } catch (const Cancelled&) {
  } catch (const std::exception& error) {
    Refuse(std::string("an error that is not ours: ") + error.what());
  }
}

fs::path Folder() {
  static auto* folder = new tests::TempDir;
  static const int registered = std::atexit([] { delete folder; });
  (void)registered;
  return folder->path();
}

fs::path SoundProject() {
  static const fs::path made = [] {
    const auto project = tests::LabelProject(Folder());
    const Id video = project->VideoByName("clip").id;
    project->Write([&](Writer& writer) {
      BehaviorRow behavior;
      behavior.name = "rear";
      BehaviorIntervalRow interval;
      interval.video_id = video;
      interval.behavior_id = writer.FindOrInsertBehavior(behavior);
      interval.end_frame = 20;
      writer.InsertBehaviorInterval(interval);
      const Id animal = writer.FindOrInsertCategory("mouse");
      const Id job = writer.InsertJob(tests::PredictJob());
      for (int frame = 0; frame < 3; ++frame) {
        const Id image = writer.FindOrInsertImage(video, frame, 64, 48);
        writer.InsertAnnotation(tests::Square(image, animal, 5, 5, 20));
        writer.InsertPrediction(tests::Prediction(job, video, frame, animal));
      }
    });
    return project->file();
  }();
  return made;
}

fs::path FileOf(const std::string& name, const uint8_t* bytes, size_t size) {
  const fs::path file = Folder() / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  return file;
}

void ImportAndExport(const std::string& format, const fs::path& path, bool skip_bad) {
  Project& project = TheGround().Fresh();
  Job job;
  bool taken = false;
  Answer([&] {
    ImportOptions options;
    options.skip_bad = skip_bad;
    Import(project, format, path, options, job);
    taken = true;
  });
  if (!taken) return;
  Answer([&] {
    for (const Finding& finding : Verify(project, job)) {
      if (finding.code != "video_missing") Refuse("imported and then found: " + finding.text);
    }
  });
  ExportAll(project);
  TheGround().Spoil();
}

}  // namespace fuzz
