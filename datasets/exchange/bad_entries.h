// Files and outlines of an import that cannot be read: found all, named together.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "datasets/base/error.h"

namespace datasets {

class BadEntries {
 public:
  // `skip`: leave them out and count them (--skip-bad) instead of refusing the import.
  explicit BadEntries(bool skip) : skip_(skip) {}

  // Runs `read`; false when it threw an Error, which is kept.
  bool Try(const std::function<void()>& read);
  void Add(const Error& error);
  int64_t count() const { return count_; }

  // Throws the first Error, with the names of the others, unless they are to be left out and
  // something is left then; adds one sentence with their names and the first cause.
  void Finish(std::vector<std::string>* warnings, bool nothing_left = false) const;

 private:
  bool skip_;
  int64_t count_ = 0;
  std::vector<std::string> texts_;  // of the first ones
};

}  // namespace datasets
