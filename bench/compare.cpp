#include "bench/compare.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/json.hpp"

namespace trainyard::bench {
namespace {

constexpr json::limits file_limits{64U << 20U, 16, 1'000'000, 1U << 20U};

error refuse(std::string why) {
    return {errc::invalid_argument, std::move(why)};
}

std::vector<double> read_numbers(json::value v) {
    std::vector<double> out;
    for (const auto e : v.elements())
        if (const auto n = e.number()) out.push_back(*n);
    return out;
}

result<figure> read_figure(json::value v) {
    const auto name = v.find("name").string(), unit = v.find("unit").string();
    const auto value = v.find("value").number();
    if (!name || !unit || !value) return refuse("a figure needs name, value and unit");
    figure out{std::string{*name}, *value, std::string{*unit}, {}, {}, 0};
    out.floor = v.find("floor").number();
    out.ratio = v.find("ratio").number();
    out.spread = v.find("spread").number().value_or(0);
    out.rounds = read_numbers(v.find("rounds"));
    out.floor_rounds = read_numbers(v.find("floor_rounds"));
    const auto better = v.find("better").string().value_or("");
    if (better == "larger") out.better = better_when::larger;
    if (better == "smaller") out.better = better_when::smaller;
    if (better == "neither") out.better = better_when::neither;
    return out;
}

// The first way in which two runs are not of the same benchmark; empty: none.
std::string difference(const report& a, const report& b) {
    if (a.bench != b.bench) return fmt::format("bench is {} in one and {} in the other", a.bench, b.bench);
    const auto value = [](const report& r, const std::string& name) -> std::string {
        for (const auto& [n, v] : r.parameters)
            if (n == name) return v;
        return "not there";
    };
    for (const auto* side : {&a, &b})
        for (const auto& [name, unused] : side->parameters)
            if (value(a, name) != value(b, name))
                return fmt::format("parameter '{}' is {} in one and {} in the other", name, value(a, name),
                                   value(b, name));
    return {};
}

result<void> add_run(std::string_view line, recorded& out) {
    const auto parsed = json::document::parse(line, file_limits);
    if (!parsed) return with_context(parsed.error(), "not the JSON of a benchmark");
    const auto root = parsed->root(), manifest = root.find("manifest");
    const auto bench = root.find("bench").string();
    if (!bench || !manifest.is_object() || !root.find("figures").is_array())
        return refuse("not what a benchmark prints with --json: it needs bench, manifest and figures");
    report run;
    run.bench = *bench;
    const auto parameters = manifest.find("parameters").members();
    for (auto at = parameters.begin(); at != parameters.end(); ++at)
        run.parameters.emplace_back(at.key(), (*at).string().value_or(""));
    std::vector<figure> figures;
    for (const auto v : root.find("figures").elements()) {
        auto f = read_figure(v);
        if (!f) return f.error();
        figures.push_back(std::move(*f));
    }
    if (out.figures.empty()) {
        out.first = std::move(run);
        out.version = manifest.find("version").string().value_or("");
        out.machine = manifest.find("machine").string().value_or("");
    } else if (const auto why = difference(out.first, run); !why.empty()) {
        return refuse("the file holds runs of different benchmarks: " + why);
    }
    out.figures.push_back(std::move(figures));
    return {};
}

const figure* find(const std::vector<figure>& all, const std::string& name) {
    const auto at = std::find_if(all.begin(), all.end(), [&name](const figure& f) { return f.name == name; });
    return at == all.end() ? nullptr : &*at;
}

// What one side measured of a figure. Beside a floor it is the ratio: what the machine did to both is gone.
struct observations {
    std::vector<double> values;
    bool of_floor_ratio = false;
};

// With several runs each is one observation, so that the interval holds what differs from run to run too; the
// rounds of a single run only hold what differs within it.
observations observe(const recorded& side, const std::string& name) {
    observations out;
    const bool single = side.figures.size() == 1;
    out.of_floor_ratio = true;
    for (const auto& run : side.figures)
        if (const figure* f = find(run, name))
            out.of_floor_ratio = out.of_floor_ratio && f->floor && f->ratio &&
                                 (!single || f->floor_rounds.size() == f->rounds.size());
    for (const auto& run : side.figures) {
        const figure* f = find(run, name);
        if (f == nullptr) continue;
        if (!single)
            out.values.push_back(out.of_floor_ratio ? *f->ratio : f->value);
        else if (out.of_floor_ratio && !f->rounds.empty())
            out.values = ratios(f->rounds, f->floor_rounds);
        else
            out.values = f->rounds;
    }
    return out;
}

verdict direction(bool more, better_when better) {
    if (better == better_when::neither) return verdict::changed;
    return more == (better == better_when::larger) ? verdict::improved : verdict::regressed;
}

verdict judge_ratio(const ratio_estimate& e, double threshold, better_when better) {
    if (e.confidence < confidence_least) return verdict::unjudged;
    const bool beyond_noise = e.low > 1 || e.high < 1;
    // A threshold of a tenth is 1.1 one way and 1 / 1.1 the other.
    const bool above_threshold = e.ratio > 1 + threshold || e.ratio < 1 / (1 + threshold);
    if (!beyond_noise || !above_threshold) return verdict::same;
    return direction(e.ratio > 1, better);
}

// Where a value is 0 there is no ratio: all of one side must be above all of the other.
verdict judge_order(const std::vector<double>& a, const std::vector<double>& b, better_when better) {
    const auto [a_min, a_max] = std::minmax_element(a.begin(), a.end());
    const auto [b_min, b_max] = std::minmax_element(b.begin(), b.end());
    if (*b_min <= *a_max && *a_min <= *b_max) return verdict::same;
    if (1 - 2 * rank_probability(a.size(), b.size(), 0) < confidence_least) return verdict::unjudged;
    return direction(*b_min > *a_max, better);
}

change compare_figure(const recorded& a, const recorded& b, const figure& in_a, const figure& in_b,
                      double threshold) {
    change out;
    out.name = in_a.name;
    out.unit = in_a.unit;
    out.before = in_a.value;
    out.after = in_b.value;
    const auto better = better_of(in_a);
    auto of_a = observe(a, in_a.name), of_b = observe(b, in_a.name);
    if (of_a.values.empty() || of_b.values.empty()) {
        // Counts of errors have no rounds, and none must come to be.
        if (in_a.unit == "errors")
            out.what = in_a.value == 0 && in_b.value > 0 ? verdict::regressed : verdict::same;
        return out;
    }
    if (of_a.of_floor_ratio != of_b.of_floor_ratio) return out;
    out.of_floor_ratio = of_a.of_floor_ratio;
    out.before = median(of_a.values);
    out.after = median(of_b.values);
    const auto positive = [](double v) { return v > 0; };
    if (!std::all_of(of_a.values.begin(), of_a.values.end(), positive) ||
        !std::all_of(of_b.values.begin(), of_b.values.end(), positive)) {
        out.what = judge_order(of_a.values, of_b.values, better);
        return out;
    }
    out.estimate = estimate_ratio(of_a.values, of_b.values);
    out.what = judge_ratio(out.estimate, threshold, better);
    return out;
}

}  // namespace

std::string_view to_string(verdict v) {
    switch (v) {
        case verdict::same: return "same";
        case verdict::improved: return "improved";
        case verdict::regressed: return "regressed";
        case verdict::changed: return "changed";
        case verdict::unjudged: return "too few rounds";
    }
    return "";
}

bool comparison::regressed() const {
    return std::any_of(changes.begin(), changes.end(),
                       [](const change& c) { return c.what == verdict::regressed; });
}

result<recorded> read_recorded(std::string_view text) {
    recorded out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        if (const auto added = add_run(line, out); !added) return added.error();
    }
    if (out.figures.empty()) return refuse("the file is empty");
    return out;
}

result<comparison> compare_reports(const recorded& a, const recorded& b, double threshold) {
    if (const auto why = difference(a.first, b.first); !why.empty())
        return refuse("these are not runs of the same benchmark: " + why);
    comparison out;
    for (const figure& f : a.figures.front()) {
        const figure* const other = find(b.figures.front(), f.name);
        if (other == nullptr)
            out.only_in_one.push_back(f.name);
        else
            out.changes.push_back(compare_figure(a, b, f, *other, threshold));
    }
    for (const figure& f : b.figures.front())
        if (find(a.figures.front(), f.name) == nullptr) out.only_in_one.push_back(f.name);
    return out;
}

}  // namespace trainyard::bench
