#include "datasets/formats/deeplabcut/pandas_table.h"

#include <doctest/doctest.h>
#include <hdf5.h>

#include <cmath>
#include <fstream>

#include "datasets/formats/formats.h"
#include "datasets/hdf5/h5_writer.h"
#include "tests/support/coco_sample.h"
#include "tests/support/pose_project.h"

namespace pandas_table_test {

using namespace tests;  // the vocabulary of these tests
using namespace datasets;
namespace fs = std::filesystem;

namespace {

ImportReport ImportTable(Project& project, const fs::path& path) {
  Job job;
  return Import(project, "deeplabcut", path, {}, job);
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + "\n";
  return all;
}

// A file as DataFrame.to_hdf(format="table") lays it out: two rows of two points of networks.
struct Appendable {
  std::string names =
      "(lp0\n(VDLC_net\np1\nVsnout\np2\nVx\np3\ntp4\na(g1\ng2\nVy\np5\ntp6\na(g1\ng2\nVlikelihood"
      "\np7\ntp8\na(g1\nV\\u00e4r\np9\ng3\ntp10\na(g1\ng9\ng5\ntp11\na(g1\ng9\ng7\ntp12\na.";
  std::vector<double> values = {1, 2, .75, 3, 4, .5, NAN, NAN, NAN, 7, 8, .25};
  bool pictures = false;  // rows are named by them, else by frames 4 and 9

  void Write(const fs::path& path) const {
    {
      H5Writer file(path);
      file.Group("df_with_missing");
      file.Attribute("df_with_missing", "pandas_type", "frame_table");
      file.Commit();
    }
    struct Row {
      char name[32];
      int64_t frame;
      double values[6];
    };
    const hsize_t six = 6, two = 2;
    const hid_t list = H5Tarray_create2(H5T_NATIVE_DOUBLE, 1, &six);
    const hid_t text = H5Tcopy(H5T_C_S1), type = H5Tcreate(H5T_COMPOUND, sizeof(Row));
    H5Tset_size(text, sizeof Row::name);
    H5Tinsert(type, "index", pictures ? offsetof(Row, name) : offsetof(Row, frame),
              pictures ? text : H5T_NATIVE_INT64);
    H5Tinsert(type, "values_block_0", offsetof(Row, values), list);
    Row rows[2] = {{"labeled-data/clip/img004.png", 4, {}},
                   {"labeled-data/clip/img009.png", 9, {}}};
    for (size_t i = 0; i < 12; ++i) rows[i / 6].values[i % 6] = values[i];
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(1, &two, nullptr), one = H5Screate(H5S_SCALAR);
    const hid_t table = H5Dcreate2(file, "df_with_missing/table", type, space, H5P_DEFAULT,
                                   H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(table, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows);
    const auto attribute = [&](const char* name, const std::string& value) {
      const hid_t fixed = H5Tcopy(H5T_C_S1);
      H5Tset_size(fixed, value.size());
      const hid_t at = H5Acreate2(table, name, fixed, one, H5P_DEFAULT, H5P_DEFAULT);
      H5Awrite(at, fixed, value.data());
      H5Aclose(at);
      H5Tclose(fixed);
    };
    attribute("values_block_0_kind", names);
    attribute("index_kind", pictures ? "string" : "integer");
    for (const hid_t id : {space, one}) H5Sclose(id);
    for (const hid_t id : {list, text, type}) H5Tclose(id);
    H5Dclose(table);
    H5Fclose(file);
  }
};

// As DataFrame.to_hdf(format="fixed"): labels of two animals on two pictures.
void WriteFixed(const fs::path& path) {
  H5Writer file(path);
  const std::string g = "df_with_missing";
  file.Group(g);
  file.Attribute(g, "pandas_type", "frame");
  file.Attribute(g, "axis1_variety", "multi");
  file.Attribute(g, "block0_items_variety", "multi");
  const auto level = [&](const std::string& axis, int number, const std::vector<std::string>& names,
                         const std::vector<double>& labels) {
    const std::string place = g + "/" + axis, n = std::to_string(number);
    file.FixedTexts(place + "_level" + n, {names.size()}, names);
    file.Attribute(place + "_level" + n, "kind", "string");
    file.Numbers(place + "_label" + n, H5Number::kInt64, {labels.size()}, labels);
  };
  level("block0_items", 0, {"Ann"}, {0, 0, 0, 0});
  level("block0_items", 1, {"ada", "bea"}, {1, 1, 0, 0});
  level("block0_items", 2, {"snout"}, {0, 0, 0, 0});
  level("block0_items", 3, {"x", "y"}, {0, 1, 0, 1});
  level("axis1", 0, {"labeled-data"}, {0, 0});
  level("axis1", 1, {"clip"}, {0, 0});
  level("axis1", 2, {"img002.png", "img005.png"}, {1, 0});
  file.Numbers(g + "/block0_values", H5Number::kFloat64, {2, 4}, {1, 2, 3, 4, 5.25, 6, NAN, NAN});
  file.Commit();
}

}  // namespace

TEST_CASE("DeepLabCut's .h5 of a video comes in as its CSV file does") {
  TempDir folder;
  fs::create_directory(folder / "other");
  const auto project = LabelProject(folder.path()), other = LabelProject(folder / "other");
  const fs::path path = folder / "clipDLC_net.h5";
  Appendable().Write(path);
  CHECK(RecognizeFormat(path) == "deeplabcut");
  CHECK(ImportTable(*project, path).predictions == 2);
  std::ofstream(folder / "clipDLC_net.csv")
      << "scorer,DLC_net,DLC_net,DLC_net,DLC_net,DLC_net,DLC_net\n"
         "bodyparts,snout,snout,snout,är,är,är\n"
         "coords,x,y,likelihood,x,y,likelihood\n"
         "4,1,2,.75,3,4,.5\n9,,,,7,8,.25\n";
  ImportTable(*other, folder / "clipDLC_net.csv");
  const PointsByPlace points = PredictedPoints(*project);
  CHECK(points.size() == 3);
  CHECK(points == PredictedPoints(*other));
}

TEST_CASE("DeepLabCut's .h5 of labels brings each animal onto its picture's frame") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  fs::create_directories(folder / "dlc/labeled-data/clip");
  WriteFixed(folder / "dlc/labeled-data/clip/CollectedData_Ann.h5");
  const ImportReport report = ImportTable(*project, folder / "dlc");
  CHECK(report.annotations == 3);
  const PointsByPlace points = LabeledPoints(*project);
  CHECK(points.at({5, "bea", "snout"}) == std::make_tuple(1.5, 2.5, 2.0));
  CHECK(points.at({5, "ada", "snout"}) == std::make_tuple(3.5, 4.5, 2.0));
  CHECK(points.at({2, "bea", "snout"}) == std::make_tuple(5.75, 6.5, 2.0));
}

TEST_CASE("a .h5 whose rows are named by pictures in one column is read") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  Appendable table;
  table.pictures = true;
  table.Write(folder / "machinelabels.h5");
  CHECK(ImportTable(*project, folder / "machinelabels.h5").predictions == 2);
  CHECK(PredictedPoints(*project).count({9, "animal0", "är"}) == 1);
}

