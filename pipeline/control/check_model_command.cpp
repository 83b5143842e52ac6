// vrp check-model DIR: what a checkpoint folder is, whether it is whole, and what it will need.
#include <cstdio>
#include <iostream>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/config/sweep.hpp"
#include "pipeline/control/child.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/model/memory.hpp"
#include "pipeline/model/prompt.hpp"
#include "pipeline/model/tokenizer.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHelp =
    R"(usage: vrp check-model DIR [--fixtures FIXTURES] [--samples K] [--max-new-tokens N]
                       [--prompt-tokens P]

Reads a checkpoint folder as downloaded: its family, sizes and types; tensors that are missing,
unexpected or of another shape, by name; a self-test of the tokenizer; the memory that one rank
needs for K answers of N tokens behind a prompt of P tokens.

  --fixtures FIXTURES   folder with golden.h5 and images: compares the forward pass, too
  --samples K           answers sampled at once, default 10
  --batch B             questions at once on an accelerator, default 8
  --max-new-tokens N    longest answer, default 16
  --prompt-tokens P     longest prompt; default the most image tokens of a picture and 64 of text
  --help                show this text

Exit code 0 when the folder can be run, 7 when it cannot, 4 when the fixtures differ.
)";

struct Options {
  std::string folder, fixtures;
  MemoryRequest memory;
  int batch = kChosenBatch;
  bool help = false;
};

std::int64_t whole_number(const std::string& option, const std::string& text) {
  std::size_t used = 0;
  long long value = 0;
  try {
    value = std::stoll(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used == 0 || used != text.size() || value < 1 || value > 1'000'000'000) {
    fail_usage("vrp check-model: ", option, " is '", text, "', expected a whole number, 1 or more");
  }
  return value;
}

Options parse(const Arguments& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto value = [&]() -> const std::string& {
      if (i + 1 == arguments.size()) fail_usage("vrp check-model: ", argument, " needs a value");
      return arguments[++i];
    };
    if (argument == "--help" || argument == "-h") {
      options.help = true;
    } else if (argument == "--fixtures") {
      options.fixtures = value();
    } else if (argument == "--samples") {
      options.memory.samples = static_cast<int>(whole_number(argument, value()));
    } else if (argument == "--batch") {
      options.batch = static_cast<int>(whole_number(argument, value()));
    } else if (argument == "--max-new-tokens") {
      options.memory.max_new_tokens = static_cast<int>(whole_number(argument, value()));
    } else if (argument == "--prompt-tokens") {
      options.memory.prompt_tokens = whole_number(argument, value());
    } else if (argument.starts_with("-")) {
      fail_usage("vrp check-model: unknown option '", argument, "'; --help lists them");
    } else if (options.folder.empty()) {
      options.folder = argument;
    } else {
      fail_usage("vrp check-model: a second folder '", argument, "', expected one");
    }
  }
  if (options.folder.empty() && !options.help) {
    fail_usage("vrp check-model: no folder given; expected vrp check-model DIR");
  }
  return options;
}

std::string gigabytes(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f GB", static_cast<double>(bytes) * 1e-9);
  return text;
}

/// The types of the tensors and how many have each: "BF16 (729)".
std::string types_text(const SafetensorsIndex& index) {
  std::map<std::string, int> count;
  for (const TensorInfo& tensor : index.tensors()) ++count[tensor.dtype];
  std::vector<std::string> parts;
  for (const auto& [type, n] : count) parts.push_back(concat(type, " (", n, ")"));
  return join(parts, ", ");
}

void print_sizes(const ModelSpec& spec, const SafetensorsIndex& index) {
  const TextSpec& t = spec.text;
  const VisionSpec& v = spec.vision;
  std::int64_t parameters = 0, bytes = 0;
  for (const TensorInfo& tensor : index.tensors()) {
    std::int64_t count = 1;
    for (const std::int64_t side : tensor.shape) count *= side;
    parameters += count;
    bytes += static_cast<std::int64_t>(tensor.bytes);
  }
  std::string picture = "sides in multiples of " + std::to_string(v.patch * v.merge) + ", " +
                        std::to_string(spec.image.min_pixels) + " to " +
                        std::to_string(spec.image.max_pixels) + " pixels";
  if (v.image_size > 0) picture = concat(v.image_size, " x ", v.image_size, " pixels");
  std::cout << columns_text({
      {"what", "found"},
      {"family", spec.family},
      {"weights", concat(parameters, " numbers in ", index.files().size(), " files, ",
                         gigabytes(bytes), ", ", types_text(index))},
      {"vision tower", concat(v.layers, " blocks of ", v.hidden, ", ", v.heads, " heads, patch ",
                              v.patch, ", ", v.merge, " x ", v.merge, " patches a token")},
      {"picture", picture + concat(", at most ", most_image_tokens(spec), " image tokens")},
      {"decoder", concat(t.layers, " blocks of ", t.hidden, ", ", t.heads, " heads of ", t.head_dim,
                         ", ", t.kv_heads, " key heads, ", t.vocab, " rows, head ",
                         t.tied_head ? "" : "not ", "tied")},
      {"positions", concat("at most ", t.max_positions, t.mrope_section.empty() ? "" : ", M-RoPE",
                           t.prefix_lm ? ", prefix-LM" : "")},
  });
}

