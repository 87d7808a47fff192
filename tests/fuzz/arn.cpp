// ARNs (aws/transport/arn.hpp), and their one use on the wire (aws/sts/codec.hpp).
#include "aws/transport/arn.hpp"

#include "aws/sts/codec.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {

void run_arn(std::string_view input) {
    const auto got = aws::parse_arn(input);
    aws::sts::assume_role_request wanted;
    wanted.role_arn = input;
    wanted.session_name = "trainyard";
    const auto request = aws::sts::encode_assume_role(wanted);
    require(request.has_value() == (got.has_value() && aws::is_role(*got)),
            "a role to assume is the ARN of a role");
    if (!got) {
        require(got.error().code == errc::invalid_argument && is_one_line(got.error().message),
                "a refusal is of the text, in one line");
        return;
    }
    require(got->to_string() == input, "an ARN has one spelling");
    require(!got->resource.empty() && !got->service.empty(), "it names something");
    require(got->account.find(':') == std::string::npos && got->region.find(':') == std::string::npos,
            "no part but the last holds a colon");
}

}  // namespace trainyard::fuzz
