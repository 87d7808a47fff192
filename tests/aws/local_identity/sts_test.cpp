// STS: who may assume which role, for how long, and what the session may do.
#include "tests/aws/local_identity/iam_fixture.hpp"

namespace trainyard::aws::local {
namespace {

class sts_test : public iam_fixture {
protected:
    const std::string hub = "arn:aws:iam::111122223333:role/hub",
                      spoke = "arn:aws:iam::222233334444:role/ty/spoke";

    void in_account(const std::string& id) { who = identities.find(id)->who; }
    // Creates a role of account 222233334444.
    void spoke_trusts(const std::string& trust, const std::string& more = "") {
        const principal before = who;
        in_account("222233334444");
        create_role("spoke", trust, R"(,"Path":"/ty/")" + more);
        who = before;
    }
    static std::string assume(const std::string& arn, const std::string& more = "") {
        return R"({"RoleSessionName":"s1","RoleArn":")" + arn + "\"" + more + "}";
    }
    std::string denied(const std::string& action = "sts:AssumeRole") const {
        return "403 AccessDenied User: " + who.arn + " is not authorized to perform: " + action +
               " on resource: " + spoke;
    }
};

TEST_F(sts_test, who_calls) {
    EXPECT_EQ(text(ok("GetCallerIdentity", "{}"), {"Arn"}), "arn:aws:iam::111122223333:user/local");
    who = session_of(ok("AssumeRole", assume(hub)));
    const auto me = ok("GetCallerIdentity", "{}");
    EXPECT_EQ(text(me, {"Arn"}), "arn:aws:sts::111122223333:assumed-role/hub/s1");
    EXPECT_EQ(text(me, {"UserId"}).substr(0, 4), "AROA");
    EXPECT_EQ(who.role_arn, hub);
    EXPECT_EQ(text(ok("GetAccessKeyInfo", R"({"AccessKeyId":")" + who.access_key_id + "\"}"), {"Account"}),
              "111122223333");
    // A key that AWS gave out.
    EXPECT_EQ(text(ok("GetAccessKeyInfo", R"({"AccessKeyId":"ASIAQNZGKIQY56JQ7WML"})"), {"Account"}),
              "029608264753");
    EXPECT_EQ(refused("GetAccessKeyInfo", R"({"AccessKeyId":"AKIAIOSFODNN7EXAMPL!"})").substr(0, 19),
              "400 ValidationError");
    EXPECT_EQ(refused("GetAccessKeyInfo", R"({"AccessKeyId":"AKIAIOSFODNN7EXAMPL1"})"),
              "400 ValidationError The access key id is not one that AWS gave out");
}

TEST_F(sts_test, a_created_role_is_judged_by_its_trust) {
    struct row {
        const char* trust;
        const char* more;  // of the request
        bool assumed;
    };
    const std::string external =
        trusts(R"({"AWS":"111122223333"})", R"(,"Condition":{"StringEquals":{"sts:ExternalId":"e-1"}})");
    const std::string by_arn = trusts(R"({"AWS":"*"})", R"(,"Condition":{"ArnLike":{"aws:PrincipalArn":)"
                                                        R"("arn:aws:iam::111122223333:role/h*"}})");
    const std::string by_name =
        trusts(R"({"AWS":"*"})", R"(,"Condition":{"StringLike":{"sts:RoleSessionName":"s?"}})");
    const std::string denies =
        policy(R"({"Effect":"Allow","Principal":"*","Action":"sts:*"},)"
               R"({"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"})");
    const std::string account = trusts(R"({"AWS":"arn:aws:iam::111122223333:root"})"),
                      role = trusts(R"({"AWS":")" + hub + "\"}"), other = trusts(R"({"AWS":"999999999999"})"),
                      service = trusts(R"({"Service":"sagemaker.amazonaws.com"})");
    const row rows[] = {
        {account.c_str(), "", true},
        {role.c_str(), "", true},
        {other.c_str(), "", false},
        {service.c_str(), "", false},
        {external.c_str(), "", false},
        {external.c_str(), R"(,"ExternalId":"e-2")", false},
        {external.c_str(), R"(,"ExternalId":"e-1")", true},
        {by_arn.c_str(), "", true},
        {by_name.c_str(), "", true},
        {denies.c_str(), "", false},
    };
    spoke_trusts(account);
    who = session_of(ok("AssumeRole", assume(hub)));
    const principal caller = who;
    for (const row& r : rows) {
        in_account("222233334444");
        ok("UpdateAssumeRolePolicy", R"({"RoleName":"spoke","PolicyDocument":)" + quoted(r.trust) + "}");
        who = caller;
        EXPECT_EQ(refused("AssumeRole", assume(spoke, r.more)), r.assumed ? "" : denied())
            << r.trust << r.more;
    }
    in_account("222233334444");
    const std::string id = text(ok("GetRole", R"({"RoleName":"spoke"})"), {"Role", "RoleId"});
    ok("UpdateAssumeRolePolicy", R"({"RoleName":"spoke","PolicyDocument":)" + quoted(account) + "}");
    who = caller;
    const auto assumed = ok("AssumeRole", assume(spoke));
    EXPECT_EQ(text(assumed, {"AssumedRoleUser", "AssumedRoleId"}), id + ":s1");
    EXPECT_EQ(text(assumed, {"AssumedRoleUser", "Arn"}), "arn:aws:sts::222233334444:assumed-role/spoke/s1");
}

