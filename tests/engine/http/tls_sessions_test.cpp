#include "engine/http/tls_sessions.hpp"

#include <gtest/gtest.h>

#include <string>

namespace trainyard::http {
namespace {

constexpr mono_time moment(duration d) {
    return mono_time{d};
}

// A session nobody negotiated; `id` tells it from others.
tls_session make_session(unsigned char id, int version = TLS1_3_VERSION, long timeout = 7200) {
    tls_session out(SSL_SESSION_new());
    SSL_SESSION_set_protocol_version(out.get(), version);
    SSL_SESSION_set1_id(out.get(), &id, 1);
    SSL_SESSION_set_timeout(out.get(), timeout);
    return out;
}

int id_of(const tls_session& s) {
    if (!s) return -1;
    unsigned length = 0;
    const unsigned char* const id = SSL_SESSION_get_id(s.get(), &length);
    return length == 1 ? id[0] : -2;
}

const origin here{true, "a.example", 443};

TEST(tls_sessions, a_ticket_of_tls_1_3_is_given_once_the_newest_first) {
    tls_session_cache c;
    c.put(here, make_session(1), moment(0s));
    c.put(here, make_session(2), moment(1s));
    EXPECT_EQ(id_of(c.take(here, moment(2s))), 2);
    EXPECT_EQ(id_of(c.take(here, moment(2s))), 1);
    EXPECT_EQ(id_of(c.take(here, moment(2s))), -1);
    EXPECT_EQ(c.origins(), 0U);
}

TEST(tls_sessions, a_session_of_tls_1_2_is_given_again) {
    tls_session_cache c;
    c.put(here, make_session(1, TLS1_2_VERSION), moment(0s));
    EXPECT_EQ(id_of(c.take(here, moment(1s))), 1);
    EXPECT_EQ(id_of(c.take(here, moment(1s))), 1);
}

TEST(tls_sessions, go_after_their_time_and_after_an_hour_at_the_latest) {
    tls_session_cache c;
    c.put(here, make_session(1, TLS1_3_VERSION, 60), moment(0s));
    c.put(here, make_session(2, TLS1_3_VERSION, 7 * 24 * 3600), moment(0s));
    EXPECT_EQ(id_of(c.take(here, moment(60s))), 2);
    c.put(here, make_session(3, TLS1_3_VERSION, 7 * 24 * 3600), moment(0s));
    EXPECT_EQ(id_of(c.take(here, moment(1h) - 1ns)), 3);
    c.put(here, make_session(4, TLS1_3_VERSION, 7 * 24 * 3600), moment(0s));
    EXPECT_EQ(id_of(c.take(here, moment(1h))), -1);
}

TEST(tls_sessions, are_kept_apart_by_origin) {
    tls_session_cache c;
    c.put(here, make_session(1), moment(0s));
    EXPECT_EQ(id_of(c.take({true, "a.example", 8443}, moment(0s))), -1);
    EXPECT_EQ(id_of(c.take({true, "b.example", 443}, moment(0s))), -1);
    c.forget(here);
    EXPECT_EQ(id_of(c.take(here, moment(0s))), -1);
}

TEST(tls_sessions, are_bounded_per_origin_and_over_all) {
    tls_session_cache c;
    for (unsigned char i = 0; i < 20; ++i) c.put(here, make_session(i), moment(0s));
    for (int i = 0; i < static_cast<int>(sessions_per_origin_max); ++i)
        EXPECT_EQ(id_of(c.take(here, moment(0s))), 19 - i);
    EXPECT_EQ(id_of(c.take(here, moment(0s))), -1);

    const auto numbered = [](std::size_t i) { return origin{true, "h" + std::to_string(i), 443}; };
    for (std::size_t i = 0; i < session_origins_max; ++i)
        c.put(numbered(i), make_session(7, TLS1_2_VERSION), moment(0s));
    ASSERT_TRUE(c.take(numbered(0), moment(0s))) << "and this use keeps it from being the first to go";
    c.put(here, make_session(8), moment(0s));
    EXPECT_EQ(c.origins(), session_origins_max);
    EXPECT_TRUE(c.take(numbered(0), moment(0s)));
    EXPECT_FALSE(c.take(numbered(1), moment(0s)));
}

}  // namespace
}  // namespace trainyard::http
