// Every key, by menu; click one to bind another, with a warning where keys collide.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/ui/view.h"

namespace app {

class KeysView : public View {
 public:
  const char* id() const override { return "keys"; }
  const char* title() const override { return "Keys"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  // While a new key is awaited the window hands every key here; true when it was taken.
  bool TakeKey(const Chord& chord, ActionTable& actions);
  bool waiting() const { return !waiting_for_.empty(); }
  // Called after a binding has changed, to keep it.
  std::function<void()> on_change;

 private:
  bool open_ = false;
  std::string waiting_for_, warning_;
  bool escape_taken_ = false;  // by the waiting, so that it does not close the window
  char filter_[64] = "";
};

}  // namespace app
