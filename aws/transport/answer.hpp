// Reading what a service answered. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/transport/error.hpp"
#include "engine/base/time.hpp"
#include "engine/http/message.hpp"

namespace trainyard::aws {

// The error of a non-2xx answer, JSON or Query XML or neither. The code is SQS's legacy code where there is
// one.
api_error read_error(std::string_view service, std::string_view operation, const http::response& answer);

// An answer that has status 2xx but cannot be what the service meant.
api_error malformed_answer(std::string_view service, std::string_view operation, const http::response& answer,
                           std::string_view why);

// AWS's code without the URL behind ':' and the namespace before '#'.
std::string_view plain_code(std::string_view code);

bool is_expired_token(std::string_view code, bool temporary_credentials);

// How long the service asks to be left alone: x-amz-retry-after (milliseconds), else Retry-After in seconds.
// Its form with a date is not read: the clocks may differ.
std::optional<duration> retry_after(const http::response& answer);

// The id that AWS's support asks for: x-amzn-requestid or x-amz-request-id, with "/" and x-amz-id-2 behind it
// where that is there. Empty when the answer has none.
std::string request_id_of(const http::response& answer);

// How far the server's clock is ahead, from an error about the signature whose Date header differs by 5
// minutes or more from `sent` (the time that was signed, without its offset). Nothing when the error is about
// something else, or when the offset would pass 24 h: no clock is wrong by that much and still worth
// following.
std::optional<duration> skew_from(const api_error& e, const http::response& answer, wall_time sent,
                                  duration current_offset);

}  // namespace trainyard::aws
