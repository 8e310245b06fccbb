#include "annotate/rules.h"

#include <algorithm>

#include "datasets/base/error.h"

namespace annotate {
namespace {

using datasets::BehaviorIntervalRow;
using datasets::BehaviorRow;

const BehaviorRow& BehaviorOf(const std::vector<BehaviorRow>& behaviors, datasets::Id id) {
  for (const BehaviorRow& behavior : behaviors) {
    if (behavior.id == id) return behavior;
  }
  throw datasets::Error("behavior " + std::to_string(id), "it is not in the project any more");
}

bool Overlap(const BehaviorIntervalRow& a, const BehaviorIntervalRow& b) {
  return a.start_frame < b.end_frame && b.start_frame < a.end_frame;
}

bool Excludes(const BehaviorIntervalRow& a, const BehaviorIntervalRow& b,
              const std::vector<BehaviorRow>& behaviors) {
  if (a.behavior_id == b.behavior_id) return a.present != b.present;
  if (!a.present || !b.present) return false;
  const BehaviorRow& first = BehaviorOf(behaviors, a.behavior_id);
  const BehaviorRow& second = BehaviorOf(behaviors, b.behavior_id);
  return !first.is_point && !second.is_point && !first.exclusion_group.empty() &&
         first.exclusion_group == second.exclusion_group;
}

// Whoever scores a video changes nothing of what another person has scored there: theirs stand side
// by side, and can be compared. What nobody signed (some files name no observer) is everybody's.
bool SamePerson(const BehaviorIntervalRow& other, const BehaviorIntervalRow& wanted) {
  return other.author == wanted.author || other.author.empty();
}

// Of what reviewers decided about a machine's bout the newest stands, whoever said it.
bool BothDecided(const BehaviorIntervalRow& other, const BehaviorIntervalRow& wanted) {
  return other.source == datasets::LabelSource::kAccepted &&
         wanted.source == datasets::LabelSource::kAccepted;
}

// Two that share less are neighbors that meet: each reviewer has said yes to another one.
bool IsSameBout(const BehaviorIntervalRow& a, const BehaviorIntervalRow& b) {
  const int shared = std::min(a.end_frame, b.end_frame) - std::max(a.start_frame, b.start_frame);
  const int joined = std::max(a.end_frame, b.end_frame) - std::min(a.start_frame, b.start_frame);
  return shared > 0 && 2 * shared >= joined;
}

// What a person scored on their own stays that, though a bout of a machine's is joined to it: else
// nobody would have looked at the video around it (infer/learning/behavior_training.cc).
void KeepSource(const BehaviorIntervalRow& part, BehaviorIntervalRow* whole) {
  if (whole->source != datasets::LabelSource::kAccepted || part.source == whole->source) return;
  whole->source = part.source;
  whole->author = part.author;
}

// What was noted about a bout that becomes part of another one stays with that.
void KeepNote(const BehaviorIntervalRow& part, BehaviorIntervalRow* whole) {
  whole->flagged |= part.flagged;
  if (part.note.empty() || whole->note.find(part.note) != std::string::npos) return;
  whole->note += (whole->note.empty() ? "" : "; ") + part.note;
}

void Cut(BehaviorIntervalRow other, const BehaviorIntervalRow& winner, RowPlan* plan) {
  BehaviorIntervalRow right = other;
  right.start_frame = winner.end_frame;
  other.end_frame = winner.start_frame;
  const bool keeps_left = other.start_frame < other.end_frame;
  const bool keeps_right = right.start_frame < right.end_frame;
  if (keeps_left) plan->changed.push_back(other);
  if (keeps_right && keeps_left) {
    right.id = 0;
    plan->added.push_back(right);
  } else if (keeps_right) {
    plan->changed.push_back(right);
  } else if (!keeps_left) {
    plan->deleted.push_back(other.id);
  }
}

}  // namespace

RowPlan PlanInterval(const BehaviorIntervalRow& wanted, const std::vector<BehaviorIntervalRow>& row,
                     const std::vector<BehaviorRow>& behaviors) {
  RowPlan plan;
  plan.wanted = wanted;
  std::vector<BehaviorIntervalRow> others;
  for (const BehaviorIntervalRow& other : row) {
    if (other.id == wanted.id && wanted.id != 0) continue;
    if (other.video_id != wanted.video_id || other.subject != wanted.subject ||
        other.track_id != wanted.track_id) {
      continue;
    }
    if (!SamePerson(other, wanted) && !BothDecided(other, wanted)) continue;
    others.push_back(other);
  }
  const auto joins = [&](const BehaviorIntervalRow& other) {
    return other.behavior_id == wanted.behavior_id && other.present == wanted.present &&
           SamePerson(other, wanted) && Overlap(other, plan.wanted);
  };
  for (auto found = std::find_if(others.begin(), others.end(), joins); found != others.end();
       found = std::find_if(others.begin(), others.end(), joins)) {
    plan.wanted.start_frame = std::min(plan.wanted.start_frame, found->start_frame);
    plan.wanted.end_frame = std::max(plan.wanted.end_frame, found->end_frame);
    KeepNote(*found, &plan.wanted);
    KeepSource(*found, &plan.wanted);
    plan.deleted.push_back(found->id);
    others.erase(found);
  }
  for (const BehaviorIntervalRow& other : others) {
    // Another reviewer's decision on the same bout: the newest stands, as it was drawn. Of one that
    // only reaches into it the rest is still what that reviewer said.
    const bool is_same = other.behavior_id == wanted.behavior_id &&
                         other.present == wanted.present && BothDecided(other, wanted);
    if (is_same && IsSameBout(other, wanted)) {
      KeepNote(other, &plan.wanted);
      plan.deleted.push_back(other.id);
      continue;
    }
    if (Overlap(other, plan.wanted) && (is_same || Excludes(plan.wanted, other, behaviors))) {
      Cut(other, plan.wanted, &plan);
    }
  }
  return plan;
}

}  // namespace annotate
