// The values that a tuning job may try: ParameterRanges of CreateHyperParameterTuningJob. Pure.
// Every parameter is seen as a position in [0, 1), so that strategies need not know its kind or scale.
#pragma once

#include <boost/system/result.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/service.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker {

inline constexpr std::size_t tuned_parameters_max = 30;  // of all kinds together; Amazon SageMaker quotas

// Values by the name of their parameter, as HyperParameters hold them.
using parameter_values = std::map<std::string, std::string>;

struct parameter_range {
    enum class kind : unsigned char { integer, continuous, categorical };
    enum class scaling : unsigned char { linear, logarithmic, reverse_logarithmic };

    std::string name;
    kind is = kind::continuous;
    double low = 0, high = 0;  // both may be tried; not of a categorical one
    scaling scale = scaling::linear;
    std::vector<std::string> values{};  // of a categorical one

    std::string value_at(double position) const;
    // Of a value that value_at() gave; 0 for another text.
    double position_of(std::string_view value) const;
};

class search_space {
public:
    // Where ranges are wrong: a ValidationException that names the parameter. Absent ranges are an empty
    // space.
    static boost::system::result<search_space, service_error> read(json::value ranges);

    const std::vector<parameter_range>& parameters() const { return parameters_; }
    std::size_t size() const { return parameters_.size(); }
    // AutoParameters: their hints are tried as they are.
    const parameter_values& fixed() const { return fixed_; }

    parameter_values values_at(const std::vector<double>& positions) const;
    std::vector<double> positions_of(const parameter_values& values) const;

private:
    std::vector<parameter_range> parameters_;
    parameter_values fixed_;
};

}  // namespace trainyard::aws::local::sagemaker
