// Upper bounds on how many frames are wrong, from random ones that a person checked, which hold
// however often one looks at them.
#pragma once

namespace infer {

struct CheckedSample {
  int frames = 0;  // that the sample was drawn from, without replacement
  int drawn = 0;
  int wrong = 0;  // of those drawn
};

// The most frames that can be wrong, at this one-sided level. All of them where nothing was drawn.
//
// It may be asked after every draw, and drawing may stop as soon as the answer pleases: that it is
// ever below the truth, at any of the looks, has a probability of at most 1 - level. (The bound of
// one look, hypergeometric or of Clopper and Pearson 1934, has not: whoever draws on until it
// stands at 1 % is misled in 13 of 100 cases where 1.05 % are wrong.) The numbers W of wrong frames
// are left out under which what was seen is less likely than 1 - level times its probability under
// a beta-binomial prior on W (Waudby-Smith and Ramdas 2020, "Confidence sequences for sampling
// without replacement", the prior-posterior ratio, with the inequality of Ville 1939). The prior
// expects some 1 % of the frames to be wrong, and costs nothing but width where more or fewer are:
// 1 % of many frames take 409 without a fault instead of 299.
int MostWrong(const CheckedSample& sample, double level = 0.95);

// How many more frames must be drawn, if none of those is wrong, until MostWrong is at most `most`;
// -1 where even drawing all of them would not show it.
int DrawsUntil(const CheckedSample& sample, double most, double level = 0.95);

}  // namespace infer
