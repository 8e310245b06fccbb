#include "train/nn/packed_conv.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

namespace train {
namespace {

constexpr int64_t kDepthBlock = 256;  // of a product: a panel of weights stays in the first cache
constexpr int64_t kMostRows = 336;    // of a task
constexpr int64_t kPanelsOfTask = 8;
constexpr int64_t kMostFloats = 1 << 18;  // of a task's own rows: they stay in the second cache
constexpr int64_t kLeastTiles = 20;       // below that, Winograd's larger weights cost more

int64_t Ceil(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Every task once, whichever thread is free taking the next.
template <class Work>
void RunTasks(int64_t tasks, const Work& work) {
  const int64_t threads = std::min<int64_t>(tasks, at::get_num_threads());
  if (threads <= 1) {
    for (int64_t t = 0; t < tasks; ++t) work(t);
    return;
  }
  std::atomic<int64_t> next{0};
  at::parallel_for(0, threads, 1, [&](int64_t, int64_t) {
    for (int64_t t = next++; t < tasks; t = next++) work(t);
  });
}

// Memory of this thread that outlives the call.
float* Scratch(int which, int64_t count) {
  struct Kept {
    AlignedFloats floats;
    int64_t count = 0;
  };
  thread_local Kept kept[2];
  Kept& own = kept[which];
  if (own.count < count) {
    own.floats.reset();
    own.floats = AllocateFloats(count);
    own.count = count;
  }
  return own.floats.get();
}

// The nearest of `from` places to place `at` of `to`, as interpolation "nearest" of LibTorch.
int64_t Nearest(int64_t at, int64_t from, int64_t to) {
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  return std::min(static_cast<int64_t>(std::floor(static_cast<float>(at) * scale)), from - 1);
}

}  // namespace

void FreeFloats::operator()(float* floats) const { std::free(floats); }

AlignedFloats AllocateFloats(int64_t count) {
  const size_t bytes = static_cast<size_t>(Ceil(std::max<int64_t>(count, 1) * 4, 64) * 64);
  auto* floats = static_cast<float*>(std::aligned_alloc(64, bytes));
  if (!floats) throw std::bad_alloc();
  return AlignedFloats(floats);
}

struct PackedConv::Call {
  const float* x;
  int64_t pictures, height, width, out_height, out_width;
  float* y;
  ConvFinish finish;
  int64_t Pixels() const { return pictures * out_height * out_width; }
  // What is added to a pixel of the result, counted over all pictures.
  const float* AddOf(int64_t pixel, int64_t channels) const {
    if (!finish.add) return nullptr;
    if (finish.add_height == 0) return finish.add + pixel * channels;
    const int64_t row = pixel / out_width, picture = row / out_height;
    const int64_t y_of = Nearest(row % out_height, finish.add_height, out_height);
    const int64_t x_of = Nearest(pixel % out_width, finish.add_width, out_width);
    return finish.add + ((picture * finish.add_height + y_of) * finish.add_width + x_of) * channels;
  }
};

PackedConv::PackedConv(const CpuKernels& kernels, const ConvShape& shape,
                       const ConvWeights& weights, const float* bias)
    : kernels_(kernels),
      shape_(shape),
      weights_(weights),
      depth_(shape.kernel_height * shape.kernel_width * shape.in),
      panels_(Ceil(shape.out, kernels.columns)),
      bias_(AllocateFloats(panels_ * kernels.columns)) {
  std::fill_n(bias_.get(), panels_ * kernels.columns, 0.f);
  if (bias) std::copy_n(bias, shape.out, bias_.get());
}

int64_t PackedConv::OutHeight(int64_t height) const {
  return (height + 2 * shape_.padding - shape_.kernel_height) / shape_.stride + 1;
}

int64_t PackedConv::OutWidth(int64_t width) const {
  return (width + 2 * shape_.padding - shape_.kernel_width) / shape_.stride + 1;
}

bool PackedConv::CanUseWinograd() const {
  return shape_.kernel_height == 3 && shape_.kernel_width == 3 && shape_.stride == 1 &&
         shape_.in % kernels_.width == 0 && shape_.out % kernels_.columns == 0;
}

bool PackedConv::PackForGood() {
  if (CanUseWinograd()) return false;
  std::call_once(direct_once_, [&] { PackDirect(); });
  return true;
}

bool PackedConv::UsesWinograd(const Call& call) const {
  if (!CanUseWinograd() || call.finish.add_height != 0 || way == Way::kDirect) return false;
  const int64_t tiles =
      call.pictures * Ceil(call.out_height, kWinogradTile) * Ceil(call.out_width, kWinogradTile);
  return way == Way::kWinograd || tiles >= kLeastTiles;
}

void PackedConv::PackDirect() const {
  const int64_t columns = kernels_.columns;
  direct_ = AllocateFloats(panels_ * depth_ * columns);
  RunTasks(panels_, [&](int64_t panel) {
    float* to = direct_.get() + panel * depth_ * columns;
    for (int64_t ky = 0; ky < shape_.kernel_height; ++ky) {
      for (int64_t kx = 0; kx < shape_.kernel_width; ++kx) {
        const float* tap = weights_.data + ky * weights_.of_y + kx * weights_.of_x;
        for (int64_t in = 0; in < shape_.in; ++in) {
          for (int64_t c = 0; c < columns; ++c) {
            const int64_t out = panel * columns + c;
            *to++ = out < shape_.out ? tap[out * weights_.of_out + in * weights_.of_in] : 0.f;
          }
        }
      }
    }
  });
}

// U = G g G^T with the points of the kernels (0, +-sqrt(1/2), +-sqrt(2), infinity).
void PackedConv::PackWinograd() const {
  const double near = std::sqrt(0.5), far = std::sqrt(2.0);
  const double g[kWinogradInput][3] = {{1, 0, 0},
                                       {-2 / 3., -2 / 3. * near, -1 / 3.},
                                       {-2 / 3., 2 / 3. * near, -1 / 3.},
                                       {1 / 6., far / 6, 1 / 3.},
                                       {1 / 6., -far / 6, 1 / 3.},
                                       {0, 0, 1}};
  const int64_t columns = kernels_.columns, plane = shape_.in * columns;
  winograd_ = AllocateFloats(panels_ * kWinogradPlanes * plane);
  RunTasks(panels_, [&](int64_t panel) {
    for (int64_t in = 0; in < shape_.in; ++in) {
      float* to = winograd_.get() + panel * kWinogradPlanes * plane + in * columns;
      for (int64_t c = 0; c < columns; ++c) {
        const float* kernel =
            weights_.data + (panel * columns + c) * weights_.of_out + in * weights_.of_in;
        double half[kWinogradInput][3];
        for (int i = 0; i < kWinogradInput; ++i) {
          for (int x = 0; x < 3; ++x) {
            const float* line = kernel + x * weights_.of_x;
            half[i][x] = g[i][0] * line[0] + g[i][1] * line[weights_.of_y] +
                         g[i][2] * line[2 * weights_.of_y];
          }
        }
        for (int i = 0; i < kWinogradInput; ++i) {
          for (int j = 0; j < kWinogradInput; ++j) {
            to[(kWinogradInput * i + j) * plane + c] = static_cast<float>(
                half[i][0] * g[j][0] + half[i][1] * g[j][1] + half[i][2] * g[j][2]);
          }
        }
      }
    }
  });
}

void PackedConv::Run(const float* x, int64_t pictures, int64_t height, int64_t width, float* y,
                     const ConvFinish& finish) const {
  const Call call{x, pictures, height, width, OutHeight(height), OutWidth(width), y, finish};
  if (call.Pixels() <= 0 || shape_.out == 0) return;
  if (UsesWinograd(call)) {
    std::call_once(winograd_once_, [&] { PackWinograd(); });
    RunWinograd(call);
  } else {
    std::call_once(direct_once_, [&] { PackDirect(); });
    RunDirect(call);
  }
}

// Results first .. first + count of some panels, from rows of `depth_` numbers.
void PackedConv::Multiply(const Call& call, const float* rows, int64_t stride, int64_t first,
                          int64_t count, int64_t first_panel, int64_t last_panel) const {
  const int64_t columns = kernels_.columns;
  const int64_t blocks = std::max<int64_t>(1, Ceil(depth_, kDepthBlock));
  const int64_t block = Ceil(depth_, blocks);
  ProductTile tile;
  tile.a_stride = stride;
  tile.c_stride = shape_.out;
  tile.slope = call.finish.slope;
  for (int64_t from = 0; from < depth_; from += block) {
    tile.depth = std::min(block, depth_ - from);
    tile.add_to_c = from > 0;
    tile.finish = from + tile.depth == depth_;
    for (int64_t panel = first_panel; panel < last_panel; ++panel) {
      const int64_t column = panel * columns;
      tile.b = direct_.get() + (panel * depth_ + from) * columns;
      tile.columns = static_cast<int>(std::min(columns, shape_.out - column));
      tile.bias = bias_.get() + column;
      for (int64_t r = 0; r < count; r += kernels_.rows) {
        tile.rows = static_cast<int>(std::min<int64_t>(kernels_.rows, count - r));
        tile.a = rows + r * stride + from;
        tile.c = call.y + (first + r) * shape_.out + column;
        if (tile.finish && call.finish.add) {
          for (int i = 0; i < tile.rows; ++i) {
            tile.add[i] = call.AddOf(first + r + i, shape_.out) + column;
          }
        }
        kernels_.product(tile);
      }
    }
  }
}

void PackedConv::RunDirect(const Call& call) const {
  const bool pixelwise = shape_.kernel_height == 1 && shape_.kernel_width == 1 &&
                         shape_.stride == 1 && shape_.padding == 0;
  const bool whole = shape_.kernel_height == call.height && shape_.kernel_width == call.width &&
                     shape_.padding == 0;
  const bool as_it_lies = pixelwise || whole;  // each result's inputs are together already
  const int64_t pixels = call.Pixels(), least = 4 * at::get_num_threads();
  const int64_t group = kernels_.rows;
  int64_t rows = kMostRows, panels = std::min(panels_, kPanelsOfTask);
  if (!as_it_lies) {
    rows = std::clamp(kMostFloats / depth_ / group * group, 4 * group, kMostRows);
    panels = panels_;
  }
  const auto Tasks = [&] { return Ceil(pixels, rows) * Ceil(panels_, panels); };
  while (as_it_lies && Tasks() < least && panels > 2) panels = Ceil(panels, 2);
  while (Tasks() < least && rows > 2 * group) rows = Ceil(rows / 2, group) * group;
  const int64_t column_tasks = Ceil(panels_, panels);
  RunTasks(Tasks(), [&](int64_t task) {
    const int64_t first = task / column_tasks * rows, count = std::min(rows, pixels - first);
    const int64_t panel = task % column_tasks * panels;
    const int64_t last_panel = std::min(panel + panels, panels_);
    if (as_it_lies) {
      return Multiply(call, call.x + first * depth_, depth_, first, count, panel, last_panel);
    }
    float* gathered = Scratch(0, rows * depth_);
    const int64_t line = shape_.kernel_width * shape_.in;  // of the kernel: together in memory
    float* to = gathered;
    for (int64_t pixel = first; pixel < first + count; ++pixel) {
      const int64_t row = pixel / call.out_width, picture = row / call.out_height;
      const int64_t left = pixel % call.out_width * shape_.stride - shape_.padding;
      const int64_t top = row % call.out_height * shape_.stride - shape_.padding;
      const int64_t skip = std::clamp<int64_t>(-left, 0, shape_.kernel_width);
      const int64_t end = std::clamp<int64_t>(call.width - left, skip, shape_.kernel_width);
      for (int64_t ky = 0; ky < shape_.kernel_height; ++ky, to += line) {
        const int64_t y = top + ky;
        if (y < 0 || y >= call.height) {
          std::memset(to, 0, static_cast<size_t>(line) * sizeof(float));
          continue;
        }
        const float* from =
            call.x + ((picture * call.height + y) * call.width + left + skip) * shape_.in;
        std::fill_n(to, skip * shape_.in, 0.f);
        std::memcpy(to + skip * shape_.in, from,
                    static_cast<size_t>((end - skip) * shape_.in) * sizeof(float));
        std::fill_n(to + end * shape_.in, (shape_.kernel_width - end) * shape_.in, 0.f);
      }
    }
    Multiply(call, gathered, depth_, first, count, panel, last_panel);
  });
}

void PackedConv::RunWinograd(const Call& call) const {
  const int64_t tiles =
      call.pictures * Ceil(call.out_height, kWinogradTile) * Ceil(call.out_width, kWinogradTile);
  const int64_t group = kernels_.rows;
  const int64_t block =
      std::max(Ceil(kLeastTiles, group), kMostFloats / (kWinogradPlanes * shape_.in * group)) *
      group;
  // Few tiles are shared among the threads by their results' channels.
  const int64_t least = 2 * at::get_num_threads();
  const int64_t blocks = Ceil(tiles, block);
  const int64_t parts = std::min(panels_, blocks >= least ? 1 : Ceil(least, blocks));
  const int64_t panels = Ceil(panels_, parts), column_tasks = Ceil(panels_, panels);
  RunTasks(blocks * column_tasks, [&](int64_t task) {
    const int64_t first = task / column_tasks * block, panel = task % column_tasks * panels;
    WinogradBlock(call, first, std::min(block, tiles - first), panel,
                  std::min(panel + panels, panels_));
  });
}

void PackedConv::WinogradBlock(const Call& call, int64_t first, int64_t count, int64_t first_panel,
                               int64_t last_panel) const {
  const int64_t columns = kernels_.columns, in = shape_.in;
  const int64_t across = Ceil(call.out_width, kWinogradTile);
  const int64_t down = Ceil(call.out_height, kWinogradTile);
  // Planes begin a line of the cache further each, lest they all fall into the same few.
  const int64_t in_plane = count * in + 16, out_plane = count * columns + 16;
  float* v = Scratch(0, kWinogradPlanes * in_plane + in);
  float* m = Scratch(1, kWinogradPlanes * out_plane);
  float* nothing = v + kWinogradPlanes * in_plane;
  std::fill_n(nothing, in, 0.f);
  struct Place {
    int64_t picture, top, left;
  };
  const auto PlaceOf = [&](int64_t tile) {
    return Place{tile / (across * down), tile / across % down * kWinogradTile,
                 tile % across * kWinogradTile};
  };
  WinogradIn input;
  input.channels = in;
  input.plane = in_plane;
  for (int64_t t = 0; t < count; ++t) {
    const Place place = PlaceOf(first + t);
    for (int i = 0; i < kWinogradPlanes; ++i) {
      const int64_t y = place.top + i / kWinogradInput - shape_.padding;
      const int64_t x = place.left + i % kWinogradInput - shape_.padding;
      const bool inside = y >= 0 && y < call.height && x >= 0 && x < call.width;
      input.pixels[i] =
          inside ? call.x + ((place.picture * call.height + y) * call.width + x) * in : nothing;
    }
    input.v = v + t * in;
    kernels_.winograd_in(input);
  }
  ProductTile tile;
  tile.a_stride = in;
  tile.depth = in;
  tile.c_stride = columns;
  tile.columns = static_cast<int>(columns);
  WinogradOut output;
  output.plane = out_plane;
  output.y_pixel = shape_.out;
  output.y_row = call.out_width * shape_.out;
  output.slope = call.finish.slope;
  for (int64_t panel = first_panel; panel < last_panel; ++panel) {
    for (int64_t plane = 0; plane < kWinogradPlanes; ++plane) {
      tile.b = winograd_.get() + (panel * kWinogradPlanes + plane) * in * columns;
      for (int64_t t = 0; t < count; t += kernels_.rows) {
        tile.rows = static_cast<int>(std::min<int64_t>(kernels_.rows, count - t));
        tile.a = v + plane * in_plane + t * in;
        tile.c = m + plane * out_plane + t * columns;
        kernels_.product(tile);
      }
    }
    output.bias = bias_.get() + panel * columns;
    for (int64_t t = 0; t < count; ++t) {
      const Place place = PlaceOf(first + t);
      const int64_t pixel =
          (place.picture * call.out_height + place.top) * call.out_width + place.left;
      output.m = m + t * columns;
      output.y = call.y + pixel * shape_.out + panel * columns;
      output.add =
          call.finish.add ? call.finish.add + pixel * shape_.out + panel * columns : nullptr;
      output.rows = static_cast<int>(std::min<int64_t>(kWinogradTile, call.out_height - place.top));
      output.pixels =
          static_cast<int>(std::min<int64_t>(kWinogradTile, call.out_width - place.left));
      kernels_.winograd_out(output);
    }
  }
}

}  // namespace train
