#include <gtest/gtest.h>

#include <map>
#include <set>

#include "aws/local/quotas/quotas_service.hpp"

namespace trainyard::aws::local::quotas {
namespace {

// Enforces the training quotas of one type, in every account and region apart.
struct values final : quota_values {
    std::map<std::string, double> set_values;
    static std::string key(const account_id& a, const region_name& r, std::string_view q) {
        return a.str() + "/" + r.str() + "/" + std::string{q};
    }
    std::optional<double> find(const account_id& a, const region_name& r, std::string_view q) const override {
        if (!q.starts_with("ml.g5.")) return std::nullopt;
        const auto found = set_values.find(key(a, r, q));
        return found == set_values.end() ? 4 : found->second;
    }
    void set(const account_id& a, const region_name& r, std::string_view q, double v) override {
        set_values[key(a, r, q)] = v;
    }
};

class quotas_test : public testing::Test {
protected:
    std::string ask(const std::string& operation, const std::string& input) {
        const auto parsed = json::document::parse(input);
        EXPECT_TRUE(parsed) << input;
        const principal who{account_id{"111122223333"}, "arn:aws:iam::111122223333:user/local", "AIDA"};
        const auto reply =
            service.handle({operation, parsed->root(), who, region_name{"us-east-1"}, "http://x", now});
        if (!reply) return reply.error().type + ": " + reply.error().message;
        const auto* const modelled = model::quotas_model().find(operation);
        const auto answer = json::document::parse(*reply);
        EXPECT_TRUE(answer) << *reply;
        if (modelled != nullptr && modelled->output != model::no_shape) {
            const auto wrong = check.check_shape(modelled->output, answer->root());
            EXPECT_FALSE(wrong) << operation << ": " << wrong->message << "\n" << *reply;
        }
        return *reply;
    }
    json::document answer(const std::string& operation, const std::string& input) {
        auto parsed = json::document::parse(ask(operation, input));
        return parsed ? std::move(*parsed) : json::document{};
    }

