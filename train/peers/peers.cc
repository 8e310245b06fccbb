#include "train/peers/peers.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "datasets/base/fingerprint.h"
#include "train/peers/meeting_store.h"

#ifdef VOLE_WITH_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif

namespace train {
namespace {

using datasets::Error;

// The first line of a message that may hold a stack.
std::string FirstLine(const std::string& text) {
  constexpr size_t kLongest = 200;
  return text.substr(0, std::min(text.find('\n'), kLongest));
}

MeetingAddress ReadAddress(const std::string& text) {
  MeetingAddress address;
  const std::string file = "file://", tcp = "tcp://";
  if (text.compare(0, file.size(), file) == 0) {
    address.file = text.substr(file.size());
    if (!address.file.empty() && address.file[0] == '/') return address;
  } else if (text.compare(0, tcp.size(), tcp) == 0) {
    const size_t colon = text.rfind(':');
    if (colon > tcp.size()) {
      address.host = text.substr(tcp.size(), colon - tcp.size());
      char* end = nullptr;
      const long port = std::strtol(text.c_str() + colon + 1, &end, 10);
      if (*end == 0 && port > 0 && port < 65536) {
        address.port = static_cast<uint16_t>(port);
        return address;
      }
    }
  }
  throw Error("rendezvous '" + text + "'", "this is no place to meet",
              "give tcp://HOST:PORT of the machine of rank 0, or file:///PATH on a shared disk");
}

#ifdef VOLE_WITH_GLOO
bool OnThisMachine(const MeetingAddress& address) {
  return !address.file.empty() || address.host == "localhost" ||
         address.host.compare(0, 4, "127.") == 0;
}

// Gloo asks the machine's own name for its address, which on many machines leads nowhere.
std::shared_ptr<gloo::transport::Device> DeviceFor(const MeetingAddress& address) {
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface && *interface) {
    return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
  }
  if (OnThisMachine(address) && !address.host.empty()) {
    return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  }
  return c10d::ProcessGroupGloo::createDefaultDevice();
}
#endif

}  // namespace

#ifdef VOLE_WITH_GLOO

struct Peers::Group {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;

  void Sum(std::vector<torch::Tensor>& tensors) {
    try {
      gloo->allreduce(tensors)->wait();
    } catch (const std::exception& error) {
      throw PeerLost("training with other processes",
                     "one of them was lost: " + FirstLine(error.what()),
                     "see why it ended, then start all again with --resume");
    }
  }
};

#else
struct Peers::Group {
  void Sum(std::vector<torch::Tensor>&) {}
};
#endif

Peers::Peers(int rank, int count, std::unique_ptr<Group> group)
    : rank_(rank), count_(count), group_(std::move(group)) {}

Peers::~Peers() = default;

std::unique_ptr<Peers> Peers::Meet(const PeersOptions& options) {
  if (options.count < 1 || options.rank < 0 || options.rank >= options.count) {
    throw Error("rank " + std::to_string(options.rank),
                "there are " + std::to_string(options.count) + " processes",
                "give each process another --rank, from 0 to --world-size less 1");
  }
  const MeetingAddress address = ReadAddress(options.rendezvous);
#ifdef VOLE_WITH_GLOO
  const auto timeout =
      std::chrono::milliseconds(static_cast<int64_t>(options.timeout_seconds * 1000));
  auto group = std::make_unique<Group>();
  try {
    group->store = OpenMeeting(address, options);
    const auto settings = c10d::ProcessGroupGloo::Options::create(timeout);
    settings->devices = {DeviceFor(address)};
    settings->threads = 1;
    group->gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(group->store, options.rank,
                                                              options.count, settings);
  } catch (const datasets::Cancelled&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(
        "rendezvous '" + options.rendezvous + "'",
        "not all " + std::to_string(options.count) + " processes met: " + FirstLine(error.what()),
        "start all of them with the same address, each with its own --rank");
  }
  return std::unique_ptr<Peers>(new Peers(options.rank, options.count, std::move(group)));
#else
  throw Error("training with other processes", "this program was built without Gloo",
              "build it with a LibTorch that has Gloo, and with libgloo-dev");
#endif
}

void Peers::Sum(const std::vector<torch::Tensor>& tensors) {
  if (tensors.empty() || count_ == 1) return;
  torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> flat;  // one message instead of many
  for (const torch::Tensor& tensor : tensors) flat.push_back(tensor.detach().reshape(-1));
  std::vector<torch::Tensor> message = {torch::cat(flat).cpu().contiguous()};
  group_->Sum(message);
  int64_t at = 0;
  for (const torch::Tensor& tensor : tensors) {
    tensor.detach().copy_(message[0].slice(0, at, at + tensor.numel()).view(tensor.sizes()));
    at += tensor.numel();
  }
}

void Peers::CopyFirst(const std::vector<torch::Tensor>& tensors) {
  if (rank_ != 0) {
    for (const torch::Tensor& tensor : tensors) tensor.detach().zero_();
  }
  Sum(tensors);
}

namespace {

struct SumFunction : torch::autograd::Function<SumFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const torch::Tensor& value, int64_t peers) {
    context->saved_data["peers"] = peers;
    torch::Tensor sum = value.detach().clone();
    reinterpret_cast<Peers*>(peers)->Sum({sum});
    return sum;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    torch::Tensor sum = gradients[0].detach().clone();
    reinterpret_cast<Peers*>(context->saved_data["peers"].toInt())->Sum({sum});
    return {sum, torch::Tensor()};
  }
};

}  // namespace

torch::Tensor Peers::SumWithGradient(const torch::Tensor& value) {
  if (count_ == 1) return value;
  return SumFunction::apply(value, reinterpret_cast<int64_t>(this));
}

double Peers::OfFirst(double value) {
  const torch::Tensor shared = torch::full({1}, rank_ == 0 ? value : 0.0, torch::kFloat64);
  Sum({shared});
  return shared.item<double>();
}

void Peers::CheckSame(const std::string& what, const std::string& value) {
  datasets::Fingerprint fingerprint;
  fingerprint.AddText(value);
  torch::Tensor hashes = torch::zeros({count_}, torch::kInt64);
  hashes[rank_] = static_cast<int64_t>(fingerprint.value() >> 1);
  Sum({hashes});
  if (!hashes.eq(hashes[0]).all().item<bool>()) {
    throw Error("training with other processes", what + " differ between them",
                "give all of them the same project, labels and options");
  }
}

}  // namespace train
