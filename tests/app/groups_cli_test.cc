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
  // Those that are left out are of no group, and of no table.
  const Outcome subjects = Vole({"report", lab.project, "--by", "cage", "--measures", "bouts",
                                 "--long-csv", lab.Path("long.csv")});
  CHECK_FALSE(Says(subjects.err, "of group ,"));
  CHECK_FALSE(Says(subjects.err, "of group  and"));
  CHECK(datasets::CsvTable(lab.Path("long.csv"), "long").rows() == 3);
  CheckFails({"report", lab.project, "--unit", "video"}, 2, {"--unit", "--by"});
  CheckFails({"report", lab.project, "--measures", "bouts"}, 2, {"--measures", "--by"});
  CheckFails({"report", lab.project, "--by", "cage", "--bin", "60"}, 2, {"--bin", "--frames"});
  CheckFails({"report", lab.project, "--by", "cage", "--bin-frames", "5"}, 2, {"--bin"});
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

TEST_CASE("an animal that was looked for and never did it counts as zero; nobody's is said") {
  const Lab lab;
  // Of six videos of one group: two in which somebody looked in vain, one that nobody scored.
  std::ofstream(lab.Path("more.csv")) << "video,subject,behavior,start_frame,stop_frame,present\n"
                                         "n0,mouse,rearing,1,8,0\n"
                                         "n1,mouse,rearing,1,8,0\n";
  for (const std::string name : {"n0", "n1", "n2"}) {
    datasets::VideoWriter writer(lab.Path(name + ".mp4"), 64, 48, 10);
    const int shade = name.back() * 3;
    for (int i = 0; i < 10; ++i) {
      writer.Write(cv::Mat(48, 64, CV_8UC3, cv::Scalar(i, shade, 200)));
    }
    writer.Close();
    VoleJson({"add-video", lab.project, lab.Path(name + ".mp4")});
  }
  VoleJson({"import", lab.project, "--format", "behaviors", lab.Path("more.csv")});
  VoleJson({"factors", lab.project, "set", "m2", "m4", "n0", "n1", "n2", "treatment=saline"});
  VoleJson({"factors", lab.project, "set", "m0", "treatment=drug"});
  const json report = VoleJson({"report", lab.project, "--by", "treatment"});
  for (const json& group : report["groups"]) {
    if (group["levels"]["treatment"] != "saline") continue;
    const std::string measure = group["measure"];
    INFO(measure);
    const bool defined = measure == "bouts" || measure == "seconds" || measure == "proportion";
    CHECK(group["n"] == (defined ? 4 : 2));
    CHECK(group["without_value"] == (defined ? 0 : 2));
    if (measure == "seconds") {  // 0.3, 0.6, 0 and 0
      CHECK(group["mean"].get<double>() == doctest::Approx(0.225));
      CHECK(group["units"]["n1 / mouse"] == 0);
    }
  }
  REQUIRE(report["not_scored"].size() == 1);
  CHECK(report["not_scored"][0]["units"] == json{"n2"});
  CHECK(report["not_scored"][0]["behaviors"] == json{"rearing"});
  const Outcome text = Vole({"report", lab.project, "--by", "treatment"});
  INFO(tests::Show(text));
  CHECK(Says(text.out, "2 of 4"));
  CHECK(Says(text.err, "rearing: not scored, so in no group: n2"));
  // One of several that did it has no SEM either.
  VoleJson({"factors", lab.project, "set", "m4", "treatment="});
  const Outcome one = Vole({"report", lab.project, "--by", "treatment"});
  CHECK(Says(one.err, "in group saline, only one animal ever did it: there is no SEM of"));
}

TEST_CASE("a second animal of a video that nobody scored is named") {
  const Lab lab;
  std::ofstream(lab.Path("more.csv")) << "video,subject,rater,behavior,start_frame,stop_frame\n"
                                         "m0,rat,bert,rearing,1,8\n"
                                         "m1,mouse,bert,grooming,1,8\n";
  VoleJson({"import", lab.project, "--format", "behaviors", lab.Path("more.csv")});
  VoleJson({"factors", lab.project, "set", "m0", "m1", "cage=A"});
  const json found = VoleJson({"report", lab.project, "--by", "cage"});
  // Bert looks for both; who scored the rest knows rearing alone, and has no zeros of grooming.
  for (const json& group : found["groups"]) {
    if (group["author"] != "bert") CHECK(group["behavior"] == "rearing");
  }
  REQUIRE(found["not_scored"].size() == 2);
  for (const json& one : found["not_scored"]) {
    const bool bert = one["author"] == "bert";
    CHECK(one["units"] == json{bert ? "m0 / mouse" : "m0 / rat"});
    CHECK(one["behaviors"] == (bert ? json{"grooming", "rearing"} : json{"rearing"}));
  }
}

TEST_CASE("a video shorter than the frames that are asked for is no zero") {
  const Lab lab;
  datasets::VideoWriter writer(lab.Path("short.mp4"), 64, 48, 10);
  for (int i = 0; i < 4; ++i) writer.Write(cv::Mat(48, 64, CV_8UC3, cv::Scalar(90, 20 * i, 7)));
  writer.Close();
  VoleJson({"add-video", lab.project, lab.Path("short.mp4")});
  std::ofstream(lab.Path("more.csv")) << "video,subject,behavior,start_frame,stop_frame\n"
                                         "short,mouse,rearing,1,2\n";
  VoleJson({"import", lab.project, "--format", "behaviors", lab.Path("more.csv")});
  VoleJson({"factors", lab.project, "set", "m0", "m5", "short", "cage=A"});
  const auto report = [&](const std::string& frames) {
    return Vole({"report", lab.project, "--by", "cage", "--measures", "seconds", "--frames", frames,
                 "--json"});
  };
  const Outcome late = report("5:10");
  INFO(tests::Show(late));
  CHECK(Says(late.err, "left out, because they end before frame 5: short"));
  CHECK(late.Json()["groups"][0]["n"] == 2);
  CHECK(late.Json()["groups"][0]["mean"].get<double>() == doctest::Approx(0.2));  // 0 and 0.4
  CHECK(late.Json()["not_scored"].empty());
  const Outcome cut = report("0:8");
  CHECK(Says(cut.err, "not as long as the others: short (to frame 3)"));
  CHECK(cut.Json()["groups"][0]["n"] == 3);
  CheckFails({"report", lab.project, "--frames", "50:60"}, 1, {"every video ends before", "9"});
  CheckFails({"report", lab.project, "--frames", "5:", "--video", "short"}, 1,
             {"the video ends before"});
}

TEST_CASE("a table beside the project may name videos that it lacks") {
  const Lab lab;
  VoleJson({"factors", lab.project, "set", "m0", "m1", "cage=A"});
  std::ofstream(lab.Path("other.csv")) << "video,subject,behavior,start_frame,stop_frame\n"
                                          "m0,mouse,rearing,1,2\nelsewhere,mouse,rearing,1,2\n";
  const Outcome outcome =
      Vole({"report", lab.project, "--by", "cage", "--against", lab.Path("other.csv")});
  INFO(tests::Show(outcome));
  CHECK(outcome.code == 0);
  CHECK(Says(outcome.err, "left out, because a factor of theirs is not set: elsewhere, m2"));
}

}  // namespace groups_cli_test
