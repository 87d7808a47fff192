// SageMaker's pipelines, as what executions start from, in typed calls.
#pragma once

#include <memory>
#include <string>

#include "aws/sagemaker/types.hpp"
#include "aws/transport/transport.hpp"

namespace trainyard::aws::sagemaker {

struct pipeline {
    std::string name, arn;
    std::string definition;  // JSON
    std::string role_arn;
};

class pipelines {
public:
    pipelines(transport& t, endpoint where, std::shared_ptr<credentials_provider> who);

    // failure::not_found when there is none.
    task<api_result<pipeline>> describe(std::string name, mono_time deadline);
    // Exists with its tags or not at all; a repeated create of the same is the same. Gives the ARN.
    task<api_result<std::string>> create(pipeline what, tags of_new, mono_time deadline);
    task<api_result<void>> update(pipeline what, mono_time deadline);
    task<api_result<void>> remove(std::string name, mono_time deadline);

private:
    task<api_result<std::string>> ask(std::string operation, std::string body, mono_time deadline);

    transport* transport_;
    endpoint where_;
    std::shared_ptr<credentials_provider> who_;
};

}  // namespace trainyard::aws::sagemaker