TEST_F(sts_test, roles_that_nobody_created) {
    EXPECT_EQ(refused("AssumeRole", assume(spoke)), "");
    options.strict_roles = true;
    EXPECT_EQ(refused("AssumeRole", assume(spoke)), denied());
    options.strict_roles = false;
    spoke_trusts(trusts(R"({"AWS":"*"})"));
    EXPECT_EQ(refused("AssumeRole", assume(spoke)), "");
    // The same name under another path is no other role.
    EXPECT_EQ(refused("AssumeRole", assume("arn:aws:iam::222233334444:role/spoke")).substr(0, 16),
              "403 AccessDenied");
    in_account("222233334444");
    ok("DeleteRole", R"({"RoleName":"spoke"})");
    EXPECT_EQ(refused("AssumeRole", assume(spoke)), denied());
    for (const char* arn : {"arn:aws:iam::222233334444:user/somebody", "arn:aws:sts::222233334444:role/r",
                            "aaaaaaaaaaaaaaaaaaaaaa"})
        EXPECT_EQ(refused("AssumeRole", assume(arn)),
                  std::string("400 ValidationError ") + arn + " is invalid");
}

TEST_F(sts_test, a_new_role_takes_a_while) {
    options.role_delay = 10s;
    spoke_trusts(trusts(R"({"AWS":"*"})"));
    now += 9s;
    EXPECT_EQ(refused("AssumeRole", assume(spoke)), denied());
    now += 1s;
    EXPECT_EQ(refused("AssumeRole", assume(spoke)), "");
}

TEST_F(sts_test, how_long_a_session_lasts) {
    spoke_trusts(trusts(R"({"AWS":"*"})"), R"(,"MaxSessionDuration":7200)");
    const auto answer = ok("AssumeRole", assume(spoke, R"(,"DurationSeconds":7200)"));
    EXPECT_EQ(answer.root().find("Credentials").find("Expiration").number(), to_unix_seconds(now + 7200s));
    EXPECT_EQ(refused("AssumeRole", assume(spoke, R"(,"DurationSeconds":7201)")),
              "400 ValidationError The requested DurationSeconds exceeds the MaxSessionDuration set for this "
              "role.");
    EXPECT_EQ(
        refused("AssumeRole", assume(spoke, R"(,"DurationSeconds":899)")),
        "400 ValidationError 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy "
        "constraint: Member must have value greater than or equal to 900");
    who = session_of(answer);
    EXPECT_EQ(refused("AssumeRole", assume(hub, R"(,"DurationSeconds":3600)")), "");
    EXPECT_EQ(refused("AssumeRole", assume(hub, R"(,"DurationSeconds":3601)")),
              "400 ValidationError The requested DurationSeconds exceeds the 1 hour session limit for roles "
              "assumed by "
              "role chaining.");
}

