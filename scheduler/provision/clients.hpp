// The clients of every account that a plan touches: the process's own credentials in its account, the
// admin role elsewhere.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "aws/events/client.hpp"
#include "aws/iam/client.hpp"
#include "aws/identity/identity.hpp"
#include "aws/sagemaker/client.hpp"
#include "aws/sagemaker/pipelines.hpp"
#include "aws/sqs/administration.hpp"
#include "aws/sqs/client.hpp"
#include "scheduler/provision/resource.hpp"

namespace trainyard::provision {

class clients {
public:
    struct home {
        std::string account, region;  // the process's own account; where roles are assumed
        std::string partition, admin_role, session_name;
    };
    // All but `h` outlive it.
    clients(aws::transport& t, const aws::environment& env, aws::identity& who,
            std::shared_ptr<aws::credentials_provider> base, home h);

    result<aws::sqs::client> sqs(const resource_id& at);
    result<aws::sqs::administration> queues(const resource_id& at);
    result<aws::iam::client> iam(const resource_id& at);
    result<aws::events::client> events(const resource_id& at);
    result<aws::sagemaker::client> sagemaker(const resource_id& at);
    result<aws::sagemaker::pipelines> pipelines(const resource_id& at);

private:
    template <class Client>
    result<Client> make(const std::string& service, const resource_id& at);
    result<std::shared_ptr<aws::credentials_provider>> who(const std::string& account);

    aws::transport& transport_;
    const aws::environment& env_;
    aws::identity& identity_;
    std::shared_ptr<aws::credentials_provider> base_;
    home home_;
    std::map<std::string, std::shared_ptr<aws::credentials_provider>> assumed_;
};

}  // namespace trainyard::provision
