#include "app/model/requests/behavior_requests.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "annotate/edits.h"
#include "annotate/edits_regions.h"
#include "annotate/edits_removal.h"
#include "datasets/store/removal/removal.h"

namespace app {
namespace {

const datasets::BehaviorRow* FindBehavior(const ProjectView& project, datasets::Id id) {
  for (const datasets::BehaviorRow& row : project.behaviors) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

// From its start to `other_end`, which may lie before it when the person has gone backward.
void Finish(Session& session, const OpenBehavior& open, int other_end) {
  datasets::BehaviorIntervalRow row;
  row.video_id = open.video_id;
  row.behavior_id = open.behavior_id;
  row.subject = open.subject;
  row.start_frame = std::min(open.start_frame, other_end);
  row.end_frame = std::max(open.start_frame, other_end) + 1;
  RequestAddInterval(session, row);
}

}  // namespace

void PressBehavior(Session& session, std::vector<OpenBehavior>& open, datasets::Id behavior_id,
                   const std::string& subject) {
  const auto project = session.project_view();
  if (!project || !session.video()) return;
  const datasets::BehaviorRow* pressed = FindBehavior(*project, behavior_id);
  if (!pressed) return;
  const int frame = session.frame();
  OpenBehavior fresh{session.video_id(), behavior_id, subject, frame, frame};
  if (pressed->is_point) {
    Finish(session, fresh, frame);
    return;
  }
  bool ended_itself = false;
  for (auto it = open.begin(); it != open.end();) {
    const datasets::BehaviorRow* running = FindBehavior(*project, it->behavior_id);
    const bool same_row = it->video_id == fresh.video_id && it->subject == subject;
    const bool itself = same_row && it->behavior_id == behavior_id;
    const bool excluded = same_row && running && !pressed->exclusion_group.empty() &&
                          running->exclusion_group == pressed->exclusion_group;
    if (!itself && !excluded) {
      ++it;
      continue;
    }
    // The same key ends with this frame; a switch leaves this frame to the new one, and a start on
    // this very frame was a slip.
    const int last = itself ? frame : frame > it->start_frame ? frame - 1 : frame + 1;
    if (itself || frame != it->start_frame) Finish(session, *it, last);
    ended_itself |= itself;
    it = open.erase(it);
  }
  if (!ended_itself) open.push_back(fresh);
}

void EndOpenBehaviors(Session& session, std::vector<OpenBehavior>& open) {
  for (const OpenBehavior& running : open) {
    const bool here = running.video_id == session.video_id();
    Finish(session, running, here ? session.frame() : running.last_frame);
  }
  open.clear();
}

void RequestAddBehavior(Session& session, const std::string& name, bool is_point,
                        const std::string& exclusion_group, const std::string& shortcut) {
  session.PostEdit([=](datasets::Project&) {
    datasets::BehaviorRow row;
    row.name = name;
    row.is_point = is_point;
    row.exclusion_group = exclusion_group;
    row.shortcut = shortcut;
    return annotate::AddBehavior(row);
  });
}

void RequestChangeBehavior(Session& session, const datasets::BehaviorRow& before,
                           const datasets::BehaviorRow& after) {
  const auto same = [](const datasets::BehaviorRow& a, const datasets::BehaviorRow& b) {
    return a.name == b.name && a.exclusion_group == b.exclusion_group && a.color == b.color &&
           a.shortcut == b.shortcut && a.is_point == b.is_point;
  };
  if (same(before, after)) return;
  session.PostEdit([after](datasets::Project&) { return annotate::ChangeBehavior(after); });
}

int BoutsOf(const ProjectView& project, datasets::Id behavior_id) {
  int count = 0;
  for (const auto& [video, rows] : project.intervals) {
    for (const datasets::BehaviorIntervalRow& row : rows) count += row.behavior_id == behavior_id;
  }
  return count;
}

void RequestDeleteBehavior(Session& session, const datasets::BehaviorRow& behavior) {
  const auto project = session.project_view();
  const int bouts = project ? BoutsOf(*project, behavior.id) : 0;
  session.selected_interval = 0;
  session.PostEdit([&session, behavior, bouts](datasets::Project&) {
    annotate::Edit edit = annotate::DeleteBehavior(behavior.id);
    const auto change = edit.change;
    edit.change = [=, &session](annotate::Recorder& recorder) {
      change(recorder);
      session.SayLater(Message::Kind::kInfo, "Deleted " + behavior.name + " and its " +
                                                 std::to_string(bouts) +
                                                 " bouts; Ctrl+Z brings them back");
    };
    return edit;
  });
}

void RequestMoveBehavior(Session& session, datasets::Id behavior_id, int places) {
  session.Post("Order behaviors", [=](datasets::Project& project) {
    std::vector<datasets::Id> ids;
    for (const datasets::BehaviorRow& row : project.Behaviors()) ids.push_back(row.id);
    const auto at = std::find(ids.begin(), ids.end(), behavior_id);
    if (at == ids.end()) return;
    const long from = at - ids.begin();
    const long to = std::clamp<long>(from + places, 0, static_cast<long>(ids.size()) - 1);
    ids.erase(at);
    ids.insert(ids.begin() + to, behavior_id);
    project.Write([&](datasets::Writer& writer) { datasets::SetBehaviorOrder(writer, ids); });
  });
}

const datasets::BehaviorRow* BehaviorOfKey(const ProjectView& project, const Chord& chord) {
  if (chord.ctrl || chord.alt || chord.key.empty()) return nullptr;
  std::string typed = chord.key;
  if (typed.size() == 1 && std::isalpha(static_cast<unsigned char>(typed[0]))) {
    if (chord.shift)
      typed[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(typed[0])));
  } else if (chord.shift) {
    return nullptr;
  }
  for (const datasets::BehaviorRow& row : project.behaviors) {
    if (!row.shortcut.empty() && row.shortcut == typed) return &row;
  }
  return nullptr;
}

std::string CommandOfBehaviorKey(const ActionTable& actions, const std::string& key) {
  if (key.empty()) return "";
  Chord chord;
  chord.key = key;
  if (key.size() == 1 && std::isupper(static_cast<unsigned char>(key[0]))) {
    chord.key[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(key[0])));
    chord.shift = true;
  }
  const Action* action = actions.ForChord(chord, Scope::kBehavior);
  return action ? action->title : "";
}

