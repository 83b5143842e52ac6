#pragma once
// Small item tables and labels for tests of figures and reviews.
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/items/official_figures.hpp"

/// A table of `kind` whose rows are appended one by one; every row has its own image.
struct FiguresTable {
  vrp::ItemTable items;
  vrp::RowLabels labels;

  FiguresTable(const std::string& kind, const std::string& importer,
               const std::vector<std::string>& scorers) {
    items.benchmark = "set";
    items.kind = kind;
    items.facts["importer"] = importer;
    items.scorers = scorers;
    labels.scorer = scorers.front().substr(0, scorers.front().find('@'));
  }

  void add(const std::string& id, const std::string& answer, const std::string& type,
           const std::string& metadata, const std::string& split = "test") {
    items.key.push_back("set/" + split + "/" + id);
    items.id.push_back(id);
    items.group.push_back("g" + id);
    items.image.push_back(id + ".png");
    items.image_hash.emplace_back("00");
    items.question.push_back("Question " + id + "?");
    items.answer.push_back(answer);
    items.answers.emplace_back();
    items.choices.emplace_back();
    items.hint.emplace_back();
    items.type.push_back(type);
    items.regions.emplace_back();
    items.metadata.push_back(metadata);
  }

  /// The label of the row added last; y = -1: none.
  void label(int y, double score, const std::string& parsed = "") {
    labels.y.push_back(y);
    labels.invalid.push_back(parsed.empty() ? 1 : 0);
    labels.score.push_back(y < 0 ? std::numeric_limits<double>::quiet_NaN() : score);
    labels.parsed.push_back(parsed);
  }
};
