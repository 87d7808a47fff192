// The pure parts of the credential chain: profile files, commands, addresses, answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/credentials/addresses.hpp"
#include "aws/credentials/answers.hpp"
#include "aws/credentials/command_line.hpp"
#include "aws/credentials/ini.hpp"
#include "aws/credentials/profiles.hpp"
#include "run.hpp"

namespace trainyard::aws {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(ini, reads_sections_keys_and_comments) {
    const auto got = parse_ini(
        "# first\r\n"
        "[default]\r\n"
        "AWS_Access_Key_Id = AKIDDEFAULT ; a comment\r\n"
        "url=https://h/#fragment;x\r\n"
        "\r\n"
        "; second\n"
        "[profile   research]\n"
        "region = eu-west-1\n"
        "s3 =\n"
        "  region = nested\n"
        "\tmax = 3\n"
        "output: json\n"
        "[default]\n"
        "region = us-east-2");
    ASSERT_TRUE(got) << got.error().message;
    ASSERT_EQ(got->size(), 2U);
    const auto& d = got->at("default");
    EXPECT_EQ(d.at("aws_access_key_id"), "AKIDDEFAULT");
    EXPECT_EQ(d.at("url"), "https://h/#fragment;x");
    EXPECT_EQ(d.at("region"), "us-east-2");
    EXPECT_EQ(got->at("profile research").at("region"), "eu-west-1");
    EXPECT_EQ(got->at("profile research").at("s3"), "");
    EXPECT_EQ(got->at("profile research").at("output"), "json");
    EXPECT_EQ(got->at("profile research").size(), 3U);
}

TEST(ini, a_section_may_be_indented_as_a_whole) {
    const auto got = parse_ini("[a]\n  k = 1\n    nested = 2\n\n  l = 3\n[b]\n\tm = 4\n");
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->at("a"), (ini_section{{"k", "1"}, {"l", "3"}}));
    EXPECT_EQ(got->at("b"), (ini_section{{"m", "4"}}));
}

TEST(ini, names_the_line_but_never_quotes_it) {
    for (const std::string text :
         {"[default\nx=SECRET", "SECRET", "[a]\nSECRET", "x=SECRET", "[a]\n=SECRET", "[]\n"}) {
        const auto got = parse_ini(text);
        ASSERT_FALSE(got) << text;
        EXPECT_EQ(got.error().code, errc::corrupt);
        EXPECT_THAT(got.error().message, testing::StartsWith("line "));
        EXPECT_THAT(got.error().message, Not(HasSubstr("SECRET")));
    }
}

TEST(ini, has_a_size_bound) {
    const std::string line = "# 34567890123456789012345678901\n";
    std::string text;
    while (text.size() + line.size() <= ini_bytes_max) text += line;
    EXPECT_TRUE(parse_ini(text));
    text += line;
    const auto got = parse_ini(text);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::limit);
}

TEST(profiles, credentials_win_key_by_key) {
    const ini_file credentials{{"p", {{"k", "from credentials"}}},
                               {"profile p", {{"k", "not a credentials name"}}}};
    const ini_file config{{"profile p", {{"k", "from config"}, {"region", "r"}}},
                          {"p", {{"k", "not a config name"}}}};
    const auto got = collect_profiles(credentials, config);
    EXPECT_EQ(got.profiles.at("p").merged, (ini_section{{"k", "from credentials"}, {"region", "r"}}));
    EXPECT_EQ(got.profiles.at("p").in_config.at("k"), "from config");
    EXPECT_EQ(got.profiles.size(), 2U);
}

TEST(profiles, names_may_be_quoted_and_profile_default_replaces_default) {
    const auto got = collect_profiles({}, {{"profile \"two words\"", {{"k", "a"}}},
                                           {"profile three words here", {{"k", "no"}}},
                                           {"profilex", {{"k", "no"}}},
                                           {"default", {{"k", "b"}, {"l", "b"}}},
                                           {"profile default", {{"k", "c"}}},
                                           {"sso-session s", {{"k", "d"}}}});
    ASSERT_EQ(got.profiles.size(), 2U);
    EXPECT_EQ(setting(got.profiles.at("two words").merged, "k"), "a");
    EXPECT_EQ(got.profiles.at("default").merged, (ini_section{{"k", "c"}}));
    EXPECT_EQ(setting(got.sso_sessions.at("s"), "k"), "d");
}

