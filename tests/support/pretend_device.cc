#include "tests/support/pretend_device.h"

#include <ATen/EmptyTensor.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <sys/mman.h>
#include <torch/library.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "train/base/device.h"

namespace {

constexpr auto kDevice = c10::DeviceType::XPU;

std::atomic<int64_t> operators{0};

// Each block is mapped twice: where the device has it, closed to the processor, and open elsewhere.
class Memory : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) const override {
    const c10::Device device(kDevice, 0);
    if (bytes == 0) return {nullptr, nullptr, &Free, device};
    const int file = memfd_create("pretend", 0);
    TORCH_CHECK(file >= 0 && ftruncate(file, static_cast<off_t>(bytes)) == 0);
    void* closed = mmap(nullptr, bytes, PROT_NONE, MAP_SHARED, file, 0);
    void* open = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    TORCH_CHECK(closed != MAP_FAILED && open != MAP_FAILED);
    const std::lock_guard lock(mutex());
    blocks()[closed] = {open, bytes};
    return {closed, closed, &Free, device};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &Free; }

  static void* OpenOf(void* closed) {
    const std::lock_guard lock(mutex());
    return blocks().at(closed).open;
  }

 private:
  struct Block {
    void* open;
    size_t bytes;
  };
  static std::mutex& mutex() {
    static auto* own = new std::mutex;
    return *own;
  }
  static std::map<void*, Block>& blocks() {
    static auto* own = new std::map<void*, Block>;
    return *own;
  }
  static void Free(void* closed) {
    if (!closed) return;
    const std::lock_guard lock(mutex());
    const Block block = blocks().at(closed);
    blocks().erase(closed);
    munmap(closed, block.bytes);
    munmap(block.open, block.bytes);
  }
};

Memory memory;

bool OnDevice(const at::Tensor& x) { return x.defined() && x.device().type() == kDevice; }

// The same numbers as the processor sees them.
at::Tensor Seen(const at::Tensor& x) {
  const auto options = at::TensorOptions().dtype(x.dtype()).device(at::kCPU);
  if (x.numel() == 0) return at::empty(x.sizes(), options);
  char* open = static_cast<char*>(Memory::OpenOf(x.storage().data_ptr().get()));
  char* from = open + x.storage_offset() * x.itemsize();
  const at::Storage storage(c10::Storage::use_byte_size_t(), open + x.storage().nbytes() - from,
                            c10::DataPtr(from, at::kCPU), c10::GetAllocator(at::kCPU),
                            /*resizable=*/true);
  return at::empty({0}, options).set_(storage, 0, x.sizes(), x.strides());
}

at::Tensor Empty(at::IntArrayRef size, c10::optional<at::ScalarType> type,
                 c10::optional<at::MemoryFormat> format = {}) {
  return at::detail::empty_generic(size, &memory, c10::DispatchKeySet(c10::DispatchKey::XPU),
                                   type.value_or(at::kFloat), format);
}

at::Tensor EmptyStrided(at::IntArrayRef size, at::IntArrayRef stride,
                        c10::optional<at::ScalarType> type) {
  return at::detail::empty_strided_generic(
      size, stride, &memory, c10::DispatchKeySet(c10::DispatchKey::XPU), type.value_or(at::kFloat));
}

at::Tensor Moved(const at::Tensor& x) {
  at::Tensor result = EmptyStrided(x.sizes(), x.strides(), x.scalar_type());
  if (x.numel() > 0) Seen(result).copy_(x);
  return result;
}

// As on CUDA: numbers without dimensions may stay, and places to read from.
bool MayStay(const std::string& name, const at::Tensor& x) {
  static const std::set<std::string> mixed = {"aten::index", "aten::index_put_", "aten::copy_",
                                              "aten::_index_put_impl_"};
  return x.dim() == 0 || mixed.count(name) > 0;
}

