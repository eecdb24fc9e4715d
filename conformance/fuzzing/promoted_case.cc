// SPDX-License-Identifier: Apache-2.0
#include "fuzzing/promoted_case.hh"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "cases/requirements.hh"
#include "engine/suggestion.hh"

namespace conform::fuzzing {
namespace {

constexpr std::size_t kStimuliMax = 16;
constexpr std::size_t kMutationsMax = 64;
constexpr std::int64_t kTimesMax = 1'000;

const std::vector<std::string> kKeys = {"claim",     "requirements", "needs", "state",
                                        "signature", "origin",       "long",  "frame"};
const std::vector<std::string> kFrameKeys = {"type", "times", "mutations", "checksums"};

class Reader {
  public:
    explicit Reader(const std::string& name) : name_(name) {}

    PromotedCase read(std::string_view text) {
        const toml::table file = parse(text);
        refuse_unknown(file, kKeys);
        PromotedCase promoted;
        promoted.name = name_;
        check_name();
        promoted.claim = string_of(file, "claim");
        if (promoted.claim.empty()) fail(file, "claim", "one sentence", "nothing");
        promoted.requirements = strings_of(file, "requirements");
        if (promoted.requirements.empty()) fail(file, "requirements", "one or more", "none");
        for (const std::string& each : promoted.requirements) {
            if (find_requirement(each) == nullptr)
                fail(file, "requirements", "requirements of the pages", each);
        }
        promoted.needs = string_of(file, "needs");
        promoted.signature = string_of(file, "signature");
        promoted.origin = string_of(file, "origin");
        promoted.is_long = bool_of(file, "long");
        promoted.fuzz.state = state_of(file);
        // It is by its name that it is known to need the device for itself.
        const bool is_of_channel = promoted.fuzz.state == SubjectState::Channel;
        if (is_of_channel != name_.starts_with("channel-"))
            fail(file, "state", "channel in files called channel-NAME.toml, and in these alone",
                 std::string(to_string(promoted.fuzz.state)));
        read_frames(file, promoted.fuzz);
        return promoted;
    }

  private:
    [[noreturn]] void fail(const toml::node& node, const std::string& what,
                           const std::string& expected, const std::string& actual) const {
        throw PromotedCaseError(fmt::format("{}.toml:{}: {}: expected {}, got {}", name_,
                                            node.source().begin.line, what, expected, actual));
    }

    toml::table parse(std::string_view text) const {
        try {
            return toml::parse(text);
        } catch (const toml::parse_error& error) {
            throw PromotedCaseError(fmt::format("{}.toml:{}: {}", name_, error.source().begin.line,
                                                error.description()));
        }
    }

    /// It becomes a part of an id, and of file names.
    void check_name() const {
        const bool is_plain = !name_.empty() && std::ranges::all_of(name_, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        });
        if (!is_plain)
            throw PromotedCaseError(
                fmt::format("{}.toml: expected a name of a-z, 0-9 and -", name_));
    }

    void refuse_unknown(const toml::table& table, const std::vector<std::string>& known) const {
        for (const auto& [key, value] : table) {
            const std::string name(key.str());
            if (std::ranges::count(known, name) == 0)
                fail(value, name, fmt::format("one of {}", fmt::join(known, ", ")),
                     name + did_you_mean(name, known));
        }
    }

    std::string string_of(const toml::table& table, const char* key) const {
        const toml::node* node = table.get(key);
        if (node == nullptr) return {};
        if (!node->is_string()) fail(*node, key, "a string", "something else");
        return node->as_string()->get();
    }

    bool bool_of(const toml::table& table, const char* key) const {
        const toml::node* node = table.get(key);
        if (node == nullptr) return false;
        if (!node->is_boolean()) fail(*node, key, "true or false", "something else");
        return node->as_boolean()->get();
    }

    std::vector<std::string> strings_of(const toml::table& table, const char* key) const {
        const toml::node* node = table.get(key);
        if (node == nullptr) return {};
        if (!node->is_array()) fail(*node, key, "a list of strings", "something else");
        std::vector<std::string> strings;
        for (const toml::node& each : *node->as_array()) {
            if (!each.is_string()) fail(each, key, "a string", "something else");
            strings.push_back(each.as_string()->get());
        }
        return strings;
    }

    SubjectState state_of(const toml::table& file) const {
        const std::string word = string_of(file, "state");
        std::vector<std::string> names;
        for (const SubjectState state : kSubjectStates) {
            if (to_string(state) == word) return state;
            names.emplace_back(to_string(state));
        }
        fail(file, "state", fmt::format("one of {}", fmt::join(names, ", ")),
             word + did_you_mean(word, names));
    }

