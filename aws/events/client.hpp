// EventBridge's rules and their targets on the default bus as typed calls. One client per (account, region,
// identity).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aws/transport/transport.hpp"

namespace trainyard::aws::events {

using tags = std::map<std::string, std::string>;

struct rule {
    std::string name, arn;
    std::string pattern;  // JSON
    bool enabled = true;
};

struct target {
    std::string id, arn;
    std::string role_arn;  // with which EventBridge reaches a target of another account; empty: none
};

class client {
public:
    client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who);

    // failure::not_found when there is no such rule.
    task<api_result<rule>> describe_rule(std::string name, mono_time deadline);
    // Creates or changes; tags are given to a new rule alone.
    task<api_result<void>> put_rule(rule what, tags of_new, mono_time deadline);
    // Its targets must be gone.
    task<api_result<void>> delete_rule(std::string name, mono_time deadline);
    task<api_result<std::vector<target>>> list_targets(std::string rule, mono_time deadline);  // every page
    // failure::invalid_request with the service's reason when it refuses one.
    task<api_result<void>> put_targets(std::string rule, std::vector<target> targets, mono_time deadline);
    task<api_result<void>> remove_targets(std::string rule, std::vector<std::string> ids, mono_time deadline);
    task<api_result<tags>> list_tags(std::string rule_arn, mono_time deadline);
    task<api_result<void>> tag(std::string rule_arn, tags what, mono_time deadline);

private:
    task<api_result<std::string>> ask(std::string operation, std::string body, mono_time deadline);

    transport* transport_;
    endpoint where_;
    std::shared_ptr<credentials_provider> who_;
};

}  // namespace trainyard::aws::events
