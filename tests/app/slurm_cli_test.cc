// vole predict --slurm, with programs that answer as Slurm's do. The real ones: tests/slurm.sh.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "datasets/job_remarks.h"
#include "datasets/project.h"
#include "tests/support/journey.h"
#include "tests/support/same_rows.h"
#include "tests/support/says.h"

namespace slurm_cli_test {

using nlohmann::json;
using tests::DifferentTables;
using tests::Journey;
using tests::Outcome;
using tests::Says;
using tests::Vole;
using tests::VoleJson;

namespace {

namespace fs = std::filesystem;

void WriteProgram(const fs::path& file, const std::string& text) {
  std::ofstream(file) << "#!/bin/bash\n" << text;
  fs::permissions(file, fs::perms(0755));
}

std::string Text(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A cluster in a folder: sbatch notes its words, one a line, and runs an array's tasks but for
// those named in `lost`; squeue says what stands in `queue`.
struct Cluster {
  explicit Cluster(const fs::path& at) : folder(at) {
    fs::create_directories(folder);
    WriteProgram(folder / "sbatch",
                 "cd " + folder.string() +
                     "\nprintf '%s\\n' \"$@\" -- >> words\n"
                     "job=$(($(cat job 2>/dev/null || echo 100) + 1)); echo $job > job\n"
                     "script=${!#}\n"
                     "for word; do case $word in --array=*) tasks=${word#--array=};; esac; done\n"
                     "for task in ${tasks//,/ }; do\n"
                     "  grep -qx $task lost 2>/dev/null && continue\n"
                     "  SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_JOB_ID=$job bash \"$script\" "
                     "> log-$task 2>&1\n"
                     "done\n"
                     "[ -n \"$tasks\" ] || echo \"$script\" > merge\n"
                     "echo 'sbatch: the site says hello' >&2; echo $job\n");
    WriteProgram(folder / "squeue",
                 "cat " + (folder / "queue").string() + " 2>/dev/null; exit 0\n");
    WriteProgram(folder / "sacct", "exit 1\n");
    WriteProgram(folder / "scancel", "exit 0\n");
  }
  std::function<void()> Here() const {
    return
        [path = folder.string() + ":" + std::getenv("PATH")] { setenv("PATH", path.c_str(), 1); };
  }
  json Ask(std::vector<std::string> words) const {
    words.push_back("--json");
    const Outcome outcome = Vole(words, Here());
    INFO(tests::Show(outcome));
    REQUIRE(outcome.code == 0);
    return outcome.Json();
  }
  Outcome Merge() const { return tests::RunProgram({"bash", Merged()}); }
  std::string Merged() const {
    std::string script = Text(folder / "merge");
    return script.substr(0, script.find('\n'));
  }
  fs::path folder;
};

}  // namespace

TEST_CASE("a cluster makes the parts and one task merges them: the same to the byte") {
  Journey lab(300);
  VoleJson({"train", lab.project, "--steps", "5"});
  const std::string whole = lab.Path("whole.vole");
  fs::copy_file(lab.project, whole);
  VoleJson({"predict", whole});
  // A place that shells and Slurm would take apart.
  fs::create_directories(lab.Path("a lab's $HOME 100%"));
  const std::string project = lab.Path("a lab's $HOME 100%/p 1.vole");
  fs::copy_file(lab.project, project);
  for (const auto& entry : fs::directory_iterator(lab.folder.path())) {
    if (entry.path().extension() == ".safetensors") {
      fs::copy_file(entry, lab.Path("a lab's $HOME 100%") / entry.path().filename());
    }
  }
  fs::create_directories(lab.Path("a lab's $HOME 100%/scene"));
  fs::copy_file(lab.video, lab.Path("a lab's $HOME 100%/scene/video.mp4"));
  const Cluster cluster(lab.folder / "cluster");

  const Outcome shown =
      Vole({"predict", project, "--slurm", "--dry-run", "--array", "2"}, cluster.Here());
  CHECK(shown.code == 0);
  CHECK(Says(shown.out, "--part \"$SLURM_ARRAY_TASK_ID/2\""));
  CHECK(Says(shown.out, "'\\''s $HOME 100%/p 1.vole'"));
  CHECK(Says(shown.out, "Nothing was submitted."));
  CHECK_FALSE(fs::exists(cluster.folder / "words"));
  CHECK_FALSE(fs::exists(project + ".parts"));

  // The second of two tasks is lost.
  std::ofstream(cluster.folder / "lost") << "1\n";
  const json first = cluster.Ask({"predict", project, "--slurm", "--array", "2", "--partition",
                                  "short", "--time", "1:00:00", "--sbatch", "--mem=2G --qos=low"});
  CHECK(first["array_job"] == 101);
  CHECK(first["merge_job"] == 102);
  CHECK(first["tasks"] == json{0, 1});
  const std::string words = Text(cluster.folder / "words");
  for (const std::string word :
       {"--array=0,1", "--partition=short", "--time=1:00:00", "--mem=2G", "--qos=low", "--requeue",
        "--dependency=afterany:101", "--cpus-per-task=1"}) {
    CHECK(Says(words, word + "\n"));
  }
  CHECK(Says(words, "$HOME 100%%/p 1.vole.parts/task-%a.log\n"));

  // The merge names what is missing, and writes nothing.
  const Outcome early = cluster.Merge();
  CHECK(early.code == 1);
  CHECK(Says(early.err, "frames 256 to 299 were not looked at"));
  std::ofstream(cluster.folder / "queue") << "101_1|RUNNING\n";
  const json status = cluster.Ask({"jobs", project})["parts"];
  CHECK(status["parts"] == 2);
  CHECK(status["parts_done"] == 1);
  CHECK(status["slurm"]["tasks"][0]["state"] == "done");
  CHECK(status["slurm"]["tasks"][1]["state"] == "RUNNING");

  // While a task runs, nothing is submitted twice, and nobody else divides this project's work.
  CHECK(cluster.Ask({"predict", project, "--slurm"})["tasks"] == json::array());
  const Outcome jobs = Vole({"predict", project, "--jobs", "2", "--quiet"}, cluster.Here());
  CHECK(jobs.code == 1);
  CHECK(Says(jobs.err, "tasks of Slurm make its parts right now"));
  const Outcome other = Vole({"predict", project, "--slurm", "--no-follow"}, cluster.Here());
  CHECK(other.code == 1);
  CHECK(Says(other.err, "tasks of Slurm make its parts right now"));

  // Nor is a video that the tasks know nothing of taken for theirs.
  VoleJson({"synth", lab.Path("s2"), "--scene", "tiny", "--frames", "12", "--seed", "2"});
  fs::rename(lab.Path("s2/video.mp4"), lab.Path("late.mp4"));
  const std::string with_late = lab.Path("with late.vole");
  fs::copy_file(project, with_late);
  VoleJson({"add-video", project, lab.Path("late.mp4")});
  for (const std::vector<std::string>& asked : {std::vector<std::string>{}, {"--video", "late"}}) {
    std::vector<std::string> words = {"predict", project, "--slurm"};
    words.insert(words.end(), asked.begin(), asked.end());
    const Outcome late = Vole(words, cluster.Here());
    CHECK(late.code == 1);
    CHECK(Says(late.err, "tasks of Slurm make its parts right now"));
  }
  fs::remove(project);
  fs::copy_file(with_late, project);

  // Where Slurm does not answer, nobody knows whether it has ended.
  const std::string answers = Text(cluster.folder / "squeue");
  WriteProgram(cluster.folder / "squeue",
               "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2\nexit 1\n");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"predict", project, "--slurm", "--quiet"},
        {"predict", project, "--jobs", "2", "--quiet"}}) {
    const Outcome silent = Vole(words, cluster.Here());
    CHECK(silent.code == 1);
    CHECK(Says(silent.err, "Slurm: it does not answer (slurm_load_jobs error: Unable to contact"));
    CHECK(Says(silent.err, "slurm.json"));
  }
  const json unknown = cluster.Ask({"jobs", project})["parts"]["slurm"];
  CHECK(unknown["tasks"][0]["state"] == "done");
  CHECK(unknown["tasks"][1]["state"] == "not known");
  CHECK(unknown["merge_state"] == "not known");
  std::ofstream(cluster.folder / "squeue") << answers;

  // It has ended, and is submitted again alone.
  fs::remove(cluster.folder / "queue");
  fs::remove(cluster.folder / "lost");
  CHECK(cluster.Ask({"predict", project, "--slurm", "--array", "2"})["tasks"] == json{1});
  const Outcome merged = cluster.Merge();
  INFO(tests::Show(merged));
  CHECK(merged.code == 0);
  CHECK(DifferentTables(whole, project) == std::vector<std::string>{});
  CHECK_FALSE(fs::exists(project + ".parts"));
}

