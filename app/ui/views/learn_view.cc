#include "app/ui/views/learn_view.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "app/ui/options_form.h"
#include "datasets/base/error.h"
#include "datasets/model_files.h"
#include "infer/learning/train_on_project.h"
#include "infer/learning/unlabeled.h"
#include "infer/run/behavior_job.h"
#include "infer/run/models.h"
#include "infer/run/points_job.h"

namespace app {
namespace {

constexpr double kTrackMinutes = 1.25;  // as vole track
constexpr int kMostChoices = 20;  // animals in the list; more are rare and found by themselves

std::string Minutes(double seconds) {
  char text[32];
  snprintf(text, sizeof text, "%d:%02d", static_cast<int>(seconds) / 60,
           static_cast<int>(seconds) % 60);
  return text;
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

// What a person should know of a prediction beside its outlines.
void Tell(Session& session, const std::string& video, const infer::PredictResult& result) {
  for (const std::string& remark : result.remarks) {
    session.SayLater(Message::Kind::kInfo, video + ": " + remark);
  }
  if (result.unknown_frames == 0 || result.animal_frames == 0) return;
  const double share =
      static_cast<double>(result.unknown_frames) / static_cast<double>(result.animal_frames);
  char percent[16];
  snprintf(percent, sizeof percent, share < 0.01 ? "%.1f %%" : "%.0f %%", 100 * share);
  session.SayLater(Message::Kind::kInfo, video + ": the name is unknown on " + percent +
                                             ": Review, Unknown (F4) shows who they may be");
}

}  // namespace

void LearnView::AddActions(ActionTable& actions, Session& session) {
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
  add("learn.track", "Track this video without labels", "",
      "Learns from frames on which the animals are apart, outlines and numbers them on all; needs "
      "a still camera or an even ground",
      [this, &session] { StartTracking(session); });
  add("learn.predict", "Predict this video", "Ctrl+Shift+R",
      "With the best model, or the chosen one",
      [this, &session] { StartPrediction(session, Which::kThis); });
  add("learn.predict_all", "Predict every video", "", "With the best model, or the chosen one",
      [this, &session] { StartPrediction(session, Which::kAll); });
  add("learn.predict_chosen", "Predict the chosen videos", "",
      "Those that are chosen in the table of videos (F6)", [this, &session] {
        if (session.chosen_videos.empty()) {
          session.Say(Message::Kind::kInfo, "No video is chosen: choose some in the table (F6)");
          return;
        }
        StartPrediction(session, Which::kChosen);
      });
  add("learn.predict_points", "Find key points in this video", "",
      "Around the outlines that are predicted, or of one animal a frame",
      [this, &session] { StartPoints(session, Which::kThis); });
  add("learn.cancel", "Cancel what runs", "",
      "A cancelled training leaves its best model, to keep or to discard; a recording goes on",
      [&session] {
        for (const Session::JobStatus& job : session.JobsNow()) {
          if (job.RunsInTurn()) session.CancelJob(job.id);
        }
      });
}

void LearnView::Describe(nlohmann::json& state) const {
  int64_t nothing_seen = 0;
  const auto now = watch_->Look(nothing_seen);
  state["learning"] = {{"running", now->running},           {"step", now->step},
                       {"losses", now->loss.points.size()}, {"samples", now->samples.size()},
                       {"network", train_options_.model},   {"outcome", now->outcome}};
  models_.Describe(state);
}

void LearnView::StartTraining(Session& session) {
  wants_focus_ = true;
  auto watch = watch_;
  if (!watch->Begin()) {
    session.Say(Message::Kind::kInfo, "A training runs already");
    return;
  }
  // What was set for another network before this one was chosen is not meant.
  const auto* chosen = train::FindArchitecture(train_options_.model);
  const train::TrainOptions options =
      chosen ? train::OnlyTaken(*chosen, train_options_) : train_options_;
  train_job_ = session.StartJob(
      "Train " + options.model, [options, watch](datasets::Project& project, datasets::Job& job) {
        try {
          datasets::CheckOptions(options, "training");
          const infer::TrainedModel trained = infer::TrainOnProject(
              project, infer::LabelSelection(), options,
              infer::DefaultModelFile(project, options.resume, options.model), job,
              [&watch](const train::TrainProgress& progress) { watch->Hear(progress); },
              [&watch](const infer::ShownSample& sample) { watch->Show(sample); });
          const auto held = infer::HeldBackOf(trained.model);
          watch->End(
              (trained.cancelled ? "Cancelled; keep the best so far or discard it: " : "Done: ") +
              trained.model.name + " in " + Minutes(trained.result.seconds) +
              (held ? ". On held-back labels: " + held->words : "") + ".");
          if (trained.cancelled) throw datasets::Cancelled();
        } catch (const datasets::Cancelled&) {
          if (watch->running()) watch->End("Cancelled before there was a model");
          throw;
        } catch (const std::exception& error) {
          watch->End(error.what());
          throw;
        }
      });
}

void LearnView::StartTracking(Session& session) {
  if (!session.video()) {
    session.Say(Message::Kind::kInfo, "Open a video first");
    return;
  }
  wants_focus_ = true;
  auto watch = watch_;
  if (!watch->Begin()) {
    session.Say(Message::Kind::kInfo, "A training runs already");
    return;
  }
  infer::TrackOptions options;
  options.animals = animals_;
  options.train.minutes = kTrackMinutes;
  const auto work = [options, watch, &session, video = *session.video(), frame = session.frame()](
                        datasets::Project& project, datasets::Job& job) mutable {
    options.model_file = infer::DefaultModelFile(project, false);
    try {
      const infer::TrackedVideo tracked = infer::TrackVideo(
          project, video, options, job, [](const infer::ClearFrames&) {},
          [&watch](const train::TrainProgress& progress) { watch->Hear(progress); });
      if (tracked.trained.cancelled) throw datasets::Cancelled();
      watch->End("Done: " + std::to_string(tracked.predicted.frames) + " frames tracked. Look at " +
                 std::to_string(tracked.predicted.review_episodes) +
                 " doubtful episodes in Review, and give the numbers names there or in Animals.");
    } catch (const datasets::Cancelled&) {
      watch->End("Cancelled before the video was tracked");
      throw;
    } catch (const infer::OutlineNeeded& needed) {
      session.ShowLaterFrom({video.id, frame}, needed.frame());
      watch->End(needed.what());
      throw;
    } catch (const std::exception& error) {
      watch->End(error.what());
      throw;
    }
  };
  train_job_ = session.StartJob("Track " + session.video()->name, work);
}

void LearnView::StartPrediction(Session& session, Which which) {
  const auto project = session.project_view();
  if (!project || project->models.empty()) {
    session.Say(Message::Kind::kInfo, "There is no model yet: train one first");
    return;
  }
  std::string why;
  const datasets::ModelRow* taken = models_.Taken(*project, &why);
  if (!taken) {
    session.Say(Message::Kind::kInfo, why.empty()
                                          ? "There is no model that outlines animals yet: train one"
                                          : "No model is taken by itself: " + why);
    return;
  }
  Predict(session, *taken, which);
}

void LearnView::StartPoints(Session& session, Which which) {
  const auto project = session.project_view();
  if (!project) return;
  std::string why;
  if (const datasets::ModelRow* model = models_.TakenForPoints(*project, &why)) {
    Predict(session, *model, which);
    return;
  }
  session.Say(Message::Kind::kInfo, why.empty() ? "There is no model that finds key points yet: "
                                                  "train the network 'points'"
                                                : "No model is taken by itself: " + why);
}

void LearnView::Predict(Session& session, const datasets::ModelRow& model, Which which) {
  const infer::PredictOptions options = predict_options_;
  const bool finds_points = train::IsFor(train::Task::kPoints, model.architecture);
  const std::vector<datasets::Id> chosen = session.chosen_videos;
  for (const datasets::VideoRow& video : session.project_view()->videos) {
    const bool is_chosen = std::find(chosen.begin(), chosen.end(), video.id) != chosen.end();
    if (which == Which::kThis && video.id != session.video_id()) continue;
    if (which == Which::kChosen && !is_chosen) continue;
    session.StartJob((finds_points ? "Key points of " : "Predict ") + video.name,
                     [=, asked = &session](datasets::Project& opened, datasets::Job& job) {
                       const std::string file = datasets::ModelFile(opened, model).string();
                       if (train::IsFor(train::Task::kBehavior, model.architecture)) {
                         infer::PredictBehavior(opened, video, file, options, job);
                       } else if (finds_points) {
                         infer::PredictPoints(opened, video, file, options, job);
                       } else {
                         Tell(*asked, video.name,
                              infer::Predict(opened, video, file, options, job));
                       }
                     });
  }
}

// What most people choose: how long, and which kind of network.
void LearnView::DrawChoices(const ProjectView& project) {
  struct Time {
    const char* name;
    double minutes;
  };
  static constexpr Time kTimes[] = {{"As many steps as the labels need", 0},
                                    {"A first look: 2 minutes", 2},
                                    {"Overnight: 8 hours", 480}};
  const auto now = std::find_if(std::begin(kTimes), std::end(kTimes), [&](const Time& time) {
    return time.minutes == train_options_.minutes;
  });
  char other[32];
  snprintf(other, sizeof other, "%.4g minutes", train_options_.minutes);
  ImGui::SetNextItemWidth(-1);
  if (ImGui::BeginCombo("##time", now == std::end(kTimes) ? other : now->name)) {
    for (const Time& time : kTimes) {
      if (ImGui::Selectable(time.name, time.minutes == train_options_.minutes)) {
        train_options_.minutes = time.minutes;
      }
    }
    ImGui::EndCombo();
  }
  const auto* chosen = train::FindArchitecture(train_options_.model);
  ImGui::SetNextItemWidth(-1);
  if (ImGui::BeginCombo("##network", train_options_.model.c_str())) {
    for (const train::Architecture& one : train::Architectures()) {
      const bool learns = one.task == train::Task::kOutlines ||
                          (one.task == train::Task::kPoints && project.has_key_points);
      if (!learns) continue;
      if (ImGui::Selectable(std::string(one.name).c_str(), one.name == train_options_.model)) {
        train_options_.model = one.name;
      }
      if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", std::string(one.summary).c_str());
    }
    ImGui::EndCombo();
  }
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip("The network: %s",
                      chosen ? std::string(chosen->summary).c_str() : "not known to this program");
  }
}

// The door for who has labeled nothing yet.
void LearnView::DrawTracking(UiContext& context) {
  ImGui::TextWrapped(
      "Or without labels, where the camera stands still: what moves is learned and numbered.");
  ImGui::SetNextItemWidth(-1);
  const std::string now = animals_ == 0
                              ? "As many animals as are seen"
                              : std::to_string(animals_) + (animals_ == 1 ? " animal" : " animals");
  if (ImGui::BeginCombo("##animals", now.c_str())) {
    for (int number = 0; number <= kMostChoices; ++number) {
      const std::string text = number == 0 ? "As many animals as are seen" : std::to_string(number);
      if (ImGui::Selectable(text.c_str(), number == animals_)) animals_ = number;
    }
    ImGui::EndCombo();
  }
  if (ImGui::Button("Track without labels")) StartTracking(context.session);
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip(
        "This video, in a few minutes; what it learns from is not written among "
        "your labels");
  }
  ImGui::Separator();
}

