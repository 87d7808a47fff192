#include "scheduler/provision/plan.hpp"

#include <gtest/gtest.h>

#include "scheduler/provision/canonical.hpp"
#include "scheduler/provision/show.hpp"

namespace trainyard::provision {
namespace {

resource_id queue(const std::string& name) {
    return {kind::queue, "000000000000", "us-east-1", name};
}
observed_resource ours(attributes a) {
    return {"arn", "url", "acme", std::move(a)};
}

struct row {
    const char* what;
    attributes want, have;
    std::vector<std::string> changes;  // attribute: before -> after; "-" is nothing
};

TEST(Plan, ComparesWhatIsWantedAndWhatIsExclusive) {
    const std::vector<row> table{
        {"the same", {{"a", "1"}}, {{"a", "1"}}, {}},
        {"other", {{"a", "1"}}, {{"a", "2"}}, {"a: 2 -> 1"}},
        {"missing", {{"a", "1"}}, {}, {"a: - -> 1"}},
        {"what nobody asked for stays", {{"a", "1"}}, {{"a", "1"}, {"b", "2"}, {"tag:x", "y"}}, {}},
        {"but not beside what is ours alone",
         {{"policy:p", "{}"}},
         {{"policy:p", "{}"}, {"policy:q", "Q"}, {"attached:r", "yes"}, {"target:s", "S"}},
         {"attached:r: yes -> -", "policy:q: Q -> -", "target:s: S -> -"}},
        {"JSON in another form",
         {{"p", R"({"A":["x","y"],"B":[1]})"}},
         {{"p", R"({ "B": "1", "A": ["y", "x"] })"}},
         {}},
        {"JSON with other content",
         {{"p", R"({"A":"x"})"}},
         {{"p", R"({"A":"z"})"}},
         {R"(p: {"A":"z"} -> {"A":"x"})"}},
    };
    for (const row& r : table) {
        const plan p = make_plan({{queue("q"), 0, r.want}}, {{queue("q"), ours(r.have)}}, "acme");
        ASSERT_TRUE(p.refusals.empty()) << r.what;
        std::vector<std::string> changes;
        for (const step& s : p.steps) {
            EXPECT_EQ(s.action, action::update) << r.what;
            for (const change& c : s.changes)
                changes.push_back(c.attribute + ": " + c.before.value_or("-") + " -> " +
                                  c.after.value_or("-"));
        }
        EXPECT_EQ(changes, r.changes) << r.what;
    }
}

TEST(Plan, GoesUpTheRanksAndDownAgain) {
    const std::vector<wanted_resource> wanted{{queue("c"), 2, {}}, {queue("a"), 0, {}}, {queue("b"), 1, {}}};
    std::string up, down;
    for (const step& s : make_plan(wanted, {}, "acme").steps) up += s.id.name;
    observation seen;
    for (const auto& w : wanted) seen.emplace(w.id, ours({}));
    for (const step& s : make_destruction(wanted, seen, "acme").steps) down += s.id.name;
    EXPECT_EQ(up, "abc");
    EXPECT_EQ(down, "cba");
}

TEST(Plan, LeavesAloneWhatHasNoTagOrAnothers) {
    const std::vector<wanted_resource> wanted{{queue("none"), 0, {{"a", "1"}}},
                                              {queue("other"), 0, {{"a", "1"}}}};
    observation seen{{queue("none"), ours({})}, {queue("other"), ours({})}};
    seen.at(queue("none")).owner.clear();
    seen.at(queue("other")).owner = "other";
    for (const plan& p : {make_plan(wanted, seen, "acme"), make_destruction(wanted, seen, "acme")}) {
        EXPECT_TRUE(p.steps.empty());
        ASSERT_EQ(p.refusals.size(), 2U);
        EXPECT_NE(p.refusals[0].reason.find("was not made by Trainyard"), std::string::npos);
        EXPECT_NE(p.refusals[1].reason.find("belongs to the installation 'other'"), std::string::npos);
    }
}

TEST(Plan, RefusesToMoveARole) {
    const resource_id id{kind::role, "000000000000", "", "r"};
    const plan p = make_plan({{id, 0, {{"path", "/a/"}}}}, {{id, ours({{"path", "/"}})}}, "acme");
    EXPECT_TRUE(p.steps.empty());
    ASSERT_EQ(p.refusals.size(), 1U);
    EXPECT_NE(p.refusals[0].reason.find("cannot be changed"), std::string::npos);
}

TEST(Plan, ShowsWhatDiffersAndNoSecret) {
    const resource_id id{kind::role, "000000000000", "", "r"};
    const std::string many(200, 'x');
    const auto document = [&](const std::string& last) {
        return R"({"Statement":[{"Sid":")" + many + R"("},{"Sid":")" + last + R"("}]})";
    };
    const plan p = make_plan({{id, 0, {{"external_id", "s3cret"}, {"policy:p", document("new")}}}},
                             {{id, ours({{"external_id", "0ld"}, {"policy:p", document("old")}})}}, "acme");
    EXPECT_EQ(show_plan(p),
              "~ role 000000000000/r\n"
              "    ~ external_id: (secret) -> (secret)\n"
              "    ~ policy:p:\n"
              "        - Statement {\"Sid\":\"old\"}\n"
              "        + Statement {\"Sid\":\"new\"}\n"
              "0 to create, 1 to change, 0 to destroy\n");
    EXPECT_EQ(show_plan({}), "nothing to do\n");
}

TEST(Canonical, TakesTheExternalIdOut) {
    const auto split = split_external_id(
        R"({"Statement":[{"Condition":{"StringEquals":{"sts:ExternalId":["abc"]}},"Action":"sts:AssumeRole"}]})");
    EXPECT_EQ(split.external_id, "abc");
    EXPECT_EQ(
        split.document,
        R"({"Statement":{"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"${external_id}"}}}})");
    EXPECT_EQ(split_external_id("{}").external_id, "");
}

}  // namespace
}  // namespace trainyard::provision
