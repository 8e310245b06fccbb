#include "app/model/results/result_saves.h"

#include <doctest/doctest.h>

namespace result_saves_test {

namespace {

std::shared_ptr<const app::ShownResults> Measured(datasets::Id video, int64_t revision) {
  auto shown = std::make_shared<app::ShownResults>();
  shown->video_id = video;
  shown->revision = revision;
  shown->results = std::make_shared<const datasets::VideoResults>();
  return shown;
}

std::string Served(app::ResultSaves* saves, const std::shared_ptr<const app::ShownResults>& shown) {
  std::string files;
  saves->Serve(shown, [&](const app::ResultSaves::Wish& wish,
                          const std::shared_ptr<const datasets::VideoResults>& results) {
    CHECK(results == shown->results);
    files += wish.file + " ";
  });
  return files;
}

}  // namespace

TEST_CASE("a result is saved from a measurement that is as new as what was in view, once") {
  app::ResultSaves saves;
  CHECK_FALSE(saves.video_id());
  saves.Add({1, 7, datasets::ResultPart::kBudget, "a.csv"});
  saves.Add({2, 7, datasets::ResultPart::kBudget, "b.csv"});
  CHECK(saves.video_id() == 1);
  CHECK(Served(&saves, nullptr) == "");
  CHECK(Served(&saves, Measured(1, 6)) == "");  // before the last change
  CHECK(Served(&saves, Measured(3, 9)) == "");  // of another video
  CHECK(Served(&saves, Measured(1, 9)) == "a.csv ");
  CHECK(saves.video_id() == 2);
  CHECK(Served(&saves, Measured(1, 9)) == "");
  CHECK(saves.Drop(1) == 0);
  CHECK(saves.Drop(2) == 1);
  CHECK(saves.waiting() == 0);
}

}  // namespace result_saves_test
