// What an animal without a name looks like, beside one picture of each animal that it may be.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/model/session/animal_cuts.h"
#include "app/model/session/latest_worker.h"
#include "app/model/session/shown_unknown.h"

namespace app {

class UnknownPictures {
 public:
  struct Candidate {
    datasets::Id category_id = 0;
    AnimalCut cut;  // from a label; without a picture where there is no label of it
  };
  struct Pictures {
    UnknownKey key;
    std::vector<datasets::Id> asked;    // animals, as they were asked for
    std::vector<AnimalCut> cuts;        // near its start, middle and end
    std::vector<Candidate> candidates;  // parallel to asked
  };
  // Called from the worker: `wake` when pictures are there, `say` with why there are none.
  UnknownPictures(std::filesystem::path project_file, std::function<void()> wake,
                  std::function<void(const std::string&)> say);
  // Null until they are there. For the GUI thread: never blocks.
  std::shared_ptr<const Pictures> Of(const ShownUnknown& unknown,
                                     const std::vector<datasets::Id>& animals);

 private:
  struct Wanted {
    ShownUnknown unknown;
    std::vector<datasets::Id> animals;
  };
  void Make(const Wanted& wanted);

  const std::filesystem::path project_file_;
  std::mutex mutex_;
  UnknownKey asked_;
  std::vector<datasets::Id> asked_animals_;
  std::shared_ptr<const Pictures> pictures_;
  LatestWorker<Wanted> worker_;  // last: it ends before what it uses
};

}  // namespace app
