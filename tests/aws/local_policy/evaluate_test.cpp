// Policies as documents, and who they let do what.
#include "aws/local/policy/evaluate.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "aws/local/policy/authorizer.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::local {
namespace {

const principal ann{account_id("111122223333"), "arn:aws:iam::111122223333:user/team/ann", "AIDAANN"};
const principal spoke{account_id("111122223333"), "arn:aws:sts::111122223333:assumed-role/spoke/s1",
                      "AROA:s1", "arn:aws:iam::111122223333:role/ty/spoke"};

policy_document read(const std::string& text, policy_kind kind = policy_kind::identity) {
    auto p = policy_document::parse(text, kind);
    EXPECT_TRUE(p) << text << ": " << (p ? "" : p.error().message);
    return p ? std::move(*p) : administrator_policy();
}
std::string policy(const std::string& statements) {
    return R"({"Version":"2012-10-17","Statement":[)" + statements + "]}";
}

TEST(policy_document_test, what_is_no_policy_and_how_aws_says_so) {
    struct row {
        policy_kind kind;
        std::string text;
        const char* message;
    };
    const char* const syntax = "Syntax errors in policy.";
    constexpr auto identity = policy_kind::identity, trust = policy_kind::trust,
                   resource = policy_kind::resource;
    const auto one = [](const std::string& s) { return policy("{" + s + "}"); };
    const std::string allow = R"("Effect":"Allow","Action":"s3:*","Resource":"*")";
    const std::string may = R"("Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},)";
    const row rows[] = {
        {identity, "{", syntax},
        {trust, "{", "This policy contains invalid Json"},
        {identity, "[]", syntax},
        {identity, R"({"Version":"2012-10-17"})", syntax},
        {identity, R"({"Version":"2012-10-17","Statement":[]})", syntax},
        {identity, R"({"Version":"2012-10-17","Statement":[1]})", syntax},
        {identity, R"({"Version":"2012-10-17","Extra":1,"Statement":[{)" + allow + "}]}", syntax},
        {identity, R"({"Version":"2015-01-01","Statement":[{)" + allow + "}]}", syntax},
        {identity, R"({"Version":"2008-10-17","Statement":[{)" + allow + "}]}",
         "Policy document must be version 2012-10-17 or greater."},
        {identity, R"({"Statement":[{)" + allow + "}]}",
         "Policy document must be version 2012-10-17 or greater."},
        {identity, one(R"("Effect":"allow","Action":"s3:*","Resource":"*")"), syntax},
        {identity, one(allow + R"(,"Condition":[])"), syntax},
        {identity, one(allow + R"(,"Resources":"*")"), syntax},
        {identity, one(allow + R"(,"NotResource":"*")"), syntax},
        {identity, one(allow + R"(,"Sid":1)"), syntax},
        {identity, one(R"("Effect":"Allow","Resource":"*")"), "Policy statement must contain actions."},
        {identity, one(R"("Effect":"Allow","Action":[],"Resource":"*")"),
         "Policy statement must contain actions."},
        {identity, one(R"("Effect":"Allow","Action":"s3:*")"), "Policy statement must contain resources."},
        {identity, one(R"("Effect":"Allow","Action":"s3:*","Resource":[])"),
         "Policy statement must contain resources."},
        {identity, one(allow + R"(,"Principal":"*")"), "Policy document should not specify a principal."},
        {identity, policy("{" + allow + R"(,"Sid":"a"},{)" + allow + R"(,"Sid":"a"})"),
         "Statement IDs (SID) in a single policy must be unique."},
        {identity, one(R"("Effect":"Allow","Action":"GetObject","Resource":"*")"),
         "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
        {identity, one(R"("Effect":"Allow","Action":"s3:a:b","Resource":"*")"),
         "Actions/Condition can contain only one colon."},
        {identity, one(R"("Effect":"Allow","Action":"s 3:a","Resource":"*")"), "Vendor s 3 is not valid"},
        {identity, one(R"("Effect":"Allow","Action":"s3:*","Resource":"bucket")"),
         "Resource bucket must be in ARN format or \"*\"."},
        {identity, one(R"("Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3")"),
         "The policy failed legacy parsing"},
        {identity, one(allow + R"(,"Condition":{"StringSounds":{"k":"v"}})"),
         "Invalid Condition type : StringSounds."},
        {trust, one(R"("Effect":"Allow","Action":"sts:AssumeRole")"), "Missing required field Principal"},
        {trust, one(may + R"("Action":"sts:AssumeRole","Resource":"*")"), "Has prohibited field Resource"},
        {trust, one(may + R"("Action":"sts:AssumeRole","NotResource":"*")"),
         "Has prohibited field NotResource"},
        {trust, one(may + R"("Action":"s3:GetObject")"),
         "AssumeRole policy may only specify STS AssumeRole actions."},
        {trust, one(may + R"("Action":"*")"), "AssumeRole policy may only specify STS AssumeRole actions."},
        {trust, one(R"("Effect":"Allow","Principal":{"AWS":"ann"},"Action":"sts:AssumeRole")"),
         "Invalid principal in policy: \"AWS\":\"ann\""},
        {trust, one(R"("Effect":"Allow","Principal":{"Nobody":"ann"},"Action":"sts:AssumeRole")"),
         "Invalid principal in policy: \"Nobody\":\"ann\""},
        {resource, one(R"("Effect":"Allow","Action":"sqs:*")"), "Missing required field Principal"},
    };
    for (const row& r : rows) {
        const auto p = policy_document::parse(r.text, r.kind);
        ASSERT_FALSE(p) << r.text;
        EXPECT_EQ(p.error().message, r.message) << r.text;
    }
}

