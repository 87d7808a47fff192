// Every operation of IAM: its answer, which the fixture checks against the model, and its errors.
#include "iam_fixture.hpp"

namespace trainyard::aws::local {
namespace {

class iam_test : public iam_fixture {
protected:
    const std::string sagemaker = trusts(R"({"Service":"sagemaker.amazonaws.com"})");
    const std::string reads = policy(R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"*"})");
    const std::string own = "arn:aws:iam::111122223333:";

    std::string create_policy(const std::string& name, const std::string& more = "") {
        return text(ok("CreatePolicy", fmt::format(R"({{"PolicyName":"{}","PolicyDocument":{}{}}})", name,
                                                   quoted(reads), more)),
                    {"Policy", "Arn"});
    }
    // The member of each element of a list, in order.
    static std::string listed(const json::document& d, const char* list, const char* member) {
        std::string out;
        for (const json::value v : d.root().find(list).elements())
            out.append(out.empty() ? "" : " ").append((member ? v.find(member) : v).string().value_or("?"));
        return out;
    }
};

TEST_F(iam_test, roles) {
    const auto created =
        ok("CreateRole", fmt::format(R"({{"RoleName":"train","Path":"/ml/","Description":"d",)"
                                     R"("MaxSessionDuration":7200,"AssumeRolePolicyDocument":{},)"
                                     R"("Tags":[{{"Key":"team","Value":"vision"}}]}})",
                                     quoted(sagemaker)));
    EXPECT_EQ(text(created, {"Role", "Arn"}), own + "role/ml/train");
    EXPECT_EQ(text(created, {"Role", "RoleId"}).substr(0, 4), "AROA");
    EXPECT_EQ(text(created, {"Role", "RoleId"}).size(), 21U);
    const auto got = ok("GetRole", R"({"RoleName":"train"})");
    EXPECT_EQ(percent_decode(text(got, {"Role", "AssumeRolePolicyDocument"})), sagemaker);
    EXPECT_EQ(text(got, {"Role", "AssumeRolePolicyDocument"}).substr(0, 6), "%7B%22");
    EXPECT_EQ(got.root().find("Role").find("MaxSessionDuration").integer(), 7200);
    EXPECT_EQ(listed(ok("ListRoleTags", R"({"RoleName":"train"})"), "Tags", "Value"), "vision");

    ok("UpdateRole", R"({"RoleName":"train","Description":"e","MaxSessionDuration":3600})");
    EXPECT_EQ(text(ok("UpdateRoleDescription", R"({"RoleName":"train","Description":"f"})"),
                   {"Role", "Description"}),
              "f");
    ok("UpdateAssumeRolePolicy", fmt::format(R"({{"RoleName":"train","PolicyDocument":{}}})",
                                             quoted(trusts(R"({"AWS":"444455556666"})"))));
    EXPECT_NE(
        percent_decode(text(ok("GetRole", R"({"RoleName":"train"})"), {"Role", "AssumeRolePolicyDocument"}))
            ->find("4444"),
        std::string::npos);
    create_role("other", sagemaker);
    EXPECT_EQ(listed(ok("ListRoles", "{}"), "Roles", "RoleName"), "other train");
    EXPECT_EQ(listed(ok("ListRoles", R"({"PathPrefix":"/ml/"})"), "Roles", "RoleName"), "train");
    EXPECT_EQ(listed(ok("ListInstanceProfilesForRole", R"({"RoleName":"train"})"), "InstanceProfiles", "Arn"),
              "");
    ok("DeleteRole", R"({"RoleName":"train"})");
    EXPECT_EQ(listed(ok("ListRoles", "{}"), "Roles", "RoleName"), "other");
    who = identities.find("444455556666")->who;
    EXPECT_EQ(listed(ok("ListRoles", "{}"), "Roles", "RoleName"), "");  // another account
}

TEST_F(iam_test, users_and_their_keys) {
    ok("CreateUser", R"({"UserName":"ann","Path":"/team/","Tags":[{"Key":"a","Value":"b"}]})");
    EXPECT_EQ(text(ok("GetUser", R"({"UserName":"ann"})"), {"User", "Arn"}), own + "user/team/ann");
    EXPECT_EQ(text(ok("GetUser", "{}"), {"User", "UserName"}), "local");
    EXPECT_EQ(listed(ok("ListUserTags", R"({"UserName":"ann"})"), "Tags", "Key"), "a");
    const auto made = ok("CreateAccessKey", R"({"UserName":"ann"})");
    const std::string id = text(made, {"AccessKey", "AccessKeyId"});
    EXPECT_EQ(id.substr(0, 4), "AKIA");
    EXPECT_EQ(text(made, {"AccessKey", "SecretAccessKey"}).size(), 40U);
    EXPECT_EQ(text(ok("GetAccessKeyInfo", R"({"AccessKeyId":")" + id + "\"}"), {"Account"}), "111122223333");