TEST_F(sts_test, tags_and_source_identity) {
    const std::string only_assume = trusts(R"({"AWS":"111122223333"})");
    const std::string all =
        policy(R"({"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":["sts:AssumeRole",)"
               R"("sts:TagSession","sts:SetSourceIdentity"],"Condition":{"StringLikeIfExists":)"
               R"({"aws:RequestTag/team":"v*"}}})");
    const std::string tags = R"(,"Tags":[{"Key":"team","Value":"vision"}])";
    spoke_trusts(only_assume);
    EXPECT_EQ(refused("AssumeRole", assume(spoke, tags)), denied("sts:TagSession"));
    EXPECT_EQ(refused("AssumeRole", assume(spoke, R"(,"SourceIdentity":"ann")")),
              denied("sts:SetSourceIdentity"));
    in_account("222233334444");
    ok("UpdateAssumeRolePolicy", R"({"RoleName":"spoke","PolicyDocument":)" + quoted(all) + "}");
    in_account("111122223333");
    EXPECT_EQ(refused("AssumeRole", assume(spoke, R"(,"Tags":[{"Key":"team","Value":"text"}])")), denied());
    const auto first =
        ok("AssumeRole", assume(hub, tags + R"(,"TransitiveTagKeys":["team"],"SourceIdentity":"ann")"));
    EXPECT_EQ(text(first, {"SourceIdentity"}), "ann");
    who = session_of(first);
    EXPECT_EQ(refused("AssumeRole", assume(spoke, tags)),
              "400 InvalidParameterValue One of the specified transitive tag keys can't be set because it "
              "conflicts with "
              "a transitive tag key from the calling session.");
    EXPECT_EQ(refused("AssumeRole", assume(spoke, R"(,"SourceIdentity":"bob")")),
              denied("sts:SetSourceIdentity"));
    const auto second = ok("AssumeRole", assume(spoke));
    EXPECT_EQ(text(second, {"SourceIdentity"}), "ann");
    const session_facts* facts = identities.facts_of(session_of(second).access_key_id);
    ASSERT_NE(facts, nullptr);
    EXPECT_EQ(facts->tags.at("team"), "vision");
    EXPECT_EQ(refused("AssumeRole", assume(hub, R"(,"TransitiveTagKeys":["none"])")).substr(0, 25),
              "400 InvalidParameterValue");
}

