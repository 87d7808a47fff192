// Amazon Resource Names. Source: AWS General Reference, "Amazon Resource Names (ARNs)". Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace trainyard::aws {

inline constexpr std::size_t arn_bytes_max = 2048;  // IAM's limit; no service has a larger one

// arn:partition:service:region:account:resource
struct arn {
    std::string partition;  // aws, aws-cn, aws-us-gov, ...
    std::string service;    // iam, sqs, sagemaker, ...
    std::string region;     // empty: the service is global, or the resource is
    std::string account;    // 12 digits; empty, or "aws" for what AWS itself owns
    std::string resource;   // everything after the fifth colon: colons, slashes and all; never empty

    std::string to_string() const;
    friend bool operator==(const arn&, const arn&) = default;
};

// Strict: lower case letters, digits and hyphens in the first parts, visible ASCII in the resource.
// errc::invalid_argument says which part is wrong.
result<arn> parse_arn(std::string_view text);

// arn:...:iam::<12 digits>:role/<path and name>
bool is_role(const arn& a);

}  // namespace trainyard::aws
