// Fetches published weights over the network (libcurl). No torch type here.
#pragma once

#include <cstdint>
#include <filesystem>

#include "datasets/base/job.h"
#include "train/weights/public_files.h"

namespace train {

struct Fetched {
  std::filesystem::path file;
  int64_t bytes = 0;
  bool was_there = false;    // and had the published check sum: nothing was fetched
  int64_t resumed_from = 0;  // bytes that an interrupted run had left
};

// Fetches into `folder` (made when missing) under the publisher's file name. What arrived is kept
// in FILE.part until it is whole and checked (CheckPublicFile), so an interrupted or cancelled run
// goes on where it stopped; a connection that breaks is taken up again a few times. The environment
// variable VOLE_WEIGHTS_URL, where set, replaces the address up to the file name. Throws Error when
// there is no network, for what the server refuses, for a file that is not the published one (it is
// then removed), for a full disk, and while another process fetches the same file.
Fetched FetchWeights(const PublicFile& known, const std::filesystem::path& folder,
                     datasets::Job& job);

}  // namespace train
