// The resource policy of a queue: who of another account may do what, and what is denied to everybody. Pure.
// Limits: "Amazon SQS policy quotas".
#pragma once

#include <cstddef>
#include <string_view>

#include "aws/local/policy/evaluate.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::local {

inline constexpr std::size_t max_policy_bytes = 8192;
inline constexpr std::size_t max_policy_statements = 20;
inline constexpr std::size_t max_policy_principals = 50;  // of all statements together
inline constexpr std::size_t max_policy_conditions =
    10;  // operator and key pairs, of all statements together

enum class policy_decision : unsigned char { neither, allow, deny };

class queue_policy {
public:
    // errc::limit beyond a limit above, else errc::invalid_argument.
    static result<queue_policy> parse(std::string_view text);

    // What this policy alone says. `action` is without the service: "SendMessage"; batches are authorised as
    // their single form, which is the caller's to name.
    policy_decision evaluate(const requester& who, std::string_view action, std::string_view resource,
                             const policy_context& context) const;

    const policy_document& document() const { return document_; }

private:
    explicit queue_policy(policy_document d) : document_(std::move(d)) {}
    policy_document document_;
};

}  // namespace trainyard::aws::local
