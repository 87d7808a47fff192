#include "aws/local/sagemaker/pipelines/token_book.hpp"

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
    if (!entries_.emplace(key, entry{fingerprint(input), std::move(answer)}).second) return;
    order_.push_back(std::move(key));
    if (order_.size() > tokens_max) {
        entries_.erase(order_.front());
        order_.pop_front();
    }
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
