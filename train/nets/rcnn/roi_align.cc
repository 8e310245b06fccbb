#include "train/nets/rcnn/roi_align.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <type_traits>

#include "datasets/base/error.h"
#include "train/nn/map_pool.h"

// The inner loops are plain additions over channels: compiled for each kind of processor.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VOLE_VECTORIZED \
  __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define VOLE_VECTORIZED
#endif

namespace train {
namespace {

constexpr int kMostLevels = 4;

struct Map {
  int64_t height = 0, width = 0;
  double scale = 1;
};

// A region in feature pixels, cut into cells.
struct Cells {
  float x, y, cell_width, cell_height;
  int samples_x, samples_y;
};

Cells CellsOf(const float* box, const Map& map, int side, int sampling) {
  const float scale = static_cast<float>(map.scale);
  Cells cells;
  cells.x = box[0] * scale;
  cells.y = box[1] * scale;
  const float width = std::max(box[2] * scale - cells.x, 1.f);
  const float height = std::max(box[3] * scale - cells.y, 1.f);
  cells.cell_width = width / static_cast<float>(side);
  cells.cell_height = height / static_cast<float>(side);
  cells.samples_x = sampling > 0 ? sampling : static_cast<int>(std::ceil(cells.cell_width));
  cells.samples_y = sampling > 0 ? sampling : static_cast<int>(std::ceil(cells.cell_height));
  return cells;
}

// The two neighbors of a coordinate and their weights; false outside the map.
struct Neighbors {
  int64_t low, high;
  float low_weight, high_weight;
};

bool NeighborsOf(float at, int64_t extent, Neighbors& n) {
  if (!(at >= -1.f && at <= static_cast<float>(extent))) return false;
  at = std::max(at, 0.f);
  n.low = static_cast<int64_t>(at);
  if (n.low >= extent - 1) {
    n.low = n.high = extent - 1;
    at = static_cast<float>(n.low);
  } else {
    n.high = n.low + 1;
  }
  n.high_weight = at - static_cast<float>(n.low);
  n.low_weight = 1.f - n.high_weight;
  return true;
}

// What the cells of a region read along one axis: places and weights, each place once a cell.
struct Axis {
  struct Tap {
    int64_t at;
    float weight;
  };
  std::vector<Tap> taps;
  std::vector<size_t> ends;  // of each cell's taps

  void Fill(float start, float cell, int samples, int side, int64_t extent) {
    taps.clear();
    ends.clear();
    const float share = 1.f / static_cast<float>(std::max(samples, 1));
    for (int c = 0; c < side; ++c) {
      const size_t first = taps.size();
      for (int s = 0; s < samples; ++s) {
        Neighbors n;
        if (!NeighborsOf(start + static_cast<float>(c) * cell +
                             (static_cast<float>(s) + .5f) * cell / static_cast<float>(samples),
                         extent, n)) {
          continue;
        }
        Add(first, n.low, n.low_weight * share);
        Add(first, n.high, n.high_weight * share);
      }
      ends.push_back(taps.size());
    }
  }

 private:
  void Add(size_t first, int64_t at, float weight) {
    for (size_t i = taps.size(); i > first && taps[i - 1].at >= at; --i) {
      if (taps[i - 1].at == at) {
        taps[i - 1].weight += weight;
        return;
      }
    }
    taps.push_back({at, weight});
  }
};

// All pixels that a cell reads, with their weights: sums of samples are one weighted sum.
struct PixelRead {
  int64_t pixel;
  float weight;
};

class RegionReads {
 public:
  void Take(const float* box, const Map& map, int side, int sampling) {
    const Cells cells = CellsOf(box, map, side, sampling);
    width_ = map.width;
    rows_.Fill(cells.y, cells.cell_height, cells.samples_y, side, map.height);
    columns_.Fill(cells.x, cells.cell_width, cells.samples_x, side, map.width);
  }
  const std::vector<PixelRead>& Of(int row, int column) {
    reads_.clear();
    for (size_t y = Begin(rows_, row); y < rows_.ends[static_cast<size_t>(row)]; ++y) {
      for (size_t x = Begin(columns_, column); x < columns_.ends[static_cast<size_t>(column)];
           ++x) {
        reads_.push_back({rows_.taps[y].at * width_ + columns_.taps[x].at,
                          rows_.taps[y].weight * columns_.taps[x].weight});
      }
    }
    return reads_;
  }

