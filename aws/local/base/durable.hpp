// State that can outlive the process: a part of the local AWS as documents by key. A driver takes what
// changed after each batch of requests, writes it in one transaction, and gives it all back at the next
// start.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace trainyard::aws::local {

struct durable_change {
    std::string key;                   // at most 1,024 bytes, any of them
    std::optional<std::string> value;  // nothing: the document is gone
    bool prefix = false;               // every document whose key begins with `key` is gone
};

class durable {
public:
    virtual ~durable() = default;

    virtual std::string_view part() const = 0;  // "sqs"; unique, never changes
    // From now on changes are remembered. Before it nothing is, at no cost.
    virtual void keep_changes() = 0;
    virtual bool changed() const = 0;  // cheap
    // Everything since the last call, in the order in which it is to be applied.
    virtual void take_changes(std::vector<durable_change>& into) = 0;
    // One document, before keep_changes(), in the order of keys; then restored() once.
    virtual result<void> restore(std::string_view key, std::string_view value) = 0;
    virtual result<void> restored() { return {}; }
};

}  // namespace trainyard::aws::local
