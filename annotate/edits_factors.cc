#include "annotate/edits_factors.h"

#include <set>

#include "datasets/groups/factor_table.h"
#include "datasets/store/factors/factor_store.h"

namespace annotate {

using datasets::Id;
using datasets::Writer;

namespace {

Id FactorIdOf(Recorder& recorder, const std::string& name) {
  if (name.empty()) throw datasets::Error("a factor", "it has no name", "write NAME=VALUE");
  const auto factor = datasets::FactorByName(recorder.connection(), name);
  if (factor) return factor->id;
  return recorder.Insert(
      "factors", [&](Writer& writer) { return datasets::InsertFactor(writer.connection(), name); });
}

void Set(Recorder& recorder, const FactorSetting& setting) {
  const auto known = datasets::FactorByName(recorder.connection(), setting.factor);
  if (setting.value.empty() && !known) return;
  if (!known && datasets::IsSameFactor(setting.factor, "video")) {
    throw datasets::Error("factor '" + setting.factor + "'",
                          "in a table of factors, that is the column of the videos' names",
                          "give it another name");
  }
  const Id factor = FactorIdOf(recorder, setting.factor);
  const auto before = datasets::ReadFactorValue(recorder.connection(), factor, setting.video_id);
  if (before && before->value == setting.value) return;
  if (before) {
    recorder.Change("factor_values", before->id, [&](Writer& writer) {
      if (setting.value.empty()) {
        datasets::DeleteFactorValue(writer.connection(), before->id);
      } else {
        datasets::UpdateFactorValue(writer.connection(), before->id, setting.value);
      }
    });
  } else if (!setting.value.empty()) {
    recorder.Insert("factor_values", [&](Writer& writer) {
      return datasets::InsertFactorValue(writer.connection(), factor, setting.video_id,
                                         setting.value);
    });
  }
}

void RemoveUnused(Recorder& recorder) {
  std::set<Id> used;
  for (const auto& value : datasets::ReadFactorValues(recorder.connection())) {
    used.insert(value.factor_id);
  }
  for (const auto& factor : datasets::ReadFactors(recorder.connection())) {
    if (used.count(factor.id) > 0) continue;
    recorder.Change("factors", factor.id, [&](Writer& writer) {
      datasets::DeleteFactor(writer.connection(), factor.id);
    });
  }
}

}  // namespace

Edit SetFactors(std::vector<FactorSetting> settings) {
  std::set<Id> videos;
  for (const FactorSetting& setting : settings) videos.insert(setting.video_id);
  std::optional<Place> place;
  if (videos.size() == 1) place = Place{*videos.begin(), 0};
  return {"Set factors of videos", place, [settings = std::move(settings)](Recorder& recorder) {
            for (const FactorSetting& setting : settings) Set(recorder, setting);
            RemoveUnused(recorder);
          }};
}

}  // namespace annotate
