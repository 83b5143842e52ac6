// vrp-simulate: jobs of thousands of ranks, simulated around the scheduler of vrp-run.
#include <boost/program_options.hpp>
#include <cstdio>
#include <iostream>

#include "tests/scale/cluster.hpp"
#include "tests/scale/sweep_plan.hpp"

namespace {

using namespace vrp;
using namespace vrp::scale;
namespace po = boost::program_options;

struct Options {
  std::int64_t units = 100000;
  SweepShape shape;
  SecondsParams seconds;
  ClusterParams cluster;
  std::string times;
  int quantiles = 0;
  bool json = false;

  po::options_description description() {
    po::options_description out("Simulates a sweep on a cluster; the scheduler is that of vrp-run");
    auto& p = cluster;
    const auto option = [&](const char* name, auto& value, const char* help) {
      out.add_options()(name, po::value(&value)->default_value(value), help);
    };
    option("ranks", p.ranks, "ranks");
    option("ranks-per-node", p.ranks_per_node, "ranks of a node");
    option("units", units, "units of the sweep, about");
    option("models", shape.models, "models");
    option("benchmarks", shape.benchmarks, "benchmarks");
    option("probe-parts", shape.probe_parts, "units that fit a cell's probes");
    out.add_options()("independent", "capture alone: units without dependences");
    option("unit-seconds", seconds.unit, "mean of a unit of items with a model");
    option("metrics-seconds", seconds.metrics, "mean of a unit of items without one");
    option("whole-seconds", seconds.whole, "mean of a unit of a whole cell");
    option("sigma", seconds.sigma, "spread (lognormal) of stages that --times does not tell");
    option("times", times, "spread of units: a run's units.journal, or lines STAGE q0 q1 ... qn");
    option("quantiles", quantiles, "print the spreads of --times with so many steps, and end");
    option("latency", p.latency, "seconds of a message");
    option("service", p.service, "seconds of a coordinator's call; 0 = as measured");
    option("start-seconds", p.start, "from a job's start to its first unit");
    option("restart-seconds", p.restart, "from a job's end to the next start");
    option("unit-fails", p.unit_fails, "chance that a try of a unit fails");
    option("thread-hangs", p.thread_hangs, "chance that a try of a unit never ends");
    option("straggles", p.straggles, "chance that a try takes --straggle times as long");
    option("straggle", p.straggle, "times as long");
    option("broken-ranks", p.broken_ranks, "share of ranks on which every unit fails");
    option("slow-ranks", p.slow_ranks, "share of ranks that take --slow times as long");
    option("slow", p.slow, "times as long");
    option("rank-hours", p.rank_hours,
           "mean hours to the death of a rank, which ends the job; 0 = none");
    option("hang-hours", p.hang_hours, "mean hours until a rank's main thread hangs; 0 = none");
    option("heartbeat", p.loop.heartbeat, "as [run] heartbeat");
    option("unit-timeout", p.loop.unit_timeout, "as [run] unit_timeout");
    option("straggler", p.loop.scheduler.straggler, "as [run] straggler");
    option("straggler-seconds", p.loop.scheduler.straggler_seconds, "as [run] straggler_seconds");
    option("rank-failures", p.loop.scheduler.rank_failures, "as [run] rank_failures");
    option("unit-attempts", p.loop.scheduler.unit_attempts, "as [run] unit_attempts");
    option("seed", p.seed, "of everything random");
    out.add_options()("json", "print JSON")("help,h", "this text");
    return out;
  }
};

Json to_json(const Result& r, const Options& o, double plan_seconds, double real_seconds) {
  const double service = r.messages.total() + r.ticks.total();
  return {
      {"ranks", o.cluster.ranks},
      {"units", r.units},
      {"unit_seconds", o.seconds.unit},
      {"complete", r.complete},
      {"code", r.code},
      {"makespan_s", r.makespan},
      {"efficiency", r.efficiency},
      {"useful_rank_s", r.useful},
      {"coordinator_us_per_unit", service / static_cast<double>(r.units) * 1e6},
      {"message_us_p99", r.messages.quantile(0.99) * 1e6},
      {"turn_us_p99", r.ticks.quantile(0.99) * 1e6},
      {"message_us_max", r.messages.quantile(1) * 1e6},
      {"turn_us_max", r.ticks.quantile(1) * 1e6},
      {"messages_per_unit", static_cast<double>(r.messages.calls()) / static_cast<double>(r.units)},
      {"coordinator_busy", service / r.makespan},
      {"longest_queue", r.longest_queue},
      {"jobs", r.jobs},
      {"deaths", r.deaths},
      {"hung_jobs", r.hung_jobs},
      {"tries", r.tries},
      {"failures", r.failures},
      {"stragglers", r.stragglers},
      {"retired", r.retired},
      {"repeated_units", r.repeated},
      {"repeated_share", r.repeated_seconds / r.useful},
      {"lost", r.lost},
      {"twice", r.twice},
      {"out_of_order", r.out_of_order},
      {"events_bytes_per_unit", static_cast<double>(r.events_bytes) / static_cast<double>(r.units)},
      {"plan_s", plan_seconds},
      {"memory_mb", static_cast<double>(resident_bytes()) / 1e6},
      {"real_s", real_seconds}};
}

void print(const Json& figures) {
  for (const auto& [name, value] : figures.items()) {
    std::cout << name << std::string(26 - std::min<std::size_t>(25, name.size()), ' ') << value
              << "\n";
  }
}

int run(int argc, char** argv) {
  Options options;
  const auto description = options.description();
  po::variables_map given;
  try {
    po::store(po::parse_command_line(argc, argv, description), given);
    po::notify(given);
  } catch (const po::error& error) {
    fail_usage(error.what(), "; vrp-simulate --help lists the options");
  }
  if (given.count("help") > 0) {
    std::cout << description;
    return 0;
  }
  if (options.cluster.ranks < 1 || options.units < 1) fail_usage("--ranks, --units: at least 1");
  options.shape.stages = given.count("independent") == 0;
  options.seconds.seed = options.cluster.seed;
  const double began = steady_seconds();
  const Plan plan = sweep_plan(shape_for(options.units, options.shape));
  const double planned = steady_seconds();
  const UnitSeconds seconds(plan, options.seconds, options.times);
  if (options.quantiles > 0) {
    std::cout << seconds.lines(options.quantiles);
    return 0;
  }
  options.cluster.loop.progress = 60;
  const Result result = simulate(plan, seconds, options.cluster);
  const Json figures = to_json(result, options, planned - began, steady_seconds() - planned);
  if (given.count("json") > 0) {
    std::cout << figures.dump(1) << "\n";
  } else {
    print(figures);
  }
  return result.complete && result.twice == 0 && result.out_of_order == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const vrp::Error& error) {
    std::fprintf(stderr, "vrp-simulate: %s\n", error.what());
    return static_cast<int>(error.code());
  }
}
