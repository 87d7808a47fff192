#include "tests/scheduler/lifecycle/fixture.hpp"

namespace trainyard::lifecycle {
namespace {

TEST_F(Machine, AMessageIsRecordedInTheBatchThatDeletesIt) {
    const job_id id = accept();
    ASSERT_EQ(out.records.size(), 1U);
    EXPECT_EQ(out.records[0].id, id);
    EXPECT_TRUE(out.records[0].accepted);
    EXPECT_FALSE(out.records[0].body.empty());
    EXPECT_EQ(effects<effect::delete_message>(), 1U);
    EXPECT_EQ(commands<quota::make_pending>(), 1U);
}

TEST_F(Machine, ARedeliveryIsDeletedAgainAndMakesNoJob) {
    accept();
    EXPECT_FALSE(m.handle_message(test_message(test_body(), "m-1"), "handle-2", rules, now));
    step();
    EXPECT_TRUE(out.records.empty());
    ASSERT_EQ(effects<effect::delete_message>(), 1U);
    EXPECT_EQ(std::get<effect::delete_message>(out.effects[0]).receipt_handle, "handle-2");
}

TEST_F(Machine, ARejectedMessageIsKeptWithItsBodyAndCopied) {
    const auto id = m.handle_message(test_message("no json", "m-9"), "h", rules, now);
    step();
    ASSERT_TRUE(id);
    EXPECT_EQ(state_of(*id), state::rejected);
    ASSERT_EQ(out.records.size(), 1U);
    EXPECT_EQ(out.records[0].body, "no json");
    EXPECT_FALSE(out.records[0].reason.empty());
    EXPECT_EQ(effects<effect::delete_message>(), 1U);
    EXPECT_EQ(effects<effect::copy_rejected>(), 1U);
    EXPECT_EQ(commands<quota::make_pending>(), 0U);
    EXPECT_EQ(m.live(), 0U);
}

TEST_F(Machine, TheIntentIsInTheBatchOfTheCreate) {
    const job_id id = start(accept());
    ASSERT_EQ(out.records.size(), 1U);
    EXPECT_EQ(out.records[0].to, state::starting);
    EXPECT_EQ(out.records[0].attempt, 1);
    EXPECT_EQ(out.records[0].sagemaker_name, sagemaker_name("resnet", id, 1));
    ASSERT_EQ(effects<effect::create>(), 1U);
    EXPECT_EQ(std::get<effect::create>(out.effects[0]).name, out.records[0].sagemaker_name);
}

TEST_F(Machine, RunsToItsEnd) {
    const job_id id = run(accept());
    EXPECT_EQ(state_of(id), state::running);
    EXPECT_TRUE(
        m.handle_listed(stream{pool}, m.find(id)->sagemaker_name, {"InProgress", "Training", ""}, now));
    step();
    EXPECT_TRUE(out.empty());
    EXPECT_TRUE(
        m.handle_listed(stream{pool}, m.find(id)->sagemaker_name, {"Completed", "Completed", ""}, now));
    step();
    EXPECT_EQ(state_of(id), state::succeeded);
    EXPECT_EQ(commands<quota::release>(), 1U);
    EXPECT_FALSE(m.handle_listed(stream{pool}, m.find(id)->sagemaker_name, {"Completed", "", ""}, now))
        << "it is live no more";
    EXPECT_EQ(m.live(), 0U);
}

TEST_F(Machine, AFailureIsDescribedBeforeItIsBelieved) {
    const job_id id = run(accept());
    m.handle_listed(stream{pool}, m.find(id)->sagemaker_name, {"Failed", "Failed", ""}, now);
    step();
    EXPECT_EQ(state_of(id), state::running);
    EXPECT_EQ(effects<effect::describe>(), 1U);
    m.handle_listed(stream{pool}, m.find(id)->sagemaker_name, {"Failed", "Failed", ""}, now);
    step();
    EXPECT_EQ(effects<effect::describe>(), 0U) << "one look is under way already";
    m.handle_describe(id, 1, look_outcome::found, {"Failed", "Failed", "AlgorithmError: exit 1"}, now);
    step();
    EXPECT_EQ(state_of(id), state::failed);
    EXPECT_EQ(m.find(id)->reason, "AlgorithmError: exit 1");
}

TEST_F(Machine, PlatformFailuresAreRetriedUpToMaxAttempts) {
    const job_id id = accept();
    for (int n = 1; n <= 3; ++n) {
        run(id);
        EXPECT_EQ(attempt(id), n);
        m.handle_describe(id, n, look_outcome::found,
                          {"Failed", "Failed", "InternalServerError: We encountered"}, now);
        step();
        EXPECT_EQ(commands<quota::release>(), 1U);
        if (n == 3) break;
        EXPECT_EQ(state_of(id), state::pending);
        pass(times.backoff_cap);
        EXPECT_EQ(commands<quota::make_pending>(), 1U) << "after its back-off";
    }
    EXPECT_EQ(state_of(id), state::failed);
    EXPECT_NE(m.find(id)->reason.find("attempt 3 of 3"), std::string::npos);
}

TEST_F(Machine, ThrottleAndQuotaRefusalsConsumeNoAttempt) {
    const job_id id = accept(R"(,"max_attempts":1)");
    for (const auto outcome : {create_outcome::refused_for_now, create_outcome::refused_by_quota,
                               create_outcome::refused_access}) {
        start(id);
        EXPECT_EQ(attempt(id), 1);
        m.handle_create(id, 1, outcome, "why", now);
        step();
        EXPECT_EQ(state_of(id), state::pending);
        EXPECT_EQ(attempt(id), 0);
        EXPECT_EQ(m.find(id)->reason, "why");
        EXPECT_EQ(commands<quota::refuse>() + commands<quota::block>(),
                  outcome == create_outcome::refused_for_now ? 0U : 1U);
        pass(times.refused_cap);
        EXPECT_EQ(commands<quota::make_pending>(), 1U);
    }
}

TEST_F(Machine, AWrongRequestFailsWithoutAnotherTry) {
    const job_id id = start(accept());
    m.handle_create(id, 1, create_outcome::refused_request, "ValidationException: no such image", now);
    step();
    EXPECT_EQ(state_of(id), state::failed);
    EXPECT_EQ(commands<quota::release>(), 1U);
}

TEST_F(Machine, AnUnknownStartIsAdoptedOnlyWithOurTags) {
    const job_id id = start(accept());
    m.handle_create(id, 1, create_outcome::unknown, "", now);
    step();
    EXPECT_EQ(state_of(id), state::starting);
    ASSERT_EQ(effects<effect::verify>(), 1U);
    m.handle_verify(id, 1, look_outcome::found, {"InProgress", "Starting", ""}, tags(id), now);
    step();
    EXPECT_EQ(state_of(id), state::running);
    EXPECT_EQ(m.counts().adopted, 1U);
}

TEST_F(Machine, AStrangersJobOfThatNameIsAConflict) {
    for (const char* forged : {"trainyard:owner", "trainyard:job", "trainyard:attempt", "trainyard:spec"}) {
        const job_id id = start(accept(R"(,"max_attempts":2)", std::string{"m-"} + forged));
        m.handle_create(id, 1, create_outcome::name_taken, "", now);
        step();
        auto theirs = tags(id);
        theirs[forged] = "other";
        m.handle_verify(id, 1, look_outcome::found, {"InProgress", "Training", ""}, theirs, now);
        step();
        EXPECT_EQ(state_of(id), state::name_conflict) << forged;
    }
}

TEST_F(Machine, AnUnknownStartThatIsNotThereIsSentAgainUnderTheSameName) {
    const job_id id = start(accept());
    const std::string name = m.find(id)->sagemaker_name;
    m.handle_create(id, 1, create_outcome::unknown, "", now);
    step();
    for (int look = 1; look < times.verify_looks; ++look) {
        m.handle_verify(id, 1, look_outcome::not_found, {}, {}, now);
        step();
        EXPECT_EQ(effects<effect::create>(), 0U);
        pass(times.verify_cap);
        EXPECT_EQ(effects<effect::verify>(), 1U);
    }
    m.handle_verify(id, 1, look_outcome::not_found, {}, {}, now);
    step();
    ASSERT_EQ(effects<effect::create>(), 1U);
    EXPECT_EQ(std::get<effect::create>(out.effects[0]).name, name);
    EXPECT_EQ(std::get<effect::create>(out.effects[0]).pool, pool);
}

TEST_F(Machine, ARefusalAfterAnUnknownStartNeverMovesTheAttemptElsewhere) {
    const job_id id = start(accept());
    m.handle_create(id, 1, create_outcome::unknown, "", now);
    step();
    for (const auto outcome : {create_outcome::refused_for_now, create_outcome::refused_by_quota,
                               create_outcome::refused_access}) {
        m.handle_create(id, 1, outcome, "", now);
        step();
        EXPECT_EQ(state_of(id), state::starting) << "the first Create may still land";
        EXPECT_EQ(attempt(id), 1);
        EXPECT_EQ(commands<quota::release>(), 0U);
    }
    m.handle_verify(id, 1, look_outcome::failed, {}, {}, now);
    step();
    pass(times.refused_cap);
    EXPECT_EQ(effects<effect::verify>(), 1U);
}

TEST_F(Machine, ARestartTakesEveryJobUpWhereItStood) {
    const job_id waiting = accept(R"(,"max_attempts":2)", "a");
    const job_id starting = start(accept("", "b"));
    const job_id running = run(accept("", "c"));
    const job_id ended = run(accept("", "d"));
    m.handle_describe(ended, 1, look_outcome::found, {"Completed", "Completed", ""}, now);
    step();
    machine again{"prod", times, 8};
    again.restore(fold(), now);
    const batch b = again.take();
    again.check_invariants();
    EXPECT_TRUE(b.records.empty());
    EXPECT_EQ(again.find(waiting)->state, state::pending);
    EXPECT_EQ(again.find(running)->state, state::running);
    EXPECT_EQ(again.find(ended)->state, state::succeeded);
    ASSERT_EQ(b.effects.size(), 1U) << "only the start of unknown fate is examined";
    EXPECT_EQ(std::get<effect::verify>(b.effects[0]).job, starting);
    EXPECT_FALSE(again.handle_message(test_message(test_body(), "d"), "h", rules, now))
        << "the ended job is remembered";
    // The intent may have been carried out before the crash.
    again.handle_create(starting, 1, create_outcome::refused_for_now, "", now);
    EXPECT_EQ(again.find(starting)->state, state::starting);
}

TEST_F(Machine, StoppedIsReadByItsSecondaryStatus) {
    struct expectation {
        const char* secondary;
        state end;
    };
    for (const auto& [secondary, end] : {expectation{"MaxRuntimeExceeded", state::failed},
                                         {"Stopped", state::cancelled},
                                         {"MaxWaitTimeExceeded", state::pending},
                                         {"Interrupted", state::pending}}) {
        const job_id id = run(accept(R"(,"max_attempts":2)", secondary));
        m.handle_describe(id, 1, look_outcome::found, {"Stopped", secondary, ""}, now);
        step();
        EXPECT_EQ(state_of(id), end) << secondary;
    }
}

TEST_F(Machine, AStatusThatNobodyKnowsChangesNothing) {
    const job_id id = run(accept());
    for (const char* status : {"Deleting", "Hibernating", ""}) {
        m.handle_describe(id, 1, look_outcome::found, {status, "", ""}, now);
        step();
        EXPECT_EQ(state_of(id), state::running) << status;
    }
}

TEST_F(Machine, AJobThatSageMakerForgotIsNeverStartedAgain) {
    const job_id id = run(accept());
    m.handle_listing_complete(stream{pool}, now + 1s);
    step();
    EXPECT_EQ(effects<effect::describe>(), 1U);
    for (int early = 0; early < 2 * times.verify_looks; ++early) {
        m.handle_describe(id, 1, look_outcome::not_found, {}, now);
        step();
        EXPECT_EQ(state_of(id), state::running) << "SageMaker may not show yet what it has just accepted";
    }
    pass(times.visible_after);
    for (int look = 2; look <= times.verify_looks; ++look) {
        EXPECT_EQ(state_of(id), state::running);
        m.handle_describe(id, 1, look_outcome::not_found, {}, now);
        step();
        pass(times.verify_cap);
    }
    EXPECT_EQ(state_of(id), state::vanished);
    EXPECT_EQ(m.live(), 0U);
}

TEST_F(Machine, AListingDoesNotDoubtWhatItShowedOrWhatCameAfterIt) {
    const job_id shown = run(accept("", "a"));
    now += 10s;
    const wall_time began = now;
    m.handle_listed(stream{pool}, m.find(shown)->sagemaker_name, {"InProgress", "", ""}, now);
    run(accept("", "b"));
    m.handle_listing_complete(stream{pool}, began);
    step();
    EXPECT_EQ(effects<effect::describe>(), 0U);
}

TEST_F(Machine, CancelOfAPendingAndOfARunningJob) {
    const job_id waiting = accept("", "a");
    m.handle_cancel(waiting, now);
    step();
    EXPECT_EQ(state_of(waiting), state::cancelled);
    EXPECT_EQ(commands<quota::withdraw>(), 1U);
    const job_id running = run(accept("", "b"));
    m.handle_cancel(running, now);
    step();
    EXPECT_EQ(state_of(running), state::stopping);
    EXPECT_EQ(effects<effect::stop>(), 1U);
    EXPECT_EQ(commands<quota::release>(), 0U) << "quota stays reserved until the end is seen";
    m.handle_stop(running, 1, false, now);
    step();
    pass(times.verify_cap);
    EXPECT_EQ(effects<effect::stop>(), 1U) << "a stop that failed is sent again";
    m.handle_describe(running, 1, look_outcome::found, {"Completed", "Completed", ""}, now);
    step();
    EXPECT_EQ(state_of(running), state::succeeded) << "completion may win the race";
}

TEST_F(Machine, LateAnswersOfAnEarlierAttemptAreIgnored) {
    const job_id id = run(accept());
    m.handle_describe(id, 1, look_outcome::found, {"Failed", "Failed", "InternalServerError: x"}, now);
    step();
    pass(times.backoff_cap);
    start(id);
    ASSERT_EQ(attempt(id), 2);
    m.handle_create(id, 1, create_outcome::accepted, "", now);
    m.handle_describe(id, 1, look_outcome::found, {"Completed", "Completed", ""}, now);
    m.handle_verify(id, 1, look_outcome::found, {"Completed", "Completed", ""}, tags(id), now);
    step();
    EXPECT_TRUE(out.empty());
    EXPECT_EQ(state_of(id), state::starting);
}

TEST_F(Machine, IdsGrowWhenTheClockStepsBack) {
    const job_id first = accept("", "a");
    now -= std::chrono::hours{1};
    EXPECT_GT(accept("", "b"), first);
}

TEST(Classify, EveryStatusOfTheModel) {
    EXPECT_EQ(classify_end("Completed", "Completed", ""), end_class::success);
    EXPECT_EQ(classify_end("Failed", "Failed", "CapacityError: x"), end_class::capacity);
    EXPECT_EQ(classify_end("Failed", "Failed",
                           "InternalServerError: We encountered an internal error.  Please try again."),
              end_class::platform);
    EXPECT_EQ(classify_end("Failed", "Failed", "AlgorithmError: exit 1"), end_class::user);
    EXPECT_EQ(classify_end("Failed", "Failed", "ClientError: no such image"), end_class::user);
    EXPECT_EQ(classify_end("Failed", "Failed", "something nobody has seen"), end_class::user);
    EXPECT_EQ(classify_end("Stopped", "MaxRuntimeExceeded", ""), end_class::time_limit);
    EXPECT_EQ(classify_end("Stopped", "MaxWaitTimeExceeded", ""), end_class::interruption);
    EXPECT_EQ(classify_end("Stopped", "Stopped", ""), end_class::stopped);
    for (const char* live : {"InProgress", "Stopping", "Deleting", "", "NewStatus"})
        EXPECT_EQ(classify_end(live, "", ""), end_class::not_ended) << live;
}

}  // namespace
}  // namespace trainyard::lifecycle
