// From values to places: the range of an axis, its ticks, and where a value stands on it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/report/text.hpp"

namespace trainyard::report {

enum class scale { linear, log };

struct axis {
    std::string title{};
    report::unit unit = report::unit::plain;
    report::scale scale = report::scale::linear;
    std::optional<double> low{}, high{};  // where the axis begins and ends; unset: chosen from the values
};

inline constexpr double decades_max =
    12;  // of a log axis; values further below its end stand at its beginning

// An axis fitted to values.
class ruler {
public:
    struct tick {
        double value;
        std::string label;
    };
    // `least` and `most` bound the finite values that will be placed (on a log axis the positive ones);
    // `wanted` is about how many ticks there shall be. Ranges that are empty or reversed become something
    // that can be drawn.
    ruler(const axis& a, double least, double most, int wanted);

    double low() const { return low_; }
    double high() const { return high_; }
    const std::vector<tick>& ticks() const { return ticks_; }
    // 0 at the low end, 1 at the high end, within [0, 1] whatever the value.
    double place(double value) const;

private:
    void fit_linear(const axis& a, int wanted);
    void fit_log(const axis& a, int wanted);
    report::scale scale_;
    double low_, high_;
    std::vector<tick> ticks_;
};

}  // namespace trainyard::report
