// Search and GetSearchSuggestions over the records of one resource. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/model/shapes.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker::search {

inline constexpr std::size_t default_page = 10;
inline constexpr std::size_t suggestions_max = 100;

// A resource that can be searched, by the model's ResourceType and SearchRecord.
struct resource {
    std::string_view type;    // "HyperParameterTuningJob"
    std::string_view member;  // of SearchRecord that holds a record
    std::string_view inside;  // the member of that which holds the properties; empty: it does itself
};
// Nothing for a type that is not searched here.
std::optional<resource> find_resource(std::string_view type);

struct record {
    std::string id;    // unique among the records: an ARN
    std::string body;  // the properties as JSON; members that SearchRecord does not know are left out
};

// `input` has passed the model's own constraints.
service_reply answer_search(json::value input, const resource& of, const std::vector<record>& records,
                            const model::service_model& m);
// Names under HyperParameters, Tags and Metrics that records have, and the resource's own, that begin with
// the hint; by name, at most suggestions_max.
service_reply answer_suggestions(json::value input, const resource& of, const std::vector<record>& records,
                                 const model::service_model& m);

}  // namespace trainyard::aws::local::sagemaker::search