    auto signer = identities.find(id);
    ASSERT_TRUE(signer);
    EXPECT_EQ(signer->who.arn, own + "user/team/ann");
    EXPECT_EQ(signer->who.user_id.substr(0, 4), "AIDA");
    EXPECT_EQ(signer->key.secret_access_key.reveal(), text(made, {"AccessKey", "SecretAccessKey"}));
    who = signer->who;
    EXPECT_EQ(text(ok("GetUser", "{}"), {"User", "UserName"}), "ann");
    EXPECT_EQ(listed(ok("ListAccessKeys", "{}"), "AccessKeyMetadata", "Status"), "Active");
    ok("UpdateAccessKey", R"({"Status":"Inactive","AccessKeyId":")" + id + "\"}");
    EXPECT_FALSE(identities.find(id));
    EXPECT_EQ(listed(ok("ListAccessKeys", "{}"), "AccessKeyMetadata", "Status"), "Inactive");
    ok("CreateAccessKey", "{}");
    EXPECT_EQ(refused("CreateAccessKey", "{}"),
              "409 LimitExceeded Cannot exceed quota for AccessKeysPerUser: 2");
    ok("DeleteAccessKey", R"({"AccessKeyId":")" + id + "\"}");
    EXPECT_FALSE(identities.find(id));
    EXPECT_EQ(refused("DeleteAccessKey", R"({"AccessKeyId":")" + id + "\"}"),
              "404 NoSuchEntity The Access Key with id " + id + " cannot be found.");
    EXPECT_EQ(refused("UpdateAccessKey", R"({"Status":"Active","AccessKeyId":")" + id + "\"}").substr(0, 16),
              "404 NoSuchEntity");
    EXPECT_EQ(refused("DeleteUser", R"({"UserName":"ann"})"),
              "409 DeleteConflict Cannot delete entity, must delete access keys first.");
    ok("DeleteAccessKey", R"({"AccessKeyId":")" +
                              listed(ok("ListAccessKeys", "{}"), "AccessKeyMetadata", "AccessKeyId") + "\"}");
    ok("DeleteUser", R"({"UserName":"ann"})");
    EXPECT_EQ(listed(ok("ListUsers", R"({"PathPrefix":"/"})"), "Users", "UserName"), "");
}

