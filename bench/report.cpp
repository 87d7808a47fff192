#include "bench/report.hpp"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <thread>

#include "engine/base/check.hpp"
#include "engine/base/json.hpp"

namespace trainyard::bench {
namespace {

double read(clockid_t which) {
    timespec t{};
    TY_CHECK(clock_gettime(which, &t) == 0, "the clock can be read");
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

std::string cpu_model() {
    std::ifstream file{"/proc/cpuinfo"};
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name")) {
            const auto at = line.find(": ");
            if (at != std::string::npos) return line.substr(at + 2);
        }
    return "unknown CPU";
}

// Four significant digits, without an exponent.
std::string number(double value) {
    const double size = std::fabs(value);
    const int digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
    return fmt::format("{:.{}f}", value, digits);
}

double quantile(std::vector<double> values, double q) {
    TY_CHECK(!values.empty(), "a quantile of nothing");
    std::sort(values.begin(), values.end());
    const double at = q * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(at);
    const std::size_t high = std::min(low + 1, values.size() - 1);
    return values[low] + (at - static_cast<double>(low)) * (values[high] - values[low]);
}

std::size_t choose_batch(const rounds::work& run) {
    constexpr double enough = 2e6;
    for (std::size_t n = 1;; n *= 2) {
        const double start = thread_cpu_ns();
        run(n);
        if (thread_cpu_ns() - start >= enough || n >= (std::size_t{1} << 30)) return n;
    }
}

}  // namespace

double thread_cpu_ns() {
    return read(CLOCK_THREAD_CPUTIME_ID);
}
double wall_ns() {
    return read(CLOCK_MONOTONIC);
}

std::string machine() {
#if defined(__clang__)
    constexpr std::string_view compiler = "clang " __clang_version__;
#else
    constexpr std::string_view compiler = "gcc " __VERSION__;
#endif
    return fmt::format("{}, {} CPUs, {}", cpu_model(), std::thread::hardware_concurrency(), compiler);
}

double median(std::span<const double> values) {
    return quantile({values.begin(), values.end()}, 0.5);
}

double spread_of(std::span<const double> values) {
    const std::vector<double> all{values.begin(), values.end()};
    const double middle = quantile(all, 0.5);
    return middle == 0 ? 0 : (quantile(all, 0.75) - quantile(all, 0.25)) / 2 / middle;
}

std::vector<double> ratios(std::span<const double> a, std::span<const double> b) {
    TY_CHECK(a.size() == b.size(), "ratios need the same rounds");
    std::vector<double> out;
    for (std::size_t i = 0; i < a.size(); ++i) out.push_back(a[i] / b[i]);
    return out;
}

std::size_t rounds::add(work w, std::size_t batch) {
    contenders_.push_back({std::move(w), batch, {}});
    return contenders_.size() - 1;
}

void rounds::run(std::size_t count, double (*time)()) {
    for (auto& c : contenders_)
        if (c.batch == 0) c.batch = choose_batch(c.run);
    for (std::size_t i = 0; i < count; ++i)
        for (auto& c : contenders_) {
            const double start = time();
            c.run(c.batch);
            c.ns.push_back((time() - start) / static_cast<double>(c.batch));
        }
}

figure round_figure(std::string name, std::vector<double> values, std::string unit) {
    figure out{std::move(name), median(values), std::move(unit), {}, {}, spread_of(values)};
    out.rounds = std::move(values);
    return out;
}

figure round_figure(std::string name, std::vector<double> values, std::string unit,
                    std::vector<double> floor_values) {
    const auto each = ratios(values, floor_values);
    figure out{std::move(name),      median(values), std::move(unit),
               median(floor_values), median(each),   spread_of(each)};
    out.rounds = std::move(values);
    out.floor_rounds = std::move(floor_values);
    return out;
}

figure time_figure(std::string name, std::span<const double> ns) {
    return round_figure(std::move(name), {ns.begin(), ns.end()}, "ns");
}

figure time_figure(std::string name, std::span<const double> ns, std::span<const double> floor_ns) {
    return round_figure(std::move(name), {ns.begin(), ns.end()}, "ns", {floor_ns.begin(), floor_ns.end()});
}

figure ratio_figure(std::string name, std::span<const double> a, std::span<const double> b) {
    const auto each = ratios(a, b);
    figure out = round_figure(std::move(name), each, "x");
    out.ratio = out.value;
    return out;
}

better_when better_of(const figure& f) {
    if (f.better != better_when::by_unit) return f.better;
    if (f.unit.ends_with("/s") || f.unit.starts_with("of ")) return better_when::larger;
    return f.unit == "x" ? better_when::neither : better_when::smaller;
}

namespace {

void write_rounds(json::writer& w, const char* name, const std::vector<double>& values) {
    if (values.empty()) return;
    w.key(name).begin_array();
    for (const double v : values) w.number(v);
    w.end_array();
}

const char* to_string(better_when b) {
    return b == better_when::larger ? "larger" : b == better_when::smaller ? "smaller" : "neither";
}

}  // namespace

std::string to_json(const report& r) {
    json::writer w;
    w.begin_object().member("bench", r.bench).key("manifest").begin_object();
    w.member("version", TRAINYARD_VERSION).member("machine", machine()).key("parameters").begin_object();
    for (const auto& [name, value] : r.parameters) w.member(name, value);
    w.end_object().member("seed", r.seed).end_object().key("figures").begin_array();
    for (const figure& f : r.figures) {
        w.begin_object().member("name", f.name).member("value", f.value).member("unit", f.unit);
        if (f.floor) w.member("floor", *f.floor);
        if (f.ratio) w.member("ratio", *f.ratio);
        w.member("spread", f.spread);
        write_rounds(w, "rounds", f.rounds);
        write_rounds(w, "floor_rounds", f.floor_rounds);
        w.member("better", to_string(better_of(f))).end_object();
    }
    w.end_array().end_object();
    return w.take();
}

std::string to_table(const report& r) {
    std::string out = fmt::format("{} ({}, version {})\n", r.bench, machine(), TRAINYARD_VERSION);
    for (const auto& [name, value] : r.parameters) out += fmt::format("  {}: {}\n", name, value);
    if (r.seed != 0) out += fmt::format("  seed: {}\n", r.seed);
    std::size_t wide = 6;
    for (const figure& f : r.figures) wide = std::max(wide, f.name.size());
    out += fmt::format("\n{:<{}} {:>10} {:<8} {:>10} {:>8} {:>8}\n", "figure", wide, "value", "unit", "floor",
                       "ratio", "spread");
    for (const figure& f : r.figures)
        out += fmt::format("{:<{}} {:>10} {:<8} {:>10} {:>8} {:>7.1f}%\n", f.name, wide, number(f.value),
                           f.unit, f.floor ? number(*f.floor) : "",
                           f.ratio ? fmt::format("{:.2f}", *f.ratio) : "", f.spread * 100);
    return out;
}

void print(const report& r, bool json) {
    const std::string text = json ? to_json(r) + "\n" : to_table(r);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

}  // namespace trainyard::bench
