// IAM's roles as typed calls (Query protocol). One client per (account, identity); IAM has no region.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/transport/transport.hpp"

namespace trainyard::aws::iam {

using tags = std::map<std::string, std::string>;

struct name_page {
    std::vector<std::string> names;
    std::string marker;  // empty: the last page
};

struct role {
    std::string name, path, arn;
    std::string trust;  // JSON
    iam::tags tags;
};

class client {
public:
    client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who);

    // failure::not_found when there is no such role.
    task<api_result<role>> get_role(std::string name, mono_time deadline);
    // The role exists with its tags or not at all; `path` is "/" or "/a/b/".
    task<api_result<void>> create_role(role what, std::string description, mono_time deadline);
    task<api_result<void>> delete_role(std::string name, mono_time deadline);
    task<api_result<void>> update_trust(std::string name, std::string document, mono_time deadline);
    task<api_result<void>> tag_role(std::string name, iam::tags what, mono_time deadline);

    // Inline policies.
    task<api_result<std::vector<std::string>>> list_policies(std::string role, mono_time deadline);
    task<api_result<std::string>> get_policy(std::string role, std::string policy, mono_time deadline);
    task<api_result<void>> put_policy(std::string role, std::string policy, std::string document,
                                      mono_time deadline);
    task<api_result<void>> delete_policy(std::string role, std::string policy, mono_time deadline);

    // Managed policies, by ARN.
    task<api_result<std::vector<std::string>>> list_attached(std::string role, mono_time deadline);
    task<api_result<void>> attach(std::string role, std::string policy_arn, mono_time deadline);
    task<api_result<void>> detach(std::string role, std::string policy_arn, mono_time deadline);

private:
    using fields = std::vector<std::pair<std::string, std::string>>;
    task<api_result<std::string>> ask(std::string operation, fields input, mono_time deadline);
    using page_decoder = result<name_page> (*)(std::string_view body);
    task<api_result<std::vector<std::string>>> list_names(std::string operation, std::string role,
                                                          page_decoder decode, mono_time deadline);
    task<api_result<void>> tell(std::string operation, fields input, mono_time deadline);

    transport* transport_;
    endpoint where_;
    std::shared_ptr<credentials_provider> who_;
};

}  // namespace trainyard::aws::iam
