#include "infer/review/sign.h"

#include <algorithm>

namespace infer {

const std::array<SignInfo, kSigns>& SignTable() {
  static const std::array<SignInfo, kSigns> table = {{
#define SIGN(name) name##Sign(),
#include "infer/review/sign_list.inc"
#undef SIGN
  }};
  return table;
}

const SignInfo& InfoOf(Sign sign) { return SignTable()[static_cast<size_t>(sign)]; }

std::vector<Signs> SignsOf(const Observed& observed) {
  std::vector<Signs> signs(observed.record.rows().size(), Signs{});
  for (size_t s = 0; s < kSigns; ++s) {
    const std::vector<double> values = SignTable()[s].measure(observed);
    for (size_t r = 0; r < signs.size(); ++r) {
      if (observed.NameOf(observed.record.rows()[r]).class_index < 0) continue;
      signs[r][s] = static_cast<float>(std::clamp(values[r], 0.0, 1.0));
    }
  }
  return signs;
}

}  // namespace infer
