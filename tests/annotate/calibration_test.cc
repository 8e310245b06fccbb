#include <doctest/doctest.h>

#include "annotate/edits_calibration.h"
#include "annotate/history.h"
#include "datasets/base/error.h"
#include "datasets/calibrated.h"
#include "datasets/store/connection.h"
#include "datasets/store/file/restore.h"
#include "datasets/store/removal/removal.h"
#include "datasets/verify.h"
#include "tests/support/label_project.h"
#include "tests/support/says.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace calibration_test {

namespace {

using annotate::History;
using datasets::Calibration;
using tests::MessageOf;
using tests::Says;

Calibration Ruler(double length_cm) {
  Calibration calibration;
  calibration.ruler = {cv::Point2d(4, 4), cv::Point2d(44, 4)};
  calibration.length_cm = length_cm;
  return calibration;
}

double CmOf(const datasets::Project& project) {
  const auto calibration = datasets::CalibrationOf(project, project.Videos().front());
  return calibration ? calibration->length_cm : 0;
}

std::vector<std::string> Findings(const datasets::Project& project) {
  datasets::Job quiet;
  std::vector<std::string> texts;
  for (const auto& finding : datasets::Verify(project, quiet)) {
    if (finding.code == "calibration" || finding.code == "edit") texts.push_back(finding.text);
  }
  return texts;
}

}  // namespace

TEST_CASE("a calibration is kept, replaced, removed, and undo goes back through all of it") {
  tests::TempDir folder;
  const auto project = tests::LabelProject(folder.path());
  const datasets::Id video = project->Videos().front().id;
  History history(*project);
  CHECK(history.Apply(annotate::ClearCalibration(video)).id == 0);
  history.Apply(annotate::CalibrateVideo(video, Ruler(10)));
  CHECK(CmOf(*project) == 10);
  history.Apply(annotate::CalibrateVideo(video, Ruler(20)));
  CHECK(CmOf(*project) == 20);
  CHECK(history.UndoLabel() == "Calibrate video");
  history.Apply(annotate::ClearCalibration(video));
  CHECK(CmOf(*project) == 0);
  history.Undo();
  CHECK(CmOf(*project) == 20);
  history.Undo();
  CHECK(CmOf(*project) == 10);
  history.Undo();
  CHECK(CmOf(*project) == 0);
  history.Redo();
  CHECK(CmOf(*project) == 10);
  CHECK(Findings(*project).empty());
  const auto floor = datasets::FloorOf(*project, project->Videos().front());
  REQUIRE(floor);
  CHECK(floor->FloorOf({40, 0})->x == doctest::Approx(10));
  // A scale given with a command is taken instead.
  CHECK(datasets::FloorOf(*project, project->Videos().front(), 8)->FloorOf({40, 0})->x ==
        doctest::Approx(5));
}

TEST_CASE("a calibration that cannot be one is refused, and the one before stays") {
  tests::TempDir folder;
  const auto project = tests::LabelProject(folder.path());
  const datasets::Id video = project->Videos().front().id;
  History history(*project);
  history.Apply(annotate::CalibrateVideo(video, Ruler(10)));
  const auto refused = [&](datasets::Id id, const Calibration& calibration) {
    return MessageOf([&] { history.Apply(annotate::CalibrateVideo(id, calibration)); });
  };
  Calibration outside = Ruler(5);
  outside.ruler[1].x = 65;
  CHECK(Says(refused(video, outside), "outside of the picture"));
  CHECK(Says(refused(video, Ruler(0)), "measures nothing"));
  CHECK(Says(refused(video + 7, Ruler(5)), "gone"));
  CHECK(CmOf(*project) == 10);
}

TEST_CASE("a damaged calibration is found, named where it is used, and can be replaced") {
  tests::TempDir folder;
  const auto project = tests::LabelProject(folder.path());
  const datasets::VideoRow video = project->Videos().front();
  History history(*project);
  history.Apply(annotate::CalibrateVideo(video.id, Ruler(10)));
  for (const char* text : {"[]", R"({"kind":"ruler","points":[4,4,900,4],"length_cm":3})"}) {
    project->Write([&](datasets::Writer& writer) {
      writer.connection().Run("UPDATE calibrations SET calibration = ?", text);
    });
    CHECK(Findings(*project).size() == 1);
    CHECK(
        Says(MessageOf([&] { datasets::FloorOf(*project, video); }), "calibrate the video again"));
  }
  history.Apply(annotate::CalibrateVideo(video.id, Ruler(30)));
  CHECK(CmOf(*project) == 30);
  CHECK(Findings(*project).empty());
}

TEST_CASE("a calibration goes with its video, and is saved from a damaged project") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const datasets::Id video = project->Videos().front().id;
  History history(*project);
  history.Apply(annotate::CalibrateVideo(video, Ruler(10)));
  datasets::Job job;
  const auto saved = datasets::RecoverProject(project->file(), folder / "saved.vole", job);
  CHECK(saved.at("calibrations").saved == 1);
  CHECK(CmOf(*datasets::Project::Open(folder / "saved.vole")) == 10);
  project->Write([&](datasets::Writer& writer) { datasets::DeleteVideo(writer, video); });
  int64_t left = -1;
  project->Read([&](datasets::Connection& connection) {
    auto row = connection.Query("SELECT count(*) FROM calibrations");
    row.Step();
    left = row.Int(0);
  });
  CHECK(left == 0);
}

}  // namespace calibration_test
