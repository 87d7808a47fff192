// trainyard-bench compare: what changed between two recorded runs beyond noise.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "bench/commands.hpp"
#include "bench/compare.hpp"
#include "engine/base/json.hpp"

namespace trainyard::bench {
namespace {

constexpr int done = 0, usage = 2, differences = 4;

struct compare_arguments {
    std::string before, after;
    double threshold = 0.1;
    bool json = false;
};

result<recorded> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad()) return error{errc::not_found, path + " cannot be read"};
    auto out = read_recorded(text);
    if (!out) return with_context(out.error(), path);
    return out;
}

std::string table(const comparison& c) {
    std::size_t wide = 6;
    for (const change& f : c.changes) wide = std::max(wide, f.name.size() + (f.of_floor_ratio ? 16 : 0));
    std::string out = fmt::format("{:<{}} {:>11} {:>11} {:<11} {:>7}  {:<17} {}\n", "figure", wide, "before",
                                  "after", "unit", "ratio", "interval", "verdict");
    for (const change& f : c.changes) {
        const bool estimated = f.estimate.confidence > 0;
        out += fmt::format("{:<{}} {:>11.4g} {:>11.4g} {:<11} {:>7}  {:<17} {}\n",
                           f.name + (f.of_floor_ratio ? " (over its floor)" : ""), wide, f.before, f.after,
                           f.of_floor_ratio ? "x" : f.unit,
                           estimated ? fmt::format("{:.3f}", f.estimate.ratio) : "",
                           estimated ? fmt::format("{:.3f}-{:.3f} {:.0f}%", f.estimate.low, f.estimate.high,
                                                   f.estimate.confidence * 100)
                                     : "",
                           to_string(f.what));
    }
    for (const auto& name : c.only_in_one) out += fmt::format("{}: in one file only\n", name);
    return out;
}

std::string as_json(const compare_arguments& a, const recorded& before, const recorded& after,
                    const comparison& c) {
    json::writer w;
    w.begin_object().member("bench", "compare").key("manifest").begin_object();
    w.member("of", before.first.bench).member("threshold", a.threshold);
    w.member("before", before.version).member("after", after.version);
    w.member("runs_before", before.figures.size()).member("runs_after", after.figures.size()).end_object();
    w.key("figures").begin_array();
    for (const change& f : c.changes) {
        w.begin_object().member("name", f.name).member("unit", f.of_floor_ratio ? "x" : f.unit);
        w.member("before", f.before).member("after", f.after).member("over_floor", f.of_floor_ratio);
        if (f.estimate.confidence > 0) {
            w.member("ratio", f.estimate.ratio).member("low", f.estimate.low).member("high", f.estimate.high);
            w.member("confidence", f.estimate.confidence);
        }
        w.member("verdict", to_string(f.what)).end_object();
    }
    w.end_array().key("only_in_one").begin_array();
    for (const auto& name : c.only_in_one) w.string(name);
    return w.end_array().member("regressed", c.regressed()).end_object().take();
}

int run_compare(const compare_arguments& a) {
    const auto complain = [](const error& e) {
        std::fprintf(stderr, "trainyard-bench compare: %s\n", e.message.c_str());
        return usage;
    };
    const auto before = read_file(a.before);
    if (!before) return complain(before.error());
    const auto after = read_file(a.after);
    if (!after) return complain(after.error());
    const auto found = compare_reports(*before, *after, a.threshold);
    if (!found) return complain(found.error());
    if (before->machine != after->machine)
        std::fprintf(stderr, "the runs are of different machines: %s; %s\n", before->machine.c_str(),
                     after->machine.c_str());
    const std::string text = a.json ? as_json(a, *before, *after, *found) + "\n" : table(*found);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
    return found->regressed() ? differences : done;
}

}  // namespace

void add_compare(CLI::App& app, action& run) {
    auto a = std::make_shared<compare_arguments>();
    CLI::App* sub = app.add_subcommand("compare",
                                       "What changed between two files of --json beyond noise; exit code 4: "
                                       "something is worse");
    sub->add_option("before", a->before, "One run, or several of the same benchmark, one a line")->required();
    sub->add_option("after", a->after, "The same of what is judged")->required();
    sub->add_option("--threshold", a->threshold, "Changes below this part are none")
        ->check(CLI::Range(0.0, 10.0))
        ->capture_default_str();
    sub->add_flag("--json", a->json, "One JSON object instead of a table");
    sub->callback([a, &run] { run = [a] { return run_compare(*a); }; });
}

}  // namespace trainyard::bench