TEST_F(sts_test, session_policies_only_take_away) {
    create_role("hub", trusts(R"({"AWS":"111122223333"})"));
    put_role_policy("hub", R"({"Effect":"Allow","Action":["sqs:*","s3:GetObject"],"Resource":"*"})");
    const std::string session_policy =
        policy(R"({"Effect":"Allow","Action":["sqs:SendMessage","iam:*"],"Resource":"*"})");
    const auto answer = ok("AssumeRole", assume(hub, R"(,"Policy":)" + quoted(session_policy)));
    EXPECT_GT(answer.root().find("PackedPolicySize").integer().value_or(0), 0);
    const principal limited = session_of(answer), full = session_of(ok("AssumeRole", assume(hub)));
    EXPECT_EQ(may(full, "sqs:ReceiveMessage", "*"), "allowed");
    EXPECT_EQ(may(limited, "sqs:SendMessage", "*"), "allowed");
    EXPECT_EQ(may(limited, "sqs:ReceiveMessage", "*"),
              "because no session policy allows the sqs:ReceiveMessage action");
    EXPECT_EQ(may(limited, "iam:CreateRole", "*"),
              "because no identity-based policy allows the iam:CreateRole action");
    const principal reader = session_of(
        ok("AssumeRole",
           assume(hub, R"(,"PolicyArns":[{"arn":"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}])")));
    EXPECT_EQ(may(reader, "s3:GetObject", "*"), "allowed");
    EXPECT_NE(may(reader, "sqs:SendMessage", "*"), "allowed");
    EXPECT_EQ(refused("AssumeRole", assume(hub, R"(,"Policy":"{")")),
              "400 MalformedPolicyDocument Syntax errors in policy.");
    EXPECT_EQ(
        refused("AssumeRole", assume(hub, R"(,"PolicyArns":[{"arn":"arn:aws:iam::aws:policy/Nothing"}])"))
            .substr(0, 27),
        "400 MalformedPolicyDocument");
    std::string big = policy(R"({"Sid":"","Effect":"Allow","Action":"sqs:*","Resource":"*"})");
    big.insert(big.find("Sid\":\"") + 6, 4096 - big.size(), 'a');
    EXPECT_EQ(
        refused("AssumeRole", assume(hub, R"(,"Policy":)" + quoted(big))),
        "400 PackedPolicyTooLarge Packed policy consumes 200% of allotted space, please use smaller policy.");
}

TEST_F(sts_test, sessions_of_users) {
    ok("CreateUser", R"({"UserName":"ann"})");
    ok("PutUserPolicy", R"({"UserName":"ann","PolicyName":"p","PolicyDocument":)" +
                            quoted(policy(R"({"Effect":"Allow","Action":"sqs:*","Resource":"*"})")) + "}");
    who = identities.find(text(ok("CreateAccessKey", R"({"UserName":"ann"})"), {"AccessKey", "AccessKeyId"}))
              ->who;
    EXPECT_EQ(refused("GetSessionToken",
                      R"({"SerialNumber":"arn:aws:iam::111122223333:mfa/ann","TokenCode":"123456"})"),
              "403 AccessDenied MultiFactorAuthentication failed with invalid MFA one time pass code. ");
    const auto token = ok("GetSessionToken", R"({"DurationSeconds":900})");
    EXPECT_EQ(token.root().find("Credentials").find("Expiration").number(), to_unix_seconds(now + 900s));
    const principal same = session_of(token);
    EXPECT_EQ(same.arn, who.arn);
    EXPECT_EQ(may(same, "sqs:SendMessage", "*"), "allowed");
    EXPECT_NE(may(same, "s3:GetObject", "*"), "allowed");
    const auto bare = ok("GetFederationToken", R"({"Name":"bob"})");
    EXPECT_EQ(text(bare, {"FederatedUser", "Arn"}), "arn:aws:sts::111122223333:federated-user/bob");
    EXPECT_EQ(text(bare, {"FederatedUser", "FederatedUserId"}), "111122223333:bob");
    EXPECT_NE(may(session_of(bare), "sqs:SendMessage", "*"), "allowed");
    const std::string sends = quoted(policy(R"({"Effect":"Allow","Action":"*","Resource":"*"})"));
    const principal bob = session_of(ok("GetFederationToken", R"({"Name":"bob","Policy":)" + sends + "}"));
    EXPECT_EQ(may(bob, "sqs:SendMessage", "*"), "allowed");
    EXPECT_NE(may(bob, "s3:GetObject", "*"), "allowed");
    who = same;
    EXPECT_EQ(refused("GetSessionToken", "{}"),
              "403 AccessDenied Cannot call GetSessionToken with session credentials");
    EXPECT_EQ(refused("GetFederationToken", R"({"Name":"bob"})"),
              "403 AccessDenied Cannot call GetFederationToken with session credentials");
}

TEST_F(sts_test, refuses_what_it_does_not_have) {
    EXPECT_EQ(refused("AssumeRole", assume(hub, R"(,"ProvidedContexts":[{"ContextAssertion":"abcd"}])")),
              "400 ValidationError The local AWS does not support ProvidedContexts of AssumeRole.");
    EXPECT_EQ(refused("DecodeAuthorizationMessage", R"({"EncodedMessage":"x"})"),
              "400 UnknownOperationException Could not find operation DecodeAuthorizationMessage");
}

TEST_F(sts_test, sessions_are_limited_and_forgotten) {
    const auto answer = ok("AssumeRole", assume(hub));
    const std::string id = text(answer, {"Credentials", "AccessKeyId"});
    EXPECT_EQ(identities.find(id)->key.expires_at, now + 3600s);
    now += 3600s + expired_session_kept;
    ok("AssumeRole", assume(hub));
    EXPECT_FALSE(identities.find(id));
    EXPECT_EQ(identities.sessions(), 1U);
}

}  // namespace
}  // namespace trainyard::aws::local
