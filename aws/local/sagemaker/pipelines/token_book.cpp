#include "aws/local/sagemaker/pipelines/token_book.hpp"

#include <algorithm>

#include "aws/local/base/kept_value.hpp"
#include "engine/base/digest.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

std::string key_of(std::string_view operation, json::value input) {
    return std::string{operation} + "/" + std::string{input.find("ClientRequestToken").string().value_or("")};
}

// The order of members is as the client wrote it; SDKs write theirs always alike.
std::string fingerprint(json::value input) {
    return sha256_hex(json::to_text(input));
}

}  // namespace

std::optional<service_reply> token_book::find(std::string_view operation, json::value input) const {
    const auto found = entries_.find(key_of(operation, input));
    if (found == entries_.end()) return std::nullopt;
    if (found->second.fingerprint == fingerprint(input)) return service_reply{found->second.answer};
    return service_reply{service_error{400, "ConflictException", "",
                                       "The ClientRequestToken was used before with another input.", true}};
}

void token_book::record(std::string_view operation, json::value input, std::string answer) {
    std::string key = key_of(operation, input);
    if (!entries_.emplace(key, entry{fingerprint(input), std::move(answer), last_ + 1}).second) return;
    if (hear_) hear_(key);
    order_.emplace(++last_, std::move(key));
    if (order_.size() <= tokens_max) return;
    const auto oldest = order_.begin();
    entries_.erase(oldest->second);
    if (hear_) hear_(oldest->second);
    order_.erase(oldest);
}

std::optional<std::string> token_book::document(const std::string& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? std::nullopt : std::optional{kept::text_of(found->second)};
}

bool token_book::take_back(const std::string& key, json::value v) {
    entry read;
    if (!kept::read(v, read) || !order_.emplace(read.number, key).second) return false;
    last_ = std::max(last_, read.number);
    return entries_.emplace(key, std::move(read)).second;
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
