// Work over many videos: one that cannot be done is named, the others are done, and at the end one
// table says what became of each.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/console.h"

namespace app {

class Batch {
 public:
  // `all`: how many there are to do. Where it is one, Try throws what `work` throws, and there is
  // no table. `done`: the word for what is done to each, "added".
  Batch(size_t all, std::string done, Console& console)
      : all_(all), done_(std::move(done)), console_(console) {}

  struct Outcome {
    std::string what;      // came of it, or why it was skipped, in a few words
    bool skipped = false;  // for a reason that is no failure
  };
  // Runs `work`; false when it threw, which is printed and remembered. Cancelled goes on its way,
  // after the table of what was done until then.
  bool Try(const std::string& name, const std::function<Outcome()>& work);

  size_t CountDone() const { return Count("done"); }
  size_t CountSkipped() const { return Count("skipped"); }
  std::vector<std::string> Failed() const;
  std::vector<std::string> Skipped() const;
  nlohmann::ordered_json Json() const;  // [{name, outcome: done|skipped|failed, what}]

  // Prints the table. The exit code: 0, or 1 and a last line "1 of 3 videos could not be added: b";
  // with `some_suffice` 0 all the same where at least one was done or skipped.
  int Finish(bool some_suffice);

 private:
  struct Row {
    std::string name, outcome, what;
  };
  size_t Count(const std::string& outcome) const;
  std::vector<std::string> Names(const std::string& outcome) const;
  void PrintTable() const;

  const size_t all_;
  const std::string done_;
  Console& console_;
  std::vector<Row> rows_;
};

}  // namespace app
