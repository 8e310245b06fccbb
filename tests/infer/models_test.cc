#include "infer/run/models.h"

#include <doctest/doctest.h>

#include "tests/support/says.h"

namespace models_test {

using tests::Says;

namespace {

using datasets::Id;
using datasets::JobRow;
using datasets::ModelRow;

struct Models {
  std::vector<ModelRow> models;
  std::vector<JobRow> jobs;

  void Add(const std::string& name, const std::string& metrics, const std::string& state = "done",
           const std::string& architecture = "idseg") {
    ModelRow model;
    JobRow job;
    model.id = job.id = static_cast<Id>(models.size()) + 1;
    model.name = name;
    model.architecture = architecture;
    model.metrics_json = metrics;
    model.job_id = job.id;
    job.kind = "train";
    job.state = state;
    models.push_back(model);
    jobs.push_back(job);
  }
  infer::DefaultModel Chosen(train::Task task = train::Task::kOutlines) const {
    return infer::ChooseModel(models, jobs, task);
  }
  std::string Name(train::Task task = train::Task::kOutlines) const {
    const auto chosen = Chosen(task);
    return chosen.model ? chosen.model->name : "";
  }
};

}  // namespace

TEST_CASE("a cancelled training is no default until somebody keeps it") {
  Models project;
  CHECK(project.Name() == "");
  CHECK(project.Chosen().why == "");
  project.Add("a", R"({"animals":40,"mean_iou":0.8,"crop_accuracy":0.9})");
  project.Add("b", R"({"animals":40,"mean_iou":0.99,"crop_accuracy":1.0})", "cancelled");
  CHECK(project.Name() == "a");
  project.models[1].config_json = R"({"kept":true})";
  CHECK(project.Name() == "b");
  Models alone;
  alone.Add("only", R"({"animals":40,"mean_iou":0.8})", "cancelled");
  CHECK(alone.Name() == "");
  CHECK(Says(alone.Chosen().why, "only was cancelled"));
}

TEST_CASE("the best by held-back labels is the default, and it is said why") {
  Models project;
  project.Add("good", R"({"animals":200,"mean_iou":0.92,"crop_accuracy":0.98})");
  project.Add("spoiled", R"({"animals":220,"mean_iou":0.60,"crop_accuracy":0.55})");
  CHECK(project.Name() == "good");
  CHECK(Says(project.Chosen().why, "best on held-back labels"));
  CHECK(Says(project.Chosen().why, "overlap 92 %, 98 % of names right"));
}

TEST_CASE("a newer model is not refused for a difference that chance makes") {
  Models project;
  project.Add("few labels", R"({"animals":4,"mean_iou":0.95,"crop_accuracy":1.0})");
  project.Add("many labels", R"({"animals":60,"mean_iou":0.93,"crop_accuracy":0.97})");
  CHECK(project.Name() == "many labels");
  CHECK(Says(project.Chosen().why, "by more than chance"));
}

TEST_CASE("models without held-back labels count only where no other has some") {
  Models project;
  project.Add("none", "{}");
  project.Add("later", "{}");
  CHECK(project.Name() == "later");
  project.Add("measured", R"({"frames":12,"mean_iou":0.5})");
  project.Add("last", "{}");
  CHECK(project.Name() == "measured");
}

TEST_CASE("each task has a default of its own, whatever its figures look like") {
  Models project;
  project.Add("outlines", R"({"animals":30,"mean_iou":0.9})");
  project.Add("bouts", R"({"frames":900,"macro_f1":0.7})", "done", "behavior-frame");
  project.Add("damaged", "{", "done", "behavior-seq");
  project.Add("strange", R"({"frames":900,"macro_f1":"high"})", "done", "behavior-seq");
  CHECK(project.Name() == "outlines");
  CHECK(project.Name(train::Task::kBehavior) == "bouts");
  CHECK(project.Name(train::Task::kNames) == "");
}

}  // namespace models_test
