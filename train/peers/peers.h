// Several processes, on one machine or many, that learn one model together: each computes its share
// of every batch, and what they computed is added up (c10d with Gloo). Internal to train/ (torch
// types).
//
// All members must call the same functions in the same order. Weights then stay equal everywhere,
// because every member applies the same sum to the same weights.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "datasets/base/error.h"

namespace train {

struct PeersOptions {
  int rank = 0;   // this process, 0..count-1; rank 0 writes the files
  int count = 1;  // processes
  // Where they meet: tcp://HOST:PORT, an address of rank 0's machine, or file:///PATH, a file on a
  // disk that all can write to; it need not be there, and what an earlier run left does no harm.
  std::string rendezvous;
  double timeout_seconds = 300;     // of meeting, and of each wait for the others
  std::function<bool()> cancelled;  // asked while waiting for them to come
};

// A member ended, or did not answer in time. Weights are as they were before the step.
class PeerLost : public datasets::Error {
 public:
  using datasets::Error::Error;
};

class Peers {
 public:
  // Waits until all have come. Throws Error for ranks and addresses that make no sense, and when
  // not all come in time; Cancelled when options.cancelled says so.
  static std::unique_ptr<Peers> Meet(const PeersOptions& options);
  ~Peers();
  Peers(const Peers&) = delete;

  int rank() const { return rank_; }
  int count() const { return count_; }

  // In place: the sum over all members; same shapes and types everywhere. Here and below, PeerLost
  // is thrown, with one line, when a member was lost.
  void Sum(const std::vector<torch::Tensor>& tensors);
  // In place: the values that rank 0 has.
  void CopyFirst(const std::vector<torch::Tensor>& tensors);
  // The sum, through which gradients flow: the gradient of a member's part is the sum of all
  // members' gradients of the result.
  torch::Tensor SumWithGradient(const torch::Tensor& value);
  // The value that rank 0 has.
  double OfFirst(double value);
  // Throws Error everywhere, saying that `what` differs, unless all members gave the same.
  void CheckSame(const std::string& what, const std::string& value);

 private:
  struct Group;
  Peers(int rank, int count, std::unique_ptr<Group> group);
  const int rank_, count_;
  std::unique_ptr<Group> group_;
};

// Of what each process counted, the sum over all of them; `own` itself where there are no others.
inline double CountOverPeers(Peers* peers, double own) {
  if (!peers) return own;
  const torch::Tensor sum = torch::full({1}, own, torch::kFloat64);
  peers->Sum({sum});
  return sum.item<double>();
}

}  // namespace train