TEST_F(iam_test, what_roles_and_users_have_alike) {
    create_role("x", sagemaker);
    ok("CreateUser", R"({"UserName":"x"})");
    const std::string boundary = create_policy("boundary");
    for (const std::string kind : {"Role", "User"}) {
        const std::string name = fmt::format(R"({{"{}Name":"x")", kind);
        const std::string inlined = name + R"(,"PolicyName":"in")";
        ok("Put" + kind + "Policy", inlined + R"(,"PolicyDocument":)" + quoted(reads) + "}");
        EXPECT_EQ(percent_decode(text(ok("Get" + kind + "Policy", inlined + "}"), {"PolicyDocument"})),
                  reads);
        EXPECT_EQ(listed(ok("List" + kind + "Policies", name + "}"), "PolicyNames", nullptr), "in");
        EXPECT_EQ(refused("Delete" + kind, name + "}"),
                  "409 DeleteConflict Cannot delete entity, must delete policies first.");
        ok("Delete" + kind + "Policy", inlined + "}");
        const std::string lower_kind = kind == "Role" ? "role" : "user";
        EXPECT_EQ(refused("Get" + kind + "Policy", inlined + "}"),
                  "404 NoSuchEntity The " + lower_kind + " policy with name in cannot be found.");
        EXPECT_EQ(refused("Delete" + kind + "Policy", inlined + "}").substr(0, 16), "404 NoSuchEntity");

        const std::string full = R"(,"PolicyArn":"arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"})";
        ok("Attach" + kind + "Policy", name + full);
        ok("Attach" + kind + "Policy", name + full);
        EXPECT_EQ(
            listed(ok("ListAttached" + kind + "Policies", name + "}"), "AttachedPolicies", "PolicyName"),
            "AmazonSageMakerFullAccess");
        EXPECT_EQ(refused("Delete" + kind, name + "}"),
                  "409 DeleteConflict Cannot delete entity, must detach all policies first.");
        ok("Detach" + kind + "Policy", name + full);
        EXPECT_EQ(refused("Detach" + kind + "Policy", name + full),
                  "404 NoSuchEntity Policy arn:aws:iam::aws:policy/AmazonSageMakerFullAccess was not found.");

        ok("Put" + kind + "PermissionsBoundary", name + R"(,"PermissionsBoundary":")" + boundary + "\"}");
        EXPECT_EQ(text(ok("Get" + kind, name + "}"),
                       {kind.c_str(), "PermissionsBoundary", "PermissionsBoundaryArn"}),
                  boundary);
        EXPECT_EQ(refused("DeletePolicy", R"({"PolicyArn":")" + boundary + "\"}"),
                  "409 DeleteConflict Cannot delete a policy attached to entities.");
        ok("Delete" + kind + "PermissionsBoundary", name + "}");

        ok("Tag" + kind, name + R"(,"Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]})");
        ok("Tag" + kind, name + R"(,"Tags":[{"Key":"A","Value":"3"}]})");
        EXPECT_EQ(listed(ok("List" + kind + "Tags", name + "}"), "Tags", "Value"), "3 2");
        ok("Untag" + kind, name + R"(,"TagKeys":["a"]})");
        EXPECT_EQ(listed(ok("List" + kind + "Tags", name + "}"), "Tags", "Key"), "b");
        EXPECT_EQ(
            refused("Tag" + kind, name + R"(,"Tags":[{"Key":"a","Value":"1"},{"Key":"A","Value":"1"}]})"),
            "400 InvalidInput Duplicate tag keys found. Please note that Tag keys are case insensitive.");
        ok("Delete" + kind, name + "}");
    }
}

