// Which views there are and where they stand in the window.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/ui/view.h"
#include "app/ui/views/canvas/canvas_view.h"
#include "app/ui/views/live/live_view.h"
#include "app/ui/views/results/results_view.h"
#include "app/ui/views/videos/videos_view.h"

namespace app {

class ExchangeView;
class KeysView;
class ReportView;
class TimelineView;
class WalkthroughView;

struct ViewSet {
  std::unique_ptr<CanvasView> canvas;
  std::vector<std::unique_ptr<View>> left, right, bottom;  // tabs of each side
  std::unique_ptr<ResultsView> results;                    // pages
  std::unique_ptr<VideosView> videos;
  std::unique_ptr<LiveView> live;
  std::vector<std::unique_ptr<View>> popups;  // drawn above everything
  KeysView* keys = nullptr;                   // one of the popups
  ExchangeView* exchange = nullptr;           // another
  ReportView* report = nullptr;               // another
  TimelineView* timeline = nullptr;           // at the bottom
  WalkthroughView* walkthrough = nullptr;     // another
};
// `newcomer`: the walk-through opens by itself.
ViewSet MakeAllViews(bool newcomer);

}  // namespace app
