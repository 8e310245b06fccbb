#include "infer/parts/parts_plan.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/files/file_hash.h"
#include "datasets/video_files.h"
#include "infer/parts/found_frames.h"
#include "infer/parts/pack.h"

namespace infer {
namespace {

namespace fs = std::filesystem;
using datasets::Error;
using nlohmann::json;

constexpr char kPlanFormat[] = "parts of a Vole prediction";
constexpr char kPlanAgain[] = "predict again with --jobs or --slurm: it is made anew";

json PlanJson(const PartsPlan& plan) {
  json videos = json::array(), parts = json::array();
  for (const PlannedVideo& video : plan.videos) {
    videos.push_back({{"id", video.id},
                      {"name", video.name},
                      {"path", video.path.string()},
                      {"inputs", video.inputs},
                      {"start_frame", video.start_frame},
                      {"end_frame", video.end_frame}});
    for (const fs::path& file : video.files) videos.back()["files"].push_back(file.string());
  }
  for (const Part& part : plan.parts) {
    parts.push_back({part.video, part.start_frame, part.end_frame});
  }
  return {{"format", kPlanFormat},
          {"version", kPartVersion},
          {"program", plan.program},
          {"made_at", plan.made_at},
          {"model", plan.model.string()},
          {"model_hash", plan.model_hash},
          {"identity", plan.identity.string()},
          {"identity_hash", plan.identity_hash},
          {"options", datasets::OptionsToJson(plan.options)},
          {"videos", videos},
          {"parts", parts}};
}

PartsPlan PlanFrom(const json& text) {
  PartsPlan plan;
  text.at("program").get_to(plan.program);
  text.at("made_at").get_to(plan.made_at);
  plan.model = text.at("model").get<std::string>();
  text.at("model_hash").get_to(plan.model_hash);
  plan.identity = text.at("identity").get<std::string>();
  text.at("identity_hash").get_to(plan.identity_hash);
  plan.options = datasets::OptionsFromJson<PredictOptions>(text.at("options"));
  for (const json& row : text.at("videos")) {
    plan.videos.push_back({row.at("id"), row.at("name"), row.at("path").get<std::string>(),
                           row.at("inputs"), row.at("start_frame"), row.at("end_frame")});
    for (const json& file : row.value("files", json::array())) {
      plan.videos.back().files.emplace_back(file.get<std::string>());
    }
  }
  for (const json& row : text.at("parts")) {
    const Part part{row.at(0), row.at(1), row.at(2)};
    if (part.video >= plan.videos.size()) throw Error("plan", "a part belongs to no video");
    plan.parts.push_back(part);
  }
  return plan;
}

// Options that change what is found in single frames; the others come in at the merge.
std::string SettingsOf(const PredictOptions& options) {
  json settings = datasets::OptionsToJson(options.predictor);
  settings.erase("threads");
  return settings.dump();
}

std::string PackedInputs(const VideoInputs& inputs) {
  Packer pack;
  const datasets::VideoIndex& index = inputs.index;
  for (const int value : {index.width, index.height, index.time_base_num, index.time_base_den}) {
    pack.Int(value);
  }
  pack.Real(index.fps);
  pack.Text(index.fingerprint);
  pack.Unsigned(index.pts.size(), 4);
  for (const int64_t pts : index.pts) pack.Int(pts);
  pack.Unsigned(index.key_frames.size(), 4);
  for (const int32_t frame : index.key_frames) pack.Int(frame);
  pack.Picture(inputs.background);
  for (const datasets::VideoPart& file : index.parts) {  // their places stand in the plan
    pack.Text(file.fingerprint);
    for (const int64_t number :
         {int64_t{file.frame_count}, file.start_ms, file.ticks, file.shift}) {
      pack.Int(number);
    }
  }
  return pack.bytes();
}

std::string PackedInputsOf(const datasets::Project& project, const datasets::VideoRow& video) {
  return PackedInputs({project.IndexOf(video), project.BackgroundOf(video).bgr});
}

VideoInputs UnpackedInputs(const std::string& bytes, const std::string& what) {
  Unpacker unpack({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, what, kPlanAgain);
  VideoInputs inputs;
  datasets::VideoIndex& index = inputs.index;
  for (int* value : {&index.width, &index.height, &index.time_base_num, &index.time_base_den}) {
    *value = unpack.Int32();
  }
  index.fps = unpack.Real();
  index.fingerprint = unpack.Text();
  index.pts.resize(unpack.Count(8));
  for (int64_t& pts : index.pts) pts = unpack.Int();
  index.key_frames.resize(unpack.Count(8));
  for (int32_t& frame : index.key_frames) frame = unpack.Int32();
  inputs.background = unpack.Picture();
  while (!unpack.AtEnd()) {
    datasets::VideoPart file;
    file.first_frame =
        index.parts.empty() ? 0 : index.parts.back().first_frame + index.parts.back().frame_count;
    file.fingerprint = unpack.Text();
    file.frame_count = unpack.Int32();
    for (int64_t* number : {&file.start_ms, &file.ticks, &file.shift}) *number = unpack.Int();
    const int left = index.frame_count() - file.first_frame;
    if (file.frame_count <= 0 || file.frame_count > left) unpack.Damaged();
    index.parts.push_back(std::move(file));
  }
  if (!unpack.AtEnd() || !datasets::IndexDamage(index).empty()) unpack.Damaged();
  return inputs;
}

std::pair<int, int> FramesOf(const PredictOptions& options, const datasets::VideoRow& video) {
  const int end = options.end_frame < 0 ? video.frame_count : options.end_frame;
  return {std::clamp(options.start_frame, 0, video.frame_count),
          std::clamp(end, options.start_frame, video.frame_count)};
}

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string TextOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::string InputsInParts(const datasets::Project& project, const datasets::VideoRow& video) {
  return HashOf(PackedInputsOf(project, video));
}

int FramesAPart(int frames, cv::Size size) {
  const int run = FramesARun(size);
  const int wanted = std::clamp(frames / 64, 256, 4096);
  return (wanted + run - 1) / run * run;
}

PartKey PartsPlan::KeyOf(const Part& part) const {
  const PlannedVideo& video = videos[part.video];
  PartKey key;
  key.program = program;
  key.video = video.name;
  key.inputs = video.inputs;
  key.model = model_hash;
  key.identity = identity_hash;
  key.settings = SettingsOf(options);
  key.first_frame = video.start_frame;
  key.start_frame = part.start_frame;
  key.end_frame = part.end_frame;
  return key;
}

PartsFolder::PartsFolder(const fs::path& project_file)
    : path_(fs::absolute(project_file).string() + ".parts") {}

bool PartsFolder::Exists() const {
  std::error_code ignored;
  return fs::exists(path_ / "plan.json", ignored);
}

fs::path PartsFolder::InputsFile(datasets::Id video) const {
  return path_ / ("v" + std::to_string(video) + ".inputs");
}
fs::path PartsFolder::FailureFile(datasets::Id video) const {
  return path_ / ("v" + std::to_string(video) + ".failed");
}
bool PartsFolder::IsMerged(const PlannedVideo& video) const {
  std::error_code ignored;
  return !fs::exists(InputsFile(video.id), ignored);
}
fs::path PartsFolder::LogOf(int task) const {
  return path_ / ("task-" + std::to_string(task) + ".log");
}

fs::path PartsFolder::FileOf(const PartsPlan& plan, const Part& part) const {
  return path_ /
         ("v" + std::to_string(plan.videos[part.video].id) + "-" +
          std::to_string(part.start_frame) + "-" + std::to_string(part.end_frame) + ".part");
}

bool PartsFolder::IsThere(const PartsPlan& plan, const Part& part) const {
  const std::optional<PartKey> key = KeyOfPart(FileOf(plan, part));
  return key && *key == plan.KeyOf(part);
}

PartsPlan PartsFolder::MakePlan(const datasets::Project& project,
                                const std::vector<datasets::VideoRow>& videos,
                                const fs::path& model, const fs::path& identity,
                                const PredictOptions& options, const std::string& program,
                                std::vector<std::string>* said,
                                std::map<datasets::Id, std::string>* failed) const {
  PartsPlan plan;
  plan.program = program;
  plan.made_at = std::chrono::duration_cast<std::chrono::milliseconds>(
                     std::chrono::system_clock::now().time_since_epoch())
                     .count();
  plan.model = fs::absolute(model);
  plan.model_hash = datasets::HashFile(model);
  if (!identity.empty()) {
    plan.identity = fs::absolute(identity);
    plan.identity_hash = datasets::HashFile(identity);
  }
  plan.options = options;
  for (const datasets::VideoRow& video : videos) {
    std::string packed;
    fs::path file;
    try {
      packed = PackedInputsOf(project, video);
      file = project.VideoPath(video);
    } catch (const std::exception& error) {
      (*failed)[video.id] = error.what();
      continue;
    }
    datasets::WriteFileAtomically(InputsFile(video.id), packed);
    const auto [start, end] = FramesOf(options, video);
    std::error_code ignored;
    fs::remove(FailureFile(video.id), ignored);
    plan.videos.push_back({video.id, video.name, file, HashOf(packed), start, end});
    for (const datasets::VideoFile& one : datasets::FilesOf(project, video)) {
      if (!video.parts.empty()) plan.videos.back().files.push_back(one.path);
    }
    const int step = FramesAPart(end - start, {video.width, video.height});
    for (int first = start; first < end; first += step) {
      plan.parts.push_back({plan.videos.size() - 1, first, std::min(first + step, end)});
    }
  }
  Sweep(plan, said);
  datasets::WriteFileAtomically(path_ / "plan.json", PlanJson(plan).dump(1));
  return plan;
}

std::vector<fs::path> PartsFolder::PartsOf(datasets::Id video) const {
  const std::string start = "v" + std::to_string(video) + "-";
  std::vector<fs::path> files;
  std::error_code failure;
  for (fs::directory_iterator at(path_, failure), end; !failure && at != end;
       at.increment(failure)) {
    const std::string name = at->path().filename().string();
    if (name.rfind(start, 0) == 0 && EndsWith(name, ".part")) files.push_back(at->path());
  }
  return files;
}

// Removes parts of these videos that came from something else, and those of a plan whose parts were
// of other frames, which nobody would ask for again. Those of videos that are not asked for now
// stay: they may be asked for next time.
void PartsFolder::Sweep(const PartsPlan& plan, std::vector<std::string>* said) const {
  std::map<std::string, int> reasons;
  std::error_code failure;
  std::set<fs::path> planned;
  for (const Part& part : plan.parts) planned.insert(FileOf(plan, part));
  int others = 0;
  for (const PlannedVideo& video : plan.videos) {
    for (const fs::path& file : PartsOf(video.id)) {
      if (planned.count(file) == 0) others += fs::remove(file, failure);
    }
  }
  for (const Part& part : plan.parts) {
    const fs::path file = FileOf(plan, part);
    if (!fs::exists(file, failure)) continue;
    const std::optional<PartKey> key = KeyOfPart(file);
    const std::string difference =
        key ? plan.KeyOf(part).DifferenceTo(*key) : "another version of Vole, or is damaged";
    if (difference.empty()) continue;
    ++reasons[difference];
    fs::remove(file, failure);
  }
  for (fs::directory_iterator at(path_, failure), end; !failure && at != end;) {
    const fs::path file = at->path();
    at.increment(failure);
    if (EndsWith(file.string(), ".frames")) fs::remove(file, failure);
  }
  if (others > 0) {
    said->push_back(std::to_string(others) + (others == 1 ? " part" : " parts") + " in '" +
                    path_.string() + "' of other frames than are asked for now " +
                    (others == 1 ? "was" : "were") + " removed");
  }
  for (const auto& [reason, count] : reasons) {
    said->push_back(std::to_string(count) + (count == 1 ? " part" : " parts") + " in '" +
                    path_.string() + "' came from " + reason +
                    (count == 1 ? ", and is made anew" : ", and are made anew"));
  }
}

PartsPlan PartsFolder::ReadPlan(const std::string& program) const {
  const std::string what = "'" + (path_ / "plan.json").string() + "'";
  if (!Exists()) {
    throw Error("folder '" + path_.string() + "'", "there is no plan of parts in it",
                "begin with vole predict PROJECT --jobs N, or --slurm");
  }
  const json text = json::parse(TextOf(path_ / "plan.json"), nullptr, false);
  if (!text.is_object() || text.value("format", "") != kPlanFormat) {
    throw Error(what, "it is damaged", kPlanAgain);
  }
  if (text.value("version", 0) != kPartVersion ||
      (!program.empty() && text.value("program", "") != program)) {
    throw Error(what,
                "it was made by another version of Vole (" + text.value("program", "") +
                    ", this is " + program + ")",
                "use the same one on every machine, or predict again with --jobs or --slurm");
  }
  try {
    return PlanFrom(text);
  } catch (const std::exception&) {
    throw Error(what, "it is damaged", kPlanAgain);
  }
}

VideoInputs PartsFolder::ReadInputs(const PlannedVideo& video) const {
  const std::string what = "'" + InputsFile(video.id).string() + "'";
  const std::string bytes = TextOf(InputsFile(video.id));
  if (HashOf(bytes) != video.inputs) throw Error(what, "it is damaged or missing", kPlanAgain);
  VideoInputs inputs = UnpackedInputs(bytes, what);
  std::vector<datasets::VideoPart>& files = inputs.index.parts;
  if (files.size() != video.files.size()) throw Error(what, "it is damaged", kPlanAgain);
  for (size_t i = 0; i < files.size(); ++i) files[i].path = video.files[i].string();
  return inputs;
}

std::string PartsFolder::FailureOf(const PlannedVideo& video) const {
  return TextOf(FailureFile(video.id));
}

void PartsFolder::SetFailure(const PlannedVideo& video, const std::string& why) const {
  try {
    datasets::WriteFileAtomically(FailureFile(video.id), why);
  } catch (const Error&) {
    // Whoever waits for the part sees that its task has ended.
  }
}

int PartsFolder::FramesOnTheWay(int task) const {
  return std::atoi(TextOf(path_ / ("task-" + std::to_string(task) + ".frames")).c_str());
}

void PartsFolder::SetFramesOnTheWay(int task, int frames) const {
  std::ofstream(path_ / ("task-" + std::to_string(task) + ".frames")) << frames;
}

void PartsFolder::Forget(datasets::Id video) const {
  std::error_code ignored;
  for (const fs::path& file : PartsOf(video)) fs::remove(file, ignored);
  fs::remove(InputsFile(video), ignored);
  fs::remove(FailureFile(video), ignored);
}

void PartsFolder::RemoveIfDone() const {
  std::error_code failure;
  for (fs::directory_iterator at(path_, failure), end; !failure && at != end;
       at.increment(failure)) {
    const std::string name = at->path().filename().string();
    if (EndsWith(name, ".part") || EndsWith(name, ".failed") || EndsWith(name, ".inputs")) return;
  }
  if (!failure) fs::remove_all(path_, failure);
}

PartsLock::PartsLock(const PartsFolder& folder) {
  std::error_code failure;
  fs::create_directories(folder.path(), failure);
  const fs::path path = folder.path() / "lock";
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) {
    throw Error("folder '" + folder.path().string() + "'",
                std::string("it cannot be written: ") + std::strerror(errno));
  }
  if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
    close(file_);
    throw Error("folder '" + folder.path().string() + "'",
                "another program divides or merges a prediction of this project right now",
                "wait for it, or end it");
  }
}

PartsLock::~PartsLock() { close(file_); }

}  // namespace infer
