#pragma once
// Labels of stored answers: every scorer of a table, side by side. Labels are a pure function of
// answer, item and scorer, so they are made where they are read and change without a model.
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/items/scorer.hpp"
#include "pipeline/store/record.hpp"

namespace vrp {

/// A judge's verdicts by row of an item table; empty = none.
using Reviews = std::vector<Review>;

/// Adds to a capture record, for every scorer of `items` (the first one is the primary one):
///   label/<scorer>          int32 [item]  1 correct, 0 incorrect, -1 no label; attributes version,
///                           primary = "1" on the first
///   label_invalid/<scorer>  uint8 [item]  1 = nothing could be parsed from the answer
///   label_score/<scorer>    float64 [item]  soft score in [0, 1], NaN = no label
///   label_parsed/<scorer>   text [item]  what was read from the answer
/// Rows are matched by item/key; failed items (item/status 1) have no label. Choice losses come
/// from choice/offset and choice/loss of the record. Error (bad_input) when the record holds an
/// item that the table lacks.
void add_labels(Record& capture, const ItemTable& items, const Reviews& reviews = {});

/// Adds label_majority/<scorer> int32 [item] to a consistency record: the label of the majority
/// answer. Scorers that need more than the text (judge, likelihood) give -1.
void add_majority_labels(Record& consistency, const ItemTable& items);

/// Adds label/<scorer> int32 [item, condition] of the primary scorer to an interventions record; a
/// condition without an answer (answer/length -1) has no label.
void add_edit_labels(Record& interventions, const ItemTable& items);

}  // namespace vrp
