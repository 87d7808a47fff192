#include "aws/transport/call.hpp"

#include "aws/transport/repeat.hpp"

namespace trainyard::aws {

bool may_resend(const call& what) {
    return what.resend_when_stale && may_send_twice(what.service, what.operation);
}

call make_json_call(std::string service, std::string_view target, std::string_view version,
                    aws::endpoint endpoint, std::string body, mono_time deadline) {
    call out;
    out.service = std::move(service);
    out.operation = target.substr(target.rfind('.') + 1);
    out.endpoint = std::move(endpoint);
    out.fields.set("content-type", "application/x-amz-json-" + std::string{version});
    out.fields.set("x-amz-target", std::string{target});
    out.body = std::move(body);
    out.deadline = deadline;
    return out;
}

}  // namespace trainyard::aws
