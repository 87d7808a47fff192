#include "aws/local/durable/keeper.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

#include "aws/local/durable/data_file.hpp"
#include "engine/io/event.hpp"

namespace trainyard::aws::local {
namespace {

// Waiters are woken by an event; the deadline only has to be later than any write.
constexpr mono_time never = mono_time::max();

}  // namespace

struct keeper::impl {
    impl(boost::asio::io_context& context, std::function<void(const error&)> f)
        : io(context), on_failure(std::move(f)), written(context) {}

    bool changed() const {
        return erase_first ||
               std::any_of(parts.begin(), parts.end(), [](const durable* p) { return p->changed(); });
    }
    void write();
    // After everything that is ready now has run, so that its changes go along.
    void schedule() {
        if (std::exchange(scheduled, true)) return;
        boost::asio::post(io, [this, alive = std::weak_ptr<const char>(lifetime)] {
            if (alive.expired()) return;
            scheduled = false;
            write();
        });
    }

    boost::asio::io_context& io;
    std::function<void(const error&)> on_failure;
    std::optional<data_file> file;
    std::vector<durable*> parts;
    bool erase_first = false;  // the documents of parts that were replaced
    bool scheduled = false, failed = false;
    std::uint64_t turns = 0;  // writes done
    std::size_t waiting = 0;
    io::event written;
    std::shared_ptr<const char> lifetime = std::make_shared<const char>();
};

void keeper::impl::write() {
    if (!failed && changed()) {
        std::vector<data_file::part_changes> all;
        for (durable* p : parts) {
            data_file::part_changes& mine = all.emplace_back();
            mine.part = p->part();
            if (erase_first) mine.changes.push_back({"", std::nullopt, true});
            p->take_changes(mine.changes);
        }
        erase_first = false;
        if (const auto done = file->write(all); !done) {
            failed = true;
            on_failure(done.error());
        }
    }
    ++turns;
    if (waiting > 0) written.set();
}

keeper::keeper(boost::asio::io_context& io, std::function<void(const error&)> failed)
    : impl_(std::make_unique<impl>(io, std::move(failed))) {}

keeper::~keeper() = default;

bool keeper::is_open() const {
    return impl_->file.has_value();
}

result<void> keeper::open(const std::string& path, std::vector<durable*> parts) {
    auto file = data_file::open(path);
    if (!file) return file.error();
    for (durable* p : parts) {
        const auto give = [p](std::string_view key, std::string_view value) {
            return p->restore(key, value);
        };
        if (auto r = file->read(p->part(), give); !r) return r;
        if (auto r = p->restored(); !r) return with_context(r.error(), path);
        p->keep_changes();
    }
    impl_->file.emplace(*std::move(file));
    impl_->parts = std::move(parts);
    return {};
}

void keeper::serve(std::vector<durable*> parts) {
    impl_->parts = std::move(parts);
    if (!impl_->file) return;
    for (durable* p : impl_->parts) p->keep_changes();
    impl_->erase_first = true;
    impl_->schedule();
}

void keeper::look() {
    if (impl_->file && impl_->changed()) impl_->schedule();
}

task<bool> keeper::kept() {
    impl& self = *impl_;
    if (!self.file) co_return true;
    if (!self.scheduled && !self.changed()) co_return !self.failed;
    self.schedule();
    const std::uint64_t before = self.turns;
    ++self.waiting;
    bool woken = true;
    while (woken && self.turns == before) woken = co_await self.written.wait_until(never);
    --self.waiting;
    co_return self.turns != before && !self.failed;
}

bool keeper::keep_now() {
    if (!impl_->file) return true;
    impl_->write();
    return !impl_->failed;
}

}  // namespace trainyard::aws::local
