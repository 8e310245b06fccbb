// One maker a verb; VerbTable() in verb_list.cc puts them in order.
#pragma once

#include "app/cli/verbs.h"

namespace app {

Verb NewVerb();
Verb AddVideoVerb();
Verb InfoVerb();
Verb VerifyVerb();
Verb RestoreVerb();
Verb RecoverVerb();
Verb OpenVerb();
Verb ImportVerb();
Verb ExportVerb();
Verb AnimalsVerb();
Verb ReviewVerb();
Verb CertifyVerb();
Verb EvaluateVerb();
Verb ReportVerb();
Verb BoutsVerb();
Verb FactorsVerb();
Verb CalibrateVerb();
Verb DepthVerb();
Verb JobsVerb();
Verb SkeletonVerb();
Verb SampleVerb();
Verb CarryVerb();
Verb DrawVerb();
Verb SynthVerb();
Verb DemoVerb();
Verb HelpVerb();
Verb VersionVerb();
Verb WeightsVerb();

}  // namespace app
