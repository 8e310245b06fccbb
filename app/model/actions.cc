#include "app/model/actions.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/base/error.h"

namespace app {
namespace {

const std::set<std::string>& NamedKeys() {
  static const std::set<std::string> names = [] {
    std::set<std::string> all = {"Space", "Enter", "Escape", "Backspace", "Delete", "Left", "Right",
                                 "Up",    "Down",  "PageUp", "PageDown",  "Home",   "End",  "Tab"};
    for (int i = 1; i <= 12; ++i) all.insert("F" + std::to_string(i));
    return all;
  }();
  return names;
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Every character of `query` in order in `text`; consecutive and word-start hits count more.
// -1: no match.
int FuzzyScore(const std::string& query, const std::string& text) {
  int score = 0;
  size_t at = 0;
  size_t last = std::string::npos;
  for (char c : query) {
    if (c == ' ') continue;
    const size_t hit = text.find(c, at);
    if (hit == std::string::npos) return -1;
    const bool word_start = hit == 0 || text[hit - 1] == ' ';
    score += 1 + (last != std::string::npos && hit == last + 1 ? 4 : 0) + (word_start ? 3 : 0);
    last = hit;
    at = hit + 1;
  }
  return score * 16 - static_cast<int>(text.size());
}

bool ScopesMeet(Scope a, Scope b) { return a == b || a == Scope::kAlways || b == Scope::kAlways; }

}  // namespace

Chord ParseChord(const std::string& text) {
  Chord chord;
  std::string rest = text;
  const auto take = [&rest](const std::string& prefix) {
    if (rest.size() <= prefix.size() || Lower(rest.substr(0, prefix.size())) != prefix)
      return false;
    rest.erase(0, prefix.size());
    return true;
  };
  for (bool more = true; more;) {
    more = false;
    if (take("ctrl+")) chord.ctrl = more = true;
    if (take("shift+")) chord.shift = more = true;
    if (take("alt+")) chord.alt = more = true;
  }
  for (const std::string& name : NamedKeys()) {
    if (Lower(name) == Lower(rest)) {
      chord.key = name;
      return chord;
    }
  }
  const bool one_character = !rest.empty() && (rest.size() == 1 || (rest[0] & 0x80));
  if (!one_character) {
    throw datasets::Error("key '" + text + "'", "there is no such key",
                          "write for example Ctrl+Shift+Z, Space or PageUp");
  }
  chord.key = Lower(rest);
  return chord;
}

std::string ChordText(const Chord& chord) {
  std::string text;
  if (chord.ctrl) text += "Ctrl+";
  if (chord.shift) text += "Shift+";
  if (chord.alt) text += "Alt+";
  std::string key = chord.key;
  if (key.size() == 1) key[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(key[0])));
  return text + key;
}

void ActionTable::Add(Action action) {
  VOLE_CHECK(Find(action.id) == nullptr);
  defaults_.push_back(action.chords);
  actions_.push_back(std::move(action));
}

const Action* ActionTable::Find(const std::string& id) const {
  for (const Action& action : actions_) {
    if (action.id == id) return &action;
  }
  return nullptr;
}

const Action* ActionTable::ForChord(const Chord& chord, Scope scope) const {
  const Action* found = nullptr;
  for (const Action& action : actions_) {
    if (!ScopesMeet(action.scope, scope)) continue;
    if (std::find(action.chords.begin(), action.chords.end(), chord) == action.chords.end())
      continue;
    if (action.scope == scope) return &action;  // the mode's own meaning wins
    found = &action;
  }
  return found;
}

bool ActionTable::Run(const std::string& id) const {
  const Action* action = Find(id);
  if (!action || !action->run || (action->enabled && !action->enabled())) return false;
  action->run();
  return true;
}

std::vector<std::string> ActionTable::Conflicts(const std::string& id, const Chord& chord) const {
  std::vector<std::string> titles;
  const Action* self = Find(id);
  for (const Action& action : actions_) {
    if (&action == self || (self && !ScopesMeet(self->scope, action.scope))) continue;
    if (std::find(action.chords.begin(), action.chords.end(), chord) != action.chords.end()) {
      titles.push_back(action.title);
    }
  }
  return titles;
}

void ActionTable::Bind(const std::string& id, const std::vector<Chord>& chords) {
  for (Action& action : actions_) {
    if (action.id == id) action.chords = chords;
  }
}

std::string ActionTable::BindingsToJson() const {
  nlohmann::json json = nlohmann::json::object();
  for (size_t i = 0; i < actions_.size(); ++i) {
    if (actions_[i].chords == defaults_[i]) continue;
    json[actions_[i].id] = nlohmann::json::array();
    for (const Chord& chord : actions_[i].chords) json[actions_[i].id].push_back(ChordText(chord));
  }
  return json.dump(1);
}

void ActionTable::BindingsFromJson(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) {
    throw datasets::Error("key bindings", "the file is not a JSON object",
                          "delete it to return to the default keys");
  }
  for (const auto& [id, keys] : json.items()) {
    if (!keys.is_array()) continue;
    std::vector<Chord> chords;
    for (const auto& key : keys) {
      if (key.is_string()) chords.push_back(ParseChord(key.get<std::string>()));
    }
    Bind(id, chords);
  }
}

std::vector<const Action*> ActionTable::Search(const std::string& query) const {
  std::vector<std::pair<int, const Action*>> hits;
  const std::string wanted = Lower(query);
  for (const Action& action : actions_) {
    if (wanted.empty()) {  // the table's own order, without what has no menu
      if (!action.menu.empty()) hits.emplace_back(0, &action);
      continue;
    }
    const int score = FuzzyScore(wanted, Lower(action.title + " " + action.menu));
    if (score >= 0) hits.emplace_back(score, &action);
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<const Action*> actions;
  for (const auto& hit : hits) actions.push_back(hit.second);
  return actions;
}

}  // namespace app
