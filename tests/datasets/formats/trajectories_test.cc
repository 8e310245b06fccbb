#include "datasets/formats/trajectories/trajectories.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <fstream>

#include "datasets/files/csv.h"
#include "datasets/formats/trajectories/npz.h"
#include "datasets/hdf5/h5_writer.h"
#include "tests/support/coco_sample.h"
#include "tests/support/pose_project.h"
#include "tests/support/shared_data.h"
#include "tests/support/torch_bytes.h"

namespace trajectories_test {

using namespace tests;  // the vocabulary of these tests
using namespace datasets;
namespace fs = std::filesystem;

namespace {

ImportReport ImportFile(Project& project, const std::string& format, const fs::path& path,
                        const ImportOptions& options = {}) {
  Job job;
  return Import(project, format, path, options, job);
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + "\n";
  return all;
}

std::vector<PredictionRow> FoundAt(const Project& project, int frame) {
  const VideoRow video = project.Videos().at(0);
  return project.PredictionsAt(*project.LatestPredictJob(video.id), video.id, frame);
}

// numpy.save of one-dimensional numbers; `code` as its descr says it.
template <class Number>
std::string Npy(const std::string& code, const std::vector<Number>& values) {
  std::string head = "{'descr': '" + code + "', 'fortran_order': False, 'shape': (" +
                     std::to_string(values.size()) + ",), }";
  head.resize(118, ' ');
  std::string bytes = "\x93NUMPY" + std::string("\x01\x00", 2) + LittleEndian(118, 2) + head;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number));
  return bytes;
}

using Entries = std::vector<std::pair<std::string, std::string>>;

// An animal of TRex on frames 2, 3, 5 and 6; lost on 5, filled in on 6.
Entries Fish(double x) {
  const float gone = INFINITY, at = static_cast<float>(x);
  return {{"frame.npy", Npy<float>("<f4", {2, 3, 5, 6})},
          {"X#wcentroid.npy", Npy<float>("<f4", {at, at + 0.5F, gone, at})},
          {"Y#wcentroid.npy", Npy<float>("<f4", {2, 2.5, gone, 2})},
          {"X.npy", Npy<float>("<f4", {9, 9, 9, 9})},
          {"Y.npy", Npy<float>("<f4", {9, 9, 9, 9})},
          {"missing.npy", Npy<float>("<f4", {0, 0, 1, 1})},
          {"cm_per_pixel.npy", Npy<double>("<f8", {0.25})},
          {"video_size.npy", Npy<double>("<f8", {64, 48})}};
}

