// IAM of the local AWS: its operations over the store. Pure.
#pragma once

#include <string>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "aws/local/identity/iam_answer.hpp"
#include "aws/local/identity/iam_store.hpp"
#include "aws/local/model/operation_table.hpp"

namespace trainyard::aws::local {

class iam_service {
public:
    explicit iam_service(iam_store& store);  // outlives the service

    // The table calls back into this.
    iam_service(const iam_service&) = delete;
    iam_service& operator=(const iam_service&) = delete;

    // JSON in and out. `type` of an error is the Query code.
    service_reply handle(const operation_call& call);
    const model::operation_table& operations() const { return table_; }

private:
    // iam_role_operations.cpp
    service_reply create_role(const operation_call& call);
    service_reply get_role(const operation_call& call);
    service_reply delete_role(const operation_call& call);
    service_reply list_roles(const operation_call& call);
    service_reply update_role(const operation_call& call);
    service_reply update_role_description(const operation_call& call);
    service_reply update_trust(const operation_call& call);
    service_reply list_instance_profiles_for_role(const operation_call& call);

    // iam_user_operations.cpp
    service_reply create_user(const operation_call& call);
    service_reply get_user(const operation_call& call);
    service_reply delete_user(const operation_call& call);
    service_reply list_users(const operation_call& call);
    service_reply create_access_key(const operation_call& call);
    service_reply delete_access_key(const operation_call& call);
    service_reply list_access_keys(const operation_call& call);
    service_reply update_access_key(const operation_call& call);

    // iam_identity_operations.cpp: of roles and users alike
    service_reply put_inline_policy(const operation_call& call);
    service_reply get_inline_policy(const operation_call& call);
    service_reply delete_inline_policy(const operation_call& call);
    service_reply list_inline_policies(const operation_call& call);
    service_reply attach_policy(const operation_call& call);
    service_reply detach_policy(const operation_call& call);
    service_reply list_attached_policies(const operation_call& call);
    service_reply put_boundary(const operation_call& call);
    service_reply delete_boundary(const operation_call& call);
    service_reply tag_identity(const operation_call& call);
    service_reply untag_identity(const operation_call& call);
    service_reply list_identity_tags(const operation_call& call);

    // iam_policy_operations.cpp
    service_reply create_policy(const operation_call& call);
    service_reply get_policy(const operation_call& call);
    service_reply delete_policy(const operation_call& call);
    service_reply list_policies(const operation_call& call);
    service_reply list_entities_for_policy(const operation_call& call);
    service_reply tag_policy(const operation_call& call);
    service_reply untag_policy(const operation_call& call);
    service_reply list_policy_tags(const operation_call& call);

    // iam_version_operations.cpp
    service_reply create_policy_version(const operation_call& call);
    service_reply get_policy_version(const operation_call& call);
    service_reply delete_policy_version(const operation_call& call);
    service_reply list_policy_versions(const operation_call& call);
    service_reply set_default_policy_version(const operation_call& call);

    // iam_provider_operations.cpp
    service_reply create_provider(const operation_call& call);
    service_reply get_provider(const operation_call& call);
    service_reply delete_provider(const operation_call& call);
    service_reply list_providers(const operation_call& call);
    service_reply add_client_id(const operation_call& call);
    service_reply remove_client_id(const operation_call& call);
    service_reply update_thumbprints(const operation_call& call);

    // iam_simulate.cpp
    service_reply simulate_principal_policy(const operation_call& call);
    service_reply simulate_custom_policy(const operation_call& call);

    // What is found to be changed: nothing happens for operations that only look.
    void touched(const operation_call& call, iam_store::entity what, std::string_view name);

    template <class T>
    using found = boost::system::result<T*, service_error>;
    found<iam_role> role_of(const operation_call& call);
    // By UserName; without one the user who calls.
    found<iam_user> user_of(const operation_call& call);
    // By RoleName or UserName.
    found<iam_identity> identity_of(const operation_call& call);
    // By PolicyArn; own_policy_of() refuses those of AWS, which nobody else may change.
    found<const iam_policy> policy_of(const operation_call& call);
    found<iam_policy> own_policy_of(const operation_call& call);
    found<iam_provider> provider_of(const operation_call& call);

    iam_store& store_;
    model::operation_table table_;
};

}  // namespace trainyard::aws::local
