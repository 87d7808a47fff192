// SQS that was written and read back behaves as one that never stopped: random calls go to both, and every
// answer is the same but for what is random in it.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aws/local/sqs/sqs_operations.hpp"

namespace trainyard::aws::local {
namespace {

using documents = std::map<std::string, std::string>;

void write_down(const std::vector<durable_change>& changes, documents& to) {
    for (const durable_change& c : changes) {
        if (c.value)
            to[c.key] = *c.value;
        else if (!c.prefix)
            to.erase(c.key);
        else
            std::erase_if(to, [&](const auto& d) { return d.first.starts_with(c.key); });
    }
}

// One of the two. Ids and handles are told apart by when they were first seen.
struct side {
    explicit side(std::uint64_t seed) : sqs(std::make_unique<sqs_operations>(seed, [](const queue&) {})) {}

    std::string name_of(const std::string& text) {
        return "#" + std::to_string(seen.try_emplace(text, seen.size()).first->second);
    }
    void normal(json::value v, std::string_view key, std::string& out) {
        if (v.is_array()) {
            out += "[";
            for (const json::value e : v.elements()) normal(e, key, out), out += ",";
            out += "]";
        } else if (v.is_object()) {
            out += "{";
            const auto all = v.members();
            for (auto m = all.begin(); m != all.end(); ++m) {
                out.append(m.key()).append(":");
                normal(*m, m.key(), out);
                out += ",";
            }
            out += "}";
        } else if (key == "SequenceNumber") {
            out += "#";  // queues have the same ones until a restart leaves some out
            sequence = v.string().value_or("");
        } else if (key == "ReceiptHandle" || key == "MessageId" || key == "TaskHandle") {
            const std::string text{v.string().value_or("")};
            if (key == "ReceiptHandle") handles.push_back(text);
            if (key == "TaskHandle") task = text;
            out += name_of(text);
        } else {
            out += json::to_text(v);
        }
    }
    // The answer in its normal form.
    std::string ask(const std::string& operation, const std::string& text, wall_time now) {
        const auto input = json::document::parse(text);
        if (!input) return "not JSON: " + text;
        const operation_call call{operation, input->root(), who, region_name("us-east-1"), "http://localhost",
                                  now};
        service_reply reply = std::string("{}");
        if (operation == "ReceiveMessage") {
            sqs->advance(now);
            const auto begun = sqs->begin_receive(call);
            if (!begun) return "! " + begun.error().type;
            if (const auto got = sqs->try_receive(*begun, now)) reply = *got;
        } else {
            reply = sqs->perform(call);
        }
        if (!reply) return "! " + reply.error().type;  // texts quote handles
        const auto output = json::document::parse(reply->empty() ? "{}" : *reply);
        std::string out;
        normal(output->root(), "", out);
        return out;
    }

    principal who{account_id("111122223333"), "arn:aws:iam::111122223333:user/local", "AIDALOCAL"};
    std::unique_ptr<sqs_operations> sqs;
    std::map<std::string, std::size_t> seen;
    std::vector<std::string> handles;
    std::string task = "none", sequence;
};

class restarts : public testing::Test {
protected:
    void take() {
        std::vector<durable_change> changes;
        if (b.sqs->kept().changed()) b.sqs->kept().take_changes(changes);
        write_down(changes, kept);
    }
    void restart(std::uint64_t seed) {
        take();
        b.sqs = std::make_unique<sqs_operations>(seed, [](const queue&) {});
        for (const auto& [key, value] : kept) {
            const auto done = b.sqs->kept().restore(key, value);
            ASSERT_TRUE(done.has_value()) << done.error().message;
        }
        ASSERT_TRUE(b.sqs->kept().restored().has_value());
        b.sqs->kept().keep_changes();
    }
    // `%` stands for one of the handles so far.
    void both(const std::string& operation, const std::string& text, std::size_t handle = 0) {
        const auto with = [&](const side& s) {
            std::string out = text;
            if (const auto at = out.find('%'); at != std::string::npos)
                out.replace(at, 1, s.handles.empty() ? "none" : s.handles[handle % s.handles.size()]);
            if (const auto at = out.find('$'); at != std::string::npos) out.replace(at, 1, s.task);
            return out;
        };
        const std::string in_a = with(a), in_b = with(b);
        const std::string from_a = a.ask(operation, in_a, now), from_b = b.ask(operation, in_b, now);
        ASSERT_EQ(from_a, from_b) << operation << " " << text << " (A never stopped)";
    }

