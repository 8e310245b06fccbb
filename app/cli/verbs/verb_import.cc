#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/options_flags.h"
#include "app/cli/verb_list.h"
#include "datasets/formats/formats.h"

namespace app {
namespace import_verb {
namespace {

struct Arguments {
  std::string project, format, path;
  datasets::ImportOptions options;
};

std::vector<std::string> ImportFormats() {
  std::vector<std::string> names;
  for (const datasets::FormatInfo& format : datasets::Formats()) {
    if (format.imports) names.push_back(format.name);
  }
  return names;
}

int Run(Arguments& arguments, Console& console) {
  if (!arguments.format.empty()) CheckChoice("--format", arguments.format, ImportFormats());
  CheckChoice("--names-from", arguments.options.names_from, {"categories", "tracks"});
  datasets::CheckOptions(arguments.options, "import");
  const auto project = OpenProject(arguments.project);
  if (!arguments.options.video.empty()) project->VideoByName(arguments.options.video);
  const datasets::ImportReport report = datasets::Import(
      *project, arguments.format, arguments.path, arguments.options, console.job(),
      [&](const std::string& format) {
        arguments.format = format;
        console.Note(fmt::format("{}: recognized as {}; another is taken with --format",
                                 arguments.path, format));
      });
  for (const std::string& warning : report.warnings) console.Warn(warning);
  std::string text;
  if (report.annotations > 0 || report.intervals + report.predictions == 0) {
    text += fmt::format("Imported {} labels on {} images ({} new categories).",
                        CountText(report.annotations), CountText(report.images), report.categories);
  }
  if (report.intervals > 0) {
    text += fmt::format("{}Imported {} behavior intervals ({} new behaviors).",
                        text.empty() ? "" : " ", CountText(report.intervals), report.behaviors);
  }
  if (report.predictions > 0) {
    text += fmt::format("{}Imported {} predictions on {} frames.", text.empty() ? "" : " ",
                        CountText(report.predictions), CountText(report.predicted_frames));
  }
  if (report.completed > 0) {
    text +=
        fmt::format(" {} labels that were there got what they lacked, key points or an outline.",
                    CountText(report.completed));
  }
  if (report.already_present > 0) {
    text += fmt::format(" {} were there already.", CountText(report.already_present));
  }
  const bool nothing =
      report.annotations + report.intervals + report.completed + report.predictions == 0;
  if (nothing && report.already_present > 0) {
    text += " Nothing of them was changed.";
  }
  console.Print(text);
  console.PrintJson({{"format", arguments.format},
                     {"images", report.images},
                     {"annotations", report.annotations},
                     {"predictions", report.predictions},
                     {"predicted_frames", report.predicted_frames},
                     {"categories", report.categories},
                     {"tracks", report.tracks},
                     {"behaviors", report.behaviors},
                     {"intervals", report.intervals},
                     {"completed", report.completed},
                     {"already_present", report.already_present},
                     {"warnings", report.warnings}});
  return 0;
}

}  // namespace
}  // namespace import_verb

Verb ImportVerb() {
  using namespace import_verb;
  return {
      "import",
      "Labels",
      "bring labels in from another program's files",
      "Reads the whole file, checks it, and adds its labels in one step: all or nothing. A second "
      "import of the same file adds nothing twice; labels that are there are never changed. A .zip "
      "is read as what is in it (its pictures are not taken out).\n\n"
      "Formats:\n" +
          datasets::FormatTable(true),
      "  vole import mice.vole labels.json\n"
      "  vole import mice.vole export.zip\n"
      "  vole import mice.vole --format coco labels.json\n"
      "  vole import mice.vole --format labelme frames/ --video cage4\n"
      "  vole import mice.vole --format behaviors scores.csv --author anna",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        AddProject(command, arguments->project);
        command.add_option("path", arguments->path, "what to read")->required()->type_name("PATH");
        command
            .add_option("--format", arguments->format,
                        Join(ImportFormats()) +
                            " (default: what PATH is like; what is like none, or "
                            "like several, is refused)")
            ->type_name("F");
        AddOptionFlags(command, arguments->options);
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
