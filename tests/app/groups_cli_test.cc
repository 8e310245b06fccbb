// Factors of videos, and reports by them, from the command line.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "datasets/files/csv.h"
#include "datasets/video/video.h"
#include "tests/support/journey.h"
#include "tests/support/says.h"

namespace groups_cli_test {

using nlohmann::json;
using tests::CheckFails;
using tests::Outcome;
using tests::Says;
using tests::Vole;
using tests::VoleJson;

namespace {

// Six short videos; the animal rears for 1, 2, 3 frames on saline and 4, 6, 8 on the drug.
struct Lab {
  Lab() {
    VoleJson({"new", project});
    std::ofstream table(Path("scored.csv"));
    table << "video,subject,behavior,start_frame,stop_frame\n";
    const int frames[] = {1, 2, 3, 4, 6, 8};
    for (int v = 0; v < 6; ++v) {
      const std::string name = "m" + std::to_string(v);
      datasets::VideoWriter writer(Path(name + ".mp4"), 64, 48, 10);
      for (int i = 0; i < 10; ++i) {
        writer.Write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(20 * v + i)));
      }
      writer.Close();
      table << name << ",mouse,rearing,1," << frames[v] << "\n";
    }
    table.close();
    VoleJson({"add-video", project, folder.path().string()});
    VoleJson({"import", project, "--format", "behaviors", Path("scored.csv")});
  }
  std::string Path(const std::string& name) const { return (folder / name).string(); }
  tests::TempDir folder;
  std::string project = (folder / "p.vole").string();
};

}  // namespace

TEST_CASE("a laboratory gives its videos treatments, and compares what animals did under them") {
  const Lab lab;
  CheckFails({"report", lab.project, "--by", "treatment"}, 1, {"no video of the project"});
  const Outcome none = Vole({"factors", lab.project});
  CHECK(none.code == 0);
  CHECK(Says(none.out, "No video has a factor yet"));
  VoleJson({"factors", lab.project, "set", "m0", "m1", "m2", "treatment=saline", "day=2"});
  const json set = VoleJson({"factors", lab.project, "set", "m3", "treatment=drug", "day=10"});
  CHECK(set["factors"] == json{"treatment", "day"});
  CHECK(set["videos"][3]["factors"] == json{{"treatment", "drug"}, {"day", "10"}});

  // The rest in a spreadsheet.
  VoleJson({"factors", lab.project, "--out", lab.Path("f.csv")});
  const datasets::CsvTable before(lab.Path("f.csv"), "f");
  CHECK(before.Text(4, "treatment") == "");
  std::ofstream(lab.Path("f.csv")) << "video,treatment,day\nm4,drug,10\nm5,drug,10\n";
  VoleJson({"factors", lab.project, "--csv", lab.Path("f.csv")});

  const json report =
      VoleJson({"report", lab.project, "--by", "treatment", "--measures", "seconds,latency_s",
                "--long-csv", lab.Path("long.csv"), "--groups-csv", lab.Path("groups.csv"),
                "--box-plot", lab.Path("box.svg")});
  REQUIRE(report["groups"].size() == 4);
  const json drug = report["groups"][0];
  CHECK(drug["levels"] == json{{"treatment", "drug"}});
  CHECK(drug["measure"] == "seconds");
  CHECK(drug["n"] == 3);
  CHECK(drug["mean"].get<double>() == doctest::Approx(0.6));
  CHECK(drug["sem"].get<double>() == doctest::Approx(0.2 / std::sqrt(3)));
  REQUIRE(report["effects"].size() == 2);
  CHECK(report["effects"][0]["cliffs_delta"] == -1);  // saline against drug
  CHECK(report["effects"][0]["hedges_g"] < -1);
  CHECK(report["effects"][1]["hedges_g"] == nullptr);  // all began alike
  const datasets::CsvTable table(lab.Path("long.csv"), "long");
  CHECK(table.rows() == 12);
  CHECK(table.Text(0, "treatment") == "saline");
  CHECK(table.Number(0, "value") == 0.1);
  CHECK(datasets::CsvTable(lab.Path("groups.csv"), "groups").rows() == 4);
  CHECK(std::filesystem::file_size(lab.Path("box.svg")) > 1000);

  const Outcome text = Vole({"report", lab.project, "--by", "treatment,day"});
  INFO(tests::Show(text));
  CHECK(text.code == 0);
  CHECK(Says(text.out, "drug, 10"));
  CHECK(Says(text.out, "Hedges' g"));
  CHECK(Says(text.err, "'mouse' is in 3 videos of group drug, 10 and counts as 3"));
}

TEST_CASE("groups of one, videos without a factor and wrong words are said") {
  const Lab lab;
  VoleJson({"factors", lab.project, "set", "m0", "m1", "cage=A"});
  VoleJson({"factors", lab.project, "set", "m5", "cage=B"});
  const Outcome outcome = Vole({"report", lab.project, "--by", "cage", "--unit", "video"});
  CHECK(outcome.code == 0);
  CHECK(Says(outcome.err, "group B is one video: it has no SEM"));
  CHECK(Says(outcome.err, "left out, because a factor of theirs is not set: m2, m3, m4"));
  CheckFails({"report", lab.project, "--by", "cge"}, 1, {"did you mean 'cage'?"});
  CheckFails({"report", lab.project, "--by", "cage", "--unit", "frame"}, 2, {"frame", "animal"});
  CheckFails({"report", lab.project, "--box-plot", "b.svg"}, 2, {"--by"});
  CheckFails({"report", lab.project, "--by", "cage", "--box-plot", "b.pdf"}, 1, {".svg"});
  CheckFails({"factors", lab.project, "set", "m9", "cage=A"}, 1, {"no such video"});
  CheckFails({"factors", lab.project, "set", "m0"}, 2, {"NAME=VALUE"});
  CheckFails({"factors", lab.project, "put", "m0", "cage=A"}, 2, {"'put'", "set"});
  std::ofstream(lab.Path("f.csv")) << "video,cage\nm2,A\nm77,B\n";
  CheckFails({"factors", lab.project, "--csv", lab.Path("f.csv")}, 1, {"line 3", "m77"});
  const json now = VoleJson({"factors", lab.project});
  CHECK(now["videos"][2]["factors"].empty());
}

}  // namespace groups_cli_test
