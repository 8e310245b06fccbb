// The one owner of how this process takes memory from the system and gives it back. The settings of
// glibc's allocator are global: set in two places, the last caller would win.
#pragma once

namespace datasets {

// Pictures and feature maps of megabytes come and go with every frame. By default glibc gives each
// back to the system and takes a fresh, zeroed one: a third of the processor's time on 1024 x 1024
// video, and more than the arithmetic in a network's layers. From now on they are kept for the next
// frame; the peak is the same. May be called often, from any thread. Does nothing without glibc.
void KeepFreedMemory();

// While one of these lives, no memory at all goes back to the system: a step of training asks for
// the same large pieces as the one before, a tenth to a quarter of a step on a processor. The last
// one gives back what is free and leaves things as KeepFreedMemory does.
class HeldMemory {
 public:
  HeldMemory();
  ~HeldMemory();
  HeldMemory(const HeldMemory&) = delete;
  HeldMemory& operator=(const HeldMemory&) = delete;
};

// The most memory that this process has held at once, MiB.
double PeakRssMb();

}  // namespace datasets
