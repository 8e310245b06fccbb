#include "app/ui/file_browser.h"

#include <imgui.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "app/ui/theme.h"
#include "datasets/files/file_names.h"

namespace app {
namespace {

namespace fs = std::filesystem;

fs::path HomeFolder() {
  const char* home = std::getenv("HOME");
  return home ? home : "";
}

std::string SizeText(uintmax_t bytes) {
  char text[32];
  if (bytes >= (uintmax_t{1} << 20)) {
    snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / (1 << 20));
  } else {
    snprintf(text, sizeof text, "%.1f kB", static_cast<double>(bytes) / 1024);
  }
  return text;
}

}  // namespace

void FileBrowser::Show(const std::string& title, Purpose purpose,
                       std::vector<std::string> extensions, const fs::path& folder,
                       const std::string& suggested_name, Done done) {
  title_ = title;
  purpose_ = purpose;
  extensions_ = std::move(extensions);
  std::error_code ignored;
  fs::path start = folder.empty() ? last_folder_ : folder;
  if (start.empty()) start = fs::current_path(ignored);
  suggested_name_ = suggested_name;
  snprintf(typed_, sizeof typed_, "%s", suggested_name.c_str());
  done_ = std::move(done);
  open_ = appear_ = true;
  asks_for_folder_ = false;
  Enter(fs::absolute(start, ignored));
}

// The name that was suggested or typed stays, and the field has the keyboard again.
void FileBrowser::Enter(const fs::path& folder) {
  folder_ = folder.lexically_normal();
  wants_keyboard_ = true;
  List();
}

std::string FileBrowser::AllText() const {
  std::string text = title_ + error_ + folder_.string() + typed_;
  for (const Entry& entry : entries_) text += entry.name;
  return text;
}

void FileBrowser::List() {
  entries_.clear();
  std::error_code failed;
  for (fs::directory_iterator it(folder_, failed), end; !failed && it != end;
       it.increment(failed)) {
    Entry entry;
    entry.name = it->path().filename().string();
    if (entry.name.empty() || (entry.name[0] == '.' && !shows_hidden_)) continue;
    std::error_code ignored;
    entry.folder = it->is_directory(ignored);
    entry.fits =
        extensions_.empty() || std::find(extensions_.begin(), extensions_.end(),
                                         datasets::LowerEnding(it->path())) != extensions_.end();
    if (!entry.folder && !entry.fits && purpose_ != Purpose::kSaveAs) continue;
    if (!entry.folder) entry.size = SizeText(it->file_size(ignored));
    entries_.push_back(std::move(entry));
  }
  error_ = failed ? folder_.string() + ": " + failed.message() : "";
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.folder != b.folder ? a.folder : a.name < b.name;
  });
  chosen_ = ChosenRows(entries_.size());
}

void FileBrowser::Finish() {
  std::vector<std::string> chosen;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (chosen_.Has(i)) chosen.push_back((folder_ / entries_[i].name).string());
  }
  if (chosen.empty()) {
    fs::path path = TypedPath(typed_, folder_, HomeFolder());
    if (path.empty()) return;
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      snprintf(typed_, sizeof typed_, "%s", suggested_name_.c_str());
      Enter(path);
      return;
    }
    if (purpose_ == Purpose::kSaveAs && !extensions_.empty() && path.extension().empty()) {
      path += extensions_.front();
    }
    wants_keyboard_ = true;
    if (purpose_ != Purpose::kSaveAs && !fs::exists(path, ignored)) {
      error_ = path.string() + ": there is no such file";
      return;
    }
    if (purpose_ == Purpose::kSaveAs && !fs::is_directory(path.parent_path(), ignored)) {
      error_ = path.parent_path().string() + ": there is no such folder";
      return;
    }
    if (purpose_ == Purpose::kSaveAs && fs::exists(path, ignored)) {
      error_ = path.filename().string() + " is there already: type another name, or open it";
      return;
    }
    chosen.push_back(path.string());
  }
  last_folder_ = folder_;
  open_ = false;
  ImGui::CloseCurrentPopup();
  done_(chosen);
}

void FileBrowser::DrawEntries(float scale, bool& finish) {
  fs::path enter;
  const ImGuiIO& io = ImGui::GetIO();
  const bool many = purpose_ == Purpose::kOpenMany;
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    const std::string label = (entry.folder ? entry.name + "/" : entry.name) + "##" + entry.name;
    if (!entry.folder && !entry.fits) {
      ImGui::TextDisabled("%s", entry.name.c_str());
    } else if (ImGui::Selectable(
                   label.c_str(), chosen_.Has(i),
                   ImGuiSelectableFlags_AllowDoubleClick | ImGuiSelectableFlags_DontClosePopups)) {
      if (entry.folder) {
        enter = folder_ / entry.name;
      } else {
        chosen_.Click(i, many && io.KeyCtrl, many && io.KeyShift);
        if (purpose_ == Purpose::kSaveAs) chosen_.Clear();
        snprintf(typed_, sizeof typed_, "%s", entry.name.c_str());
        finish |= ImGui::IsMouseDoubleClicked(0);
      }
    }
    if (!entry.size.empty()) {
      ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - 90 * scale);
      ImGui::TextDisabled("%s", entry.size.c_str());
    }
  }
  if (entries_.empty()) ImGui::TextDisabled("Nothing fitting in this folder");
  if (!enter.empty()) Enter(enter);
}