 private:
  static size_t Begin(const Axis& axis, int cell) {
    return cell == 0 ? 0 : axis.ends[static_cast<size_t>(cell) - 1];
  }
  int64_t width_ = 0;
  Axis rows_, columns_;
  std::vector<PixelRead> reads_;
};

VOLE_VECTORIZED void AddRow(float* __restrict to, const float* __restrict from, float weight,
                            int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] += weight * from[i];
}

// Sixteen numbers, of any alignment; the compiler splits them where the processor's vectors are
// smaller.
using Lanes [[gnu::vector_size(64), gnu::aligned(4), gnu::may_alias]] = float;
using HalfLanes [[gnu::vector_size(32), gnu::aligned(2), gnu::may_alias]] = uint16_t;
using BitLanes [[gnu::vector_size(64)]] = uint32_t;

// to[c] = the weighted sum of all reads, 128 channels at a time, which stay in registers. Elements
// are float, or bfloat16 as its bits.
template <class Element>
[[gnu::always_inline]] inline void SumReadsOf(float* __restrict to, const Element* __restrict from,
                                              const PixelRead* reads, size_t count,
                                              int64_t channels) {
  constexpr int64_t kLanes = 16, kVectors = 8, kChunk = kVectors * kLanes;
  int64_t c = 0;
  for (; c + kChunk <= channels; c += kChunk) {
    Lanes sums[kVectors] = {};
    for (size_t r = 0; r < count; ++r) {
      const Element* row = from + reads[r].pixel * channels + c;
      const float weight = reads[r].weight;
#pragma GCC unroll 8
      for (int i = 0; i < kVectors; ++i) {
        if constexpr (std::is_same_v<Element, float>) {
          sums[i] += weight * *reinterpret_cast<const Lanes*>(row + i * kLanes);
        } else {
          const auto* bits = reinterpret_cast<const HalfLanes*>(row + i * kLanes);
          sums[i] += weight * (Lanes)(__builtin_convertvector(*bits, BitLanes) << 16);
        }
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kVectors; ++i) *reinterpret_cast<Lanes*>(to + c + i * kLanes) = sums[i];
  }
  for (; c < channels; ++c) {
    float sum = 0;
    for (size_t r = 0; r < count; ++r) {
      const Element element = from[reads[r].pixel * channels + c];
      float value;
      if constexpr (std::is_same_v<Element, float>) {
        value = element;
      } else {
        const uint32_t bits = static_cast<uint32_t>(element) << 16;
        __builtin_memcpy(&value, &bits, sizeof(value));
      }
      sum += reads[r].weight * value;
    }
    to[c] = sum;
  }
}

VOLE_VECTORIZED void SumReads(float* __restrict to, const float* __restrict from,
                              const PixelRead* reads, size_t count, int64_t channels) {
  SumReadsOf(to, from, reads, count, channels);
}

VOLE_VECTORIZED void SumReads(float* __restrict to, const uint16_t* __restrict from,
                              const PixelRead* reads, size_t count, int64_t channels) {
  SumReadsOf(to, from, reads, count, channels);
}

// Everything about one call that forward and backward share.
struct Geometry {
  std::vector<Map> maps;
  int64_t channels = 0;
  int side = 0, sampling = 0;
  torch::Tensor boxes, pictures, levels;  // contiguous, on the CPU
};

// The regions such that those that read the same pixels follow each other: the pixels are still in
// the cache then.
std::vector<int64_t> ByPlace(const Geometry& g) {
  const float* boxes = g.boxes.data_ptr<float>();
  const int64_t* pictures = g.pictures.data_ptr<int64_t>();
  const int64_t* levels = g.levels.data_ptr<int64_t>();
  constexpr float kBand = 32;  // image pixels
  const auto KeyOf = [&](int64_t r) {
    const float* box = boxes + 4 * r;
    const float x = box[0] + box[2], y = (box[1] + box[3]) / (2 * kBand);
    const bool usual = std::isfinite(x) && std::abs(y) < 1e6f;
    return std::tuple(levels[r], pictures[r], usual ? static_cast<int64_t>(y) : 0, usual ? x : 0.f);
  };
  std::vector<int64_t> order(static_cast<size_t>(g.boxes.size(0)));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return KeyOf(a) < KeyOf(b); });
  return order;
}

