// The tests of train/: this program is also each member of the groups that peers_test.cc starts.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/train/peers_member.h"

int main(int argc, char** argv) {
  if (const char* given = std::getenv(tests::kPeersMember)) {
    tests::JoinPeers(given);
    return 0;
  }
  return doctest::Context(argc, argv).run();
}
