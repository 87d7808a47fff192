// Every source that is asked or run: container endpoint, instance metadata, SSO, web identity, processes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "aws/credentials/answers.hpp"
#include "aws/credentials/fetch.hpp"
#include "aws/credentials/files.hpp"
#include "aws/credentials/process.hpp"
#include "scripted.hpp"

namespace trainyard::aws {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string metadata_keys =
    R"({"Code":"Success","AccessKeyId":"ASIAM","SecretAccessKey":"canary-s","Token":"canary-t","Expiration":"2099-01-01T00:00:00Z"})";

class sources : public testing::Test {
protected:
    sources() {
        std::string pattern = testing::TempDir() + "trainyard-sources-XXXXXX";
        home = ::mkdtemp(pattern.data());
        env.values["HOME"] = home;
        env.values["PATH"] = "/usr/bin:/bin";
    }
    ~sources() override { std::filesystem::remove_all(home); }
    std::string write(const std::string& name, const std::string& text) {
        const auto path = home + "/" + name;
        std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
        std::ofstream{path, std::ios::binary} << text;
        return path;
    }
    mono_time soon() const { return w.time.mono() + 20s; }
    http_place at(const std::string& target) const { return {w.where.origin, target}; }
    // key id, or the error; never a secret.
    std::string outcome(task<result<sigv4::credentials>> what) {
        const auto got = test::run_on(w.io, std::move(what));
        if (got) return got->access_key_id;
        EXPECT_THAT(got.error().message, Not(HasSubstr("canary")));
        code = got.error().code;
        return got.error().message;
    }
    std::string container() { return outcome(fetch_from_container(*w.client, env, {at("/c?x=1")}, soon())); }
    std::string instance() { return outcome(fetch_from_instance(*w.client, {at("/p"), true}, soon())); }
    std::string sso(const std::string& session) {
        return outcome(fetch_from_sso(
            *w.client, env, {"https://x/start", "eu-west-1", "123456789012", "Dev Role", session, at("/s")},
            w.time.wall(), soon()));
    }
    std::string process(std::vector<std::string> arguments, duration within = 20s) {
        return outcome(fetch_from_process(w.io, env, {std::move(arguments)}, w.time.mono() + within));
    }
    std::string shell(const std::string& script, duration within = 20s) {
        return process({"/bin/sh", "-c", script}, within);
    }

