#include "engine/report/axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace trainyard::report {
namespace {

// The least of 1, 2, 5, 10, ... that is at least `least`.
double round_step(double least) {
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= least * 0.999999) return factor * power;
    return 10 * power;
}

// Steps that read well in the unit: half hours and days rather than thousands of seconds.
double tick_step(double least, unit u) {
    constexpr std::array<double, 14> times{60,   120,   300,   600,   900,   1800,   3600,
                                           7200, 10800, 21600, 43200, 86400, 172800, 432000};
    if (u == unit::seconds && least > 30) {
        for (const double t : times)
            if (t >= least * 0.999999) return t;
        return 86400 * round_step(least / 86400);
    }
    if (u == unit::bytes && least >= 1024) {
        const double power = std::pow(1024.0, std::floor(std::log2(least) / 10));
        return power * std::exp2(std::ceil(std::log2(least / power) - 1e-9));
    }
    return round_step(least);
}

}  // namespace

ruler::ruler(const axis& a, double least, double most, int wanted)
    : scale_(a.scale), low_(a.low.value_or(least)), high_(a.high.value_or(most)) {
    if (!std::isfinite(low_)) low_ = 0;
    if (!std::isfinite(high_)) high_ = low_;
    if (high_ < low_) std::swap(low_, high_);
    wanted = std::max(wanted, 2);
    if (scale_ == scale::log)
        fit_log(a, wanted);
    else
        fit_linear(a, wanted);
}

void ruler::fit_linear(const axis& a, int wanted) {
    // Values that are all positive are compared from 0, unless that would leave most of the plot empty.
    if (!a.low && low_ > 0 && low_ < 0.7 * high_) low_ = 0;
    const double enough = std::max({std::abs(low_), std::abs(high_), 1e-300}) * 1e-9;
    if (high_ - low_ <= enough) high_ = low_ == 0 ? 1 : low_ + std::abs(low_) * 0.1;
    const double step = tick_step((high_ - low_) / wanted, a.unit);
    if (!a.low) low_ = std::floor(low_ / step + 1e-9) * step;
    if (!a.high) high_ = std::ceil(high_ / step - 1e-9) * step;
    const double first = std::ceil(low_ / step - 1e-9);
    for (int i = 0; i <= 4 * wanted; ++i) {
        const double value = (first + i) * step;
        if (value > high_ + step * 1e-6) break;
        ticks_.push_back({value, format(std::abs(value) < step * 1e-6 ? 0 : value, a.unit)});
    }
}

void ruler::fit_log(const axis& a, int wanted) {
    if (high_ <= 0) high_ = 1;
    if (low_ <= 0) low_ = high_ / 1000;
    if (!a.low) low_ = std::pow(10.0, std::floor(std::log10(low_) + 1e-9));
    if (!a.high) high_ = std::pow(10.0, std::ceil(std::log10(high_) - 1e-9));
    if (high_ <= low_) high_ = low_ * 10;
    low_ = std::max(low_, high_ / std::pow(10.0, decades_max));
    const double decades = std::log10(high_ / low_);
    if (a.unit == unit::seconds && high_ > 60) {
        // A log axis of seconds goes on in minutes, hours and days.
        constexpr std::array<double, 11> times{1,     10,     60,     600,    3600,  36000,
                                               86400, 864000, 8.64e6, 8.64e7, 8.64e8};
        for (double value = std::pow(10.0, std::ceil(std::log10(low_) - 1e-9)); value < 0.5; value *= 10)
            ticks_.push_back({value, format(value, a.unit)});
        for (const double t : times)
            if (t >= low_ * 0.999999 && t <= high_ * 1.000001) ticks_.push_back({t, format(t, a.unit)});
        return;
    }
    const double every = std::max(1.0, std::ceil(decades / wanted - 1e-9));
    for (double power = std::ceil(std::log10(low_) - 1e-9);; power += every) {
        const double value = std::pow(10.0, power);
        if (value > high_ * 1.000001) break;
        ticks_.push_back({value, format(value, a.unit)});
        // Few decades leave room between them.
        for (const double factor : {2.0, 5.0})
            if (decades <= 2.01 && factor * value <= high_ * 1.000001)
                ticks_.push_back({factor * value, format(factor * value, a.unit)});
    }
}

double ruler::place(double value) const {
    if (!(value > low_)) return 0;  // also for what is no number
    if (value >= high_) return 1;
    return scale_ == scale::log ? std::log(value / low_) / std::log(high_ / low_)
                                : (value - low_) / (high_ - low_);
}

}  // namespace trainyard::report