void LearnView::DrawTraining(UiContext& context, const ProjectView& project) {
  const size_t labeled = LabeledFrames(project);
  ImGui::TextWrapped("%zu labeled frames, %zu animals.%s", labeled, NamedAnimals(project).size(),
                     labeled < 10 ? " Label at least 10 frames; 100 are plenty." : "");
  if (labeled == 0 && context.session.video() && !watch_->running()) DrawTracking(context);
  DrawChoices(project);
  if (ImGui::CollapsingHeader("All settings, as on the command line")) {
    ImGui::TextDisabled("0: the program chooses from the data");
    OptionsForm form(context.scale);
    if (const auto* chosen = train::FindArchitecture(train_options_.model)) {
      train_options_.Visit(train::TakenFields<OptionsForm>{*chosen, form});
    } else {
      train_options_.Visit(form);
    }
  }
  if (auto news = watch_->Look(seen_version_)) seen_ = std::move(news);
  if (!seen_->running) {
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
      if (ImGui::Button("Cancel")) context.session.CancelJob(job.id);
    }
  }
}

void LearnView::DrawCurves(UiContext& context, const ProjectView& project) {
  const float width = ImGui::GetContentRegionAvail().x;
  const auto curve = [&](const TrainingWatch::Curve& drawn, const std::string& title,
                         float highest) {
    if (drawn.points.empty()) return;
    ImGui::BeginGroup();
    ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
    ImGui::Text("%s %.4g", title.c_str(), static_cast<double>(drawn.points.back()));
    ImGui::PopStyleColor();
    if (drawn.points.size() >= 2) {
      ImGui::PlotLines(("##" + title).c_str(), drawn.points.data(),
                       static_cast<int>(drawn.points.size()), 0, nullptr, 0, highest,
                       ImVec2(width, 44 * context.scale));
    }
    ImGui::EndGroup();
  };
  const std::vector<float>& losses = seen_->loss.points;
  if (!losses.empty()) {
    curve(seen_->loss, "loss", *std::max_element(losses.begin(), losses.end()));
  }
  for (const TrainingWatch::Curve& judged : seen_->judged) {
    curve(judged, "on held-back labels: " + judged.name, 1);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", seen_->figures.c_str());
  }
  pictures_.Draw(context, project, seen_->samples);
}

