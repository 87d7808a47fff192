// The properties that a search names, as the model of the resource knows them: "TrainingJobName",
// "ResourceConfig.InstanceType", "HyperParameters.lr", "Tags.team", "Metrics.accuracy". Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/model/shapes.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker::search {

enum class value_kind : unsigned char {
    text,
    text_or_number,  // a hyperparameter: compared as a number when both sides are numbers
    number,
    time,  // in records seconds since 1970, in filters ISO 8601
    truth,
    composite,  // a structure, list or map: it only exists or not
};

struct property_path {
    struct part {
        enum class kind : unsigned char {
            member,  // of a structure or a map
            each,    // of a list
            tag,     // the Value of the list's element with that Key
            metric,  // the Value of the list's element with that MetricName
        };
        kind what = kind::member;
        std::string name;
    };
    std::vector<part> parts;
    value_kind kind = value_kind::text;
    std::uint16_t shape = model::no_shape;  // of the property
};

// Nothing when a resource of that shape has no such property.
std::optional<property_path> resolve(const model::service_model& m, std::uint16_t shape,
                                     std::string_view name);

// Calls `found` for each value of the property in the record, several where a list is on the way, until it
// returns true. True when it did.
bool any_value(json::value record, const property_path& path, const std::function<bool(json::value)>& found);

}  // namespace trainyard::aws::local::sagemaker::search
