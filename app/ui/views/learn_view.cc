#include "app/ui/views/learn_view.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/model/train_on_project.h"
#include "app/ui/options_form.h"
#include "datasets/base/error.h"
#include "infer/behavior_job.h"
#include "train/behavior_train.h"

namespace app {
namespace {

std::string Minutes(double seconds) {
  char text[32];
  snprintf(text, sizeof text, "%d:%02d", static_cast<int>(seconds) / 60,
           static_cast<int>(seconds) % 60);
  return text;
}

// Every number of a flat JSON object in words.
std::string InWords(const nlohmann::json& figures) {
  std::string text;
  if (!figures.is_object()) return text;
  for (const auto& [name, value] : figures.items()) {
    if (!value.is_number()) continue;
    char part[96];
    snprintf(part, sizeof part, "%s%s %.3g", text.empty() ? "" : ", ", name.c_str(),
             value.get<double>());
    text += part;
  }
  return text;
}

// The first figure of a validation that looks like an overlap or accuracy, for the curve.
float MainFigure(const nlohmann::json& figures) {
  for (const char* name : {"mean_iou", "iou", "foreground_iou", "score", "accuracy"}) {
    if (figures.is_object() && figures.contains(name) && figures[name].is_number()) {
      return figures[name].get<float>();
    }
  }
  return NAN;
}

size_t LabeledFrames(const ProjectView& project) {
  size_t count = 0;
  for (const auto& [video, images] : project.images) {
    count += static_cast<size_t>(std::count_if(
        images.begin(), images.end(),
        [](const datasets::ImageRow& image) { return image.state != datasets::ImageState::kNew; }));
  }
  return count;
}

// The newest model that finds animals; null when there is none.
const datasets::ModelRow* NewestDetector(const ProjectView& project) {
  for (auto model = project.models.rbegin(); model != project.models.rend(); ++model) {
    if (!train::IsBehaviorArchitecture(model->architecture) &&
        model->architecture.rfind("idnet", 0) != 0) {
      return &*model;
    }
  }
  return nullptr;
}

}  // namespace

void LearnView::AddActions(ActionTable& actions, UiContext& context) {
  Session& session = context.session;
  const auto add = [&](const char* id, const char* title, const char* keys, const char* help,
                       std::function<void()> run) {
    Action action;
    action.id = id, action.title = title, action.menu = "Learn", action.help = help;
    if (*keys) action.chords.push_back(ParseChord(keys));
    action.run = std::move(run);
    actions.Add(std::move(action));
  };
  add("learn.show", "Train and predict", "", "Brings the panel of training and prediction up",
      [this] { wants_focus_ = true; });
  add("learn.train", "Train on the labels", "Ctrl+Shift+T", "With sensible settings, in minutes",
      [this, &session] { StartTraining(session); });
  add("learn.predict", "Predict this video", "Ctrl+Shift+R", "With the newest model",
      [this, &session] { StartPrediction(session, false); });
  add("learn.predict_all", "Predict every video", "", "With the newest model",
      [this, &session] { StartPrediction(session, true); });
  add("learn.cancel", "Cancel what runs", "", "A cancelled training keeps its best model",
      [&session] {
        for (const Session::JobStatus& job : session.JobsNow()) {
          if (job.state == Session::JobStatus::State::kRunning) session.CancelJob(job.id);
        }
      });
}

void LearnView::Describe(nlohmann::json& state) const {
  std::scoped_lock lock(curve_->mutex);
  state["learning"] = {{"running", curve_->running},
                       {"step", curve_->step},
                       {"losses", curve_->loss.size()},
                       {"outcome", curve_->outcome}};
}

void LearnView::StartTraining(Session& session) {
  wants_focus_ = true;
  auto curve = curve_;
  {
    std::scoped_lock lock(curve->mutex);
    if (curve->running) {
      session.Say(Message::Kind::kInfo, "A training runs already");
      return;
    }
    curve->loss.clear();
    curve->validation.clear();
    curve->validation_iou.clear();
    curve->outcome.clear();
    curve->step = 0;
    curve->running = true;
  }
  const train::TrainOptions options = train_options_;
  train_job_ = session.StartJob(
      "Train " + options.model, [options, curve](datasets::Project& project, datasets::Job& job) {
        const auto finish = [&curve](const std::string& outcome) {
          std::scoped_lock lock(curve->mutex);
          curve->running = false;
          curve->outcome = outcome;
        };
        try {
          datasets::CheckOptions(options, "training");
          const TrainedModel trained = TrainOnProject(
              project, LabelSelection(), options, DefaultModelFile(project, options.resume), job,
              [&curve](const train::TrainProgress& progress) {
                std::scoped_lock lock(curve->mutex);
                curve->step = progress.step;
                curve->steps = progress.steps;
                curve->loss.push_back(static_cast<float>(progress.loss));
                if (!progress.validation.is_object()) return;
                curve->validation.emplace_back(progress.step, InWords(progress.validation));
                const float figure = MainFigure(progress.validation);
                if (!std::isnan(figure)) curve->validation_iou.push_back(figure);
              });
          finish((trained.cancelled ? "Cancelled; the best model so far is kept: " : "Done: ") +
                 trained.model.name + " in " + Minutes(trained.result.seconds) + ". " +
                 InWords(trained.result.validation));
          if (trained.cancelled) throw datasets::Cancelled();
        } catch (const datasets::Cancelled&) {
          std::scoped_lock lock(curve->mutex);
          if (curve->running) curve->outcome = "Cancelled before there was a model";
          curve->running = false;
          throw;
        } catch (const std::exception& error) {
          finish(error.what());
          throw;
        }
      });
}

void LearnView::StartPrediction(Session& session, bool all_videos) {
  const auto project = session.project_view();
  if (!project || project->models.empty()) {
    session.Say(Message::Kind::kInfo, "There is no model yet: train one first");
    return;
  }
  const bool chosen =
      model_chosen_ >= 0 && static_cast<size_t>(model_chosen_) < project->models.size();
  const datasets::ModelRow* newest = NewestDetector(*project);
  if (!chosen && !newest) {
    session.Say(Message::Kind::kInfo, "There is no model that outlines animals yet: train one");
    return;
  }
  const datasets::ModelRow model =
      chosen ? project->models[static_cast<size_t>(model_chosen_)] : *newest;
  const infer::PredictOptions options = predict_options_;
  for (const datasets::VideoRow& video : project->videos) {
    if (!all_videos && video.id != session.video_id()) continue;
    session.StartJob("Predict " + video.name, [video, model, options](datasets::Project& opened,
                                                                      datasets::Job& job) {
      const std::filesystem::path path(model.weights_path);
      const std::string file = (path.is_relative() ? opened.folder() / path : path).string();
      if (train::IsBehaviorArchitecture(model.architecture)) {
        infer::PredictBehavior(opened, video, file, options, job);
      } else {
        infer::Predict(opened, video, file, options, job);
      }
    });
  }
}

void LearnView::DrawTraining(UiContext& context, const ProjectView& project) {
  const size_t labeled = LabeledFrames(project);
  ImGui::TextWrapped("%zu labeled frames, %zu animals.%s", labeled, project.categories.size(),
                     labeled < 10 ? " Label at least 10 frames; 100 are plenty." : "");
  if (ImGui::CollapsingHeader("Settings")) {
    ImGui::TextDisabled("0 lets the program choose from the data");
    OptionsForm form(context.scale);
    train_options_.Visit(form);
  }
  bool running = false;
  {
    std::scoped_lock lock(curve_->mutex);
    running = curve_->running;
  }
  if (!running) {
    if (ImGui::Button("Train", ImVec2(120 * context.scale, 32 * context.scale))) {
      StartTraining(context.session);
    }
    if (ImGui::IsItemHovered()) {
      ImGui::SetTooltip("Corrections count three times; predictions that nobody took never train");
    }
  } else {
    for (const Session::JobStatus& job : context.session.JobsNow()) {
      if (job.id != train_job_) continue;
      const double rate = job.done > 0 ? job.seconds / job.done : 0;
      char text[128];
      snprintf(
          text, sizeof text, "%.0f %%, %s left", 100 * job.done / std::max(job.total, 1e-9),
          job.total > 0 && job.done > 0 ? Minutes(rate * (job.total - job.done)).c_str() : "?");
      ImGui::ProgressBar(job.total > 0 ? static_cast<float>(job.done / job.total) : 0,
                         ImVec2(-1, 0), text);
      ImGui::TextWrapped("%s", job.text.c_str());
      if (ImGui::Button("Cancel and keep the best so far")) context.session.CancelJob(job.id);
    }
  }
  std::scoped_lock lock(curve_->mutex);
  const float width = ImGui::GetContentRegionAvail().x;
  if (curve_->loss.size() > 1) {
    char text[64];
    snprintf(text, sizeof text, "loss %.4g", curve_->loss.back());
    ImGui::PlotLines("##loss", curve_->loss.data(), static_cast<int>(curve_->loss.size()), 0, text,
                     0, *std::max_element(curve_->loss.begin(), curve_->loss.end()),
                     ImVec2(width, 70 * context.scale));
  }
  if (!curve_->validation_iou.empty()) {
    char text[64];
    snprintf(text, sizeof text, "held-back labels: %.3f", curve_->validation_iou.back());
    ImGui::PlotLines("##validation", curve_->validation_iou.data(),
                     static_cast<int>(curve_->validation_iou.size()), 0, text, 0, 1,
                     ImVec2(width, 60 * context.scale));
  }
  if (!curve_->validation.empty()) {
    ImGui::TextWrapped("step %d: %s", curve_->validation.back().first,
                       curve_->validation.back().second.c_str());
  }
  if (!curve_->outcome.empty()) ImGui::TextWrapped("%s", curve_->outcome.c_str());
}

void LearnView::DrawPrediction(UiContext& context, const ProjectView& project) {
  ImGui::TextUnformatted("Predict");
  if (project.models.empty()) {
    ImGui::TextWrapped("There is no model yet: train one first.");
    return;
  }
  const int count = static_cast<int>(project.models.size());
  if (model_chosen_ >= count) model_chosen_ = -1;
  ImGui::SetNextItemWidth(-1);
  const std::string shown = model_chosen_ < 0
                                ? "newest that outlines animals"
                                : project.models[static_cast<size_t>(model_chosen_)].name;
  if (ImGui::BeginCombo("##model", shown.c_str())) {
    if (ImGui::Selectable("the newest", model_chosen_ < 0)) model_chosen_ = -1;
    for (int i = count - 1; i >= 0; --i) {
      const datasets::ModelRow& model = project.models[static_cast<size_t>(i)];
      if (ImGui::Selectable((model.name + "##" + std::to_string(model.id)).c_str(),
                            i == model_chosen_)) {
        model_chosen_ = i;
      }
    }
    ImGui::EndCombo();
  }
  if (ImGui::CollapsingHeader("Prediction settings")) {
    OptionsForm form(context.scale);
    predict_options_.Visit(form);
  }
  if (ImGui::Button("This video")) StartPrediction(context.session, false);
  ImGui::SameLine();
  if (ImGui::Button("Every video")) StartPrediction(context.session, true);
}

void LearnView::DrawJobs(UiContext& context) {
  const std::vector<Session::JobStatus> jobs = context.session.JobsNow();
  if (jobs.empty()) return;
  ImGui::Separator();
  ImGui::TextUnformatted("Jobs");
  for (auto it = jobs.rbegin(); it != jobs.rend(); ++it) {
    ImGui::PushID(static_cast<int>(it->id));
    switch (it->state) {
      case Session::JobStatus::State::kRunning:
        ImGui::ProgressBar(it->total > 0 ? static_cast<float>(it->done / it->total) : 0,
                           ImVec2(-70 * context.scale, 0), it->title.c_str());
        ImGui::SameLine();
        if (ImGui::SmallButton("Cancel")) context.session.CancelJob(it->id);
        break;
      case Session::JobStatus::State::kDone:
        ImGui::TextDisabled("done  %s", it->title.c_str());
        break;
      case Session::JobStatus::State::kCancelled:
        ImGui::TextDisabled("cancelled  %s", it->title.c_str());
        break;
      case Session::JobStatus::State::kFailed:
        ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(ErrorColor()), "failed  %s",
                           it->title.c_str());
        if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", it->error.c_str());
        break;
    }
    ImGui::PopID();
  }
}

void LearnView::Draw(UiContext& context) {
  const auto project = context.session.project_view();
  if (!project) return;
  DrawTraining(context, *project);
  ImGui::Separator();
  DrawPrediction(context, *project);
  DrawJobs(context);
}

}  // namespace app