TEST(command_line, splits_at_blanks_outside_quotes) {
    const auto split = [](std::string_view text) { return split_command(text).value(); };
    EXPECT_THAT(split("/bin/x"), ElementsAre("/bin/x"));
    EXPECT_THAT(split("  /bin/x  a\tb "), ElementsAre("/bin/x", "a", "b"));
    EXPECT_THAT(split(R"("/a b/x" 'c "d"' "e 'f'" '' g"h"i)"),
                ElementsAre("/a b/x", "c \"d\"", "e 'f'", "", "ghi"));
    EXPECT_THAT(split(R"(/x $HOME ~ a\ b | ;)"), ElementsAre("/x", "$HOME", "~", "a\\", "b", "|", ";"));
}

TEST(command_line, refuses_what_it_cannot_run_and_never_quotes_it) {
    std::string many = "/x";
    for (std::size_t i = 0; i < command_arguments_max; ++i) many += " canary";
    for (const std::string& text :
         {std::string{}, std::string{"   "}, std::string{"canary"}, std::string{"./canary"},
          std::string{"'' canary"}, std::string{"/x 'canary"}, std::string{"/x \"canary"},
          std::string{"/x \0canary", 10}, many, "/" + std::string(command_bytes_max, 'x')}) {
        const auto got = split_command(text);
        ASSERT_FALSE(got) << text;
        EXPECT_THAT(got.error().message, Not(HasSubstr("canary")));
    }
    EXPECT_TRUE(split_command(many.substr(0, many.rfind(' '))));
}

TEST(addresses, container_hosts_are_few) {
    for (const std::string host : {"127.0.0.1", "127.9.8.7", "[::1]", "localhost", "169.254.170.2",
                                   "169.254.170.23", "[fd00:ec2::23]"})
        EXPECT_TRUE(container_full("http://" + host + ":80/a?b=c")) << host;
    for (const std::string host : {"10.0.0.1", "169.254.169.254", "example.com", "127.evil.com", "127.1",
                                   "[::2]", "[::ffff:127.0.0.1]", "localhost.example.com"}) {
        EXPECT_FALSE(container_full("http://" + host + "/a")) << host;
        EXPECT_TRUE(container_full("https://" + host + "/a")) << host;
    }
    for (const std::string text :
         {"", "/a", "ftp://127.0.0.1/", "http://u@127.0.0.1/", "http://127.0.0.1/a b"})
        EXPECT_FALSE(container_full(text)) << text;
    const auto relative = container_relative("/v2/x?id=1");
    ASSERT_TRUE(relative);
    EXPECT_EQ(relative->origin.to_string() + relative->target, "http://169.254.170.2:80/v2/x?id=1");
    for (const std::string path : {"", "x", "@evil.com/", ".evil.com/"})
        EXPECT_FALSE(container_relative(path)) << path;
}

TEST(addresses, a_token_that_breaks_the_header_is_refused) {
    EXPECT_TRUE(check_header_secret(secret{"Bearer abc=="}));
    for (const std::string text :
         {"canary\n", "canary\r", "canary\r\nX-Evil: 1", "canary\x01", "canary\x7f"}) {
        const auto got = check_header_secret(secret{text});
        ASSERT_FALSE(got);
        EXPECT_THAT(got.error().message, Not(HasSubstr("canary")));
    }
}

TEST(addresses, instance_metadata_by_endpoint_then_mode) {
    const auto text = [](std::string_view endpoint, std::string_view mode) {
        const auto got = instance_metadata(endpoint, mode);
        return got ? got->origin.to_string() + got->target : "refused";
    };
    EXPECT_EQ(text("", ""), "http://169.254.169.254:80");
    EXPECT_EQ(text("", "IPv4"), "http://169.254.169.254:80");
    EXPECT_EQ(text("", "IPv6"), "http://[fd00:ec2::254]:80");
    EXPECT_EQ(text("http://127.0.0.1:99/a/", "ipv6"), "http://127.0.0.1:99/a");
    EXPECT_EQ(text("", "ipv5"), "refused");
    EXPECT_EQ(text("169.254.169.254", ""), "refused");
}