TEST_CASE("what a merge on a cluster had to say is kept with its job") {
  Journey lab(24);
  VoleJson({"train", lab.project, "--steps", "5"});
  const std::string remark = "video 'video': its parts were made by 2 kinds of processors";
  datasets::KeepRemarks(*datasets::Project::Open(lab.project), 1, {remark});
  CHECK(VoleJson({"jobs", lab.project})["jobs"][0]["remarks"] == json{remark});
  CHECK(Says(Vole({"jobs", lab.project}).out, "job 1: " + remark));
}

TEST_CASE("without Slurm, and where it refuses, one line says so") {
  Journey lab(24);
  VoleJson({"train", lab.project, "--steps", "5"});
  const Cluster cluster(lab.folder / "cluster");
  const auto nowhere = [] { setenv("PATH", "/nowhere", 1); };
  tests::CheckFails({"predict", lab.project, "--slurm", "--quiet"}, 1,
                    {"Slurm is not installed", "--jobs N"}, nowhere);
  WriteProgram(cluster.folder / "sbatch",
               "echo 'sbatch: error: invalid partition specified: fast' >&2\nexit 1\n");
  tests::CheckFails({"predict", lab.project, "--slurm", "--partition", "fast", "--quiet"}, 1,
                    {"invalid partition specified: fast"}, cluster.Here());
  tests::CheckFails({"predict", lab.project, "--partition", "fast"}, 2, {"go with --slurm"});
  CHECK(VoleJson({"predict", lab.project})["frames"] == 24);
}

}  // namespace slurm_cli_test
