// The file of a local AWS that keeps its state: documents by part and key in SQLite. Holds an exclusive lock
// from open to destruction. What was committed survives the death of the process at any moment; of a power
// cut it survives what the last checkpoint synced, and the file stays sound.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/durable.hpp"

namespace trainyard::aws::local {

inline constexpr std::int32_t data_file_id = 0x54594C41;  // "TYLA", SQLite's application_id
inline constexpr std::int64_t data_file_schema = 1;

class data_file {
public:
    // Creates the file (mode 0600) when it is not there or empty. A file of another program, of a newer
    // schema, in use by another process or damaged is refused and left as it is.
    static result<data_file> open(const std::string& path);
    ~data_file();
    data_file(data_file&&) noexcept;

    // Every document of a part in the order of keys; stops at the first error.
    result<void> read(std::string_view part,
                      const std::function<result<void>(std::string_view key, std::string_view value)>& each);

    struct part_changes {
        std::string part;
        std::vector<durable_change> changes;
    };
    // All or nothing.
    result<void> write(const std::vector<part_changes>& all);

private:
    struct impl;
    explicit data_file(std::unique_ptr<impl> i);
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::aws::local
