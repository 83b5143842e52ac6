#include "stages/probes/nets.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "pipeline/base/rng.hpp"
#include "pipeline/stats/resample.hpp"
#include "stages/probes/net_batch.hpp"
#include "stages/probes/net_input.hpp"

namespace vrp {
namespace {

/// Bytes of parameters, moments and gradients of the nets that train side by side: what the caches
/// of a CPU core hold, or what keeps a GPU busy.
constexpr std::int64_t kCpuBudget = std::int64_t{2} << 20;
constexpr std::int64_t kDeviceBudget = std::int64_t{2} << 30;

/// A net in training: whose rows it takes in which order.
struct Trainee {
  std::size_t problem = 0;
  int seed = 0;
  std::vector<std::int32_t> rows;
  std::vector<std::uint32_t> order;  ///< of this epoch
  std::int64_t steps = 0;            ///< of an epoch
  NetScaling scaling;
};

std::int64_t nets_side_by_side(std::int64_t width, const NetOptions& options, bool on_cpu) {
  std::int64_t parameters = 0, in = width;
  for (const int h : options.hidden) {
    parameters += (in + 1) * h;
    in = h;
  }
  parameters += in + 1;
  const std::int64_t bytes = parameters * 4 * static_cast<std::int64_t>(sizeof(float));
  return std::clamp<std::int64_t>((on_cpu ? kCpuBudget : kDeviceBudget) / bytes, 1, 1024);
}

class Group {
 public:
  Group(const LayerInput& input, const std::vector<Task>& tasks,
        const std::vector<NetProblem>& problems, const NetOptions& options)
      : input_(input), tasks_(tasks), problems_(problems), options_(options) {}

  /// Takes in the nets of problems [first, last) of every seed; notes those that cannot be fitted.
  void add(std::size_t first, std::size_t last, std::vector<LinearFit>& fits) {
    auto scaling = net_scalings(input_, tasks_, std::span(problems_).subspan(first, last - first),
                                options_.standardise);
    for (std::size_t k = first; k < last; ++k) {
      if (!scaling[k - first].fault.empty()) {
        fits[k].note = scaling[k - first].fault;
        continue;
      }
      Trainee net;
      net.problem = k;
      net.rows = rows_of(tasks_[problems_[k].task].folds, problems_[k].part, Use::train);
      const auto n = static_cast<std::int64_t>(net.rows.size());
      net.steps = options_.batch == 0 ? 1 : (n + options_.batch - 1) / options_.batch;
      net.scaling = std::move(scaling[k - first]);
      for (net.seed = 0; net.seed < options_.seeds; ++net.seed) nets_.push_back(net);
    }
    std::stable_sort(nets_.begin(), nets_.end(),
                     [](const Trainee& a, const Trainee& b) { return a.steps > b.steps; });
  }
  bool empty() const { return nets_.empty(); }

  /// Trains all nets and adds their logits / seeds to the fits.
  void run(const std::map<int, std::vector<at::Tensor>>& initial, std::vector<LinearFit>& fits) {
    const at::Device device(input_.device);
    std::vector<const std::vector<at::Tensor>*> start;
    for (const Trainee& net : nets_) start.push_back(&initial.at(net.seed));
    NetBatch batch(start, options_, device);
    std::int64_t rows = options_.batch;
    if (rows == 0)
      for (const Trainee& net : nets_)
        rows = std::max(rows, static_cast<std::int64_t>(net.rows.size()));
    const std::int64_t width = input_.source->width(problems_[nets_.front().problem].layer);
    const auto nets = static_cast<std::int64_t>(nets_.size());
    x_ = at::zeros({nets, rows, width}, at::kFloat);
    y_ = at::zeros({nets, rows}, at::kFloat);
    weight_ = at::zeros({nets, rows}, at::kFloat);
    for (std::int64_t step = 0; step < nets_.front().steps * options_.epochs; ++step) {
      std::int64_t active = 0;
      while (active < nets &&
             step < nets_[static_cast<std::size_t>(active)].steps * options_.epochs)
        fill(active++, step, rows);
      batch.train(x_.narrow(0, 0, active).to(device), y_.narrow(0, 0, active).to(device),
                  weight_.narrow(0, 0, active).to(device), step + 1);
    }
    for (std::int64_t g = 0; g < nets; ++g) score(batch, g, device, fits);
  }

