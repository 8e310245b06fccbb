#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/files/csv.h"
#include "datasets/files/json_entries.h"
#include "datasets/formats/trajectories/trajectories.h"
#include "datasets/hdf5/apart.h"
#include "datasets/hdf5/h5_file.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kIdtrackerRemedy[] =
    "give trajectories.h5 or the folder trajectories_csv of a session of idtracker.ai";
constexpr int kReadSeconds = 60;  // of a small file
constexpr size_t kMostAnimals = 1000;

// What both kinds of files say.
struct IdtrackerSession {
  size_t frames = 0, animals = 0;
  std::vector<double> xy;             // [frames, animals, 2]; NaN: not found
  std::vector<double> probabilities;  // [frames, animals], or empty
  std::vector<std::string> labels, videos;
  bool has_setup_points = false;
};

IdtrackerSession ReadIdtrackerH5(const fs::path& path, const std::string& what) {
  const H5File file(path, what, kIdtrackerRemedy);
  if (!file.IsDataset("trajectories")) {
    throw Error(what, "it has no 'trajectories'", kIdtrackerRemedy);
  }
  const std::vector<size_t> shape = file.Shape("trajectories");
  if (shape.size() != 3 || shape[2] != 2 || shape[1] > kMostAnimals) {
    file.Fail("trajectories", "it is not [frames, animals, 2]");
  }
  IdtrackerSession session;
  session.frames = shape[0];
  session.animals = shape[1];
  session.xy = file.Numbers("trajectories");
  if (file.IsDataset("id_probabilities")) {
    session.probabilities = file.Numbers("id_probabilities");
    if (session.probabilities.size() != session.frames * session.animals) {
      file.Fail("id_probabilities", "its sizes are not those of the trajectories");
    }
  }
  session.labels = file.TextsAttribute("", "identities_labels");
  session.videos = file.TextsAttribute("", "video_paths");
  session.has_setup_points = file.Has("setup_points") && !file.Children("setup_points").empty();
  return session;
}

std::string PackSession(const IdtrackerSession& session) {
  const auto bytes = [](const std::vector<double>& values) {
    return std::string(reinterpret_cast<const char*>(values.data()),
                       values.size() * sizeof(double));
  };
  const json head = {session.frames, session.animals,          session.labels,
                     session.videos, session.has_setup_points, session.probabilities.size()};
  return head.dump() + "\n" + bytes(session.xy) + bytes(session.probabilities);
}

IdtrackerSession UnpackSession(const std::string& packed, const std::string& what) {
  IdtrackerSession session;
  const size_t end = packed.find('\n');
  const json head = json::parse(packed.substr(0, end), nullptr, false);
  const auto damaged = [&] { throw Error(what, "it is damaged", kIdtrackerRemedy); };
  if (end == std::string::npos || !head.is_array() || head.size() != 6) damaged();
  session.frames = head[0];
  session.animals = head[1];
  session.labels = head[2].get<std::vector<std::string>>();
  session.videos = head[3].get<std::vector<std::string>>();
  session.has_setup_points = head[4];
  session.xy.resize(session.frames * session.animals * 2);
  session.probabilities.resize(head[5]);
  const size_t first = session.xy.size() * sizeof(double);
  const size_t second = session.probabilities.size() * sizeof(double);
  if (packed.size() != end + 1 + first + second) damaged();
  if (first > 0) std::memcpy(session.xy.data(), packed.data() + end + 1, first);
  if (second > 0)
    std::memcpy(session.probabilities.data(), packed.data() + end + 1 + first, second);
  return session;
}

// A cell that may say "nan"; nothing then.
std::optional<double> NumberOrGap(const CsvTable& table, size_t row, const std::string& column) {
  const std::string& text = table.Text(row, column);
  if (text.empty() || text == "nan" || text == "NaN" || text == "inf" || text == "-inf") {
    return std::nullopt;
  }
  return table.Number(row, column);
}

