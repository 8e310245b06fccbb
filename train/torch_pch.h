// Precompiled for every source of train/: torch costs 15 s a file otherwise.
#pragma once
#include <torch/torch.h>
