// One table of everything that a person can do: menus, palette, hints and keys come from it.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace app {

// A key with its modifiers. `key` is a name that does not depend on the keyboard's layout: the
// character that the key types unshifted in the active layout ("a", "1", ","), or "Space", "Enter",
// "Escape", "Backspace", "Delete", "Left", "Right", "Up", "Down", "PageUp", "PageDown", "Home",
// "End", "Tab", "F1" .. "F12".
struct Chord {
  std::string key;
  bool ctrl = false, shift = false, alt = false;
  bool operator==(const Chord& o) const {
    return key == o.key && ctrl == o.ctrl && shift == o.shift && alt == o.alt;
  }
};
Chord ParseChord(const std::string& text);  // "Ctrl+Shift+Z"; throws Error
std::string ChordText(const Chord& chord);

// Mode in which the key works; kPage: results, the table of videos, and the camera.
enum class Scope { kAlways, kLabeling, kBehavior, kReview, kPage };

struct Action {
  std::string id;     // "edit.undo"
  std::string title;  // "Undo"
  std::string menu;   // "Edit"; "" = palette only
  std::string help;   // one line
  Scope scope = Scope::kAlways;
  std::vector<Chord> chords;  // current binding
  std::function<void()> run;
  std::function<bool()> enabled;  // empty = always
};

class ActionTable {
 public:
  void Add(Action action);  // id unique; fails a check otherwise
  const std::vector<Action>& all() const { return actions_; }
  const Action* Find(const std::string& id) const;
  // The action of a chord in a scope (kAlways counts in every scope); null when none.
  const Action* ForChord(const Chord& chord, Scope scope) const;
  bool Run(const std::string& id) const;  // false when unknown or disabled
  // Rebinding. Returns the titles of actions that the chord would collide with in the same scope.
  std::vector<std::string> Conflicts(const std::string& id, const Chord& chord) const;
  void Bind(const std::string& id, const std::vector<Chord>& chords);
  std::string BindingsToJson() const;  // only what differs from the defaults
  void BindingsFromJson(const std::string& text);
  // Fuzzy search for the palette, best first.
  std::vector<const Action*> Search(const std::string& query) const;

 private:
  std::vector<Action> actions_;
  std::vector<std::vector<Chord>> defaults_;
};

}  // namespace app
