#include "scheduler/provision/clients.hpp"

#include <fmt/format.h>

namespace trainyard::provision {

clients::clients(aws::transport& t, const aws::environment& env, aws::identity& who,
                 std::shared_ptr<aws::credentials_provider> base, home h)
    : transport_(t), env_(env), identity_(who), base_(std::move(base)), home_(std::move(h)) {}

result<std::shared_ptr<aws::credentials_provider>> clients::who(const std::string& account) {
    if (account == home_.account) return base_;
    auto& provider = assumed_[account];
    if (!provider) {
        const auto sts = aws::resolve_endpoint("sts", home_.region, env_);
        if (!sts) return sts.error();
        aws::sts::assume_role_request request;
        request.role_arn = fmt::format("arn:{}:iam::{}:role/{}", home_.partition, account, home_.admin_role);
        request.session_name = home_.session_name;
        provider = identity_.assume(*sts, base_, std::move(request));
    }
    return provider;
}

template <class Client>
result<Client> clients::make(const std::string& service, const resource_id& at) {
    const auto where = aws::resolve_endpoint(service, at.region.empty() ? home_.region : at.region, env_);
    if (!where) return with_context(where.error(), to_string(at));
    auto provider = who(at.account);
    if (!provider) return with_context(provider.error(), to_string(at));
    return Client{transport_, *where, *provider};
}

result<aws::sqs::client> clients::sqs(const resource_id& at) {
    return make<aws::sqs::client>("sqs", at);
}
result<aws::sqs::administration> clients::queues(const resource_id& at) {
    return make<aws::sqs::administration>("sqs", at);
}
result<aws::iam::client> clients::iam(const resource_id& at) {
    return make<aws::iam::client>("iam", at);
}
result<aws::events::client> clients::events(const resource_id& at) {
    return make<aws::events::client>("events", at);
}
result<aws::sagemaker::client> clients::sagemaker(const resource_id& at) {
    return make<aws::sagemaker::client>("sagemaker", at);
}
result<aws::sagemaker::pipelines> clients::pipelines(const resource_id& at) {
    return make<aws::sagemaker::pipelines>("sagemaker", at);
}

}  // namespace trainyard::provision
