#include "aws/local/sagemaker/tuning/search_space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "aws/local/base/validation.hpp"
#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

using kind = parameter_range::kind;
using scaling = parameter_range::scaling;

// ScalingType Auto: SageMaker does not say how it chooses; here by how many decades the range spans.
constexpr double auto_logarithmic_from = 100;
constexpr double integer_max = 1e15;  // every integer up to here is a double

std::optional<double> read_number(std::string_view text) {
    double out = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(out)) return std::nullopt;
    return out;
}

service_error wrong(std::string_view name, std::string_view why) {
    return validation_exception(fmt::format("The hyperparameter range of '{}' {}.", printable(name), why));
}

double to_scale(const parameter_range& r, double v) {
    switch (r.scale) {
        case scaling::linear: return v;
        case scaling::logarithmic: return std::log(v);
        case scaling::reverse_logarithmic: return -std::log1p(-v);
    }
    return v;
}

double from_scale(const parameter_range& r, double s) {
    switch (r.scale) {
        case scaling::linear: return s;
        case scaling::logarithmic: return std::exp(s);
        case scaling::reverse_logarithmic: return -std::expm1(-s);
    }
    return s;
}

std::optional<service_error> read_scale(json::value in, parameter_range& r) {
    const auto type = in.find("ScalingType").string().value_or("Auto");
    if (type == "Logarithmic" || (type == "Auto" && r.low > 0 && r.high >= auto_logarithmic_from * r.low))
        r.scale = scaling::logarithmic;
    if (type == "ReverseLogarithmic") r.scale = scaling::reverse_logarithmic;
    if (r.scale == scaling::logarithmic && r.low <= 0)
        return wrong(r.name, "must be above 0 for ScalingType Logarithmic");
    if (r.scale == scaling::reverse_logarithmic && (r.is == kind::integer || r.low < 0 || r.high >= 1))
        return wrong(r.name,
                     "must be continuous and lie within 0 <= x < 1 for ScalingType ReverseLogarithmic");
    return std::nullopt;
}

boost::system::result<parameter_range, service_error> read_numbers(json::value in, kind is) {
    parameter_range r{std::string{*in.find("Name").string()}, is};
    const auto low = read_number(*in.find("MinValue").string());
    const auto high = read_number(*in.find("MaxValue").string());
    if (!low || !high) return wrong(r.name, "must have numbers as MinValue and MaxValue");
    r.low = *low;
    r.high = *high;
    if (r.low > r.high) return wrong(r.name, "has a MinValue above its MaxValue");
    if (is == kind::integer && (r.low != std::floor(r.low) || r.high != std::floor(r.high) ||
                                std::max(std::abs(r.low), std::abs(r.high)) > integer_max))
        return wrong(r.name, "must have integers as MinValue and MaxValue");
    if (auto e = read_scale(in, r)) return *std::move(e);
    return r;
}

}  // namespace

std::string parameter_range::value_at(double position) const {
    TY_CHECK(position >= 0 && position < 1, "a position lies in [0, 1)");
    if (is == kind::categorical)
        return values[static_cast<std::size_t>(position * static_cast<double>(values.size()))];
    if (is == kind::integer && scale == scaling::linear)
        return fmt::format("{:.0f}", low + std::floor(position * (high - low + 1)));
    const double first = to_scale(*this, low), last = to_scale(*this, high);
    // Rounding of the logarithms must not leave the range.
    const double v = std::clamp(from_scale(*this, first + position * (last - first)), low, high);
    return is == kind::integer ? fmt::format("{:.0f}", std::clamp(std::round(v), low, high))
                               : fmt::format("{}", v);
}

double parameter_range::position_of(std::string_view value) const {
    constexpr double below_one = 1 - 1e-12;
    if (is == kind::categorical) {
        const auto at = std::find(values.begin(), values.end(), value);
        if (at == values.end()) return 0;
        return (static_cast<double>(at - values.begin()) + 0.5) / static_cast<double>(values.size());
    }
    const auto v = read_number(value);
    if (!v || *v < low || *v > high) return 0;
    if (is == kind::integer && scale == scaling::linear)
        return std::min((*v - low + 0.5) / (high - low + 1), below_one);
    const double first = to_scale(*this, low), last = to_scale(*this, high);
    return last > first ? std::clamp((to_scale(*this, *v) - first) / (last - first), 0.0, below_one) : 0;
}

boost::system::result<search_space, service_error> search_space::read(json::value ranges) {
    search_space out;
    std::set<std::string> names;
    for (const auto& [member, is] : {std::pair{"IntegerParameterRanges", kind::integer},
                                     std::pair{"ContinuousParameterRanges", kind::continuous}})
        for (const json::value v : ranges.find(member).elements()) {
            auto range = read_numbers(v, is);
            if (!range) return std::move(range).error();
            out.parameters_.push_back(*std::move(range));
        }
    for (const json::value v : ranges.find("CategoricalParameterRanges").elements()) {
        parameter_range r{std::string{*v.find("Name").string()}, kind::categorical};
        for (const json::value text : v.find("Values").elements()) r.values.emplace_back(*text.string());
        out.parameters_.push_back(std::move(r));
    }
    for (const json::value v : ranges.find("AutoParameters").elements())
        out.fixed_.insert_or_assign(std::string{*v.find("Name").string()},
                                    std::string{*v.find("ValueHint").string()});
    if (out.size() > tuned_parameters_max)
        return validation_exception(fmt::format("A tuning job can search at most {} hyperparameters, not {}.",
                                                tuned_parameters_max, out.size()));
    for (const parameter_range& r : out.parameters_)
        if (!names.insert(r.name).second || out.fixed_.contains(r.name))
            return wrong(r.name, "is there twice");
    return out;
}

parameter_values search_space::values_at(const std::vector<double>& positions) const {
    TY_CHECK(positions.size() == size(), "a position for each parameter");
    parameter_values out = fixed_;
    for (std::size_t i = 0; i < size(); ++i)
        out.insert_or_assign(parameters_[i].name, parameters_[i].value_at(positions[i]));
    return out;
}

std::vector<double> search_space::positions_of(const parameter_values& values) const {
    std::vector<double> out;
    for (const parameter_range& r : parameters_) {
        const auto at = values.find(r.name);
        out.push_back(at == values.end() ? 0 : r.position_of(at->second));
    }
    return out;
}

}  // namespace trainyard::aws::local::sagemaker