TEST(evaluate_test, actions_and_resources) {
    struct row {
        const char *statement, *action, *resource;
        bool allowed;
    };
    const char* const home =
        R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"})";
    const char* const not_iam = R"({"Effect":"Allow","NotAction":["iam:*"],"Resource":"*"})";
    const char* const not_one =
        R"({"Effect":"Allow","Action":"*","NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]})";
    const char* const jobs =
        R"({"Effect":"Allow","Action":"sagemaker:Stop*","Resource":"arn:aws:sagemaker:*:*:*/ty-*"})";
    const row rows[] = {
        {home, "s3:GetObject", "arn:aws:s3:::b/ann/x", true},
        {home, "S3:getobject", "arn:aws:s3:::b/ann/x", true},
        {home, "s3:GetObject", "arn:aws:s3:::b/bob/x", false},
        {home, "sqs:SendMessage", "arn:aws:s3:::b/ann/x", false},
        {not_iam, "s3:GetObject", "arn:aws:s3:::b", true},
        {not_iam, "iam:CreateRole", "arn:aws:iam::111122223333:role/r", false},
        {not_one, "s3:GetObject", "arn:aws:s3:::b/x", false},
        {not_one, "s3:GetObject", "arn:aws:s3:::c/x", true},
        {jobs, "sagemaker:StopTrainingJob", "arn:aws:sagemaker:us-east-1:111122223333:training-job/ty-a",
         true},
        {jobs, "sagemaker:StopTrainingJob", "arn:aws:sagemaker:us-east-1:111122223333:training-job/a", false},
    };
    for (const row& r : rows) {
        const access what{r.action, r.resource, context_of(ann)};
        EXPECT_EQ(evaluate(read(policy(r.statement)), ann, what).allowed == grant::self, r.allowed)
            << r.statement << r.action << r.resource;
    }
}

TEST(evaluate_test, how_a_principal_is_named) {
    struct row {
        const char* principals;
        grant of_ann, of_spoke;
    };
    using enum grant;
    const row rows[] = {
        {R"("Principal":"*")", role, role},
        {R"("Principal":{"AWS":"*"})", role, role},
        {R"("Principal":{"AWS":"111122223333"})", account, account},
        {R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"})", account, account},
        {R"("Principal":{"AWS":"arn:aws:iam::111122223333:user/team/ann"})", self, none},
        {R"("Principal":{"AWS":"arn:aws:iam::111122223333:role/ty/spoke"})", none, role},
        {R"("Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/spoke/s1"})", none, self},
        {R"("Principal":{"AWS":["111122223333","arn:aws:iam::111122223333:user/team/ann"]})", self, account},
        {R"("Principal":{"AWS":"444455556666"})", none, none},
        {R"("Principal":{"Service":"sagemaker.amazonaws.com"})", none, none},
        {R"("NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/team/ann"})", none, role},
    };
    for (const row& r : rows) {
        const auto p =
            read(policy(std::string(R"({"Effect":"Allow","Action":"sqs:*",)") + r.principals + "}"),
                 policy_kind::resource);
        const access what{"sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q", {}};
        EXPECT_EQ(evaluate(p, ann, what).allowed, r.of_ann) << r.principals;
        EXPECT_EQ(evaluate(p, spoke, what).allowed, r.of_spoke) << r.principals;
    }
    const auto p =
        read(policy(R"({"Effect":"Allow","Principal":{"Service":["a.amazonaws.com","b.amazonaws.com"]},)"
                    R"("Action":"sts:AssumeRole"})"),
             policy_kind::trust);
    const access what{"sts:AssumeRole", "*", {}};
    EXPECT_EQ(evaluate(p, requester{requester::kind::service, "b.amazonaws.com"}, what).allowed, self);
    EXPECT_EQ(evaluate(p, requester{requester::kind::service, "c.amazonaws.com"}, what).allowed, none);
    EXPECT_EQ(evaluate(p, requester{requester::kind::federated, "b.amazonaws.com"}, what).allowed, none);
}

