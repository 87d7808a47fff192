// Whatever a message says, nothing that Trainyard would send for it leaves the tenant's roles, accounts,
// regions, pools and quota. Bodies are generated from requests of every kind by changes that an attacker
// would try; TRAINYARD_HOSTILE_BODIES sets how many (20,000 unless given).
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <set>

#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"
#include "tests/scheduler/lifecycle/fixture.hpp"
#include "tests/scheduler/lifecycle/requests.hpp"

namespace trainyard::lifecycle {
namespace {

// Texts of somebody else's, and texts that look like the tenant's own to a careless reader.
const std::string hostile_values[] = {
    R"("arn:aws:iam::999999999999:role/admin")",
    R"("arn:aws:iam::111111111111:role/admin")",
    R"("arn:aws:iam::111111111111:role/trainer")",
    R"("arn:aws:iam::111111111111:role/trainer/../admin")",
    R"("arn:aws:iam::111111111111:role\/trainer\u0000")",
    R"("\u0061rn:aws:iam::999999999999:role/admin")",
    R"("arn:aws:iam::\uff11\uff11\uff11111111111:role/trainer")",
    R"("arn:aws-cn:iam::999999999999:role/x")",
    R"("arn:aws:iam:us-east-1:999999999999:role/x")",
    R"("arn:aws:sts::999999999999:assumed-role/x/y")",
    R"("arn:aws:iam::${pool.account}:role/admin")",
    R"("${pool.execution_role}")",
    R"("${pool.execution_role}-admin")",
    R"("${pool.execution_role}${pool.account}")",
    R"("${pool.account")",
    R"("${${pool.name}}")",
    R"("$\u007bpool.bucket}")",
    R"("arn:aws:sagemaker:eu-west-1:111111111111:pipeline/x")",
    R"("arn:aws:sagemaker:us-east-1:999999999999:model/x")",
    R"("arn:aws:sagemaker:${pool.region}:${pool.account}:pipeline/x")",
    R"("arn:aws:sagemaker:us-east-1:111111111111:pipeline/x")",
    R"("arn:aws:kms:us-east-1:999999999999:key/k")",
    R"("arn:aws:s3:::bucket")",
    R"("arn:")",
    R"("arn:aws")",
    R"("arn::::999999999999:")",
    R"("s3://somebody-elses")",
    R"("\u202earn:aws:iam::999999999999:role/x")",
    R"("")",
    "null",
    "true",
    "-1",
    "0",
    "1e308",
    "99999999999999999999",
    "1.5",
    "100000",
    "[]",
    "{}",
    R"({"RoleArn":"arn:aws:iam::999999999999:role/admin"})",
    R"([{"Key":"trainyard:owner","Value":"me"}])",
    R"([{"Key":"\u0074rainyard:job","Value":"me"}])",
    R"({"AWS_PROFILE":"admin"})",
    R"({"EnableRemoteDebug":true})",
};

const std::string hostile_members[] = {
    "RoleArn",
    "ExecutionRoleArn",
    "Tags",
    "pools",
    "tenant",
    "priority",
    "resources",
    "kind",
    "Environment",
    "RemoteDebugConfig",
    "name",
    "max_attempts",
    "VpcConfig",
    "PipelineName",
    "TrainingJobName",
    "request",
    "depends_on",
    "KmsKeyId",
    "EndpointName",
    "PipelineExecutionDisplayName",
    "Role\\u0041rn",
    "ClientRequestToken",
    "PipelineExecutionDescription",
    "HyperParameters",
    "InstanceGroups",
    "InstanceCount",
    "InstanceType",
    "lifetime_seconds",
    "MaxParallelTrainingJobs",
    "InstanceConfigs",
};

const std::string endpoint_with_config =
    R"({"kind":"endpoint","name":"e","lifetime_seconds":60,"request":{"EndpointConfig":{"ProductionVariants":[)"
    R"({"VariantName":"v","ModelName":"m","InstanceType":"ml.m5.xlarge","InitialInstanceCount":1}],)"
    R"("ExecutionRoleArn":"${pool.execution_role}","KmsKeyId":"k"}}})";

// Copies a document with some of its values replaced and some members added.
class spoiler {
public:
    explicit spoiler(rng& r) : random_(r) {}

    std::string spoil(const std::string& body) {
        const auto parsed = json::document::parse(body);
        std::string out;
        copy(parsed->root(), out);
        return out;
    }

private:
    bool chance(std::uint64_t one_in) { return random_.below(one_in) == 0; }
    template <std::size_t N>
    const std::string& any(const std::string (&list)[N]) {
        return list[random_.below(N)];
    }
    void member(const std::string& key, std::string& out) {
        if (out.back() != '{') out += ',';
        out += '"' + key + "\":";
    }
    void copy(json::value v, std::string& out) {
        if (chance(24)) {
            out += any(hostile_values);
        } else if (v.is_object()) {
            out += '{';
            std::set<std::string> used;
            for (auto i = v.members().begin(); i != v.members().end(); ++i) {
                used.insert(std::string{i.key()});
                if (chance(60)) continue;
                member(std::string{i.key()}, out);
                copy(*i, out);
            }
            if (chance(8)) {
                const std::string& added = any(hostile_members);
                if (used.insert(added).second) {
                    member(added, out);
                    out += any(hostile_values);
                }
            }
            out += '}';
        } else if (v.is_array()) {
            out += '[';
            for (const json::value e : v.elements()) {
                if (out.back() != '[') out += ',';
                copy(e, out);
            }
            out += ']';
        } else {
            json::writer w;
            out += w.copy(v).text();
        }
    }

