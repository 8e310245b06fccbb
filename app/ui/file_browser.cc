#include "app/ui/file_browser.h"

#include <imgui.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "app/ui/theme.h"

namespace app {
namespace {

namespace fs = std::filesystem;

std::string LowerExtension(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension;
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

const std::vector<std::string>& VideoExtensions() {
  static const std::vector<std::string> extensions = {".mp4",  ".avi", ".mov",  ".mkv",
                                                      ".m4v",  ".mpg", ".mpeg", ".wmv",
                                                      ".webm", ".ts",  ".h264", ".mts"};
  return extensions;
}

void FileBrowser::Show(const std::string& title, Purpose purpose,
                       std::vector<std::string> extensions, const fs::path& folder,
                       const std::string& suggested_name, Done done) {
  title_ = title;
  purpose_ = purpose;
  extensions_ = std::move(extensions);
  std::error_code ignored;
  folder_ = folder.empty() ? fs::current_path(ignored) : fs::absolute(folder, ignored);
  snprintf(typed_, sizeof typed_, "%s", suggested_name.c_str());
  done_ = std::move(done);
  open_ = appear_ = true;
  List();
}

void FileBrowser::List() {
  entries_.clear();
  std::error_code failed;
  for (fs::directory_iterator it(folder_, failed), end; !failed && it != end;
       it.increment(failed)) {
    Entry entry;
    entry.name = it->path().filename().string();
    if (entry.name.empty() || entry.name[0] == '.') continue;
    std::error_code ignored;
    entry.folder = it->is_directory(ignored);
    const bool fits =
        extensions_.empty() || std::find(extensions_.begin(), extensions_.end(),
                                         LowerExtension(it->path())) != extensions_.end();
    if (!entry.folder && !fits) continue;
    if (!entry.folder) entry.size = SizeText(it->file_size(ignored));
    entries_.push_back(std::move(entry));
  }
  error_ = failed ? folder_.string() + ": " + failed.message() : "";
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.folder != b.folder ? a.folder : a.name < b.name;
  });
}

void FileBrowser::Finish() {
  std::vector<std::string> chosen;
  for (const Entry& entry : entries_) {
    if (entry.chosen) chosen.push_back((folder_ / entry.name).string());
  }
  if (chosen.empty() && typed_[0]) {
    fs::path path(typed_);
    if (path.is_relative()) path = folder_ / path;
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      folder_ = path;
      typed_[0] = 0;
      List();
      return;
    }
    if (purpose_ == Purpose::kSaveAs && !extensions_.empty() && path.extension().empty()) {
      path += extensions_.front();
    }
    if (purpose_ != Purpose::kSaveAs && !fs::exists(path, ignored)) {
      error_ = path.string() + ": there is no such file";
      return;
    }
    chosen.push_back(path.string());
  }
  if (chosen.empty()) return;
  open_ = false;
  ImGui::CloseCurrentPopup();
  done_(chosen);
}

void FileBrowser::DrawEntries(float scale, bool& finish) {
  fs::path enter;
  for (Entry& entry : entries_) {
    const std::string label = (entry.folder ? entry.name + "/" : entry.name) + "##" + entry.name;
    if (ImGui::Selectable(
            label.c_str(), entry.chosen,
            ImGuiSelectableFlags_AllowDoubleClick | ImGuiSelectableFlags_DontClosePopups)) {
      if (entry.folder) {
        enter = folder_ / entry.name;
      } else {
        if (purpose_ != Purpose::kOpenMany || !ImGui::GetIO().KeyCtrl) {
          for (Entry& other : entries_) other.chosen = false;
        }
        entry.chosen = purpose_ != Purpose::kSaveAs;
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
  if (!enter.empty()) {
    folder_ = enter;
    List();
  }
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
  if (ImGui::Button("Up") && folder_.has_parent_path()) {
    folder_ = folder_.parent_path();
    List();
  }
  ImGui::SameLine();
  ImGui::TextUnformatted(folder_.string().c_str());
  bool finish = false;
  const float below = ImGui::GetFrameHeightWithSpacing() * (error_.empty() ? 2.2f : 3.2f);
  ImGui::BeginChild("entries", ImVec2(0, -below), true);
  DrawEntries(scale, finish);
  ImGui::EndChild();
  if (!error_.empty()) {
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(ErrorColor()), "%s", error_.c_str());
  }
  if (appear_) ImGui::SetKeyboardFocusHere();
  appear_ = false;
  ImGui::SetNextItemWidth(-1);
  finish |=
      ImGui::InputText("##typed", typed_, sizeof typed_, ImGuiInputTextFlags_EnterReturnsTrue);
  const char* verb = purpose_ == Purpose::kSaveAs ? "Create" : "Open";
  finish |= ImGui::Button(verb, ImVec2(120 * scale, 0));
  ImGui::SameLine();
  if (ImGui::Button("Close", ImVec2(120 * scale, 0)) ||
      ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape))) {
    open_ = false;
    ImGui::CloseCurrentPopup();
  }
  if (purpose_ == Purpose::kOpenMany) {
    ImGui::SameLine();
    ImGui::TextDisabled("Ctrl+click chooses several");
  }
  if (finish) Finish();
  ImGui::EndPopup();
}

}  // namespace app