 private:
  const NetProblem& problem(std::int64_t g) const {
    return problems_[nets_[static_cast<std::size_t>(g)].problem];
  }

  void fill(std::int64_t g, std::int64_t step, std::int64_t rows) {
    Trainee& net = nets_[static_cast<std::size_t>(g)];
    const std::int64_t epoch = step / net.steps, within = step % net.steps;
    if (within == 0) net.order = item_order(options_, epoch, net.seed, net.rows.size());
    const auto first = static_cast<std::size_t>(within * rows);
    const std::size_t count = std::min(static_cast<std::size_t>(rows), net.rows.size() - first);
    picked_.resize(count);
    const std::vector<std::int8_t>& label = tasks_[problem(g).task].y;
    float* y = y_.data_ptr<float>() + g * rows;
    float* weight = weight_.data_ptr<float>() + g * rows;
    for (std::size_t i = 0; i < count; ++i) {
      picked_[i] = net.rows[net.order[first + i]];
      y[i] = label[static_cast<std::size_t>(picked_[i])] == 1 ? 1.0f : 0.0f;
      weight[i] = 1.0f / static_cast<float>(count);
    }
    std::fill(weight + count, weight + rows, 0.0f);
    net_rows(input_, problem(g).layer, net.scaling, picked_,
             x_.data_ptr<float>() + g * rows * x_.size(2));
  }

  void score(const NetBatch& batch, std::int64_t g, at::Device device,
             std::vector<LinearFit>& fits) {
    const Trainee& net = nets_[static_cast<std::size_t>(g)];
    const std::vector<std::int32_t> test =
        rows_of(tasks_[problem(g).task].folds, problem(g).part, Use::test);
    std::vector<double>& out = fits[net.problem].score;
    out.resize(test.size(), 0);
    for (std::size_t first = 0; first < test.size(); first += kBlockRows) {
      const std::size_t count = std::min(kBlockRows, test.size() - first);
      at::Tensor x = at::empty({static_cast<std::int64_t>(count), x_.size(2)}, at::kFloat);
      net_rows(input_, problem(g).layer, net.scaling, std::span(test).subspan(first, count),
               x.data_ptr<float>());
      const at::Tensor z = batch.logits(g, x.to(device)).to(at::kCPU).contiguous();
      for (std::size_t i = 0; i < count; ++i)
        out[first + i] += static_cast<double>(z.data_ptr<float>()[i]) / options_.seeds;
    }
  }

  const LayerInput& input_;
  const std::vector<Task>& tasks_;
  const std::vector<NetProblem>& problems_;
  const NetOptions& options_;
  std::vector<Trainee> nets_;
  std::vector<std::int32_t> picked_;
  at::Tensor x_, y_, weight_;
};

}  // namespace

std::vector<std::uint32_t> item_order(const NetOptions& options, std::int64_t epoch, int seed,
                                      std::size_t n) {
  const Rng rng(options.seed, "probes", "", "", "order of items");
  return stats::draw_permutation(rng.key(), epoch * 1024 + seed, static_cast<std::uint32_t>(n));
}

std::vector<LinearFit> fit_nets(const LayerInput& input, const std::vector<Task>& tasks,
                                const std::vector<NetProblem>& problems,
                                const NetOptions& options) {
  std::vector<LinearFit> fits(problems.size());
  if (problems.empty()) return fits;
  const std::int64_t width = input.source->width(problems.front().layer);
  std::map<int, std::vector<at::Tensor>> initial;
  for (int seed = 0; seed < options.seeds; ++seed)
    initial[seed] = initial_weights(width, options, seed);
  const std::int64_t nets = nets_side_by_side(width, options, at::Device(input.device).is_cpu());
  const auto side = static_cast<std::size_t>(std::max<std::int64_t>(1, nets / options.seeds));
  for (std::size_t first = 0; first < problems.size(); first += side) {
    Group group(input, tasks, problems, options);
    group.add(first, std::min(first + side, problems.size()), fits);
    if (!group.empty()) group.run(initial, fits);
  }
  return fits;
}

}  // namespace vrp
