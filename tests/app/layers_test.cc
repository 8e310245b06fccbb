#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/source_tree.h"
#include "tests/support/temp_dir.h"

namespace layers_test {

namespace {

using source_tree::Complaints;
using source_tree::Source;

// app -> infer -> train -> datasets,  app -> annotate -> datasets
const std::map<std::string, std::set<std::string>> kReach = {
    {"datasets", {"datasets"}},
    {"annotate", {"annotate", "datasets"}},
    {"train", {"train", "datasets"}},
    {"infer", {"infer", "train", "datasets"}},
    {"app", {"app", "infer", "train", "annotate", "datasets"}},
};
const std::vector<std::string> kTopFolders = {"app", "annotate", "train", "infer", "datasets"};

// Every room, from the bottom to the top: a room includes itself and rooms above it in this list. A
// folder "/*" is the floor of its rooms that have none of their own, each of which includes only
// itself.
const std::vector<std::string> kFloors = {
    "datasets/base",
    "datasets/files",
    "datasets/hdf5",
    "datasets/shape",
    "datasets/keypoints",
    "datasets/video",
    "datasets/space",
    "datasets/store",
    "datasets/store/review",
    "datasets/store/meetings",
    "datasets/store/calibrations",
    "datasets/store/notes",
    "datasets/store/overview",
    "datasets/store/factors",
    "datasets/store/subjects",
    "datasets/store/removal",
    "datasets/store/recording",
    "datasets/store/schema",
    "datasets/store/file",
    "datasets/store/verify",
    "datasets",
    "datasets/models",
    "datasets/exchange",
    "datasets/pose",
    "datasets/sample",
    "datasets/synthetic",
    "datasets/metrics",
    "datasets/formats/behaviors",
    "datasets/formats/*",
    "datasets/formats",
    "datasets/behavior",
    "datasets/report",
    "datasets/groups",
    "datasets/depth",
    "datasets/evaluate",
    "annotate/assist",
    "annotate",
    "annotate/tools",
    "train/base",
    "train/weights",
    "train/peers",
    "train/nn",
    "train/nets",
    "train/nets/rcnn",
    "train/nets/yolact",
    "train/nets/siam",
    "train/picture",
    "train/learn",
    "train/idseg",
    "train/idnet",
    "train/behavior",
    "train/points",
    "train/detect",
    "train/siam",
    "train",
    "infer",
    "infer/track",
    "infer/names",
    "infer/behavior",
    "infer/points",
    "infer/meetings",
    "infer/review",
    "infer/review/signs",
    "infer/statement",
    "infer/parts",
    "infer/run",
    "infer/learning",
    "infer/live",
    "app/model/drawing",
    "app/model",
    "app/model/timeline",
    "app/model/session",
    "app/model/results",
    "app/model/overview",
    "app/model/live",
    "app/model/requests",
    "app/cli",
    "app/cli/pages",
    "app/cli/groups",
    "app/cli/review",
    "app/cli/verbs",
    "app/cli/space",
    "app/cli/learning",
    "app/gl",
    "app/ui",
    "app/ui/views/canvas",
    "app/ui/views/timeline",
    "app/ui/views/report",
    "app/ui/views/notes",
    "app/ui/views/results",
    "app/ui/views/videos",
    "app/ui/views/live",
    "app/ui/views/review",
    "app/ui/views",
    "app/ui/shell",
    "app",
};

constexpr int kMostLinesOfSource = 500, kMostLinesOfHeader = 150, kMostLinesOfTest = 700;
constexpr int kMostFilesOfFolder = 30;

std::string Text(const Complaints& complaints) {
  std::string text;
  for (const std::string& complaint : complaints) text += complaint + "\n";
  return text;
}

std::vector<Source> Product() { return source_tree::Read(VOLE_SOURCE_DIR, kTopFolders); }

bool MayDraw(const Source& source) {
  return source_tree::StartsWith(source.path, "app/") &&
         !source_tree::StartsWith(source.path, "app/model/") &&
         !source_tree::StartsWith(source.path, "app/cli/");
}

Complaints Torch(const std::vector<Source>& sources) {
  return source_tree::OnlyIn("torch", sources, {"torch/", "ATen/", "c10/", "caffe2/"},
                             [](const Source& source) { return source.Top() == "train"; });
}

Complaints Graphics(const std::vector<Source>& sources) {
  return source_tree::OnlyIn("graphics", sources, {"imgui", "GLFW/", "GL/"}, MayDraw);
}

const std::vector<std::string> kMayHoldSql = {"datasets/store", "annotate"};

// A tree with one file too many, of the given path and text.
class BrokenTree {
 public:
  BrokenTree(const std::string& path, const std::string& text) {
    Add("datasets/base/error.h", "#pragma once\n");
    Add(path, text);
  }
  void Add(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((folder_.path() / path).parent_path());
    std::ofstream(folder_.path() / path) << text;
  }
  std::vector<Source> Read() const { return source_tree::Read(folder_.path(), kTopFolders); }

