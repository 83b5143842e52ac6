#include "pipeline/control/show_text.hpp"

#include <cstdio>
#include <ostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/show_chart.hpp"

namespace vrp {
namespace {

constexpr std::size_t kText = 600, kShort = 80, kEditsShown = 20, kAnswersShown = 12;

std::string shown(const Json& value, std::size_t limit = kText) {
  if (!value.is_string()) return value.is_null() ? "n/a" : excerpt(value.dump(), limit);
  return excerpt(value.get_ref<const std::string&>(), limit);
}

std::string quoted(const Json& value, std::size_t limit = kText) {
  return value.is_string() ? "\"" + shown(value, limit) + "\"" : shown(value, limit);
}

/// Fixed decimals; "n/a" for null.
std::string number(const Json& value, int decimals = 3) {
  if (!value.is_number()) return "n/a";
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value.get<double>());
  return buffer;
}

std::string label_text(const Json& label) {
  return !label.is_number() ? "no label" : label.get<int>() == 1 ? "right" : "wrong";
}

std::string plural(std::size_t count, const char* noun) {
  return concat(count, " ", noun, count == 1 ? "" : "s");
}

class Printer {
 public:
  Printer(std::ostream& out, bool unicode) : out_(out), unicode_(unicode) {}

  void item(const Json& account) {
    out_ << shown(account["key"]) << "\n";
    line("question", shown(account["question"]));
    if (account["hint"] != "") line("hint", shown(account["hint"]));
    for (std::size_t i = 0; i < account["choices"].size(); ++i)
      line(i == 0 ? "options" : "",
           concat(static_cast<char>('A' + i % 26), ". ", shown(account["choices"][i], kShort)));
    std::string references;
    for (const Json& text : account["references"])
      references += (references.empty() ? "" : ", ") + quoted(text, kShort);
    line("reference", account["reference"] == "" ? "none" : shown(account["reference"]));
    if (!references.empty()) line("", "human answers: " + references);
    line("type", concat(account["type"] == "" ? "none" : shown(account["type"]), ", group ",
                        shown(account["group"])));
    line("picture", shown(account["image_file"]));
    for (const Json& region : account["regions"])
      line("region", concat(shown(region["category"], kShort), " at ", region["box"].dump(),
                            " (x, y, width, height)"));
    if (account["partial"] == true) line("PARTIAL", "the run does not cover every item");
  }

  void model(const Json& account) {
    out_ << "\n" << shown(account["model"]) << "\n";
    for (const auto& [stage, state] : account["stages"].items())
      if (state != "done") line(stage, shown(state));
    if (account["status"] != "ok") line("status", shown(account["status"]) + reason(account));
    if (account["answer"].is_null()) return;
    answer(account);
    samples(account["samples"]);
    lens(account["lens"]);
    attention(account["attention"]);
    probes(account["signals"]);
    interventions(account["interventions"]);
  }

 private:
  void line(const std::string& name, const std::string& text) {
    out_ << "  " << name << std::string(name.size() < 11 ? 11 - name.size() : 1, ' ') << text
         << "\n";
  }

  static std::string reason(const Json& account) {
    const std::string text = account.value("reason", "");
    return text.empty() ? "" : ": " + excerpt(text, kText);
  }

  void answer(const Json& account) {
    const Json& labels = account["labels"];
    line("answer", quoted(account["answer"]["text"]) + "  " +
                       (labels.empty() ? "no label" : label_text(labels[0]["label"])));
    for (const Json& label : labels)
      line(&label == &labels[0] ? "rules" : "",
           concat(shown(label["scorer"]), label["primary"] == true ? " (primary)" : "", ": ",
                  label_text(label["label"]),
                  label["unparsed"] == true ? ", nothing read from the answer"
                                            : ", read as " + quoted(label["parsed"], kShort),
                  score(label)));
    line("output", concat("confidence ", signal(account, "output/confidence"), ", P_tok ",
                          signal(account, "output/p_tok"), ", logit entropy ",
                          signal(account, "output/logit_entropy")));
  }

  /// A soft score that says more than the label.
  static std::string score(const Json& label) {
    if (!label["score"].is_number() || label["score"] == 0.0 || label["score"] == 1.0) return "";
    return ", score " + number(label["score"], 2);
  }

  /// "0.83 (percentile 71, n = 94)" of a signal, by the name of its array.
  static std::string signal(const Json& account, const char* array) {
    for (const Json& entry : account["signals"])
      if (entry["array"] == array) return number(entry["value"]) + place(entry);
    return "n/a";
  }

  static std::string place(const Json& entry) {
    if (!entry["percentile"].is_number()) return "";
    return concat(" (percentile ", number(entry["percentile"], 0),
                  ", n = ", entry["n"].get<std::size_t>(), ")");
  }

