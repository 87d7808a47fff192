// The client's reading of answers (engine/http/client.hpp), over loopback, on one thread. The first byte
// chooses the method.
#include "engine/http/client.hpp"

#include <optional>

#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "peer.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

constexpr std::size_t header_bytes_max = 1024, body_bytes_max = 1024;

struct client_world {
    client_world() : client(io, make_options()), peer(io), group(io) { port = peer.listen(); }
    static http::client_options make_options() {
        http::client_options out;
        out.header_bytes_max = header_bytes_max;
        out.body_bytes_max = body_bytes_max;
        return out;
    }
    task<void> send(http::request what);
    result<http::response> answer_in(std::string_view bytes, std::size_t first_piece, bool head);

    boost::asio::io_context io{1};
    http::client client;
    std::uint16_t port = 0;
    scripted_peer peer;
    io::task_group group;
    std::optional<result<http::response>> got;
};

task<void> client_world::send(http::request what) {
    const http::origin to{false, "127.0.0.1", port};
    const mono_time until = io::real_clock().mono() + std::chrono::seconds{20};
    auto answer = co_await client.send(to, std::move(what), http::lane::control, until);
    got.emplace(std::move(answer));
}

result<http::response> client_world::answer_in(std::string_view bytes, std::size_t first_piece, bool head) {
    got.reset();
    http::request what;
    what.method = head ? "HEAD" : "GET";
    group.spawn([this, what] { return send(what); });
    peer.accept_request();
    peer.send_all(bytes, first_piece);
    while (!got) io.run_one();
    peer.close();
    return std::move(*got);
}

void check(const result<http::response>& got, bool head) {
    if (!got) {
        const errc code = got.error().code;
        require(code == errc::io || code == errc::corrupt || code == errc::limit,
                "a refusal says what it is of");
        require(is_one_line(got.error().message), "a message is one line");
        return;
    }
    require(got->status >= 200 && got->status <= 999, "an interim answer is not an answer");
    require(got->body.size() <= body_bytes_max, "a body is within its limit");
    require(!head || got->body.empty(), "an answer to HEAD has no body");
    std::size_t header = 0;
    for (const auto& f : got->fields) {
        header += f.name.size() + f.value.size();
        require(f.value.find_first_of("\r\n") == std::string::npos, "a value is one line");
    }
    require(header <= header_bytes_max, "a header is within its limit");
}

}  // namespace

void run_http_client(std::string_view input) {
    if (input.empty() || input.size() > 4096) return;
    static client_world& world = *new client_world;  // never closed: the program ends in the middle of it
    const bool head = (static_cast<unsigned char>(input.front()) & 1U) != 0;
    const std::string_view bytes = input.substr(1);
    const auto whole = world.answer_in(bytes, bytes.size(), head);
    check(whole, head);
    const auto first = static_cast<unsigned char>(input.front()) % (bytes.size() + 1);
    const auto pieces = world.answer_in(bytes, first, head);
    check(pieces, head);
    require(whole.has_value() == pieces.has_value(), "accepted or refused, however the bytes arrive");
    if (whole)
        require(whole->status == pieces->status && whole->body == pieces->body,
                "the same, however the bytes arrive");
}

}  // namespace trainyard::fuzz
