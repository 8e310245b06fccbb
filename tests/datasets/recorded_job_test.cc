#include "datasets/recorded_job.h"

#include <doctest/doctest.h>

#include <fstream>

#include "datasets/base/error.h"
#include "datasets/files/file_hash.h"
#include "datasets/model_files.h"
#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/writer.h"
#include "tests/support/temp_dir.h"

namespace recorded_job_test {

using namespace datasets;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "p.vole");

  Id Run(const std::function<JobOutcome(Id)>& work) {
    return RunRecorded(*project, {JobKind::kTrain, R"({"steps": 3})", {}}, work);
  }
  std::string Failure(const std::function<JobOutcome(Id)>& work) {
    try {
      Run(work);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }
  JobRow Last() const { return project->Jobs().back(); }
  void Touch(const std::string& name) { std::ofstream(folder / name) << "x"; }
  ModelRow Model(const std::string& path) {
    ModelRow model;
    model.name = "m", model.architecture = "idseg", model.weights_path = path;
    model.weights_sha256 = "0";
    project->Write([&](Writer& writer) { model.id = writer.InsertModel(model); });
    return model;
  }
};

}  // namespace

TEST_CASE("work that ends well is done, with what it keeps in the same transaction") {
  Fixture f;
  const Id id = f.Run([&](Id job) {
    CHECK(f.Last().id == job);
    CHECK(f.Last().state == "running");
    CHECK(IsOpen(f.Last()));
    CHECK(f.Last().kind == "train");
    JobOutcome outcome;
    outcome.keep = [job](Writer& writer) {
      ModelRow model;
      model.name = "m", model.architecture = "idseg", model.weights_path = "m.safetensors";
      model.job_id = job;
      return std::optional<Id>(writer.InsertModel(model));
    };
    return outcome;
  });
  CHECK(f.Last().id == id);
  CHECK(f.Last().state == "done");
  CHECK(f.Last().options_json == R"({"steps": 3})");
  REQUIRE(f.project->Models().size() == 1);
  CHECK(f.Last().model_id == f.project->Models()[0].id);
  CHECK_FALSE(IsOpen(f.Last()));
}

TEST_CASE("cancelled work is cancelled, with or without something to keep") {
  Fixture f;
  CHECK_THROWS_AS(f.Run([](Id) -> JobOutcome { throw Cancelled(); }), Cancelled);
  CHECK(f.Last().state == "cancelled");
  f.Run([](Id) {
    JobOutcome outcome;
    outcome.state = JobState::kCancelled;
    return outcome;
  });
  CHECK(f.Last().state == "cancelled");
}

TEST_CASE("work that fails is failed, and what is thrown is its own error") {
  Fixture f;
  CHECK(f.Failure([](Id) -> JobOutcome { throw Error("the work", "it broke"); }) ==
        "the work: it broke");
  CHECK(f.Last().state == "failed");
  CHECK(f.Last().error == "the work: it broke");
}

TEST_CASE("a job that cannot be ended does not hide the error of the work") {
  Fixture f;
  const auto forget = [&](Id job) {
    f.project->Write(
        [&](Writer& writer) { writer.connection().Run("DELETE FROM jobs WHERE id = ?", job); });
  };
  CHECK(f.Failure([&](Id job) -> JobOutcome {
    forget(job);
    throw Error("the work", "it broke");
  }) == "the work: it broke");
  CHECK_THROWS_AS(f.Run([&](Id job) -> JobOutcome {
    forget(job);
    throw Cancelled();
  }),
                  Cancelled);
}

TEST_CASE("work whose result cannot be kept is failed, not running for ever") {
  Fixture f;
  CHECK(f.Failure([](Id) {
    JobOutcome outcome;
    outcome.keep = [](Writer&) -> std::optional<Id> { throw Error("the row", "it does not fit"); };
    return outcome;
  }) == "the row: it does not fit");
  CHECK(f.Last().state == "failed");
}

TEST_CASE("a model's file is found by its stored path, relative or absolute") {
  Fixture f;
  f.Touch("a.safetensors");
  const ModelRow relative = f.Model("a.safetensors");
  const ModelRow absolute = f.Model((f.folder / "elsewhere/b.safetensors").string());
  CHECK(ModelFile(*f.project, relative) == f.project->folder() / "a.safetensors");
  CHECK(ModelFile(*f.project, absolute) == f.folder / "elsewhere/b.safetensors");
  CHECK(ModelOfFile(*f.project, f.folder / "a.safetensors") == relative.id);
  CHECK_FALSE(ModelOfFile(*f.project, f.folder / "c.safetensors"));
}

TEST_CASE("a model's file that was changed since the training is not used for it") {
  Fixture f;
  f.Touch("a.safetensors");
  ModelRow model = f.Model("a.safetensors");
  const auto used = [&] { return UnchangedModelOfFile(*f.project, f.folder / "a.safetensors"); };
  CHECK_THROWS_WITH(used(), doctest::Contains("model 'm': its file"));
  model.weights_sha256 = HashFile(f.folder / "a.safetensors");
  f.project->Write([&](Writer& writer) { model.id = writer.InsertModel(model); });
  CHECK(used() == model.id);
  std::ofstream(f.folder / "a.safetensors") << "y";
  CHECK_THROWS_WITH(used(), doctest::Contains("not what it was when it was trained"));
  CHECK_FALSE(UnchangedModelOfFile(*f.project, f.folder / "c.safetensors"));
}

TEST_CASE("what killed trainings left is found, and nothing that belongs to somebody") {
  Fixture f;
  for (const char* name :
       {"p-1.safetensors", "p-1.safetensors.last", "p-2.safetensors.last", "p-4.safetensors",
        "p-12.safetensors", "p-x.safetensors", "p-03.safetensors", "q-1.safetensors", "p-1.txt"}) {
    f.Touch(name);
  }
  f.Model("p-1.safetensors");
  const auto names = [](const std::vector<fs::path>& files) {
    std::vector<std::string> result;
    for (const fs::path& file : files) result.push_back(file.filename().string());
    return result;
  };
  CHECK(names(NumberedModelFiles(*f.project)) ==
        std::vector<std::string>{"p-1.safetensors", "p-2.safetensors", "p-4.safetensors",
                                 "p-12.safetensors"});
  CHECK(names(StrayModelFiles(*f.project)) ==
        std::vector<std::string>{"p-2.safetensors.last", "p-4.safetensors", "p-12.safetensors"});
  RunRecorded(*f.project, {JobKind::kTrain, R"({"model-file": "p-4.safetensors"})", {}}, [&](Id) {
    CHECK(names(StrayModelFiles(*f.project)) ==
          std::vector<std::string>{"p-2.safetensors.last", "p-12.safetensors"});
    return JobOutcome();
  });
  CHECK(StrayModelFiles(*f.project).size() == 3);
}

}  // namespace recorded_job_test