    wall_time now = *parse_iso8601("2026-01-01T00:00:00Z");
    values enforced;
    quotas_service service{1, 10min, enforced};
    model::validator check{model::quotas_model()};
};

const std::string g5 = R"("ServiceCode":"sagemaker","QuotaCode":"L-B6D80D9C")";
const std::string roles = R"("ServiceCode":"iam","QuotaCode":"L-FE177D64")";

TEST(quota_list_test, codes_are_unique_and_names_too) {
    for (const auto& [code, service] : quota_list()) {
        std::set<std::string> codes, names;
        for (const quota_definition& q : service.quotas) {
            EXPECT_TRUE(codes.insert(q.code).second) << q.code << " " << q.name;
            EXPECT_TRUE(names.insert(q.name).second) << q.name;
            EXPECT_EQ(service.find(q.code), &q);
        }
    }
    EXPECT_GT(quota_list().at("sagemaker").quotas.size(), 900U);
    EXPECT_EQ(made_up_code("a"), "L-E40C292C");  // FNV-1a of "a"
    EXPECT_EQ(quota_list().at("sagemaker").find("L-09B4A649")->name,
              "ml.p4d.24xlarge for training job usage");
}

TEST_F(quotas_test, applied_values_are_those_that_are_enforced) {
    EXPECT_EQ(
        ask("GetServiceQuota", "{" + g5 + "}"),
        R"({"Quota":{"ServiceCode":"sagemaker","ServiceName":"Amazon SageMaker","QuotaArn":"arn:aws:servicequotas:us-east-1:111122223333:sagemaker/L-B6D80D9C","QuotaCode":"L-B6D80D9C","QuotaName":"ml.g5.xlarge for training job usage","Value":4.0,"Unit":"None","Adjustable":true,"GlobalQuota":false,"QuotaAppliedAtLevel":"ACCOUNT"}})");
    EXPECT_EQ(answer("GetAWSDefaultServiceQuota", "{" + g5 + "}").root().find("Quota").find("Value").number(),
              1);
    EXPECT_EQ(ask("GetServiceQuota", "{" + roles + "}").substr(0, 24), "NoSuchResourceException:");
    // SageMaker tells a value of each account of all its quotas.
    EXPECT_EQ(answer("GetServiceQuota", R"({"ServiceCode":"sagemaker","QuotaCode":"L-00C91CB5"})")
                  .root()
                  .find("Quota")
                  .find("Value")
                  .number_text(),
              "30.0");
    EXPECT_EQ(
        answer("GetAWSDefaultServiceQuota", "{" + roles + "}").root().find("Quota").find("Value").number(),
        1000);
    EXPECT_EQ(ask("GetServiceQuota", R"({"ServiceCode":"sagemaker","QuotaCode":"L-00000000"})").substr(0, 24),
              "NoSuchResourceException:");
    EXPECT_EQ(ask("GetServiceQuota", R"({"ServiceCode":"1"})").substr(0, 20), "ValidationException:");
}

TEST_F(quotas_test, an_increase_is_approved_on_the_clock) {
    const auto made = answer("RequestServiceQuotaIncrease", "{" + g5 + R"(,"DesiredValue":10})");
    const json::value r = made.root().find("RequestedQuota");
    EXPECT_EQ(r.find("Status").string(), "CASE_OPENED");
    const std::string id{r.find("Id").string().value_or("")};
    EXPECT_EQ(
        ask("RequestServiceQuotaIncrease", "{" + g5 + R"(,"DesiredValue":11})"),
        "ResourceAlreadyExistsException: Only one open service quota increase request is allowed per quota.");
    now += 10min - 1s;
    service.advance(now);
    EXPECT_TRUE(enforced.set_values.empty());
    now += 1s;
    service.advance(now);
    EXPECT_EQ(enforced.set_values.at("111122223333/us-east-1/ml.g5.xlarge for training job usage"), 10);
    const auto after = answer("GetRequestedServiceQuotaChange", R"({"RequestId":")" + id + "\"}");
    EXPECT_EQ(after.root().find("RequestedQuota").find("Status").string(), "APPROVED");
    EXPECT_EQ(after.root().find("RequestedQuota").find("LastUpdated").number(), to_unix_seconds(now));
    EXPECT_EQ(answer("GetServiceQuota", "{" + g5 + "}").root().find("Quota").find("Value").number(), 10);
    EXPECT_EQ(
        ask("RequestServiceQuotaIncrease", "{" + g5 + R"(,"DesiredValue":10})"),
        "IllegalArgumentException: You must provide a quota value greater than the current quota value.");
}

TEST_F(quotas_test, a_quota_that_is_not_enforced_gets_an_applied_value) {
    ask("RequestServiceQuotaIncrease", "{" + roles + R"(,"DesiredValue":2000})");
    now += 10min;
    EXPECT_EQ(answer("GetServiceQuota", "{" + roles + "}").root().find("Quota").find("Value").number(), 2000);
    EXPECT_EQ(answer("ListServiceQuotas", R"({"ServiceCode":"iam"})").root().find("Quotas").size(), 1U);
    EXPECT_EQ(ask("RequestServiceQuotaIncrease",
                  R"({"ServiceCode":"sagemaker","QuotaCode":"L-21A1652A","DesiredValue":5})"),
              "IllegalArgumentException: The quota L-21A1652A is not adjustable.");
}

TEST_F(quotas_test, history_and_open_requests) {
    std::size_t made = 0;
    for (const quota_definition& q : quota_list().at("sagemaker").quotas) {
        if (!q.adjustable) continue;
        const std::string reply =
            ask("RequestServiceQuotaIncrease",
                R"({"ServiceCode":"sagemaker","QuotaCode":")" + q.code + R"(","DesiredValue":1000000})");
        if (++made <= max_open_requests) {
            EXPECT_TRUE(reply.starts_with("{")) << reply;
            continue;
        }
        EXPECT_EQ(reply.substr(0, 23), "QuotaExceededException:");
        break;
    }
    const auto history = [&](const std::string& input) {
        return answer("ListRequestedServiceQuotaChangeHistory", input).root().find("RequestedQuotas").size();
    };
    EXPECT_EQ(history("{}"), max_open_requests);
    EXPECT_EQ(history(R"({"ServiceCode":"iam"})"), 0U);
    EXPECT_EQ(history(R"({"Status":"CASE_OPENED"})"), max_open_requests);
    EXPECT_EQ(history(R"({"Status":"APPROVED"})"), 0U);
    now += 10min;
    EXPECT_EQ(history(R"({"Status":"APPROVED"})"), max_open_requests);
    ask("RequestServiceQuotaIncrease", "{" + roles + R"(,"DesiredValue":2000})");
    EXPECT_EQ(answer("ListRequestedServiceQuotaChangeHistoryByQuota", "{" + roles + "}")
                  .root()
                  .find("RequestedQuotas")
                  .size(),
              1U);
}

TEST_F(quotas_test, lists_come_in_pages) {
    EXPECT_EQ(answer("ListServices", "{}").root().find("Services").size(), 5U);
    std::set<std::string> codes;
    std::string token;
    do {
        const auto page =
            answer("ListAWSDefaultServiceQuotas",
                   R"({"ServiceCode":"sagemaker","MaxResults":99)" +
                       (token.empty() ? std::string{} : R"(,"NextToken":")" + token + "\"") + "}");
        for (const json::value q : page.root().find("Quotas").elements())
            EXPECT_TRUE(codes.emplace(q.find("QuotaCode").string().value_or("")).second);
        token = page.root().find("NextToken").string().value_or("");
    } while (!token.empty());
    EXPECT_EQ(codes.size(), quota_list().at("sagemaker").quotas.size());
    EXPECT_EQ(ask("ListServices", R"({"NextToken":"AAAA"})"),
              "InvalidPaginationTokenException: The NextToken is not valid.");
}

TEST_F(quotas_test, tags) {
    const std::string arn =
        R"("ResourceARN":"arn:aws:servicequotas:us-east-1:111122223333:sagemaker/L-B6D80D9C")";
    EXPECT_EQ(ask("TagResource", "{" + arn + R"(,"Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]})"),
              "{}");
    EXPECT_EQ(ask("UntagResource", "{" + arn + R"(,"TagKeys":["b"]})"), "{}");
    EXPECT_EQ(ask("ListTagsForResource", "{" + arn + "}"), R"({"Tags":[{"Key":"a","Value":"1"}]})");
    EXPECT_EQ(
        ask("ListTagsForResource", R"({"ResourceARN":"arn:aws:servicequotas:us-east-1:111122223333:x/y"})")
            .substr(0, 24),
        "NoSuchResourceException:");
}

}  // namespace
}  // namespace trainyard::aws::local::quotas
