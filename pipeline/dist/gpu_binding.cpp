#include "pipeline/dist/gpu_binding.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

/// "CUDA_VISIBLE_DEVICES='0,0' names '0' twice, so that CUDA shows none; Slurm gave 2,3"
std::string surroundings(const GpuView& view) {
  std::string text;
  if (!view.visible) {
    text = "CUDA_VISIBLE_DEVICES is not set";
  } else {
    text = concat("CUDA_VISIBLE_DEVICES='", *view.visible, "'");
    const std::string remark = visible_devices(*view.visible).remark;
    if (!remark.empty()) text += " " + remark;
  }
  if (!view.slurm.empty()) text += "; Slurm gave this step GPU " + view.slurm;
  return text;
}

std::string where(std::size_t rank, const GpuView& view) {
  return concat("rank ", rank, " on ", view.host);
}

std::string list_of(const GpuView& view) {
  std::vector<std::string> names;
  for (const Gpu& gpu : view.gpus) names.push_back(concat(gpu.name, " (", gpu.uuid, ")"));
  return join(names, ", ");
}

/// Ranks of one node to GPUs, at most `limit` ranks each: augmenting paths, each rank trying its
/// GPUs from number (local rank mod N) on.
class NodeMatch {
 public:
  NodeMatch(const std::vector<GpuView>& ranks, const std::vector<std::size_t>& node, int limit)
      : ranks_(ranks), node_(node), limit_(static_cast<std::size_t>(limit)) {}

  /// The first rank that finds none; nothing when all have one.
  std::optional<std::size_t> run(std::vector<int>& device) {
    for (const std::size_t rank : node_) {
      tried_.clear();
      if (!place(rank)) return rank;
    }
    for (const auto& [uuid, users] : users_) {
      for (const auto& [rank, number] : users) device[rank] = number;
    }
    return std::nullopt;
  }
  /// Ranks on a GPU so far.
  std::vector<std::size_t> users(const std::string& uuid) const {
    std::vector<std::size_t> out;
    if (const auto found = users_.find(uuid); found != users_.end()) {
      for (const auto& [rank, number] : found->second) out.push_back(rank);
    }
    return out;
  }

 private:
  bool place(std::size_t rank) {
    const GpuView& view = ranks_[rank];
    const std::size_t count = view.gpus.size();
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t number = (static_cast<std::size_t>(view.local_rank) + k) % count;
      const std::string& uuid = view.gpus[number].uuid;
      if (!tried_.insert(uuid).second) continue;
      auto& users = users_[uuid];
      if (users.size() < limit_) {
        users[rank] = static_cast<int>(number);
        return true;
      }
      const std::map<std::size_t, int> now = users;
      for (const auto& [other, held] : now) {
        users_[uuid].erase(other);
        if (place(other)) {
          users_[uuid][rank] = static_cast<int>(number);
          return true;
        }
        users_[uuid][other] = held;
      }
    }
    return false;
  }

  const std::vector<GpuView>& ranks_;
  const std::vector<std::size_t>& node_;
  std::size_t limit_;
  std::map<std::string, std::map<std::size_t, int>> users_;  ///< uuid -> rank -> its number there
  std::set<std::string> tried_;
};

