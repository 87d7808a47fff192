// Messages of AWS's own services. A service is of no account: the policy of the queue alone lets it in.
#include <fmt/format.h>

#include <memory>

#include "aws/local/sqs/sqs_operations.hpp"

namespace trainyard::aws::local {
namespace {

// As SendMessage has it, so that the same checks apply.
std::string as_input(const service_message& m) {
    json::writer out;
    out.begin_object().member("MessageBody", m.body);
    if (!m.group_id.empty()) out.member("MessageGroupId", m.group_id);
    if (!m.attributes.empty()) {
        out.key("MessageAttributes").begin_object();
        for (const auto& [name, a] : m.attributes)
            out.key(name)
                .begin_object()
                .member("DataType", a.type)
                .member("StringValue", a.value)
                .end_object();
        out.end_object();
    }
    out.end_object();
    return out.take();
}

}  // namespace

service_reply sqs_operations::send_from_service(const service_message& m, wall_time now) {
    advance(now);
    const auto key = parse_queue_arn(m.queue_arn);
    const auto q = key ? registry_.find(*key) : nullptr;
    if (!q) return sqs_error::queue_does_not_exist();
    policy_context context{{"aws:sourcearn", m.source_arn},
                           {"aws:sourceaccount", m.source_account.str()},
                           {"aws:requestedregion", key->region.str()},
                           {"aws:principalisawsservice", "true"},
                           {"aws:principalservicename", m.service},
                           {"aws:securetransport", "true"}};
    add_time(context, now);
    const requester who{requester::kind::service, m.service};
    const auto& policy = q->attributes.policy();
    if (!policy || policy->evaluate(who, "SendMessage", m.queue_arn, context) != policy_decision::allow)
        return sqs_error::plain(
            "AccessDenied", 403,
            fmt::format("The policy of {} does not allow {} to perform sqs:SendMessage for {}", m.queue_arn,
                        m.service, m.source_arn));
    const auto input = json::document::parse(as_input(m));
    if (!input) return sqs_error::malformed_input(input.error().message);
    outgoing_message out_going;
    if (const auto read = read_message(input->root(), q->attributes, false, out_going); !read)
        return read.error();
    queue_message& message = out_going.message;
    message.body_md5 = md5(message.body);
    message.sender_id = std::make_shared<const std::string>(m.service);
    const message_digests digests = digests_of(message);
    const auto sent = q->store.send(std::move(message), out_going.delay, now, random_);
    json::writer out;
    out.begin_object();
    write_sent(out, digests, sent);
    out.end_object();
    changed_(*q);
    return out.take();
}

}  // namespace trainyard::aws::local