void LearnView::DrawPrediction(UiContext& context, const ProjectView& project) {
  ImGui::TextUnformatted("Predict");
  if (project.models.empty()) {
    ImGui::TextWrapped("There is no model yet: train one first.");
    return;
  }
  models_.Draw(context, context.session.project_view());
  if (ImGui::CollapsingHeader("Prediction settings")) {
    OptionsForm form(context.scale);
    predict_options_.Visit(form);
  }
  if (ImGui::Button("This video")) StartPrediction(context.session, Which::kThis);
  ImGui::SameLine();
  if (ImGui::Button("Every video")) StartPrediction(context.session, Which::kAll);
  std::string why;
  if (!models_.TakenForPoints(project, &why)) return;
  if (ImGui::Button("Key points, this video")) StartPoints(context.session, Which::kThis);
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip("Around the outlines that are predicted, or of one animal a frame");
  }
  ImGui::SameLine();
  if (ImGui::Button("Every video##points")) StartPoints(context.session, Which::kAll);
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
  // What comes next stays in sight: the curves while it learns, then the prediction.
  if (seen_->running) DrawCurves(context, *project);
  if (!seen_->outcome.empty()) ImGui::TextWrapped("%s", seen_->outcome.c_str());
  ImGui::Separator();
  DrawPrediction(context, *project);
  DrawJobs(context);
  if (seen_->running) return;
  ImGui::Separator();
  DrawCurves(context, *project);
}

}  // namespace app
