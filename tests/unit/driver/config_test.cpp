#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "pipeline/config/prompt_texts.hpp"
#include "pipeline/config/sweep.hpp"
#include "pipeline/items/scorer.hpp"
#include "pipeline/run_options.hpp"
#include "stages/catalog.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

struct Conf {
  fs::path root = fs::temp_directory_path() / ("vrp_conf_" + std::to_string(::getpid()));
  Conf() {
    fs::remove_all(root);
    for (const char* part : {"models", "benchmarks", "sweeps"}) fs::create_directories(root / part);
    write("models/tiny.ini", "[model]\ncheckpoint = somewhere\n");
    write("benchmarks/set.ini", "[benchmark]\ntable = set.h5\nsuffix = \\nOne word.\n");
    write("sweeps/s.ini", base());
  }
  ~Conf() { fs::remove_all(root); }
  static std::string base() { return "[sweep]\nname = s\nmodels = tiny\nbenchmarks = set\n"; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(root / name) << text;
  }
  Sweep read(const std::vector<std::string>& sets = {}) const {
    SweepOverrides overrides;
    overrides.files = {(root / "sweeps/s.ini").string()};
    overrides.sets = sets;
    return read_sweep(overrides);
  }
  /// Message of the usage error that reading and binding gives; fails the test when there is none.
  std::string refusal(const std::string& more, const std::vector<std::string>& sets = {}) const {
    write("sweeps/s.ini", base() + more);
    try {
      Sweep sweep = read(sets);
      bind_stage_params(sweep);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::usage);
      return error.what();
    }
    FAIL("accepted: " << more);
    return {};
  }
};

}  // namespace

TEST_CASE("a sweep names its parts and --set reaches everything", "[config]") {
  const Conf conf;
  Sweep sweep = conf.read({"consistency.samples=4", "benchmark:set.n=12", "run.threads=2"});
  const StageParams params = bind_stage_params(sweep);
  CHECK(sweep.models[0].config.checkpoint == "somewhere");
  REQUIRE(sweep.benchmarks[0].config.suffix.has_value());
  CHECK(unescape(*sweep.benchmarks[0].config.suffix) == "\nOne word.");
  CHECK(sweep.benchmarks[0].config.n == 12);
  CHECK(sweep.run.threads == 2);
  CHECK(params.consistency.samples == 4);
}

TEST_CASE("[benchmark:*] is above a benchmark's file and below what is said of it by name",
          "[config]") {
  const Conf conf;
  conf.write("benchmarks/other.ini", "[benchmark]\ntable = other.h5\nmax_new_tokens = 9\n");
  conf.write("sweeps/s.ini",
             "[sweep]\nname = s\nmodels = tiny\nbenchmarks = set other\n"
             "[benchmark:*]\nsuffix =\nmax_new_tokens = 32\n"
             "[benchmark:other]\nmax_new_tokens = 4\n");
  const Sweep sweep = conf.read();
  CHECK(sweep.benchmarks[0].config.suffix == "");  // set to nothing
  CHECK(sweep.benchmarks[0].config.max_new_tokens == 32);
  CHECK(sweep.benchmarks[0].config.table == "set.h5");
  CHECK(sweep.benchmarks[1].config.max_new_tokens == 4);
  CHECK_THAT(conf.refusal("[benchmark:*]\nsufix =\n"), Catch::Contains("suffix"));
}

