// IAM and STS without a front: calls in JSON, each answer checked against AWS's own model.
#pragma once

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "aws/local/identity/access_guard.hpp"
#include "aws/local/identity/iam_authorizer.hpp"
#include "aws/local/identity/iam_service.hpp"
#include "aws/local/identity/role_trust.hpp"
#include "aws/local/identity/sts_service.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {

class iam_fixture : public testing::Test {
protected:
    service_reply call(const std::string& operation, const std::string& input) {
        const bool of_sts = model::sts_model().find(operation) != nullptr;
        const auto parsed = json::document::parse(input);
        EXPECT_TRUE(parsed) << input;
        if (!parsed) return service_error{};
        const operation_call c{operation, parsed->root(), who, region_name{"eu-west-1"}, "http://h", now};
        auto reply = of_sts ? sts.handle(c) : iam.handle(c);
        if (reply) check_shape(of_sts ? sts_shapes : iam_shapes, operation, *reply);
        return reply;
    }
    // The answer of a call that must succeed.
    json::document ok(const std::string& operation, const std::string& input) {
        const auto reply = call(operation, input);
        EXPECT_TRUE(reply) << operation << input << ": " << (reply ? "" : reply.error().message);
        auto out = json::document::parse(reply && !reply->empty() ? *reply : "{}");
        return out ? std::move(*out) : json::document{};
    }
    // "404 NoSuchEntity The role with name x cannot be found."; empty: it succeeded.
    std::string refused(const std::string& operation, const std::string& input) {
        const auto reply = call(operation, input);
        if (reply) return {};
        return fmt::format("{} {} {}", reply.error().status, reply.error().type, reply.error().message);
    }
    static std::string quoted(const std::string& text) {
        json::writer w;
        w.string(text);
        return w.take();
    }
    std::string create_role(const std::string& name, const std::string& trust, const std::string& more = "") {
        return text(ok("CreateRole", fmt::format(R"({{"RoleName":"{}","AssumeRolePolicyDocument":{}{}}})",
                                                 name, quoted(trust), more)),
                    {"Role", "Arn"});
    }
    void put_role_policy(const std::string& role, const std::string& statements) {
        ok("PutRolePolicy", fmt::format(R"({{"RoleName":"{}","PolicyName":"p","PolicyDocument":{}}})", role,
                                        quoted(policy(statements))));
    }
    static std::string text(const json::document& d, std::initializer_list<const char*> path) {
        json::value at = d.root();
        for (const char* name : path) at = at.find(name);
        return std::string{at.string().value_or("")};
    }
    static std::string policy(const std::string& statements) {
        return R"({"Version":"2012-10-17","Statement":[)" + statements + "]}";
    }
    static std::string trusts(const std::string& principal, const std::string& more = "") {
        return policy(R"({"Effect":"Allow","Principal":)" + principal + R"(,"Action":"sts:AssumeRole")" +
                      more + "}");
    }
    // The principal of the credentials that an answer of STS holds.
    principal session_of(const json::document& answer) {
        const auto found = identities.find(text(answer, {"Credentials", "AccessKeyId"}));
        EXPECT_TRUE(found);
        return found ? found->who : principal{};
    }
    // "allowed", or the end of AWS's text.
    std::string may(const principal& caller, const std::string& action, const std::string& resource,
                    const policy_context& context = {}) {
        const auto d = checked.authorize(caller, {action, resource, context}, caller.account, nullptr, now);
        return d.allowed() ? "allowed" : reason_text(d, action);
    }

    identity_options options;
    iam_store store{rng{7}};
    identity_store identities{"test", store};
    iam_authorizer checked{store, identities, options};
    role_trust open_trust{store, open_authorizer::instance(), options};
    role_trust strict_trust{store, checked, options};
    rng random{9};
    iam_service iam{store};
    sts_service sts{{identities, store, open_trust, options, random}};
    sts_service enforcing{{identities, store, strict_trust, options, random}};
    principal who = identities.find("111122223333")->who;
    wall_time now = from_unix_millis(1'764'000'000'000);

private:
    static void check_shape(model::validator& shapes, const std::string& operation,
                            const std::string& reply) {
        const model::operation* o = shapes.service().find(operation);
        ASSERT_NE(o, nullptr) << operation;
        if (o->output == model::no_shape) {
            EXPECT_EQ(reply, "") << operation;
            return;
        }
        const auto parsed = json::document::parse(reply.empty() ? "{}" : reply);
        ASSERT_TRUE(parsed) << reply;
        const auto wrong = shapes.check_shape(o->output, parsed->root());
        EXPECT_FALSE(wrong) << operation << reply << (wrong ? wrong->message : "");
    }
    model::validator iam_shapes{model::iam_model()}, sts_shapes{model::sts_model()};
};

}  // namespace trainyard::aws::local
