// Every client operation once, over real sockets, against the local AWS with signatures verified.
#include "engine/base/encoding.hpp"
#include "tests/aws/end_to_end/end_to_end.hpp"

namespace trainyard::aws {
namespace {

TEST_F(end_to_end, queues) {
    auto q = queues();
    const auto url = run(q.create_queue("work", {{"VisibilityTimeout", "30"}}, soon()));
    ASSERT_TRUE(url) << why(url);
    EXPECT_EQ(*run(q.get_queue_url("work", "", soon())), *url);
    EXPECT_EQ(run(q.get_queue_attributes(*url, {"VisibilityTimeout"}, soon()))->at("VisibilityTimeout"),
              "30");
    EXPECT_THAT(*run(q.list_queues("wo", soon())), testing::ElementsAre(*url));

    sqs::send_entry one;
    one.id = "a";
    one.body = "first \xC3\xA9";
    one.attributes = {{"n", {"Number", "1"}}, {"raw", {"Binary", std::string("\0\1", 2)}}};
    const auto stored = run(q.send(*url, one, soon()));
    ASSERT_TRUE(stored) << why(stored);
    auto two = one;
    two.id = "b";
    const auto batch = run(q.send_batch(*url, {one, two}, soon()));
    ASSERT_TRUE(batch) << why(batch);
    EXPECT_EQ(batch->successful.size(), 2U);

    std::vector<sqs::delete_entry> done;
    for (int round = 0; round < 5 && done.size() < 3; ++round) {
        const auto got = run(q.receive(*url, {10, 1, 60, ""}, soon()));
        ASSERT_TRUE(got) << why(got);
        for (const auto& m : *got) {
            EXPECT_EQ(m.body, one.body);
            EXPECT_EQ(m.attributes.at("raw").value, std::string("\0\1", 2));
            EXPECT_EQ(m.system_attributes.at("ApproximateReceiveCount"), "1");
            done.push_back({std::to_string(done.size()), m.receipt_handle});
        }
    }
    ASSERT_EQ(done.size(), 3U);
    const auto moved = run(q.change_visibility_batch(*url, {{"v", done[0].receipt_handle, 90}}, soon()));
    ASSERT_TRUE(moved) << why(moved);
    EXPECT_THAT(moved->successful, testing::ElementsAre("v"));
    done.push_back({"bad", "garbage"});
    const auto deleted = run(q.delete_batch(*url, done, soon()));
    ASSERT_TRUE(deleted) << why(deleted);
    EXPECT_THAT(deleted->successful, testing::UnorderedElementsAre("0", "1", "2"));
    ASSERT_EQ(deleted->failed.size(), 1U);
    EXPECT_EQ(deleted->failed[0].id, "bad");

    EXPECT_TRUE(run(q.purge_queue(*url, soon())));
    EXPECT_TRUE(run(q.delete_queue(*url, soon())));
    const auto gone = run(q.get_queue_url("work", "", soon()));
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().kind, failure::not_found) << gone.error().to_string();
}

TEST_F(end_to_end, training_jobs) {
    auto j = jobs();
    const auto arn = run(j.create_training_job(job_request("job-1"), soon()));
    ASSERT_TRUE(arn) << why(arn);
    const auto again = run(j.create_training_job(job_request("job-1"), soon()));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind, failure::already_exists) << again.error().to_string();
    ASSERT_TRUE(run(j.create_training_job(job_request("job-2"), soon())));
    ASSERT_TRUE(run(j.create_training_job(job_request("job-3"), soon())));
    EXPECT_EQ(world_->creates().size(), 3U);