    side a{1}, b{2};
    documents kept;
    wall_time now = from_unix_millis(1'764'000'000'000);
};

std::string pick(rng& dice, const std::vector<std::string>& from) {
    return from[dice.below(from.size())];
}

TEST_F(restarts, change_nothing_that_a_caller_sees) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        rng dice{seed};
        a = side{2 * seed + 1};
        b = side{2 * seed + 2};
        kept.clear();
        b.sqs->kept().keep_changes();
        const std::vector<std::string> names{"dead", "plain", "dead.fifo", "line.fifo", "group.fifo"};
        const std::string arn = "arn:aws:sqs:us-east-1:111122223333:";
        for (const std::string& name : names) {
            std::string attributes = R"("VisibilityTimeout":"20","MessageRetentionPeriod":"600")";
            const bool fifo = name.ends_with(".fifo");
            if (fifo) attributes += R"(,"FifoQueue":"true","ContentBasedDeduplication":"true")";
            if (name == "group.fifo")
                attributes +=
                    R"(,"DeduplicationScope":"messageGroup","FifoThroughputLimit":"perMessageGroupId")";
            if (!name.starts_with("dead"))
                attributes += R"(,"RedrivePolicy":"{\"deadLetterTargetArn\":\")" + arn +
                              (fifo ? "dead.fifo" : "dead") + R"(\",\"maxReceiveCount\":2}")";
            both("CreateQueue", R"({"QueueName":")" + name + R"(","Attributes":{)" + attributes + "}}");
            if (HasFatalFailure()) FAIL() << "seed " << seed;
        }
        for (int step = 0; step < 250; ++step) {
            const std::string name = pick(dice, names), url = R"("QueueUrl":")" + name + "\"";
            const bool fifo = name.ends_with(".fifo");
            const std::size_t handle = dice.below(1000);
            switch (dice.below(20)) {
                case 0:
                case 1:
                case 2:
                case 3:
                case 4: {
                    std::string extra;
                    if (fifo)
                        extra = R"(,"MessageGroupId":"g)" + std::to_string(dice.below(3)) + "\"";
                    else if (dice.chance(0.3))
                        extra = R"(,"DelaySeconds":)" + std::to_string(dice.below(30));
                    if (dice.chance(0.2))
                        extra += R"(,"MessageAttributes":{"a":{"DataType":"Binary.x","BinaryValue":"AP8="},)"
                                 R"("b":{"DataType":"Number","StringValue":"7"}})";
                    both("SendMessage", "{" + url + R"(,"MessageBody":"m)" + std::to_string(dice.below(40)) +
                                            R"(\u00e9")" + extra + "}");
                    break;
                }
                case 5:
                case 6:
                case 7:
                case 8:
                case 9:
                    both("ReceiveMessage",
                         "{" + url + R"(,"MaxNumberOfMessages":)" + std::to_string(1 + dice.below(4)) +
                             R"(,"MessageSystemAttributeNames":["All"],"MessageAttributeNames":["All"]})");
                    break;
                case 10:
                case 11: both("DeleteMessage", "{" + url + R"(,"ReceiptHandle":"%"})", handle); break;
                case 12:
                    both("ChangeMessageVisibility",
                         "{" + url + R"(,"ReceiptHandle":"%","VisibilityTimeout":)" +
                             std::to_string(dice.below(3) * 15) + "}",
                         handle);
                    break;
                case 13: both("GetQueueAttributes", "{" + url + R"(,"AttributeNames":["All"]})"); break;
                case 14:
                    both("SetQueueAttributes", "{" + url + R"(,"Attributes":{"DelaySeconds":")" +
                                                   std::to_string(dice.below(3) * 5) + R"("}})");
                    break;
                case 15:
                    both("TagQueue",
                         "{" + url + R"(,"Tags":{"k)" + std::to_string(dice.below(3)) + R"(":"v"}})");
                    both("UntagQueue", "{" + url + R"(,"TagKeys":["k0"]})");
                    both("ListQueueTags", "{" + url + "}");
                    break;
                case 16:
                    if (dice.chance(0.1)) both("PurgeQueue", "{" + url + "}");
                    if (dice.chance(0.1)) both("DeleteQueue", "{" + url + "}");
                    break;
                case 17:
                    both("CreateQueue", R"({"QueueName":")" + name + "\"" +
                                            (fifo ? R"(,"Attributes":{"FifoQueue":"true"}})" : "}"));
                    break;
                case 18: {
                    const std::string source =
                        R"("SourceArn":")" + arn + (dice.chance(0.5) ? "dead" : "dead.fifo") + "\"";
                    if (dice.chance(0.6))
                        both("StartMessageMoveTask", "{" + source + R"(,"MaxNumberOfMessagesPerSecond":1})");
                    else if (dice.chance(0.3))
                        both("CancelMessageMoveTask", R"({"TaskHandle":"$"})");
                    both("ListMessageMoveTasks", "{" + source + R"(,"MaxResults":10})");
                    break;
                }
                default:
                    now += std::chrono::milliseconds{dice.between(0, dice.chance(0.1) ? 120'000 : 9'000)};
            }
            if (HasFatalFailure()) FAIL() << "seed " << seed << ", step " << step;
            if (dice.chance(0.3)) take();
            if (dice.chance(0.04)) restart(1000 * seed + static_cast<std::uint64_t>(step));
            if (HasFatalFailure()) FAIL() << "seed " << seed << ", step " << step;
        }
        restart(seed);
        // Whatever is left comes out of both in the same order.
        now += 60s;
        for (const std::string& name : names)
            for (int i = 0; i < 30; ++i) {
                both("ReceiveMessage", R"({"QueueUrl":")" + name +
                                           R"(","MaxNumberOfMessages":10,)"
                                           R"("MessageSystemAttributeNames":["All"]})");
                if (HasFatalFailure()) FAIL() << "seed " << seed;
            }
    }
}

