// ClientRequestToken: the same token with the same input has the same effect once and the same answer again.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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

    // Hears the key of each entry that is new or forgotten.
    void on_change(std::function<void(const std::string& key)> hear) { hear_ = std::move(hear); }
    // What of it is kept; nothing: there is no such entry.
    std::optional<std::string> document(const std::string& key) const;
    bool take_back(const std::string& key, json::value v);

private:
    struct entry {
        std::string fingerprint, answer;
        std::uint64_t number = 0;
        template <class Fields>
        friend void fields(Fields& f, entry& e) {
            f("fingerprint", e.fingerprint), f("answer", e.answer), f("number", e.number);
        }
    };
    std::map<std::string, entry> entries_;        // by operation and token
    std::map<std::uint64_t, std::string> order_;  // by age
    std::uint64_t last_ = 0;
    std::function<void(const std::string&)> hear_;
};

}  // namespace trainyard::aws::local::sagemaker::pipelines
