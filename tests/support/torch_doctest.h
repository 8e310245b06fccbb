// torch first, doctest second: torch brings glog's CHECK, which would silently replace doctest's.
#pragma once
#include <torch/torch.h>
#undef CHECK
#undef CHECK_EQ
#undef CHECK_NE
#undef CHECK_LE
#undef CHECK_LT
#undef CHECK_GE
#undef CHECK_GT
#undef REQUIRE
#undef FAIL
#include <doctest/doctest.h>