/// Prints each finding; returns how many there are.
std::size_t print_tensors(const TensorMatch& match) {
  std::size_t findings = 0;
  const auto print = [&](const char* what, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) std::cout << "tensor " << what << ": " << line << "\n";
    findings += lines.size();
  };
  print("missing", match.missing);
  print("unexpected", match.unexpected);
  print("misshapen", match.misshapen);
  print("repeated", match.repeated);
  if (findings == 0) std::cout << "tensors: all " << match.found.size() << " are there\n";
  return findings;
}

/// Texts come back as they went in, ids have rows, and both prompts hold one image token.
std::vector<std::string> tokenizer_problems(const fs::path& folder, const Tokenizer& tokenizer,
                                            const ModelSpec& spec) {
  std::vector<std::string> problems;
  const auto check_ids = [&](const std::string& text, const std::vector<std::int32_t>& ids) {
    for (const std::int32_t id : ids) {
      if (id < 0 || id >= spec.text.vocab) {
        problems.push_back(concat("'", text, "' gives id ", id, ", but the embedding has ",
                                  spec.text.vocab, " rows"));
        return;
      }
    }
  };
  for (const std::string text :
       {"Is there a dog in the image?", "two  spaces, 3 digits: 128", "caf\xC3\xA9 \xE6\x9D\xB1",
        "a line\nand\ta tab", "\xF0\x9F\x99\x82"}) {
    const auto ids = tokenizer.encode(text, false);
    check_ids(text, ids);
    const std::string back = tokenizer.decode(ids, true);
    if (back != text && trim(back) != text) {
      problems.push_back(concat("'", text, "' comes back as '", back, "'"));
    }
  }
  try {
    check_prompt_tokens(tokenizer, spec);
    check_end_token(folder, tokenizer, spec);
  } catch (const Error& error) {
    problems.emplace_back(error.what());
  }
  for (const char* name : {"plain", "chat"}) {
    PromptStyle style;
    style.template_name = name;
    try {
      check_ids(name, prompt_ids(tokenizer, spec, "Is there a dog in the image?", style));
    } catch (const Error& error) {
      problems.push_back(concat(name, " prompt: ", error.what()));
    }
  }
  for (const std::int32_t id : spec.eos) {
    if (tokenizer.decode({id}, false).empty()) {
      problems.push_back(concat("end token ", id, " is no token of the tokenizer"));
    }
  }
  return problems;
}

void print_memory(const ModelSpec& spec, const TensorMatch& match, MemoryRequest request,
                  int batch) {
  if (request.prompt_tokens == 0) request.prompt_tokens = most_image_tokens(spec) + 64;
  const MemoryNeed cpu = memory_need(spec, match, request);
  request.compute_bytes = 2;
  request.kept_as_stored = false;
  request.batch = batch;
  const MemoryNeed gpu = memory_need(spec, match, request);
  std::cout << "memory of one rank, " << request.samples << " answers of " << request.max_new_tokens
            << " tokens behind " << request.prompt_tokens << ", on an accelerator of " << batch
            << " questions at once:\n"
            << columns_text(
                   {{"", "weights", "keys and values", "working", "together"},
                    {"CPU, fp32", gigabytes(cpu.weights), gigabytes(cpu.keys_values),
                     gigabytes(cpu.working), gigabytes(cpu.total())},
                    {"accelerator, bf16", gigabytes(gpu.weights), gigabytes(gpu.keys_values),
                     gigabytes(gpu.working), gigabytes(gpu.total())}});
  constexpr int kRanks = 4;
  std::cout << "ranks of one host share the weights on the CPU: " << kRanks << " of them take "
            << gigabytes(cpu.host_total(kRanks, true)) << " together, "
            << gigabytes(cpu.host_total(kRanks, false)) << " with --load read\n";
}

int compare(const Options& options) {
  const fs::path program = program_folder() / "vrp-parity";
  std::string reason;
  const auto status = run_program({program.string(), options.folder, options.fixtures}, reason);
  if (!status) fail("vrp check-model: ", program.string(), " cannot be started: ", reason);
  return *status;
}

}  // namespace

int check_model_command(const Arguments& arguments) {
  const Options options = parse(arguments);
  if (options.help) {
    std::cout << kHelp;
    return 0;
  }
  const ModelSpec spec = read_model_spec(options.folder);
  const SafetensorsIndex index = SafetensorsIndex::open(options.folder);
  print_sizes(spec, index);
  const TensorMatch match = match_tensors(spec, index);
  std::size_t findings = print_tensors(match);
  const Tokenizer tokenizer = Tokenizer::load(options.folder);
  const auto problems = tokenizer_problems(options.folder, tokenizer, spec);
  for (const std::string& line : problems) std::cout << "tokenizer: " << line << "\n";
  if (problems.empty())
    std::cout << "tokenizer: " << tokenizer.size() << " tokens, self-test passed\n";
  findings += problems.size();
  print_memory(spec, match, options.memory, options.batch);
  if (findings > 0) {
    std::cout << options.folder << " cannot be run: " << findings << " findings\n";
    return static_cast<int>(ExitCode::bad_input);
  }
  std::cout << options.folder << " can be run\n";
  return options.fixtures.empty() ? 0 : compare(options);
}

}  // namespace vrp