[[noreturn]] void refuse(const std::vector<GpuView>& ranks, const std::vector<std::size_t>& node,
                         std::size_t rank, int ranks_per_gpu, const NodeMatch& match) {
  const GpuView& view = ranks[rank];
  std::set<std::string> all;
  for (const std::size_t other : node) {
    for (const Gpu& gpu : ranks[other].gpus) all.insert(gpu.uuid);
  }
  const std::string rule = ranks_per_gpu == 1
                               ? "a rank has a GPU of its own"
                               : concat("[run] ranks_per_gpu allows ", ranks_per_gpu, " on one");
  if (node.size() > all.size() * static_cast<std::size_t>(ranks_per_gpu)) {
    fail_usage(view.host, " has ", node.size(), " ranks and ", all.size(),
               all.size() == 1 ? " GPU: " : " GPUs: ", list_of(view), "; ", rule, "; start ",
               all.size() * static_cast<std::size_t>(ranks_per_gpu),
               " ranks there, or set [run] ranks_per_gpu = ",
               (node.size() + all.size() - 1) / all.size(), " (", surroundings(view), ")");
  }
  std::vector<std::string> others;
  for (const Gpu& gpu : view.gpus) {
    for (const std::size_t user : match.users(gpu.uuid)) others.push_back(std::to_string(user));
  }
  fail_usage(
      where(rank, view), " sees only ", list_of(view), ", which rank ", join(others, ", "),
      " uses, although the node has ", all.size(), " GPUs for ", node.size(), " ranks; ", rule,
      "; let the launcher give each task its own (srun --gpus-per-task=1) or show all of them",
      " to every rank (", surroundings(view), ")");
}

/// "8 x NVIDIA H100 80GB HBM3 (80 GB)"
std::string kinds_line(const GpuChoice& choice, const std::vector<GpuView>& ranks) {
  std::map<std::string, std::set<std::string>> kinds;  // -> devices of the job
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    const Gpu& gpu = ranks[rank].gpus[static_cast<std::size_t>(choice.device[rank])];
    kinds[concat(gpu.name, " (", gpu.bytes / 1'000'000'000, " GB)")].insert(
        concat(ranks[rank].first_rank, " ", gpu.uuid));
  }
  std::vector<std::string> parts;
  for (const auto& [kind, devices] : kinds) parts.push_back(concat(devices.size(), " x ", kind));
  std::string line = join(parts, ", ");
  if (kinds.size() > 1) line += "; results of different GPUs differ in their last bits";
  return line;
}

}  // namespace

std::string GpuChoice::name(std::size_t rank) const {
  return device[rank] < 0 ? "cpu" : concat("cuda:", device[rank]);
}

GpuChoice choose_gpus(const std::string& asked, int ranks_per_gpu,
                      const std::vector<GpuView>& ranks) {
  GpuChoice choice;
  choice.device.assign(ranks.size(), -1);
  choice.line = "cpu";
  if (asked == "cpu") return choice;
  const auto sees_none = [](const GpuView& view) { return view.gpus.empty(); };
  const auto without = std::ranges::find_if(ranks, sees_none);
  const auto with = std::ranges::find_if_not(ranks, sees_none);
  const auto number = [&](auto at) { return static_cast<std::size_t>(at - ranks.begin()); };
  if (with == ranks.end()) {
    const GpuView& first = ranks.front();
    std::string found = first.problem;
    if (first.visible || !first.slurm.empty()) found += concat(" (", surroundings(first), ")");
    if (asked == "cuda") {
      fail_usage("[run] device = cuda, but ", where(0, first), " has no GPU: ", found,
                 "; ask for GPUs (srun --gpus-per-task=1) or set device = cpu");
    }
    choice.line = "cpu (no GPU: " + found + ")";
    return choice;
  }
  if (without != ranks.end()) {
    fail_usage(
        "[run] device = ", asked, ": ", where(number(without), *without),
        " has no GPU: ", without->problem, " (", surroundings(*without), "), while ",
        where(number(with), *with), " has ", list_of(*with),
        "; GPU and CPU results differ in their last bits, so that all ranks need one; or set "
        "device = cpu");
  }
  std::map<int, std::vector<std::size_t>> nodes;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    nodes[ranks[rank].first_rank].push_back(rank);
  }
  for (const auto& [first, node] : nodes) {
    for (int limit = 1;; ++limit) {
      NodeMatch match(ranks, node, limit);
      const auto left_over = match.run(choice.device);
      if (!left_over) {
        choice.shared = choice.shared || limit > 1;
        break;
      }
      if (limit >= ranks_per_gpu) refuse(ranks, node, *left_over, ranks_per_gpu, match);
    }
  }
  choice.line = kinds_line(choice, ranks);
  return choice;
}

