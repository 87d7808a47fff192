#include "aws/local/sagemaker_control.hpp"

#include <utility>

namespace trainyard::aws::local {
namespace {

control_reply list_rules(const sagemaker_service& service) {
    json::writer out;
    out.begin_object().key("rules").begin_array();
    for (const sagemaker::job_rule& rule : service.rules().rules()) sagemaker::write_job_rule(out, rule);
    out.end_array().end_object();
    return out.take();
}

control_reply put_rules(sagemaker_service& service, json::value body) {
    if (const auto set = service.set_rules(sagemaker::rules_in(body)); !set)
        return control_error{400, "", set.error().message};
    return list_rules(service);
}

}  // namespace

void add_sagemaker_control(control_router& router, std::function<sagemaker_service&()> now,
                           const std::vector<sagemaker::job_rule>& initial) {
    router.on("GET", "sagemaker/rules", [now](const auto&) { return list_rules(now()); });
    router.on("PUT", "sagemaker/rules", [now](const auto& call) { return put_rules(now(), call.body); });
    router.on("DELETE", "sagemaker/rules", [now = std::move(now), &initial](const auto&) {
        now().set_rules(initial);
        return list_rules(now());
    });
}

}  // namespace trainyard::aws::local
