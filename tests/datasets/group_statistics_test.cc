#include "datasets/groups/group_statistics.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "datasets/files/csv.h"
#include "datasets/groups/box_plot.h"
#include "tests/support/temp_dir.h"

namespace group_statistics_test {

using datasets::Group;
using datasets::Measurement;
using datasets::Unit;
using doctest::Approx;

namespace {

Measurement One(const std::string& video, const std::string& subject, std::optional<double> value,
                std::vector<std::string> levels) {
  return {video, subject, "anna", "rearing", "seconds", value, std::move(levels)};
}

std::vector<Measurement> TwoGroups(const std::vector<double>& first,
                                   const std::vector<double>& second) {
  std::vector<Measurement> all;
  for (size_t i = 0; i < first.size(); ++i) {
    all.push_back(One("a" + std::to_string(i), "", first[i], {"saline"}));
  }
  for (size_t i = 0; i < second.size(); ++i) {
    all.push_back(One("b" + std::to_string(i), "", second[i], {"drug"}));
  }
  return all;
}

}  // namespace

TEST_CASE("a group has n, mean, SEM and quartiles as worked out by hand") {
  const auto groups = datasets::GroupsOf(TwoGroups({2, 4, 4, 6}, {1, 2, 3, 4, 10}), Unit::kSubject);
  REQUIRE(groups.size() == 2);  // drug before saline
  const Group& drug = groups[0];
  CHECK(drug.levels == std::vector<std::string>{"drug"});
  CHECK(drug.n() == 5);
  CHECK(drug.mean == 4);
  CHECK(*drug.sd == Approx(std::sqrt(50.0 / 4)));
  CHECK(*drug.sem == Approx(std::sqrt(50.0 / 4 / 5)));
  CHECK(drug.median == 3);
  CHECK(drug.low_quartile == 2);
  CHECK(drug.high_quartile == 4);
  const Group& saline = groups[1];
  CHECK(saline.mean == 4);
  CHECK(*saline.sd == Approx(std::sqrt(8.0 / 3)));
  CHECK(saline.low_quartile == 3.5);  // R: quantile(c(2,4,4,6), .25)
  CHECK(saline.high_quartile == 4.5);
}

TEST_CASE("effect sizes are those of their formulas") {
  // Means 3 and 5, both variances 2.5: d = 2 / sqrt(2.5); eight degrees of freedom.
  const std::vector<double> first = {1, 2, 3, 4, 5}, second = {3, 4, 5, 6, 7};
  CHECK(*datasets::HedgesG(first, second) == Approx(2 / std::sqrt(2.5) * (1 - 3.0 / 31)));
  CHECK(*datasets::HedgesG(second, first) == Approx(-*datasets::HedgesG(first, second)));
  // Of 25 pairs 19 go up, 3 stay and 3 go down.
  CHECK(datasets::CliffsDelta(first, second) == Approx(16.0 / 25));
  CHECK(datasets::CliffsDelta({1, 2}, {3, 4}) == 1);
  CHECK(datasets::CliffsDelta({3, 4}, {1, 2}) == -1);
  CHECK(datasets::CliffsDelta({1, 1}, {1, 1}) == 0);
  CHECK_FALSE(datasets::HedgesG({1}, {2, 3}));
  CHECK_FALSE(datasets::HedgesG({1, 1}, {1, 1}));  // no spread to measure by
  CHECK_FALSE(datasets::HedgesG({0.8, 0.8, 0.8}, {0.8, 0.1 + 0.7, 0.8}));  // but for rounding
}

TEST_CASE("intervals hold the effect, repeat exactly, and shrink with more animals") {
  const auto width = [](int times, double* low) {
    std::vector<double> first, second;
    for (int i = 0; i < times; ++i) {
      for (const double value : {1.0, 2.0, 3.0, 4.0, 5.0}) {
        first.push_back(value);
        second.push_back(value + 2);
      }
    }
    const auto groups = datasets::GroupsOf(TwoGroups(first, second), Unit::kSubject);
    const auto found = datasets::CompareGroups(groups);
    const auto again = datasets::CompareGroups(groups);
    REQUIRE(found.size() == 1);
    REQUIRE(found[0].hedges_interval);
    CHECK(found[0].hedges_interval->low == again[0].hedges_interval->low);
    CHECK(found[0].hedges_interval->low < *found[0].hedges_g);
    CHECK(found[0].hedges_interval->high > *found[0].hedges_g);
    CHECK(found[0].cliffs_interval->low <= found[0].cliffs_delta);
    CHECK(found[0].cliffs_interval->high >= found[0].cliffs_delta);
    CHECK(found[0].cliffs_interval->high <= 1);
    *low = found[0].hedges_interval->low;
    return found[0].hedges_interval->high - found[0].hedges_interval->low;
  };
  double low_few = 0, low_many = 0;
  const double few = width(1, &low_few), many = width(20, &low_many);
  CHECK(many < few / 2);
}

TEST_CASE("a group of one has no SEM and no interval, and what is not defined is counted") {
  auto all = TwoGroups({3}, {1, 2, 3});
  all.push_back(One("b9", "", std::nullopt, {"drug"}));
  all.push_back(One("c", "", 5, {""}));  // its video has no treatment
  const auto groups = datasets::GroupsOf(all, Unit::kSubject);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].n() == 3);
  CHECK(groups[0].without_value == 1);
  CHECK(groups[1].n() == 1);
  CHECK_FALSE(groups[1].sem);
  const auto found = datasets::CompareGroups(groups);
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found[0].hedges_g);
  CHECK_FALSE(found[0].cliffs_interval);
  CHECK(found[0].cliffs_delta == Approx(2.0 / 3));
}

