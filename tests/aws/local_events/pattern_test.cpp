#include <gtest/gtest.h>

#include "aws/local/events/event_pattern.hpp"
#include "aws/local/events/wildcard.hpp"

namespace trainyard::aws::local::events {
namespace {

bool matches(const std::string& pattern, const std::string& event) {
    const auto read = event_pattern::parse(pattern);
    EXPECT_TRUE(read) << pattern << ": " << (read ? "" : read.error().message);
    const auto document = json::document::parse(event);
    EXPECT_TRUE(document) << event;
    return read && document && read->matches(document->root());
}

struct row {
    const char *pattern, *event;
    bool matches;
};
void expect(std::initializer_list<row> rows) {
    for (const row& r : rows)
        EXPECT_EQ(matches(r.pattern, r.event), r.matches) << r.pattern << " on " << r.event;
}

// The event and patterns of the user guide, "Amazon EventBridge event patterns".
constexpr const char* ec2 = R"({"version":"0","id":"6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","account":"111122223333",
    "time":"2017-12-22T18:43:48Z","region":"us-west-1",
    "resources":["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
    "detail":{"instance-id":"i-1234567890abcdef0","state":"terminated"}})";

TEST(event_pattern_test, values_of_the_user_guide) {
    expect({
        {R"({"source":["aws.ec2"],"detail-type":["EC2 Instance State-change Notification"],
             "detail":{"state":["terminated"]}})",
         ec2, true},
        {R"({"source":["aws.ec2"]})", ec2, true},
        {R"({"source":["aws.fake","aws.ec2"]})", ec2, true},
        {R"({"source":["aws.fake"]})", ec2, false},
        {R"({"source":["aws.EC2"]})", ec2, false},
        {R"({"detail":{"state":["running"]}})", ec2, false},
        {R"({"detail":{"state":["terminated"],"zone":["a"]}})", ec2, false},
        {R"({"resources":["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"]})", ec2, true},
        {R"({"resources":[{"prefix":"arn:aws:ec2:us-west-1:"}]})", ec2, true},
        {R"({"time":[{"prefix":"2017-12-22"}]})", ec2, true},
        {R"({"time":[{"prefix":"2017-12-23"}]})", ec2, false},
        {R"({"detail":["terminated"]})", ec2, false},
    });
}

TEST(event_pattern_test, empty_null_and_booleans) {
    constexpr const char* event = R"({"a":"","b":null,"c":true,"d":"null","e":false})";
    expect({
        {R"({"a":[""]})", event, true},
        {R"({"a":[null]})", event, false},
        {R"({"b":[null]})", event, true},
        {R"({"b":[""]})", event, false},
        {R"({"x":[null]})", event, false},
        {R"({"d":[null]})", event, false},
        {R"({"c":[true]})", event, true},
        {R"({"c":[false]})", event, false},
        {R"({"c":["true"]})", event, false},
        {R"({"e":[false]})", event, true},
        {R"({"c":[false,true]})", event, true},
    });
}

