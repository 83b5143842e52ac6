// libtorch has a macro CHECK of its own: REQUIRE is Catch2's here.
// A program linked to vrp::torch starts without LD_LIBRARY_PATH and holds what its build promises.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <mutex>
#include <set>
#ifdef VRP_TORCH_CUDA
#include <ATen/detail/CUDAHooksInterface.h>
#include <nccl.h>
#endif

TEST_CASE("libtorch computes in a program that was found by its own rpath", "[build]") {
  const at::Tensor a = at::arange(6, at::kFloat).reshape({2, 3});
  REQUIRE(at::mm(a, a.t()).sum().item<float>() == 83.0f);  // [[5, 14], [14, 50]]
}

TEST_CASE("parallel_for of this build uses the threads that it is given", "[build]") {
  at::set_num_threads(2);
  std::mutex guard;
  std::set<int> threads;
  at::parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
    const std::lock_guard lock(guard);
    threads.insert(at::get_thread_num());
  });
  REQUIRE(threads == std::set<int>{0, 1});
}

#ifdef VRP_TORCH_CUDA
TEST_CASE("a CUDA build holds libtorch's CUDA part, whether or not there is a GPU", "[build]") {
  REQUIRE(at::detail::getCUDAHooks().hasCUDART());
  REQUIRE(at::detail::getCUDAHooks().versionCUDART() >= 13000);
}

TEST_CASE("the NCCL that is loaded is the one that the headers describe", "[build]") {
  int version = 0;
  REQUIRE(ncclGetVersion(&version) == ncclSuccess);
  REQUIRE(version == NCCL_VERSION_CODE);
}
#endif
