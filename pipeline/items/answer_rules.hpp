#pragma once
// What each published rule reads from a model's answer. Pure functions of the answer's bytes; an
// empty result means that the rule found nothing (invalid). Scorers compare it with the reference.
#include <string>
#include <string_view>

namespace vrp {

/// First word of Norm(answer) that is `yes` or `no` (methods section 2).
std::string read_yes_no(std::string_view answer);
/// POPE's own evaluation: text before the first '.', commas deleted, split at single spaces; `no`
/// if a piece is exactly No, no or not, otherwise `yes`. Never empty. (benchmarks section 2)
std::string read_pope(std::string_view answer);
/// VLMEvalKit's rule: `Yes`, `No`, or empty for its `Unknown`. (benchmarks section 2)
std::string read_vlmevalkit(std::string_view answer);
/// lmms-eval's rule on POPE: lower-cased and trimmed, the whole answer is `yes` or `no`, or empty.
/// (benchmarks section 2)
std::string read_lmms_eval(std::string_view answer);
/// MME's evaluation tool: `yes`, `no`, or empty for its `other`. (benchmarks section 8)
std::string read_mme(std::string_view answer);

/// lmms-eval's rule on MME: lower-cased, trimmed, every '.' deleted; a lone `y` or `n` counts, a
/// lone other character does not; else as read_mme. (benchmarks section 8)
std::string read_mme_lmms_eval(std::string_view answer);

/// First integer in Norm(answer) as decimal text without leading zeros: a run of digits, also
/// inside a word ("3cups"), or a whole word zero..twenty, "none" or "no" (both 0). (methods 2)
/// Norm deletes punctuation first, so "1,000" is 1000 and "3.5" is 35.
std::string read_integer(std::string_view answer);
/// First of left/right/above/below in Norm(answer); over, top -> above; under, beneath, bottom ->
/// below. (methods section 2)
std::string read_relation(std::string_view answer);

/// `lenient` of benchmarks section 5. First number of the answer: digits with thousands commas
/// ("1,000") and decimals ("3.5") read whole, a sign ignored, or a whole word zero..twenty.
std::string read_lenient_number(std::string_view answer);
/// The one relation named in the answer (synonyms as in `read_relation`); none or two = empty.
std::string read_lenient_relation(std::string_view answer);
/// Our counterpart for yes/no references: the one of yes/no in Norm(answer); none or both = empty.
std::string read_lenient_yes_no(std::string_view answer);

/// `authors_lenient` of methods section 2 on whatever text is given (first token or whole answer):
/// after lower-casing and trimming, equal, or one starts with or contains the other. The empty
/// text is contained in everything.
bool matches_authors_lenient(std::string_view text, std::string_view reference);

}  // namespace vrp
