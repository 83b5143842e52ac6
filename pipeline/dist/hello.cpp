#include "pipeline/dist/hello.hpp"

#include <mpi.h>

#include <chrono>
#include <thread>

namespace vrp {
namespace {

constexpr double kPatienceSeconds = 30;

/// One message each way between rank 0 and every other, over the job's own transport.
void exchange(MpiSession& mpi) {
  Transport& transport = mpi.transport();
  const auto begin = std::chrono::steady_clock::now();
  const auto wait = [&] {
    while (!transport.receive()) {
      const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - begin;
      if (waited.count() > kPatienceSeconds)
        throw Error(ExitCode::internal,
                    concat("rank ", mpi.rank(), ": no message of another rank in ",
                           kPatienceSeconds, " s"));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  };
  const Message message{MessageKind::request, mpi.rank(), 0, 0, ""};
  if (mpi.rank() != 0) {
    transport.send(0, message);
    wait();
    return;
  }
  for (int i = 1; i < mpi.size(); ++i) wait();
  for (int i = 1; i < mpi.size(); ++i) transport.send(i, message);
}

}  // namespace

Json hello(MpiSession& mpi) {
  exchange(mpi);
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = {};
  int length = 0, version = 0, subversion = 0, threads = 0;
  MPI_Get_library_version(text, &length);
  MPI_Get_version(&version, &subversion);
  MPI_Query_thread(&threads);
  if (mpi.rank() != 0) return nullptr;
  const char* const level = threads == MPI_THREAD_MULTIPLE     ? "multiple"
                            : threads == MPI_THREAD_SERIALIZED ? "serialized"
                            : threads == MPI_THREAD_FUNNELED   ? "funneled"
                                                               : "single";
  std::string library(text, static_cast<std::size_t>(length));
  library = library.substr(0, library.find_first_of(",\n"));
  return {{"ranks", mpi.size()},
          {"hosts", mpi.hosts()},
          {"library", library},
          {"standard", concat(version, ".", subversion)},
          {"threads", level}};
}

}  // namespace vrp
