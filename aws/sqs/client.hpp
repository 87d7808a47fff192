// SQS as typed calls. One client per (endpoint, identity); cheap to make.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aws/sqs/types.hpp"
#include "aws/transport/transport.hpp"

namespace trainyard::aws::sqs {

// `deadline` is of the transport's clock. Digests of bodies and attributes are checked: a message whose MD5
// is wrong is an error, not a message.
class client {
public:
    client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who);

    task<api_result<std::string>> create_queue(std::string name,
                                               std::map<std::string, std::string> attributes,
                                               mono_time deadline);  // queue URL
    task<api_result<std::string>> get_queue_url(std::string name, std::string owner_account,
                                                mono_time deadline);
    task<api_result<std::map<std::string, std::string>>> get_queue_attributes(std::string queue_url,
                                                                              std::vector<std::string> names,
                                                                              mono_time deadline);
    task<api_result<std::vector<std::string>>> list_queues(std::string prefix,
                                                           mono_time deadline);  // every page
    task<api_result<void>> delete_queue(std::string queue_url, mono_time deadline);
    task<api_result<void>> purge_queue(std::string queue_url, mono_time deadline);

    task<api_result<sent>> send(std::string queue_url, send_entry message, mono_time deadline);
    task<api_result<batch_result<sent>>> send_batch(std::string queue_url, std::vector<send_entry> entries,
                                                    mono_time deadline);
    // Long poll in the poll lane: the deadline must be at least wait_seconds + 5 s away. Makes one attempt;
    // messages of a lost answer come back after their visibility timeout.
    task<api_result<std::vector<message>>> receive(std::string queue_url, receive_options options,
                                                   mono_time deadline);
    // In the ack lane.
    task<api_result<batch_result<std::string>>> delete_batch(std::string queue_url,
                                                             std::vector<delete_entry> entries,
                                                             mono_time deadline);
    task<api_result<batch_result<std::string>>> change_visibility_batch(std::string queue_url,
                                                                        std::vector<visibility_entry> entries,
                                                                        mono_time deadline);

private:
    transport* transport_;
    endpoint where_;
    std::shared_ptr<credentials_provider> who_;
};

}  // namespace trainyard::aws::sqs
