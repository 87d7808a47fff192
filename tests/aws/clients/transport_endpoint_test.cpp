// Where calls go: partitions, rules, settings, and what may not be an endpoint.
#include "aws/transport/endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "aws/transport/address.hpp"
#include "aws/transport/partition.hpp"
#include "aws/transport/queue_url.hpp"
#include "golden.hpp"
#include "run.hpp"

namespace trainyard::aws {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(partition_table, is_the_published_one) {
    const auto rows = test::golden_rows("aws_partitions.tsv", 8);
    ASSERT_EQ(rows.size(), all_partitions().size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& r = rows[i];
        const auto& p = all_partitions()[i];
        EXPECT_EQ(p.id, r[0]);
        EXPECT_EQ(p.dns_suffix, r[2]);
        EXPECT_EQ(p.dual_stack_dns_suffix, r[3]);
        EXPECT_EQ(p.implicit_global_region, r[4]);
        EXPECT_EQ(p.supports_fips, r[5] == "true");
        EXPECT_EQ(p.supports_dual_stack, r[6] == "true");
        std::istringstream regions{r[7]};
        std::string region;
        while (std::getline(regions, region, ',')) EXPECT_EQ(partition_of(region).id, p.id) << region;
    }
}

// Every name that one edit makes of a real region must be judged as the published expressions judge it.
TEST(partition_table, claims_what_the_published_expressions_claim) {
    const auto rows = test::golden_rows("aws_partitions.tsv", 8);
    std::vector<std::regex> expressions;
    for (const auto& r : rows) expressions.emplace_back(r[1]);
    std::size_t checked = 0;
    const auto check = [&](const std::string& region) {
        for (const auto& r : rows)
            for (std::size_t at = 0; at != std::string::npos; at = r[7].find(',', at + 1))
                if (r[7].substr(at == 0 ? 0 : at + 1, r[7].find(',', at + 1) - (at == 0 ? 0 : at + 1)) ==
                    region)
                    return;  // listed by name
        std::string expected = "aws";
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (std::regex_match(region, expressions[i])) {
                expected = rows[i][0];
                break;
            }
        EXPECT_EQ(partition_of(region).id, expected) << region;
        ++checked;
    };
    for (const auto& r : rows) {
        std::istringstream regions{r[7]};
        std::string region;
        while (std::getline(regions, region, ','))
            for (std::size_t i = 0; i < region.size(); ++i) {
                auto less = region;
                less.erase(i, 1);
                check(less);
                for (const char c : {'-', '_', '7', 'q'}) {
                    auto other = region;
                    other[i] = c;
                    check(other);
                    check(region.substr(0, i) + c + region.substr(i));
                }
            }
    }
    for (const char* region : {"us--1", "us-1", "us", "us-", "cn--2", "cn-north-", "us-gov--1", "us-gov-1",
                               "eusc--1", "eusc-de-1", "us-east-1-", "us-east-1x", "xus-east-1"})
        check(region);
    EXPECT_GT(checked, 4000U);
}

std::string url_of(const endpoint& e) {
    return std::string{e.origin.tls ? "https://" : "http://"} + e.origin.authority() +
           (e.path == "/" ? "" : e.path);
}

TEST(endpoint, every_region_and_switch_as_the_rule_sets_say) {
    const auto rows = test::golden_rows("aws_endpoints.tsv", 6);
    EXPECT_EQ(rows.size(), 1768U);
    for (const auto& r : rows) {
        endpoint_settings settings;
        settings.switches = {r[2] == "true", r[3] == "true"};
        const auto got = resolve_endpoint(r[0], r[1], settings);
        const auto what = r[0] + " " + r[1] + " fips " + r[2] + " dual-stack " + r[3];
        if (r[4] == "error") {
            EXPECT_FALSE(got) << what;
            continue;
        }
        ASSERT_TRUE(got) << what << ": " << got.error().message;
        EXPECT_EQ(url_of(*got), r[4]) << what;
        EXPECT_EQ(got->signing_region, r[5]) << what;
        EXPECT_EQ(got->path, "/");
        EXPECT_FALSE(got->custom);
    }
}

class endpoint_settings_test : public testing::Test {
protected:
    // The endpoint as text, or "error: ...".
    std::string resolved(std::string_view service, std::string_view region,
                         std::map<std::string, std::string> variables = {}, const std::string& config = "") {
        test::fake_environment e;
        e.values = std::move(variables);
        const auto profile = parse_config_profile(config, "default");
        if (!profile) return "error: " + profile.error().message;
        const auto settings = read_endpoint_settings(service, e, *profile);
        if (!settings) return "error: " + settings.error().message;
        const auto got = resolve_endpoint(service, region, *settings);
        if (!got) return "error: " + got.error().message;
        return url_of(*got) + (got->custom ? " custom " : " ") + got->signing_region;
    }
};

TEST_F(endpoint_settings_test, variables_beat_the_profile) {
    const std::string own = "https://own.example:8443/prefix", all = "http://127.0.0.1:4566";
    EXPECT_EQ(resolved("sqs", "us-east-1", {{"AWS_ENDPOINT_URL_SQS", own}, {"AWS_ENDPOINT_URL", all}}),
              own + " custom us-east-1");
    EXPECT_EQ(resolved("sts", "us-east-1", {{"AWS_ENDPOINT_URL_SQS", own}, {"AWS_ENDPOINT_URL", all}}),
              all + " custom us-east-1");
    EXPECT_EQ(resolved("sagemaker", "us-east-1", {{"AWS_ENDPOINT_URL_SAGEMAKER", "http://[::1]:9"}}),
              "http://[::1]:9 custom us-east-1");
    EXPECT_EQ(resolved("events", "us-east-1", {{"AWS_ENDPOINT_URL_EVENTBRIDGE", all}}),
              all + " custom us-east-1");
    EXPECT_EQ(resolved("servicequotas", "us-east-1", {{"AWS_ENDPOINT_URL_SERVICE_QUOTAS", all}}),
              all + " custom us-east-1");
    // A global service is signed for its partition's region, wherever it is served.
    EXPECT_EQ(resolved("iam", "eu-west-1", {{"AWS_ENDPOINT_URL_IAM", all}}), all + " custom us-east-1");

    const std::string config =
        "[default]\nendpoint_url = https://all.example\nservices = mine\n"
        "[services other]\nsqs =\n  endpoint_url = https://wrong.example\nsagemaker =\n"
        "[services mine]\n  endpoint_url = https://stray.example\n"
        "[services mine]\n# comment\nsqs =\n  # comment\n  endpoint_url = https://sqs.example/x\n"
        "service_quotas =\n\tendpoint_url = https://quotas.example\n";
    EXPECT_EQ(resolved("sqs", "us-east-1", {}, config), "https://sqs.example/x custom us-east-1");
    EXPECT_EQ(resolved("servicequotas", "us-east-1", {}, config), "https://quotas.example custom us-east-1");
    EXPECT_EQ(resolved("sagemaker", "us-east-1", {}, config), "https://all.example custom us-east-1");
    EXPECT_EQ(resolved("sqs", "us-east-1", {{"AWS_ENDPOINT_URL", all}}, config), all + " custom us-east-1");
    EXPECT_THAT(resolved("sqs", "us-east-1", {}, "[default]\nservices = nowhere\n"),
                AllOf(StartsWith("error: "), HasSubstr("[services nowhere]")));
}

TEST_F(endpoint_settings_test, configured_urls_can_be_ignored) {
    const std::string config = "[default]\nendpoint_url = https://all.example\n";
    const std::string rules = "https://sts.us-east-1.amazonaws.com us-east-1";
    EXPECT_EQ(
        resolved("sts", "us-east-1",
                 {{"AWS_ENDPOINT_URL", "https://x.example"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}},
                 config),
        rules);
    EXPECT_EQ(resolved("sts", "us-east-1", {}, config + "ignore_configured_endpoint_urls = True\n"), rules);
    EXPECT_EQ(resolved("sts", "us-east-1", {{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false"}},
                       config + "ignore_configured_endpoint_urls = true\n"),
              "https://all.example custom us-east-1");
}

TEST_F(endpoint_settings_test, switches) {
    EXPECT_EQ(resolved("sagemaker", "us-east-1", {{"AWS_USE_FIPS_ENDPOINT", "TRUE"}}),
              "https://api-fips.sagemaker.us-east-1.amazonaws.com us-east-1");
    EXPECT_EQ(resolved("sqs", "eu-west-1", {}, "[default]\nuse_dualstack_endpoint = true\n"),
              "https://sqs.eu-west-1.api.aws eu-west-1");
    EXPECT_EQ(resolved("sqs", "eu-west-1", {{"AWS_USE_DUALSTACK_ENDPOINT", "false"}},
                       "[default]\nuse_dualstack_endpoint = true\nuse_fips_endpoint = true\n"),
              "https://sqs-fips.eu-west-1.amazonaws.com eu-west-1");
    EXPECT_THAT(resolved("sqs", "eu-west-1", {{"AWS_USE_FIPS_ENDPOINT", "yes"}}),
                AllOf(HasSubstr("AWS_USE_FIPS_ENDPOINT"), HasSubstr("true or false")));
}

TEST_F(endpoint_settings_test, conflicts_are_errors) {
    const std::string own = "https://own.example";
    EXPECT_THAT(resolved("sqs", "us-east-1", {{"AWS_ENDPOINT_URL", own}, {"AWS_USE_FIPS_ENDPOINT", "true"}}),
                AllOf(StartsWith("error: AWS_ENDPOINT_URL: FIPS")));
    EXPECT_THAT(
        resolved("sqs", "us-east-1", {{"AWS_ENDPOINT_URL", own}, {"AWS_USE_DUALSTACK_ENDPOINT", "true"}}),
        StartsWith("error: AWS_ENDPOINT_URL: dual-stack"));
    EXPECT_THAT(
        resolved("dynamodb", "us-east-1", {{"AWS_ENDPOINT_URL", "https://dynamodb.us-east-1.api.aws"}}),
        HasSubstr("AWS_USE_DUALSTACK_ENDPOINT"));
    EXPECT_EQ(resolved("s3", "eu-west-1"), "https://s3.eu-west-1.amazonaws.com eu-west-1");
    EXPECT_THAT(resolved("glacier", "us-east-1"), StartsWith("error: no endpoint rule"));
    EXPECT_THAT(resolved("monitoring", "us-east-1"), StartsWith("error: no endpoint rule"));
}

TEST_F(endpoint_settings_test, refusals) {
    for (const char* url : {"http://example.com", "http://127.0.0.1.example.com", "http://10.0.0.1:80",
                            "https://169.254.169.254", "https://169.254.170.2", "https://[fd00:ec2::254]",
                            "https://[fd00:ec2::23]", "https://[fe80::1]", "https://[::ffff:169.254.169.254]",
                            "ftp://x", "not a url", "https://u:p@example.com"})
        EXPECT_THAT(resolved("sqs", "us-east-1", {{"AWS_ENDPOINT_URL", url}}),
                    StartsWith("error: AWS_ENDPOINT_URL"))
            << url;
    for (const char* region : {"", "us-east-1.evil.example", "US-EAST-1", "a/b", "-x", "x-", "us_east_1"}) {
        EXPECT_THAT(resolved("sqs", region), StartsWith("error: ")) << region;
        EXPECT_THAT(resolved("sqs", region, {{"AWS_ENDPOINT_URL", "https://own.example"}}),
                    StartsWith("error: "))
            << region;
    }
}

class config_file : public testing::Test {
protected:
    void SetUp() override {
        path_ = testing::TempDir() + "/aws_config_" + std::to_string(::getpid());
        std::ofstream{path_} << "[default]\nendpoint_url = https://one.example\n"
                                "[profile p]\nendpoint_url = https://two.example\nretry_mode = adaptive\n";
        env_.values["AWS_CONFIG_FILE"] = path_;
    }
    void TearDown() override { std::filesystem::remove(path_); }
    std::string path_;
    test::fake_environment env_;
};

TEST_F(config_file, is_read_for_the_profile) {
    EXPECT_EQ(resolve_endpoint("sqs", "us-east-1", env_)->origin.host, "one.example");
    env_.values["AWS_PROFILE"] = "p";
    EXPECT_EQ(resolve_endpoint("sqs", "us-east-1", env_)->origin.host, "two.example");
    EXPECT_EQ(read_retry_settings(env_)->mode, retry_mode::adaptive);
    env_.values["AWS_CONFIG_FILE"] = path_ + ".none";
    EXPECT_EQ(resolve_endpoint("sqs", "us-east-1", env_)->origin.host, "sqs.us-east-1.amazonaws.com");
}

TEST_F(config_file, that_is_broken_is_named_and_its_text_is_not) {
    std::ofstream{path_} << "[default]\ncanary without equals\n";
    const auto got = resolve_endpoint("sqs", "us-east-1", env_);
    ASSERT_FALSE(got);
    EXPECT_THAT(got.error().message, AllOf(HasSubstr(path_), HasSubstr("line 2")));
    EXPECT_EQ(got.error().message.find("canary"), std::string::npos);
    std::ofstream{path_} << std::string(ini_bytes_max + 1, '#');
    EXPECT_EQ(resolve_endpoint("sqs", "us-east-1", env_).error().code, errc::limit);
}

TEST(retry_settings_test, modes_and_attempts) {
    const auto read = [](std::map<std::string, std::string> variables, const std::string& config = "") {
        test::fake_environment e;
        e.values = std::move(variables);
        return parse_retry_settings(e, *parse_config_profile(config, "default"));
    };
    EXPECT_EQ(read({})->mode, retry_mode::standard);
    EXPECT_EQ(read({})->attempts_max, 3);
    EXPECT_EQ(read({})->note, "");
    EXPECT_EQ(read({{"AWS_RETRY_MODE", "Adaptive"}})->mode, retry_mode::adaptive);
    EXPECT_EQ(read({{"AWS_RETRY_MODE", "standard"}}, "[default]\nretry_mode = adaptive\n")->mode,
              retry_mode::standard);
    const auto legacy = read({{"AWS_RETRY_MODE", "legacy"}});
    EXPECT_EQ(legacy->mode, retry_mode::standard);
    EXPECT_THAT(legacy->note, AllOf(HasSubstr("AWS_RETRY_MODE"), HasSubstr("standard is used")));
    EXPECT_EQ(read({{"AWS_MAX_ATTEMPTS", "7"}})->attempts_max, 7);
    EXPECT_EQ(read({}, "[default]\nmax_attempts = 1\n")->attempts_max, 1);
    for (const char* bad : {"0", "-1", "101", "3x", "x", "99999999999"})
        EXPECT_THAT(read({{"AWS_MAX_ATTEMPTS", bad}}).error().message, HasSubstr("AWS_MAX_ATTEMPTS")) << bad;
    EXPECT_THAT(read({{"AWS_RETRY_MODE", "often"}}).error().message, HasSubstr("standard or adaptive"));
}

TEST(metadata_address, table) {
    for (const char* ip :
         {"169.254.169.254", "169.254.0.0", "169.254.255.255", "169.254.170.2", "169.254.170.23",
          "fd00:ec2::254", "fd00:ec2::23", "fd00:ec2:ffff::1", "FD00:0EC2:0:0:0:0:0:254", "fe80::1",
          "fe80::1%eth0", "febf::1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::169.254.169.254",
          "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1"})
        EXPECT_TRUE(is_metadata_address(ip)) << ip;
    for (const char* ip : {"169.253.255.255",
                           "169.255.0.0",
                           "170.254.169.254",
                           "127.0.0.1",
                           "10.0.0.1",
                           "52.94.1.1",
                           "::1",
                           "::",
                           "fd00:ec1::254",
                           "fd00:ec3::254",
                           "fec0::1",
                           "fd00::1",
                           "2001:db8::1",
                           "::ffff:10.0.0.1",
                           "2002:a00:1::1",
                           "",
                           "localhost",
                           "169.254.169.254.example",
                           "169.254.169",
                           "instance-data"})
        EXPECT_FALSE(is_metadata_address(ip)) << ip;
}

TEST(loopback_host, table) {
    for (const char* host : {"localhost", "127.0.0.1", "127.255.255.254", "::1"})
        EXPECT_TRUE(is_loopback_host(host)) << host;
    for (const char* host :
         {"", "127.0.0.1.example", "127.1", "128.0.0.1", "localhost.example", "::2", "0.0.0.0"})
        EXPECT_FALSE(is_loopback_host(host)) << host;
}

class queue_url : public testing::Test {
protected:
    std::string check(std::string_view url, std::string_view account = "") const {
        const auto got = check_queue_url(url, at, account);
        return got ? got->account + "/" + got->name : "error: " + got.error().message;
    }
    endpoint at = *resolve_endpoint("sqs", "us-east-1", endpoint_settings{});
};

TEST_F(queue_url, form) {
    const std::string host = "https://sqs.us-east-1.amazonaws.com", account = "/123456789012/";
    EXPECT_EQ(check(host + account + "jobs"), "123456789012/jobs");
    EXPECT_EQ(check(host + account + "Jobs_1-x.fifo"), "123456789012/Jobs_1-x.fifo");
    EXPECT_EQ(check(host + ":443" + account + "jobs"), "123456789012/jobs");
    EXPECT_EQ(check("HTTPS://SQS.us-east-1.amazonaws.com" + account + "jobs"), "123456789012/jobs");
    EXPECT_EQ(check(host + account + std::string(80, 'a')), "123456789012/" + std::string(80, 'a'));
    EXPECT_EQ(check(host + account + std::string(80, 'a') + ".fifo"),
              "123456789012/" + std::string(80, 'a') + ".fifo");
    for (const std::string& path :
         {std::string{}, std::string{"/"}, std::string{"/jobs"}, std::string{"/12345678901/jobs"},
          std::string{"/1234567890123/jobs"}, std::string{"/12345678901x/jobs"}, account, account + "jobs/",
          account + "a/b", account + "a.b", account + ".fifo", account + "a%2fb", account + "jobs?x=1",
          account + "jobs?", account + "../123456789012/jobs", account + std::string(81, 'a'),
          "/" + account + "jobs"})
        EXPECT_THAT(check(host + path), AllOf(StartsWith("error: queue url "), HasSubstr("its path must be")))
            << path;
    EXPECT_THAT(check(host + account + "jobs#x"), StartsWith("error: "));
}

TEST_F(queue_url, place) {
    for (const char* origin :
         {"https://sqs.us-west-2.amazonaws.com", "https://sqs.us-east-1.amazonaws.com.evil.example",
          "http://sqs.us-east-1.amazonaws.com", "https://sqs.us-east-1.amazonaws.com:444",
          "https://queue.amazonaws.com", "https://169.254.169.254"})
        EXPECT_THAT(check(std::string{origin} + "/123456789012/jobs"),
                    AllOf(HasSubstr("it is on "), HasSubstr("https://sqs.us-east-1.amazonaws.com")))
            << origin;
    EXPECT_THAT(check("https://x@sqs.us-east-1.amazonaws.com/123456789012/jobs"), StartsWith("error: "));
    EXPECT_EQ(check("https://sqs.us-east-1.amazonaws.com/123456789012/jobs", "123456789012"),
              "123456789012/jobs");
    EXPECT_THAT(check("https://sqs.us-east-1.amazonaws.com/123456789012/jobs", "999999999999"),
                HasSubstr("account 999999999999 is configured"));
}

TEST_F(queue_url, below_a_custom_endpoints_path) {
    at.origin = {false, "127.0.0.1", 4566};
    at.path = "/aws/";
    at.custom = true;
    EXPECT_EQ(check("http://127.0.0.1:4566/aws/000000000000/jobs"), "000000000000/jobs");
    EXPECT_THAT(check("http://127.0.0.1:4566/000000000000/jobs"), HasSubstr("/aws/<account"));
    EXPECT_THAT(check("http://127.0.0.1:4567/aws/000000000000/jobs"), HasSubstr("it is on "));
}

}  // namespace
}  // namespace trainyard::aws