TEST_F(iam_test, managed_policies_and_their_versions) {
    const std::string arn =
        create_policy("p", R"(,"Path":"/ml/","Description":"d","Tags":[{"Key":"a","Value":"b"}])");
    EXPECT_EQ(arn, own + "policy/ml/p");
    const std::string named = R"({"PolicyArn":")" + arn + "\"";
    const std::string document = R"(,"PolicyDocument":)" + quoted(reads);
    const auto got = ok("GetPolicy", named + "}");
    EXPECT_EQ(text(got, {"Policy", "DefaultVersionId"}), "v1");
    EXPECT_EQ(text(got, {"Policy", "PolicyId"}).substr(0, 4), "ANPA");
    EXPECT_EQ(percent_decode(text(ok("GetPolicyVersion", named + R"(,"VersionId":"v1"})"),
                                  {"PolicyVersion", "Document"})),
              reads);
    EXPECT_EQ(text(ok("CreatePolicyVersion", named + document + R"(,"SetAsDefault":true})"),
                   {"PolicyVersion", "VersionId"}),
              "v2");
    for (int i = 3; i <= 5; ++i) ok("CreatePolicyVersion", named + document + "}");
    EXPECT_EQ(refused("CreatePolicyVersion", named + document + "}"),
              "409 LimitExceeded A managed policy can have up to 5 versions. Before you create a new "
              "version, you must "
              "delete an existing version.");
    EXPECT_EQ(listed(ok("ListPolicyVersions", named + "}"), "Versions", "VersionId"), "v5 v4 v3 v2 v1");
    EXPECT_EQ(refused("DeletePolicyVersion", named + R"(,"VersionId":"v2"})"),
              "409 DeleteConflict Cannot delete the default version of a policy.");
    ok("SetDefaultPolicyVersion", named + R"(,"VersionId":"v5"})");
    ok("DeletePolicyVersion", named + R"(,"VersionId":"v2"})");
    EXPECT_EQ(text(ok("CreatePolicyVersion", named + document + "}"), {"PolicyVersion", "VersionId"}), "v6");
    for (const char* operation : {"GetPolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion"})
        EXPECT_EQ(refused(operation, named + R"(,"VersionId":"v2"})"),
                  "404 NoSuchEntity Policy " + arn + " version v2 does not exist or is not attachable.");

    ok("TagPolicy", named + R"(,"Tags":[{"Key":"c","Value":"d"}]})");
    ok("UntagPolicy", named + R"(,"TagKeys":["a"]})");
    EXPECT_EQ(listed(ok("ListPolicyTags", named + "}"), "Tags", "Key"), "c");
    create_role("r", sagemaker, R"(,"PermissionsBoundary":")" + arn + "\"");
    ok("CreateUser", R"({"UserName":"u"})");
    ok("AttachUserPolicy", R"({"UserName":"u","PolicyArn":")" + arn + "\"}");
    const auto users = ok("ListEntitiesForPolicy", named + "}");
    EXPECT_EQ(listed(users, "PolicyUsers", "UserName"), "u");
    EXPECT_EQ(listed(users, "PolicyRoles", "RoleName"), "r");
    EXPECT_EQ(
        listed(ok("ListEntitiesForPolicy", named + R"(,"EntityFilter":"Role"})"), "PolicyRoles", "RoleName"),
        "r");
    EXPECT_EQ(
        listed(ok("ListPolicies", R"({"Scope":"Local","OnlyAttached":true})"), "Policies", "PolicyName"),
        "p");
    EXPECT_EQ(
        listed(ok("ListPolicies", R"({"Scope":"Local","PathPrefix":"/other/"})"), "Policies", "PolicyName"),
        "");
    const auto all = ok("ListPolicies", R"({"Scope":"AWS"})");
    EXPECT_EQ(all.root().find("Policies").size(), aws_managed_policies().size());
    ok("DetachUserPolicy", R"({"UserName":"u","PolicyArn":")" + arn + "\"}");
    ok("DeleteRole", R"({"RoleName":"r"})");
    EXPECT_EQ(refused("DeletePolicy", named + "}").substr(0, 60),
              "409 DeleteConflict This policy has more than one version. Be");
    for (const char* v : {"v1", "v3", "v4", "v6"})
        ok("DeletePolicyVersion", named + R"(,"VersionId":")" + v + "\"}");
    ok("DeletePolicy", named + "}");
    EXPECT_EQ(refused("GetPolicy", named + "}"), "404 NoSuchEntity Policy " + arn + " was not found.");
    EXPECT_EQ(refused("DeletePolicy", R"({"PolicyArn":"arn:aws:iam::aws:policy/AdministratorAccess"})")
                  .substr(0, 16),
              "403 AccessDenied");
}

