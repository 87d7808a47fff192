// ClientRequestToken: the same token with the same input has the same effect once and the same answer again.
// Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

// The oldest is forgotten first; AWS does not say how long it remembers.
inline constexpr std::size_t tokens_max = 10'000;

class token_book {
public:
    // What to answer without doing anything: the answer of the first time, or the ConflictException of a
    // token that came with another input. Nothing: go on, and record() the answer.
    std::optional<service_reply> find(std::string_view operation, json::value input) const;
    void record(std::string_view operation, json::value input, std::string answer);

private:
    struct entry {
        std::string fingerprint, answer;
    };
    std::map<std::string, entry> entries_;  // by operation and token
    std::deque<std::string> order_;
};

}  // namespace trainyard::aws::local::sagemaker::pipelines
