#include <gtest/gtest.h>

#include "aws/local/sqs/sqs_message.hpp"

namespace trainyard::aws::local {
namespace {

struct vector_case {
    message_attributes attributes;
    std::string digest;
};

// Recorded against AWS, and from the test suites of the SDKs.
TEST(attribute_digest, known_vectors) {
    const vector_case cases[] = {
        {{{"timestamp", {"Number", "1493147359900"}}}, "235c5c510d26fb653d073faed50ae77c"},
        {{{"Foo", {"String", "Bar"}}}, "ae7155c6026991b6d54b11589678bf9c"},
        {{{"General", {"String", "Kenobi"}}, {"Hello", {"String", "There"}}},
         "fca026605781cb4126a1e9044df24232"},
        {{{"Hello", {"String", "There"}}}, "a311262e065454b75da111d535b8dacd"},
        {{{"MyAttribute", {"String", "foobar"}}}, "adb59cd4678ea5a855436b949cd07ab6"},
    };
    for (const vector_case& c : cases) EXPECT_EQ(md5_of_attributes(c.attributes), c.digest);
}

TEST(attribute_digest, binary_is_marked_and_hashed_raw) {
    EXPECT_NE(md5_of_attributes({{"a", {"Binary", "x"}}}), md5_of_attributes({{"a", {"String", "x"}}}));
    EXPECT_NE(md5_of_attributes({{"a", {"String.x", "y"}}}), md5_of_attributes({{"a", {"String", "y"}}}));
}

TEST(attribute_digest, trace_header) {
    EXPECT_EQ(
        md5_of_trace_header("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"),
        "5ae4d5d7636402d80f4eb6d213245a88");
}

}  // namespace
}  // namespace trainyard::aws::local