TEST_F(iam_test, providers) {
    const auto created = ok("CreateOpenIDConnectProvider",
                            R"({"Url":"https://token.example.com/a/","ClientIDList":["sts.amazonaws.com"],)"
                            R"("ThumbprintList":["0123456789012345678901234567890123456789"]})");
    const std::string arn = text(created, {"OpenIDConnectProviderArn"});
    EXPECT_EQ(arn, own + "oidc-provider/token.example.com/a");
    const std::string named = R"({"OpenIDConnectProviderArn":")" + arn + "\"";
    ok("AddClientIDToOpenIDConnectProvider", named + R"(,"ClientID":"two"})");
    ok("RemoveClientIDFromOpenIDConnectProvider", named + R"(,"ClientID":"sts.amazonaws.com"})");
    ok("UpdateOpenIDConnectProviderThumbprint",
       named + R"(,"ThumbprintList":["9876543210987654321098765432109876543210"]})");
    const auto got = ok("GetOpenIDConnectProvider", named + "}");
    EXPECT_EQ(listed(got, "ClientIDList", nullptr), "two");
    EXPECT_EQ(text(got, {"Url"}), "token.example.com/a");
    EXPECT_EQ(listed(ok("ListOpenIDConnectProviders", "{}"), "OpenIDConnectProviderList", "Arn"), arn);
    EXPECT_EQ(refused("CreateOpenIDConnectProvider", R"({"Url":"https://token.example.com/a"})"),
              "409 EntityAlreadyExists Provider with url https://token.example.com/a already exists.");
    EXPECT_EQ(refused("CreateOpenIDConnectProvider", R"({"Url":"http://token.example.com"})"),
              "400 ValidationError Invalid Open ID Connect Provider URL");
    ok("DeleteOpenIDConnectProvider", named + "}");
    ok("DeleteOpenIDConnectProvider", named + "}");
    EXPECT_EQ(refused("GetOpenIDConnectProvider", named + "}"),
              "404 NoSuchEntity OpenIDConnect Provider not found for arn " + arn);
}

TEST_F(iam_test, errors) {
    create_role("taken", sagemaker);
    ok("CreateUser", R"({"UserName":"taken"})");
    create_policy("taken");
    const std::string document = R"("AssumeRolePolicyDocument":)";
    struct row {
        std::string operation, input, error;
    };
    const row rows[] = {
        {"CreateRole", R"({"RoleName":"TAKEN",)" + document + quoted(sagemaker) + "}",
         "409 EntityAlreadyExists Role with name TAKEN already exists."},
        {"CreateUser", R"({"UserName":"taken"})",
         "409 EntityAlreadyExists User with name taken already exists."},
        {"CreatePolicy", R"({"PolicyName":"taken","PolicyDocument":)" + quoted(reads) + "}",
         "409 EntityAlreadyExists A policy called taken already exists. Duplicate names are not allowed."},
        {"GetRole", R"({"RoleName":"none"})", "404 NoSuchEntity The role with name none cannot be found."},
        {"DeleteRole", R"({"RoleName":"none"})", "404 NoSuchEntity The role with name none cannot be found."},
        {"AttachRolePolicy",
         R"({"RoleName":"none","PolicyArn":"arn:aws:iam::aws:policy/AdministratorAccess"})",
         "404 NoSuchEntity The role with name none cannot be found."},
        {"GetUser", R"({"UserName":"none"})", "404 NoSuchEntity The user with name none cannot be found."},
        {"ListAccessKeys", R"({"UserName":"none"})",
         "404 NoSuchEntity The user with name none cannot be found."},
        {"AttachRolePolicy", R"({"RoleName":"taken","PolicyArn":"arn:aws:iam::aws:policy/NoSuchAccess"})",
         "404 NoSuchEntity Policy arn:aws:iam::aws:policy/NoSuchAccess does not exist or is not attachable."},
        {"AttachRolePolicy", R"({"RoleName":"taken","PolicyArn":"AdministratorAccess!!"})",
         "400 InvalidInput ARN AdministratorAccess!! is not valid."},
        {"PutRolePermissionsBoundary",
         R"({"RoleName":"taken","PermissionsBoundary":"arn:aws:iam::111122223333:policy/none"})",
         "404 NoSuchEntity Scope ARN: arn:aws:iam::111122223333:policy/none does not exist or is not "
         "attachable."},
        {"CreateRole", R"({"RoleName":"r",)" + document + quoted("{") + "}",
         "400 MalformedPolicyDocument This policy contains invalid Json"},
        {"CreateRole", R"({"RoleName":"r",)" + document + quoted(reads) + "}",
         "400 MalformedPolicyDocument Missing required field Principal"},
        {"PutRolePolicy", R"({"RoleName":"taken","PolicyName":"p","PolicyDocument":"x"})",
         "400 MalformedPolicyDocument Syntax errors in policy."},
        {"CreateRole", R"({"RoleName":"a b",)" + document + quoted(sagemaker) + "}",
         "400 ValidationError 1 validation error detected: Value 'a b' at 'roleName' failed to satisfy "
         "constraint: "
         "Member must satisfy regular expression pattern: [\\w+=,.@-]+"},
        {"CreateRole", R"({"RoleName":"r"})",
         "400 ValidationError 1 validation error detected: Value null at 'assumeRolePolicyDocument' failed "
         "to satisfy "
         "constraint: Member must not be null"},
        {"ListRoles", R"({"Marker":"*"})", "400 ValidationError Invalid Marker: *"},
        {"SimulatePrincipalPolicy",
         R"({"PolicySourceArn":"arn:aws:iam::111122223333:role/none","ActionNames":["s3:GetObject"]})",
         "404 NoSuchEntity The role with name none cannot be found."},
    };
    for (const row& r : rows) EXPECT_EQ(refused(r.operation, r.input), r.error);
    EXPECT_EQ(refused("CreateGroup", "{}").substr(0, 29), "400 UnknownOperationException");
}

TEST_F(iam_test, limits) {
    const auto sized = [](std::size_t n) {
        std::string text =
            R"({"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Action":"s3:*","Resource":"*"}]})";
        return text.insert(text.find("Sid\":\"") + 6, n - text.size(), 'a');
    };
    create_role("r", sagemaker);
    ok("CreateUser", R"({"UserName":"u"})");
    const auto put = [&](const std::string& kind, const std::string& policy_name, std::size_t n) {
        return refused("Put" + kind + "Policy",
                       fmt::format(R"({{"{}Name":"{}","PolicyName":"{}","PolicyDocument":{}}})", kind,
                                   kind == "Role" ? "r" : "u", policy_name, quoted(sized(n))));
    };
    EXPECT_EQ(put("Role", "a", iam_role_inline_max), "");
    EXPECT_EQ(put("Role", "a", iam_role_inline_max), "");  // in its own place
    EXPECT_EQ(put("Role", "b", 200),
              "409 LimitExceeded Maximum policy size of 10240 bytes exceeded for role r");
    EXPECT_EQ(put("User", "a", iam_user_inline_max), "");
    EXPECT_EQ(put("User", "a", iam_user_inline_max + 1),
              "409 LimitExceeded Maximum policy size of 2048 bytes exceeded for user u");
    const auto managed = [&](std::size_t n, const std::string& white) {
        return refused("CreatePolicy", fmt::format(R"({{"PolicyName":"n{}","PolicyDocument":{}}})", n,
                                                   quoted(sized(n) + white)));
    };
    EXPECT_EQ(managed(iam_managed_policy_max, std::string(5000, ' ')), "");
    EXPECT_EQ(managed(iam_managed_policy_max + 1, ""),
              "409 LimitExceeded Cannot exceed quota for PolicySize: 6144");
    std::string accounts = "\"111122223333\"";
    while (accounts.size() < iam_trust_policy_max) accounts += ",\"111122223333\"";
    EXPECT_EQ(refused("CreateRole", R"({"RoleName":"big","AssumeRolePolicyDocument":)" +
                                        quoted(trusts(R"({"AWS":[)" + accounts + "]}")) + "}"),
              "409 LimitExceeded Cannot exceed quota for ACLSizePerRole: 2048");
    std::size_t attached = 0;
    for (const auto& [arn, p] : aws_managed_policies()) {
        const std::string answer =
            refused("AttachRolePolicy", R"({"RoleName":"r","PolicyArn":")" + arn + "\"}");
        EXPECT_EQ(answer, ++attached <= iam_attached_max
                              ? ""
                              : "409 LimitExceeded Cannot exceed quota for PoliciesPerRole: 10");
    }
    EXPECT_GT(attached, iam_attached_max);
    for (std::size_t i = 1; i < iam_roles_max; ++i) create_role("r" + std::to_string(i), sagemaker);
    EXPECT_EQ(
        refused("CreateRole", R"({"RoleName":"more","AssumeRolePolicyDocument":)" + quoted(sagemaker) + "}"),
        "409 LimitExceeded Cannot exceed quota for RolesPerAccount: 1000");
}

