// The AWS side of a fleet: one SageMaker client per pool, one SQS client per queue, every role assumed once.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/identity/identity.hpp"
#include "aws/quotas/client.hpp"
#include "aws/s3/client.hpp"
#include "aws/sagemaker/client.hpp"
#include "aws/sqs/client.hpp"
#include "scheduler/config/fleet.hpp"

namespace trainyard::dispatcher {

struct queue_link {
    config::queue settings;
    std::string url;
    std::string reject_url;   // empty: none
    std::string results_url;  // empty: none
    aws::sqs::client client;
    aws::endpoint where;
    std::shared_ptr<aws::credentials_provider> who;
    std::optional<aws::s3::client> payloads;  // where messages may point to a body in S3
};

struct event_link {
    config::event_queue settings;
    std::string url;
    aws::sqs::client client;
    std::size_t helpers = 0;  // receives beside the steady one
};

struct pool_link {
    config::pool settings;
    aws::sagemaker::client client;
    std::shared_ptr<aws::credentials_provider> who;  // the client's
    std::optional<aws::quotas::client> quotas = {};  // where the pool discovers its limits
};

struct links {
    aws::transport* transport = nullptr;
    std::map<std::string, queue_link> queues;  // by queue name
    std::map<std::string, pool_link> pools;    // by pool name
    std::vector<event_link> events;
};

// Resolves endpoints and roles; calls nothing.
result<std::map<std::string, pool_link>> connect_pools(const config::fleet& f, aws::transport& t,
                                                       const aws::environment& env, aws::identity& who,
                                                       std::shared_ptr<aws::credentials_provider> base);

// Resolves endpoints and queue URLs, and reads each queue once, so that a wrong key, a missing queue or an
// unreachable endpoint is told at start and not found out at night. `t` and `who` outlive the links.
task<result<links>> connect(const config::fleet& f, aws::transport& t, const aws::environment& env,
                            aws::identity& who, std::shared_ptr<aws::credentials_provider> base,
                            mono_time deadline);

}  // namespace trainyard::dispatcher
