#include "tests/unit/probes_cell.hpp"

#include <algorithm>
#include <limits>

#include "tests/unit/probes_fixture.hpp"

namespace vrp::testing {
namespace {

constexpr std::int64_t kCells = 16;  // a grid of 4 x 4

template <class T>
void add(Record& record, const std::string& name, std::vector<std::string> dims,
         std::vector<std::int64_t> shape, std::vector<T> data) {
  record.add(name, std::move(dims), std::move(shape), std::move(data), "1", "made up");
}

}  // namespace

ProbeCell::ProbeCell(CellPlan plan) : plan_(std::move(plan)) {
  const Rng rng(plan_.seed, "cell", "", "", plan_.benchmark);
  items.benchmark = plan_.benchmark;
  items.kind = "yes_no";
  items.scorers = {"yes_no@1"};
  for (std::size_t i = 0; i < plan_.items; ++i) {
    const std::string number = std::to_string(i), image = std::to_string(i / plan_.per_image);
    items.key.push_back(plan_.benchmark + "/test/" + number);
    items.id.push_back(number);
    items.group.push_back(plan_.benchmark + "-image-" + image);
    items.image.push_back(image + ".jpg");
    items.image_hash.push_back("hash of " + plan_.benchmark + image);
    items.question.push_back("Question " + number + "?");
    items.answer.push_back("yes");
    items.answers.emplace_back();
    items.choices.emplace_back();
    items.hint.emplace_back();
    items.type.push_back(i % 2 ? "odd" : "even");
    items.regions.emplace_back();
    items.metadata.push_back("{}");
    const std::size_t drawn = plan_.label_by_image ? i / plan_.per_image : i;
    label.push_back(rng.uniform(drawn) < plan_.share ? 1 : 0);
    status.push_back(0);
  }
}

Record ProbeCell::capture(std::size_t first, std::size_t last) const {
  const Rng rng(plan_.seed, "states", "", "", plan_.benchmark);
  const Rng images(plan_.seed, "image states", "", "", plan_.benchmark);
  const auto n = static_cast<std::int64_t>(last - first);
  const std::int64_t states = plan_.layers + 1, d = plan_.width;
  std::vector<Half> hidden, blank, mlp;
  std::vector<double> mlp_part, attention_part, share, p_tok;
  std::vector<float> map(static_cast<std::size_t>(plan_.layers * n * kCells));
  std::vector<std::int32_t> prompt, grid;
  std::vector<std::int64_t> offset = {0};
  for (std::size_t i = first; i < last; ++i) {
    const double sign = label[i] == 1 ? 1 : -1;
    const auto half = [](double v) { return Half::from_float(static_cast<float>(v)); };
    for (std::int64_t s = 0; s < states; ++s)
      for (std::int64_t j = 0; j < d; ++j) {
        const auto at = static_cast<std::uint64_t>(s * d + j);
        double x = s == 0 || plan_.constant ? 0.25 : normal(rng, i, at);
        if (s > 0 && plan_.image_noise > 0)
          x += plan_.image_noise * normal(images, i / plan_.per_image, at);
        blank.push_back(half(x));
        if (plan_.signal_layer >= 0 && s == plan_.signal_layer + 1 && j < 2)
          x += plan_.signal * sign;
        hidden.push_back(half(x));
      }
    for (int l = 0; l < plan_.layers; ++l) {
      for (std::int64_t j = 0; j < d; ++j) {
        double x = normal(rng, i, static_cast<std::uint64_t>(1000000 + l * d + j));
        if (l == plan_.neuron_layer)
          for (const auto& [neuron, effect] : plan_.neurons)
            if (neuron == j) x += effect * sign;
        mlp.push_back(half(x));
      }
      mlp_part.push_back(normal(rng, i, static_cast<std::uint64_t>(2000000 + l)) + 0.2 * sign);
      attention_part.push_back(normal(rng, i, static_cast<std::uint64_t>(3000000 + l)));
      share.push_back(0.2 + 0.1 * rng.uniform(i, static_cast<std::uint64_t>(4000000 + l)));
      for (std::int64_t c = 0; c < kCells; ++c)
        map[static_cast<std::size_t>((l * n + static_cast<std::int64_t>(i - first)) * kCells + c)] =
            static_cast<float>(
                0.001 + rng.uniform(i, static_cast<std::uint64_t>(5000000 + l * kCells + c)));
    }
    p_tok.push_back(-rng.uniform(i, 6000000) + 0.1 * sign);
    prompt.push_back(20 + static_cast<std::int32_t>(rng.below(8, i, 6000001)));
    offset.push_back(offset.back() + kCells);
    grid.insert(grid.end(), {4, 4});
  }
  Record record;
  const auto slice = [&](const auto& column) {
    return std::decay_t<decltype(column)>(column.begin() + static_cast<std::ptrdiff_t>(first),
                                          column.begin() + static_cast<std::ptrdiff_t>(last));
  };
  add(record, "item/key", {"item"}, {n}, slice(items.key));
  add(record, "item/status", {"item"}, {n}, slice(status));
  add(record, "item/reason", {"item"}, {n}, std::vector<std::string>(last - first));
  add(record, "item/prompt_tokens", {"item"}, {n}, prompt);
  add(record, "item/patch_offset", {"item_plus_one"}, {n + 1}, offset);
  add(record, "item/grid", {"item", "axis"}, {n, 2}, grid);
  Array y{"label/yes_no", {"item"}, {n}, "1", "made up", slice(label), {}};
  y.attributes = {{"version", "1"}, {"primary", "1"}};
  record.add(std::move(y));
  add(record, "output/p_tok", {"item"}, {n}, p_tok);
  add(record, "attention/map", {"layer", "image_token"}, {plan_.layers, n * kCells}, map);
  add(record, "attention/share", {"item", "layer"}, {n, plan_.layers}, share);
  add(record, "hidden/first", {"item", "state", "hidden"}, {n, states, d}, hidden);
  add(record, "hidden/last", {"item", "state", "hidden"}, {n, states, d}, hidden);
  add(record, "hidden/blank", {"item", "state", "hidden"}, {n, states, d}, blank);
  add(record, "hidden/mlp_first", {"item", "layer", "hidden"}, {n, plan_.layers, d}, mlp);
  add(record, "contribution/mlp", {"item", "layer"}, {n, plan_.layers}, mlp_part);
  add(record, "contribution/attention", {"item", "layer"}, {n, plan_.layers}, attention_part);
  return record;
}

Record ProbeCell::metrics(std::size_t first, std::size_t last) const {
  const Rng rng(plan_.seed, "metrics", "", "", plan_.benchmark);
  const auto n = static_cast<std::int64_t>(last - first);
  std::vector<double> h_s, c_k, h_layer;
  for (std::size_t i = first; i < last; ++i) {
    h_s.push_back(4 + rng.uniform(i, 0));
    c_k.push_back(std::floor(5 * rng.uniform(i, 1)));
    for (int l = 0; l < plan_.layers; ++l)
      h_layer.push_back(4 + rng.uniform(i, static_cast<std::uint64_t>(2 + l)));
  }
  Record record;
  add(record, "metrics/h_s", {"item"}, {n}, h_s);
  add(record, "metrics/c_k", {"item"}, {n}, c_k);
  add(record, "metrics/h_layer", {"item", "layer"}, {n, plan_.layers}, h_layer);
  return record;
}

Record ProbeCell::consistency(std::size_t first, std::size_t last) const {
  const Rng rng(plan_.seed, "consistency", "", "", plan_.benchmark);
  std::vector<double> s_sc;
  for (std::size_t i = first; i < last; ++i)
    s_sc.push_back(std::ceil(10 * std::min(1.0, rng.uniform(i) + 0.3 * label[i])) / 10);
  Record record;
  add(record, "consistency/s_sc", {"item"}, {static_cast<std::int64_t>(last - first)}, s_sc);
  return record;
}

ProbeInput ProbeCell::input() const {
  ProbeInput input;
  input.items = &items;
  input.model = "made-up";
  input.benchmark = plan_.benchmark;
  input.seed = 20260617;
  input.layers = plan_.layers;
  input.each = [this](const std::string& stage, const std::function<void(const Record&)>& visit) {
    if (const auto entry = finished.find(stage); entry != finished.end()) {
      for (const Record& record : entry->second) visit(record);
      return;
    }
    for (std::size_t first = 0; first < items.size(); first += plan_.unit) {
      const std::size_t last = std::min(items.size(), first + plan_.unit);
      visit(stage == "capture"   ? capture(first, last)
            : stage == "metrics" ? metrics(first, last)
                                 : consistency(first, last));
    }
  };
  return input;
}

Record ProbeCell::run(const ProbesParams& params, const std::vector<std::size_t>& order) {
  const std::vector<std::string> parts = fit_parts(params, plan_.layers);
  std::vector<Record> fitted(parts.size());
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const std::size_t part = order.empty() ? k : order[k];
    fitted[part] = fit_part(input(), parts[part], params);
  }
  finished["probe_fits"] = std::move(fitted);
  return join_probes(input(), params);
}

ProbesParams quick(const std::vector<std::string>& fits) {
  ProbesParams params;
  params.fits = fits;
  params.controls = {};
  params.mlp_width = 16;
  params.mlp_epochs = 30;
  params.learning_rate = 3e-3;
  params.layers_per_part = 2;
  params.attention_widths = "16 8";
  params.attention_epochs = 10;
  params.boosted_trees = 20;
  params.forest_trees = 20;
  return params;
}

}  // namespace vrp::testing
