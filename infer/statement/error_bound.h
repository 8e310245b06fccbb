// Exact upper bounds on how many frames are wrong, from random ones that a person checked.
#pragma once

namespace infer {

struct CheckedSample {
  int frames = 0;  // that the sample was drawn from, without replacement
  int drawn = 0;
  int wrong = 0;  // of those drawn
};

// The most frames that can be wrong, at this one-sided level: the largest number of wrong ones
// among `frames` with which `wrong` or fewer among `drawn` have a probability above 1 - level
// (hypergeometric; what Clopper and Pearson 1934 do for draws with replacement). All of them where
// nothing was drawn.
int MostWrong(const CheckedSample& sample, double level = 0.95);

// How many more frames must be drawn, if none of those is wrong, until MostWrong is at most `most`;
// -1 where even drawing all of them would not show it.
int DrawsUntil(const CheckedSample& sample, double most, double level = 0.95);

}  // namespace infer
