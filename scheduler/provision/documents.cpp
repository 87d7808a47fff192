#include "scheduler/provision/documents.hpp"

#include <fmt/format.h>

#include <map>

#include "engine/base/json.hpp"
#include "scheduler/provision/canonical.hpp"
#include "scheduler/provision/resource.hpp"

namespace trainyard::provision {
namespace {

using texts = std::vector<std::string>;

struct statement {
    std::string sid;
    texts actions, resources;
    std::map<std::string, std::map<std::string, texts>> conditions;  // operator, key, values
    std::map<std::string, texts> principals;                         // AWS, Service
    bool deny = false;
};

void write_texts(json::writer& w, const texts& all) {
    w.begin_array();
    for (const std::string& t : all) w.string(t);
    w.end_array();
}

std::string document(const std::vector<statement>& all) {
    json::writer w;
    w.begin_object().member("Version", "2012-10-17").key("Statement").begin_array();
    for (const statement& s : all) {
        w.begin_object().member("Sid", s.sid).member("Effect", s.deny ? "Deny" : "Allow").key("Action");
        write_texts(w, s.actions);
        if (!s.resources.empty()) {
            w.key("Resource");
            write_texts(w, s.resources);
        }
        if (!s.principals.empty()) {
            w.key("Principal").begin_object();
            for (const auto& [type, who] : s.principals) {
                w.key(type);
                write_texts(w, who);
            }
            w.end_object();
        }
        if (!s.conditions.empty()) {
            w.key("Condition").begin_object();
            for (const auto& [op, keys] : s.conditions) {
                w.key(op).begin_object();
                for (const auto& [key, values] : keys) {
                    w.key(key);
                    write_texts(w, values);
                }
                w.end_object();
            }
            w.end_object();
        }
        w.end_object();
    }
    return canonical(w.end_array().end_object().take());
}

std::map<std::string, texts> principals_of(const texts& who, const std::string& partition) {
    std::map<std::string, texts> out;
    for (const std::string& p : who) {
        if (p.ends_with(".amazonaws.com"))
            out["Service"].push_back(p);
        else if (p.find(':') == std::string::npos)
            out["AWS"].push_back(fmt::format("arn:{}:iam::{}:root", partition, p));
        else
            out["AWS"].push_back(p);
    }
    return out;
}

statement trust(const std::string& sid, const std::string& service, const std::string& account) {
    statement s{sid, {"sts:AssumeRole"}, {}, {}, {}};
    s.principals["Service"] = {service};
    s.conditions["StringEquals"]["aws:SourceAccount"] = {account};
    return s;
}

}  // namespace

std::string hub_policy(const hub_reach& r) {
    std::vector<statement> all;
    if (!r.consumed.empty())
        all.push_back({"Consume",
                       {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility",
                        "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
                       r.consumed,
                       {},
                       {}});
    if (!r.sent_to.empty())
        all.push_back({"Tell", {"sqs:SendMessage", "sqs:GetQueueUrl"}, r.sent_to, {}, {}});
    if (!r.spokes.empty()) all.push_back({"AssumeNamedSpokesOnly", {"sts:AssumeRole"}, r.spokes, {}, {}});
    if (!r.payload_buckets.empty()) {
        statement s{"ReadPayloads", {"s3:GetObject"}, {}, {}, {}};
        for (const std::string& b : r.payload_buckets)
            s.resources.push_back(fmt::format("arn:{}:s3:::{}/*", r.partition, b));
        all.push_back(std::move(s));
    }
    return document(all);
}

std::string spoke_policy(const spoke_reach& r) {
    const auto arn = [&r](std::string_view resource) {
        return fmt::format("arn:{}:sagemaker:*:{}:{}", r.partition, r.account, resource);
    };
    const texts jobs{arn("training-job/ty-*"),   arn("hyper-parameter-tuning-job/ty-*"),
                     arn("processing-job/ty-*"), arn("transform-job/ty-*"),
                     arn("endpoint/ty-*"),       arn("endpoint-config/ty-*")};
    const texts regions{r.regions.begin(), r.regions.end()};
    const auto here = [&regions](statement s) {
        s.conditions["StringEquals"]["aws:RequestedRegion"] = regions;
        return s;
    };
    const auto ours = [&](statement s) {
        s.conditions["StringEquals"]["aws:RequestTag/trainyard:owner"] = {r.installation};
        return here(std::move(s));
    };
    std::vector<statement> all;
    statement training = ours({"StartTraining", {"sagemaker:CreateTrainingJob"}, {jobs[0]}, {}, {}});
    training.conditions["BoolIfExists"]["sagemaker:EnableRemoteDebug"] = {"false"};
    if (!r.instance_types.empty()) {
        // ForAllValues holds when there is no value at all, hence Null.
        training.conditions["ForAllValues:StringEquals"]["sagemaker:InstanceTypes"] = {
            r.instance_types.begin(), r.instance_types.end()};
        training.conditions["Null"]["sagemaker:InstanceTypes"] = {"false"};
    }
    all.push_back(std::move(training));
    all.push_back(ours({"StartOther",
                        {"sagemaker:CreateHyperParameterTuningJob", "sagemaker:CreateProcessingJob",
                         "sagemaker:CreateTransformJob", "sagemaker:CreateEndpointConfig"},
                        {jobs[1], jobs[2], jobs[3], jobs[5]},
                        {},
                        {}}));
    // An endpoint is made from a configuration, which may be somebody else's.
    all.push_back(
        here({"StartEndpoint", {"sagemaker:CreateEndpoint"}, {jobs[4], arn("endpoint-config/*")}, {}, {}}));
    statement tag = here({"TagOnCreateOnly", {"sagemaker:AddTags"}, jobs, {}, {}});
    tag.conditions["StringEquals"]["sagemaker:TaggingAction"] = {
        "CreateTrainingJob", "CreateHyperParameterTuningJob", "CreateProcessingJob", "CreateTransformJob",
        "CreateEndpoint",    "CreateEndpointConfig"};
    all.push_back(std::move(tag));
    all.push_back(here({"RunPipelines",
                        {"sagemaker:StartPipelineExecution", "sagemaker:StopPipelineExecution",
                         "sagemaker:DescribePipelineExecution", "sagemaker:ListPipelineExecutions"},
                        {arn("pipeline/*")},
                        {},
                        {}}));
    all.push_back(
        here({"WatchAndStop",
              {"sagemaker:DescribeTrainingJob", "sagemaker:DescribeHyperParameterTuningJob",
               "sagemaker:DescribeProcessingJob", "sagemaker:DescribeTransformJob",
               "sagemaker:DescribeEndpoint", "sagemaker:ListTags", "sagemaker:StopTrainingJob",
               "sagemaker:StopHyperParameterTuningJob", "sagemaker:StopProcessingJob",
               "sagemaker:StopTransformJob", "sagemaker:DeleteEndpoint", "sagemaker:DeleteEndpointConfig"},
              jobs,
              {},
              {}}));
    all.push_back(
        here({"ListsHaveNoResource",
              {"sagemaker:ListTrainingJobs", "sagemaker:ListHyperParameterTuningJobs",
               "sagemaker:ListProcessingJobs", "sagemaker:ListTransformJobs", "sagemaker:ListEndpoints",
               "servicequotas:ListServiceQuotas", "servicequotas:ListAWSDefaultServiceQuotas"},
              {"*"},
              {},
              {}}));
    if (!r.passed_roles.empty()) {
        statement pass{"PassOnlyJobRoles", {"iam:PassRole"}, r.passed_roles, {}, {}};
        pass.conditions["StringEquals"]["iam:PassedToService"] = {"sagemaker.amazonaws.com"};
        all.push_back(std::move(pass));
    }
    // A name that can be used again could start an attempt twice.
    all.push_back({"NamesAreForever",
                   {"sagemaker:DeleteTrainingJob", "sagemaker:DeleteProcessingJob"},
                   {"*"},
                   {},
                   {},
                   true});
    return document(all);
}

std::string execution_policy(const execution_reach& r) {
    std::vector<statement> all;
    if (r.bucket.starts_with("s3://")) {
        const std::string path = r.bucket.substr(5), name = path.substr(0, path.find('/'));
        const std::string bucket = fmt::format("arn:{}:s3:::{}", r.partition, name);
        all.push_back({"Bucket", {"s3:ListBucket", "s3:GetBucketLocation"}, {bucket}, {}, {}});
        all.push_back({"Objects",
                       {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"},
                       {bucket + "/*"},
                       {},
                       {}});
    }
    all.push_back(
        {"Logs",
         {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
         {fmt::format("arn:{}:logs:*:{}:log-group:/aws/sagemaker/*", r.partition, r.account)},
         {},
         {}});
    all.push_back({"Images",
                   {"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer", "cloudwatch:PutMetricData"},
                   {"*"},
                   {},
                   {}});
    if (r.runs_pipelines) {
        const auto arn = [&r](std::string_view what) {
            return fmt::format("arn:{}:sagemaker:*:{}:{}/*", r.partition, r.account, what);
        };
        all.push_back(
            {"PipelineSteps",
             {"sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob",
              "sagemaker:CreateProcessingJob", "sagemaker:DescribeProcessingJob",
              "sagemaker:StopProcessingJob", "sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob",
              "sagemaker:StopTransformJob", "sagemaker:CreateModel", "sagemaker:AddTags"},
             {arn("training-job"), arn("processing-job"), arn("transform-job"), arn("model")},
             {},
             {}});
        statement pass{"PipelinePassesItself", {"iam:PassRole"}, {r.role_arn}, {}, {}};
        pass.conditions["StringEquals"]["iam:PassedToService"] = {"sagemaker.amazonaws.com"};
        all.push_back(std::move(pass));
    }
    return document(all);
}

std::string trust_of(const texts& principals, const std::string& partition, bool external_id) {
    statement s{"Assume", {"sts:AssumeRole"}, {}, {}, principals_of(principals, partition)};
    if (external_id) s.conditions["StringEquals"]["sts:ExternalId"] = {std::string{external_id_place}};
    return document({s});
}

std::string execution_trust(const std::string& account) {
    return document({trust("SageMakerOfThisAccount", "sagemaker.amazonaws.com", account)});
}

std::string events_trust(const std::string& account) {
    return document({trust("EventBridgeOfThisAccount", "events.amazonaws.com", account)});
}

std::string events_policy(const texts& queues) {
    return document({{"TellTheHub", {"sqs:SendMessage"}, queues, {}, {}}});
}

std::string events_queue_policy(const std::string& queue, const texts& rules, const texts& roles) {
    std::vector<statement> all;
    if (!rules.empty()) {
        statement s{"RulesOnly", {"sqs:SendMessage"}, {queue}, {}, {}};
        s.principals["Service"] = {"events.amazonaws.com"};
        s.conditions["ArnEquals"]["aws:SourceArn"] = rules;
        all.push_back(std::move(s));
    }
    if (!roles.empty()) {
        statement s{"RolesOfOtherAccounts", {"sqs:SendMessage"}, {queue}, {}, {}};
        // By condition, not as principals: SQS refuses a principal that does not exist yet.
        s.principals["AWS"] = {"*"};
        s.conditions["ArnEquals"]["aws:PrincipalArn"] = roles;
        all.push_back(std::move(s));
    }
    return document(all);
}

std::string senders_policy(const std::string& queue, const std::string& partition, const texts& senders) {
    return document({{"Senders",
                      {"sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"},
                      {queue},
                      {},
                      principals_of(senders, partition)}});
}

}  // namespace trainyard::provision