// The table of probabilities, rows and animals as in the trajectories.
void ReadProbabilities(const fs::path& path, IdtrackerSession* session) {
  const CsvTable table(path, "idtracker.ai table '" + path.filename().string() + "'");
  if (table.rows() != session->frames) {
    throw Error("idtracker.ai table '" + path.filename().string() + "'",
                "it has " + std::to_string(table.rows()) + " rows, the trajectories have " +
                    std::to_string(session->frames),
                "export both again, or remove it: then nothing is known of the identities");
  }
  for (size_t row = 0; row < session->frames; ++row) {
    for (size_t animal = 0; animal < session->animals; ++animal) {
      const std::string column = "id_probabilities" + std::to_string(animal + 1);
      session->probabilities.push_back(NumberOrGap(table, row, column).value_or(NAN));
    }
  }
}

std::vector<std::string> TextsOf(const json& tree, const char* key) {
  std::vector<std::string> texts;
  const json list = tree.is_object() ? tree.value(key, json()) : json();
  for (const json& text : list.is_array() ? list : json::array()) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

IdtrackerSession ReadIdtrackerCsv(const fs::path& path, const std::string& what) {
  const fs::path folder = path.parent_path();
  const CsvTable table(path, what);
  IdtrackerSession session;
  double fps = 0;
  if (fs::exists(folder / "attributes.json")) {
    const json tree = ReadJsonFile(folder / "attributes.json", "'attributes.json'");
    session.labels = TextsOf(tree, "identities_labels");
    session.videos = TextsOf(tree, "video_paths");
    session.has_setup_points = tree.contains("setup_points") && !tree["setup_points"].empty();
    const json rate = tree.value("frames_per_second", json());
    fps = rate.is_number() ? rate.get<double>() : 0;
  }
  while (session.animals < kMostAnimals && table.Has("x" + std::to_string(session.animals + 1))) {
    ++session.animals;
    table.Require({"y" + std::to_string(session.animals)});
  }
  if (session.animals == 0) table.Require({"x1", "y1"});
  session.frames = table.rows();
  for (size_t row = 0; row < session.frames; ++row) {
    const auto seconds = NumberOrGap(table, row, "seconds");
    if (fps > 0 && seconds && std::abs(*seconds * fps - static_cast<double>(row)) > 1) {
      throw Error(table.Where(row),
                  "it is row " + std::to_string(row) + " and stands at " + CsvNumber(*seconds) +
                      " s, which at " + CsvNumber(fps) + " frames a second is another frame",
                  "give the whole table, as idtracker.ai wrote it: a row is a frame");
    }
    for (size_t animal = 1; animal <= session.animals; ++animal) {
      const auto x = NumberOrGap(table, row, "x" + std::to_string(animal));
      const auto y = NumberOrGap(table, row, "y" + std::to_string(animal));
      session.xy.push_back(x.value_or(NAN));
      session.xy.push_back(y.value_or(NAN));
    }
  }
  if (fs::exists(folder / "id_probabilities.csv")) {
    ReadProbabilities(folder / "id_probabilities.csv", &session);
  }
  return session;
}

void AddGaps(Trajectories* trajectories, int64_t gaps, int64_t positions, int64_t unsure) {
  if (gaps > 0) {
    trajectories->notes.push_back(std::to_string(gaps) + " of " + std::to_string(positions) +
                                  " positions are gaps, in which nothing was stored");
  }
  if (unsure > 0) {
    trajectories->notes.push_back(
        std::to_string(unsure) +
        " positions have no probability of an identity (animals that cross): they score 0");
  }
}

Trajectories AsTrajectories(const IdtrackerSession& session, const std::string& what) {
  Trajectories result;
  result.what = what;
  result.videos = session.videos;
  if (!session.labels.empty() && session.labels.size() != session.animals) {
    throw Error(what,
                "it names " + std::to_string(session.labels.size()) + " identities and has " +
                    std::to_string(session.animals),
                kIdtrackerRemedy);
  }
  for (size_t i = 0; i < session.animals; ++i) {
    result.animals.push_back(session.labels.empty() ? std::to_string(i + 1) : session.labels[i]);
  }
  int64_t gaps = 0, unsure = 0;
  for (size_t at = 0; at < session.frames * session.animals; ++at) {
    TrajectoryPoint point;
    point.frame = static_cast<int64_t>(at / session.animals);
    point.animal = static_cast<int>(at % session.animals);
    point.x = session.xy[2 * at];
    point.y = session.xy[2 * at + 1];
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) {
      ++gaps;
      continue;
    }
    if (!session.probabilities.empty()) {
      const double given = session.probabilities[at];
      point.confidence = std::isfinite(given) ? std::clamp(given, 0.0, 1.0) : 0;
      unsure += std::isfinite(given) ? 0 : 1;
    }
    result.points.push_back(point);
  }
  AddGaps(&result, gaps, static_cast<int64_t>(session.frames * session.animals), unsure);
  if (session.has_setup_points) result.notes.push_back("its setup points were left out");
  return result;
}