void FileBrowser::DrawPlaces(float scale) {
  if (ImGui::Button("Up") && folder_.has_parent_path()) Enter(folder_.parent_path());
  ImGui::SameLine();
  if (ImGui::Button("Home") && !HomeFolder().empty()) Enter(HomeFolder());
  ImGui::SameLine();
  if (ImGui::Button("New folder")) {
    asks_for_folder_ = !asks_for_folder_;
    new_folder_[0] = 0;
  }
  ImGui::SameLine();
  if (ImGui::Checkbox("hidden", &shows_hidden_)) List();
  if (asks_for_folder_) {
    ImGui::SetNextItemWidth(240 * scale);
    if (new_folder_[0] == 0 && !ImGui::IsAnyItemActive()) ImGui::SetKeyboardFocusHere();
    const bool enter =
        ImGui::InputTextWithHint("##new", "name, then Enter", new_folder_, sizeof new_folder_,
                                 ImGuiInputTextFlags_EnterReturnsTrue);
    if (enter && new_folder_[0]) {
      const fs::path fresh = TypedPath(new_folder_, folder_, HomeFolder());
      std::error_code failed;
      fs::create_directories(fresh, failed);
      asks_for_folder_ = false;
      if (failed) {
        error_ = fresh.string() + ": " + failed.message();
      } else {
        Enter(fresh);
      }
    }
  }
  ImGui::TextUnformatted(folder_.string().c_str());
}

void FileBrowser::Draw(float scale) {
  if (!open_) return;
  const std::string id = title_ + "###browser";
  if (appear_) ImGui::OpenPopup(id.c_str());
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const ImVec2 middle(viewport->WorkPos.x + viewport->WorkSize.x / 2,
                      viewport->WorkPos.y + viewport->WorkSize.y / 2);
  ImGui::SetNextWindowPos(middle, ImGuiCond_Appearing, ImVec2(0.5f, 0.5f));
  ImGui::SetNextWindowSize(ImVec2(std::min(720 * scale, viewport->WorkSize.x * 0.9f),
                                  std::min(520 * scale, viewport->WorkSize.y * 0.9f)),
                           ImGuiCond_Appearing);
  if (!ImGui::BeginPopupModal(id.c_str(), &open_)) return;
  DrawPlaces(scale);
  bool finish = false;
  const float below = ImGui::GetFrameHeightWithSpacing() * (error_.empty() ? 2.2f : 3.2f);
  ImGui::BeginChild("entries", ImVec2(0, -below), true);
  DrawEntries(scale, finish);
  ImGui::EndChild();
  if (!error_.empty()) {
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(ErrorColor()), "%s", error_.c_str());
  }
  // A field that has the keyboard keeps a copy of its text: it takes the new one when it gets it.
  if (wants_keyboard_ && !asks_for_folder_) ImGui::SetKeyboardFocusHere();
  if (!asks_for_folder_) wants_keyboard_ = false;
  appear_ = false;
  ImGui::SetNextItemWidth(-1);
  finish |=
      ImGui::InputText("##typed", typed_, sizeof typed_,
                       ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
  const bool typing = ImGui::IsItemActive();
  if (ImGui::IsItemEdited()) chosen_.Clear();  // what is typed is meant
  if (purpose_ == Purpose::kOpenMany && ImGui::GetIO().KeyCtrl && !asks_for_folder_ &&
      (!typing || typed_[0] == 0) && ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_A), false)) {
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (!entries_[i].folder) chosen_.Choose(i);
    }
  }
  const char* verb = purpose_ == Purpose::kSaveAs ? "Create" : "Open";
  finish |= ImGui::Button(verb, ImVec2(120 * scale, 0));
  ImGui::SameLine();
  if (ImGui::Button("Close", ImVec2(120 * scale, 0)) ||
      ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape))) {
    open_ = false;
    ImGui::CloseCurrentPopup();
  }
  if (purpose_ == Purpose::kFileOrFolder) {
    ImGui::SameLine();
    if (ImGui::Button("This folder", ImVec2(120 * scale, 0))) {
      last_folder_ = folder_;
      open_ = false;
      ImGui::CloseCurrentPopup();
      done_({folder_.string()});
    }
  }
  if (purpose_ == Purpose::kOpenMany) {
    ImGui::SameLine();
    ImGui::TextDisabled("Ctrl or Shift chooses several, Ctrl+A all");
  }
  if (finish) Finish();
  ImGui::EndPopup();
}

}  // namespace app
