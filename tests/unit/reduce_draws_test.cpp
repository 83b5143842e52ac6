// Bootstrap replicates in place, in blocks, and read back from blocks.
#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/store/frame.hpp"
#include "reduce_fixture.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/replicate_parts.hpp"

using namespace vrp;
using namespace vrp::testing;
using Catch::Contains;

namespace {

Draws::Replicates numbers(stats::ReplicateRange range) {
  Draws::Replicates out(2);
  for (std::int64_t b = range.first; b < range.first + range.count; ++b) {
    out[0].push_back(static_cast<double>(b));
    out[1].push_back(static_cast<double>(-b));
  }
  return out;
}

Record block_of(std::int64_t first, std::int64_t count, const char* name = "numbers") {
  const Draws draws = Draws::block(1, {first, count});
  draws.get(name, 10, numbers);
  return draws.record();
}

}  // namespace

TEST_CASE("blocks of replicates join to the replicates drawn in place", "[reduce][draws]") {
  const auto whole = Draws(1).get("numbers", 10, numbers);
  const Draws joined = Draws::joined(1, {block_of(4, 6), block_of(0, 3), block_of(3, 1)});
  CHECK(joined.get("numbers", 10, [](stats::ReplicateRange) -> Draws::Replicates {
    FAIL("joined replicates are made again");
    return {};
  }) == whole);
  CHECK_FALSE(joined.only_block());
  CHECK_FALSE(Draws(1).only_block());
  CHECK(Draws::block(1, {0, 3}).only_block());
}

TEST_CASE("blocks that do not fit are refused", "[reduce][draws]") {
  CHECK_THROWS_WITH(Draws::joined(1, {block_of(0, 3), block_of(4, 6)}), Contains("3 to 4"));
  CHECK_THROWS_WITH(Draws::joined(1, {block_of(0, 5), block_of(4, 6)}), Contains("there twice"));
  CHECK_THROWS_WITH(Draws::joined(1, {block_of(1, 9)}), Contains("0 to 1"));
  const Draws other = Draws::joined(1, {block_of(0, 10, "others")});
  CHECK_THROWS_WITH(other.get("numbers", 10, numbers), Contains("no block holds 'numbers'"));
  const Draws short_one = Draws::joined(1, {block_of(0, 9)});
  CHECK_THROWS_WITH(short_one.get("numbers", 10, numbers), Contains("has 9 replicates"));
  const Draws block = Draws::block(1, {0, 3});
  block.get("numbers", 10, numbers);
  CHECK_THROWS_WITH(block.get("numbers", 10, numbers), Contains("asked for twice"));
  CHECK_THROWS_WITH(Draws::block(1, {8, 3}).get("numbers", 10, numbers), Contains("ends at 11"));
  CHECK_THROWS_WITH(Draws(1).record(), Contains("only a block"));
}

TEST_CASE("parts of a cell depend on its size alone and cover every replicate", "[reduce][draws]") {
  ReduceParams params;
  params.replicates = 1000;
  params.block_draws = 40000;
  CHECK(replicate_parts(40, params).empty());
  CHECK(replicate_parts(0, params).empty());
  const auto parts = replicate_parts(100, params);
  CHECK(parts == std::vector<std::string>{"0-334", "334-667", "667-1000"});
  CHECK(replicate_range("334-667").first == 334);
  CHECK(replicate_range("334-667").count == 333);
  params.block_draws = 1;
  CHECK(replicate_parts(100, params).size() == 1000);  // a block holds one replicate at least
  for (const char* text : {"", "5", "5-", "-5", "5-5", "7-5", "a-b", "1-2x", "-1-3"})
    CHECK_THROWS_WITH(replicate_range(text), Contains("no range"));
}

TEST_CASE("a cell reduced in blocks has the bits of one reduced in place", "[reduce][draws]") {
  TestCell cell;
  const Rows rows = informative(40);
  make_whole_cell(cell, "demo_pope_adversarial", rows);
  ReduceParams params = quick();
  params.replicates = 130;
  const Record whole = reduce_cell(cell.data, params, 7);
  const Record pooled = reduce_pooled({cell.data}, params, 7);
  for (const int count : {1, 2, 7}) {
    std::vector<Record> blocks, pooled_blocks;
    for (int part = count - 1; part >= 0; --part) {
      const Draws draws = Draws::block(7, stats::replicate_block(130, part, count));
      reduce_cell(cell.data, params, draws);
      blocks.push_back(draws.record());
      const Draws of_pooled = Draws::block(7, stats::replicate_block(130, part, count));
      reduce_pooled({cell.data}, params, of_pooled);
      pooled_blocks.push_back(of_pooled.record());
    }
    CHECK(reduce_cell(cell.data, params, Draws::joined(7, blocks)).digest() == whole.digest());
    CHECK(reduce_pooled({cell.data}, params, Draws::joined(7, pooled_blocks)).digest() ==
          pooled.digest());
  }
  // Replicates of another seed are other replicates.
  const Draws other = Draws::block(8, {0, 130});
  reduce_cell(cell.data, params, other);
  CHECK(reduce_cell(cell.data, params, Draws::joined(7, {other.record()})).digest() !=
        whole.digest());
}