TEST_CASE("a form of answer takes the model's text, a suffix that is set wins over it",
          "[config]") {
  const Conf conf;
  conf.write("models/tiny.ini",
             "[model]\ncheckpoint = somewhere\nsuffix_short = \\nOne word.\n"
             "suffix_yes_no = \\sYes or no?\nsuffix_letter = \\nThe letter.\n");
  const auto texts = [&](const std::string& benchmark) {
    conf.write("benchmarks/set.ini", "[benchmark]\ntable = set.h5\n" + benchmark);
    const Sweep sweep = conf.read();
    return prompt_texts(sweep.models[0].config, sweep.benchmarks[0].config);
  };
  CHECK(texts("form = short\n").suffix == "\nOne word.");
  CHECK(texts("form = yes_no\n").suffix == " Yes or no?");
  CHECK(texts("form = letter\n").suffix == "\nThe letter.");
  CHECK(texts("form = open\n").suffix.empty());
  CHECK(texts("").suffix.empty());
  CHECK(texts("form = short\nsuffix = \\nBriefly.\n").suffix == "\nBriefly.");
  for (const char* form : {"short", "yes_no", "letter", "open"}) {
    const PromptTexts none = texts(std::string("suffix =\nform = ") + form + "\n");
    CHECK(none.suffix.empty());
    CHECK(none.replaces.empty());
    // Options are shown whatever is appended to them.
    CHECK(none.options == (none.options.empty() ? "" : "{q}\n{options}"));
    CHECK(none.options.empty() == (std::string(form) != "letter"));
  }
  CHECK(texts("form = yes_no\n").replaces == "Please answer yes or no.");
  CHECK(texts("form = short\n").replaces.empty());
  CHECK(texts("form = short\n").hint == "{h}\n");
  conf.write("models/tiny.ini", "[model]\ncheckpoint = somewhere\n");  // no texts at all
  CHECK(texts("form = yes_no\n").suffix.empty());
  CHECK(texts("form = yes_no\n").replaces.empty());
}

TEST_CASE("forms and layouts that cannot be are refused", "[config]") {
  const Conf conf;
  CHECK_THAT(conf.refusal("", {"benchmark:set.form=long"}),
             Catch::Contains("form = long") && Catch::Contains("short, yes_no, letter or open"));
  for (const char* bad : {"{q}", "{options}", "{q}{q}{options}", ""}) {
    CHECK_THAT(conf.refusal("", {std::string("model:tiny.options=") + bad}),
               Catch::Contains("{q} and {options} once each"));
  }
  CHECK_THAT(conf.refusal("", {"model:tiny.hint=Hint"}), Catch::Contains("{h} once"));
  CHECK(conf.read({"model:tiny.hint="}).models[0].config.hint.empty());
}

TEST_CASE("the paper's sweep asks LLaVA and Qwen2-VL for short answers, PaliGemma for nothing",
          "[config]") {
  const std::string conf = VRP_SOURCE_DIR "/conf/";
  const std::string line = "\nAnswer the question using a single word or phrase.";
  const std::map<std::string, std::map<std::string, std::string>> expected{
      {"llava-1.5-7b", {{"short", line}, {"yes_no", line}, {"open", ""}}},
      {"paligemma-3b-mix-224", {{"short", ""}, {"yes_no", ""}, {"open", ""}}},
      {"qwen2-vl-7b", {{"short", line}, {"yes_no", line}, {"open", ""}}}};
  const std::map<std::string, std::string> forms{{"pope", "yes_no"},    {"spatial", "yes_no"},
                                                 {"counting", "short"}, {"vqav2", "short"},
                                                 {"textvqa", "short"},  {"llava_bench", "open"}};
  SweepOverrides overrides;
  overrides.files = {conf + "sweeps/paper.ini"};
  Sweep sweep = read_sweep(overrides);
  bind_stage_params(sweep);
  REQUIRE(sweep.benchmarks.size() == forms.size());
  for (const auto& model : sweep.models) {
    for (const auto& benchmark : sweep.benchmarks) {
      INFO(model.name << " on " << benchmark.name);
      const std::string& form = forms.at(benchmark.name);
      CHECK(benchmark.config.form == form);
      CHECK(prompt_texts(model.config, benchmark.config).suffix ==
            expected.at(model.name).at(form));
    }
  }
  for (const auto& benchmark : sweep.benchmarks) {
    const bool pooled = benchmark.name != "vqav2" && benchmark.name != "textvqa";
    CHECK(benchmark.config.pooled == pooled);
  }
  // The sweep says what the defaults say, so that the file is whole and a default cannot drift.
  const StageParams paper = bind_stage_params(sweep), defaults;
  CHECK(sweep.params.seed == 20260617);
  CHECK(canonical_text(paper.metrics) == canonical_text(defaults.metrics));
  CHECK(canonical_text(paper.consistency) == canonical_text(defaults.consistency));
  CHECK(canonical_text(paper.probes) == canonical_text(defaults.probes));
  CHECK(canonical_text(paper.reduce) == canonical_text(defaults.reduce));
  CaptureParams capture = defaults.capture;
  capture.head_gain = capture.head_map = true;
  CHECK(canonical_text(paper.capture) == canonical_text(capture));
  InterventionsParams common = defaults.interventions;
  common.sweep = {"32%", "55%", "68%", "87%", "94%"};
  common.scaled = {"14%", "28%", "56%"};
  CHECK(canonical_text(paper.interventions) == canonical_text(common));
  // Blocks and numbers of neurons of tables T5 and T6.
  const auto& edits = paper.interventions_of;
  using Words = std::vector<std::string>;
  CHECK(edits.at("llava-1.5-7b").layer == "31");
  CHECK(edits.at("llava-1.5-7b").sweep == Words{"10", "17", "21", "27", "29"});
  CHECK(edits.at("paligemma-3b-mix-224").layer == "15");
  CHECK(edits.at("paligemma-3b-mix-224").scaled == Words{"500", "1000"});
  CHECK(edits.at("qwen2-vl-7b").layer == "25");
  CHECK(edits.at("qwen2-vl-7b").scaled == Words{"500", "1000", "2000"});
  // The authors' profile appends nothing anywhere, and its neurons are LLaVA's alone.
  overrides.files.push_back(conf + "profiles/authors.ini");
  Sweep authors = read_sweep(overrides);
  const auto fixed = bind_stage_params(authors).interventions_of;
  CHECK(fixed.at("llava-1.5-7b").ids.size() == 5);
  CHECK(fixed.at("llava-1.5-7b").layer == "31");
  CHECK(fixed.at("paligemma-3b-mix-224").ids.empty());
  CHECK(fixed.at("paligemma-3b-mix-224").items == 300);
  CHECK(fixed.at("qwen2-vl-7b").items == 100);
  for (const auto& model : authors.models) {
    for (const auto& benchmark : authors.benchmarks) {
      CHECK(prompt_texts(model.config, benchmark.config).suffix.empty());
    }
  }
}

