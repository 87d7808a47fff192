#include "aws/transport/http_options.hpp"

#include <gtest/gtest.h>

#include "run.hpp"

namespace trainyard::aws {
namespace {

TEST(http_options, follow_the_environment) {
    test::fake_environment e;
    e.values = {{"AWS_CA_BUNDLE", "/etc/ca.pem"},
                {"HTTPS_PROXY", "http://a:1"},
                {"https_proxy", "http://b:1"},
                {"NO_PROXY", "internal"}};
    const auto o = service_client_options(e);
    EXPECT_EQ(o.ca_bundle, "/etc/ca.pem");
    EXPECT_EQ(o.proxy.https.reveal(), "http://b:1");
    EXPECT_TRUE(o.proxy.http.empty());
    EXPECT_EQ(o.proxy.bypass, "internal");
}

TEST(http_options, metadata_endpoints_are_no_services) {
    const auto o = service_client_options(test::fake_environment{});
    EXPECT_TRUE(o.refuse_address("sqs.us-east-1.amazonaws.com", "169.254.169.254"));
    EXPECT_TRUE(o.refuse_address("sqs.us-east-1.amazonaws.com", "fd00:ec2::254"));
    EXPECT_FALSE(o.refuse_address("169.254.169.254", "169.254.169.254")) << "credentials are asked for there";
    EXPECT_FALSE(o.refuse_address("fd00:ec2:0::254", "fd00:ec2::254"));
    EXPECT_FALSE(o.refuse_address("localhost", "127.0.0.1")) << "the local AWS";
    EXPECT_FALSE(o.refuse_address("sqs.us-east-1.amazonaws.com", "10.1.2.3"))
        << "an interface endpoint in a VPC";
}

}  // namespace
}  // namespace trainyard::aws
