// The places of the chain one by one; private to decide(). Every place answers with a plan, with nothing (it
// does not apply; the reason is noted), or with an error (it applies and is configured wrongly: the chain
// stops).
#pragma once

#include "aws/credentials/plan.hpp"

namespace trainyard::aws {

class chain_reader {
public:
    using answer = result<std::optional<chain_plan>>;

    chain_reader(const chain_input& in, decision& out) : in_(in), out_(out) {}

    answer read();
    void read_region();

private:
    answer environment_keys();
    result<void> load_profiles();
    answer profile_chain(const std::string& name,
                         bool use_environment);  // everything a profile may hold but roles
    answer web_identity(const std::string& name, bool use_environment);
    answer sso(const std::string& name);
    answer static_keys(const std::string& name, bool credentials_file);
    answer login(const std::string& name);
    answer process(const std::string& name);
    answer assume_role(const std::string& name);
    result<void> add_role(const std::string& name, const ini_section& s,
                          std::vector<role_step>& outer_first) const;
    answer role_base(const std::string& name, const ini_section& s, std::vector<std::string>& visited,
                     std::string& next);
    answer named_source(const std::string& name, std::string_view kind);
    answer container();
    answer instance();

    const ini_section& merged(const std::string& name) const;
    std::string label(const std::string& name) const { return "profile " + name; }
    std::string expand(std::string path) const;
    answer nothing(std::string place, std::string why);
    answer found(std::string place, chain_plan plan);

    const chain_input& in_;
    decision& out_;
    profile_set profiles_;
};

}  // namespace trainyard::aws
