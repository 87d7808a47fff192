#include "sigv4/header_plan.hpp"

#include <algorithm>
#include <tuple>

#include "sigv4/canonical.hpp"

namespace trainyard::sigv4 {
namespace {

// What proxies and HTTP libraries change on the way is not signed (the lists of botocore and aws-c-auth).
constexpr std::array<std::string_view, 14> never_signed{"connection",
                                                        "expect",
                                                        "keep-alive",
                                                        "proxy-authenticate",
                                                        "proxy-authorization",
                                                        "sec-websocket-key",
                                                        "te",
                                                        "trailer",
                                                        "transfer-encoding",
                                                        "sec-websocket-protocol",
                                                        "sec-websocket-version",
                                                        "upgrade",
                                                        "user-agent",
                                                        "x-amzn-trace-id"};

bool is_in(const auto& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

error refuse(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}

unsigned bits_of(const added_values& added) {
    unsigned out = 0;
    for (std::size_t i = 0; i < added.size(); ++i) out |= (added[i].data() != nullptr ? 1U : 0U) << i;
    return out;
}

std::string lower_name(std::string_view name) {
    std::string out{name};
    for (char& c : out) c = lower(c);
    return out;
}

}  // namespace

result<header_plan> header_plan::make(std::span<const header_view> headers, const added_values& added) {
    struct named {
        std::string name;
        std::size_t from;
    };
    std::vector<named> all;
    header_plan out;
    std::size_t hosts = 0;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        out.wire_names_.emplace_back(headers[i].name);
        std::string name = lower_name(headers[i].name);
        if (name == "authorization" || is_in(added_header_names, name))
            return refuse("the request already has the header '" + name + "', which signing adds");
        if (is_in(never_signed, name)) continue;
        hosts += name == "host" ? 1 : 0;
        all.push_back({std::move(name), i});
    }
    if (hosts != 1) return refuse("a request to sign needs exactly one host header");
    out.added_ = bits_of(added);
    for (std::size_t i = 0; i < added.size(); ++i)
        if ((out.added_ >> i & 1) != 0)
            all.push_back({std::string{added_header_names[i]}, headers.size() + i});
    // Values of one name keep their order.
    std::sort(all.begin(), all.end(), [](const named& a, const named& b) {
        return std::tie(a.name, a.from) < std::tie(b.name, b.from);
    });
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::size_t at = out.prefixes_.size();
        if (i > 0 && all[i].name == all[i - 1].name) {
            out.prefixes_ += ',';
        } else {
            if (i > 0) out.prefixes_ += '\n';
            out.prefixes_.append(all[i].name).append(":");
            if (i > 0) out.signed_headers_ += ';';
            out.signed_headers_ += all[i].name;
        }
        out.values_.push_back({at, out.prefixes_.size() - at, all[i].from});
    }
    return out;
}

bool header_plan::fits(std::span<const header_view> headers, const added_values& added) const {
    if (headers.size() != wire_names_.size() || bits_of(added) != added_) return false;
    for (std::size_t i = 0; i < headers.size(); ++i)
        if (headers[i].name != wire_names_[i]) return false;
    return true;
}

void header_plan::put_block(text_buffer& out, std::span<const header_view> headers,
                            const added_values& added) const {
    const std::string_view prefixes = prefixes_;
    for (const value_place& v : values_) {
        out.put(prefixes.substr(v.prefix_at, v.prefix_size));
        put_value(out, v.from < headers.size() ? headers[v.from].value : added[v.from - headers.size()]);
    }
    out.put('\n');
}

result<const header_plan*> header_plans::get(std::span<const header_view> headers,
                                             const added_values& added) {
    if (latest_ < plans_.size() && plans_[latest_].fits(headers, added)) return &plans_[latest_];
    for (std::size_t i = 0; i < plans_.size(); ++i)
        if (plans_[i].fits(headers, added)) return &plans_[latest_ = i];
    auto made = header_plan::make(headers, added);
    if (!made) return made.error();
    if (plans_.size() < capacity) {
        plans_.push_back(std::move(*made));
        latest_ = plans_.size() - 1;
    } else {
        latest_ = oldest_;
        plans_[latest_] = std::move(*made);
        oldest_ = (oldest_ + 1) % capacity;
    }
    return &plans_[latest_];
}

}  // namespace trainyard::sigv4
