// A member of a group of processes, as peers_test.cc starts it.
#pragma once

namespace tests {

inline constexpr char kPeersMember[] = "VOLE_PEERS_MEMBER";  // environment: what the member is told

// Meets the others and does its part; `given`: JSON with role, rank, count, rendezvous,
// timeout_seconds and out, the file for what has come of it.
void JoinPeers(const char* given);

}  // namespace tests
