#include "aws/credentials/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>

#include "aws/credentials/answers.hpp"
#include "engine/io/event.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::aws {

namespace {

namespace asio = boost::asio;

// What such a program may need to find its own configuration and the network.
constexpr std::array passed_variables{
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "DBUS_SESSION_BUS_ADDRESS",
    "KRB5CCNAME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CA_BUNDLE",
};

std::vector<std::string> child_environment(const environment& env) {
    std::vector<std::string> out;
    for (const char* name : passed_variables)
        if (const auto value = env.get(name); !value.empty()) out.push_back(std::string{name} + "=" + value);
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& t : texts) out.push_back(t.data());
    out.push_back(nullptr);
    return out;
}

// One running child. Its handlers keep it, so that the child is reaped even when nobody waits for it any
// more.
class child : public std::enable_shared_from_this<child> {
public:
    explicit child(asio::io_context& io) : output_(io), exit_(io), done_(io) {
        text.reserve(answer_bytes_max);  // growing would leave copies of secrets behind
    }
    ~child() {
        if (pid_ > 0 && !reaped_) stop();
        ::explicit_bzero(block_.data(), block_.size());
        const secret wiped{std::move(text)};
    }

    result<void> start(std::vector<std::string> arguments, std::vector<std::string> variables);
    task<bool> wait(mono_time deadline);
    // The whole group, at once. It still has to be reaped.
    void stop() {
        if (!reaped_) ::kill(-pid_, SIGKILL);
    }

    std::string text;
    int status = 0;
    bool status_lost = false;  // somebody else reaped it, or SIGCHLD is ignored
    bool too_much = false;
    bool ended() const { return reaped_ && closed_; }

private:
    void read_more();
    void watch_exit();
    void reap();
    void check_end() {
        if (ended()) done_.set();
    }

    asio::posix::stream_descriptor output_, exit_;
    io::event done_;
    std::array<char, 4096> block_{};
    pid_t pid_ = -1;
    bool reaped_ = false, closed_ = false;
};

// The attributes of the child; posix_spawn's objects, released on every way out.
class spawn_settings {
public:
    explicit spawn_settings(int output) {
        ::posix_spawnattr_init(&attributes);
        ::posix_spawn_file_actions_init(&files);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        ::posix_spawnattr_setflags(&attributes,
                                   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
        ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    }
    ~spawn_settings() {
        ::posix_spawn_file_actions_destroy(&files);
        ::posix_spawnattr_destroy(&attributes);
    }
    spawn_settings(const spawn_settings&) = delete;
    spawn_settings& operator=(const spawn_settings&) = delete;

    posix_spawnattr_t attributes{};
    posix_spawn_file_actions_t files{};
};

error cannot_start(const std::string& program, int code) {
    return {errc::invalid_argument, "cannot start " + program + ": " + std::strerror(code)};
}

error end_unseen(const std::string& program) {
    return {errc::io, "nobody knows how " + program + " ended: SIGCHLD is ignored in this process"};
}

result<void> child::start(std::vector<std::string> arguments, std::vector<std::string> variables) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return cannot_start(arguments.front(), errno);
    const spawn_settings settings{ends[1]};
    auto argv = pointers(arguments);
    auto envp = pointers(variables);
    const int failed =
        ::posix_spawn(&pid_, argv[0], &settings.files, &settings.attributes, argv.data(), envp.data());
    ::close(ends[1]);
    boost::system::error_code ignored;
    output_.assign(ends[0], ignored);
    if (failed != 0) {
        pid_ = -1;
        return cannot_start(arguments.front(), failed);
    }
    // glibc 2.36 declares pidfd_open for C alone.
    const int exit_fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (exit_fd < 0) {
        const int code = errno;
        stop();
        ::waitpid(pid_, nullptr, 0);  // returns at once: it was killed
        reaped_ = true;
        return code == ESRCH ? end_unseen(arguments.front()) : cannot_start(arguments.front(), code);
    }
    exit_.assign(exit_fd, ignored);
    read_more();
    watch_exit();
    return {};
}

void child::read_more() {
    output_.async_read_some(asio::buffer(block_), [self = shared_from_this()](auto failure, std::size_t n) {
        child& me = *self;
        if (failure) {
            me.closed_ = true;
            return me.check_end();
        }
        me.too_much = me.too_much || me.text.size() + n > answer_bytes_max;
        if (me.too_much)
            me.stop();
        else
            me.text.append(me.block_.data(), n);
        me.read_more();
    });
}

void child::watch_exit() {
    exit_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](auto) { self->reap(); });
}

void child::reap() {
    // What the program left behind goes first: once the leader is reaped its number may belong to others.
    stop();
    const pid_t got = ::waitpid(pid_, &status, WNOHANG);
    if (got == 0) return watch_exit();
    reaped_ = true;
    status_lost = got < 0;
    check_end();
}

task<bool> child::wait(mono_time deadline) {
    if (ended()) co_return true;
    const bool woken = co_await done_.wait_until(deadline);
    co_return woken;
}

error failed(const std::string& program, int status) {
    const std::string how = WIFEXITED(status) ? "ended with code " + std::to_string(WEXITSTATUS(status))
                                              : "was killed by signal " + std::to_string(WTERMSIG(status));
    return {errc::io, program + " " + how + "; run it by hand to see what it says"};
}

}  // namespace

task<result<sigv4::credentials>> fetch_from_process(asio::io_context& io, const environment& env,
                                                    process_source what, mono_time deadline) {
    const std::string program = what.arguments.front();
    const auto running = std::make_shared<child>(io);
    if (auto started = running->start(std::move(what.arguments), child_environment(env)); !started)
        co_return started.error();
    const bool ended = co_await running->wait(deadline);
    if (!ended) {
        running->stop();
        if (io::real_clock().mono() < deadline) co_return error{errc::cancelled, program + " was cancelled"};
        co_return error{errc::timeout, program + " took too long and was killed"};
    }
    const secret output{std::move(running->text)};
    if (running->too_much)
        co_return error{errc::limit,
                        program + " wrote more than " + std::to_string(answer_bytes_max) + " bytes"};
    if (running->status_lost) co_return end_unseen(program);
    if (running->status != 0) co_return failed(program, running->status);
    auto keys = read_process_output(output.reveal());
    if (!keys) co_return with_context(keys.error(), "the output of " + program);
    co_return keys;
}

}  // namespace trainyard::aws
