// Changes that were made on the canvas but are not in the store's view yet (a few milliseconds).
// Until they are, tools and eyes work on the labels with these changes applied, so that nothing
// flickers back and a quick second edit goes on from the first. No ImGui.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "annotate/tools/tool.h"
#include "app/model/session/session.h"

namespace app {

class PendingShapes {
 public:
  // `view`: the newest view when the change was made; `category`: the animal of a new shape, 0 when
  // it gets a new one. Points without a label's id are of the label that was made for them.
  // Selections are ignored. `shares_name`: others of the frame are called like that animal.
  void Add(const annotate::ShapeChange& change, datasets::Id category, const FrameView& view,
           double seconds_now, bool shares_name = false);
  // The view's labels with the changes that it does not show yet; the view's own list when there is
  // none. Forgets a change that is there, that belongs to another frame, or that is older than
  // kPatienceSeconds (it was refused, and a message says why). Valid until the next call.
  const std::vector<annotate::Shape>& LabelsOf(const FrameView& view, double seconds_now);
  // The label that a drawn shape became, once, when the view shows it first.
  std::optional<datasets::Id> TakeAdded() { return std::exchange(added_, std::nullopt); }
  bool empty() const { return waiting_.empty(); }

  static constexpr double kPatienceSeconds = 1.5;

 private:
  struct Waiting {
    annotate::ShapeChange change;
    datasets::Id category = 0;
    datasets::Id video_id = 0;
    int frame = 0;
    int64_t revision = 0;
    double since = 0;
    std::vector<datasets::Id> known;  // labels that were there before
    bool shares_name = false;
  };
  static bool IsOfSameLabel(const Waiting& a, const Waiting& b);
  bool IsShown(const Waiting& waiting, const FrameView& view);

  std::vector<Waiting> waiting_;
  std::vector<annotate::Shape> labels_;
  std::optional<datasets::Id> added_;
};

}  // namespace app