// Every operator without a kernel of its own: as the processor does it.
void Fallback(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  ++operators;
  const c10::FunctionSchema& schema = op.schema();
  const size_t count = schema.arguments().size(), first = stack->size() - count;
  struct Given {
    at::Tensor own, seen;
    void* data;
  };
  std::vector<Given> given;
  const auto See = [&](const at::Tensor& x) {
    if (!x.defined()) return x;
    if (!OnDevice(x)) {
      TORCH_CHECK(MayStay(schema.name(), x), schema.name(),
                  " is given a tensor of the processor among those of the device");
      return x;
    }
    const at::Tensor seen = Seen(x);
    given.push_back({x, seen, seen.data_ptr()});
    return given.back().seen;
  };
  for (size_t i = first; i < stack->size(); ++i) {
    c10::IValue& value = (*stack)[i];
    if (value.isTensor()) {
      value = See(value.toTensor());
    } else if (value.isTensorList()) {
      std::vector<at::Tensor> all;
      for (const at::Tensor& x : value.toTensorVector()) all.push_back(See(x));
      value = all;
    } else if (value.isList() &&
               value.toList().elementType()->kind() == c10::TypeKind::OptionalType) {
      c10::List<c10::optional<at::Tensor>> all;
      for (const c10::IValue& x : value.toListRef()) {
        all.push_back(x.isNone() ? c10::optional<at::Tensor>() : See(x.toTensor()));
      }
      value = all;
    } else if (value.isDevice()) {
      value = c10::Device(at::kCPU);
    }
  }
  op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
  const auto Back = [&](const at::Tensor& x) {
    if (!x.defined()) return x;
    for (const Given& one : given) {
      if (!x.is_same(one.seen)) continue;
      if (one.own.sizes() != x.sizes() || one.own.strides() != x.strides() ||
          one.data != x.data_ptr()) {  // resized
        const at::Tensor fresh = Moved(x);
        one.own.unsafeGetTensorImpl()->shallow_copy_from(fresh.getIntrusivePtr());
      }
      return one.own;
    }
    for (const Given& one : given) {  // a view of what was given
      if (x.numel() == 0 || x.storage().data_ptr().get() != one.data) continue;
      return at::native::as_strided_tensorimpl(one.own, x.sizes(), x.strides(),
                                               one.own.storage_offset() + x.storage_offset());
    }
    return Moved(x);
  };
  for (size_t i = stack->size() - schema.returns().size(); i < stack->size(); ++i) {
    c10::IValue& value = (*stack)[i];
    if (value.isTensor()) {
      value = Back(value.toTensor());
    } else if (value.isTensorList()) {
      std::vector<at::Tensor> all;
      for (const at::Tensor& x : value.toTensorVector()) all.push_back(Back(x));
      value = all;
    }
  }
}

at::Tensor EmptyOn(at::IntArrayRef size, c10::optional<at::ScalarType> type,
                   c10::optional<at::Layout>, c10::optional<at::Device>, c10::optional<bool>,
                   c10::optional<at::MemoryFormat> format) {
  return Empty(size, type, format);
}

at::Tensor EmptyStridedOn(at::IntArrayRef size, at::IntArrayRef stride,
                          c10::optional<at::ScalarType> type, c10::optional<at::Layout>,
                          c10::optional<at::Device>, c10::optional<bool>) {
  return EmptyStrided(size, stride, type);
}

at::Tensor& Copy(at::Tensor& to, const at::Tensor& from, bool) {
  at::Tensor seen = OnDevice(to) ? Seen(to) : to;
  seen.copy_(OnDevice(from) ? Seen(from) : from);
  return to;
}

at::Scalar Item(const at::Tensor& x) { return Seen(x).item(); }

