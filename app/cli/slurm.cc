#include "app/cli/slurm.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "app/cli/arguments.h"
#include "app/cli/environment.h"
#include "datasets/base/error.h"
#include "datasets/files/atomic_file.h"

extern char** environ;

namespace app {
namespace {

namespace fs = std::filesystem;
using datasets::Error;
using nlohmann::json;

fs::path StateFile(const infer::PartsFolder& folder) { return folder.path() / "slurm.json"; }

std::string LastLine(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

// In names of files Slurm replaces %a and its like.
std::string NotReplaced(const fs::path& path) {
  std::string text;
  for (const char c : path.string()) text += c == '%' ? std::string("%%") : std::string(1, c);
  return text;
}

// "3,7,11" -> as sbatch takes a list of tasks.
std::string ListText(const std::vector<int>& tasks) {
  std::vector<std::string> words;
  for (const int task : tasks) words.push_back(std::to_string(task));
  return Join(words, ",");
}

void AddCommon(const SlurmOptions& options, std::vector<std::string>& words) {
  if (!options.partition.empty()) words.push_back("--partition=" + options.partition);
  if (!options.time.empty()) words.push_back("--time=" + options.time);
  words.push_back("--cpus-per-task=" + std::to_string(std::max(1, options.threads)));
  std::istringstream more(options.more);
  for (std::string word; more >> word;) words.push_back(word);
}

int64_t Submit(const std::vector<std::string>& words) {
  const ProgramOutput output = RunToEnd(words);
  if (output.code == 127) {
    throw Error("sbatch", "Slurm is not installed on this machine",
                "give --jobs N to work on this machine alone, or --dry-run to see the scripts");
  }
  // "--parsable": JOB or JOB;CLUSTER, after whatever the site has to say.
  const std::string last = LastLine(output.text);
  const int64_t job = std::atoll(last.c_str());
  if (output.code != 0 || job <= 0) {
    throw Error("sbatch", last.empty() ? "it ended with " + std::to_string(output.code) : last,
                "see vole predict --help for --partition, --time and --sbatch");
  }
  return job;
}

// "4711_3|RUNNING" and "4711_[5,7-9%2]|PENDING" lines; -r of squeue writes one line a task.
void ReadTasks(const std::string& text, int64_t job, std::map<int, std::string>& states) {
  std::istringstream lines(text);
  const std::string start = std::to_string(job) + "_";
  for (std::string line; std::getline(lines, line);) {
    const size_t bar = line.find('|');
    if (line.rfind(start, 0) != 0 || bar == std::string::npos || line[start.size()] == '[')
      continue;
    // "CANCELLED by 1000" -> the first word.
    states[std::atoi(line.c_str() + start.size())] =
        line.substr(bar + 1, line.find_first_of(" +", bar) - bar - 1);
  }
}

}  // namespace

ProgramOutput RunToEnd(const std::vector<std::string>& given) {
  std::vector<std::string> words = given;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Error(given[0], "no pipe could be made");
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
  pid_t child = 0;
  const int failure = posix_spawnp(&child, argv[0], &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  close(ends[1]);
  ProgramOutput output;
  if (failure != 0) {
    close(ends[0]);
    output.code = 127;
    return output;
  }
  char buffer[4096];
  while (true) {
    const ssize_t count = read(ends[0], buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    output.text.append(buffer, static_cast<size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  output.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return output;
}

std::string ShellQuoted(const std::string& word) {
  const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:@%+";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::optional<SlurmState> ReadSlurmState(const infer::PartsFolder& folder) {
  std::ifstream in(StateFile(folder));
  const json text = json::parse(in, nullptr, false);
  try {
    SlurmState state;
    text.at("tasks").get_to(state.tasks);
    text.at("plan").get_to(state.plan);
    text.at("array_jobs").get_to(state.array_jobs);
    text.at("merge_job").get_to(state.merge_job);
    if (state.tasks > 0) return state;
  } catch (const json::exception&) {
  }
  return std::nullopt;
}

bool IsWaitingOrRunning(const std::string& state) {
  static const std::vector<std::string> words = {
      "PENDING",  "RUNNING",      "SUSPENDED", "CONFIGURING", "COMPLETING",  "REQUEUED",
      "RESIZING", "REQUEUE_HOLD", "STAGE_OUT", "SIGNALING",   "REQUEUE_FED", "SPECIAL_EXIT"};
  return std::find(words.begin(), words.end(), state) != words.end();
}

std::map<int, std::string> SlurmTasks(const SlurmState& state, std::string* silent) {
  std::map<int, std::string> states;
  for (const int64_t job : state.array_jobs) {
    const std::string name = std::to_string(job);
    // First what happened, then what happens: a task that was requeued has both.
    const ProgramOutput past =
        RunToEnd({"sacct", "-n", "-X", "-P", "-j", name, "-o", "JobID,State"});
    if (past.code == 0) ReadTasks(past.text, job, states);
    const ProgramOutput now = RunToEnd({"squeue", "-h", "-r", "-j", name, "-o", "%i|%T"});
    if (now.code == 0) ReadTasks(now.text, job, states);
    // Slurm forgets jobs that have ended some minutes ago, and calls their numbers invalid then.
    const bool forgot = now.text.find("Invalid job id") != std::string::npos;
    if (now.code != 0 && !forgot && silent) {
      *silent = now.code == 127 ? "squeue is not installed on this machine" : LastLine(now.text);
    }
  }
  return states;
}

bool IsOfPlan(const infer::PartsFolder& folder, const SlurmState& state) {
  try {
    return folder.ReadPlan("").made_at == state.plan;
  } catch (const Error&) {
    return false;
  }
}

Error SlurmIsSilent(const infer::PartsFolder& folder, const SlurmState& state,
                    const std::string& silent) {
  return Error("Slurm",
               fmt::format("it does not answer ({}), and tasks of job {} may be at work in '{}'",
                           silent, state.array_jobs.back(), folder.path().string()),
               "ask again where and when it answers; if you know that none runs, remove '" +
                   StateFile(folder).string() + "'");
}

std::string SlurmStateOf(int64_t job) {
  if (job <= 0) return "";
  const std::string name = std::to_string(job);
  const ProgramOutput now = RunToEnd({"squeue", "-h", "-j", name, "-o", "%T"});
  if (now.code == 0 && !LastLine(now.text).empty()) return LastLine(now.text);
  const ProgramOutput past = RunToEnd({"sacct", "-n", "-X", "-P", "-j", name, "-o", "State"});
  const std::string last = past.code == 0 ? LastLine(past.text) : "";
  return last.substr(0, last.find(' '));
}

std::string TaskScript(const std::string& program, const fs::path& project, int tasks) {
  return fmt::format(
      "#!/bin/bash\n"
      "# Makes every {1}th part of a prediction. It reads videos, weights and the folder of "
      "parts,\n"
      "# never the project.\n"
      "code=0\n"
      "{0} predict {2} --part \"$SLURM_ARRAY_TASK_ID/{1}\" --threads "
      "\"${{SLURM_CPUS_PER_TASK:-1}}\" "
      "--quiet || code=$?\n"
      "# Killed, as for want of memory: this task alone is queued again. Whole parts are kept.\n"
      "if [ \"$code\" -gt 130 ] && [ \"${{SLURM_RESTART_COUNT:-0}}\" -lt 3 ]; then\n"
      "  scontrol requeue \"${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID\" && sleep 60\n"
      "fi\n"
      "exit \"$code\"\n",
      ShellQuoted(program), tasks, ShellQuoted(project.string()));
}

std::string MergeScript(const std::string& program, const fs::path& project) {
  return fmt::format(
      "#!/bin/bash\n"
      "# Follows and names the animals over whole videos: the only one that writes the project.\n"
      "exec {} predict {} --merge --quiet\n",
      ShellQuoted(program), ShellQuoted(project.string()));
}

std::vector<std::string> TaskSubmission(const infer::PartsFolder& folder,
                                        const SlurmOptions& options, const std::string& name,
                                        const std::vector<int>& tasks) {
  std::vector<std::string> words = {"sbatch",
                                    "--parsable",
                                    "--job-name=vole " + name,
                                    "--array=" + ListText(tasks),
                                    "--requeue",
                                    "--open-mode=append",
                                    "--output=" + NotReplaced(folder.path()) + "/task-%a.log"};
  AddCommon(options, words);
  words.push_back((folder.path() / "task.sh").string());
  return words;
}

std::vector<std::string> MergeSubmission(const infer::PartsFolder& folder,
                                         const SlurmOptions& options, const std::string& name,
                                         const std::vector<int64_t>& after) {
  std::vector<std::string> words = {
      "sbatch",    "--parsable",         "--job-name=vole merge " + name,
      "--requeue", "--open-mode=append", "--output=" + NotReplaced(folder.path()) + "/merge.log"};
  // Also after tasks that failed: videos that are whole are merged, the others are named.
  std::string dependency;
  for (const int64_t job : after) dependency += ":" + std::to_string(job);
  if (!dependency.empty()) words.push_back("--dependency=afterany" + dependency);
  AddCommon(options, words);
  words.push_back((folder.path() / "merge.sh").string());
  return words;
}

Submitted SubmitToSlurm(const infer::PartsFolder& folder, const infer::PartsPlan& plan,
                        const fs::path& project, const SlurmOptions& options) {
  const int parts = static_cast<int>(plan.parts.size());
  SlurmState state;
  Submitted submitted;
  std::map<int, std::string> known;
  if (const auto before = ReadSlurmState(folder)) {
    std::string silent;
    known = SlurmTasks(*before, &silent);
    state = *before;
    if (!silent.empty() && before->plan == plan.made_at) {
      throw SlurmIsSilent(folder, *before, silent);
    }
  }
  const bool any = std::any_of(known.begin(), known.end(),
                               [](const auto& task) { return IsWaitingOrRunning(task.second); });
  if (!any) {  // a new beginning
    const int wanted = options.tasks > 0 ? options.tasks : kMostTasks;
    state = {std::max(1, std::min(wanted, parts)), plan.made_at, {}, 0};
    known.clear();
  }
  const std::string merge_before = SlurmStateOf(state.merge_job);
  std::vector<int> missing;
  for (int task = 0; task < state.tasks; ++task) {
    if (known.count(task) > 0 && IsWaitingOrRunning(known.at(task))) {
      ++submitted.waiting_or_running;
      continue;
    }
    for (int part = task; part < parts; part += state.tasks) {
      if (folder.IsThere(plan, plan.parts[static_cast<size_t>(part)])) continue;
      missing.push_back(task);
      break;
    }
  }
  const std::string program = fs::read_symlink("/proc/self/exe").string();
  datasets::WriteFileAtomically(folder.path() / "task.sh",
                                TaskScript(program, project, state.tasks));
  datasets::WriteFileAtomically(folder.path() / "merge.sh", MergeScript(program, project));
  const std::string name = project.stem().string();
  const auto remember = [&] {
    datasets::WriteFileAtomically(StateFile(folder), json{{"tasks", state.tasks},
                                                          {"plan", state.plan},
                                                          {"array_jobs", state.array_jobs},
                                                          {"merge_job", state.merge_job}}
                                                         .dump(1));
  };
  if (!missing.empty()) {
    submitted.tasks = missing;
    submitted.array_job = Submit(TaskSubmission(folder, options, name, missing));
    state.array_jobs.push_back(submitted.array_job);
    remember();
  }
  // One merge, after all of them.
  if (!missing.empty() || !IsWaitingOrRunning(merge_before)) {
    if (IsWaitingOrRunning(merge_before)) RunToEnd({"scancel", std::to_string(state.merge_job)});
    submitted.merge_job = Submit(MergeSubmission(folder, options, name, state.array_jobs));
    state.merge_job = submitted.merge_job;
    remember();
  }
  return submitted;
}

}  // namespace app
