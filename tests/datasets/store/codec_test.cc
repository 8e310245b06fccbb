#include "datasets/store/codec.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "datasets/base/error.h"

namespace codec_test {

namespace {

using datasets::Polygons;

TEST_CASE("polygons survive JSON to the last bit") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 500; ++round) {
    Polygons polygons(random() % 4);
    for (auto& ring : polygons) {
      ring.resize(random() % 6);
      for (auto& point : ring) {
        const auto number = [&] {
          return std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 80) - 100);
        };
        point = {number(), -number()};
      }
    }
    CHECK(datasets::PolygonsFromJson(datasets::PolygonsToJson(polygons)) == polygons);
  }
  CHECK(datasets::PolygonsToJson({{{0.5, 1}, {2, 3.25}}}) == "[[0.5,1,2,3.25]]");
  CHECK(datasets::PolygonsFromJson(" [ [ 1 , 2.5e1 ] ] ") == Polygons{{{1, 25}}});
}

TEST_CASE("damaged polygon text is refused") {
  for (const char* text : {"", "[", "[[1]]", "[[1,2,3]]", "[[1,2]", "[[1,2]]x", "[[a,b]]",
                           "[[nan,1]]", "[[inf,1]]", "[[1e999,1]]", "{}", "[[1,2],]"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(datasets::PolygonsFromJson(text), datasets::Error);
  }
  CHECK_THROWS_AS(datasets::PolygonsToJson({{{std::nan(""), 0}}}), datasets::Error);
  CHECK_THROWS_AS(datasets::PackPolygons({{{0, std::numeric_limits<double>::infinity()}}}),
                  datasets::Error);
}

TEST_CASE("packed outlines are small, near, and refused when cut or absurd") {
  Polygons polygons(2);
  for (int i = 0; i < 40; ++i) {
    polygons[0].emplace_back(500 + 30.3 * std::cos(i * 0.157), 700 + 30.3 * std::sin(i * 0.157));
    polygons[1].emplace_back(5 * i, -3);
  }
  const std::string bytes = datasets::PackPolygons(polygons);
  CHECK(bytes.size() < 80 * 4);
  const Polygons read = datasets::UnpackPolygons(bytes);
  REQUIRE(read.size() == 2);
  for (size_t ring = 0; ring < 2; ++ring) {
    REQUIRE(read[ring].size() == 40);
    for (size_t i = 0; i < 40; ++i) {
      CHECK(std::abs(read[ring][i].x - polygons[ring][i].x) <= 1.0 / 32);
      CHECK(std::abs(read[ring][i].y - polygons[ring][i].y) <= 1.0 / 32);
    }
  }
  CHECK(datasets::PackPolygons(read) == bytes);
  CHECK_THROWS_AS(datasets::UnpackPolygons(bytes.substr(0, bytes.size() - 1)), datasets::Error);
  // A ring that claims 2^62 points allocates nothing.
  CHECK_THROWS_AS(datasets::UnpackPolygons("\xff\xff\xff\xff\xff\xff\xff\xff\x3f"),
                  datasets::Error);
  CHECK_THROWS_AS(datasets::UnpackPolygons(std::string(12, '\xff')), datasets::Error);
}

TEST_CASE("time stamps come back exactly and regular ones take about a byte each") {
  std::vector<int64_t> regular, ragged = {-5, 0, 7, 7000000000000, 7000000000001};
  for (int i = 0; i < 10000; ++i) regular.push_back(i * 512);
  CHECK(datasets::UnpackIntegers(datasets::PackIntegers(regular)) == regular);
  CHECK(datasets::PackIntegers(regular).size() < 10010);
  CHECK(datasets::UnpackIntegers(datasets::PackIntegers(ragged)) == ragged);
  CHECK(datasets::UnpackIntegers(datasets::PackIntegers({})).empty());
  const std::string bytes = datasets::PackIntegers(ragged);
  CHECK_THROWS_AS(datasets::UnpackIntegers(bytes.substr(0, bytes.size() - 1)), datasets::Error);
  CHECK_THROWS_AS(datasets::UnpackIntegers(bytes + "x"), datasets::Error);
  CHECK_THROWS_AS(datasets::UnpackIntegers(""), datasets::Error);
}

TEST_CASE("sums that no integer holds are damage, not a number") {
  const std::string most = "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01";
  CHECK_THROWS_AS(datasets::UnpackIntegers("\x03" + most + most + most), datasets::Error);
  CHECK_THROWS_AS(datasets::UnpackPolygons("\x03" + most + most + most + most + most + most),
                  datasets::Error);
  CHECK_THROWS_AS(datasets::PackIntegers({INT64_MIN, INT64_MAX}), datasets::Error);
  const std::vector<int64_t> far = {-(int64_t{1} << 61), 0, int64_t{1} << 61};
  CHECK(datasets::UnpackIntegers(datasets::PackIntegers(far)) == far);
}

}  // namespace

}  // namespace codec_test
