// One generated token of each of many conditions: blocks up to a condition's first edit see the
// unedited run's prompt, which is read once for all of them, later blocks the condition's own.
#include <map>

#include "pipeline/model/forward_edit.hpp"

namespace vrp {
namespace {

/// The stores of one block, as stores of one block: tensors are shared, not copied.
KeyValues one_block(const KeyValues& all, std::size_t block) {
  return {{all.key[block]}, {all.value[block]}};
}

/// Rows that see the same prompt in a block.
struct Group {
  const SharedPrompt* prompt = nullptr;
  std::size_t block = 0;  ///< of its store
  std::vector<std::int64_t> rows;
};

std::vector<Group> groups_of(const EditedStep& now, int l) {
  const auto block = static_cast<std::size_t>(l);
  std::vector<Group> groups;
  Group unedited{now.prompt, block, {}};
  for (std::size_t i = 0; i < now.branches.size(); ++i) {
    const Branch& branch = *now.branches[i];
    const auto row = static_cast<std::int64_t>(i);
    if (branch.fork() >= l) {
      unedited.rows.push_back(row);
    } else {
      groups.push_back({&branch.shared, branch.place(block), {row}});
    }
  }
  if (!unedited.rows.empty()) groups.push_back(std::move(unedited));
  return groups;
}

class Step {
 public:
  Step(const Network& network, const EditedStep& now)
      : network_(network), now_(now), slots_(at::tensor(now.slots, at::kLong).to(network.device)) {}

  void block(int l, at::Tensor& x, const Rotary& rotary) {
    const Ops& ops = *network_.ops;
    const DecoderLayer& layer = network_.weights.layers[static_cast<std::size_t>(l)];
    const Heads heads = project_heads(network_, x, layer, rotary);
    x.add_(ops.linear(attend(l, heads), layer.out));
    at::Tensor act = gated_input(network_, x, layer);
    edit(EditSite::mlp_act, l, act);
    at::Tensor out = ops.linear(act, layer.down);
    edit(EditSite::mlp_out, l, out);
    x.add_(out);
    edit(EditSite::residual, l, x);
  }

 private:
  at::Tensor attend(int l, const Heads& heads) {
    KeyValues own = one_block(*now_.answers, static_cast<std::size_t>(l));
    own.key[0].select(2, now_.done).index_copy_(0, slots_, heads.key);
    own.value[0].select(2, now_.done).index_copy_(0, slots_, heads.value);
    at::Tensor out = at::empty({heads.query.size(0), heads.query.size(1) * heads.query.size(2)},
                               heads.query.options());
    for (const Group& group : groups_of(now_, l)) {
      const at::Tensor rows = at::tensor(group.rows, at::kLong).to(network_.device);
      SharedPrompt prompt;
      prompt.store = one_block(group.prompt->store, group.block);
      prompt.length = group.prompt->length;
      // Slots of the group in order, as both twins take them.
      const at::Tensor slots = slots_.index_select(0, rows);
      const KeyValues answers{{own.key[0].index_select(0, slots)},
                              {own.value[0].index_select(0, slots)}};
      std::vector<std::int64_t> order;
      for (std::int64_t i = 0; i < std::ssize(group.rows); ++i) order.push_back(i);
      const Attended attended = network_.ops->attend_shared(
          {heads.query.index_select(0, rows), 0, now_.done + 1, order, false}, prompt, answers);
      out.index_copy_(0, rows, attended.out);
    }
    return out;
  }

  void edit(EditSite site, int l, at::Tensor& x) {
    for (std::size_t i = 0; i < now_.branches.size(); ++i) {
      now_.branches[i]->edit_answer(site, l, x.narrow(0, static_cast<std::int64_t>(i), 1));
    }
  }

  const Network& network_;
  const EditedStep& now_;
  at::Tensor slots_;
};

}  // namespace

void run_edited_answer(const Network& network, at::Tensor& x, const EditedStep& now) {
  const std::vector<std::int32_t> axes(
      static_cast<std::size_t>(network.spec.text.position_axes()),
      static_cast<std::int32_t>(now.prompt->next_position + now.done));
  const Rotary rotary = rotary_angles(network, axes, 0, 1);
  Step step(network, now);
  for (int l = 0; l < network.spec.text.layers; ++l) step.block(l, x, rotary);
}

}  // namespace vrp
