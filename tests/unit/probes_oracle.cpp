// Fits of one synthetic layer, written for the comparison with scikit-learn: features, labels,
// training masks and coefficients.   probes_oracle OUT.h5 [ITEMS WIDTH [nets]]
#include <chrono>
#include <cstdio>
#include <string>

#include "pipeline/store/h5.hpp"
#include "stages/probes/linear.hpp"
#include "stages/probes/net_batch.hpp"
#include "stages/probes/nets.hpp"
#include "stages/probes/sparse.hpp"
#include "tests/unit/probes_fixture.hpp"

namespace {

using namespace vrp;

/// One net on the first inner part: its start, the order of items in every epoch, its test logits.
void add_net(Record& record, const LayerInput& layer, const std::vector<Task>& tasks) {
  NetOptions options;
  options.hidden = {8, 5};
  options.epochs = 4;
  options.batch = 16;
  options.rate = 1e-2;
  options.seed = 7;
  const LinearFit fit = fit_nets(layer, tasks, {{0, 0, {0, 0}}}, options).front();
  record.add("net/score", {"test"}, {static_cast<std::int64_t>(fit.score.size())}, fit.score, "1",
             "");
  const auto initial = initial_weights(layer.source->width(0), options, 0);
  for (std::size_t l = 0; l < initial.size(); ++l) {
    const float* value = initial[l].data_ptr<float>();
    const std::string number = std::to_string(l);
    record.add("net/weight" + number, {"in" + number, "out" + number},
               {initial[l].size(0), initial[l].size(1)},
               std::vector<float>(value, value + initial[l].numel()), "1", "");
  }
  const auto n = rows_of(tasks[0].folds, {0, 0}, Use::train).size();
  std::vector<std::int32_t> order;
  for (int epoch = 0; epoch < options.epochs; ++epoch)
    for (const std::uint32_t at : item_order(options, epoch, 0, n))
      order.push_back(static_cast<std::int32_t>(at));
  record.add("net/order", {"epoch", "train"}, {options.epochs, static_cast<std::int64_t>(n)}, order,
             "1", "");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::size_t n = argc > 2 ? std::stoul(argv[2]) : 150;
  const std::int64_t width = argc > 3 ? std::stol(argv[3]) : 40;
  const CellItems items = testing::random_items(n, 2, 0.6);
  FeatureSource source(n, {width}, std::size_t{1} << 30);
  testing::fill_layer(source, 0, items, {0.5, 0, 0.3}, 11);
  const std::vector<Task> tasks = {{items.y, make_folds(items, items.y, 5, 4)}};
  std::vector<Problem> problems;
  for (const FitPart part : nested_parts(tasks[0].folds)) problems.push_back({0, part, 0.1});
  std::vector<Problem> all = problems;
  all.push_back({0, {-1, -1}, 0.1});
  std::vector<NetProblem> nets;
  for (const Problem& problem : problems) nets.push_back({0, 0, problem.part});
  const auto timed = [](const char* name, auto&& fit) {
    const auto begin = std::chrono::steady_clock::now();
    auto fits = fit();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::printf("%s: %zu fits in %.3f s\n", name, fits.size(), seconds.count());
    for (std::size_t k = 0; k < fits.size(); ++k)
      if (!fits[k].note.empty()) std::printf("  fit %zu: %s\n", k, fits[k].note.c_str());
    return fits;
  };
  const LayerInput layer{&source, 0};
  const auto linear =
      timed("linear", [&] { return fit_linear(layer, tasks, problems, {.keep_weights = true}); });
  const auto sparse = timed("sparse", [&] { return fit_sparse(layer, tasks, all); });
  if (argc > 4) timed("nets", [&] { return fit_nets(layer, tasks, nets, {}); });
  Record record;
  const auto rows = static_cast<std::int64_t>(n), fits = static_cast<std::int64_t>(problems.size());
  std::vector<float> x(n * static_cast<std::size_t>(width));
  source.read(0, 0, n, x.data());
  record.add("x", {"item", "column"}, {rows, width}, x, "1", "features");
  record.add("y", {"item"}, {rows}, std::vector<std::int32_t>(items.y.begin(), items.y.end()), "1",
             "");
  std::vector<std::int32_t> use;
  std::vector<double> weight, intercept;
  for (std::size_t k = 0; k < problems.size(); ++k) {
    for (std::size_t i = 0; i < n; ++i)
      use.push_back(static_cast<int>(use_of(tasks[0].folds, problems[k].part, i)));
    weight.insert(weight.end(), linear[k].weight.begin(), linear[k].weight.end());
    intercept.push_back(linear[k].intercept);
  }
  record.add("use", {"fit", "item"}, {fits, rows}, use, "1", "");
  record.add("linear/weight", {"fit", "column"}, {fits, width}, weight, "1", "");
  record.add("linear/intercept", {"fit"}, {fits}, intercept, "1", "");
  std::vector<double> l1_weight, l1_intercept, l1_use, delta, mean;
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (all[k].part.inner >= 0) continue;
    for (std::size_t i = 0; i < n; ++i)
      l1_use.push_back(static_cast<int>(use_of(tasks[0].folds, all[k].part, i)));
    l1_weight.insert(l1_weight.end(), sparse[k].weight.begin(), sparse[k].weight.end());
    delta.insert(delta.end(), sparse[k].delta.begin(), sparse[k].delta.end());
    mean.insert(mean.end(), sparse[k].mean.begin(), sparse[k].mean.end());
    l1_intercept.push_back(sparse[k].intercept);
  }
  const auto outer = static_cast<std::int64_t>(l1_intercept.size());
  record.add("sparse/use", {"outer", "item"}, {outer, rows}, l1_use, "1", "");
  record.add("sparse/weight", {"outer", "column"}, {outer, width}, l1_weight, "1", "");
  record.add("sparse/intercept", {"outer"}, {outer}, l1_intercept, "1", "");
  record.add("sparse/delta", {"outer", "column"}, {outer, width}, delta, "1", "");
  record.add("sparse/mean", {"outer", "column"}, {outer, width}, mean, "1", "");
  add_net(record, layer, tasks);
  write_record(argv[1], record, {});
  return 0;
}
