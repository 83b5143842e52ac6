#include "pipeline/driver/rank_book.hpp"

#include <catch2/catch.hpp>

using namespace vrp;

TEST_CASE("a rank is retired once another rank has done what failed on it", "[rank_book]") {
  RankBook book(4, 2, {});
  book.failed(1, 10);
  CHECK(book.active(1));
  book.failed(1, 11);
  CHECK(book.retired(1));
  CHECK(book.take_retired().empty());  // the units may be at fault
  book.proven({1});
  CHECK(book.take_retired() == std::vector<int>{1});
  book.succeeded(1);  // too late
  CHECK(book.retired(1));
  CHECK(book.active_count() == 3);
}

TEST_CASE("what was done elsewhere before the last failure counts as well", "[rank_book]") {
  RankBook book(4, 2, {});
  book.failed(1, 10);
  book.proven({1});
  CHECK(book.active(1));
  book.failed(1, 11);
  CHECK(book.take_retired() == std::vector<int>{1});
}

TEST_CASE("units that fail everywhere are not held against a rank", "[rank_book]") {
  RankBook book(4, 2, {});
  book.failed(1, 10);
  book.failed(1, 11);
  book.failed(2, 10);
  book.excuse({1, 2}, 10);
  CHECK(book.active(1));
  CHECK(book.active(2));
  CHECK(book.active_count() == 4);
  book.failed(1, 12);
  book.succeeded(1);
  book.failed(1, 13);
  CHECK(book.active(1));  // not in a row
}

TEST_CASE("the last active rank stays", "[rank_book]") {
  RankBook book(2, 1, {});
  book.failed(0, 1);
  CHECK(book.retired(0));
  for (std::size_t unit = 0; unit < 10; ++unit) book.failed(1, unit);
  CHECK(book.active(1));
  CHECK(book.active_count() == 1);
}

TEST_CASE("a failed unit goes to another node, then another rank, then back", "[rank_book]") {
  RankBook book(4, 100, {0, 0, 1, 1});
  book.failed(0, 5);
  CHECK_FALSE(book.may_try(0, {0}));
  CHECK_FALSE(book.may_try(1, {0}));
  CHECK(book.may_try(2, {0}));
  book.failed(2, 5);
  CHECK(book.may_try(1, {0, 2}));  // no fresh node is left
  CHECK(book.may_try(3, {0, 2}));
  CHECK_FALSE(book.may_try(0, {0, 2}));
  for (int rank : {1, 3}) book.failed(rank, 5);
  CHECK(book.may_try(0, {0, 1, 2, 3}));
}

TEST_CASE("a rank whose last unit failed gets no failed unit while others are there",
          "[rank_book]") {
  RankBook book(4, 3, {});
  book.failed(1, 20);  // a broken rank is always free: it would take every retry
  book.failed(2, 21);
  CHECK_FALSE(book.may_try(2, {1}));
  CHECK(book.may_try(0, {1}));
  book.succeeded(2);
  CHECK(book.may_try(2, {1}));
}

TEST_CASE("a rank that is left inside a unit is absent until it reports that unit", "[rank_book]") {
  RankBook book(3, 3, {});
  book.leave(1, 7);
  CHECK(book.absent(1));
  CHECK(book.active_count() == 2);
  book.report(1, 8);
  CHECK(book.absent(1));
  book.report(1, 7);
  CHECK(book.active(1));
  CHECK(book.active_count() == 3);
}
