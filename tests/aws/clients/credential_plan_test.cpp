// The decision over environment and files: which source, in botocore's order, and what is said about the
// others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/credentials/plan.hpp"
#include "run.hpp"

namespace trainyard::aws {
namespace {

using testing::HasSubstr;
using testing::Not;

class plan : public testing::Test {
protected:
    decision look(const std::string& profile = {}) {
        chain_input in;
        in.env = &env;
        in.credentials = {"CREDENTIALS", parse_ini(credentials), false};
        in.config = {"CONFIG", parse_ini(config), open_config};
        in.profile = profile;
        return decide(in);
    }
    // The source, with its roles; or why there is none.
    std::string kind(const std::string& profile = {}) {
        const auto d = look(profile);
        if (d.malformed) return "malformed: " + d.malformed->message;
        if (!d.plan) return none_found(d).message;
        std::string out = d.plan->kind;
        for (const auto& r : d.plan->roles) out += " > " + r.role_arn.substr(r.role_arn.rfind('/') + 1);
        return out;
    }
    std::string static_key(const std::string& profile = {}) {
        const auto d = look(profile);
        const auto* keys = d.plan ? std::get_if<static_source>(&d.plan->base) : nullptr;
        return keys == nullptr ? "none" : keys->access_key_id;
    }
    static std::string pair(const std::string& id) {
        return "aws_access_key_id=" + id + "\naws_secret_access_key=canary\n";
    }
    static std::string role(const std::string& name) {
        return "role_arn=arn:aws:iam::123456789012:role/" + name + "\n";
    }

