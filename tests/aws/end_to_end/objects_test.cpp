// The S3 client against the stand-in, which verifies signatures as S3 does: paths encoded once.
#include "aws/s3/client.hpp"
#include "tests/aws/end_to_end/end_to_end.hpp"
#include "tests/support/object_store.hpp"

namespace trainyard::aws {
namespace {

class objects : public end_to_end {
protected:
    objects() { where_.origin.port = http::parse_url(store_.url())->origin.port; }
    s3::client client() { return {*transport_, where_, who_}; }

    test::object_store store_{"123456789012", "test"};
};

TEST_F(objects, what_is_put_is_got_whatever_its_key) {
    auto c = client();
    for (const std::string key : {"a", "dir/b c+d%20/\xC3\xA9=~.txt", "x//y/../z/./", "*'()!&$@,:;?#[]"}) {
        const auto put = run(c.put_object("bodies", key, "bytes of " + key, soon()));
        ASSERT_TRUE(put.has_value()) << why(put);
        const auto got = run(c.get_object("bodies", key, 1'000, soon()));
        ASSERT_TRUE(got) << why(got);
        EXPECT_EQ(*got, "bytes of " + key);
        EXPECT_EQ(store_.get("/bodies/" + key), "bytes of " + key);
    }
}

TEST_F(objects, a_large_one_is_refused_and_not_transferred) {
    store_.put("/bodies/large", std::string(101, 'x'));
    store_.put("/bodies/fits", std::string(100, 'x'));
    auto c = client();
    EXPECT_TRUE(run(c.get_object("bodies", "fits", 100, soon())));
    const auto large = run(c.get_object("bodies", "large", 100, soon()));
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().kind, failure::invalid_request);
    EXPECT_THAT(large.error().message, testing::HasSubstr("more than 100 bytes"));
}

TEST_F(objects, errors_are_told_apart) {
    auto c = client();
    const auto missing = run(c.get_object("bodies", "nothing", 100, soon()));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, failure::not_found);
    EXPECT_EQ(missing.error().code, "NoSuchKey");
    const auto name = run(c.get_object("No_Bucket", "k", 100, soon()));
    ASSERT_FALSE(name);
    EXPECT_EQ(name.error().kind, failure::invalid_request);
    store_.put("/bodies/late", "now");
    store_.fail_next(1);
    EXPECT_TRUE(run(c.get_object("bodies", "late", 100, soon()))) << "a 503 is tried again";
}

TEST(object_address, hosts_and_paths) {
    endpoint aws_host;
    aws_host.origin.host = "s3.eu-west-1.amazonaws.com";
    const auto plain = s3::address_of(aws_host, "bodies", "a b/c");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->at.origin.host, "bodies.s3.eu-west-1.amazonaws.com");
    EXPECT_EQ(plain->target, "/a%20b/c");
    const auto dotted = s3::address_of(aws_host, "my.bodies", "k");
    EXPECT_EQ(dotted->at.origin.host, "s3.eu-west-1.amazonaws.com");
    EXPECT_EQ(dotted->target, "/my.bodies/k");
    aws_host.custom = true;
    aws_host.path = "/store/";
    EXPECT_EQ(s3::address_of(aws_host, "bodies", "k")->target, "/store/bodies/k");
    for (const char* bad : {"", "ab", "-abc", "abc-", "a..b", "Abc", "a_b", "a/b"})
        EXPECT_FALSE(s3::address_of(aws_host, bad, "k")) << bad;
    EXPECT_FALSE(s3::address_of(aws_host, "bodies", ""));
    EXPECT_FALSE(s3::address_of(aws_host, "bodies", std::string(1'025, 'k')));
}

}  // namespace
}  // namespace trainyard::aws