TEST_CASE("figures have four digits that count and no powers of ten") {
  for (const auto& [value, text] :
       std::vector<std::pair<double, std::string>>{{15000, "15000"},
                                                   {123456.7, "123457"},
                                                   {0.00001234, "0.00001234"},
                                                   {2, "2"},
                                                   {-1.5, "-1.5"},
                                                   {0, "0"},
                                                   {99.999, "100"},
                                                   {0.25, "0.25"},
                                                   {1e-300, "0"}}) {
    CHECK(datasets::FigureText(value) == text);
  }
}

TEST_CASE("the unit is an animal of a video, an animal, or a video, as is asked") {
  const std::vector<Measurement> all = {One("v1", "ada", 1, {"3"}), One("v1", "bob", 3, {"3"}),
                                        One("v2", "ada", 5, {"3"}), One("v2", "bob", 7, {"10"})};
  const auto subjects = datasets::GroupsOf(all, Unit::kSubject);
  REQUIRE(subjects.size() == 2);
  CHECK(subjects[0].levels[0] == "3");  // days go by number, not by letter
  CHECK(subjects[0].n() == 3);
  CHECK(subjects[0].units[0].name == "v1 / ada");
  const auto animals = datasets::GroupsOf(all, Unit::kAnimal);
  CHECK(animals[0].n() == 2);
  CHECK(animals[0].mean == 3);  // ada 3, bob 3
  const auto videos = datasets::GroupsOf(all, Unit::kVideo);
  CHECK(videos[0].n() == 2);
  CHECK(videos[0].mean == 3.5);  // v1 2, v2 5
}

TEST_CASE("the table in long form holds every value, and the picture every unit") {
  const tests::TempDir folder;
  auto all = TwoGroups({1, 2, 3, 4, 5, 60}, {3, 4, 5});
  const size_t in_groups = all.size() + 1;
  all.push_back(One("b, 9", "=ada", std::nullopt, {"drug"}));
  all.push_back(One("c", "", 7, {""}));  // R would take "" for a treatment
  std::ofstream(folder / "long.csv") << datasets::LongCsv(all, {"treatment"});
  const datasets::CsvTable table(folder / "long.csv", "table");
  REQUIRE(table.rows() == in_groups);
  CHECK(table.Text(5, "treatment") == "saline");
  CHECK(table.Number(5, "value") == 60);
  CHECK(table.Text(9, "video") == "b, 9");
  CHECK(table.Text(9, "subject") == "=ada");
  CHECK_FALSE(table.Number(9, "value"));

  const auto groups = datasets::GroupsOf(all, Unit::kSubject);
  const std::string svg = datasets::BoxPlot(groups).Svg();
  size_t dots = 0;
  for (size_t at = 0; (at = svg.find("<circle", at)) != std::string::npos; ++at) ++dots;
  CHECK(dots == 9);
  CHECK(svg.find("n = 6") != std::string::npos);
  CHECK(svg.find("n = 3 of 4") != std::string::npos);
  CHECK(svg.find("rearing, seconds") != std::string::npos);
  CHECK(datasets::BoxPlot({}).width() > 0);
}

}  // namespace group_statistics_test
