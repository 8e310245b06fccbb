// Names for animals that have none: whoever knows one of them names all that is followed of it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "annotate/edit.h"
#include "app/model/session/session.h"

namespace app {

// One animal that a prediction follows without a name, or under a name that a person gave it.
struct NamedTrack {
  struct Place {
    datasets::Id video_id = 0, job_id = 0;
    int frame = 0;
  };
  Place at;
  int tracklet = -1;             // as its predictions have it
  datasets::Id category_id = 0;  // that it has there now
  datasets::Id label_id = 0;     // of it, that is named with it; 0: none
};
// Of what is stored at the moment; nullopt where a prediction has its name from the network, or a
// label lies on no such animal.
std::optional<NamedTrack> TrackOfPrediction(const datasets::Project& project,
                                            const NamedTrack::Place& at,
                                            datasets::Id prediction_id);
std::optional<NamedTrack> TrackOfLabel(const datasets::Project& project,
                                       const NamedTrack::Place& at, datasets::Id label_id);
// One step: an animal without a name gets it where nobody else has it, and a label in this frame;
// one that a person named is renamed wherever it has that name (where the other one is, too, the
// two swap). Nothing when it is called so already. `say` tells how far it reached. Throws Error,
// naming who has the name in this frame.
annotate::Edit NameTrack(const datasets::Project& project, const NamedTrack& track,
                         datasets::Id category_id,
                         const std::function<void(const std::string&)>& say);

// Selects the animal without a name that is followed as `tracklet`, where the frame that shows has
// it; a prediction.
void SelectUnknown(Session& session, int tracklet);

// The same as NameTrack for one of ProjectView::unknown_animals, in the frame nearest to its middle
// in which nobody else has the name. `refused` is called, on another thread, where it comes to
// nothing.
void RequestNameUnknown(Session& session, const ShownUnknown& unknown, datasets::Id category_id,
                        std::function<void()> refused = {});

}  // namespace app