    const auto seen = run(j.describe_training_job("job-1", soon()));
    ASSERT_TRUE(seen) << why(seen);
    EXPECT_EQ(seen->arn, *arn);
    const auto missing = run(j.describe_training_job("nobody", soon()));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, failure::not_found) << missing.error().to_string();

    std::vector<std::string> names;
    sagemaker::list_filter filter;
    filter.max_results = 1;
    filter.sort_by = "Name";
    for (int page = 0; page < 10; ++page) {
        const auto got = run(j.list_training_jobs(filter, soon()));
        ASSERT_TRUE(got) << why(got);
        for (const auto& s : got->jobs) names.push_back(s.name);
        filter.next_token = got->next_token;
        if (filter.next_token.empty()) break;
    }
    EXPECT_THAT(names, testing::ElementsAre("job-1", "job-2", "job-3"));

    EXPECT_TRUE(run(j.add_tags(*arn, {{"more", "2"}}, soon())));
    EXPECT_EQ(*run(j.list_tags(*arn, soon())), (sagemaker::tags{{"more", "2"}, {"owner", "t"}}));
    EXPECT_TRUE(run(j.stop_training_job("job-1", soon())));
    EXPECT_TRUE(run(j.stop_training_job("job-1", soon())));  // already stopping
    EXPECT_NE(run(j.describe_training_job("job-1", soon()))->status, "InProgress");
}

TEST_F(end_to_end, identities_and_roles) {
    sts::client s{*transport_, where_, who_};
    const auto me = run(s.get_caller_identity(soon()));
    ASSERT_TRUE(me) << why(me);
    EXPECT_EQ(me->account, "123456789012");
    const auto role = identity_->assume(
        where_, who_, {"arn:aws:iam::210987654321:role/runner", "trainyard", secret{}, 3600});
    sts::client as_role{*transport_, where_, role};
    const auto other = run(as_role.get_caller_identity(soon()));
    ASSERT_TRUE(other) << why(other);
    EXPECT_EQ(other->account, "210987654321");
    EXPECT_THAT(other->arn, testing::HasSubstr("assumed-role/runner/trainyard"));
    sagemaker::client theirs{*transport_, where_, role};
    ASSERT_TRUE(run(theirs.create_training_job(job_request("job-r"), soon())));
    EXPECT_EQ(world_->creates().back().account.str(), "210987654321");
}

TEST_F(end_to_end, a_created_role_asks_for_its_external_id) {
    call create;
    create.service = "iam";
    create.operation = "CreateRole";
    create.endpoint = where_;
    create.fields.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    create.body =
        "Action=CreateRole&Version=2010-05-08&RoleName=spoke&AssumeRolePolicyDocument=" +
        percent_encode(
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},)"
            R"("Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"e-1"}}}]})");
    create.deadline = soon();
    const auto theirs = make_static_provider({"210987654321", secret{"test"}, {}, {}}, "test");
    const auto created = run(transport_->send(create, theirs));
    ASSERT_TRUE(created) << why(created);

    sts::client s{*transport_, where_, who_};
    sts::assume_role_request request{"arn:aws:iam::210987654321:role/spoke", "trainyard", secret{"e-2"},
                                     3600};
    const auto refused = run(s.assume_role(request, soon()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, failure::access_denied) << refused.error().to_string();
    EXPECT_THAT(refused.error().message,
                testing::HasSubstr("User: arn:aws:iam::123456789012:user/local is not authorized to perform: "
                                   "sts:AssumeRole on resource: arn:aws:iam::210987654321:role/spoke"));
    request.external_id = secret{"e-1"};
    const auto assumed = run(s.assume_role(request, soon()));
    EXPECT_TRUE(assumed) << why(assumed);
}

TEST_F(end_to_end, a_wrong_secret_is_refused_everywhere) {
    who_ = make_static_provider({"123456789012", secret{"canary-wrong"}, {}, {}}, "test");
    auto q = queues();
    auto j = jobs();
    sts::client s{*transport_, where_, who_};
    const auto refused = [](const api_error& e) {
        EXPECT_EQ(e.kind, failure::bad_credentials) << e.to_string();
        EXPECT_THAT(e.to_string(), testing::Not(testing::HasSubstr("canary")));
    };
    const auto listed = run(q.list_queues("", soon()));
    ASSERT_FALSE(listed);
    refused(listed.error());
    const auto created = run(j.create_training_job(job_request("job-1"), soon()));
    ASSERT_FALSE(created);
    refused(created.error());
    const auto identity = run(s.get_caller_identity(soon()));
    ASSERT_FALSE(identity);
    refused(identity.error());
    EXPECT_TRUE(world_->creates().empty());
}

}  // namespace
}  // namespace trainyard::aws