void Write(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

std::string Deflated(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(compressBound(bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("idtracker.ai's table comes in with its gaps, names and probabilities") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  const fs::path session = folder / "trajectories_csv";
  Write(session / "trajectories.csv",
        "seconds,x1,y1,x2,y2\n0.00,10.0,20.0,nan,nan\n0.04,11.0,21.5,30,40\n0.08,nan,nan,31,41\n");
  Write(session / "id_probabilities.csv",
        "seconds,id_probabilities1,id_probabilities2\n0.00,1.0,nan\n0.04,0.75,nan\n0.08,nan,.5\n");
  Write(session / "attributes.json",
        R"({"identities_labels": ["Ada", "Bob"], "video_paths": ["/home/x/clip.mp4"],
            "frames_per_second": 25, "setup_points": {"nest": [[1, 2]]}})");
  CHECK(RecognizeFormat(session) == "idtracker");
  CHECK(RecognizeFormat(session / "trajectories.csv") == "idtracker");
  const ImportReport report = ImportFile(*project, "idtracker", session);
  CHECK(report.predictions == 4);
  CHECK(report.predicted_frames == 3);
  CHECK(report.annotations == 0);
  CHECK(Says(Joined(report.warnings),
             {"2 of 6 positions are gaps", "1 positions have no probability", "setup points"}));
  const PointsByPlace expected = {{{0, "Ada", "center"}, {10.5, 20.5, 1}},
                                  {{1, "Ada", "center"}, {11.5, 22, 0.75}},
                                  {{1, "Bob", "center"}, {30.5, 40.5, 0}},
                                  {{2, "Bob", "center"}, {31.5, 41.5, 0.5}}};
  CHECK(PredictedPoints(*project) == expected);
  CHECK(ImportFile(*project, "idtracker", session).already_present == 4);
  CHECK(project->Jobs().size() == 1);
}

TEST_CASE("identities that are only numbers are numbered tracks of one category") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  Write(folder / "trajectories.csv", "seconds,x1,y1,x2,y2\n0,1,2,3,4\n1,1,2,99,4\n");
  const ImportReport report = ImportFile(*project, "idtracker", folder / "trajectories.csv");
  CHECK(Says(Joined(report.warnings), {"1 of 4 positions lie outside", "were kept"}));
  const auto found = FoundAt(*project, 0);
  REQUIRE(found.size() == 2);
  CHECK(found[0].category_id == found[1].category_id);
  CHECK(found[0].tracklet == 1);
  CHECK(found[1].tracklet == 2);
  CHECK_FALSE(found[0].HasShape());
}

TEST_CASE("the frames of a session over several videos count on from one to the next") {
  TempDir folder;
  const auto project = LabelProject(folder.path(), 2);
  AddVideoRow(*project, "more", 3, 64, 48);
  const fs::path session = folder / "trajectories_csv";
  Write(session / "trajectories.csv", "seconds,x1,y1\n0,1,1\n1,2,2\n2,3,3\n3,4,4\n");
  Write(session / "attributes.json", R"({"video_paths": ["/a/clip.mp4", "/a/more.mp4"]})");
  CHECK(ImportFile(*project, "idtracker", session).predictions == 4);
  const Id job = project->Jobs().at(0).id, first = project->VideoByName("clip").id,
           second = project->VideoByName("more").id;
  CHECK(project->CountPredictedFrames(job, first) == 2);
  CHECK(project->PredictionsAt(job, second, 1).at(0).key_points.at(0).x == 4.5);
  Write(session / "attributes.json", R"({"video_paths": ["/a/clip.mp4", "/a/lost.mp4"]})");
  CHECK(Says(ErrorOf([&] { ImportFile(*project, "idtracker", session); }), {"lost", "add-video"}));
}

TEST_CASE("idtracker.ai's HDF5 says the same as its table") {
  const auto data = SharedData("formats");
  if (!data) return;
  PointsByPlace found[2];
  const fs::path sources[] = {*data / "idtrackerai/trajectories.h5",
                              *data / "idtrackerai/trajectories_csv"};
  for (int i = 0; i < 2; ++i) {
    TempDir folder;
    const auto project = Project::Create(folder / "test.vole");
    AddVideoRow(*project, "test_B", 508, 1160, 938, 28);
    CHECK(RecognizeFormat(sources[i]) == "idtracker");
    const ImportReport report = ImportFile(*project, "idtracker", sources[i]);
    // numpy: isfinite(trajectories).all(2).sum() is 4057 of 508 * 8; 285 of them have no
    // probability.
    CHECK(report.predictions == 4057);
    CHECK(report.predicted_frames == 508);
    CHECK(Says(Joined(report.warnings), {"7 of 4064 positions", "285 positions"}));
    const auto first = FoundAt(*project, 0);
    REQUIRE(first.size() == 6);
    CHECK(first[0].key_points[0].x == doctest::Approx(853.333 + 0.5).epsilon(1e-6));
    CHECK(first[5].tracklet == 7);  // 6 and 8 are not there
    CHECK(FoundAt(*project, 507)[7].key_points[0].y == doctest::Approx(240.055 + 0.5));
    found[i] = PredictedPoints(*project);
  }
  REQUIRE(found[0].size() == found[1].size());
  for (const auto& [place, point] : found[0]) {
    CHECK(std::abs(std::get<0>(point) - std::get<0>(found[1].at(place))) < 0.0011);
  }
}

TEST_CASE("what is no whole session of idtracker.ai is refused in one line, and nothing comes in") {
  TempDir folder;
  const auto project = LabelProject(folder.path(), 3);
  const auto refusal = [&](const std::string& name, const std::string& text) {
    Write(folder / name, text);
    const std::string said = ErrorOf([&] { ImportFile(*project, "idtracker", folder / name); });
    CHECK(said.find('\n') == std::string::npos);
    CHECK(project->Jobs().empty());
    return said;
  };
  CHECK(Says(refusal("trajectories.npy", "\x93NUMPY"), {"pickle", "trajectories_csv"}));
  CHECK(RecognizeFormat(folder / "trajectories.npy") == "idtracker");
  CHECK(Says(refusal("a.csv", "seconds,x1,y1\n0,1,b\n"), {"line 2", "'b'"}));
  CHECK(Says(refusal("a.csv", "seconds,x1\n0,1\n"), {"y1"}));
  CHECK(Says(refusal("a.csv", "seconds,y1\n0,1\n"), {"x1"}));
  CHECK(Says(refusal("a.csv", ""), {"empty"}));
  CHECK(Says(refusal("a.csv", "seconds,x1,y1\n0,1,1\n1,1,1\n2,1,1\n3,1,1\n"), {"frame 3"}));
  CHECK(
      Says(refusal("a.csv", "seconds,x1,y1\n0,1e300,1\n"), {"frame 0", "outside of any picture"}));
  CHECK(Says(refusal("a.csv", "seconds,x1,y1\n0,1,1\n1,90,1\n2,1,-9\n"),
             {"2 of 3 positions lie outside", "64 x 48", "--cm-per-pixel"}));
  CHECK(Says(refusal("a.h5", "\x89HDF\r\n\x1a\n"), {"damaged"}));
  Write(folder / "attributes.json", R"({"frames_per_second": 25})");
  CHECK(Says(refusal("a.csv", "seconds,x1,y1\n4,1,1\n"), {"row 0", "4 s"}));
  Write(folder / "attributes.json", R"({"identities_labels": ["a", "b"]})");
  CHECK(Says(refusal("a.csv", "seconds,x1,y1\n0,1,1\n"), {"names 2 identities and has 1"}));
  Write(folder / "attributes.json", "{}");
  Write(folder / "id_probabilities.csv", "seconds,id_probabilities1\n0,1\n0,1\n");
  CHECK(Says(refusal("a.csv", "seconds,x1,y1\n0,1,1\n"), {"2 rows"}));
  {
    H5Writer writer(folder / "odd.h5");
    writer.Numbers("trajectories", H5Number::kFloat64, {2, 3}, {1, 2, 3, 4, 5, 6});
    writer.Commit();
  }
  CHECK(Says(ErrorOf([&] { ImportFile(*project, "idtracker", folder / "odd.h5"); }),
             {"[frames, animals, 2]"}));
}

TEST_CASE("TRex's archives come in, a folder of them as the animals of one video") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  Write(folder / "data/clip_fish0.npz", StoredZip(Fish(1)));
  Write(folder / "data/clip_fish1.npz", StoredZip(Fish(4)));
  Write(folder / "data/clip_fish1.csv", "frame,X (cm),Y (cm)\n0,1,1\n");
  Write(folder / "data/clip_posture_fish1.npz", "other");
  Write(folder / "data/clip_labels.csv", "frame,groom\n0,1\n");
  CHECK(RecognizeFormat(folder / "data/clip_fish0.npz") == "trex");
  CHECK(RecognizeFormat(folder / "data") == "trex");
  const ImportReport report = ImportFile(*project, "trex", folder / "data");
  CHECK(report.predictions == 4);
  CHECK(Says(Joined(report.warnings),
             {"2 of 8 positions are gaps", "2 of 8 positions are of frames in which the animal is",
              "1 animals lie there as .npz and as .csv", "1 .npz and .csv files there are no"}));
  const auto found = FoundAt(*project, 3);
  REQUIRE(found.size() == 2);
  CHECK(found[0].tracklet == 0);
  CHECK(found[0].key_points[0].x == 1.5 / 0.25 + 0.5);
  CHECK(found[0].key_points[0].y == 2.5 / 0.25 + 0.5);
  CHECK(found[1].tracklet == 1);
  CHECK(found[1].key_points[0].x == 4.5 / 0.25 + 0.5);
  CHECK(FoundAt(*project, 5).empty());
  CHECK(ImportFile(*project, "trex", folder / "data").already_present == 4);
  CHECK(Says(Joined(ImportFile(*project, "trex", folder / "data/clip_fish0.npz").warnings),
             {"1 more animals of the video lie beside it (fish1)"}));
}