TEST_CASE("the demo's models are asked as they were taught, and every file of conf can be read",
          "[config]") {
  namespace fs = std::filesystem;
  const auto names = [](const char* folder) {
    std::vector<std::string> out;
    for (const auto& entry :
         fs::directory_iterator(VRP_SOURCE_DIR "/conf/" + std::string(folder))) {
      if (entry.path().extension() == ".ini") out.push_back(entry.path().stem().string());
    }
    return out;
  };
  SweepOverrides overrides;
  overrides.files = {VRP_SOURCE_DIR "/conf/sweeps/demo.ini"};
  const std::string line = "\nAnswer the question using a single word or phrase.";
  const Sweep demo = read_sweep(overrides);
  for (const auto& benchmark : demo.benchmarks) {
    if (benchmark.config.form == "open") continue;
    for (const auto& model : demo.models) {
      // PaliGemma's own prompt has no {s}.
      const bool taught_alone = model.config.prompt == "<image><bos>{q}\\n";
      CHECK((taught_alone || prompt_texts(model.config, benchmark.config).suffix == line));
      CHECK(taught_alone == (model.name == "demo-paligemma"));
    }
  }
  overrides.models = names("models");
  overrides.benchmarks = names("benchmarks");
  const Sweep all = read_sweep(overrides);
  CHECK(all.models.size() >= 7);
  for (const char* name :
       {"vqav2", "textvqa", "llava_bench", "llava_bench_wild", "mme", "seed_bench", "mm_vet"}) {
    const auto found = std::ranges::find(all.benchmarks, name, &NamedBenchmark::name);
    REQUIRE(found != all.benchmarks.end());
    for (const auto& scorer : found->config.scorers) CHECK_NOTHROW(find_scorer(scorer));
  }
}

