// A stretch of a prompt, or of several prompts at once, through the decoder's blocks.
#include <algorithm>
#include <cmath>

#include "pipeline/model/forward.hpp"

namespace vrp {
namespace {

/// Softmax weights over image columns of the answer queries among a piece's `query` [R, heads,
/// head_dim]: over all keys a query sees, in fp32, then the image columns.
void show_attention(const Network& network, int l, const at::Tensor& query,
                    const PromptPiece& piece, const KeyValues& store, const Taps& taps) {
  const TextSpec& t = network.spec.text;
  const std::int64_t first = piece.first, end = first + query.size(0);
  const double scale = 1.0 / std::sqrt(static_cast<double>(t.head_dim));
  const at::Tensor& columns = taps.image_columns(network.device);
  for (std::int64_t p = std::max(first, taps.first_query()); p < end; ++p) {
    const std::int64_t seen = piece.causal ? p + 1 : end;
    const at::Tensor key = store.key[static_cast<std::size_t>(l)].narrow(1, 0, seen);
    const at::Tensor q = query[p - first].view({t.kv_heads, t.heads / t.kv_heads, t.head_dim});
    const at::Tensor scores = at::matmul(q.to(at::kFloat), key.to(at::kFloat).transpose(1, 2));
    const at::Tensor rows = at::softmax(scores.mul_(scale), -1).view({t.heads, seen});
    taps.see_attention(l, rows.index_select(1, columns), p,
                       static_cast<int>(p - taps.first_query()));
  }
}

/// What the heads of block l add at the query that yields y_0, when it is in the piece.
void show_heads(const Network& network, int l, const at::Tensor& attended, std::int64_t first,
                const Taps& taps) {
  const std::int64_t row = taps.first_query() - first;
  if (!taps.wants(Site::head_out, l) || row < 0 || row >= attended.size(0)) return;
  const DecoderLayer& layer = network.weights.layers[static_cast<std::size_t>(l)];
  taps.see_heads(l, head_outputs(network, layer, attended[row]));
}

/// use(run, number of its first row in the common rows).
template <class Use>
void each_run(std::span<const PieceRun> runs, const Use& use) {
  std::int64_t at = 0;
  for (const PieceRun& run : runs) {
    use(run, at);
    at += run.rows;
  }
}

/// The angles of all runs' rows.
Rotary joined_angles(std::span<const PieceRun> runs) {
  if (runs.size() == 1) return runs.front().piece.rotary;
  std::vector<at::Tensor> cos, sin;
  for (const PieceRun& run : runs) {
    cos.push_back(run.piece.rotary.cos);
    sin.push_back(run.piece.rotary.sin);
  }
  return {at::cat(cos, 0), at::cat(sin, 0)};
}

/// Keeps a run's keys and values and attends to them: [rows, heads * head_dim].
at::Tensor attend_piece(const Network& network, int l, const Heads& heads, const PieceRun& run) {
  at::Tensor& keys = run.store->key[static_cast<std::size_t>(l)];
  at::Tensor& values = run.store->value[static_cast<std::size_t>(l)];
  const std::int64_t first = run.piece.first, end = first + run.rows;
  const at::Tensor attended = attend(heads.query.transpose(0, 1), keys.narrow(1, 0, end),
                                     values.narrow(1, 0, end), run.piece.causal);
  show_heads(network, l, attended, first, *run.taps);
  return attended;
}

/// Block l of all runs, rows x in place. False: nobody reads what comes after its keys and values.
bool run_block(const Network& network, int l, at::Tensor& x, const Rotary& rotary,
               std::span<const PieceRun> runs) {
  const TextSpec& t = network.spec.text;
  const Ops& ops = *network.ops;
  const DecoderLayer& layer = network.weights.layers[static_cast<std::size_t>(l)];
  const auto show = [&](Site site, at::Tensor& rows) {
    each_run(runs, [&](const PieceRun& run, std::int64_t at) {
      at::Tensor part = rows.narrow(0, at, run.rows);
      run.taps->see_prompt(site, l, part, run.piece.first);
    });
  };
  std::vector<at::Tensor> before(runs.size());
  at::Tensor out;
  {  // heads and attention's result are gone when the MLP runs, the widest part of a block
    const Heads all = project_heads(network, x, layer, rotary);
    std::vector<Heads> heads;
    each_run(runs, [&](const PieceRun& run, std::int64_t at) {
      const auto rows = [&](const at::Tensor& from) { return from.narrow(0, at, run.rows); };
      heads.push_back({rows(all.query), rows(all.key), rows(all.value)});
      const auto keep = [&](at::Tensor& store, const at::Tensor& from) {
        store.narrow(1, run.piece.first, run.rows).copy_(from.transpose(0, 1));
      };
      keep(run.store->key[static_cast<std::size_t>(l)], heads.back().key);
      keep(run.store->value[static_cast<std::size_t>(l)], heads.back().value);
      if (run.taps->wants(Site::attention_row, l)) {
        show_attention(network, l, heads.back().query, run.piece, *run.store, *run.taps);
      }
    });
    const bool needed = std::ranges::any_of(runs, [](const PieceRun& run) {
      return run.piece.states_needed || run.piece.image_update.defined();
    });
    if (l + 1 == t.layers && !needed) return false;
    std::vector<at::Tensor> attended;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      attended.push_back(attend_piece(network, l, heads[i], runs[i]));
    }
    std::size_t i = 0;
    each_run(runs, [&](const PieceRun& run, std::int64_t at) {
      if (run.piece.image_update.defined()) {
        before[i] =
            x.narrow(0, at, run.rows).index_select(0, run.taps->image_columns(network.device));
      }
      ++i;
    });
    out = ops.linear(attended.size() == 1 ? attended.front() : at::cat(attended, 0), layer.out);
  }
  show(Site::attention_out, out);
  x.add_(out);
  each_run(runs, [&](const PieceRun& run, std::int64_t at) {
    Trunk* trunk = run.taps->trunk();
    if (trunk != nullptr) trunk->keep(l, x.narrow(0, at, run.rows), run.piece.first);
  });
  out = at::Tensor();
  const bool watched = std::ranges::any_of(
      runs, [&](const PieceRun& run) { return run.taps->wants(Site::mlp_act, l); });
  if (watched) {  // an observer's view is whole
    at::Tensor act = gated_input(network, x, layer);
    show(Site::mlp_act, act);
    out = ops.linear(act, layer.down);
  } else {
    out = mlp_update(network, x, layer);
  }
  show(Site::mlp_out, out);
  x.add_(out);
  show(Site::residual, x);
  std::size_t i = 0;
  each_run(runs, [&](const PieceRun& run, std::int64_t at) {
    if (before[i].defined()) {
      const at::Tensor after =
          x.narrow(0, at, run.rows).index_select(0, run.taps->image_columns(network.device));
      run.piece.image_update[l].copy_(update_norms(before[i], after));
    }
    ++i;
  });
  return true;
}

}  // namespace

void run_pieces(const Network& network, at::Tensor& x, std::span<const PieceRun> runs) {
  each_run(runs, [&](const PieceRun& run, std::int64_t at) {
    at::Tensor part = x.narrow(0, at, run.rows);
    run.taps->see_prompt(Site::embedding, -1, part, run.piece.first);
  });
  const Rotary rotary = joined_angles(runs);
  for (int l = 0; l < network.spec.text.layers; ++l) {
    if (!run_block(network, l, x, rotary, runs)) return;
  }
}

}  // namespace vrp
