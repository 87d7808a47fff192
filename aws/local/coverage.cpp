#include "aws/local/coverage.hpp"

#include "aws/local/events/events_operations.hpp"
#include "aws/local/identity/iam_service.hpp"
#include "aws/local/identity/sts_service.hpp"
#include "aws/local/policy/authorizer.hpp"
#include "aws/local/quotas/quotas_service.hpp"
#include "aws/local/sagemaker/sagemaker_service.hpp"
#include "aws/local/sqs/sqs_coverage.hpp"
#include "aws/local/world_quotas.hpp"

namespace trainyard::aws::local {

std::string coverage() {
    job_journal none;
    sagemaker_service sagemaker{sagemaker_options{}, none};
    rng random{1};
    iam_store entities{random.split("iam")};
    identity_store users{"test", entities};
    const identity_options strictness;
    const role_trust trust{entities, open_authorizer::instance(), strictness};
    const iam_service iam{entities};
    const sts_service sts{{users, entities, trust, strictness, random}};
    const events::delivery_faults faults;
    const events::events_operations events{1, faults, open_authorizer::instance()};
    world_quotas limits{sagemaker.quotas()};
    const quotas::quotas_service quotas{1, duration{}, limits};

    std::string out =
        "# What becomes of each parameter\n\n"
        "Written by `trainyard local --coverage` from AWS's service models and the code. Nested members of "
        "a\n"
        "parameter are checked against the model like the parameter itself.\n";
    out += "\n## SQS\n\nEach parameter was sent wrong; what is not told of that is ignored.\n\n" +
           sqs_coverage();
    const auto add = [&out](const char* service, const model::operation_table& table) {
        out.append("\n## ").append(service).append("\n\n").append(coverage_table(table));
    };
    add("SageMaker", sagemaker.operations());
    add("STS", sts.operations());
    add("IAM", iam.operations());
    add("EventBridge", events.operations());
    add("Service Quotas", quotas.operations());
    return out;
}

}  // namespace trainyard::aws::local