    test::scripted_world w;
    test::fake_environment env;
    std::string home;
    errc code{};
};

TEST_F(sources, container_reads_its_token_each_time) {
    w.script = {{200, {}, metadata_keys}};
    EXPECT_EQ(container(), "ASIAM");
    EXPECT_EQ(w.seen[0].method + " " + w.seen[0].target, "GET /c?x=1");
    EXPECT_FALSE(w.seen[0].fields.has("authorization"));
    env.values["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "canary-1";
    EXPECT_EQ(container(), "ASIAM");
    EXPECT_EQ(w.seen[1].fields.get("authorization"), "canary-1");
    env.values["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = write("token", "canary-2");
    EXPECT_EQ(container(), "ASIAM");
    EXPECT_EQ(w.seen[2].fields.get("authorization"), "canary-2");
    write("token", "canary-3");
    EXPECT_EQ(container(), "ASIAM");
    EXPECT_EQ(w.seen[3].fields.get("authorization"), "canary-3");
    write("token", "canary-4\n");
    EXPECT_THAT(container(),
                AllOf(HasSubstr("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), HasSubstr("line break")));
    write("token", std::string(8193, 'x'));
    EXPECT_THAT(container(), HasSubstr("is larger than 8192 bytes"));
    std::filesystem::remove(home + "/token");
    EXPECT_THAT(container(), HasSubstr("cannot open"));
    EXPECT_EQ(w.seen.size(), 4U);
}

TEST_F(sources, container_is_asked_three_times) {
    w.script = {{500, {}, "canary"}, {200, {}, "canary no json"}, {200, {}, metadata_keys}};
    EXPECT_EQ(container(), "ASIAM");
    EXPECT_EQ(w.seen.size(), 3U);
    w.script = {{500, {}, "canary"}};
    EXPECT_THAT(container(), HasSubstr("status 500"));
    EXPECT_EQ(w.seen.size(), 6U);
}

TEST_F(sources, instance_metadata_is_asked_in_version_2) {
    w.script = {{200, {}, "canary-token"}, {200, {}, "node-role\n"}, {200, {}, metadata_keys}};
    EXPECT_EQ(instance(), "ASIAM");
    ASSERT_EQ(w.seen.size(), 3U);
    EXPECT_EQ(w.seen[0].method + " " + w.seen[0].target, "PUT /p/latest/api/token");
    EXPECT_EQ(w.seen[0].fields.get("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
    EXPECT_EQ(w.seen[1].target, "/p/latest/meta-data/iam/security-credentials/");
    EXPECT_EQ(w.seen[2].target, "/p/latest/meta-data/iam/security-credentials/node-role");
    for (int i : {1, 2})
        EXPECT_EQ(w.seen[static_cast<std::size_t>(i)].fields.get("x-aws-ec2-metadata-token"), "canary-token");
}

TEST_F(sources, instance_metadata_never_falls_back_to_version_1) {
    for (int status : {403, 404, 405, 400}) {
        w.seen.clear();
        w.script = {{status, {}, "canary"}, {200, {}, "node-role"}};
        EXPECT_THAT(instance(), HasSubstr("no IMDSv2 token"));
        EXPECT_EQ(w.seen.size(), 1U);
    }
}

TEST_F(sources, instance_metadata_without_a_usable_role) {
    const http::response token{200, {}, "canary-token"};
    w.script = {token, {404, {}, ""}};
    EXPECT_THAT(instance(), HasSubstr("no such data"));
    EXPECT_EQ(code, errc::not_found);
    w.script = {token, {200, {}, ""}};
    EXPECT_THAT(instance(), HasSubstr("no role is attached"));
    for (const std::string& name : {std::string{"../canary/x"}, std::string(257, 'x')}) {
        w.script = {token, {200, {}, name}};
        EXPECT_THAT(instance(), HasSubstr("malformed"));
    }
    w.script = {token, {200, {}, "r"}, {200, {}, R"({"Code":"Failed","Message":"canary"})"}};
    EXPECT_THAT(instance(), HasSubstr("keys of role r"));
    EXPECT_EQ(code, errc::not_found);
}

TEST_F(sources, a_silent_instance_metadata_costs_a_second) {
    w.black_hole = true;
    const auto began = w.time.mono();
    EXPECT_THAT(instance(), HasSubstr("no IMDSv2 token"));
    EXPECT_EQ(code, errc::timeout);
    EXPECT_LT(w.time.mono() - began, 10s);
}

TEST_F(sources, sso_exchanges_the_cached_token) {
    const sso_source modern{"https://x/start", "r", "a", "n", "corp", {}},
        legacy{"https://x/start", "r", "a", "n", "", {}};
    const auto file = sso_cache_file(modern, env);
    EXPECT_NE(file, sso_cache_file(legacy, env));
    const auto relative = file.substr(home.size() + 1);
    EXPECT_THAT(sso("corp"), HasSubstr("run `aws sso login --sso-session corp`"));
    write(relative, R"({"accessToken":"canary-old","expiresAt":"2020-01-01T00:00:00Z"})");
    EXPECT_THAT(sso("corp"),
                AllOf(HasSubstr("expired at 2020-01-01T00:00:00Z"), HasSubstr("run `aws sso login")));
    EXPECT_EQ(code, errc::permission);
    write(relative, "canary, not json");
    EXPECT_THAT(sso("corp"), HasSubstr("not a JSON object"));
    write(relative, std::string(answer_bytes_max + 1, ' '));
    EXPECT_THAT(sso("corp"), HasSubstr("is larger than 65536 bytes"));
    EXPECT_TRUE(w.seen.empty());
    write(relative, R"({"accessToken":"canary-token","expiresAt":"2099-01-01T00:00:00Z"})");
    w.script = {
        {200,
         {},
         R"({"roleCredentials":{"accessKeyId":"ASIAS","secretAccessKey":"canary","sessionToken":"canary","expiration":4070908800000}})"},
        {401, {}, "canary"},
        {200, {}, "canary"}};
    EXPECT_EQ(sso("corp"), "ASIAS");
    EXPECT_EQ(w.seen[0].target, "/s/federation/credentials?role_name=Dev%20Role&account_id=123456789012");
    EXPECT_EQ(w.seen[0].fields.get("x-amz-sso_bearer_token"), "canary-token");
    EXPECT_THAT(sso("corp"),
                AllOf(HasSubstr("refuses role Dev Role in account 123456789012"), HasSubstr("401")));
    EXPECT_THAT(sso("corp"), HasSubstr("not a JSON object"));
}

TEST_F(sources, sso_cache_files_are_named_as_the_cli_names_them) {
    const sso_source modern{"", "", "", "", "my-sso", {}};
    EXPECT_EQ(sso_cache_file(modern, env),
              home + "/.aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json");
}

const std::string answer = R"({"Version":1,"AccessKeyId":"AKIAP","SecretAccessKey":"canary-s"})";

TEST_F(sources, process_gets_arguments_and_few_variables) {
    env.values["AWS_PROFILE"] = "p";
    env.values["AWS_SECRET_ACCESS_KEY"] = "canary-environment";
    env.values["OTHER"] = "x";
    write("answer", answer);
    EXPECT_EQ(process({"/bin/cat", home + "/answer"}), "AKIAP");
    EXPECT_EQ(shell("env > \"$HOME/env\"; ls /proc/self/fd > \"$HOME/fds\"; cat; echo canary >&2; cat "
                    "\"$HOME/answer\""),
              "AKIAP");
    const auto text = [this](const char* name) {
        std::ifstream in{home + "/" + name};
        return std::string{std::istreambuf_iterator<char>{in}, {}};
    };
    EXPECT_THAT(text("env"), AllOf(HasSubstr("AWS_PROFILE=p\n"), HasSubstr("HOME="), Not(HasSubstr("canary")),
                                   Not(HasSubstr("OTHER"))));
    // Standard streams, and the folder that ls itself reads.
    EXPECT_EQ(text("fds"), "0\n1\n2\n3\n");
}

TEST_F(sources, process_failures_are_told_without_its_output) {
    EXPECT_THAT(process({"/nowhere/program"}), HasSubstr("cannot start /nowhere/program"));
    EXPECT_THAT(shell("echo canary; echo canary >&2; exit 7"), HasSubstr("ended with code 7"));
    EXPECT_THAT(shell("kill -9 $$"), HasSubstr("killed by signal 9"));
    EXPECT_THAT(shell("echo canary"), HasSubstr("the output of /bin/sh: not a JSON object"));
    EXPECT_THAT(shell("exec 1>&-; exit 0"), HasSubstr("not a JSON object"));
    EXPECT_THAT(shell("yes canary"), HasSubstr("wrote more than 65536 bytes"));
    EXPECT_EQ(code, errc::limit);
}

TEST_F(sources, process_whose_end_nobody_saw_is_not_believed) {
    write("answer", answer);
    const auto before = ::signal(SIGCHLD, SIG_IGN);
    EXPECT_THAT(process({"/bin/cat", home + "/answer"}), HasSubstr("SIGCHLD is ignored"));
    ::signal(SIGCHLD, before);
}

// The reading end of a FIFO that a child of the process holds open: hung up once the child is gone.
class held_open {
public:
    explicit held_open(const std::string& path) {
        ::mkfifo(path.c_str(), 0600);
        fd_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    }
    ~held_open() { ::close(fd_); }
    bool hung_up() const {
        pollfd one{fd_, POLLIN, 0};
        return ::poll(&one, 1, 5000) == 1 && (one.revents & POLLHUP) != 0;
    }

private:
    int fd_;
};

TEST_F(sources, process_that_hangs_is_killed_with_its_children) {
    const held_open fifo{home + "/fifo"};
    const auto began = w.time.mono();
    EXPECT_THAT(shell("exec 3> \"$HOME/fifo\"; sleep 1000 & sleep 1000", 2s), HasSubstr("took too long"));
    EXPECT_EQ(code, errc::timeout);
    EXPECT_LT(w.time.mono() - began, 10s);
    EXPECT_TRUE(fifo.hung_up());
}

TEST_F(sources, what_a_process_leaves_behind_does_not_hold_us_up) {
    const held_open fifo{home + "/fifo"};
    write("answer", answer);
    const auto began = w.time.mono();
    EXPECT_EQ(shell("exec 3> \"$HOME/fifo\"; sleep 1000 & cat \"$HOME/answer\""), "AKIAP");
    EXPECT_LT(w.time.mono() - began, 10s);
    EXPECT_TRUE(fifo.hung_up());
}

TEST_F(sources, files_of_the_chain) {
    EXPECT_TRUE(read_chain_input(env).config.content->empty());
    write(".aws/credentials", "[default]\naws_access_key_id=F\naws_secret_access_key=s\n");
    const auto config = write(".aws/config", "[default]\nregion=eu-west-3\n");
    EXPECT_EQ(default_region(env), "eu-west-3");
    ::chmod(config.c_str(), 0620);
    auto in = read_chain_input(env, "p");
    EXPECT_TRUE(in.config.writable_by_others);
    EXPECT_FALSE(in.credentials.writable_by_others);
    EXPECT_EQ(in.profile, "p");
    EXPECT_EQ(in.credentials.content->at("default").at("aws_access_key_id"), "F");
    write(".aws/config", "canary\n");
    EXPECT_THAT(decide(read_chain_input(env)).malformed->message,
                AllOf(HasSubstr(config + ": line 1"), Not(HasSubstr("canary"))));
    env.values["AWS_CONFIG_FILE"] = "~/other";
    write("other", "[default]\nregion=sa-east-1\n");
    EXPECT_EQ(default_region(env), "sa-east-1");
    env.values["AWS_CONFIG_FILE"] = home;
    EXPECT_THAT(decide(read_chain_input(env)).malformed->message, HasSubstr("is no regular file"));
    env.values["AWS_CONFIG_FILE"] = write("big", std::string(ini_bytes_max + 1, '#'));
    EXPECT_EQ(decide(read_chain_input(env)).malformed->code, errc::limit);
    env.values.erase("HOME");
    env.values.erase("AWS_CONFIG_FILE");
    EXPECT_FALSE(decide(read_chain_input(env)).malformed);
}

TEST_F(sources, keys_of_the_environment) {
    env.values = {{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}};
    EXPECT_EQ(read_environment_keys(env)->session_token.reveal(), "t");
    env.values["AWS_SECURITY_TOKEN"] = "u";
    EXPECT_EQ(read_environment_keys(env)->session_token.reveal(), "u");
    env.values["AWS_CREDENTIAL_EXPIRATION"] = "2030-01-02T03:04:05Z";
    EXPECT_EQ(to_iso8601(*read_environment_keys(env)->expires_at), "2030-01-02T03:04:05Z");
    env.values["AWS_CREDENTIAL_EXPIRATION"] = "soon";
    EXPECT_THAT(read_environment_keys(env).error().message, HasSubstr("AWS_CREDENTIAL_EXPIRATION"));
    env.values.erase("AWS_SECRET_ACCESS_KEY");
    EXPECT_FALSE(read_environment_keys(env));
}

}  // namespace
}  // namespace trainyard::aws
