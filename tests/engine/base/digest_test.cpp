#include "engine/base/digest.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace trainyard {
namespace {

// FIPS 180-4 and RFC 1321 examples.
TEST(digest, known_answers) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(md5_hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(digest, takes_an_empty_view) {
    EXPECT_EQ(sha256(std::string_view{}), sha256(""));
}

TEST(digest, threads_do_not_share_a_context) {
    std::string other;
    std::thread t{[&] {
        for (int i = 0; i < 2000; ++i) other = sha256_hex("abc");
    }};
    for (int i = 0; i < 2000; ++i) ASSERT_EQ(md5_hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    t.join();
    EXPECT_EQ(other, sha256_hex("abc"));
}

}  // namespace
}  // namespace trainyard