// The file of a session's folder that is read.
fs::path IdtrackerFile(const fs::path& path) {
  if (!fs::is_directory(path)) return path;
  for (const char* name :
       {"trajectories.csv", "trajectories.h5", "trajectories/trajectories.h5",
        "trajectories_csv/trajectories.csv", "trajectories/trajectories_csv/trajectories.csv"}) {
    if (fs::exists(path / name)) return path / name;
  }
  throw Error("folder '" + path.string() + "'", "it holds no trajectories of idtracker.ai",
              kIdtrackerRemedy);
}

// Whether the names of idtracker.ai stand somewhere in a file of HDF5: they lie behind the numbers.
bool HoldsNames(const fs::path& path) {
  constexpr size_t kStep = size_t{1} << 20, kOverlap = 64, kMostSteps = 512;
  std::ifstream in(path, std::ios::binary);
  bool names = false, trajectories = false;
  std::string part(kOverlap + kStep, '\0');
  for (size_t step = 0; in && step < kMostSteps && !(names && trajectories); ++step) {
    in.read(part.data() + kOverlap, kStep);
    const std::string_view seen(part.data(), kOverlap + static_cast<size_t>(in.gcount()));
    names = names || seen.find("identities_labels") != std::string_view::npos;
    trajectories = trajectories || seen.find("trajectories") != std::string_view::npos;
    std::copy(seen.end() - kOverlap, seen.end(), part.begin());
  }
  return names && trajectories;
}

bool IsLikeIdtracker(const FileStart& start) {
  const auto is_table = [](const FileStart& file) {
    return file.HasLine({"seconds", "x1", "y1"}) || file.HasLine({"time", "x1", "y1"});
  };
  if (!start.is_folder) {
    return is_table(start) || (start.HasHdf5({}) && HoldsNames(start.path)) ||
           (start.extension == ".npy" && start.text.find("NUMPY") != std::string::npos);
  }
  return std::any_of(start.entries.begin(), start.entries.end(), [&](const fs::path& file) {
    const std::string name = file.filename().string();
    return (name == "trajectories.csv" && is_table(FileStart(file))) ||
           (name == "trajectories.h5" && HoldsNames(file));
  });
}

}  // namespace

ImportReport ImportIdtracker(Project& project, const fs::path& path, const ImportOptions& options,
                             Job& job) {
  const fs::path file = IdtrackerFile(path);
  const std::string what = "idtracker.ai file '" + file.filename().string() + "'";
  job.Advance(0, 0, "reading " + file.filename().string());
  if (file.extension() == ".npy") {
    throw Error(what, "it is a Python pickle, which is never run",
                "give trajectories.h5 or the folder trajectories_csv of the same session "
                "(`idtrackerai_csv SESSION` makes them where they are not there)");
  }
  IdtrackerSession session;
  if (file.extension() == ".csv" || file.extension() == ".txt") {
    session = ReadIdtrackerCsv(file, what);
  } else {
    session = UnpackSession(ReadApart(what, SecondsToRead(file, kReadSeconds), job,
                                      [&] { return PackSession(ReadIdtrackerH5(file, what)); }),
                            what);
  }
  return ImportTrajectories(project, file, AsTrajectories(session, what), options, job);
}

Format IdtrackerFormat() {
  return {"idtracker",
          ImportIdtracker,
          nullptr,
          "a trajectories.h5, or a folder trajectories_csv",
          "trajectories of idtracker.ai, read as predictions of one point",
          IsLikeIdtracker};
}

}  // namespace datasets
