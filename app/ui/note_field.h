// A line for a note, of one place at a time. What is typed is kept at the place where it was typed:
// by Enter, by a click elsewhere, and when another place takes the field or it is not drawn any
// more. What others write meanwhile shows as soon as nobody types.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace app {

class NoteField {
 public:
  using Keep = std::function<void(const std::string& note)>;
  // The last item that is drawn is the field. `key` names the place, `stored` is its note in the
  // project; `keep` may be called later, for this place, as long as this lives.
  void Draw(const char* hint, float width, const std::string& key, const std::string& stored,
            Keep keep);
  bool active() const { return active_; }  // somebody types
  // Before each drawing of the window: keeps what was typed where the field has gone since.
  void LeaveIfHidden();

 private:
  void Load(const std::string& text);
  void Leave();

  std::string key_;
  std::string stored_;  // as the project said last
  std::string kept_;    // that was shown or kept last; other text is still to be kept
  std::vector<char> text_;
  Keep keep_;
  bool active_ = false, drawn_ = false;
};

}  // namespace app