// float maps are read as float, bfloat16 maps as their bits.
template <class Element>
void Forward(const Geometry& g, const std::vector<const Element*>& data,
             const torch::Tensor& out_float) {
  const float* boxes = g.boxes.data_ptr<float>();
  const int64_t* pictures = g.pictures.data_ptr<int64_t>();
  const int64_t* levels = g.levels.data_ptr<int64_t>();
  float* out = out_float.data_ptr<float>();  // [R, side, side, C]
  const std::vector<int64_t> order = ByPlace(g);
  at::parallel_for(0, g.boxes.size(0), 4, [&](int64_t begin, int64_t end) {
    RegionReads region;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t r = order[static_cast<size_t>(i)];
      const Map& map = g.maps[static_cast<size_t>(levels[r])];
      const Element* picture =
          data[static_cast<size_t>(levels[r])] + pictures[r] * map.height * map.width * g.channels;
      region.Take(boxes + 4 * r, map, g.side, g.sampling);
      float* to = out + r * g.side * g.side * g.channels;
      for (int row = 0; row < g.side; ++row) {
        for (int column = 0; column < g.side; ++column, to += g.channels) {
          const std::vector<PixelRead>& reads = region.Of(row, column);
          SumReads(to, picture, reads.data(), reads.size(), g.channels);
        }
      }
    }
  });
}

// Regions overlap, so the threads share the channels among them, not the regions.
void Backward(const Geometry& g, const torch::Tensor& gradient, const std::vector<float*>& out) {
  const float* boxes = g.boxes.data_ptr<float>();
  const int64_t* pictures = g.pictures.data_ptr<int64_t>();
  const int64_t* levels = g.levels.data_ptr<int64_t>();
  const float* from_all = gradient.data_ptr<float>();  // [R, side, side, C]
  const int64_t grain = std::max<int64_t>(16, g.channels / std::max(1, at::get_num_threads()));
  at::parallel_for(0, g.channels, grain, [&](int64_t begin, int64_t end) {
    RegionReads region;
    for (int64_t r = 0; r < g.boxes.size(0); ++r) {
      const Map& map = g.maps[static_cast<size_t>(levels[r])];
      float* picture =
          out[static_cast<size_t>(levels[r])] + pictures[r] * map.height * map.width * g.channels;
      region.Take(boxes + 4 * r, map, g.side, g.sampling);
      const float* from = from_all + r * g.side * g.side * g.channels;
      for (int row = 0; row < g.side; ++row) {
        for (int column = 0; column < g.side; ++column, from += g.channels) {
          for (const PixelRead& read : region.Of(row, column)) {
            AddRow(picture + read.pixel * g.channels + begin, from + begin, read.weight,
                   end - begin);
          }
        }
      }
    }
  });
}

torch::Tensor OnCpu(const torch::Tensor& tensor, torch::ScalarType type) {
  return tensor.detach().to(torch::kCPU, type).contiguous();
}