    rng& random_;
};

std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> parts{""};
    for (const char c : text) {
        if (c == at) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

// Reads what would be sent anew, and knows nothing of how it was checked. Empty: nothing is wrong.
std::string leaves(json::value v, std::string_view key, const tenant_rules& tenant, const pool_values& pool) {
    if (const auto text = v.string()) {
        const std::string s{*text};
        const bool own_role = s == pool.execution_role ||
                              std::find(tenant.roles.begin(), tenant.roles.end(), s) != tenant.roles.end();
        if ((key == "RoleArn" || key == "ExecutionRoleArn") && !own_role) return "role " + s;
        if (s.find("${") != std::string::npos) return "placeholder " + s;
        const auto parts = split(s, ':');
        if (parts[0] != "arn" || parts.size() < 5 || own_role) return {};
        if (parts[2] == "iam") return "role " + s;
        const bool foreign =
            parts[4].size() == 12 &&
            std::find(tenant.accounts.begin(), tenant.accounts.end(), parts[4]) == tenant.accounts.end();
        if (foreign) return "account " + s;
        if (parts[2] == "sagemaker" && parts[4] != "aws" && parts[3] != "us-east-1") return "region " + s;
        return {};
    }
    if (key == "EnableRemoteDebug" && v.boolean().value_or(false)) return "remote debug";
    if ((key == "RoleArn" || key == "ExecutionRoleArn") && !v.is_null()) return "a role that is no text";
    for (const json::value e : v.elements())
        if (auto r = leaves(e, "", tenant, pool); !r.empty()) return r;
    for (auto i = v.members().begin(); i != v.members().end(); ++i) {
        if (key == "Environment" && i.key().starts_with("AWS_")) return "variable";
        if (auto r = leaves(*i, i.key(), tenant, pool); !r.empty()) return r;
    }
    return {};
}

std::string judge(const admission& a, const queue_rules& rules) {
    const job_facts& f = a.facts;
    const auto tenant = rules.rules.find(f.tenant);
    if (tenant == rules.rules.end()) return "tenant";
    if (f.priority > rules.priority_cap) return "priority";
    if (f.demand.empty()) return "no demand";
    for (const demand_item& d : f.demand)
        if (d.instances < 1 || !d.resource.starts_with("ml.")) return "demand of " + d.resource;
    for (const std::string& p : f.pools)
        if (std::find(tenant->second.pools.begin(), tenant->second.pools.end(), p) ==
            tenant->second.pools.end())
            return "pool " + p;
    for (const std::string& account : tenant->second.accounts) {
        const pool_values pool{account + "/us-east-1", account, "us-east-1",
                               "arn:aws:iam::" + account + ":role/exec", "s3://bucket-" + account};
        const auto built = build_request(a.request, f, 1, "prod", pool);
        if (!built) continue;  // it is refused before anything is sent
        const auto parsed = json::document::parse(*built, {16U << 20U, 64, 20'000, 2U << 20U});
        if (!parsed) return "no JSON: " + parsed.error().message;
        const json::value root = parsed->root();
        if (f.terms.own_config) {
            const auto config = build_endpoint_config(a.request, f, 1, "prod", pool);
            const auto read = json::document::parse(config ? *config : "{}");
            if (auto r = leaves(read->root(), "", tenant->second, pool); !r.empty()) return "config: " + r;
        }
        if (auto r = leaves(root, "", tenant->second, pool); !r.empty()) return r;
        const kind_row& row = row_of(kind_of(f));
        if (root.find(row.name_member).string() != sagemaker_name(f.name, f.id, 1, kind_of(f))) return "name";
        std::map<std::string, std::string> tags;
        for (const json::value t : root.find("Tags").elements())
            if (t.find("Key").string().value_or("").starts_with("trainyard:") &&
                !tags.emplace(*t.find("Key").string(), t.find("Value").string().value_or("")).second)
                return "a tag twice";
        if (!row.tagged) tags = tags_of_description(*root.find("PipelineExecutionDescription").string());
        if (tags != owner_tags("prod", f, 1)) return "proof of ownership";
    }
    return {};
}

TEST(Hostile, NoCommandLeavesTheTenant) {
    const char* const asked = std::getenv("TRAINYARD_HOSTILE_BODIES");
    const long bodies = asked == nullptr ? 20'000 : std::atol(asked);
    const queue_rules rules = test_rules();
    rng random{4711};
    long admitted = 0, with_config = 0, sent_by_kind[kind_count] = {};
    for (long i = 0; i < bodies; ++i) {
        const kind k = every_kind[random.below(kind_count)];
        if (random.below(20) == 0) {
            const auto a = admit(test_message(spoiler{random}.spoil(endpoint_with_config)), rules);
            if (a.refused) continue;
            ++with_config;
            ASSERT_EQ(judge(a, rules), "") << a.request;
            continue;
        }
        const std::string tenant = random.below(2) == 0 ? R"(,"tenant":"speech")" : "";
        const std::string body = spoiler{random}.spoil(
            random.below(5) == 0 ? request_of(k)
                                 : envelope_of(k, tenant + R"(,"pools":["222222222222/us-east-1"])"));
        const admission a = admit(test_message(body), rules);
        if (a.refused) {
            ASSERT_FALSE(a.refused->reason.empty()) << body;
            continue;
        }
        ++admitted;
        ++sent_by_kind[static_cast<std::size_t>(kind_of(a.facts))];
        ASSERT_EQ(judge(a, rules), "") << "body " << i << ": " << body << "\nrequest: " << a.request;
    }
    RecordProperty("admitted", static_cast<int>(admitted));
    EXPECT_GT(admitted, bodies / 20) << "the bodies must not all be refused for something trivial";
    EXPECT_GT(with_config, 0);
    for (const kind k : every_kind) EXPECT_GT(sent_by_kind[static_cast<std::size_t>(k)], 0) << to_string(k);
}

}  // namespace
}  // namespace trainyard::lifecycle