// "Policy evaluation logic" and "Permissions boundaries" of the IAM user guide.
TEST(evaluate_test, which_policies_have_a_say) {
    const auto allow = read(policy(R"({"Effect":"Allow","Action":"sqs:*","Resource":"*"})"));
    const auto other = read(policy(R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})"));
    const auto deny = read(policy(R"({"Effect":"Deny","Action":"sqs:*","Resource":"*"})"));
    const auto resource = [](const std::string& effect, const std::string& who) {
        return read(
            policy(R"({"Effect":")" + effect + R"(","Principal":{"AWS":")" + who + R"("},"Action":"sqs:*"})"),
            policy_kind::resource);
    };
    const auto names_session = resource("Allow", "arn:aws:sts::111122223333:assumed-role/spoke/s1");
    const auto names_role = resource("Allow", "arn:aws:iam::111122223333:role/ty/spoke");
    const auto names_account = resource("Allow", "111122223333");
    const auto names_deny = resource("Deny", "111122223333");
    const access what{"sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q", {}};
    struct row {
        const char* what;
        policy_stack stack;
        std::string answer;
    };
    const std::string allows = "allowed",
                      no_identity = "because no identity-based policy allows the sqs:SendMessage action",
                      no_boundary = "because no permissions boundary allows the sqs:SendMessage action",
                      no_session = "because no session policy allows the sqs:SendMessage action",
                      no_resource = "because no resource-based policy allows the sqs:SendMessage action";
    const row rows[] = {
        {"nothing", {}, no_identity},
        {"identity", {{&other, &allow}, nullptr, false, {}, nullptr, true}, allows},
        {"identity denies",
         {{&allow, &deny}, nullptr, false, {}, nullptr, true},
         "with an explicit deny in an identity-based policy"},
        {"boundary allows", {{&allow}, &allow, false, {}, nullptr, true}, allows},
        {"boundary alone", {{}, &allow, false, {}, nullptr, true}, no_identity},
        {"boundary silent", {{&allow}, &other, false, {}, nullptr, true}, no_boundary},
        {"boundary denies",
         {{&allow}, &deny, false, {}, nullptr, true},
         "with an explicit deny in a permissions boundary"},
        {"session allows", {{&allow}, nullptr, true, {&other, &allow}, nullptr, true}, allows},
        {"session silent", {{&allow}, nullptr, true, {&other}, nullptr, true}, no_session},
        {"session of nothing", {{&allow}, nullptr, true, {}, nullptr, true}, no_session},
        {"session denies",
         {{&allow}, nullptr, true, {&allow, &deny}, nullptr, true},
         "with an explicit deny in a session policy"},
        {"resource names the session", {{}, &other, true, {&other}, &names_session, true}, allows},
        {"resource names the role", {{}, nullptr, false, {}, &names_role, true}, allows},
        {"role within a boundary", {{}, &other, false, {}, &names_role, true}, no_boundary},
        {"role within a session", {{}, nullptr, true, {&other}, &names_role, true}, no_session},
        {"resource leaves it to the account", {{}, nullptr, false, {}, &names_account, true}, no_identity},
        {"and the account allows", {{&allow}, nullptr, false, {}, &names_account, true}, allows},
        {"resource denies",
         {{&allow}, nullptr, false, {}, &names_deny, true},
         "with an explicit deny in a resource-based policy"},
        {"identity denies what the resource allows",
         {{&deny}, nullptr, false, {}, &names_session, true},
         "with an explicit deny in an identity-based policy"},
        {"another account: identity alone", {{&allow}, nullptr, false, {}, nullptr, false}, no_resource},
        {"another account: resource alone", {{}, nullptr, false, {}, &names_session, false}, no_identity},
        {"another account: both", {{&allow}, nullptr, false, {}, &names_account, false}, allows},
    };
    for (const row& r : rows) {
        const access_decision d = decide(r.stack, spoke, what);
        EXPECT_EQ(d.allowed() ? allows : reason_text(d, what.action), r.answer) << r.what;
    }
    EXPECT_EQ(denial_text(spoke, what, decide({}, spoke, what)),
              "User: arn:aws:sts::111122223333:assumed-role/spoke/s1 is not authorized to perform: "
              "sqs:SendMessage on "
              "resource: arn:aws:sqs:us-east-1:111122223333:q because no identity-based policy allows the "
              "sqs:SendMessage action");
}

