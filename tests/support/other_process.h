// What happens in another process, which may be killed or leave things half done.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace tests {

// Runs `work` in another process; its result is the exit status, 99 where it threw.
inline pid_t Fork(const std::function<int()>& work) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int status = 99;
    try {
      status = work();
    } catch (...) {
    }
    _exit(status);
  }
  return child;
}

// Waits for it. 1000 and more: the signal that killed it.
inline int StatusOf(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

inline int InChild(const std::function<int()>& work) { return StatusOf(Fork(work)); }

}  // namespace tests