TEST_F(restarts, a_move_task_goes_on) {
    b.sqs->kept().keep_changes();
    const std::string arn = "arn:aws:sqs:us-east-1:111122223333:";
    both("CreateQueue", R"({"QueueName":"dead"})");
    both("CreateQueue", R"({"QueueName":"plain","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\")" +
                            arn + R"(dead\",\"maxReceiveCount\":1}"}})");
    for (int i = 0; i < 5; ++i)
        both("SendMessage", R"({"QueueUrl":"dead","MessageBody":")" + std::to_string(i) + "\"}");
    both("StartMessageMoveTask", R"({"SourceArn":")" + arn + R"(dead","DestinationArn":")" + arn +
                                     R"(plain","MaxNumberOfMessagesPerSecond":1})");
    for (int i = 0; i < 7; ++i) {
        both("ListMessageMoveTasks", R"({"SourceArn":")" + arn + "dead\"}");
        restart(static_cast<std::uint64_t>(i));
        now += 1s;
    }
    both("ReceiveMessage", R"({"QueueUrl":"plain","MaxNumberOfMessages":10})");
    EXPECT_EQ(b.handles.size(), 5U);
}

TEST_F(restarts, of_nothing_bring_nothing) {
    b.sqs->kept().keep_changes();
    restart(7);
    EXPECT_TRUE(kept.empty());
    both("ListQueues", "{}");
}