TEST_CASE("a model's own interventions are above the sweep's and below the command line",
          "[config][interventions]") {
  const Conf conf;
  conf.write("models/tiny.ini",
             "[model]\ncheckpoint = somewhere\n[interventions]\nlayer = 7\nscaled = 3 5\n");
  conf.write("models/other.ini", "[model]\ncheckpoint = elsewhere\n");
  const auto edits = [&](const std::string& more, const std::vector<std::string>& sets = {}) {
    conf.write("sweeps/s.ini", "[sweep]\nname = s\nmodels = tiny other\nbenchmarks = set\n" + more);
    Sweep sweep = conf.read(sets);
    return bind_stage_params(sweep).interventions_of;
  };
  const auto plain = edits("");
  REQUIRE(plain.size() == 2);
  CHECK(plain.at("tiny").layer == "7");
  CHECK(plain.at("tiny").scaled == std::vector<std::string>{"3", "5"});
  CHECK(plain.at("tiny").items == 1000);
  CHECK(plain.at("other").layer == "-1");
  const auto sweep = edits("[interventions]\nlayer = 4\nitems = 50\n");
  CHECK(sweep.at("tiny").layer == "7");
  CHECK(sweep.at("tiny").items == 50);
  CHECK(sweep.at("other").layer == "4");
  CHECK(edits("[interventions:*]\nlayer = 3\n").at("tiny").layer == "3");
  CHECK(edits("[interventions:tiny]\nlayer = 2\n[interventions:*]\nlayer = 3\n").at("tiny").layer ==
        "2");
  CHECK(edits("", {"interventions.layer=1"}).at("tiny").layer == "1");
  CHECK(edits("", {"interventions.layer=1", "interventions:tiny.layer=0"}).at("tiny").layer == "0");
  CHECK(edits("", {"interventions.items=9"}).at("tiny").layer == "7");
}

TEST_CASE("sections of models that a sweep leaves out are checked and not used",
          "[config][interventions]") {
  const Conf conf;
  conf.write("models/other.ini", "[model]\ncheckpoint = elsewhere\n");
  conf.write("sweeps/s.ini", Conf::base() +
                                 "[interventions:other]\nlayer = 5\n[model:other]\ndtype = bf16\n"
                                 "[benchmark:set]\nn = 3\n");
  Sweep sweep = conf.read();
  const StageParams params = bind_stage_params(sweep);
  CHECK(params.interventions_of.size() == 1);
  CHECK(sweep.models.size() == 1);
  CHECK_THAT(conf.refusal("[interventions:other]\nlayr = 5\n"), Catch::Contains("'layer'"));
  CHECK_THAT(conf.refusal("[interventions:nobody]\nlayer = 5\n"),
             Catch::Contains("unknown section [interventions:nobody]"));
  CHECK_THAT(conf.refusal("[model:nobody]\ndtype = bf16\n"),
             Catch::Contains("unknown section [model:nobody]"));
  CHECK_THAT(conf.refusal("[interventions:tiny]\nitems = -1\n"), Catch::Contains("items is -1"));
  conf.write("models/tiny.ini", "[model]\ncheckpoint = somewhere\n[probes]\nfits = sparse\n");
  CHECK_THAT(conf.refusal(""), Catch::Contains("expected [model] or [interventions]"));
}

TEST_CASE("an unknown key is named with file, line and the nearest valid one", "[config]") {
  const Conf conf;
  CHECK_THAT(conf.refusal("[consistency]\nsampels = 3\n"),
             Catch::Contains("s.ini:6") && Catch::Contains("'sampels'") &&
                 Catch::Contains("did you mean 'samples'"));
  CHECK_THAT(conf.refusal("[consistancy]\nsamples = 3\n"), Catch::Contains("[consistency]"));
  CHECK_THAT(conf.refusal("", {"run.thread=2"}),
             Catch::Contains("--set") && Catch::Contains("threads"));
}