TEST_CASE("TRex's tables need to know how wide a pixel is") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  const fs::path table = folder / "data/clip_Nemo.csv";
  Write(table,
        "frame,X#wcentroid (cm),X (cm),Y#wcentroid (cm),Y (cm),missing\n"
        "7.000,1.000,9,2.000,9,0.000\n8.000,inf,inf,inf,inf,1.000\n");
  CHECK(RecognizeFormat(table) == "trex");
  CHECK(Says(ErrorOf([&] { ImportFile(*project, "trex", table); }), {"--cm-per-pixel"}));
  ImportOptions options;
  options.cm_per_pixel = 0.1;
  const ImportReport report = ImportFile(*project, "trex", table, options);
  CHECK(report.predictions == 1);
  const PointsByPlace expected = {{{7, "Nemo", "center"}, {10.5, 20.5, 1}}};
  CHECK(PredictedPoints(*project) == expected);
  Write(folder / "clip.settings", "track_max_individuals = 1\ncm_per_pixel = 0.05\n");
  CHECK(Says(Joined(ImportFile(*project, "trex", table).warnings), {"0.05 cm"}));
  CHECK(FoundAt(*project, 7).at(0).key_points[0].x == 20.5);
}

TEST_CASE("a real table of TRex is read as it stands") {
  const auto data = SharedData("formats");
  if (!data) return;
  TempDir folder;
  const auto project = LabelProject(folder.path(), 30, 2000, 1200);
  const fs::path table = *data / "trex/beetle.csv";
  CHECK(RecognizeFormat(table) == "trex");
  ImportOptions options;
  options.cm_per_pixel = 0.01;
  const ImportReport report = ImportFile(*project, "trex", table, options);
  const CsvTable lines(table, "table");
  CHECK(report.predictions == static_cast<int64_t>(lines.rows()));
  CHECK(report.predicted_frames == report.predictions);
  const auto first = FoundAt(*project, 0);
  REQUIRE(first.size() == 1);
  CHECK(first[0].key_points[0].x == doctest::Approx(9.419 / 0.01 + 0.5));
  CHECK(first[0].key_points[0].y == doctest::Approx(3.909 / 0.01 + 0.5));
}

