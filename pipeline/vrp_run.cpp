// vrp-run: the MPI worker. Every rank reads the sweep and computes the same plan; rank 0 owns the
// folder, coordinates, and writes the tables at the end.
#include <cstdio>
#include <iostream>
#include <string>

#include "pipeline/base/repeatable.hpp"
#include "pipeline/dist/hello.hpp"
#include "pipeline/dist/mpi_session.hpp"
#include "pipeline/dist/signals.hpp"
#include "pipeline/run_job.hpp"
#include "pipeline/run_options.hpp"

namespace {

int run(vrp::MpiSession& mpi, int argc, char** argv) {
  using namespace vrp;
  if (argc == 2 && std::string(argv[1]) == "--hello") {  // asked by vrp doctor
    const Json facts = hello(mpi);
    if (mpi.rank() == 0) std::cout << Json{{"hello", facts}}.dump() << "\n";
    return 0;
  }
  RunOptions options;
  int code = mpi.agree([&] { options = parse_run_options(argc, argv); });
  if (code != 0) return code;
  if (options.help) {
    if (mpi.rank() == 0) std::cout << run_options_help() << "\n" << settings_help();
    return 0;
  }
  return run_job(mpi, options);
}

}  // namespace

int main(int argc, char** argv) {
  vrp::ask_for_repeatable_products();
  vrp::catch_stop_signals();
  vrp::MpiSession mpi(argc, argv);
  int code = 0;
  try {
    code = run(mpi, argc, argv);
  } catch (const vrp::Error& error) {
    mpi.abort(static_cast<int>(error.code()), error.what());
  } catch (const std::exception& error) {
    mpi.abort(static_cast<int>(vrp::ExitCode::internal), error.what());
  }
  std::fflush(nullptr);
  mpi.ends(code);
  return code;
}
