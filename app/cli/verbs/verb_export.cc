#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/options_flags.h"
#include "app/cli/verb_list.h"
#include "datasets/formats/formats.h"

namespace app {
namespace export_verb {
namespace {

struct Arguments {
  std::string project, format, out, frames;
  datasets::ExportOptions options;
};

std::vector<std::string> ExportFormats() {
  std::vector<std::string> names;
  for (const datasets::FormatInfo& format : datasets::Formats()) {
    if (format.exports) names.push_back(format.name);
  }
  return names;
}

int Run(Arguments& arguments, Console& console) {
  CheckChoice("--format", arguments.format, ExportFormats());
  CheckChoice("--what", arguments.options.what, {"labels", "predictions", "final"});
  if (!arguments.frames.empty()) {
    const FrameSpan span = ParseFrames(arguments.frames);
    arguments.options.start_frame = span.start_frame;
    arguments.options.end_frame = span.end_frame.value_or(-1);
  }
  datasets::CheckOptions(arguments.options, "export");
  const auto project = OpenProjectReadOnly(arguments.project);
  if (!arguments.options.video.empty()) project->VideoByName(arguments.options.video);
  const datasets::ExportReport report =
      datasets::Export(*project, arguments.format, arguments.out, arguments.options, console.job());
  for (const std::string& warning : report.warnings) console.Warn(warning);
  const auto Counted = [](int64_t count, const char* thing) {
    return fmt::format("{} {}{}", CountText(count), thing, count == 1 ? "" : "s");
  };
  std::vector<std::string> parts;
  // A format of behaviors alone has no images.
  if (report.images > 0 || report.intervals == 0) {
    parts.push_back(Counted(report.annotations, "animal") + " on " +
                    Counted(report.images, "image"));
  }
  if (report.intervals > 0) parts.push_back(Counted(report.intervals, "interval"));
  if (report.files > 1) parts.push_back(Counted(report.files, "file"));
  console.Print(fmt::format("Wrote {}: {}.", arguments.out, Join(parts)));
  console.PrintJson({{"format", arguments.format},
                     {"out", arguments.out},
                     {"images", report.images},
                     {"annotations", report.annotations},
                     {"intervals", report.intervals},
                     {"files", report.files},
                     {"warnings", report.warnings}});
  return 0;
}

}  // namespace
}  // namespace export_verb

Verb ExportVerb() {
  using namespace export_verb;
  return {"export",
          "Labels",
          "write labels or predictions in another program's format",
          "Writes a new file and puts it in place only when it is whole.\n\nFormats:\n" +
              datasets::FormatTable(false),
          "  vole export mice.vole --format coco --out labels.json\n"
          "  vole export mice.vole --format coco --what final --out all.json\n"
          "  vole export mice.vole --format tracks --what predictions --out tracks.csv",
          [](CLI::App& command) -> RunVerb {
            auto arguments = std::make_shared<Arguments>();
            AddProject(command, arguments->project);
            command.add_option("--format", arguments->format, Join(ExportFormats()))
                ->required()
                ->type_name("F");
            command.add_option("--out,-o", arguments->out, "file or folder to write")
                ->required()
                ->type_name("PATH");
            AddOptionFlags(command, arguments->options);
            AddFrames(command, arguments->frames);
            return [arguments](Console& console) { return Run(*arguments, console); };
          }};
}

}  // namespace app