TEST_CASE("damaged archives and arrays of Python objects are refused in one line") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  const auto refusal = [&](const std::string& bytes) {
    Write(folder / "clip_fish0.npz", bytes);
    const std::string said =
        ErrorOf([&] { ImportFile(*project, "trex", folder / "clip_fish0.npz"); });
    CHECK(said.find('\n') == std::string::npos);
    CHECK(project->Jobs().empty());
    return said;
  };
  const auto with = [](const std::string& name, const std::string& bytes) {
    Entries entries = Fish(1);
    for (auto& entry : entries) {
      if (entry.first == name) entry.second = bytes;
    }
    return StoredZip(entries);
  };
  const std::string good = StoredZip(Fish(1));
  CHECK(Says(refusal(good.substr(0, good.size() / 2)), {"truncated"}));
  CHECK(Says(refusal("no archive"), {"no .npz"}));
  CHECK(Says(refusal(with("X#wcentroid.npy", Npy<float>("|O", {1, 2}))), {"pickle", "never run"}));
  CHECK(Says(refusal(with("frame.npy", Npy<float>("<f4", {2, 2, 5, 6}))), {"comes twice"}));
  CHECK(Says(refusal(with("frame.npy", Npy<float>("<f4", {-1, 2, 5, 6}))), {"whole number"}));
  CHECK(Says(refusal(with("frame.npy", Npy<float>("<f4", {2, 3}))), {"one length"}));
  CHECK(Says(refusal(with("frame.npy", Npy<float>("<f4", {2, 3, 5, 6}).substr(0, 130))),
             {"ends too early"}));
  CHECK(Says(refusal(with("frame.npy", Npy<float>("<f4", {200, 3, 5, 6}))), {"frame 200"}));
  CHECK(Says(refusal(with("video_size.npy", Npy<double>("<f8", {640, 480}))), {"640 x 480"}));
  CHECK(Says(refusal(StoredZip({{"frame.npy", Npy<float>("<f4", {1})}})), {"no frame, X and Y"}));
  std::string huge = Npy<float>("<f4", {1});
  huge.replace(huge.find("(1,)"), 4, "(99999999,9999999)");
  CHECK(Says(refusal(with("frame.npy", huge)), {"impossible size"}));
}

TEST_CASE("packed archives are unpacked as far as they are honest") {
  TempDir folder;
  const std::string array = Npy<double>("<f8", std::vector<double>(5000, 2.5));
  const auto packed = [&](size_t claimed) {
    const std::string data = Deflated(array), name = "X.npy";
    const std::string common = LittleEndian(0, 2) + LittleEndian(8, 2) + LittleEndian(0, 8) +
                               LittleEndian(data.size(), 4) + LittleEndian(claimed, 4) +
                               LittleEndian(name.size(), 2) + LittleEndian(0, 2);
    const std::string file = "PK\x03\x04" + LittleEndian(20, 2) + common + name + data;
    const std::string table =
        "PK\x01\x02" + LittleEndian(20, 4) + common + std::string(14, '\0') + name;
    Write(folder / "a.npz", file + table + "PK\x05\x06" + LittleEndian(0, 4) + LittleEndian(1, 2) +
                                LittleEndian(1, 2) + LittleEndian(table.size(), 4) +
                                LittleEndian(file.size(), 4) + LittleEndian(0, 2));
    return ReadNpz(folder / "a.npz", {"X"}, "archive");
  };
  const NumpyArray read = packed(array.size()).at("X");
  CHECK(read.values == std::vector<double>(5000, 2.5));
  CHECK(Says(ErrorOf([&] { packed(array.size() - 8); }), {"damaged"}));
  CHECK(Says(ErrorOf([&] { packed(array.size() + 8); }), {"damaged"}));
  CHECK(Says(ErrorOf([&] { packed(0x7fffffff); }), {"more than it may hold"}));
}

}  // namespace trajectories_test
