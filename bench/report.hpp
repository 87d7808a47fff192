// What a benchmark says: figures as a table for people or as one JSON object, and the measuring of several
// contenders in turns, so that a drift of the machine meets all of them alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trainyard::bench {

enum class better_when : unsigned char { by_unit, larger, smaller, neither };

struct figure {
    std::string name;
    double value = 0;  // the median over the rounds
    std::string unit;
    std::optional<double> floor;  // the least that this run says is possible, in `unit`
    std::optional<double> ratio;  // value over floor, or over what the name says
    double spread = 0;            // of the value: see spread_of(); of the ratio where there is no value's own
    // What `compare` needs: the value and its floor round by round, where there were rounds, and which way
    // is worse.
    std::vector<double> rounds{}, floor_rounds{};
    better_when better = better_when::by_unit;
};

// "/s" and "of 10" are better when larger, times and sizes when smaller; "x" may be either.
better_when better_of(const figure& f);

struct report {
    std::string bench;                                            // the program's subject: "sign"
    std::vector<std::pair<std::string, std::string>> parameters;  // what was measured, in words
    std::uint64_t seed = 0;                                       // of what is random; 0: nothing is
    std::vector<figure> figures;
};

// CPU model, count of CPUs and the compiler, on one line.
std::string machine();

// {"bench","manifest":{"version","machine","parameters","seed"},"figures":[...]}; one line. A figure has
// "name", "value", "unit", "spread", and where there are any "floor", "ratio", "rounds", "floor_rounds",
// "better".
std::string to_json(const report& r);
std::string to_table(const report& r);
// To standard output; `json`: to_json(), else to_table().
void print(const report& r, bool json);

double median(std::span<const double> values);
// Half the middle half over the median: (q3 - q1) / 2 / median. 0.02 reads "within 2 %".
double spread_of(std::span<const double> values);
// a[i] / b[i], round by round.
std::vector<double> ratios(std::span<const double> a, std::span<const double> b);

double thread_cpu_ns();  // CPU time of this thread: other programs on the machine do not count
double wall_ns();        // monotonic

// Measures contenders in turns: round 1 of each, round 2 of each, and so on.
class rounds {
public:
    // `work(n)` does the thing n times.
    using work = std::function<void(std::size_t)>;

    // Gives the contender's number. `batch`: n of one measurement; 0: chosen so that one takes about 2 ms.
    std::size_t add(work w, std::size_t batch = 0);
    void run(std::size_t count, double (*time)() = thread_cpu_ns);
    // Nanoseconds of one repetition, round by round.
    std::span<const double> of(std::size_t number) const { return contenders_.at(number).ns; }

private:
    struct entrant {
        work run;
        std::size_t batch;
        std::vector<double> ns;
    };
    std::vector<entrant> contenders_;
};

// The median of rounds, with them and their spread.
figure round_figure(std::string name, std::vector<double> values, std::string unit);
// The same beside a floor of the same rounds: ratio and spread are those of the ratios.
figure round_figure(std::string name, std::vector<double> values, std::string unit,
                    std::vector<double> floor_values);
// A figure of a contender's time, in nanoseconds.
figure time_figure(std::string name, std::span<const double> ns);
// The same with a floor: the ratio is the median of the ratios round by round, the spread is that of the
// ratio.
figure time_figure(std::string name, std::span<const double> ns, std::span<const double> floor_ns);
// How much slower `a` is than `b`: value and ratio are the median of the ratios.
figure ratio_figure(std::string name, std::span<const double> a, std::span<const double> b);

}  // namespace trainyard::bench