TEST_F(restarts, a_document_that_cannot_be_read_is_named) {
    b.sqs->kept().keep_changes();
    b.ask("CreateQueue", R"({"QueueName":"q"})", now);
    b.ask("SendMessage", R"({"QueueUrl":"q","MessageBody":"x"})", now);
    take();
    ASSERT_EQ(kept.size(), 4U);  // the queue, its last number, the message and its state
    for (const auto& [broken, whole] : kept)
        for (const char* value : {"", "x", "{}", "[]", R"({"place":3})"}) {
            sqs_operations fresh{1, [](const queue&) {}};
            std::string why;
            for (const auto& [key, text] : kept)
                if (const auto done = fresh.kept().restore(key, key == broken ? value : text);
                    !done && why.empty())
                    why = done.error().message;
            EXPECT_EQ(why, "the document '" + broken + "' cannot be read") << value;
        }
    sqs_operations fresh{1, [](const queue&) {}};
    for (const auto& [key, text] : kept)
        if (!key.starts_with("4state")) {
            ASSERT_TRUE(fresh.kept().restore(key, text).has_value());
        }
    EXPECT_EQ(fresh.kept().restored().error().message, "a message has no state");
}

TEST_F(restarts, a_queue_that_is_gone_leaves_its_name_to_rest_and_nothing_else) {
    b.sqs->kept().keep_changes();
    b.ask("CreateQueue", R"({"QueueName":"q"})", now);
    b.ask("SendMessage", R"({"QueueUrl":"q","MessageBody":"x"})", now);
    take();
    b.ask("DeleteQueue", R"({"QueueUrl":"q"})", now);
    take();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept.begin()->first, "7deleted/arn:aws:sqs:us-east-1:111122223333:q");
    restart(3);
    EXPECT_TRUE(b.ask("CreateQueue", R"({"QueueName":"q"})", now + 59s)
                    .starts_with("! com.amazonaws.sqs#QueueDeletedRecently"));
    EXPECT_EQ(b.ask("CreateQueue", R"({"QueueName":"q"})", now + 60s).substr(0, 1), "{");
    take();
    EXPECT_EQ(kept.count("7deleted/arn:aws:sqs:us-east-1:111122223333:q"), 0U);
}

TEST_F(restarts, a_handle_of_before_never_means_a_later_message) {
    b.sqs->kept().keep_changes();
    b.ask("CreateQueue", R"({"QueueName":"q"})", now);
    b.ask("SendMessage", R"({"QueueUrl":"q","MessageBody":"old"})", now);
    b.ask("ReceiveMessage", R"({"QueueUrl":"q"})", now);
    const std::string old = R"({"QueueUrl":"q","ReceiptHandle":")" + b.handles.at(0) + "\"}";
    b.ask("DeleteMessage", old, now);
    restart(5);
    b.ask("SendMessage", R"({"QueueUrl":"q","MessageBody":"new"})", now);
    EXPECT_EQ(b.ask("DeleteMessage", old, now), "{}");
    EXPECT_NE(b.ask("ReceiveMessage", R"({"QueueUrl":"q"})", now).find("new"), std::string::npos);
}

TEST_F(restarts, sequence_numbers_grow_on) {
    b.sqs->kept().keep_changes();
    b.ask("CreateQueue", R"({"QueueName":"q.fifo","Attributes":{"FifoQueue":"true"}})", now);
    std::string last;
    for (int i = 0; i < 5; ++i) {
        b.ask("SendMessage",
              R"({"QueueUrl":"q.fifo","MessageBody":"x","MessageGroupId":"g","MessageDeduplicationId":")" +
                  std::to_string(i) + "\"}",
              now);
        EXPECT_LT(last, b.sequence);
        last = b.sequence;
        b.ask("ReceiveMessage", R"({"QueueUrl":"q.fifo"})", now);
        b.ask("DeleteMessage", R"({"QueueUrl":"q.fifo","ReceiptHandle":")" + b.handles.back() + "\"}", now);
        restart(static_cast<std::uint64_t>(i));
    }
}

}  // namespace
}  // namespace trainyard::aws::local
