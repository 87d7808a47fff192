#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "aws/credentials/ini.hpp"
#include "run.hpp"

namespace trainyard::aws {
namespace {

TEST(ini, reads_sections_keys_and_comments) {
    const auto got = parse_ini(
        "# first\r\n"
        "[default]\r\n"
        "AWS_Access_Key_ID = AKIDDEFAULT ; a comment\r\n"
        "url=https://h/#fragment;x\r\n"
        "\r\n"
        "; second\n"
        "[profile   research]\n"
        "region = eu-west-1\n"
        "s3 =\n"
        "  region = nested\n"
        "\tmax = 3\n"
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
}

TEST(ini, names_the_line_but_never_quotes_it) {
    for (const std::string text :
         {"[default\nx=SECRET", "SECRET", "[a]\nSECRET", "x=SECRET", "[a]\n=SECRET", "[]\n"}) {
        const auto got = parse_ini(text);
        ASSERT_FALSE(got) << text;
        EXPECT_EQ(got.error().code, errc::corrupt);
        EXPECT_THAT(got.error().message, testing::StartsWith("line "));
        EXPECT_THAT(got.error().message, testing::Not(testing::HasSubstr("SECRET")));
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

TEST(ini, credentials_file_wins_key_by_key) {
    const ini_file credentials{{"p", {{"k", "from credentials"}}},
                               {"profile p", {{"k", "not a credentials name"}}}};
    const ini_file config{{"profile p", {{"k", "from config"}, {"region", "r"}}},
                          {"p", {{"k", "not a config name"}}}};
    EXPECT_EQ(merge_profile(credentials, config, "p"),
              (ini_section{{"k", "from credentials"}, {"region", "r"}}));
    const ini_file both{{"default", {{"k", "a"}}}, {"profile default", {{"k", "b"}}}};
    EXPECT_EQ(merge_profile({}, both, "default"), (ini_section{{"k", "b"}}));
}

class profiles : public testing::Test {
protected:
    profiles() {
        std::string pattern = testing::TempDir() + "trainyard-profiles-XXXXXX";
        root_ = ::mkdtemp(pattern.data());
        env.values["HOME"] = root_;
        std::filesystem::create_directory(root_ + "/.aws");
    }
    ~profiles() override { std::filesystem::remove_all(root_); }
    void write(const std::string& name, const std::string& text) {
        std::ofstream{root_ + "/" + name} << text;
    }
    // key/secret/token of the chain, or the error.
    std::string keys() {
        const auto made = make_default_provider(env);
        if (!made) return "error: " + made.error().message;
        const auto got = test::run((*made)->get(mono_time{}));
        if (!got) return "error: " + got.error().message;
        const auto& k = **got;
        return (*made)->describe() + ": " + k.access_key_id + "/" +
               std::string{k.secret_access_key.reveal()} + "/" + std::string{k.session_token.reveal()};
    }
    test::fake_environment env;
    std::string root_;
};

TEST_F(profiles, environment_beats_files) {
    write(".aws/credentials", "[default]\naws_access_key_id=F\naws_secret_access_key=fs\n");
    EXPECT_EQ(keys(), "profile default: F/fs/");
    env.values["AWS_ACCESS_KEY_ID"] = "E";
    EXPECT_THAT(keys(), testing::HasSubstr("AWS_SECRET_ACCESS_KEY is not"));
    env.values["AWS_SECRET_ACCESS_KEY"] = "es";
    EXPECT_EQ(keys(), "environment: E/es/");
    env.values["AWS_SESSION_TOKEN"] = "et";
    EXPECT_EQ(keys(), "environment: E/es/et");
}

TEST_F(profiles, environment_expiration_is_read) {
    env.values = {{"AWS_ACCESS_KEY_ID", "E"},
                  {"AWS_SECRET_ACCESS_KEY", "s"},
                  {"AWS_CREDENTIAL_EXPIRATION", "2030-01-02T03:04:05Z"}};
    const auto made = make_default_provider(env);
    ASSERT_TRUE(made);
    const auto got = test::run((*made)->get(mono_time{}));
    ASSERT_TRUE(got);
    ASSERT_TRUE((*got)->expires_at);
    EXPECT_EQ(to_iso8601(*(*got)->expires_at), "2030-01-02T03:04:05Z");
    env.values["AWS_CREDENTIAL_EXPIRATION"] = "soon";
    EXPECT_THAT(keys(), testing::HasSubstr("AWS_CREDENTIAL_EXPIRATION"));
}

TEST_F(profiles, profile_variable_chooses_and_credentials_win) {
    write(".aws/credentials", "[b]\naws_access_key_id=B\naws_secret_access_key=bs\naws_session_token=bt\n");
    write(".aws/config", "[profile b]\naws_access_key_id=C\nregion=eu-west-3\n[default]\nregion=us-west-1\n");
    EXPECT_EQ(default_region(env), "us-west-1");
    env.values["AWS_DEFAULT_PROFILE"] = "b";
    EXPECT_EQ(keys(), "profile b: B/bs/bt");
    EXPECT_EQ(default_region(env), "eu-west-3");
    env.values["AWS_PROFILE"] = "missing";
    EXPECT_THAT(keys(),
                testing::AllOf(testing::HasSubstr("AWS_ACCESS_KEY_ID"), testing::HasSubstr("profile missing"),
                               testing::HasSubstr(root_ + "/.aws/credentials")));
    EXPECT_EQ(default_region(env), "");
    env.values["AWS_DEFAULT_REGION"] = "ap-south-1";
    EXPECT_EQ(default_region(env), "ap-south-1");
    env.values["AWS_REGION"] = "sa-east-1";
    EXPECT_EQ(default_region(env), "sa-east-1");
}

TEST_F(profiles, files_may_be_elsewhere_and_broken_ones_are_named) {
    write("c", "[default]\naws_access_key_id=X\n");
    env.values["AWS_SHARED_CREDENTIALS_FILE"] = "~/c";
    EXPECT_THAT(keys(), testing::HasSubstr("no aws_secret_access_key"));
    write("d", "[default]\naws_secret_access_key=from config\n");
    env.values["AWS_CONFIG_FILE"] = root_ + "/d";
    EXPECT_EQ(keys(), "profile default: X/from config/");
    write("d", "not ini\n");
    EXPECT_THAT(keys(), testing::HasSubstr(root_ + "/d: line 1"));
}

}  // namespace
}  // namespace trainyard::aws