    test::fake_environment env;
    std::string credentials, config;
    bool open_config = false;
};

// Every source is there; the chain's order is what remains when the first is taken away each time.
TEST_F(plan, order_of_the_chain) {
    env.values = {{"AWS_ACCESS_KEY_ID", "E"},
                  {"AWS_SECRET_ACCESS_KEY", "canary"},
                  {"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"},
                  {"AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/web"},
                  {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/r"},
                  {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/f"}};
    const std::string sso =
        "sso_account_id=1\nsso_role_name=r\nsso_region=eu-west-1\nsso_start_url=https://x/start\n";
    const std::string process = "credential_process=/bin/p\n";
    credentials = "[default]\n" + pair("F") + "[base]\n" + pair("BASE");
    config = "[default]\n" + role("outer") + "source_profile=base\n" + sso + process + pair("C");
    EXPECT_EQ(kind(), "environment");
    env.values.erase("AWS_ACCESS_KEY_ID");
    EXPECT_EQ(kind(), "assume-role > outer");
    config = "[default]\n" + sso + process + pair("C");
    EXPECT_EQ(kind(), "web-identity");
    env.values.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
    EXPECT_EQ(kind(), "sso");
    config = "[default]\n" + process + pair("C");
    EXPECT_EQ(kind(), "shared-credentials-file");
    credentials.clear();
    EXPECT_EQ(kind(), "process");
    config = "[default]\n" + pair("C");
    EXPECT_EQ(kind(), "config-file");
    config.clear();
    const auto d = look();
    ASSERT_TRUE(d.plan);
    EXPECT_EQ(std::get<container_source>(d.plan->base).where.target, "/r");
    env.values.erase("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    EXPECT_EQ(std::get<container_source>(look().plan->base).where.target, "/f");
    env.values.erase("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    EXPECT_EQ(kind(), "instance-metadata");
    env.values["AWS_EC2_METADATA_DISABLED"] = "True";
    EXPECT_THAT(kind(),
                testing::AllOf(testing::StartsWith("no AWS credentials (environment: AWS_ACCESS_KEY_ID"),
                               HasSubstr("CREDENTIALS: has no profile default"),
                               HasSubstr("AWS_EC2_METADATA_DISABLED is true")));
}

TEST_F(plan, which_profile) {
    credentials = "[default]\n" + pair("D") + "[a]\n" + pair("A") + "[b]\n" + pair("B");
    EXPECT_EQ(static_key(), "D");
    env.values["AWS_PROFILE"] = "a";
    EXPECT_EQ(static_key(), "A");
    env.values["AWS_DEFAULT_PROFILE"] = "b";
    EXPECT_EQ(static_key(), "B");
    EXPECT_EQ(static_key("a"), "A");
    EXPECT_EQ(look("a").profile.origin, "--profile");
    env.values["AWS_ACCESS_KEY_ID"] = "E";
    env.values["AWS_SECRET_ACCESS_KEY"] = "canary";
    EXPECT_EQ(kind(), "environment");
    EXPECT_EQ(static_key("a"), "A");
    EXPECT_THAT(kind("gone"), HasSubstr("profile gone (--profile) is neither in CREDENTIALS nor in CONFIG"));
}

TEST_F(plan, keys_stand_together_in_one_file) {
    credentials = "[default]\naws_access_key_id=F\n";
    config = "[default]\n" + pair("C");
    EXPECT_THAT(kind(), HasSubstr("malformed: profile default in CREDENTIALS has aws_access_key_id but no"));
    credentials = "[default]\naws_secret_access_key=canary\n";
    EXPECT_EQ(static_key(), "C");
    credentials = "[default]\n" + pair("");
    EXPECT_THAT(kind(), HasSubstr("has an empty aws_access_key_id"));
    env.values["AWS_ACCESS_KEY_ID"] = "E";
    EXPECT_THAT(kind(), HasSubstr("AWS_SECRET_ACCESS_KEY is not"));
}

TEST_F(plan, a_broken_file_stops_the_chain_after_the_environment) {
    config = "no section\n";
    credentials = "[default]\n" + pair("F");
    EXPECT_EQ(kind(), "malformed: CONFIG: line 1: neither a section, a comment nor key = value");
    env.values = {{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "canary"}};
    EXPECT_EQ(kind(), "environment");
}

TEST_F(plan, roles_are_assumed_from_the_inside_out) {
    env.values["AWS_PROFILE"] = "a";
    credentials = "[base]\n" + pair("BASE");
    config =
        "[profile a]\n" + role("outer") +
        "source_profile=b\nexternal_id=canary-x\nrole_session_name=me\nduration_seconds=900\n[profile b]\n" +
        role("inner") + "source_profile=base\n";
    const auto d = look();
    ASSERT_TRUE(d.plan) << d.malformed->message;
    EXPECT_EQ(std::get<static_source>(d.plan->base).access_key_id, "BASE");
    ASSERT_EQ(d.plan->roles.size(), 2U);
    EXPECT_EQ(d.plan->roles[0].profile, "b");
    EXPECT_EQ(d.plan->roles[0].session_name, default_session_name);
    EXPECT_TRUE(d.plan->roles[0].external_id.empty());
    EXPECT_EQ(d.plan->roles[1].session_name, "me");
    EXPECT_EQ(d.plan->roles[1].duration_seconds, 900);
    EXPECT_EQ(d.plan->roles[1].external_id.reveal(), "canary-x");
    EXPECT_THAT(d.plan->description, Not(HasSubstr("canary")));
    for (const auto& p : d.looked) EXPECT_THAT(p.name + p.verdict, Not(HasSubstr("canary")));
    // A source with keys of its own is not asked for its role.
    credentials += "[b]\n" + pair("B");
    EXPECT_EQ(kind(), "assume-role > outer");
    // And what the source has follows the order of the chain.
    credentials = "[base]\n" + pair("BASE");
    config += "[profile base]\nweb_identity_token_file=/t\n" + role("web");
    EXPECT_TRUE(std::holds_alternative<web_identity_source>(look().plan->base));
}

TEST_F(plan, role_mistakes) {
    env.values["AWS_PROFILE"] = "a";
    const std::string a = "[profile a]\n" + role("r");
    credentials = "[base]\n" + pair("BASE");
    const std::vector<std::pair<std::string, std::string>> cases{
        {a, "neither source_profile nor credential_source"},
        {a + "source_profile=base\ncredential_source=Environment\n",
         "both source_profile and credential_source"},
        {a + "source_profile=gone\n", "source_profile gone, which does not exist"},
        {a + "source_profile=a\n", "leads back to itself"},
        {a + "source_profile=b\n[profile b]\n" + role("s") + "source_profile=a\n", "leads back to itself"},
        {a + "source_profile=b\n[profile b]\nregion=r\n", "which has no credentials"},
        {a + "credential_source=Moon\n", "none of Environment"},
        {a + "credential_source=environment\n", "none of Environment"},
        {a + "credential_source=Environment\n", "not both set"},
        {a + "credential_source=EcsContainer\n", "but AWS_CONTAINER"},
        {a + "source_profile=base\nduration_seconds=soon\n", "900 to 43200"},
        {a + "source_profile=base\nduration_seconds=899\n", "900 to 43200"},
        {a + "source_profile=base\nmfa_serial=m\n", "MFA"},
        {"[profile a]\nrole_arn=nonsense\nsource_profile=base\n", "no ARN"},
    };
    for (const auto& [text, why] : cases) {
        config = text;
        EXPECT_THAT(kind(), testing::AllOf(testing::StartsWith("malformed: profile "), HasSubstr(why)))
            << text;
    }
    config = a + "source_profile=p1\n";
    for (std::size_t i = 1; i < role_chain_max; ++i)
        config += "[profile p" + std::to_string(i) + "]\n" + role("r") + "source_profile=" +
                  (i + 1 == role_chain_max ? std::string{"base"} : "p" + std::to_string(i + 1)) + "\n";
    EXPECT_EQ(look().plan->roles.size(), role_chain_max);
    config += "[profile base]\n" + role("r") + "source_profile=last\n[profile last]\n" + pair("L");
    credentials.clear();
    EXPECT_THAT(kind(), HasSubstr("more than 10 chained roles"));
}

TEST_F(plan, own_keys_and_named_sources_of_a_role) {
    credentials = "[a]\n" + pair("OWN");
    config = "[profile a]\n" + role("r") + "source_profile=a\n";
    EXPECT_EQ(kind("a"), "assume-role > r");
    EXPECT_EQ(static_key("a"), "OWN");
    env.values = {{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "canary"}};
    config = "[profile a]\n" + role("r") + "credential_source=Environment\n";
    EXPECT_TRUE(std::holds_alternative<environment_source>(look("a").plan->base));
    EXPECT_EQ(kind("a"), "assume-role > r");
    env.values["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
    config = "[profile a]\n" + role("r") + "credential_source=EcsContainer\n";
    EXPECT_TRUE(std::holds_alternative<container_source>(look("a").plan->base));
    config = "[profile a]\n" + role("r") + "credential_source=Ec2InstanceMetadata\n";
    EXPECT_TRUE(std::holds_alternative<instance_source>(look("a").plan->base));
}

TEST_F(plan, web_identity) {
    env.values = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "~/t"}, {"HOME", "/h"}};
    EXPECT_THAT(kind(), HasSubstr("malformed: web identity has a token file but no role"));
    env.values["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/web";
    config = "[default]\nweb_identity_token_file=/p\n" + role("profile") + "role_session_name=s\n";
    const auto from_env = std::get<web_identity_source>(look().plan->base);
    EXPECT_EQ(from_env.token_file + " " + from_env.role_arn + " " + from_env.session_name,
              "/h/t arn:aws:iam::123456789012:role/web s");
    const auto from_profile = std::get<web_identity_source>(look("default").plan->base);
    EXPECT_EQ(from_profile.token_file + " " + from_profile.role_arn,
              "/p arn:aws:iam::123456789012:role/profile");
}

TEST_F(plan, sso_needs_all_its_parts) {
    const std::string role_of = "sso_account_id=1\nsso_role_name=r\n";
    const std::string portal = "sso_region=eu-west-1\nsso_start_url=https://x/start\n";
    const std::string session = "[sso-session s]\n" + portal;
    const std::vector<std::pair<std::string, std::string>> cases{
        {role_of, "has no sso_start_url"},
        {"sso_account_id=1\n" + portal, "has no sso_role_name"},
        {role_of + "sso_session=gone\n" + session, "names sso_session gone"},
        {role_of + "sso_session=s\nsso_region=us-east-1\n" + session, "disagree about sso_region"},
        {role_of + "sso_region=a.b\nsso_start_url=u\n", "not an AWS region"},
    };
    for (const auto& [text, why] : cases) {
        config = "[default]\n" + text;
        EXPECT_THAT(kind(), testing::AllOf(testing::StartsWith("malformed: profile default"), HasSubstr(why)))
            << text;
    }
    config = "[default]\n" + role_of + "sso_session=s\n" + session;
    EXPECT_EQ(std::get<sso_source>(look().plan->base).session, "s");
    config = "[default]\n" + role_of + portal;
    EXPECT_EQ(std::get<sso_source>(look().plan->base).session, "");
}

TEST_F(plan, credential_process_only_from_a_file_that_others_cannot_write) {
    config = "[default]\ncredential_process=/bin/p 'a b'\n";
    EXPECT_THAT(std::get<process_source>(look().plan->base).arguments, testing::ElementsAre("/bin/p", "a b"));
    open_config = true;
    EXPECT_THAT(kind(), HasSubstr("malformed: CONFIG holds a credential_process and others may write it"));
    credentials = config;
    EXPECT_EQ(kind(), "process");
    credentials = "[default]\ncredential_process=p\n";
    EXPECT_THAT(kind(),
                HasSubstr("credential_process of profile default: the program must be an absolute path"));
    credentials = "[default]\nlogin_session=x\n";
    EXPECT_THAT(kind(), HasSubstr("aws login"));
}

TEST_F(plan, where_the_region_comes_from) {
    const auto region = [this](const std::string& profile) {
        const auto d = look(profile);
        return d.region.value + " " + d.region.origin;
    };
    EXPECT_EQ(region(""), " ");
    config = "[default]\nregion=a\n[profile p]\nregion=b\n";
    EXPECT_EQ(region(""), "a profile default");
    EXPECT_EQ(region("p"), "b profile p");
    credentials = "[p]\nregion=c\n";
    EXPECT_EQ(region("p"), "c profile p");
    env.values["AWS_DEFAULT_REGION"] = "d";
    EXPECT_EQ(region("p"), "d AWS_DEFAULT_REGION");
    env.values["AWS_REGION"] = "e";
    EXPECT_EQ(region("p"), "e AWS_REGION");
}

TEST_F(plan, endpoints_that_may_not_be_asked) {
    env.values["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://example.com/";
    EXPECT_THAT(kind(), HasSubstr("malformed: AWS_CONTAINER_CREDENTIALS_FULL_URI: http:// is only allowed"));
    env.values.clear();
    env.values["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "ipv5";
    EXPECT_THAT(kind(), HasSubstr("malformed: instance metadata: the endpoint mode"));
    env.values.clear();
    config = "[default]\nec2_metadata_service_endpoint=http://127.0.0.1:9/\n";
    EXPECT_TRUE(std::get<instance_source>(look().plan->base).configured);
}

}  // namespace
}  // namespace trainyard::aws
