// Errors that the world causes. What we do wrong ourselves fails VOLE_CHECK.
#pragma once

#include <stdexcept>
#include <string>

namespace datasets {

// One sentence for a person: the thing, the cause, the way out.
// what() is "THING: CAUSE; REMEDY" on one line (the remedy part is left out when empty).
class Error : public std::runtime_error {
 public:
  Error(const std::string& thing, const std::string& cause, const std::string& remedy = "");
};

// Thrown by Job::Advance after a cancel request; only the job runner and main catch it.
class Cancelled : public std::exception {
 public:
  const char* what() const noexcept override { return "cancelled"; }
};

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace datasets

// A broken promise of our own code: prints where and aborts the operation with std::logic_error.
#define VOLE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::datasets::CheckFailed(#condition, __FILE__, __LINE__))
