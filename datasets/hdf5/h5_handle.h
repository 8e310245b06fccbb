// A handle of the HDF5 library that closes itself. Only for sources that see the library.
#pragma once

#include <hdf5.h>

#include <mutex>

namespace datasets {

class H5Handle {
 public:
  H5Handle() = default;
  H5Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  H5Handle(H5Handle&& other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = -1; }
  H5Handle& operator=(H5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~H5Handle() {
    if (id_ >= 0) close_(id_);
  }
  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

// Held by whoever uses the library, which knows one thread. Silences its own messages, and keeps it
// from loading filters.
std::unique_lock<std::recursive_mutex> LockHdf5();
// In a copy of the process: the lock of the thread that was copied is nobody's.
void RenewHdf5Lock();

}  // namespace datasets
