#include "pipeline/model/model.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/repeatable.hpp"
#include "pipeline/model/model_impl.hpp"
#include "pipeline/model/out_of_memory.hpp"

namespace vrp {
namespace {

at::Device parse_device(const std::string& name) {
  if (name == "cpu") return at::kCPU;
  if (name != "cuda" && name.rfind("cuda:", 0) != 0) {
    fail_usage("device is '", name, "', expected cpu, cuda or cuda:N");
  }
  const std::string digits = name == "cuda" ? "0" : name.substr(5);
  if (digits.empty() || digits.size() > 3 ||
      digits.find_first_not_of("0123456789") != std::string::npos) {
    fail_usage("device is '", name, "', expected cpu, cuda or cuda:N");
  }
  if (!at::hasCUDA()) {
    fail_usage("device is '", name, "', but this build or machine has no CUDA; use cpu");
  }
  const int index = std::stoi(digits), count = at::detail::getCUDAHooks().deviceCount();
  if (index >= count) {
    fail_usage("device is '", name, "', expected cuda:0 to cuda:", count - 1, " on this machine");
  }
  return {at::kCUDA, static_cast<at::DeviceIndex>(index)};
}

/// The project's own CPU kernels compute in fp32; libtorch's take the other types on the CPU, too.
at::ScalarType parse_dtype(const std::string& name, bool own_kernels) {
  if (name == "fp32") return at::kFloat;
  if (name != "bf16" && name != "fp16") {
    fail_usage("dtype is '", name, "', expected fp32, bf16 or fp16");
  }
  if (own_kernels) fail_usage("dtype is '", name, "', expected fp32 on the CPU");
  return name == "bf16" ? at::kBFloat16 : at::kHalf;
}

#ifdef VRP_CUDA
constexpr bool kTwins = true;
#else
constexpr bool kTwins = false;
#endif

/// Where the CPU's own kernels are not taken: the twins of kernels/ rather than libtorch alone.
bool takes_twins(const std::string& kernels) {
  return kernels == "device" || (kernels == "auto" && kTwins);
}

/// Whether the CPU twin of the operations is asked for.
bool wants_own_kernels(const std::string& kernels, at::Device device) {
  if (kernels != "auto" && kernels != "aten" && kernels != "device") {
    fail_usage("kernels is '", kernels, "', expected auto, device or aten");
  }
  if (kernels == "device" && !device.is_cpu() && !kTwins) {
    fail_usage("kernels is 'device', but this build has none for ", device.str(), "; use auto");
  }
  return kernels == "auto" && device.is_cpu();
}

}  // namespace

ComputeScope::ComputeScope(const Model::Impl& model) : lock_(model.compute) {
  if (at::get_num_threads() != model.threads) at::set_num_threads(model.threads);
}

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

const ModelSpec& Model::spec() const { return impl_->network.spec; }
const Tokenizer& Model::tokenizer() const { return impl_->tokenizer; }

Network network_of(const std::filesystem::path& checkpoint, const ModelOptions& options) {
  Network network;
  network.spec = read_model_spec(checkpoint);
  if (options.min_pixels != 0 || options.max_pixels != 0) {
    set_pixel_bounds(network.spec, options.min_pixels, options.max_pixels);
  }
  network.device = parse_device(options.device);
  const bool own = wants_own_kernels(options.kernels, network.device);
  network.dtype = parse_dtype(options.dtype, own);
  for (const std::string& name : {network.spec.text.activation, network.spec.vision.activation,
                                  network.spec.projector_activation}) {
    check_activation(name);
  }
  network.ops = own                            ? make_cpu_ops()
                : takes_twins(options.kernels) ? make_device_ops(network.device, network.dtype)
                                               : make_aten_ops(network.device, network.dtype);
  return network;
}

Model Model::load(const std::filesystem::path& checkpoint, const ModelOptions& options,
                  const WeightLoading& loading) {
  if (options.threads < 1) fail_usage("threads is ", options.threads, ", expected at least 1");
  ask_for_repeatable_products();
  // "fp32" is not TF32's 10 bits, whatever TORCH_ALLOW_TF32_CUBLAS_OVERRIDE says.
  at::globalContext().setFloat32MatmulPrecision("highest");
  const c10::InferenceMode inference;
  at::set_num_threads(options.threads);
  Network network = network_of(checkpoint, options);
  Tokenizer tokenizer = Tokenizer::load(checkpoint);
  check_prompt_tokens(tokenizer, network.spec);
  check_end_token(checkpoint, tokenizer, network.spec);
  std::string problem;
  try {
    network.weights = load_weights(checkpoint, network.spec, *network.ops, network.device,
                                   network.dtype, loading);
    make_rotary_tables(network);
  } catch (...) {
    problem = out_of_memory_text();
    if (problem.empty()) throw;
  }
  if (!problem.empty()) {
    fail(checkpoint.string(), ": out of memory while the weights are loaded on ", options.device,
         ": ", problem, "; vrp check-model says what a rank needs");
  }
  auto impl = std::make_unique<Impl>(std::move(network), std::move(tokenizer), options);
  if (options.ladder != nullptr) impl->ladder = options.ladder;
  return Model(std::move(impl));
}

PreparedItem Model::prepare(const RgbImage& image, std::string_view question,
                            const PromptStyle& style) const {
  return prepare_item(impl_->tokenizer, spec(), image, question, style);
}

}  // namespace vrp