TEST(addresses, sso_portal_of_the_region_or_the_variables) {
    test::fake_environment env;
    const auto text = [&env](std::string_view region) {
        const auto got = sso_portal(region, env);
        return got ? got->origin.to_string() + got->target : "refused";
    };
    EXPECT_EQ(text("eu-west-1"), "https://portal.sso.eu-west-1.amazonaws.com:443");
    EXPECT_EQ(text("cn-north-1"), "https://portal.sso.cn-north-1.amazonaws.com.cn:443");
    for (const char* region : {"", "a.b", "evil.com/", "EU"}) EXPECT_EQ(text(region), "refused") << region;
    env.values["AWS_ENDPOINT_URL"] = "https://all.example.com/p/";
    EXPECT_EQ(text("eu-west-1"), "https://all.example.com:443/p");
    env.values["AWS_ENDPOINT_URL_SSO"] = "http://127.0.0.1:1";
    EXPECT_EQ(text("eu-west-1"), "http://127.0.0.1:1");
    env.values["AWS_ENDPOINT_URL_SSO"] = "http://example.com";
    EXPECT_EQ(text("eu-west-1"), "refused");
    env.values["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
    EXPECT_EQ(text("eu-west-1"), "https://portal.sso.eu-west-1.amazonaws.com:443");
}

std::string text_of(const result<sigv4::credentials>& got) {
    if (!got) return "error: " + got.error().message;
    return got->access_key_id + "/" + std::string{got->secret_access_key.reveal()} + "/" +
           std::string{got->session_token.reveal()} + "/" +
           (got->expires_at ? to_iso8601(*got->expires_at) : "-");
}

TEST(answers, of_every_source) {
    EXPECT_EQ(text_of(read_process_output(R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"})")),
              "A/s//-");
    EXPECT_EQ(text_of(read_process_output(
                  R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","SessionToken":"t",)"
                  R"("Expiration":"2030-01-02T03:04:05+01:00","Other":{}} )")),
              "A/s/t/2030-01-02T02:04:05Z");
    EXPECT_EQ(
        text_of(read_process_output(
            R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","SessionToken":null,"Expiration":null})")),
        "A/s//-");
    const std::string expiring =
        R"({"Code":"Success","AccessKeyId":"A","SecretAccessKey":"s","Token":"t","Expiration":"2030-01-02T03:04:05Z"})";
    EXPECT_EQ(text_of(read_container_answer(expiring)), "A/s/t/2030-01-02T03:04:05Z");
    EXPECT_EQ(text_of(read_instance_answer(expiring)), "A/s/t/2030-01-02T03:04:05Z");
    const auto untrusted = read_instance_answer(R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"m"})");
    ASSERT_FALSE(untrusted);
    EXPECT_EQ(untrusted.error().code, errc::not_found);
    EXPECT_EQ(text_of(read_sso_answer(R"({"roleCredentials":{"accessKeyId":"A","secretAccessKey":"s",)"
                                      R"("sessionToken":"t","expiration":1893553445000}})")),
              "A/s/t/2030-01-02T03:04:05Z");
    const auto token =
        read_sso_token(R"({"accessToken":"t","expiresAt":"2030-01-02T03:04:05UTC","region":"r"})");
    ASSERT_TRUE(token);
    EXPECT_EQ(token->access_token.reveal(), "t");
    EXPECT_EQ(to_iso8601(token->expires_at), "2030-01-02T03:04:05Z");
}

TEST(answers, malformed_ones_are_refused_and_never_quoted) {
    const std::vector<std::string> texts{
        "",
        "canary",
        "{\"canary\":",
        R"("canary")",
        R"([{"Version":1,"AccessKeyId":"canary","SecretAccessKey":"canary"}])",
        R"({"Version":1,"AccessKeyId":"canary","AccessKeyId":"canary","SecretAccessKey":"canary"})",
        R"({"AccessKeyId":"canary","SecretAccessKey":"canary"})",
        R"({"Version":"1","AccessKeyId":"canary","SecretAccessKey":"canary"})",
        R"({"Version":2,"AccessKeyId":"canary","SecretAccessKey":"canary"})",
        R"({"Version":1,"SecretAccessKey":"canary"})",
        R"({"Version":1,"AccessKeyId":"canary"})",
        R"({"Version":1,"AccessKeyId":"canary","SecretAccessKey":""})",
        R"({"Version":1,"AccessKeyId":"canary","SecretAccessKey":["canary"]})",
        R"({"Version":1,"AccessKeyId":"canary","SecretAccessKey":"canary","SessionToken":7})",
        R"({"Version":1,"AccessKeyId":"canary","SecretAccessKey":"canary","Expiration":"canary"})",
        R"({"Version":1,"AccessKeyId":"canary","SecretAccessKey":"canary","x":")" +
            std::string(answer_bytes_max, 'x') + "\"}",
    };
    for (const auto& text : texts) {
        for (const auto read :
             {read_process_output, read_container_answer, read_instance_answer, read_sso_answer}) {
            const auto got = read(text);
            ASSERT_FALSE(got) << text;
            EXPECT_THAT(got.error().message, Not(HasSubstr("canary")));
        }
        const auto token = read_sso_token(text);
        ASSERT_FALSE(token) << text;
        EXPECT_THAT(token.error().message, Not(HasSubstr("canary")));
    }
}

}  // namespace
}  // namespace trainyard::aws
