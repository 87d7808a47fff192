// Where a call is aimed, as rates and fault rules see it.
#pragma once

#include <string_view>

namespace trainyard::aws::local {

// Views that live as long as the call.
struct call_site {
    std::string_view service;    // the signing name: "sqs"
    std::string_view operation;  // "SendMessage"
    std::string_view account, region;
    std::string_view resource;  // the queue, job, role or rule that the request names; may be empty
};

// True when `text` fits `pattern`, where * stands for any characters and ? for one. Time is at most the
// product of both lengths.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace trainyard::aws::local
