// Which operations may be written to the wire twice. Pure.
#pragma once

#include <string_view>

namespace trainyard::aws {

// Changes nothing on the server, by its verb. ReceiveMessage changes: it hides what it returns.
bool only_reads(std::string_view operation);

// May the HTTP client write this operation a second time when a reused connection closes before an answer
// began? The first copy may have been executed, so the answer is yes only where a second execution changes
// nothing that the caller does not look at anyway:
// - it reads, sets a value, deletes or stops;
// - it names what it creates, and a second copy is answered "already exists" (CreateTrainingJob, CreateQueue,
//   CreateRole): the caller looks whose that is, as after every unclear create;
// - SendMessage: a standard queue delivers more than once at any rate, a FIFO queue drops the copy;
// - ReceiveMessage: messages that the first copy took come back after their visibility timeout.
// No for everything else: what adds (PutEvents), counts or has conditions (UpdateItem, PutItem: the copy
// would fail on the first one's success), is refused for a while (PurgeQueue), and what this table does not
// know.
bool may_send_twice(std::string_view service, std::string_view operation);

}  // namespace trainyard::aws