void RequestChangeInterval(Session& session, const datasets::BehaviorIntervalRow& seen,
                           const datasets::BehaviorIntervalRow& wanted) {
  session.PostEdit(
      [=](datasets::Project&) { return annotate::ChangeBehaviorInterval(seen, wanted); });
}

void RequestAddInterval(Session& session, datasets::BehaviorIntervalRow interval) {
  session.PostEdit([interval = std::move(interval)](datasets::Project&) {
    return annotate::AddBehaviorInterval(interval);
  });
}

void RequestSplitInterval(Session& session, datasets::Id interval_id, int frame) {
  session.PostEdit(
      [=](datasets::Project&) { return annotate::SplitBehaviorInterval(interval_id, frame); });
}

void RequestDeleteInterval(Session& session, datasets::Id interval_id) {
  session.selected_interval = 0;
  session.PostEdit(
      [=](datasets::Project&) { return annotate::DeleteBehaviorInterval(interval_id); });
}

void RequestAddRegion(Session& session, const std::string& name,
                      const datasets::Polygons& outline) {
  datasets::RegionRow region;
  region.video_id = session.video_id();
  region.name = name;
  region.polygons = outline;
  session.PostEdit([=](datasets::Project&) { return annotate::AddRegion(region); });
}

void RequestDeleteRegion(Session& session, datasets::Id region_id) {
  session.PostEdit([=](datasets::Project&) { return annotate::DeleteRegion(region_id); });
}

std::vector<std::string> Subjects(const ProjectView& project, datasets::Id video_id) {
  std::set<std::string> names;
  const auto intervals = project.intervals.find(video_id);
  if (intervals != project.intervals.end()) {
    for (const auto& row : intervals->second) names.insert(row.subject);
  }
  const auto regions = project.regions.find(video_id);
  if (regions != project.regions.end()) {
    for (const auto& region : regions->second) names.insert(region.name);
  }
  if (names.empty()) names.insert("");
  return {names.begin(), names.end()};
}

const datasets::BehaviorIntervalRow* FindInterval(const ProjectView& project, datasets::Id video_id,
                                                  datasets::Id interval_id) {
  const auto rows = project.intervals.find(video_id);
  if (rows == project.intervals.end()) return nullptr;
  for (const datasets::BehaviorIntervalRow& row : rows->second) {
    if (row.id == interval_id) return &row;
  }
  return nullptr;
}

const datasets::BehaviorIntervalRow* NextBout(const ProjectView& project, datasets::Id video_id,
                                              int frame, int direction) {
  const auto rows = project.intervals.find(video_id);
  if (rows == project.intervals.end()) return nullptr;
  const datasets::BehaviorIntervalRow* best = nullptr;
  for (const datasets::BehaviorIntervalRow& row : rows->second) {
    const int start = row.start_frame;
    if (direction > 0 ? start <= frame : start >= frame) continue;
    if (!best || (direction > 0 ? start < best->start_frame : start > best->start_frame)) {
      best = &row;
    }
  }
  return best;
}

}  // namespace app