class CpuRoiAlign : public torch::autograd::Function<CpuRoiAlign> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, torch::Tensor f0,
                               torch::Tensor f1, torch::Tensor f2, torch::Tensor f3,
                               const Geometry& geometry) {
    Geometry g = geometry;
    std::vector<torch::Tensor> features;
    for (const torch::Tensor& map : {f0, f1, f2, f3}) {
      if (features.size() < g.maps.size()) {
        features.push_back(map.contiguous(torch::MemoryFormat::ChannelsLast));
      }
    }
    const auto pool = MapPool::SharedIfAny();
    torch::Tensor out =
        pool ? pool->Empty(g.boxes.size(0), g.channels, g.side, g.side).permute({0, 2, 3, 1})
             : torch::empty({g.boxes.size(0), g.side, g.side, g.channels});
    const torch::ScalarType type = features[0].scalar_type();
    if (type == torch::kBFloat16) {
      std::vector<const uint16_t*> data;
      for (const torch::Tensor& map : features) {
        data.push_back(reinterpret_cast<const uint16_t*>(map.data_ptr<at::BFloat16>()));
      }
      Forward(g, data, out);
      out = out.to(type);
    } else {
      std::vector<const float*> data;
      for (const torch::Tensor& map : features) data.push_back(map.data_ptr<float>());
      Forward(g, data, out);
    }
    std::vector<int64_t> shape, numbers = {g.side, g.sampling, g.channels};
    std::vector<double> scales;
    for (size_t l = 0; l < g.maps.size(); ++l) {
      numbers.push_back(features[l].size(0));
      numbers.push_back(g.maps[l].height);
      numbers.push_back(g.maps[l].width);
      scales.push_back(g.maps[l].scale);
    }
    context->saved_data["numbers"] = numbers;
    context->saved_data["scales"] = scales;
    context->save_for_backward({g.boxes, g.pictures, g.levels});
    return out.permute({0, 3, 1, 2});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const std::vector<int64_t> numbers = context->saved_data["numbers"].toIntVector();
    const std::vector<double> scales = context->saved_data["scales"].toDoubleVector();
    const auto saved = context->get_saved_variables();
    Geometry g;
    g.side = static_cast<int>(numbers[0]);
    g.sampling = static_cast<int>(numbers[1]);
    g.channels = numbers[2];
    g.boxes = saved[0];
    g.pictures = saved[1];
    g.levels = saved[2];
    torch::autograd::variable_list results(kMostLevels + 1);
    std::vector<float*> data;
    for (size_t l = 0; l < scales.size(); ++l) {
      const int64_t* shape = numbers.data() + 3 + 3 * l;
      g.maps.push_back({shape[1], shape[2], scales[l]});
      results[l] = torch::zeros({shape[0], shape[1], shape[2], g.channels}).permute({0, 3, 1, 2});
      data.push_back(results[l].data_ptr<float>());
    }
    Backward(g, gradients[0].to(torch::kFloat32).permute({0, 2, 3, 1}).contiguous(), data);
    return results;
  }
};

