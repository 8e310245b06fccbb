#include "train/learn/together.h"

#include "train/learn/training_record.h"

namespace train {

std::unique_ptr<Peers> MeetOthers(const TrainingData& data, const TrainOptions& options,
                                  const datasets::Job& job) {
  const TogetherOptions& together = options.together;
  datasets::CheckOptions(together, "train");
  if (together.world_size == 1 && together.rank == 0) return nullptr;
  PeersOptions meeting;
  meeting.rank = together.rank;
  meeting.count = together.world_size;
  meeting.rendezvous = together.rendezvous;
  meeting.timeout_seconds = together.peer_timeout;
  meeting.cancelled = [&] { return job.cancelled(); };
  auto peers = Peers::Meet(meeting);
  peers->CheckSame("the labels", LabelFingerprint(data));
  nlohmann::json shared = datasets::OptionsToJson(options);
  for (const char* own : {"threads", "device", "init"}) shared.erase(std::string(own));
  shared["with_init"] = !options.init.empty();
  peers->CheckSame("the options", shared.dump());
  return peers;
}

BatchShare ShareOf(Peers* peers, int batch) {
  BatchShare share;
  share.count = share.whole = batch;
  share.peers = peers;
  if (peers) {
    share.first = peers->rank() * batch;
    share.whole = peers->count() * batch;
  }
  return share;
}

}  // namespace train
