#pragma once
// Greedy filling of strata from candidates in a seeded order, with caps on categories.
#include <cstdint>
#include <string>
#include <vector>

namespace vrp {

/// A question that could be asked.
struct Candidate {
  std::int64_t image = 0;    ///< image id; a set asks one question per image
  std::string cap;           ///< what is capped: the category, or the ordered pair
  double share = 1;          ///< cap as a share of the stratum
  std::uint64_t ticket = 0;  ///< place in the seeded order; ties by image, then cap
  std::size_t payload = 0;   ///< the caller's number for it
  bool vetoed = false;       ///< keeps its place in the order but is never taken
};

struct Stratum {
  std::string name;
  std::int64_t wanted = 0;
  std::vector<Candidate> candidates;
};

struct FillRules {
  double step = 0.02;        ///< by which all caps of a stratum rise when it cannot be filled
  bool cap_the_set = false;  ///< a cap also holds as a share of all strata together
};

struct Filled {
  std::vector<std::vector<std::size_t>> payloads;  ///< per stratum, in the order taken
  std::vector<std::string> log;                    ///< relaxed caps, in words
  std::vector<std::string> shortages;              ///< strata that could not be filled, in words
};

/// Scarcest stratum first (fewest candidates, ties in the order given); inside it the candidates
/// in ticket order, passing over used images and full caps. A cap is floor(share * wanted), at
/// least 1. A stratum that stays short while caps hold candidates back gets all its caps raised by
/// `step`, logged, until it is full or no cap blocks. (methods section 13)
Filled fill(std::vector<Stratum> strata, const FillRules& rules);

/// The payloads of all strata in turn: first of each, second of each, ...
std::vector<std::size_t> interleave(const Filled& filled);

}  // namespace vrp
