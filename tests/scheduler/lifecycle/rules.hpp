// One queue, two tenants, and messages for them.
#pragma once

#include <string>

#include "scheduler/lifecycle/admission.hpp"

namespace trainyard::lifecycle {

inline queue_rules test_rules() {
    queue_rules r;
    r.queue = "jobs";
    r.tenants = {"vision", "speech"};
    r.rules["vision"] = {{"111111111111/us-east-1", "222222222222/us-east-1"},
                         {"111111111111", "222222222222"},
                         {"arn:aws:iam::111111111111:role/trainer"}};
    r.rules["speech"] = {{"222222222222/us-east-1"}, {"222222222222"}, {}};
    r.priorities = {{"low", 0}, {"normal", 100}, {"high", 200}};
    r.default_priority = "normal";
    r.priority_cap = 100;
    return r;
}

inline std::string test_request(const std::string& more = "") {
    return R"({"AlgorithmSpecification":{"TrainingImage":"img","TrainingInputMode":"File"},)"
           R"("RoleArn":"${pool.execution_role}","OutputDataConfig":{"S3OutputPath":"${pool.bucket}/out"},)"
           R"("ResourceConfig":{"InstanceType":"ml.g5.2xlarge","InstanceCount":2,"VolumeSizeInGB":50},)"
           R"("StoppingCondition":{"MaxRuntimeInSeconds":3600})" +
           more + "}";
}

inline incoming_message test_message(const std::string& body, const std::string& id = "m-1") {
    incoming_message m;
    m.queue = "jobs";
    m.message_id = id;
    m.body = body;
    return m;
}

inline std::string test_body(const std::string& envelope = "", const std::string& request = test_request()) {
    return R"({"kind":"training","name":"resnet")" + envelope + R"(,"request":)" + request + "}";
}

}  // namespace trainyard::lifecycle