  void samples(const Json& samples) {
    if (samples.is_null()) return;
    line("samples",
         concat("S_SC ", number(samples["s_sc"], 2), ", ", number(samples["distinct"], 0),
                " distinct of ", samples["k"].get<std::size_t>(),
                entropy(samples["answer_entropy"]), samples["tie"] == 1 ? ", a tie" : "",
                "; majority ", quoted(samples["majority"], kShort)));
    const Json& counts = samples["counts"];
    for (std::size_t i = 0; i < std::min(counts.size(), kAnswersShown); ++i)
      line("", concat(counts[i]["n"].get<int>(), " x ", quoted(counts[i]["text"], kShort)));
    if (counts.size() > kAnswersShown)
      line("", plural(counts.size() - kAnswersShown, "more answer") + " (--json)");
  }

  static std::string entropy(const Json& nats) {
    return nats.is_number() ? ", entropy " + number(nats) + " nats" : "";
  }

  static Curve curve(const Json& values) {
    Curve out;
    for (const Json& value : values)
      out.push_back(value.is_number() ? std::optional<double>(value.get<double>()) : std::nullopt);
    return out;
  }

  void lens(const Json& lens) {
    if (lens.is_null()) return;
    const std::vector<Curve> curves = {curve(lens["margin"]), lens["margin_blank"].is_array()
                                                                  ? curve(lens["margin_blank"])
                                                                  : Curve()};
    const Scale scale = scale_of(curves);
    line("margin", concat("of the right answer after each block, ", number(scale.low, 2), " to ",
                          number(scale.high, 2), " logits; embeddings, then blocks 0 to ",
                          curves[0].size() - 2));
    one_curve("picture", curves[0], scale);
    if (!curves[1].empty()) one_curve("grey", curves[1], scale);
  }

  void one_curve(const char* name, const Curve& curve, const Scale& scale) {
    std::optional<std::size_t> peak;
    for (std::size_t i = 0; i < curve.size(); ++i)
      if (curve[i] && (!peak || *curve[i] > *curve[*peak])) peak = i;
    if (!peak) return line("", concat(name, ": undefined"));
    line("", concat(name, std::string(9 - std::string(name).size(), ' '),
                    spark(curve, scale, unicode_), "  peak ", number(*curve[*peak], 2), " at ",
                    *peak == 0 ? "the embeddings" : concat("block ", *peak - 1), ", last ",
                    curve.back() ? number(*curve.back(), 2) : std::string("n/a")));
  }

  void attention(const Json& attention) {
    if (attention.is_null()) return;
    line("attention",
         concat("H_s ", number(attention["h_s"]), " nats",
                attention["h_s_percentile"].is_number()
                    ? concat(" (percentile ", number(attention["h_s_percentile"], 0),
                             ", n = ", attention["n"].get<std::size_t>(), ")")
                    : std::string(),
                ", H_n ", number(attention["h_n"]), ", C_k ", number(attention["c_k"], 0),
                attention["flag"] == "" ? "" : ", " + shown(attention["flag"])));
    const Json& region = attention["region"];
    if (region["defined"] == true)
      line("", concat("on the object: mass ", number(region["mass"]), ", lift ",
                      number(region["lift"], 2), ", IoU ", number(region["iou"]), ", pointing ",
                      number(region["pointing"], 0), ", H_rel ", number(region["h_rel"])));
    else if (region["reason"] != "")
      line("", "on the object: not defined (" + shown(region["reason"], kShort) + ")");
  }

  void probes(const Json& signals) {
    bool first = true;
    for (const Json& entry : signals) {
      if (entry["stage"] != "probes" || !entry["value"].is_number()) continue;
      line(first ? "probes" : "",
           concat(shown(entry["name"]), " ", number(entry["value"]), place(entry)));
      first = false;
    }
  }

  void interventions(const Json& found) {
    if (found.is_null()) return;
    if (found["status"] != 0) {
      line("edits", found["status"] == 3 ? std::string("not among the items that are evaluated")
                                         : "failed" + reason(found));
      return;
    }
    const Json& list = found["conditions"];
    const Json before = list.empty() ? Json(nullptr) : list[0]["label"];
    std::vector<const Json*> changed;
    std::size_t answered = 0, flipped = 0;
    for (std::size_t e = 1; e < list.size(); ++e) {
      if (list[e]["answer"].is_null()) continue;
      ++answered;
      if (list[e]["changed"] != true) continue;
      changed.push_back(&list[e]);
      flipped += list[e]["label"] != before;
    }
    line("edits", concat(changed.size(), " of ", plural(answered, "condition"),
                         " changed the answer, ", flipped, " its label"));
    for (std::size_t i = 0; i < std::min(changed.size(), kEditsShown); ++i) {
      const Json& edit = *changed[i];
      line("", concat(shown(edit["name"], kShort), ": ", quoted(edit["answer"], kShort), ", ",
                      edit["label"] == before
                          ? "still " + label_text(before)
                          : label_text(before) + " -> " + label_text(edit["label"])));
    }
    if (changed.size() > kEditsShown)
      line("", plural(changed.size() - kEditsShown, "more condition") + " (--json)");
  }

  std::ostream& out_;
  bool unicode_;
};

}  // namespace

void print_account(std::ostream& out, const Json& account, bool unicode) {
  Printer printer(out, unicode);
  printer.item(account);
  for (const Json& model : account["models"]) printer.model(model);
  if (account["models"].empty()) out << "\nNo model of the run answers this set.\n";
}

}  // namespace vrp
