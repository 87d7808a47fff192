#include "aws/sts/client.hpp"

#include "aws/sts/codec.hpp"
#include "aws/transport/answer.hpp"

namespace trainyard::aws::sts {

namespace {

constexpr int attempts_of_assume_role = 3;

call make(std::string operation, const endpoint& where, std::string body, mono_time deadline) {
    call out;
    out.service = "sts";
    out.operation = std::move(operation);
    out.endpoint = where;
    out.fields.set("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    out.body = std::move(body);
    out.deadline = deadline;
    return out;
}

api_error refused(const error& e) {
    api_error out;
    out.kind = failure::invalid_request;
    out.service = "sts";
    out.operation = "AssumeRole";
    out.message = e.message;
    return out;
}

}  // namespace

client::client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who)
    : transport_(&t), where_(std::move(where)), who_(std::move(who)) {}

task<api_result<caller_identity>> client::get_caller_identity(mono_time deadline) {
    auto what = make("GetCallerIdentity", where_, encode_get_caller_identity(), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    auto decoded = decode_get_caller_identity(answer->body);
    if (!decoded) co_return malformed_answer("sts", "GetCallerIdentity", *answer, decoded.error().message);
    co_return std::move(*decoded);
}

task<api_result<sigv4::credentials>> client::assume_role(assume_role_request request, mono_time deadline) {
    return send_assume_role(std::move(request), deadline, attempts_of_assume_role, {});
}

task<api_result<sigv4::credentials>> client::assume_role_once(assume_role_request request, mono_time deadline,
                                                              std::function<mono_time()> turn_of_repeat) {
    return send_assume_role(std::move(request), deadline, 1, std::move(turn_of_repeat));
}

task<api_result<sigv4::credentials>> client::send_assume_role(assume_role_request request, mono_time deadline,
                                                              int attempts_max,
                                                              std::function<mono_time()> turn_of_repeat) {
    auto body = encode_assume_role(request);
    if (!body) co_return refused(body.error());
    auto what = make("AssumeRole", where_, std::move(*body), deadline);
    what.attempts_max = attempts_max;
    what.turn_of_repeat = std::move(turn_of_repeat);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    auto decoded = decode_assume_role(answer->body);
    if (!decoded) co_return malformed_answer("sts", "AssumeRole", *answer, decoded.error().message);
    co_return std::move(*decoded);
}

}  // namespace trainyard::aws::sts