 private:
  tests::TempDir folder_;
};

bool Names(const Complaints& complaints, const std::string& rule, const std::string& place) {
  return complaints.size() == 1 && source_tree::StartsWith(complaints[0], rule + ": ") &&
         complaints[0].find(place) != std::string::npos;
}

}  // namespace

TEST_CASE("Every room includes only itself and rooms on the floors below") {
  const std::vector<Source> sources = Product();
  CHECK(sources.size() > 300);
  CHECK(Text(source_tree::Floors(sources, kFloors, kReach)) == "");
}

TEST_CASE("No files include each other in a circle") {
  CHECK(Text(source_tree::Cycles(Product())) == "");
}

TEST_CASE("LibTorch is used only inside train/, and no header that others include shows it") {
  const std::vector<Source> sources = Product();
  CHECK(Text(Torch(sources)) == "");
  CHECK(Text(source_tree::TorchInOpenHeaders(sources)) == "");
}

TEST_CASE("Windows and graphics are used only inside app/, and not by its model or command line") {
  CHECK(Text(Graphics(Product())) == "");
}

TEST_CASE("No file is longer than a person reads in one sitting, and no folder is a crowd") {
  const std::vector<Source> sources = Product();
  CHECK(Text(source_tree::Lengths(sources, kMostLinesOfSource, kMostLinesOfHeader)) == "");
  CHECK(Text(source_tree::FullFolders(sources, kMostFilesOfFolder)) == "");
  const std::vector<Source> tests = source_tree::Read(VOLE_SOURCE_DIR, {"tests"});
  CHECK(Text(source_tree::Lengths(tests, kMostLinesOfTest, kMostLinesOfTest)) == "");
  CHECK(Text(source_tree::FullFolders(tests, kMostFilesOfFolder)) == "");
}

TEST_CASE("Statements of SQL stand in the store and in what changes a project, nowhere else") {
  CHECK(Text(source_tree::Sql(Product(), kMayHoldSql)) == "");
}

TEST_CASE("A rule that is broken is named together with the place") {
  SUBCASE("an arrow against the direction") {
    const BrokenTree tree("datasets/base/wrong.cc", "#include \"app/cli/verbs.h\"\n");
    CHECK(Names(source_tree::Floors(tree.Read(), kFloors, kReach), "arrows",
                "datasets/base/wrong.cc:1 includes app/cli/verbs.h"));
  }
  SUBCASE("a room that includes one above it") {
    const BrokenTree tree("datasets/base/wrong.cc", "\n#include \"datasets/store/reader.h\"\n");
    CHECK(Names(source_tree::Floors(tree.Read(), kFloors, kReach), "floors",
                "datasets/base/wrong.cc:2 includes datasets/store/reader.h"));
  }
  SUBCASE("a format that includes another one") {
    const BrokenTree tree("datasets/formats/coco/wrong.cc",
                          "#include \"datasets/formats/yolo/yolo.h\"\n");
    CHECK(Names(source_tree::Floors(tree.Read(), kFloors, kReach), "floors",
                "datasets/formats/coco/wrong.cc:1 includes datasets/formats/yolo/yolo.h"));
  }
  SUBCASE("a room that nobody has put on a floor") {
    const BrokenTree tree("datasets/attic/wrong.cc", "");
    CHECK(Names(source_tree::Floors(tree.Read(), kFloors, kReach), "rooms", "datasets/attic"));
  }
  SUBCASE("files that include each other") {
    BrokenTree tree("datasets/base/one.h", "#include \"datasets/base/two.h\"\n");
    tree.Add("datasets/base/two.h", "#include \"datasets/base/one.h\"\n");
    CHECK(Names(source_tree::Cycles(tree.Read()), "cycles",
                "datasets/base/one.h <- datasets/base/two.h <- datasets/base/one.h"));
  }
  SUBCASE("LibTorch outside of train/") {
    const BrokenTree tree("infer/run/wrong.cc", "#include <torch/torch.h>\n");
    CHECK(Names(Torch(tree.Read()), "torch", "infer/run/wrong.cc:1"));
  }
  SUBCASE("LibTorch in a header that others include, two steps deep") {
    BrokenTree tree("infer/run/user.cc", "#include \"train/open.h\"\n");
    tree.Add("train/open.h", "#include \"train/inner.h\"\n");
    tree.Add("train/inner.h", "#include <torch/torch.h>\n");
    CHECK(Names(source_tree::TorchInOpenHeaders(tree.Read()), "torch", "train/inner.h:1"));
  }
  SUBCASE("a window in the model") {
    const BrokenTree tree("app/model/wrong.cc", "#include <imgui.h>\n");
    CHECK(Names(Graphics(tree.Read()), "graphics", "app/model/wrong.cc:1"));
  }
  SUBCASE("a source and a header that are too long") {
    BrokenTree tree("infer/run/long.cc", std::string(501, '\n'));
    CHECK(Names(source_tree::Lengths(tree.Read(), 500, 150), "lengths", "infer/run/long.cc"));
    tree.Add("infer/run/long.cc", std::string(500, '\n'));
    tree.Add("infer/run/long.h", std::string(151, '\n'));
    CHECK(Names(source_tree::Lengths(tree.Read(), 500, 150), "lengths", "infer/run/long.h"));
  }
  SUBCASE("a folder with 31 files") {
    BrokenTree tree("infer/run/file0.cc", "");
    for (int i = 1; i < 31; ++i) tree.Add("infer/run/file" + std::to_string(i) + ".cc", "");
    CHECK(Names(source_tree::FullFolders(tree.Read(), kMostFilesOfFolder), "folders",
                "infer/run holds 31"));
  }
  SUBCASE("a statement of SQL in a verb") {
    const BrokenTree tree("app/cli/verbs/wrong.cc",
                          "\nauto rows = Query(\"SELECT 1 FROM jobs\");\n");
    CHECK(Names(source_tree::Sql(tree.Read(), kMayHoldSql), "sql", "app/cli/verbs/wrong.cc:2"));
  }
}

}  // namespace layers_test
