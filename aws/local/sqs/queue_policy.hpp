// The resource policy of a queue: who of another account may do what, and what is denied to everybody. Pure.
// Rules: "IAM JSON policy elements reference" and "Policy evaluation logic" of the IAM user guide; limits:
// "Amazon SQS policy quotas".
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/service.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::local {

inline constexpr std::size_t max_policy_bytes = 8192;
inline constexpr std::size_t max_policy_statements = 20;
inline constexpr std::size_t max_policy_principals = 50;  // of all statements together
inline constexpr std::size_t max_policy_conditions =
    10;  // operator and key pairs, of all statements together

enum class policy_decision : unsigned char { neither, allow, deny };

// Condition keys and their values in one request; names in lower case. A key that is not here is absent.
using policy_context = std::map<std::string, std::string, std::less<>>;

// What this server knows of every caller: aws:PrincipalAccount, aws:PrincipalArn, aws:userid, and
// aws:SecureTransport, which is always true: the plain port stands for the TLS of AWS. aws:SourceArn and
// aws:SourceAccount come only with calls of AWS's own services.
policy_context context_of(const principal& who);

class queue_policy {
public:
    // errc::limit beyond a limit above, else errc::invalid_argument.
    static result<queue_policy> parse(std::string_view text);

    // `action` without the service: "SendMessage"; batches are authorised as their single form, which is the
    // caller's to name. An explicit deny wins. A condition with an operator that is not known here, or a
    // policy variable, makes its statement not apply.
    policy_decision evaluate(const principal& who, std::string_view action, std::string_view resource,
                             const policy_context& context) const;

private:
    // A list, or its opposite (NotAction...).
    struct selection {
        bool inverted = false;
        std::vector<std::string> patterns;
    };
    struct condition {
        std::string op;  // without IfExists
        bool if_exists = false;
        std::string key;  // lower case
        std::vector<std::string> values;
    };
    struct statement {
        bool deny = false;
        selection principals;  // of the kind AWS; "*" is everybody
        selection actions;     // lower case, with "sqs:", or "*"
        selection resources;
        std::vector<condition> conditions;
    };
    struct parser;

    static bool holds(const condition& c, const policy_context& context);
    static bool applies(const statement& s, const principal& who, std::string_view action,
                        std::string_view resource, const policy_context& context);

    std::vector<statement> statements_;
};

// `*` and `?` as in IAM. Takes text times pattern steps at most.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace trainyard::aws::local