TEST_F(iam_test, pages) {
    for (int i = 0; i < 25; ++i) create_role(fmt::format("r{:02}", i), sagemaker);
    std::string all, marker;
    int pages = 0;
    do {
        const auto page = ok("ListRoles", R"({"MaxItems":10)" +
                                              (marker.empty() ? "" : R"(,"Marker":")" + marker + "\"") + "}");
        all += listed(page, "Roles", "RoleName") + " ";
        marker = text(page, {"Marker"});
        EXPECT_EQ(page.root().find("IsTruncated").boolean(), !marker.empty());
        // What was on the page may go, and the next page begins where it should.
        if (++pages == 1) ok("DeleteRole", R"({"RoleName":"r09"})");
    } while (!marker.empty());
    EXPECT_EQ(pages, 3);
    std::string expected;
    for (int i = 0; i < 25; ++i) expected += fmt::format("r{:02} ", i);
    EXPECT_EQ(all, expected);
    EXPECT_EQ(ok("ListRoles", "{}").root().find("Roles").size(), 24U);
    EXPECT_EQ(ok("ListPolicies", R"({"MaxItems":1})").root().find("Policies").size(), 1U);
}

TEST_F(iam_test, simulation) {
    create_role("r", sagemaker);
    put_role_policy("r", R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*","Condition":)"
                         R"({"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}},)"
                         R"({"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"})");
    const std::string source = R"({"PolicySourceArn":"arn:aws:iam::111122223333:role/r",)";
    const std::string region =
        R"(,"ContextEntries":[{"ContextKeyName":"aws:RequestedRegion","ContextKeyValues":["eu-west-1"],"ContextKeyType":"string"}])";
    const auto asked = source + R"("ActionNames":["s3:GetObject","s3:DeleteObject","sqs:SendMessage"],)"
                                R"("ResourceArns":["arn:aws:s3:::b/k"])";
    EXPECT_EQ(
        listed(ok("SimulatePrincipalPolicy", asked + region + "}"), "EvaluationResults", "EvalDecision"),
        "allowed explicitDeny implicitDeny");
    const auto without = ok("SimulatePrincipalPolicy", asked + "}");
    EXPECT_EQ(listed(without, "EvaluationResults", "EvalDecision"), "implicitDeny explicitDeny implicitDeny");
    EXPECT_EQ(listed(without, "EvaluationResults", "EvalResourceName"),
              "arn:aws:s3:::b/k arn:aws:s3:::b/k arn:aws:s3:::b/k");
    EXPECT_EQ(json::to_text(without.root().find("EvaluationResults").at(0).find("MissingContextValues")),
              R"(["aws:requestedregion"])");
    const std::string queues = quoted(policy(R"({"Effect":"Allow","Action":"sqs:*","Resource":"*"})"));
    const auto bounded =
        ok("SimulatePrincipalPolicy",
           source + R"("ActionNames":["sqs:SendMessage","s3:GetObject"],"PolicyInputList":[)" + queues +
               R"(],"PermissionsBoundaryPolicyInputList":[)" + queues + "]" + region + "}");
    EXPECT_EQ(listed(bounded, "EvaluationResults", "EvalDecision"), "allowed implicitDeny");
    EXPECT_EQ(listed(ok("SimulateCustomPolicy",
                        R"({"ActionNames":["sqs:SendMessage"],"PolicyInputList":[)" + queues + "]}"),
                     "EvaluationResults", "EvalDecision"),
              "allowed");
    EXPECT_EQ(
        refused("SimulateCustomPolicy", R"({"ActionNames":["sqs:SendMessage"],"PolicyInputList":["{"]})"),
        "400 InvalidInput Syntax errors in policy.");
}

}  // namespace
}  // namespace trainyard::aws::local