at::Tensor Convolution(const at::Tensor& x, const at::Tensor& weight,
                       const c10::optional<at::Tensor>& bias, at::IntArrayRef stride,
                       at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                       at::IntArrayRef output_padding, int64_t groups) {
  TORCH_CHECK(OnDevice(x) && OnDevice(weight), "a convolution of two devices");
  ++operators;
  c10::optional<at::Tensor> seen;
  if (bias && bias->defined()) seen = Seen(*bias);
  const at::AutoDispatchBelowAutograd below;
  return Moved(at::convolution(Seen(x), Seen(weight), seen, stride, padding, dilation, transposed,
                               output_padding, groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> ConvolutionBackward(
    const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& weight,
    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
    at::IntArrayRef output_padding, int64_t groups, std::array<bool, 3> mask) {
  ++operators;
  const at::AutoDispatchBelowAutograd below;
  const int64_t outputs = transposed ? weight.size(1) * groups : weight.size(0);
  const auto [dx, dw, db] =
      at::convolution_backward(Seen(gradient), Seen(x), Seen(weight), at::IntArrayRef({outputs}),
                               stride, padding, dilation, transposed, output_padding, groups, mask);
  const auto Back = [](const at::Tensor& y) { return y.defined() ? Moved(y) : y; };
  return {Back(dx), Back(dw), Back(db)};
}

// Only CUDA has these two: reset, update and new gate, as torch.nn.GRU documents them.
std::tuple<at::Tensor, at::Tensor> GruCell(const at::Tensor& input, const at::Tensor& hidden,
                                           const at::Tensor& state,
                                           const c10::optional<at::Tensor>& input_bias,
                                           const c10::optional<at::Tensor>& hidden_bias) {
  ++operators;
  const auto With = [](const at::Tensor& x, const c10::optional<at::Tensor>& bias) {
    return (bias && bias->defined() ? Seen(x) + Seen(*bias) : Seen(x)).chunk(3, 1);
  };
  const auto i = With(input, input_bias), h = With(hidden, hidden_bias);
  const at::Tensor before = Seen(state);
  const at::Tensor reset = (i[0] + h[0]).sigmoid(), update = (i[1] + h[1]).sigmoid();
  const at::Tensor fresh = (i[2] + reset * h[2]).tanh();
  return {Moved(fresh + update * (before - fresh)),
          Moved(at::cat({reset, update, fresh, before, h[2]}, 1))};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor> GruCellBackward(
    const at::Tensor& gradient, const at::Tensor& kept, bool has_bias) {
  ++operators;
  const auto w = Seen(kept).chunk(5, 1);
  const at::Tensor g = Seen(gradient), &reset = w[0], &update = w[1], &fresh = w[2];
  const at::Tensor of_fresh = g * (1 - update) * (1 - fresh * fresh);
  const at::Tensor of_update = g * (w[3] - fresh) * (1 - update) * update;
  const at::Tensor of_reset = of_fresh * w[4] * (1 - reset) * reset;
  const at::Tensor input = at::cat({of_reset, of_update, of_fresh}, 1);
  const at::Tensor hidden = at::cat({of_reset, of_update, of_fresh * reset}, 1);
  const auto Bias = [&](const at::Tensor& x) { return has_bias ? Moved(x.sum(0)) : at::Tensor(); };
  return {Moved(input), Moved(hidden), Moved(g * update), Bias(input), Bias(hidden)};
}

C10_REGISTER_GUARD_IMPL(XPU, c10::impl::NoOpDeviceGuardImpl<kDevice>);

TORCH_LIBRARY_IMPL(_, XPU, m) {
  m.fallback(torch::CppFunction::makeFromBoxedFunction<&Fallback>());
}

TORCH_LIBRARY_IMPL(aten, XPU, m) {
  m.impl("empty.memory_format", EmptyOn);
  m.impl("empty_strided", EmptyStridedOn);
  m.impl("copy_", Copy);
  m.impl("_local_scalar_dense", Item);
  m.impl("as_strided", at::native::as_strided_tensorimpl);
  m.impl("view", at::native::view);
  m.impl("_reshape_alias", at::native::_reshape_alias);
  m.impl("_thnn_fused_gru_cell", GruCell);
  m.impl("_thnn_fused_gru_cell_backward", GruCellBackward);
  m.impl("convolution_overrideable", Convolution);
  m.impl("convolution_backward_overrideable", ConvolutionBackward);
}

}  // namespace

namespace tests {

torch::Device PretendDevice() {
  const torch::Device device(kDevice, 0);
  train::NameDevice("pretend", device);
  return device;
}

int64_t PretendOperators() { return operators; }

}  // namespace tests
