// What makes and keeps queues, as typed calls: beside the client that sends and receives.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "aws/transport/transport.hpp"

namespace trainyard::aws::sqs {

class administration {
public:
    using texts = std::map<std::string, std::string>;

    administration(transport& t, endpoint where, std::shared_ptr<credentials_provider> who);

    // The queue exists with its tags or not at all. Gives its URL; failure::already_exists when a queue of
    // this name has other attributes.
    task<api_result<std::string>> create(std::string name, texts attributes, texts tags, mono_time deadline);
    task<api_result<void>> set_attributes(std::string url, texts attributes, mono_time deadline);
    task<api_result<texts>> list_tags(std::string url, mono_time deadline);
    task<api_result<void>> tag(std::string url, texts tags, mono_time deadline);

private:
    task<api_result<std::string>> ask(std::string operation, std::string body, mono_time deadline);

    transport* transport_;
    endpoint where_;
    std::shared_ptr<credentials_provider> who_;
};

}  // namespace trainyard::aws::sqs
