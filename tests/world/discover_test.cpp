// Limits from Service Quotas: what an account grants is what is used, and an account that does not tell them
// is dispatched to all the same.
#include <fstream>

#include "tests/world/kinds.hpp"

namespace trainyard {
namespace {

class Discover : public Kinds {
protected:
    void open_with(std::int64_t training, std::int64_t processing, const std::string& faults = "",
                   duration approval = {}) {
        aws::local::world_options options;
        options.quota_approval = approval;
        options.instance_limits = {{"*/*/ml.m5.xlarge/training job usage", training},
                                   {"*/*/ml.m5.xlarge/processing job usage", processing}};
        if (!faults.empty()) {
            options.faults_file = (directory / "faults.json").string();
            std::ofstream{options.faults_file} << faults;
        }
        open_aws(options);
        prepare_accounts();
    }
    static std::vector<std::string> jobs() {
        std::vector<std::string> out;
        for (int i = 0; i < 12; ++i) {
            out.push_back(training(fmt::format("t{}", i)));
            out.push_back(processing(fmt::format("p{}", i)));
        }
        return out;
    }
    // One region, whose limits are not in the file.
    std::string discovering(const std::string& more = "") const {
        std::string yaml = fleet_yaml("", more);
        const std::string limits = "limits: {ml.m5.xlarge: 20}", regions = "[us-east-1, us-west-2]";
        yaml.replace(yaml.find(limits), limits.size(), "limits: discover");
        yaml.replace(yaml.find(regions), regions.size(), "[us-east-1]");
        return yaml;
    }
    std::uint64_t over_limit() { return stats().creates_over_limit; }
};

const std::map<std::string, std::size_t> all_24_succeeded{{"succeeded", 24}};

TEST_F(Discover, WhatIsDiscoveredIsUsedAndNothingIsRefused) {
    open_with(3, 2);
    send(jobs());
    const auto report = run(discovering());
    EXPECT_EQ(report.jobs_by_state, all_24_succeeded) << report.message;
    EXPECT_EQ(over_limit(), 0U);
    EXPECT_EQ(report.counts.refused_by_quota, 0U);
    EXPECT_TRUE(notes().empty()) << notes().front();
}

TEST_F(Discover, WithoutPermissionTheReasonIsToldAndRefusalsTeachTheLimit) {
    open_with(1, 1, R"([{"service":"servicequotas","effect":"access_denied"}])");
    send(jobs());
    const auto report = run(discovering());
    EXPECT_EQ(report.jobs_by_state, all_24_succeeded) << report.message;
    EXPECT_GT(report.counts.refused_by_quota, 0U);
    ASSERT_EQ(notes().size(), 1U);
    EXPECT_NE(notes()[0].find("111111111111/us-east-1"), std::string::npos) << notes()[0];
    EXPECT_NE(notes()[0].find("AccessDenied"), std::string::npos) << notes()[0];
    EXPECT_NE(notes()[0].find("allow servicequotas:ListServiceQuotas"), std::string::npos) << notes()[0];
}

TEST_F(Discover, AnApprovedIncreaseIsFoundWhileItRuns) {
    open_with(0, 2, "", 2s);
    std::vector<std::string> bodies;
    for (int i = 0; i < 4; ++i) bodies.push_back(training(fmt::format("t{}", i)));
    send(bodies);
    // Of training on ml.m5.xlarge.
    call("servicequotas", "ServiceQuotasV20190624.RequestServiceQuotaIncrease",
         R"({"ServiceCode":"sagemaker","QuotaCode":"L-CCE2AFA6","DesiredValue":2})");
    const auto report = run(discovering("discover_seconds: 1\n"));
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"succeeded", 4}})) << report.message;
    EXPECT_EQ(over_limit(), 0U);
}

}  // namespace
}  // namespace trainyard