Json gpu_facts(const GpuChoice& choice, const std::vector<GpuView>& ranks) {
  std::map<std::pair<std::string, std::int64_t>, Json> kinds;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    if (choice.device[rank] < 0) continue;
    const Gpu& gpu = ranks[rank].gpus[static_cast<std::size_t>(choice.device[rank])];
    kinds[{gpu.name, gpu.bytes}].push_back({rank, gpu.uuid});
  }
  Json out = Json::array();
  for (const auto& [kind, devices] : kinds) {
    out.push_back(Json::array({kind.first, kind.second, devices}));
  }
  return out;
}

VisibleDevices visible_devices(const std::string& text) {
  VisibleDevices out;
  std::string prefix;
  for (const char* known : {"GPU-", "MIG-"}) {
    if (text.rfind(known, 0) == 0) prefix = known;
  }
  if (trim(text).empty()) {
    out.remark = "shows none";
    return out;
  }
  for (const std::string& part : split(text, ',')) {
    std::string entry = trim(part);
    if (prefix.empty()) {
      // As strtoul reads it.
      const std::size_t sign = !entry.empty() && entry[0] == '+' ? 1 : 0;
      std::size_t end = sign;
      while (end < entry.size() && std::isdigit(static_cast<unsigned char>(entry[end])) != 0) ++end;
      if (end == sign) {
        out.remark = concat("ends for CUDA at '", entry, "', which is no device");
        return out;
      }
      std::size_t begin = sign;
      while (begin + 1 < end && entry[begin] == '0') ++begin;
      entry = entry.substr(begin, end - begin);
    } else if (entry.rfind(prefix, 0) != 0) {
      out.remark = concat("ends for CUDA at '", entry, "', which does not begin with ", prefix);
      return out;
    }
    if (std::ranges::find(out.entries, entry) != out.entries.end()) {
      out.entries.clear();
      out.remark = concat("names ", entry, " twice, for which CUDA shows none");
      return out;
    }
    out.entries.push_back(entry);
  }
  if (prefix == "MIG-" && out.entries.size() > 1) {
    out.entries.resize(1);
    out.remark = "names several MIG devices, of which CUDA shows a process the first";
  }
  return out;
}

GpuView gpu_view(const std::string& host, int first_rank, int local_rank, std::vector<Gpu> gpus,
                 std::string problem) {
  GpuView view{host, first_rank, local_rank, std::move(gpus), std::move(problem), {}, {}};
  if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES")) view.visible = visible;
  for (const char* name : {"SLURM_STEP_GPUS", "SLURM_JOB_GPUS"}) {
    if (const char* value = std::getenv(name); value != nullptr && view.slurm.empty()) {
      view.slurm = value;
    }
  }
  return view;
}

Json to_json(const GpuView& view) {
  Json gpus = Json::array();
  for (const Gpu& gpu : view.gpus) gpus.push_back({gpu.uuid, gpu.name, gpu.bytes});
  return {{"host", view.host},
          {"first", view.first_rank},
          {"local", view.local_rank},
          {"gpus", gpus},
          {"problem", view.problem},
          {"slurm", view.slurm},
          {"visible", view.visible ? Json(*view.visible) : Json()}};
}

GpuView gpu_view_of(const Json& json) {
  GpuView view;
  view.host = json.at("host");
  view.first_rank = json.at("first");
  view.local_rank = json.at("local");
  for (const Json& gpu : json.at("gpus")) view.gpus.push_back({gpu.at(0), gpu.at(1), gpu.at(2)});
  view.problem = json.at("problem");
  view.slurm = json.at("slurm");
  if (!json.at("visible").is_null()) view.visible = json.at("visible").get<std::string>();
  return view;
}

}  // namespace vrp
