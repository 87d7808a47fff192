#include "aws/local/sagemaker/pipelines/paging.hpp"

#include <fmt/format.h>

namespace trainyard::aws::local::pipelines {

std::string time_key(wall_time t, std::string_view name) {
    return fmt::format("{:020}/{}", to_unix_millis(t), name);
}

}  // namespace trainyard::aws::local::pipelines