// The same with LibTorch's operators alone, for any device, differentiable through them: each
// sample is four rows of the map.
torch::Tensor DeviceRoiAlign(const torch::Tensor& map, double scale, const torch::Tensor& boxes,
                             const torch::Tensor& pictures, int side, int sampling) {
  const int64_t height = map.size(2), width = map.size(3), count = boxes.size(0);
  const torch::Tensor rows =
      map.permute({0, 2, 3, 1}).reshape({-1, map.size(1)});  // [N * H * W, C]
  const int64_t samples = static_cast<int64_t>(side) * sampling;
  const torch::Tensor steps =
      (torch::arange(samples, boxes.options()) + 0.5) / static_cast<double>(sampling);
  struct Axis {
    torch::Tensor low, high, low_weight, high_weight;  // [R, samples]
  };
  const auto Along = [&](int axis, int64_t extent) {
    const torch::Tensor start = boxes.select(1, axis) * scale;
    const torch::Tensor length = (boxes.select(1, axis + 2) * scale - start).clamp_min(1);
    const torch::Tensor at = start.unsqueeze(1) + steps * (length / side).unsqueeze(1);
    const torch::Tensor inside = at.ge(-1) & at.le(static_cast<double>(extent));
    torch::Tensor place = at.clamp(0, static_cast<double>(extent - 1));
    Axis result;
    result.low = place.floor().to(torch::kInt64);
    result.high = (result.low + 1).clamp_max(extent - 1);
    result.high_weight = (place - result.low) * inside;
    result.low_weight = (1 - (place - result.low)) * inside;
    return result;
  };
  const Axis y = Along(1, height), x = Along(0, width);
  const torch::Tensor base = (pictures * (height * width)).view({-1, 1, 1});
  torch::Tensor sum;
  for (const auto& [row, row_weight] :
       {std::pair(y.low, y.low_weight), std::pair(y.high, y.high_weight)}) {
    for (const auto& [column, column_weight] :
         {std::pair(x.low, x.low_weight), std::pair(x.high, x.high_weight)}) {
      const torch::Tensor index = base + (row * width).unsqueeze(2) + column.unsqueeze(1);
      const torch::Tensor weight = row_weight.unsqueeze(2) * column_weight.unsqueeze(1);
      const torch::Tensor part =
          rows.index_select(0, index.view(-1)) * weight.view({-1, 1}).to(rows.scalar_type());
      sum = sum.defined() ? sum + part : part;
    }
  }
  return sum.view({count, side, sampling, side, sampling, map.size(1)})
      .mean({2, 4})
      .permute({0, 3, 1, 2});
}

}  // namespace

torch::Tensor PyramidLevels(const torch::Tensor& boxes) {
  const torch::Tensor side =
      ((boxes.select(1, 2) - boxes.select(1, 0)) * (boxes.select(1, 3) - boxes.select(1, 1)))
          .sqrt();
  return (4 + (side / 224).log2() + 1e-6).floor().clamp(2, 5).to(torch::kInt64) - 2;
}

torch::Tensor RoiAlign(const std::vector<torch::Tensor>& features,
                       const std::vector<double>& scales, const torch::Tensor& boxes,
                       const torch::Tensor& pictures, const torch::Tensor& levels, int side,
                       int sampling) {
  VOLE_CHECK(!features.empty() && features.size() <= kMostLevels &&
             features.size() == scales.size() && side > 0 && sampling >= 0);
  if (features[0].is_cpu()) {
    Geometry g;
    g.channels = features[0].size(1);
    g.side = side;
    g.sampling = sampling;
    for (size_t l = 0; l < features.size(); ++l) {
      g.maps.push_back({features[l].size(2), features[l].size(3), scales[l]});
    }
    g.boxes = OnCpu(boxes, torch::kFloat32);
    g.pictures = OnCpu(pictures, torch::kInt64);
    g.levels = OnCpu(levels, torch::kInt64);
    const auto At = [&](size_t l) { return l < features.size() ? features[l] : features[0]; };
    return CpuRoiAlign::apply(At(0), At(1), At(2), At(3), g);
  }
  VOLE_CHECK(sampling > 0);
  std::vector<torch::Tensor> parts, places;
  for (size_t l = 0; l < features.size(); ++l) {
    const torch::Tensor members = levels.eq(static_cast<int64_t>(l)).nonzero().squeeze(1);
    places.push_back(members);
    parts.push_back(DeviceRoiAlign(features[l], scales[l], boxes.index_select(0, members).detach(),
                                   pictures.index_select(0, members), side, sampling));
  }
  const torch::Tensor order = torch::cat(places).argsort();
  return torch::cat(parts).index_select(0, order).contiguous(torch::MemoryFormat::ChannelsLast);
}

}  // namespace train
