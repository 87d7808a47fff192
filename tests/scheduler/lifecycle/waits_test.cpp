// What waits: for other jobs, for a time, for a stop, for the outlets of a queue.
#include "scheduler/lifecycle/event.hpp"
#include "scheduler/lifecycle/result_message.hpp"
#include "tests/scheduler/lifecycle/fixture.hpp"
#include "tests/scheduler/lifecycle/requests.hpp"

namespace trainyard::lifecycle {
namespace {

class Waits : public Machine {
protected:
    job_id take(const std::string& name, const std::string& envelope = "",
                const std::string& tenant = "vision") {
        const std::string body = R"({"kind":"training","name":")" + name + R"(","tenant":")" + tenant + "\"" +
                                 envelope + R"(,"request":)" + test_request() + "}";
        const auto id =
            m.handle_message(test_message(body, name + std::to_string(++messages)), "h", rules, now);
        EXPECT_TRUE(id);
        step();
        return id.value_or(0);
    }
    job_id take_kind(kind k, const std::string& more = "") {
        const auto id = m.handle_message(test_message(envelope_of(k, more), "k" + std::to_string(++messages)),
                                         "h", rules, now);
        step();
        EXPECT_EQ(state_of(*id), state::pending) << m.find(*id)->reason;
        return *id;
    }
    void end_with(job_id id, const sighting& seen) {
        if (state_of(id) == state::pending) run(id);
        m.handle_describe(id, attempt(id), look_outcome::found, seen, now);
        step();
    }
    void succeed(job_id id) { end_with(id, {"Completed", "Completed", ""}); }
    // No answer comes, three looks find nothing, and the second Create is accepted.
    void start_at_the_second_create(job_id e) {
        m.handle_start(e, pool, now);
        step();
        m.handle_create(e, 1, create_outcome::unknown, "", now);
        step();
        for (int i = 0; i < 3; ++i) {
            m.handle_verify(e, 1, look_outcome::not_found, {}, {}, now);
            step();
            pass(10s);
        }
        m.handle_create(e, 1, create_outcome::accepted, "arn:e", now);
        step();
    }
    void break_down(job_id id) { end_with(id, {"Failed", "Failed", "AlgorithmError: x"}); }
    bool is_ready(job_id id) const {
        for (const auto& c : out.quota)
            if (const auto* p = std::get_if<quota::make_pending>(&c); p != nullptr && p->job == id)
                return true;
        return false;
    }
    int messages = 0;
};

TEST_F(Waits, AJobWaitsUntilAllOthersHaveSucceeded) {
    const job_id a = take("a"), b = take("b");
    const job_id c = take("c", R"(,"depends_on":["a",")" + to_text(b) + R"("])");
    EXPECT_FALSE(is_ready(c));
    succeed(a);
    pass(1s);
    EXPECT_FALSE(is_ready(c));
    succeed(b);
    pass(0s);
    EXPECT_TRUE(is_ready(c));
    EXPECT_TRUE(m.find(c)->progress.released);
    machine again{"prod", times, 1};
    again.restore(fold(), now);
    const batch after = again.take();
    EXPECT_EQ(std::count_if(after.quota.begin(), after.quota.end(),
                            [&](const quota_t& q) { return std::holds_alternative<quota::make_pending>(q); }),
              1);
}

TEST_F(Waits, TheFirstThatFailsEndsWhatNeedsAll) {
    const job_id a = take("a");
    take("b");
    const job_id c = take("c", R"(,"depends_on":["a","b"])");
    const job_id d = take("d", R"(,"depends_on":["c"])");
    break_down(a);
    pass(0s);
    EXPECT_EQ(state_of(c), state::cancelled);
    EXPECT_EQ(m.find(c)->reason, "depends on a, which failed");
    pass(0s);
    EXPECT_EQ(state_of(d), state::cancelled) << "and so on down the chain";
}

TEST_F(Waits, AnyAndAlways) {
    const job_id a = take("a"), b = take("b");
    const job_id any = take("any", R"(,"depends_on":{"any":["a","b"]})");
    const job_id always = take("always", R"(,"depends_on":{"always":["a","b"]})");
    break_down(a);
    pass(0s);
    EXPECT_EQ(state_of(any), state::pending);
    EXPECT_FALSE(is_ready(always));
    break_down(b);
    pass(0s);
    EXPECT_EQ(state_of(any), state::cancelled) << "none succeeded";
    EXPECT_TRUE(is_ready(always));
    const job_id late = take("late", R"(,"depends_on":{"any":["b","a"]})");
    EXPECT_EQ(state_of(late), state::cancelled) << "known at once";
}

TEST_F(Waits, NamesAreTheTenantsOwnAndMayComeLater) {
    const job_id theirs = take("prep", "", "speech");
    const job_id mine = take("train", R"(,"depends_on":["prep"])");
    succeed(theirs);
    pass(0s);
    EXPECT_FALSE(is_ready(mine)) << "another tenant's job of that name";
    const job_id by_id = take("spy", R"(,"depends_on":[")" + to_text(theirs) + R"("])");
    EXPECT_FALSE(is_ready(by_id)) << "nor by its id";
    succeed(take("prep"));
    pass(0s);
    EXPECT_TRUE(is_ready(mine));
}

TEST_F(Waits, LongerThanAllowedIsExpired) {
    const job_id a = take("a", R"(,"max_wait_seconds":60)"), b = take("b", R"(,"max_wait_seconds":60)");
    const job_id c = take("c", R"(,"max_wait_seconds":60,"depends_on":["never"])");
    run(b);
    pass(59s);
    EXPECT_EQ(state_of(a), state::pending);
    pass(1s);
    EXPECT_EQ(state_of(a), state::expired);
    EXPECT_EQ(state_of(c), state::expired);
    EXPECT_EQ(state_of(b), state::running) << "only waiting is bounded";
    EXPECT_EQ(m.counts().expired, 2U);
    EXPECT_TRUE(is_terminal(fold().front().state));
}

TEST_F(Waits, ExpiryThatPassesDuringARefusedStartIsNotForgotten) {
    const job_id a = take("a", R"(,"max_wait_seconds":60)");
    start(a);
    pass(61s);
    m.handle_create(a, 1, create_outcome::refused_by_quota, "full", now);
    step();
    pass(0s);
    EXPECT_EQ(state_of(a), state::expired);
}

TEST_F(Waits, APreemptedJobComesBackUncharged) {
    const job_id a = take("a", R"(,"preemptible":true,"max_attempts":1)"), b = take("b");
    run(a);
    run(b);
    EXPECT_FALSE(m.handle_preempt(b, "for c", now)) << "not preemptible";
    EXPECT_TRUE(m.handle_preempt(a, "for c", now));
    EXPECT_FALSE(m.handle_preempt(a, "for c", now)) << "once";
    step();
    EXPECT_EQ(effects<effect::stop>(), 1U);
    EXPECT_EQ(state_of(a), state::stopping);
    end_with(a, {"Stopped", "Stopped", ""});
    EXPECT_EQ(state_of(a), state::pending);
    EXPECT_EQ(m.find(a)->reason, "preempted");
    EXPECT_EQ(m.find(a)->progress.uncharged, 1);
    EXPECT_EQ(m.find(a)->progress.cause, stop_cause::none);
    pass(1s);
    EXPECT_TRUE(is_ready(a));
    run(a);
    EXPECT_EQ(attempt(a), 2);
    succeed(a);
    EXPECT_EQ(state_of(a), state::succeeded);
}

TEST_F(Waits, AJobThatWinsTheRaceAgainstItsPreemptionHasSucceeded) {
    const job_id a = take("a", R"(,"preemptible":true)");
    run(a);
    m.handle_preempt(a, "for c", now);
    step();
    succeed(a);
    EXPECT_EQ(state_of(a), state::succeeded);
}

TEST_F(Waits, APreemptionSurvivesARestart) {
    const job_id a = take("a", R"(,"preemptible":true)");
    run(a);
    m.handle_preempt(a, "for c", now);
    step();
    machine again{"prod", times, 1};
    again.restore(fold(), now);
    const batch first = again.take();
    EXPECT_EQ(std::count_if(first.effects.begin(), first.effects.end(),
                            [](const effect_t& e) { return std::holds_alternative<effect::stop>(e); }),
              1)
        << "whether the stop was sent nobody knows";
    again.handle_describe(a, 1, look_outcome::found, {"Stopped", "Stopped", ""}, now);
    EXPECT_EQ(again.find(a)->state, state::pending);
    again.check_invariants();
}

TEST_F(Waits, ACancelDuringTheStartIsKept) {
    const job_id a = take("a"), b = take("b"), c = take("c");
    for (const job_id id : {a, b, c}) {
        start(id);
        m.handle_cancel(id, now);
        step();
        EXPECT_EQ(state_of(id), state::starting);
    }
    m.handle_create(a, 1, create_outcome::accepted, "arn", now);
    step();
    EXPECT_EQ(state_of(a), state::stopping);
    EXPECT_EQ(effects<effect::stop>(), 1U);
    end_with(a, {"Stopped", "Stopped", ""});
    EXPECT_EQ(state_of(a), state::cancelled);
    m.handle_create(b, 1, create_outcome::refused_by_quota, "full", now);
    step();
    EXPECT_EQ(state_of(b), state::cancelled);
    m.handle_create(c, 1, create_outcome::unknown, "reset", now);
    step();
    m.handle_verify(c, 1, look_outcome::found, {"InProgress", "", ""}, tags(c), now);
    step();
    EXPECT_EQ(state_of(c), state::stopping);
}

TEST_F(Waits, WantOfCapacityAndInterruptionsCostNoAttempt) {
    const job_id a = take("a", R"(,"max_attempts":1)");
    for (int i = 1; i <= 5; ++i) {
        run(a);
        end_with(a, i % 2 ? sighting{"Failed", "Failed", "CapacityError: none"}
                          : sighting{"Stopped", "MaxWaitTimeExceeded", ""});
        ASSERT_EQ(state_of(a), state::pending) << i;
        EXPECT_EQ(commands<quota::refuse>(), i % 2 ? 1U : 0U);
        EXPECT_EQ(m.find(a)->progress.uncharged, i);
        pass(11min);
    }
    run(a);
    end_with(a, {"Failed", "Failed", "InternalServerError: x"});
    EXPECT_EQ(state_of(a), state::failed);
    EXPECT_EQ(m.find(a)->reason, "attempt 1 of 1: InternalServerError: x");
}

TEST_F(Waits, UserFailuresAreRepeatedOnlyWhenAsked) {
    const job_id a = take("a", R"(,"max_attempts":2,"retry_user_failures":true)"),
                 b = take("b", R"(,"max_attempts":2)");
    break_down(a);
    break_down(b);
    EXPECT_EQ(state_of(a), state::pending);
    EXPECT_EQ(state_of(b), state::failed);
    pass(10min);
    succeed(a);
    EXPECT_EQ(attempt(a), 2);
}

TEST_F(Waits, AnEndpointServesForItsLifetime) {
    const job_id e = take_kind(kind::endpoint, R"(,"lifetime_seconds":3600)");
    run(e);
    m.handle_listed(stream{pool, kind::endpoint}, m.find(e)->sagemaker_name, {"InService", "", "", "arn:e"},
                    now);
    step();
    EXPECT_EQ(state_of(e), state::running);
    EXPECT_EQ(m.find(e)->reason, "in service");
    EXPECT_EQ(m.find(e)->progress.output, "arn:e");
    pass(3599s);
    EXPECT_EQ(effects<effect::stop>(), 0U);
    pass(1s);
    EXPECT_EQ(effects<effect::stop>(), 1U);
    EXPECT_EQ(state_of(e), state::stopping);
    m.handle_stop(e, 1, true, now);
    step();
    pass(1min);
    EXPECT_EQ(effects<effect::describe>(), 1U) << "no list shows what is gone";
    m.handle_describe(e, 1, look_outcome::found, {"Deleting", "", ""}, now);
    for (int i = 0; i < 3; ++i) {
        pass(1min);
        m.handle_describe(e, 1, look_outcome::not_found, {}, now);
        step();
    }
    EXPECT_EQ(state_of(e), state::succeeded);
    EXPECT_EQ(m.find(e)->reason, "deleted at the end of its lifetime");
}

TEST_F(Waits, AnEndpointThatALateCreateBringsBackIsDeletedAgain) {
    const job_id e = take_kind(kind::endpoint, R"(,"lifetime_seconds":60)");
    const auto look = [&](look_outcome outcome, const std::string& status = "") {
        m.handle_describe(e, 1, outcome, {status, "", "", "arn:e"}, now);
        step();
    };
    start_at_the_second_create(e);
    look(look_outcome::found, "InService");
    pass(1min);
    EXPECT_EQ(state_of(e), state::stopping);
    m.handle_stop(e, 1, true, now);
    for (int i = 0; i < 3; ++i) {
        pass(10s);
        look(look_outcome::not_found);
    }
    EXPECT_EQ(state_of(e), state::stopping) << "the first Create may still be under way";
    pass(15min);
    EXPECT_EQ(effects<effect::describe>(), 1U);
    look(look_outcome::found, "InService");
    pass(1min);
    EXPECT_EQ(effects<effect::stop>(), 1U) << "it came to life again";
    m.handle_stop(e, 1, true, now);
    for (int i = 0; i < 3; ++i) {
        pass(1min);
        look(look_outcome::not_found);
    }
    EXPECT_EQ(state_of(e), state::succeeded);
}

TEST_F(Waits, AnEndpointWhoseOnlyCreateTookEffectIsGoneOnceDeleted) {
    const job_id e = take_kind(kind::endpoint, R"(,"lifetime_seconds":60)");
    m.handle_start(e, pool, now);
    step();
    m.handle_create(e, 1, create_outcome::unknown, "", now);
    step();
    m.handle_verify(e, 1, look_outcome::found, {"InService", "", "", "arn:e"}, tags(e), now);
    step();
    pass(1min);
    EXPECT_EQ(state_of(e), state::stopping);
    m.handle_stop(e, 1, true, now);
    for (int i = 0; i < 3; ++i) {
        pass(10s);
        m.handle_describe(e, 1, look_outcome::not_found, {}, now);
        step();
    }
    EXPECT_EQ(state_of(e), state::succeeded) << "no other Create is under way";
}

TEST_F(Waits, AFailedEndpointKeepsItsNameWhileACreateIsUnderWay) {
    const job_id e = take_kind(kind::endpoint);
    start_at_the_second_create(e);
    m.handle_describe(e, 1, look_outcome::found, {"Failed", "", "CapacityError: x", "arn:e"}, now);
    step();
    EXPECT_EQ(state_of(e), state::running);
    EXPECT_EQ(effects<effect::stop>(), 0U);
    pass(15min);
    EXPECT_EQ(effects<effect::describe>(), 1U);
    m.handle_describe(e, 1, look_outcome::found, {"Failed", "", "CapacityError: x", "arn:e"}, now);
    step();
    EXPECT_EQ(state_of(e), state::pending);
    EXPECT_EQ(effects<effect::stop>(), 1U);
}

TEST_F(Waits, AnEndpointThatDisappearsWithoutBeingAskedHasVanished) {
    const job_id e = take_kind(kind::endpoint);
    run(e);
    pass(times.visible_after);
    for (int i = 0; i < 3; ++i) {
        m.handle_describe(e, 1, look_outcome::not_found, {}, now);
        step();
        pass(1min);
    }
    EXPECT_EQ(state_of(e), state::vanished);
}

TEST_F(Waits, AFailedEndpointIsClearedAwayAndTriedAgain) {
    const job_id e = take_kind(kind::endpoint, R"(,"max_attempts":2)");
    run(e);
    m.handle_describe(e, 1, look_outcome::found, {"Failed", "", "InternalServerError: x"}, now);
    step();
    EXPECT_EQ(state_of(e), state::pending);
    ASSERT_EQ(effects<effect::stop>(), 1U);
    m.handle_stop(e, 1, true, now);
    pass(1min);
    run(e);
    EXPECT_EQ(state_of(e), state::running);
    EXPECT_EQ(attempt(e), 2);
}

TEST_F(Waits, APipelineExecutionIsKnownByItsArn) {
    const job_id p = take_kind(kind::pipeline);
    start(p);
    m.handle_create(p, 1, create_outcome::accepted, "arn:x/execution/1", now);
    step();
    EXPECT_EQ(out.records.back().progress.arn, "arn:x/execution/1");
    const stream where{pool, kind::pipeline, "nightly"};
    EXPECT_EQ(m.streams(), std::vector<stream>{where});
    const std::string name = m.find(p)->sagemaker_name;
    m.handle_listed(where, name, {"Failed", "", "step", "arn:x/execution/2"}, now);
    step();
    EXPECT_EQ(effects<effect::describe>(), 0U) << "somebody else's execution of that display name";
    EXPECT_TRUE(m.handle_hint(pool, kind::pipeline, "arn:x/execution/1", "Succeeded"));
    EXPECT_FALSE(m.handle_hint(pool, kind::pipeline, "arn:x/execution/2", "Succeeded"));
    step();
    ASSERT_EQ(effects<effect::describe>(), 1U);
    EXPECT_EQ(std::get<effect::describe>(out.effects[0]).arn, "arn:x/execution/1");
    m.handle_describe(p, 1, look_outcome::found, {"Succeeded", "", "", "arn:x/execution/1", "out"}, now);
    step();
    EXPECT_EQ(state_of(p), state::succeeded);
    EXPECT_EQ(m.find(p)->progress.output, "out");
}

TEST_F(Waits, AnEventAloneChangesNothing) {
    const job_id a = take("a");
    run(a);
    const std::string name = m.find(a)->sagemaker_name;
    EXPECT_FALSE(m.handle_hint(pool, kind::training, name, "InProgress")) << "no news";
    EXPECT_FALSE(m.handle_hint(pool, kind::training, "ty-other", "Failed"));
    EXPECT_FALSE(m.handle_hint("other", kind::training, name, "Failed"));
    EXPECT_TRUE(m.handle_hint(pool, kind::training, name, "Failed"));
    EXPECT_TRUE(m.handle_hint(pool, kind::training, name, "Failed"));
    step();
    EXPECT_EQ(state_of(a), state::running);
    EXPECT_EQ(effects<effect::describe>(), 1U) << "five events, one look";
    m.handle_describe(a, 1, look_outcome::found, {"InProgress", "Training", ""}, now);
    step();
    EXPECT_EQ(state_of(a), state::running) << "the event lied";
}

TEST_F(Waits, AnEventThatIsFasterThanTheAnswerOfTheCreateIsKept) {
    const job_id a = take("a");
    start(a);
    EXPECT_FALSE(m.handle_hint(pool, kind::training, m.find(a)->sagemaker_name, "Completed"));
    step();
    EXPECT_TRUE(out.empty());
    m.handle_create(a, 1, create_outcome::accepted, "arn", now);
    step();
    EXPECT_EQ(effects<effect::describe>(), 1U);
}

TEST_F(Waits, OutletsAreToldUntilItWasSent) {
    m.set_outlets({{"jobs", {true, false}}});
    const job_id a = take("a"), b = take("b");
    succeed(b);
    EXPECT_EQ(effects<effect::tell>(), 0U) << "only the hopeless goes to the reject queue";
    break_down(a);
    ASSERT_EQ(effects<effect::tell>(), 1U);
    EXPECT_EQ(m.untold(), 1U);
    const wall_time ended = m.find(a)->updated;
    m.handle_told(a, false, now);
    step();
    pass(10s);
    EXPECT_EQ(effects<effect::tell>(), 1U);
    machine again{"prod", times, 1};
    again.restore(fold(), now);
    EXPECT_EQ(again.untold(), 1U);
    EXPECT_EQ(again.take().effects.size(), 1U) << "a restart does not forget it";
    m.handle_told(a, true, now);
    step();
    EXPECT_EQ(m.untold(), 0U);
    ASSERT_EQ(out.records.size(), 1U);
    EXPECT_EQ(out.records[0].to, state::failed);
    EXPECT_EQ(m.find(a)->updated, ended);
    m.handle_told(a, true, now);
    step();
    EXPECT_TRUE(out.empty()) << "once";
}

TEST_F(Waits, AResultTellsWhatCameOut) {
    m.set_outlets({{"jobs", {false, true}}});
    const job_id a = take("a");
    run(a);
    m.handle_listed(stream{pool}, m.find(a)->sagemaker_name, {"Completed", "Completed", ""}, now);
    step();
    EXPECT_EQ(effects<effect::describe>(), 1U) << "a summary has neither artifact nor billable time";
    m.handle_describe(a, 1, look_outcome::found, {"Completed", "Completed", "", "arn", "s3://b/m.tar.gz", 77},
                      now);
    step();
    const auto text = result_message(*m.find(a));
    for (const char* part : {R"("state":"succeeded")", R"("output":"s3://b/m.tar.gz")",
                             R"("billable_seconds":77)", R"("charged_attempts":1)", R"("message_id":"a1")"})
        EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST_F(Waits, AFailedJobsCopyCanBeSubmittedAgain) {
    for (const kind k : every_kind) {
        const auto first =
            admit(test_message(envelope_of(k, R"(,"max_attempts":4,"preemptible":true)")), rules);
        job j;
        j.facts = first.facts;
        j.state = state::failed;
        const auto again = admit(test_message(reject_copy(j, first.request)), rules);
        ASSERT_FALSE(again.refused) << again.refused->pointer << again.refused->reason;
        EXPECT_EQ(again.request, first.request);
        EXPECT_EQ(again.facts.spec_hash, first.facts.spec_hash);
        EXPECT_EQ(again.facts.demand, first.facts.demand);
        EXPECT_EQ(again.facts.max_attempts, 4);
    }
}

}  // namespace
}  // namespace trainyard::lifecycle
