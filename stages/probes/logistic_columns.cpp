#include "stages/probes/logistic_columns.hpp"

#include <algorithm>

namespace vrp {
namespace {

/// Variance of a part, in units of the layer's, below which a column counts as constant.
constexpr double kNoVariance = 1e-12;

}  // namespace

LogisticColumns::LogisticColumns(const LayerBlocks& blocks, const std::vector<Task>& tasks,
                                 std::span<const Problem> problems, std::int64_t top_variance)
    : blocks_(blocks) {
  const auto n = blocks.rows(), p = static_cast<std::int64_t>(problems.size());
  sign_ = at::zeros({n, p}, at::kChar);
  c_ = at::empty({p}, at::kDouble);
  auto sign = sign_.accessor<std::int8_t, 2>();
  for (std::int64_t k = 0; k < p; ++k) {
    const Problem& problem = problems[static_cast<std::size_t>(k)];
    const Task& task = tasks[problem.task];
    c_.data_ptr<double>()[k] = problem.c;
    for (std::int64_t i = 0; i < n; ++i) {
      const auto row = static_cast<std::size_t>(i);
      if (task.y[row] >= 0 && use_of(task.folds, problem.part, row) == Use::train)
        sign[i][k] = task.y[row] == 1 ? 1 : -1;
    }
  }
  const at::Device device = blocks.options().device();
  sign_ = sign_.to(device);
  c_ = c_.to(device);
  if (blocks.input().type != nullptr && blocks.input().types > 1) {
    types_ = blocks.input().types;
    type_ = at::empty({n}, at::kLong);
    for (std::int64_t i = 0; i < n; ++i)
      type_.data_ptr<std::int64_t>()[i] =
          std::max<std::int32_t>(0, (*blocks.input().type)[static_cast<std::size_t>(i)]);
    type_ = type_.to(device);
  }
  measure(top_variance);
}

at::Tensor LogisticColumns::onehot(std::int64_t first, std::int64_t count) const {
  at::Tensor e = at::zeros({count, types_}, blocks_.options());
  return e.scatter_(1, type_.narrow(0, first, count).unsqueeze(1), 1.0);
}

at::Tensor LogisticColumns::signs(std::int64_t first, std::int64_t count) const {
  return sign_.narrow(0, first, count).to(at::kDouble);
}

void LogisticColumns::measure(std::int64_t top_variance) {
  const std::int64_t d = blocks_.width(), p = count();
  at::Tensor sums = at::zeros({types_, d, p}, blocks_.options());
  at::Tensor squares = at::zeros({d, p}, blocks_.options());
  at::Tensor rows = at::zeros({types_, p}, blocks_.options());
  blocks_.each([&](std::int64_t first, const at::Tensor& x) {
    const at::Tensor mask = signs(first, x.size(0)).abs_();
    squares.addmm_(x.square().t(), mask);
    if (types_ == 1) {
      sums[0].addmm_(x.t(), mask);
      rows[0].add_(mask.sum(0));
      return;
    }
    const at::Tensor e = onehot(first, x.size(0));
    rows.addmm_(e.t(), mask);
    for (std::int64_t t = 0; t < types_; ++t) sums[t].addmm_(x.t(), mask * e.narrow(1, t, 1));
  });
  all_ = rows.sum(0);
  positive_ = sign_.eq(1).sum(0).to(at::kDouble);
  const at::Tensor n = all_.clamp_min(1);
  const at::Tensor mean = sums.sum(0) / n;
  const at::Tensor of_type = sums / rows.clamp_min(1).unsqueeze(1);
  centre_ = at::where(rows.unsqueeze(1) > 0, of_type, mean.unsqueeze(0));
  // Sum of squares about the centres; types without a training row have no part in it.
  const at::Tensor within = squares - (of_type.square() * rows.unsqueeze(1)).sum(0);
  const at::Tensor variance = within / n;
  at::Tensor varies = variance > kNoVariance * (1 + mean.square());
  if (top_variance > 0 && top_variance < d) {
    const at::Tensor raw = at::where(varies, variance, at::zeros_like(variance)) *
                           blocks_.scale().square().unsqueeze(1);
    const at::Tensor order = std::get<1>(raw.sort(/*stable=*/true, 0, /*descending=*/true));
    at::Tensor seen = at::zeros({d, p}, blocks_.options().dtype(at::kBool));
    seen.scatter_(0, order.narrow(0, 0, top_variance), true);
    varies = varies.logical_and(seen);
  }
  inv_ = at::where(varies, variance.clamp_min(1e-300).rsqrt(), at::zeros_like(variance));
  usable_ = positive_.gt(0).logical_and(positive_.lt(all_)).logical_and(varies.any(0));
}

const char* LogisticColumns::fault(std::int64_t column) const {
  const double positive = positive_[column].item<double>();
  const bool both = positive > 0 && positive < all_[column].item<double>();
  return both ? "constant features in the training part" : "one class in the training part";
}

at::Tensor LogisticColumns::start() const {
  at::Tensor theta = at::zeros({blocks_.width() + 1, count()}, blocks_.options());
  const at::Tensor odds = positive_.clamp_min(0.5) / (all_ - positive_).clamp_min(0.5);
  theta[blocks_.width()].copy_(odds.log());
  return theta;
}

at::Tensor LogisticColumns::plain_weights(const at::Tensor& theta, at::Tensor& offset) const {
  const std::int64_t d = blocks_.width();
  const at::Tensor v = theta.narrow(0, 0, d) * inv_;
  offset = theta.narrow(0, d, 1) - (centre_ * v).sum(1);  // [T, P]
  return v;
}

void LogisticColumns::logits(
    const at::Tensor& theta,
    const std::function<void(std::int64_t first, const at::Tensor& z)>& visit) const {
  at::Tensor offset;
  const at::Tensor v = plain_weights(theta, offset);
  blocks_.each([&](std::int64_t first, const at::Tensor& x) {
    at::Tensor z = x.mm(v);
    if (types_ == 1)
      z.add_(offset);
    else
      z.addmm_(onehot(first, x.size(0)), offset);
    visit(first, z);
  });
}

void LogisticColumns::evaluate(const at::Tensor& theta, at::Tensor& loss,
                               at::Tensor& gradient) const {
  const std::int64_t d = blocks_.width(), p = count();
  at::Tensor offset;
  const at::Tensor v = plain_weights(theta, offset);
  loss = at::zeros({p}, blocks_.options());
  at::Tensor slope = at::zeros({d, p}, blocks_.options());
  at::Tensor residual = at::zeros({types_, p}, blocks_.options());
  blocks_.each([&](std::int64_t first, const at::Tensor& x) {
    at::Tensor z = x.mm(v);
    at::Tensor e;
    if (types_ == 1) {
      z.add_(offset);
    } else {
      e = onehot(first, x.size(0));
      z.addmm_(e, offset);
    }
    const at::Tensor t = signs(first, x.size(0));
    z.mul_(t);
    loss.sub_((at::log_sigmoid(z).mul_(t.abs())).sum(0));
    const at::Tensor r = z.neg_().sigmoid_().mul_(t).neg_();
    slope.addmm_(x.t(), r);
    if (types_ == 1)
      residual[0].add_(r.sum(0));
    else
      residual.addmm_(e.t(), r);
  });
  loss.mul_(c_);
  gradient = at::empty({d + 1, p}, blocks_.options());
  gradient.narrow(0, 0, d).copy_(
      (slope - (centre_ * residual.unsqueeze(1)).sum(0)).mul_(inv_).mul_(c_));
  gradient[d].copy_(residual.sum(0) * c_);
}

at::Tensor LogisticColumns::gram_product(const at::Tensor& v) const {
  const std::int64_t d = blocks_.width(), p = count();
  at::Tensor offset;
  const at::Tensor w = plain_weights(v, offset);
  at::Tensor slope = at::zeros({d, p}, blocks_.options());
  at::Tensor residual = at::zeros({types_, p}, blocks_.options());
  blocks_.each([&](std::int64_t first, const at::Tensor& x) {
    at::Tensor z = x.mm(w);
    const at::Tensor mask = signs(first, x.size(0)).abs_();
    if (types_ == 1) {
      z.add_(offset).mul_(mask);
      residual[0].add_(z.sum(0));
    } else {
      const at::Tensor e = onehot(first, x.size(0));
      z.addmm_(e, offset).mul_(mask);
      residual.addmm_(e.t(), z);
    }
    slope.addmm_(x.t(), z);
  });
  at::Tensor out = at::empty({d + 1, p}, blocks_.options());
  out.narrow(0, 0, d).copy_((slope - (centre_ * residual.unsqueeze(1)).sum(0)).mul_(inv_));
  out[d].copy_(residual.sum(0));
  return out;
}

at::Tensor LogisticColumns::training_rows(std::int64_t problem,
                                          const at::Tensor& coordinates) const {
  std::vector<at::Tensor> pieces;
  const at::Tensor centre = centre_.select(2, problem).index_select(1, coordinates);
  const at::Tensor inv = inv_.select(1, problem).index_select(0, coordinates);
  blocks_.each([&](std::int64_t first, const at::Tensor& x) {
    const at::Tensor in = sign_.narrow(0, first, x.size(0)).select(1, problem).nonzero().squeeze(1);
    at::Tensor z = x.index_select(1, coordinates).index_select(0, in);
    z = types_ == 1
            ? z - centre[0]
            : z - centre.index_select(0, type_.narrow(0, first, x.size(0)).index_select(0, in));
    pieces.push_back(z.mul_(inv));
  });
  return at::cat(pieces);
}

at::Tensor LogisticColumns::training_labels(std::int64_t problem) const {
  const at::Tensor t = sign_.select(1, problem);
  return t.index_select(0, t.nonzero().squeeze(1)).to(at::kDouble);
}

at::Tensor LogisticColumns::class_means(int t) const {
  at::Tensor sum = at::zeros({blocks_.width(), count()}, blocks_.options());
  blocks_.each([&](std::int64_t first, const at::Tensor& x) {
    sum.addmm_(x.t(), sign_.narrow(0, first, x.size(0)).eq(t).to(at::kDouble));
  });
  const at::Tensor n = (t == 1 ? positive_ : all_ - positive_).clamp_min(1);
  return (sum / n) * blocks_.scale().unsqueeze(1) + blocks_.shift().unsqueeze(1);
}

at::Tensor LogisticColumns::raw_centre() const {
  return centre_ * blocks_.scale().view({1, -1, 1}) + blocks_.shift().view({1, -1, 1});
}

at::Tensor LogisticColumns::raw_inverse() const { return inv_ / blocks_.scale().unsqueeze(1); }

void LogisticColumns::keep(const at::Tensor& columns) {
  sign_ = sign_.index_select(1, columns);
  c_ = c_.index_select(0, columns);
  centre_ = centre_.index_select(2, columns);
  inv_ = inv_.index_select(1, columns);
  usable_ = usable_.index_select(0, columns);
  positive_ = positive_.index_select(0, columns);
  all_ = all_.index_select(0, columns);
}

void score_tests(const LogisticColumns& columns, const at::Tensor& theta,
                 const std::vector<Task>& tasks, std::span<const Problem> problems,
                 std::span<LinearFit> fits) {
  columns.logits(theta, [&](std::int64_t first, const at::Tensor& z) {
    const at::Tensor host = z.to(at::kCPU);
    const auto logit = host.accessor<double, 2>();
    for (std::size_t k = 0; k < problems.size(); ++k) {
      const Folds& folds = tasks[problems[k].task].folds;
      for (std::int64_t i = 0; i < host.size(0); ++i)
        if (use_of(folds, problems[k].part, static_cast<std::size_t>(first + i)) == Use::test)
          fits[k].score.push_back(logit[i][static_cast<std::int64_t>(k)]);
    }
  });
}

}  // namespace vrp
