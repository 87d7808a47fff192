// JSON documents as AWS gives them back and as we write them, brought to one form. Pure.
#pragma once

#include <string>
#include <string_view>

namespace trainyard::provision {

// Members sorted; a list of one is its element, lists of texts are sorted; numbers and booleans are texts: so
// IAM and SQS compare policies. What is no JSON object comes back as it is.
std::string canonical(std::string_view text);

// The same content, in whatever form.
bool same_text(std::string_view a, std::string_view b);

// A trust policy in its canonical form, with `external_id_place` for the external id that it asks for.
struct split_trust {
    std::string document;
    std::string external_id;  // empty: it asks for none
};
split_trust split_external_id(std::string_view trust);

}  // namespace trainyard::provision
