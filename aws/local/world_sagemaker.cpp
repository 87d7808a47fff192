#include "aws/local/world_sagemaker.hpp"

#include "aws/local/identity/access_guard.hpp"

namespace trainyard::aws::local {
namespace {

// As the execution's role. A refusal is lost, as in AWS, where the step then waits for a token in vain.
void send_callback(sqs_service& queues, const sagemaker::callback_message& m, wall_time now) {
    json::writer text;
    text.begin_object().member("QueueUrl", m.queue_url).member("MessageBody", m.body).end_object();
    const auto input = json::document::parse(text.take());
    if (!input) return;
    operation_call call;
    call.operation = "SendMessage";
    call.input = input->root();
    call.who.account = m.account;
    call.who.arn = "arn:aws:sts::" + m.account.str() + ":assumed-role/" +
                   m.role_arn.substr(m.role_arn.rfind('/') + 1) + "/SageMaker";
    call.region = m.region;
    call.now = now;
    static_cast<void>(queues.perform(call));
}

}  // namespace

sagemaker_options sagemaker_options_of(const world_options& options, const role_check& roles,
                                       sqs_service& queues) {
    sagemaker_options out;
    out.instance_limit = options.instance_limit;
    out.instance_limits = options.instance_limits;
    out.seed = options.seed;
    out.time_scale = options.time_scale;
    out.list_delay = options.list_delay;
    out.guard = [&roles](const operation_call& call) { return refused_role(roles, call); };
    out.send = [&queues](const auto& message, wall_time now) { send_callback(queues, message, now); };
    return out;
}

}  // namespace trainyard::aws::local