// Random policies over a small world: a Deny that is added never allows more, and the order of
// statements does not matter.
TEST(evaluate_test, denies_and_order) {
    rng random{20251201};
    const std::vector<std::string> actions{"a:X", "a:Y", "b:X", "a:*", "*", "a:?"},
        resources{"arn:aws:a:::1", "arn:aws:a:::2", "arn:aws:a:::*", "*"}, asked{"a:X", "a:Y", "b:X"};
    const auto pick = [&](const std::vector<std::string>& from) { return from[random.below(from.size())]; };
    const auto statement = [&](bool deny) {
        const bool flip_action = random.chance(0.2), flip_resource = random.chance(0.2);
        std::string out = fmt::format(R"({{"Effect":"{}","{}":"{}","{}":"{}")", deny ? "Deny" : "Allow",
                                      flip_action ? "NotAction" : "Action", pick(actions),
                                      flip_resource ? "NotResource" : "Resource", pick(resources));
        if (random.chance(0.4))
            out += fmt::format(R"(,"Condition":{{"{}":{{"k":"{}"}}}})",
                               pick({"StringEquals", "StringNotEquals", "StringEqualsIfExists",
                                     "ForAllValues:StringEquals", "Null"}),
                               pick({"1", "2", "true"}));
        return out + "}";
    };
    const auto joined = [](const std::vector<std::string>& s) {
        return policy(fmt::format("{}", fmt::join(s, ",")));
    };
    int allowed = 0, changed = 0;
    for (int round = 0; round < 2000; ++round) {
        std::vector<std::string> statements;
        for (std::uint64_t i = 0, n = 1 + random.below(4); i < n; ++i)
            statements.push_back(statement(random.chance(0.3)));
        std::vector<std::string> with_deny = statements, shuffled = statements;
        with_deny.insert(with_deny.begin() + static_cast<std::ptrdiff_t>(random.below(with_deny.size() + 1)),
                         statement(true));
        for (std::size_t i = shuffled.size(); i > 1; --i)
            std::swap(shuffled[i - 1], shuffled[random.below(i)]);
        const auto before = read(joined(statements)), after = read(joined(with_deny)),
                   other = read(joined(shuffled));
        access what{pick(asked), pick({"arn:aws:a:::1", "arn:aws:a:::2"}), {}};
        if (random.chance(0.7)) what.context.emplace("k", pick({"1", "2"}));
        const auto may = [&](const policy_document& p) {
            return decide({{&p}, nullptr, false, {}, nullptr, true}, ann, what).what;
        };
        using kind = access_decision::kind;
        EXPECT_EQ(may(before), may(other)) << joined(statements);
        EXPECT_TRUE(may(after) != kind::allowed || may(before) == kind::allowed) << joined(with_deny);
        EXPECT_TRUE(may(before) != kind::denied_explicitly || may(after) == kind::denied_explicitly);
        allowed += may(before) == kind::allowed ? 1 : 0;
        changed += may(before) != may(after) ? 1 : 0;
    }
    EXPECT_GT(allowed, 300);  // the random policies do allow, and the denies do bite
    EXPECT_GT(changed, 100);
}

}  // namespace
}  // namespace trainyard::aws::local