TEST_CASE("what networks write beside x, y and likelihood is left out and counted") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  std::ofstream(folder / "preds.csv") << "scorer,net,net,net,net,net,net,net,set\n"
                                         "bodyparts,\"tip, left\",\"tip, left\",\"tip, left\","
                                         "\"tip, left\",ear,ear,ear,\n"
                                         "coords,x,y,likelihood,x_ens_var,x,y,likelihood,\n"
                                         "labeled-data/clip/img004.png,1,2,.5,9,3,4,.75,train\n";
  const ImportReport report = ImportTable(*project, folder / "preds.csv");
  CHECK(Says(Joined(report.warnings), {"2 columns are neither x, y nor likelihood"}));
  const PointsByPlace points = PredictedPoints(*project);
  CHECK(points.at({4, "animal0", "tip, left"}) == std::make_tuple(1.5, 2.5, .5));
  CHECK(points.at({4, "animal0", "ear"}) == std::make_tuple(3.5, 4.5, .75));
  std::ofstream(folder / "space.csv") << "scorer,D,D,D\nbodyparts,n,n,n\ncoords,x,y,z\n0,1,2,3\n";
  CHECK(Says(ErrorOf([&] { ImportTable(*project, folder / "space.csv"); }),
             {"'n' lies in space", "one camera"}));
}

TEST_CASE("DeepLabCut's first names of predictions say their video") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  AddVideoRow(*project, "second", 100, 64, 48);
  std::ofstream(folder / "clipDeepCut_resnet50_cageMay17shuffle1_1030000.csv")
      << "scorer,D,D,D\nbodyparts,n,n,n\ncoords,x,y,likelihood\n7,1,2,.5\n";
  ImportTable(*project, folder / "clipDeepCut_resnet50_cageMay17shuffle1_1030000.csv");
  CHECK(PredictedPoints(*project).count({7, "animal0", "n"}) == 1);
}

TEST_CASE("a project's config.yaml stands for its folder, whose training sets are copies") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  const fs::path root = folder / "dlc", again = root / "training-datasets/iteration-0/all";
  fs::create_directories(root / "labeled-data/clip");
  fs::create_directories(again);
  std::ofstream(root / "config.yaml")
      << "Task: t\nvideo_sets:\n  a/clip.mp4:\n    crop: 0, 1, 0, 1\n"
         "bodyparts:\n- snout\nskeleton: []\n";
  WriteFixed(root / "labeled-data/clip/CollectedData_Ann.h5");
  WriteFixed(again / "CollectedData_Ann.h5");
  CHECK(RecognizeFormat(root / "config.yaml") == "deeplabcut");
  CHECK(ImportTable(*project, root / "config.yaml").annotations == 3);
}

TEST_CASE("objects in the names of a .h5 are never run, and what does not fit is named") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  const auto why = [&](const std::string& names) {
    Appendable table;
    table.names = names;
    table.Write(folder / "x.h5");
    return ErrorOf([&] { ImportTable(*project, folder / "x.h5"); });
  };
  CHECK(Says(why("cos\nsystem\n(S'true'\ntR."), {"never run", "CSV"}));
  CHECK(Says(why("(lp0\n(VDLC\np1\n"), {"never run"}));  // ends too early
  CHECK(Says(why("(lp0\n(Va\ng7\ntp1\na."), {"never run"}));
  CHECK(Says(why("(lp0\n(VDLC\nVsnout\nVx\nta."), {"6 columns and 1 names"}));
  H5Writer empty(folder / "y.h5");
  empty.Group("other");
  empty.Commit();
  CHECK(Says(ErrorOf([&] { ImportTable(*project, folder / "y.h5"); }), {"no table of pandas"}));
}

}  // namespace pandas_table_test
