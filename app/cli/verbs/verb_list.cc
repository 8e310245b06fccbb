#include "app/cli/verb_list.h"

namespace app {
namespace {

// A verb of vole-learn: its name and summary for `vole help`, nothing else.
Verb Learning(const char* name, const char* summary, const char* group = "Networks") {
  Verb verb;
  verb.name = name;
  verb.group = group;
  verb.summary = summary;
  return verb;
}

}  // namespace

std::vector<Verb> VerbTable() {
  return {
      NewVerb(),
      AddVideoVerb(),
      InfoVerb(),
      VerifyVerb(),
      RestoreVerb(),
      RecoverVerb(),
      OpenVerb(),
      ImportVerb(),
      ExportVerb(),
      SkeletonVerb(),
      SampleVerb(),
      CarryVerb(),
      DrawVerb(),
      AnimalsVerb(),
      Learning("train", "learn from the project's labels"),
      Learning("predict", "outline and name every animal on every frame, or score behavior"),
      Learning("track", "outline and number the animals of a video that nobody labeled"),
      Learning("live", "outline, record and tell of animals while a camera sees them"),
      Learning("ablate", "how well networks recognize behavior, beside simple rules"),
      Learning("models", "models of a project, what a model file holds, known networks"),
      WeightsVerb(),
      ReviewVerb(),
      CertifyVerb(),
      EvaluateVerb(),
      JobsVerb(),
      BoutsVerb(),
      FactorsVerb(),
      CalibrateVerb(),
      DepthVerb(),
      ReportVerb(),
      SynthVerb(),
      DemoVerb(),
      Learning("manual", "write man pages, and completions for bash, zsh and fish", "Other"),
      HelpVerb(),
      VersionVerb(),
  };
}

}  // namespace app