// "Comparison operators for use in event patterns".
TEST(event_pattern_test, operators) {
    expect({
        {R"({"a":[{"prefix":"us-"}]})", R"({"a":"us-east-1"})", true},
        {R"({"a":[{"prefix":"us-"}]})", R"({"a":"US-east-1"})", false},
        {R"({"a":[{"prefix":{"equals-ignore-case":"US-"}}]})", R"({"a":"us-east-1"})", true},
        {R"({"a":[{"prefix":""}]})", R"({"a":"x"})", true},
        {R"({"a":[{"prefix":"1"}]})", R"({"a":12})", false},
        {R"({"a":[{"suffix":".png"}]})", R"({"a":"x.png"})", true},
        {R"({"a":[{"suffix":".png"}]})", R"({"a":"png"})", false},
        {R"({"a":[{"suffix":{"equals-ignore-case":".png"}}]})", R"({"a":"x.PNG"})", true},
        {R"({"a":[{"equals-ignore-case":"alice"}]})", R"({"a":"AlIcE"})", true},
        {R"({"a":[{"equals-ignore-case":"alice"}]})", R"({"a":"alic"})", false},
        {R"({"a":[{"wildcard":"dir/*.png"}]})", R"({"a":"dir/sub/x.png"})", true},
        {R"({"a":[{"wildcard":"dir/*.png"}]})", R"({"a":"dir/sub/x.jpg"})", false},
        {R"({"a":[{"wildcard":"*.txt"}]})", R"({"a":".txt"})", true},
        {R"({"a":[{"wildcard":"a\\*b"}]})", R"({"a":"a*b"})", true},
        {R"({"a":[{"wildcard":"a\\*b"}]})", R"({"a":"axb"})", false},
        {R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.0.255"})", true},
        {R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.1.0"})", false},
        {R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"ten"})", false},
        {R"({"a":[{"cidr":"2001:db8::/33"}]})", R"({"a":"2001:db8:7fff::1"})", true},
        {R"({"a":[{"cidr":"2001:db8::/33"}]})", R"({"a":"2001:db8:8000::1"})", false},
        {R"({"a":[{"cidr":"0.0.0.0/0"}]})", R"({"a":"::1"})", false},
    });
}

TEST(event_pattern_test, numbers) {
    expect({
        {R"({"a":[300]})", R"({"a":300})", true},
        {R"({"a":[300]})", R"({"a":300.0})", true},
        {R"({"a":[300]})", R"({"a":3.0e2})", true},
        {R"({"a":[300]})", R"({"a":"300"})", false},
        {R"({"a":[111122223333]})", R"({"a":111122223333})", true},
        {R"({"a":[111122223333]})", R"({"a":111122223334})", false},
        {R"({"a":[{"numeric":["=",5]}]})", R"({"a":5.0})", true},
        {R"({"a":[{"numeric":["=",5]}]})", R"({"a":"5"})", false},
        {R"({"a":[{"numeric":["<",5]}]})", R"({"a":5})", false},
        {R"({"a":[{"numeric":["<=",5]}]})", R"({"a":5})", true},
        {R"({"a":[{"numeric":[">",0,"<=",5]}]})", R"({"a":0})", false},
        {R"({"a":[{"numeric":[">",0,"<=",5]}]})", R"({"a":0.000001})", true},
        {R"({"a":[{"numeric":[">",0,"<=",5]}]})", R"({"a":5})", true},
        {R"({"a":[{"numeric":[">=",-1.5,"<",2]}]})", R"({"a":-1.5})", true},
        {R"({"a":[{"numeric":[">=",-1.5,"<",2]}]})", R"({"a":2})", false},
        {R"({"a":[{"numeric":[">",0]}]})", R"({"a":1e10})", false},  // beyond what is compared
    });
}

TEST(event_pattern_test, anything_but) {
    expect({
        {R"({"a":[{"anything-but":"initializing"}]})", R"({"a":"running"})", true},
        {R"({"a":[{"anything-but":"initializing"}]})", R"({"a":"initializing"})", false},
        {R"({"a":[{"anything-but":"initializing"}]})", R"({})", false},
        {R"({"a":[{"anything-but":123}]})", R"({"a":124})", true},
        {R"({"a":[{"anything-but":123}]})", R"({"a":123.0})", false},
        {R"({"a":[{"anything-but":[100,200,300]}]})", R"({"a":200})", false},
        {R"({"a":[{"anything-but":[100,200,300]}]})", R"({"a":"200"})", true},
        {R"({"a":[{"anything-but":["stopped","overloaded"]}]})", R"({"a":"running"})", true},
        {R"({"a":[{"anything-but":{"equals-ignore-case":"INIT"}}]})", R"({"a":"init"})", false},
        {R"({"a":[{"anything-but":{"equals-ignore-case":["a","b"]}}]})", R"({"a":"B"})", false},
        {R"({"a":[{"anything-but":{"prefix":"init"}}]})", R"({"a":"initializing"})", false},
        {R"({"a":[{"anything-but":{"prefix":["init","st"]}}]})", R"({"a":"running"})", true},
        {R"({"a":[{"anything-but":{"prefix":["init","st"]}}]})", R"({"a":"stopped"})", false},
        {R"({"a":[{"anything-but":{"suffix":[".txt",".rtf"]}}]})", R"({"a":"x.rtf"})", false},
        {R"({"a":[{"anything-but":{"suffix":".txt"}}]})", R"({"a":"x.png"})", true},
        {R"({"a":[{"anything-but":{"wildcard":"*/lib/*"}}]})", R"({"a":"/usr/lib/x"})", false},
        {R"({"a":[{"anything-but":{"wildcard":["*/lib/*","*/bin/*"]}}]})", R"({"a":"/usr/bin/x"})", false},
        {R"({"a":[{"anything-but":{"wildcard":"*/lib/*"}}]})", R"({"a":"/usr/x"})", true},
        {R"({"a":[{"anything-but":"x"}]})", R"({"a":["x","y"]})", true},
        {R"({"a":[{"anything-but":"x"}]})", R"({"a":["x","x"]})", false},
    });
}

TEST(event_pattern_test, existence_is_of_leaves) {
    expect({
        {R"({"d":{"a":[{"exists":true}]}})", R"({"d":{"a":1}})", true},
        {R"({"d":{"a":[{"exists":true}]}})", R"({"d":{"a":null}})", true},
        {R"({"d":{"a":[{"exists":true}]}})", R"({"d":{}})", false},
        {R"({"d":{"a":[{"exists":true}]}})", R"({"d":{"a":{"b":1}}})", false},
        {R"({"d":{"a":[{"exists":false}]}})", R"({"d":{"a":1}})", false},
        {R"({"d":{"a":[{"exists":false}]}})", R"({"d":{"b":1}})", true},
        {R"({"d":{"a":[{"exists":false}]}})", R"({"x":1})", true},
        {R"({"d":{"a":[{"exists":false}]}})", R"({"d":"text"})", true},
        {R"({"d":{"a":[{"exists":false},"x"]}})", R"({"d":{"a":"x"}})", true},
        {R"({"d":{"a":[{"exists":false},"x"]}})", R"({"d":{"a":"y"}})", false},
        {R"({"d":{"a":[{"exists":false}]}})", R"({"d":[{"b":1},{"a":1}]})", false},
        {R"({"d":{"a":[{"exists":true}]}})", R"({"d":{"a":[]}})", false},
    });
}

TEST(event_pattern_test, arrays_of_events) {
    constexpr const char* staff =
        R"({"staff":[{"first":"Anna","last":"Smith"},{"first":"Bob","last":"Jones"}],
                                      "tags":[["a"],["b","c"]]})";
    expect({
        {R"({"staff":{"first":["Anna"],"last":["Smith"]}})", staff, true},
        {R"({"staff":{"first":["Anna"],"last":["Jones"]}})", staff, false},  // of one element
        {R"({"staff":{"last":["Jones"]}})", staff, true},
        {R"({"tags":["c"]})", staff, true},
        {R"({"tags":["d"]})", staff, false},
    });
}

TEST(event_pattern_test, alternatives_of_fields) {
    constexpr const char* pattern =
        R"({"source":["aws.cloudwatch"],"detail":{"$or":[{"c":[{"numeric":[">",0,"<=",5]}]},
            {"d":[{"numeric":["<",10]}]},{"x":{"y":["z"]}}]}})";
    expect({
        {pattern, R"({"source":"aws.cloudwatch","detail":{"c":3,"d":12}})", true},
        {pattern, R"({"source":"aws.cloudwatch","detail":{"c":6,"d":9}})", true},
        {pattern, R"({"source":"aws.cloudwatch","detail":{"x":{"y":"z"}}})", true},
        {pattern, R"({"source":"aws.cloudwatch","detail":{"c":6,"d":12}})", false},
        {pattern, R"({"source":"other","detail":{"c":3}})", false},
        {R"({"$or":[{"a":["1"]},{"$or":[{"b":["1"]},{"c":["1"]}]}]})", R"({"c":"1"})", true},
    });
}

TEST(event_pattern_test, refusals_say_why_and_where) {
    struct bad {
        const char *pattern, *reason;
    };
    const bad rows[] = {
        {R"([])", "Filter is not an object at the top"},
        {R"({})", "Empty objects are not allowed at the top"},
        {R"({"source":"aws.ec2"})", "\"source\" must be an object or an array at the top"},
        {R"({"a":{"b":[]}})", "Empty arrays are not allowed at /a/b"},
        {R"({"a":{"b":{}}})", "Empty objects are not allowed at /a/b"},
        {R"({"a":[["x"]]})", "Match value must be String, number, true, false, or null at /a"},
        {R"({"a":[{"prefx":"x"}]})", "Unrecognized match type prefx at /a"},
        {R"({"a":[{}]})", "Match expression name not found at /a"},
        {R"({"a":[{"prefix":1}]})", "prefix match pattern must be a string at /a"},
        {R"({"a":[{"prefix":"x","suffix":"y"}]})", "Only one key allowed in match expression at /a"},
        {R"({"a":[{"prefix":{"wildcard":"x"}}]})", "Unsupported prefix pattern: wildcard at /a"},
        {R"({"a":[{"wildcard":"a**b"}]})", "Consecutive wildcard characters at pos 2 at /a"},
        {R"({"a":[{"wildcard":"a\\b"}]})", "Invalid escape character at pos 2 at /a"},
        {R"({"a":[{"numeric":5}]})", "Value of numeric must be an array. at /a"},
        {R"({"a":[{"numeric":[5]}]})", "Invalid member in numeric match: an operator comes first at /a"},
        {R"({"a":[{"numeric":["!",5]}]})", "Unrecognized numeric operator: ! at /a"},
        {R"({"a":[{"numeric":["=","5"]}]})", "Value of equals must be numeric at /a"},
        {R"({"a":[{"numeric":["<",5,">",3]}]})", "Too many elements in numeric expression at /a"},
        {R"({"a":[{"numeric":[">",5,"<",3]}]})", "Bottom must be less than top at /a"},
        {R"({"a":[{"numeric":[">",5,"<"]}]})", "Value of < must be numeric at /a"},
        {R"({"a":[{"numeric":[">",1e10]}]})", "Value must be between -5.0E9 and 5.0E9, inclusive at /a"},
        {R"({"a":[{"exists":"yes"}]})", "exists match pattern must be either true or false. at /a"},
        {R"({"a":[{"cidr":"10.0.0.0"}]})", "Malformed CIDR, one '/' required at /a"},
        {R"({"a":[{"cidr":"10.0.0.0/33"}]})", "IPv4 mask bits must be < 32 at /a"},
        {R"({"a":[{"anything-but":["a",1]}]})",
         "Inside anything but list, either all values are number or string, mixed type is not supported at "
         "/a"},
        {R"({"a":[{"anything-but":[null]}]})",
         "Inside anything but list, start|null|boolean is not supported. at /a"},
        {R"({"a":[{"anything-but":{"cidr":"x"}}]})", "Unsupported anything-but pattern: cidr at /a"},
        {R"({"a":[{"anything-but":{"prefix":""}}]})", "Null prefix/suffix not allowed at /a"},
        {R"({"$or":[{"a":["x"]}]})", "There must have at least 2 Objects in $or relationship. at the top"},
        {R"({"d":{"$or":{"a":["x"]}}})", "It must be an Array followed with $or. at /d"},
        {R"({"$or":[{"prefix":["x"]},{"a":["y"]}]})",
         "prefix is Ruler reserved fieldName which cannot be used inside $or. at the top"},
    };
    for (const bad& b : rows) {
        const auto read = event_pattern::parse(b.pattern);
        ASSERT_FALSE(read) << b.pattern;
        EXPECT_EQ(read.error().message, b.reason) << b.pattern;
    }
    EXPECT_FALSE(event_pattern::parse("{\"a\":"));
}

TEST(event_pattern_test, or_is_bounded_when_multiplied_out) {
    std::string pattern = "{\"x\":[1]";
    const auto group = [](int i) {
        std::string out = ",\"f" + std::to_string(i) + "\":{\"$or\":[";
        for (int k = 0; k < 10; ++k)
            out += std::string(k == 0 ? "" : ",") + "{\"a" + std::to_string(k) + "\":[1]}";
        return out + "]}";
    };
    for (int i = 0; i < 3; ++i) pattern += group(i);
    EXPECT_TRUE(event_pattern::parse(pattern + "}"));  // 1,000
    const auto more = event_pattern::parse(pattern + ",\"g\":{\"$or\":[{\"a\":[1]},{\"b\":[1]}]}}");
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, errc::limit);
}

// The plain definition: try every length for each wildcard.
bool slowly(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '*') {
        for (std::size_t n = 0; n <= text.size(); ++n)
            if (slowly(pattern.substr(1), text.substr(n))) return true;
        return false;
    }
    return !text.empty() && text[0] == pattern[0] && slowly(pattern.substr(1), text.substr(1));
}

std::string word(unsigned number, unsigned letters, unsigned length) {
    std::string out;
    for (unsigned i = 0; i < length; ++i, number /= letters) out += "ab*"[number % letters];
    return out;
}

TEST(wildcard_test, agrees_with_its_definition_on_every_short_text) {
    for (unsigned length = 0; length <= 5; ++length)
        for (unsigned p = 0; p < 243; ++p) {
            const std::string pattern = word(p, 3, length);
            const auto read = wildcard::parse(pattern);
            ASSERT_EQ(read.has_value(), pattern.find("**") == std::string::npos) << pattern;
            if (!read) continue;
            for (unsigned t = 0; t < 64; ++t)
                for (const unsigned size : {0U, 1U, 3U, 6U}) {
                    const std::string text = word(t, 2, size);
                    ASSERT_EQ(read->matches(text), slowly(pattern, text)) << pattern << " on " << text;
                }
        }
}

TEST(wildcard_test, a_hard_pattern_costs_no_more) {
    std::string pattern;
    for (int i = 0; i < 500; ++i) pattern += "*aaaaab";
    pattern += "*";
    const auto read = wildcard::parse(pattern);
    ASSERT_TRUE(read);
    // Backtracking would take 10^6 to the power of the wildcards.
    EXPECT_FALSE(read->matches(std::string(1'000'000, 'a')));
}

}  // namespace
}  // namespace trainyard::aws::local::events
