// Service Quotas' bodies: pages, quotas that AWS could not read, and answers that are broken.
#include "aws/quotas/codec.hpp"

#include <gtest/gtest.h>

#include "engine/base/json.hpp"

namespace trainyard::aws::quotas {
namespace {

TEST(quotas_codec, asks_for_whole_pages_and_the_next_one_by_its_token) {
    const auto first = json::document::parse(encode_list("sagemaker", ""));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->root().find("ServiceCode").string(), "sagemaker");
    EXPECT_EQ(first->root().find("MaxResults").integer(), 100);
    EXPECT_FALSE(first->root().find("NextToken").exists());
    const auto next = json::document::parse(encode_list("sagemaker", "t"));
    EXPECT_EQ(next->root().find("NextToken").string(), "t");
}

TEST(quotas_codec, reads_a_page_and_leaves_out_what_has_no_value) {
    const auto page = decode_page(
        R"({"NextToken":"t","Quotas":[)"
        R"({"QuotaCode":"L-1","QuotaName":"ml.m5.large for training job usage","Value":30.0,"New":{"a":[1]}},)"
        R"({"QuotaCode":"L-2","QuotaName":"x","ErrorReason":{"ErrorCode":"SERVICE_QUOTA_NOT_AVAILABLE_ERROR"}},)"
        R"({"QuotaCode":"L-3","QuotaName":"y","Value":2}]})");
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->quotas.size(), 2U);
    EXPECT_EQ(page->quotas[0].code, "L-1");
    EXPECT_EQ(page->quotas[0].name, "ml.m5.large for training job usage");
    EXPECT_EQ(page->quotas[0].value, 30);
    EXPECT_EQ(page->quotas[1].value, 2);
    EXPECT_EQ(page->next_token, "t");
    const auto last = decode_page(R"({"Quotas":[]})");
    ASSERT_TRUE(last);
    EXPECT_EQ(last->next_token, "");
}

TEST(quotas_codec, a_broken_page_is_an_error) {
    for (const char* broken : {"", "{", "[]", "{}", R"({"Quotas":{}})", R"({"Quotas":[{"Value":1}]})"}) {
        const auto page = decode_page(broken);
        ASSERT_FALSE(page) << broken;
        EXPECT_EQ(page.error().code, errc::corrupt) << broken;
    }
}

}  // namespace
}  // namespace trainyard::aws::quotas
