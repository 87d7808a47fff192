#include "scheduler/provision/wanted.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "scheduler/provision/external_ids.hpp"

namespace trainyard::provision {
namespace {

config::fleet fleet(const std::string& queues, const std::string& more = "",
                    const std::string& account = "") {
    const std::string yaml =
        "installation: acme\naccounts:\n"
        "  - {id: \"111111111111\", role: arn:aws:iam::111111111111:role/spoke, regions: [us-east-1, "
        "us-west-2], limits: {ml.m5.xlarge: 2}" +
        account + "}\ntenants:\n  - name: v\nqueues:\n" + queues + more;
    auto f = config::parse_fleet(yaml, "fleet.yaml", "/nowhere", {});
    EXPECT_TRUE(f) << f.error().message;
    return *f;
}
const std::string jobs = "  - {name: jobs, region: us-east-1, tenants: [v]}\n";

std::vector<std::string> names(const wanted_fleet& w) {
    std::vector<std::string> out;
    for (const auto& r : w.resources) out.push_back(to_string(r.id));
    std::sort(out.begin(), out.end());
    return out;
}

TEST(Want, APlainFleetNeedsNoSectionOfItsOwn) {
    const auto w = want(fleet(jobs), {"000000000000", {}});
    ASSERT_TRUE(w) << w.error().message;
    EXPECT_EQ(names(*w), (std::vector<std::string>{
                             "queue 000000000000/us-east-1/jobs", "queue 000000000000/us-east-1/jobs-dlq",
                             "role 000000000000/trainyard-hub", "role 111111111111/spoke"}));
    ASSERT_EQ(w->guarded.size(), 1U);
    EXPECT_TRUE(w->guarded[0].external_id.empty()) << "one has to be generated";
}

TEST(Want, AFifoQueueHasFifoDeadLetters) {
    const auto w =
        want(fleet("  - {name: jobs.fifo, region: us-east-1, tenants: [v]}\n"), {"000000000000", {}});
    ASSERT_TRUE(w);
    for (const auto& r : w->resources)
        if (r.id.kind == kind::queue) {
            EXPECT_TRUE(r.id.name.ends_with(".fifo")) << r.id.name;
            EXPECT_EQ(r.attributes.at("FifoQueue"), "true");
            EXPECT_EQ(r.attributes.contains("RedrivePolicy"), r.id.name == "jobs.fifo");
        }
}

TEST(Want, RulesStandWhereAQueueOfEventsIsAndReachItByARole) {
    const auto w = want(fleet(jobs, "events:\n  - {name: e, region: us-west-2}\n"), {"000000000000", {}});
    ASSERT_TRUE(w);
    const auto all = names(*w);
    EXPECT_EQ(std::count(all.begin(), all.end(), "rule 111111111111/us-west-2/trainyard-acme"), 1);
    EXPECT_EQ(std::count(all.begin(), all.end(), "rule 111111111111/us-east-1/trainyard-acme"), 0)
        << "EventBridge reaches no queue of another region";
    EXPECT_EQ(std::count(all.begin(), all.end(), "role 111111111111/trainyard-acme-events"), 1);
}

TEST(Want, AnothersQueueIsLeftOut) {
    const auto w = want(
        fleet("  - {url: \"https://sqs.us-east-1.amazonaws.com/999999999999/theirs\", region: us-east-1, "
              "tenants: [v]}\n"),
        {"000000000000", {}});
    ASSERT_TRUE(w);
    for (const auto& r : w->resources) EXPECT_NE(r.id.kind, kind::queue) << r.id.name;
    ASSERT_EQ(w->notes.size(), 1U);
    EXPECT_NE(w->notes[0].find("another account's"), std::string::npos);
}

TEST(Want, SaysWhatCannotBe) {
    const surroundings s{"000000000000", {}};
    const auto message = [&s](const config::fleet& f) {
        const auto w = want(f, s);
        return w ? std::string{} : w.error().message;
    };
    EXPECT_NE(message(fleet(jobs, "events:\n  - {name: e.fifo, region: us-east-1}\n")).find("FIFO"),
              std::string::npos);
    EXPECT_NE(
        message(fleet(jobs, "", ", execution_role: arn:aws:iam::222222222222:role/x")).find("222222222222"),
        std::string::npos);
    EXPECT_NE(message(fleet(jobs, "provision: {pipelines: [{name: p, definition: p.json}]}\n"))
                  .find("execution_role"),
              std::string::npos);
}

TEST(Want, NamesStayWithinWhatServicesTake) {
    EXPECT_EQ(name_for("acme", "-events", 64), "trainyard-acme-events");
    EXPECT_NE(name_for("a/b", "", 64), name_for("a-b", "", 64));
    EXPECT_EQ(name_for(std::string(128, 'x'), "-events", 64).size(), 64U);
}

TEST(ExternalIds, AreKeptForTheOwnerAlone) {
    const auto folder = std::filesystem::path{testing::TempDir()} / fmt::format("ty-ids-{}", getpid());
    std::filesystem::create_directories(folder);
    const std::string file = (folder / "ids.json").string();
    EXPECT_TRUE(read_external_ids(file)->empty()) << "no file is no id";
    external_ids ids{{"arn:r", generate_external_id()}};
    EXPECT_EQ(ids.at("arn:r").reveal().size(), 48U);
    EXPECT_FALSE(ids.at("arn:r").equals(generate_external_id().reveal()));
    ASSERT_TRUE(write_external_ids(file, ids));
    struct stat is{};
    ASSERT_EQ(stat(file.c_str(), &is), 0);
    EXPECT_EQ(is.st_mode & 0777U, 0600U);
    EXPECT_TRUE(read_external_ids(file)->at("arn:r").equals(ids.at("arn:r").reveal()));
    chmod(file.c_str(), 0644);
    EXPECT_EQ(read_external_ids(file).error().code, errc::permission);
    chmod(file.c_str(), 0600);
    std::ofstream{file} << "broken";
    EXPECT_EQ(read_external_ids(file).error().code, errc::corrupt);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace trainyard::provision
