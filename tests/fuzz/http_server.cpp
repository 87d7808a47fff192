// The server's whole path: head, body, chunks, answers (engine/http/server.hpp), over loopback, on one
// thread.
#include "engine/http/server.hpp"

#include "engine/http/framing.hpp"
#include "peer.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

struct server_world {
    server_world()
        : server(io, make_options(), [this](http::request r) { return answer(std::move(r)); }), peer(io) {
        port = server.listen("127.0.0.1", 0).value();
    }
    static http::server_options make_options() {
        http::server_options out;
        out.header_bytes_max = 2048;
        out.body_bytes_max = 1024;
        return out;
    }
    task<http::response> answer(http::request r);

    // What the handler saw of these bytes.
    std::vector<http::request> requests_in(std::string_view bytes, std::size_t first_piece);

    boost::asio::io_context io{1};
    http::server server;
    std::uint16_t port = 0;
    scripted_peer peer;
    std::vector<http::request> seen;
};

task<http::response> server_world::answer(http::request r) {
    seen.push_back(std::move(r));
    co_return http::response{200, {}, "ok"};
}

std::vector<http::request> server_world::requests_in(std::string_view bytes, std::size_t first_piece) {
    seen.clear();
    peer.connect(port);
    peer.send_all(bytes, first_piece);
    peer.read_to_end();
    peer.close();
    return std::move(seen);
}

void require_same(const std::vector<http::request>& a, const std::vector<http::request>& b) {
    require(a.size() == b.size(), "as many requests, however the bytes arrive");
    for (std::size_t i = 0; i < a.size(); ++i) {
        require(a[i].method == b[i].method && a[i].target == b[i].target && a[i].body == b[i].body,
                "the same requests, however the bytes arrive");
        require(a[i].fields.size() == b[i].fields.size(), "with as many fields");
    }
}

}  // namespace

void run_http_server(std::string_view input) {
    if (input.size() > 4096) return;
    static server_world& world = *new server_world;  // never closed: the program ends in the middle of it
    const auto whole = world.requests_in(input, input.size());
    for (const auto& r : whole) {
        require(http::is_token(r.method) && (r.target.starts_with('/') || r.target == "*"),
                "a handler gets requests only");
        require(r.body.size() <= 1024 && r.fields.size() <= 64, "within the limits");
    }
    if (input.size() < 2) return;
    const auto first = static_cast<unsigned char>(input.back()) % input.size();
    require_same(whole, world.requests_in(input, first));
}

}  // namespace trainyard::fuzz
