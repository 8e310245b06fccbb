// CanvasView: which animal a new outline becomes, said before it is taken.
#include <algorithm>
#include <utility>

#include "app/model/requests/label_requests.h"
#include "app/model/requests/new_names.h"
#include "app/ui/views/canvas/canvas_view.h"
#include "datasets/store/names.h"

namespace app {

// The labels of the current frame as the person left them, stored already or not.
const std::vector<annotate::Shape>& CanvasView::Labels(UiContext& context) {
  static const std::vector<annotate::Shape> kNone;
  const auto view = context.session.frame_view();
  if (!view || view->frame != context.session.frame()) return kNone;
  const auto& labels = pending_.LabelsOf(*view, ImGui::GetTime());
  // What was drawn just now is selected, so that a digit names it.
  datasets::Id& selected = context.session.selected_annotation;
  if (const auto added = pending_.TakeAdded()) selected = *added;
  // A prediction that has become a label, however that was done, is selected as that.
  const auto* prediction = FindPrediction(view.get(), selected);
  const auto project = context.session.project_view();
  if (prediction && project) {
    const LabeledBy labeled(labels, SharedNamesIn(*project, view->video_id));
    const annotate::Shape* label = labeled.LabelOf(*prediction);
    if (label && label->annotation_id) selected = label->annotation_id;
  }
  return labels;
}

std::shared_ptr<const LearnedBlobs::Animals> CanvasView::Learned(UiContext& context) {
  const auto project = context.session.project_view();
  const bool draws = std::string(tool_->id()) != "select" && context.mode == Mode::kLabel;
  if (!project || !learned_blobs_ || !draws) return nullptr;
  return learned_blobs_->Of(*project, context.session.video_id());
}

datasets::Id CanvasView::AnimalOf(UiContext& context, const datasets::Polygons& outline,
                                  datasets::Id known_to_tool) {
  Session& session = context.session;
  const auto project = session.project_view();
  const auto view = session.frame_view();
  if (!project || !view || view->frame != session.frame()) return 0;
  const std::vector<annotate::Shape>& labels = Labels(context);
  for (const datasets::Id wanted : {session.next_animal, known_to_tool}) {
    int index = 0;
    const datasets::CategoryRow* animal = CategoryOf(*project, wanted, &index);
    if (animal && !datasets::IsUnknown(*animal) && !HasLabelOf(labels, wanted)) return wanted;
  }
  const DecodedFrame picture = session.picture();
  const auto learned = Learned(context);
  return NameForNewOutline({outline, picture.frame == session.frame() ? picture.bgr : cv::Mat()},
                           *project, *view, labels, learned ? &learned->colors : nullptr);
}

void CanvasView::NameProposal(UiContext& context) {
  const auto view = context.session.frame_view();
  if (!tool_->has_proposal() || !view || !region_name_.empty()) {
    proposal_.reset();
    return;
  }
  annotate::Tool::Proposed proposed = tool_->proposed();
  const std::vector<annotate::Shape>& labels = Labels(context);
  std::vector<int64_t> state = {view->video_id,
                                view->frame,
                                view->revision,
                                context.session.next_animal,
                                static_cast<int64_t>(labels.size()),
                                context.session.picture().frame};
  if (proposal_ && proposal_->state == state && proposal_->proposed.outline == proposed.outline &&
      proposal_->proposed.replaces == proposed.replaces) {
    return;
  }
  NamedProposal named;
  const auto replaced = std::find_if(labels.begin(), labels.end(), [&](const auto& label) {
    return label.annotation_id != 0 && label.annotation_id == proposed.replaces;
  });
  named.replaces = replaced != labels.end();
  named.animal = named.replaces ? replaced->category_id
                                : AnimalOf(context, proposed.outline, proposed.category_id);
  named.proposed = std::move(proposed);
  named.state = std::move(state);
  proposal_ = std::move(named);
}

// A digit takes the proposal under the name of that animal.
bool CanvasView::TakeAsDigit(UiContext& context, const Chord& chord) {
  const auto project = context.session.project_view();
  const bool is_digit = chord.key.size() == 1 && chord.key[0] >= '1' && chord.key[0] <= '9' &&
                        !chord.ctrl && !chord.alt && !chord.shift;
  if (!is_digit || !tool_->has_proposal() || !project || !region_name_.empty()) return false;
  const size_t number = static_cast<size_t>(chord.key[0] - '1');
  const auto animals = NamedAnimals(*project);
  if (number >= animals.size()) {
    context.session.Say(Message::Kind::kInfo, "There is no animal " + chord.key + " yet");
    return true;
  }
  const datasets::Id animal = animals[number]->id;
  if (!(proposal_ && proposal_->replaces) && HasLabelOf(Labels(context), animal)) {
    context.session.Say(
        Message::Kind::kInfo,
        animals[number]->name +
            " is labeled in this frame already: Enter takes the proposal as another");
    return true;
  }
  if (proposal_ && proposal_->replaces) {
    RequestAssign(context.session, proposal_->proposed.replaces, animal);
  } else {
    context.session.next_animal = animal;
  }
  annotate::ToolInput input = InputNow();
  input.type = annotate::ToolInput::Type::kKey;
  input.key = annotate::ToolKey::kEnter;
  input.ctrl = input.shift = input.alt = false;
  SendToTool(context, input);
  return true;
}

// Beside the proposal, in its animal's color: who it becomes, and what the keys do.
void CanvasView::DrawProposedName(UiContext& context, ImDrawList* draw) {
  const auto project = context.session.project_view();
  if (!proposal_ || !project || proposal_->proposed.outline.empty()) return;
  const float scale = context.scale;
  int index = 0;
  const datasets::CategoryRow* animal = CategoryOf(*project, proposal_->animal, &index);
  const std::string text = (animal ? animal->name : "a new animal") + "?  Enter takes" +
                           (NamedAnimals(*project).size() > 1 ? ", 1-9 another name" : "");
  const datasets::Box box = datasets::BoxOf(proposal_->proposed.outline);
  const ImVec2 low = ToWindow({box.x, box.y});
  const ImVec2 high = ToWindow({box.x + box.width, box.y + box.height});
  ImGui::PushFont(context.fonts.small);
  const ImVec2 size = ImGui::CalcTextSize(text.c_str());
  ImGui::PopFont();
  const float pad = 5 * scale, height = size.y + 4 * scale;
  const float most_left =
      std::max(area_origin_.x + area_size_.x - size.x - 2 * pad, area_origin_.x);
  const float x = std::clamp(low.x, area_origin_.x, most_left);
  const float above = low.y - height - 4 * scale;
  const float y = above >= area_origin_.y ? above : high.y + 4 * scale;
  const ImU32 color = ProposalColor(context);
  draw->AddRectFilled(ImVec2(x, y), ImVec2(x + size.x + 2 * pad, y + height),
                      IM_COL32(0, 0, 0, 220), 3 * scale);
  draw->AddRect(ImVec2(x, y), ImVec2(x + size.x + 2 * pad, y + height), color, 3 * scale, 0,
                1.5f * scale);
  draw->AddText(context.fonts.small, context.fonts.small->FontSize, ImVec2(x + pad, y + 2 * scale),
                color, text.c_str());
}

ImU32 CanvasView::ProposalColor(UiContext& context) const {
  const auto project = context.session.project_view();
  if (!proposal_ || !project) return WarningColor();
  int index = 0;
  const datasets::CategoryRow* animal = CategoryOf(*project, proposal_->animal, &index);
  if (!animal) return WarningColor();
  return ToImColor(animal->color ? animal->color : datasets::PaletteColor(index));
}

}  // namespace app
