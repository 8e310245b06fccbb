#include "app/ui/note_field.h"

#include <imgui.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "annotate/edits_notes.h"

namespace app {

void NoteField::Load(const std::string& text) {
  // Notes of bouts that became one may be longer than a person may write.
  text_.assign(std::max(text.size(), annotate::kLongestNote) + 1, 0);
  std::copy(text.begin(), text.end(), text_.begin());
  kept_ = text;
}

void NoteField::Leave() {
  active_ = false;
  if (!keep_ || kept_ == text_.data()) return;
  kept_ = text_.data();
  keep_(kept_);
}

void NoteField::LeaveIfHidden() {
  if (!std::exchange(drawn_, false)) Leave();
}

void NoteField::Draw(const char* hint, float width, const std::string& key,
                     const std::string& stored, Keep keep) {
  drawn_ = true;
  if (text_.empty() || key != key_) {
    Leave();
    key_ = key;
    keep_ = std::move(keep);
    stored_ = stored;
    Load(stored);
  } else if (stored != stored_) {
    stored_ = stored;
    if (kept_ == text_.data()) Load(stored);
  }
  ImGui::PushID(key_.c_str());  // of another place: another field, which nobody types in yet
  ImGui::SetNextItemWidth(width);
  const bool enter = ImGui::InputTextWithHint("##note", hint, text_.data(), text_.size(),
                                              ImGuiInputTextFlags_EnterReturnsTrue);
  active_ = ImGui::IsItemActive();
  const bool left = ImGui::IsItemDeactivatedAfterEdit();
  ImGui::PopID();
  if (!(enter && stored_ != text_.data()) && !(left && kept_ != text_.data())) return;
  kept_ = text_.data();
  keep_(kept_);
}

}  // namespace app
