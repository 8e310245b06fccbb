#include "app/ui/views/live/live_form.h"

#include <algorithm>
#include <cstdio>

#include "app/ui/item_middle.h"
#include "app/ui/options_form.h"
#include "datasets/base/error.h"
#include "datasets/model_files.h"
#include "train/architectures.h"

namespace app {
namespace {

constexpr int kMostAnimalChoices = 20;  // in the list; more are typed among the settings
constexpr size_t kMostTyped = 1024;

// Returns the middle of it.
ImVec2 LineField(const char* id, const char* hint, std::string& text, float width) {
  char typed[kMostTyped];
  snprintf(typed, sizeof typed, "%s", text.c_str());
  ImGui::SetNextItemWidth(width);
  if (ImGui::InputTextWithHint(id, hint, typed, sizeof typed)) text = typed;
  return MiddleOfItem();
}

// A field for a path with a button that looks for it.
ImVec2 PathField(const char* id, const char* hint, std::string& path,
                 const std::function<void()>& browse) {
  const ImGuiStyle& style = ImGui::GetStyle();
  const float button =
      ImGui::CalcTextSize("Browse...").x + 2 * style.FramePadding.x + style.ItemSpacing.x;
  const ImVec2 middle = LineField(id, hint, path, ImGui::GetContentRegionAvail().x - button);
  ImGui::SameLine();
  ImGui::PushID(id);
  if (ImGui::Button("Browse...") && browse) browse();
  ImGui::PopID();
  return middle;
}

void FieldTitle(const char* title) {
  ImGui::Spacing();
  ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
  ImGui::TextUnformatted(title);
  ImGui::PopStyleColor();
}

std::string AnimalsText(int animals) {
  if (animals == 0) return "As many animals as are seen";
  return std::to_string(animals) + (animals == 1 ? " animal" : " animals");
}

// As the window calls it: its settings bear no dashes.
std::string WithoutDashes(std::string text) {
  for (size_t at = text.find("--"); at != std::string::npos; at = text.find("--")) {
    text.erase(at, 2);
  }
  return text;
}

// Without what a recording makes no use of.
struct FormOfLive {
  OptionsForm& form;
  template <class T>
  void Field(const char* name, T& value, const char* help, datasets::Range range = {}) {
    if (std::string(name) != "follow") form.Field(name, value, help, range);
  }
};

}  // namespace

void LiveForm::DrawSource(UiContext& context, std::map<std::string, ImVec2>& middles) {
  using Source = LiveSetup::Source;
  const auto choice = [&](const char* title, Source source, const char* help) {
    if (ImGui::RadioButton(title, setup_.source == source)) setup_.source = source;
    middles[title] = MiddleOfItem();
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", help);
  };
  FieldTitle("Pictures from");
  choice("Camera", Source::kCamera, "A camera of this machine; the first one is number 0");
  ImGui::SameLine();
  choice("File", Source::kFile,
         "A video, played at its rate, or a named pipe into which another program writes one");
  ImGui::SameLine();
  choice("Stream", Source::kUrl, "A camera of the network: rtsp://, http://, udp://, ...");
  switch (setup_.source) {
    case Source::kCamera:
      ImGui::SetNextItemWidth(120 * context.scale);
      if (ImGui::InputInt("its number", &setup_.camera)) {
        setup_.camera = std::clamp(setup_.camera, 0, 255);
      }
      break;
    case Source::kFile:
      middles["source_text"] = PathField("##file", "a video or a named pipe", setup_.file, [this] {
        if (choose_file) {
          choose_file("Play as a camera", [this](const std::string& file) { setup_.file = file; });
        }
      });
      break;
    case Source::kUrl:
      middles["source_text"] = LineField("##url", "rtsp://10.0.0.5/stream", setup_.url, -1);
      break;
  }
}

void LiveForm::DrawModel(const ProjectView& project) {
  FieldTitle("Animals");
  const datasets::ModelRow* chosen = nullptr;
  for (const datasets::ModelRow& model : project.models) {
    if (model.id == model_) chosen = &model;
  }
  const char* const none = "No model: what moves before a still ground";
  ImGui::SetNextItemWidth(-1);
  if (ImGui::BeginCombo("##model", chosen ? chosen->name.c_str() : none)) {
    if (ImGui::Selectable(none, !chosen)) model_ = 0;
    for (size_t i = project.models.size(); i-- > 0;) {
      const datasets::ModelRow& model = project.models[i];
      if (!train::IsFor(train::Task::kOutlines, model.architecture)) continue;
      ImGui::PushID(static_cast<int>(model.id));
      if (ImGui::Selectable(model.name.c_str(), model.id == model_)) model_ = model.id;
      ImGui::PopID();
    }
    ImGui::EndCombo();
  }
  ImGui::SetNextItemWidth(-1);
  int& animals = setup_.options.animals;
  if (ImGui::BeginCombo("##animals", AnimalsText(animals).c_str())) {
    for (int number = 0; number <= kMostAnimalChoices; ++number) {
      if (ImGui::Selectable(AnimalsText(number).c_str(), number == animals)) animals = number;
    }
    ImGui::EndCombo();
  }
}

void LiveForm::DrawZones(const ProjectView& project) {
  FieldTitle("Zones: who enters and leaves is told");
  std::string shown = "No zones";
  if (zones_ == Zones::kFile) shown = "Zones of a file";
  const auto name_of = [&](const datasets::VideoRow& video) { return "Regions of " + video.name; };
  for (const datasets::VideoRow& video : project.videos) {
    if (zones_ == Zones::kRegions && video.id == regions_of_) shown = name_of(video);
  }
  ImGui::SetNextItemWidth(-1);
  if (ImGui::BeginCombo("##zones", shown.c_str())) {
    if (ImGui::Selectable("No zones", zones_ == Zones::kNone)) zones_ = Zones::kNone;
    for (const datasets::VideoRow& video : project.videos) {
      const auto regions = project.regions.find(video.id);
      if (regions == project.regions.end() || regions->second.empty()) continue;
      const bool on = zones_ == Zones::kRegions && video.id == regions_of_;
      ImGui::PushID(static_cast<int>(video.id));
      if (ImGui::Selectable(name_of(video).c_str(), on)) {
        zones_ = Zones::kRegions;
        regions_of_ = video.id;
      }
      ImGui::PopID();
    }
    if (ImGui::Selectable("Zones of a file", zones_ == Zones::kFile)) zones_ = Zones::kFile;
    ImGui::EndCombo();
  }
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip("Draw regions on a video of the same camera, in the mode Behavior");
  }
  if (zones_ != Zones::kFile) return;
  PathField("##zones_file", "zones, as vole report reads them", zones_file_, [this] {
    if (choose_file) {
      choose_file("Zones from", [this](const std::string& file) { zones_file_ = file; });
    }
  });
}

