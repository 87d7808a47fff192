#include "aws/local/model/shapes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "aws/local/model/validate.hpp"

namespace trainyard::aws::local::model {
namespace {

struct known {
    const char* name;
    const service_model& (*model)();
    std::size_t operations;
    const char* signing_name;
    const char* target_prefix;
};

class model_of_service : public testing::TestWithParam<known> {};

TEST_P(model_of_service, is_what_aws_publishes_for_it) {
    const service_model& m = GetParam().model();
    EXPECT_EQ(m.operations.size(), GetParam().operations);
    EXPECT_EQ(m.signing_name, GetParam().signing_name);
    EXPECT_EQ(m.target_prefix, GetParam().target_prefix);
    EXPECT_EQ(m.xml_namespace.empty(), !m.target_prefix.empty());
}

TEST_P(model_of_service, finds_every_operation_by_name) {
    const service_model& m = GetParam().model();
    for (const operation& o : m.operations) EXPECT_EQ(m.find(o.name), &o) << o.name;
    EXPECT_EQ(m.find(""), nullptr);
    EXPECT_EQ(m.find("zzz"), nullptr);
}

TEST_P(model_of_service, points_at_shapes_and_members_that_exist) {
    const service_model& m = GetParam().model();
    for (const operation& o : m.operations)
        for (const std::uint16_t end : {o.input, o.output})
            if (end != no_shape) {
                ASSERT_EQ(m.at(end).kind, shape_kind::structure) << o.name;
            }
    for (const shape& s : m.shapes) {
        ASSERT_LE(std::size_t{s.first_member} + s.members, m.members.size()) << s.name;
        ASSERT_LE(std::size_t{s.first_value} + s.values, m.values.size()) << s.name;
        if (s.kind == shape_kind::list) {
            EXPECT_EQ(s.members, 1) << s.name;
        }
        if (s.kind == shape_kind::map) {
            EXPECT_EQ(s.members, 2) << s.name;
        }
        EXPECT_LE(s.minimum, s.maximum) << s.name;
    }
    for (const member& x : m.members) ASSERT_LT(x.shape, m.shapes.size()) << x.name;
}

TEST_P(model_of_service, has_patterns_that_compile) {
    std::set<std::string_view> seen;
    for (const shape& s : GetParam().model().shapes)
        if (!s.pattern.empty() && seen.insert(s.pattern).second) pattern{s.pattern}.matches("a");
}

INSTANTIATE_TEST_SUITE_P(
    services, model_of_service,
    testing::Values(known{"sqs", sqs_model, 23, "sqs", "AmazonSQS"},
                    known{"sagemaker", sagemaker_model, 60, "sagemaker", "SageMaker"},
                    known{"sts", sts_model, 6, "sts", ""}, known{"iam", iam_model, 62, "iam", ""},
                    known{"events", events_model, 22, "events", "AWSEvents"},
                    known{"quotas", quotas_model, 12, "servicequotas", "ServiceQuotasV20190624"}),
    [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace trainyard::aws::local::model
