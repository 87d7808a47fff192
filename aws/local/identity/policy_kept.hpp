// What is kept of policies over restarts: as they were read. Pure.
#pragma once

#include "aws/local/base/kept_value.hpp"
#include "aws/local/identity/iam_entities.hpp"
#include "engine/base/secret.hpp"

namespace trainyard::aws::local::kept {

// The data file is its owner's alone (mode 0600), and these secrets are worth nothing but here.
template <>
struct value_of<secret> {
    static void write(json::writer& out, const secret& v) { out.string(v.reveal()); }
    static bool read(json::value v, secret& to) {
        const auto text = v.string();
        if (text) to = secret{std::string{*text}};
        return text.has_value();
    }
};

}  // namespace trainyard::aws::local::kept

namespace trainyard::aws::local {

template <class Fields>
void fields(Fields& f, selection& s) {
    f("inverted", s.inverted), f("patterns", s.patterns);
}

template <class Fields>
void fields(Fields& f, principal_selection& p) {
    f("inverted", p.inverted), f("everybody", p.everybody), f("aws", p.aws), f("services", p.services);
    f("federated", p.federated), f("named", p.named);
}

template <class Fields>
void fields(Fields& f, condition& c) {
    f("what", c.what), f("compare", c.compare), f("negated", c.negated), f("if_exists", c.if_exists);
    f("over", c.over), f("key", c.key), f("values", c.values);
}

template <class Fields>
void fields(Fields& f, policy_statement& s) {
    f("sid", s.sid), f("deny", s.deny), f("principals", s.principals), f("actions", s.actions);
    f("resources", s.resources), f("conditions", s.conditions);
}

template <class Fields>
void fields(Fields& f, stored_policy& p) {
    f("text", p.text), f("document", p.document);
}

}  // namespace trainyard::aws::local