void LiveForm::Draw(UiContext& context, std::map<std::string, ImVec2>& middles) {
  const auto project = context.session.project_view();
  if (!project) return;
  DrawSource(context, middles);
  DrawModel(*project);
  FieldTitle("Record into");
  middles["out_text"] = PathField("##out", "live_DATE_TIME.mkv (a new one)", setup_.out, [this] {
    if (!choose_new_file) return;
    choose_new_file("Record into", "live.mkv",
                    [this](const std::string& file) { setup_.out = file; });
  });
  DrawZones(*project);
  FieldTitle("Tell another program what happens");
  middles["send_text"] =
      LineField("##send", "127.0.0.1:9000 or osc://127.0.0.1:57120", setup_.send, -1);
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip(
        "One UDP datagram an event: a line of JSON to HOST:PORT, a message of Open Sound Control "
        "to osc://HOST:PORT (/vole/enter, /vole/leave, /vole/movement)");
  }
  PathField("##events", "a file of events (none)", setup_.events, [this] {
    if (!choose_new_file) return;
    choose_new_file("Add events to", "events.jsonl",
                    [this](const std::string& file) { setup_.events = file; });
  });
  ImGui::Spacing();
  if (ImGui::CollapsingHeader("All settings, as on the command line")) {
    OptionsForm form(context.scale);
    setup_.options.Visit(form);
    if (model_) setup_.predictor.Visit(FormOfLive{form});
  }
}

LiveSetup LiveForm::Setup(const Session& session) const {
  LiveSetup setup = setup_;
  const auto project = session.project_view();
  VOLE_CHECK(project != nullptr);
  if (setup.source == LiveSetup::Source::kFile && setup.file.empty()) {
    throw datasets::Error("live", "no file is named", "choose a video or a named pipe");
  }
  if (setup.source == LiveSetup::Source::kUrl && setup.url.empty()) {
    throw datasets::Error("live", "no stream is named", "type its address, as rtsp://10.0.0.5/");
  }
  if (model_ != 0) {
    for (const datasets::ModelRow& model : project->models) {
      if (model.id == model_) {
        setup.model = (session.project_file().parent_path() / model.weights_path).string();
      }
    }
    if (setup.model.empty()) {
      throw datasets::Error("live", "the model is not in the project any more", "choose another");
    }
  }
  if (zones_ == Zones::kFile && zones_file_.empty()) {
    throw datasets::Error("live", "no file of zones is named", "choose one, or no zones");
  }
  if (zones_ == Zones::kFile) setup.zones_file = zones_file_;
  const auto regions = project->regions.find(regions_of_);
  if (zones_ == Zones::kRegions) {
    if (regions != project->regions.end()) setup.zones = ZonesOfRegions(regions->second);
    if (setup.zones.empty()) {
      throw datasets::Error("live", "the video whose regions are the zones has none any more",
                            "draw them again, or choose other zones");
    }
  }
  const std::string contradiction = LiveContradiction(setup);
  if (!contradiction.empty()) {
    throw datasets::Error("live", WithoutDashes(contradiction), "change one of them");
  }
  return setup;
}

}  // namespace app