    void read_frames(const toml::table& file, FuzzCase& fuzz) const {
        const toml::node* node = file.get("frame");
        const toml::array* frames = node == nullptr ? nullptr : node->as_array();
        if (frames == nullptr || frames->empty() || frames->size() > kStimuliMax)
            fail(file, "frame", fmt::format("1 to {} [[frame]]", kStimuliMax), "another number");
        for (const toml::node& each : *frames) {
            if (!each.is_table()) fail(each, "frame", "[[frame]]", "something else");
            fuzz.stimuli.push_back(read_frame(*each.as_table(), fuzz.state));
        }
    }

    Stimulus read_frame(const toml::table& table, SubjectState state) const {
        refuse_unknown(table, kFrameKeys);
        Stimulus stimulus;
        if (state == SubjectState::Channel) {
            stimulus.control_kind = kind_of(table);
        } else {
            stimulus.type = type_of(table);
        }
        const FrameForm form = form_of(stimulus, state, true);
        if (const toml::node* times = table.get("times")) {
            const auto count = times->value<std::int64_t>().value_or(0);
            if (count < 1 || count > kTimesMax)
                fail(*times, "frame.times", fmt::format("1 to {}", kTimesMax), "another number");
            stimulus.times = static_cast<std::uint32_t>(count);
        }
        const std::vector<std::string> mutations = strings_of(table, "mutations");
        if (mutations.size() > kMutationsMax)
            fail(table, "frame.mutations", fmt::format("{} at most", kMutationsMax), "more");
        for (const std::string& text : mutations) {
            try {
                stimulus.mutations.push_back(parse_mutation(text, form));
            } catch (const MutationError& error) {
                throw PromotedCaseError(fmt::format("{}.toml:{}: frame.mutations: {}", name_,
                                                    table.source().begin.line, error.what()));
            }
        }
        for (const std::string& word : strings_of(table, "checksums")) {
            bool* const mended = word == "header"      ? &stimulus.repairs.header
                                 : word == "inner"     ? &stimulus.repairs.inner
                                 : word == "transport" ? &stimulus.repairs.transport
                                                       : nullptr;
            if (mended == nullptr)
                fail(table, "frame.checksums", "header, inner or transport", word);
            *mended = true;
        }
        return stimulus;
    }

    std::uint8_t kind_of(const toml::table& table) const {
        const std::string word = string_of(table, "type");
        std::vector<std::string> names;
        for (const std::uint8_t kind : control_kinds()) {
            if (control_name(kind) == word) return kind;
            names.emplace_back(control_name(kind));
        }
        fail(table, "frame.type", fmt::format("one of {}", fmt::join(names, ", ")),
             word + did_you_mean(word, names));
    }

    EncapsulationType type_of(const toml::table& table) const {
        const std::string word = string_of(table, "type");
        std::vector<std::string> names;
        for (const EncapsulationType type : types_of(true)) {
            if (type_name(type) == word) return type;
            names.emplace_back(type_name(type));
        }
        fail(table, "frame.type", fmt::format("one of {}", fmt::join(names, ", ")),
             word + did_you_mean(word, names));
    }

    std::string name_;
};

toml::array array_of(const std::vector<std::string>& words) {
    toml::array array;
    for (const std::string& word : words)
        array.push_back(word);
    return array;
}

std::string line(const char* key, const auto& value) {
    std::ostringstream text;
    text << key << " = " << value << "\n";
    return text.str();
}

std::string string_line(const char* key, const std::string& value) {
    return value.empty() ? std::string() : line(key, toml::value<std::string>(value));
}

}  // namespace

PromotedCase parse_promoted_case(std::string_view text, const std::string& name) {
    return Reader(name).read(text);
}

std::string to_toml(const PromotedCase& promoted) {
    std::string text = "# SPDX-License-Identifier: Apache-2.0\n";
    text += string_line("claim", promoted.claim);
    text += line("requirements", array_of(promoted.requirements));
    text += string_line("needs", promoted.needs);
    text += string_line("signature", promoted.signature);
    text += string_line("origin", promoted.origin);
    if (promoted.is_long) text += "long = true\n";
    text += line("state", toml::value<std::string>(std::string(to_string(promoted.fuzz.state))));
    for (const Stimulus& stimulus : promoted.fuzz.stimuli) {
        text += "\n[[frame]]\n";
        text += line("type", toml::value<std::string>(std::string(name_of(stimulus))));
        if (stimulus.times > 1) text += line("times", stimulus.times);
        std::vector<std::string> mutations;
        for (const Mutation& mutation : stimulus.mutations)
            mutations.push_back(mutation.to_string());
        text += line("mutations", array_of(mutations));
        std::vector<std::string> mended;
        if (stimulus.repairs.transport) mended.emplace_back("transport");
        if (stimulus.repairs.inner) mended.emplace_back("inner");
        if (stimulus.repairs.header) mended.emplace_back("header");
        if (!mended.empty()) text += line("checksums", array_of(mended));
    }
    return text;
}

}  // namespace conform::fuzzing