TEST_CASE("wrong types and ranges are named with file and line", "[config]") {
  const Conf conf;
  CHECK_THAT(conf.refusal("[consistency]\nsamples = many\n"),
             Catch::Contains("s.ini:6") && Catch::Contains("many") && Catch::Contains("integer"));
  CHECK_THAT(conf.refusal("[consistency]\nsamples = 1\n"), Catch::Contains("at least 2"));
  CHECK_THAT(conf.refusal("[consistency]\ntop_p = 1.5\n"), Catch::Contains("top_p"));
  CHECK_THAT(conf.refusal("[run]\nunit_items = 0\n"), Catch::Contains("s.ini:6"));
  CHECK_THAT(conf.refusal("[run]\ndevice = tpu\n"), Catch::Contains("auto, cpu or cuda"));
  for (const char* batch : {"-1", "65"}) {
    CHECK_THAT(conf.refusal(concat("[run]\nbatch = ", batch, "\n")),
               Catch::Contains("s.ini:6") && Catch::Contains("a number from 1 to 64, or 0"));
  }
  CHECK_THAT(conf.refusal("[run\nthreads = 1\n"), Catch::Contains("s.ini:5"));
  CHECK_THAT(conf.refusal("[run]\nthreads 1\n"), Catch::Contains("key = value"));
}

TEST_CASE("questions that a GPU decodes together are chosen, or as many as said", "[config]") {
  CHECK(batch_on_gpu({}) == 8);
  CHECK(batch_on_gpu({.batch = 1}) == 1);
  CHECK(batch_on_gpu({.batch = 64}) == 64);
}

TEST_CASE("a model or benchmark that is no file is named with its nearest neighbour", "[config]") {
  const Conf conf;
  conf.write("sweeps/s.ini", "[sweep]\nmodels = tinny\nbenchmarks = set\n");
  CHECK_THROWS_WITH(conf.read(), Catch::Contains("s.ini:2") && Catch::Contains("'tiny'"));
  conf.write("sweeps/s.ini", "[sweep]\nmodels = ../tiny\nbenchmarks = set\n");
  CHECK_THROWS_AS(conf.read(), Error);
  conf.write("sweeps/s.ini", "[sweep]\nbenchmarks = set\n");
  CHECK_THROWS_WITH(conf.read(), Catch::Contains("at least one model"));
}

TEST_CASE("the canonical text of parameters is stable and complete", "[config]") {
  CHECK(canonical_text(ConsistencyParams{}) ==
        "samples=10\ntemperature=0.7\ntop_p=0.9\nnormalisation=norm\nclasses=auto\n"
        "rouge_threshold=0.7\nshare_prefix=1\nignore_eos=0\n");
}

TEST_CASE("the command line is checked", "[config]") {
  const auto parse = [](std::vector<const char*> words) {
    words.insert(words.begin(), "vrp-run");
    return parse_run_options(static_cast<int>(words.size()), words.data());
  };
  CHECK_THROWS_WITH(parse({}), Catch::Contains("-C"));
  CHECK_THROWS_AS(parse({"-C", "x.ini", "--lmit", "3"}), Error);
  CHECK_THROWS_AS(parse({"-C", "x.ini", "--limit", "-3"}), Error);
  CHECK_THROWS_AS(parse({"-C", "x.ini", "--max-failures", "few"}), Error);
  const auto options = parse({"-C", "x.ini", "--samples", "5", "--models", "a,b", "--seed", "7"});
  CHECK(options.sweep.sets == std::vector<std::string>{"consistency.samples=5", "sweep.seed=7"});
  CHECK(options.sweep.models == std::vector<std::string>{"a", "b"});
  CHECK(allowed_failures("1%", 300) == 3);
  CHECK(allowed_failures("0", 300) == 0);
  CHECK(parse({"--help"}).help);
}

TEST_CASE("thresholds of labels have ranges", "[config]") {
  const Conf conf;
  for (const auto& [key, value] :
       {std::pair{"soft_threshold", "0"}, std::pair{"soft_threshold", "1.5"},
        std::pair{"judge_threshold", "0.5"}, std::pair{"judge_threshold", "11"},
        std::pair{"judge_relative", "-1"}}) {
    const std::string said = conf.refusal("", {std::string("benchmark:set.") + key + "=" + value});
    CHECK_THAT(said, Catch::Contains(key) && Catch::Contains("expected"));
  }
}

TEST_CASE("a model or set named twice is refused", "[config]") {
  const Conf conf;
  CHECK_THAT(conf.refusal("", {"sweep.models=tiny tiny"}), Catch::Contains("each model once"));
  CHECK_THAT(conf.refusal("", {"sweep.benchmarks=set set"}),
             Catch::Contains("each benchmark once"));
}
