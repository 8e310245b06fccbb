#include "datasets/base/job.h"

#include "datasets/base/error.h"

namespace datasets {

void Job::Advance(double done, double total, const std::string& text) {
  if (listener_) listener_(Progress{done, total, text});
  ThrowIfCancelled();
}

void Job::ThrowIfCancelled() const {
  if (cancelled_.load()) throw Cancelled();
}

}  // namespace datasets
