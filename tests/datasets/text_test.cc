#include "datasets/base/text.h"

#include <doctest/doctest.h>

#include "datasets/base/median.h"
#include "datasets/base/random.h"

namespace text_test {

using Names = std::vector<std::string>;

TEST_CASE("Names between commas lose the blanks around them, not those within") {
  CHECK(datasets::SplitNames("rear,groom") == Names{"rear", "groom"});
  CHECK(datasets::SplitNames(" wing extension , groom\t") == Names{"wing extension", "groom"});
  CHECK(datasets::SplitNames("") == Names{""});
  CHECK(datasets::SplitNames("a,,b,") == Names{"a", "", "b", ""});
}

TEST_CASE("The median of an even count is the upper one, and of nothing what the caller says") {
  CHECK(datasets::Median({4, 1, 3, 2}) == 3);
  CHECK(datasets::Median({5}) == 5);
  CHECK(datasets::Median({}, -1) == -1);
}

TEST_CASE("Random numbers are SplitMix64's, whatever the platform") {
  // First outputs of the published generator (Steele et al. 2014) from the state 0.
  CHECK(datasets::SplitMix(0) == 0xe220a8397b1dcdafULL);
  CHECK(datasets::SplitMix(datasets::kSplitMixStep) == 0x6e789e6aa1b965f4ULL);
  datasets::Random one({1, 2}), same({1, 2}), other({2, 1});
  CHECK(one.Next() == same.Next());
  CHECK(one.Next() != other.Next());
}

}  // namespace text_test
