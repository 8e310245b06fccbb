#include "app/ui/views/view_list.h"

#include "app/ui/views/animals_view.h"
#include "app/ui/views/behaviors_view.h"
#include "app/ui/views/canvas/skeleton_view.h"
#include "app/ui/views/exchange_view.h"
#include "app/ui/views/keys_view.h"
#include "app/ui/views/learn_view.h"
#include "app/ui/views/library_view.h"
#include "app/ui/views/notes/notes_view.h"
#include "app/ui/views/palette_view.h"
#include "app/ui/views/report/report_view.h"
#include "app/ui/views/review/review_view.h"
#include "app/ui/views/timeline/timeline_view.h"
#include "app/ui/views/walkthrough_view.h"

namespace app {

ViewSet MakeAllViews(bool newcomer) {
  ViewSet set;
  set.canvas = std::make_unique<CanvasView>();
  set.left.push_back(std::make_unique<LibraryView>());
  set.right.push_back(std::make_unique<AnimalsView>());
  set.right.push_back(std::make_unique<BehaviorsView>());
  set.right.push_back(std::make_unique<LearnView>());
  set.right.push_back(std::make_unique<ReviewView>());
  auto timeline = std::make_unique<TimelineView>();
  set.timeline = timeline.get();
  set.bottom.push_back(std::move(timeline));
  set.results = std::make_unique<ResultsView>();
  set.videos = std::make_unique<VideosView>();
  set.live = std::make_unique<LiveView>();
  set.popups.push_back(std::make_unique<NotesView>());
  auto keys = std::make_unique<KeysView>();
  set.keys = keys.get();
  auto exchange = std::make_unique<ExchangeView>();
  set.exchange = exchange.get();
  set.popups.push_back(std::move(exchange));
  auto report = std::make_unique<ReportView>();
  set.report = report.get();
  set.popups.push_back(std::move(report));
  set.popups.push_back(std::make_unique<SkeletonView>());
  set.popups.push_back(std::make_unique<PaletteView>());
  set.popups.push_back(std::move(keys));
  auto walkthrough = std::make_unique<WalkthroughView>(newcomer);
  set.walkthrough = walkthrough.get();
  set.popups.push_back(std::move(walkthrough));
  return set;
}

}  // namespace app
