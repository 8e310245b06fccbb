#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "app/cli/version.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/file_names.h"
#include "infer/statement/statement_page.h"

namespace app {
namespace certify_verb {
namespace {

struct Arguments {
  std::string project, video, out;
};

int Run(const Arguments& arguments, Console& console) {
  const auto project = OpenProjectReadOnly(arguments.project);
  std::vector<datasets::VideoRow> videos;
  if (!arguments.video.empty()) {
    videos.push_back(project->VideoByName(arguments.video));
  } else {
    for (const datasets::VideoRow& video : project->Videos()) {
      if (project->LatestPredictJob(video.id)) videos.push_back(video);
    }
    if (videos.empty()) {
      throw datasets::Error("project '" + project->file().string() + "'",
                            "no outlines have been predicted yet",
                            "run: vole predict " + arguments.project);
    }
  }
  // All of them are worked out before the first file is written.
  std::vector<infer::Statement> statements;
  for (const datasets::VideoRow& video : videos) {
    statements.push_back(infer::StateOf(*project, video));
  }
  const std::filesystem::path folder = arguments.out;
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) throw datasets::Error(arguments.out, failed.message(), "give another --out");
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const infer::Statement& statement : statements) {
    const std::filesystem::path base = folder / datasets::FileNameFor(statement.video);
    const nlohmann::ordered_json json = ToJson(statement, Version());
    datasets::WriteFileAtomically(base.string() + ".json", json.dump(2) + "\n");
    datasets::WriteFileAtomically(base.string() + ".html",
                                  infer::StatementPage(statement, Version()));
    datasets::WriteFileAtomically(base.string() + ".txt",
                                  infer::MethodsParagraph(statement, Version()) + "\n");
    console.Print(infer::MethodsParagraph(statement, Version()));
    console.Print(fmt::format("Wrote {0}.html, {0}.json and {0}.txt", base.string()));
    list.push_back(json);
  }
  console.PrintJson(list);
  return 0;
}

}  // namespace
}  // namespace certify_verb

Verb CertifyVerb() {
  using namespace certify_verb;
  return {
      "certify",
      "Networks",
      "a statement of what can be wrong, for a paper",
      "Counts what people have checked and says what that proves, a page for each predicted video: "
      "at how many places names could have changed hands and who decided them; an upper bound, at "
      "95 %, on the share of frames with any wrong name, missing animal or bad outline, from the "
      "frames that the review draws at random (reason_code audit); hashes of video, labels and "
      "model. Writes VIDEO.html (one sheet), VIDEO.json and VIDEO.txt, a paragraph for a methods "
      "section. More random frames to check: vole review P --audit N --reason audit.",
      "  vole certify mice.vole --out statement/\n"
      "  vole certify mice.vole --video cage_3 --out statement/",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        AddProject(command, arguments->project);
        AddVideo(command, arguments->video, "only this video (default: all that are predicted)");
        command.add_option("--out", arguments->out, "folder to write into")
            ->type_name("DIR")
            ->required();
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
