// Errors as services and whatever stands between say them (aws/transport/answer.hpp). The first byte chooses
// status and header fields, the rest is the body.
#include "aws/transport/answer.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {

void run_error_body(std::string_view input) {
    if (input.empty()) return;
    const auto choice = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    constexpr int statuses[] = {400, 403, 404, 413, 429, 500, 503, 307};
    http::response answer;
    answer.status = statuses[choice & 7U];
    const std::string_view line = input.substr(0, input.find('\n'));
    if ((choice & 8U) != 0) answer.fields.add("x-amzn-errortype", std::string(line));
    if ((choice & 16U) != 0) answer.fields.add("x-amzn-query-error", std::string(line));
    if ((choice & 32U) != 0) answer.fields.add("x-amzn-requestid", std::string(line));
    if ((choice & 64U) != 0) answer.fields.add("date", "Sat, 31 Jan 2026 23:59:59 GMT");
    answer.body = std::string(input);

    const aws::api_error e = aws::read_error("sqs", "SendMessage", answer);
    require(e.http_status == answer.status && e.service == "sqs" && e.operation == "SendMessage",
            "an error names what it is of");
    require(e.kind != aws::failure::unreachable && e.kind != aws::failure::cancelled,
            "an answer came, so the request was sent");
    if (answer.status >= 500)
        require(e.may_have_executed() || e.kind == aws::failure::throttled,
                "a 5xx leaves the effect unknown, unless it says that nothing was done");
    require(is_one_line(e.to_string()) && e.to_string().size() <= 8192,
            "a message is one line of bounded size");
    require(is_one_line(aws::to_error(e).message), "so is that of the error it becomes");
    const wall_time sent = parse_iso8601("2026-01-31T20:00:00Z").value();
    if (const auto ahead = aws::skew_from(e, answer, sent, duration::zero()))
        require(std::chrono::abs(*ahead) <= std::chrono::hours{24}, "no clock is wrong by more than a day");
}

}  // namespace trainyard::fuzz
