// SPDX-License-Identifier: Apache-2.0
#include "fuzzing/fuzz_case.hh"

#include <fmt/format.h>

#include <algorithm>

#include "pdu/control_frame.hh"

namespace conform::fuzzing {

std::string_view to_string(SubjectState state) {
    switch (state) {
        case SubjectState::Absent:
            return "absent";
        case SubjectState::Offered:
            return "offered";
        case SubjectState::Released:
            return "released";
        case SubjectState::Incomplete:
            return "incomplete";
        case SubjectState::Leaving:
            return "leaving";
        case SubjectState::Away:
            return "away";
        case SubjectState::Returning:
            return "returning";
        case SubjectState::Returned:
            return "returned";
        case SubjectState::FlowHere:
            return "flow-here";
        case SubjectState::FlowAway:
            return "flow-away";
        case SubjectState::Channel:
            return "channel";
    }
    return "?";
}

FuzzFarm fuzz_farm(const Iut& iut) {
    return {iut.framing.has_extensions, iut.udp_port != 0, !iut.upper_tester.empty(),
            iut.statement.has_option("control-channel")};
}

std::vector<SubjectState> states_of(const FuzzFarm& farm) {
    std::vector<SubjectState> states;
    for (const SubjectState state : kSubjectStates) {
        const bool needs_extensions = state == SubjectState::Incomplete || is_given_back(state);
        const bool needs_order = state == SubjectState::FlowAway || is_given_back(state);
        const bool is_there =
            state != SubjectState::Channel && (farm.has_extensions || !needs_extensions) &&
            (farm.has_upper_tester || !needs_order) && (farm.has_flows || !is_flow(state));
        if (is_there) states.push_back(state);
    }
    return states;
}

std::string_view type_name(EncapsulationType type) {
    switch (type) {
        case EncapsulationType::Connection:
            return "connection";
        case EncapsulationType::Forwarded:
            return "forwarded";
        case EncapsulationType::Acknowledgement:
            return "acknowledgement";
        case EncapsulationType::Reject:
            return "reject";
        case EncapsulationType::Release:
            return "release";
        case EncapsulationType::Data:
            return "data";
        case EncapsulationType::Challenge:
            return "challenge";
        case EncapsulationType::Go:
            return "go";
        case EncapsulationType::Missing:
            return "missing";
    }
    return "?";
}

namespace {

struct ControlName {
    std::uint8_t kind;
    const char* name;
};
constexpr ControlName kControlNames[] = {{control_kind::kHello, "hello"},
                                         {control_kind::kPing, "ping"},
                                         {control_kind::kPong, "pong"},
                                         {control_kind::kError, "error"},
                                         {control_kind::kServerState, "server-state"},
                                         {control_kind::kSession, "session"},
                                         {control_kind::kObjectCreate, "object-create"},
                                         {control_kind::kObjectCreated, "object-created"},
                                         {control_kind::kObjectCall, "object-call"},
                                         {control_kind::kObjectResult, "object-result"}};

}  // namespace

std::string_view control_name(std::uint8_t kind) {
    const auto* const row = std::ranges::find(kControlNames, kind, &ControlName::kind);
    return row == std::end(kControlNames) ? "?" : row->name;
}

std::string_view name_of(const Stimulus& stimulus) {
    return stimulus.control_kind == 0 ? type_name(stimulus.type)
                                      : control_name(stimulus.control_kind);
}

const std::vector<std::uint8_t>& control_kinds() {
    static const std::vector<std::uint8_t> kKinds = [] {
        std::vector<std::uint8_t> kinds;
        kinds.reserve(std::size(kControlNames));
        for (const ControlName& row : kControlNames)
            kinds.push_back(row.kind);
        return kinds;
    }();
    return kKinds;
}

FrameForm form_of(const Stimulus& stimulus, SubjectState state, bool has_extensions) {
    return {stimulus.type, has_extensions, is_flow(state), stimulus.control_kind};
}

const std::vector<EncapsulationType>& types_of(bool has_extensions) {
    static const std::vector<EncapsulationType> kBase = {EncapsulationType::Connection,
                                                         EncapsulationType::Forwarded,
                                                         EncapsulationType::Acknowledgement};
    static const std::vector<EncapsulationType> kExt = {
        EncapsulationType::Connection,      EncapsulationType::Forwarded,
        EncapsulationType::Acknowledgement, EncapsulationType::Reject,
        EncapsulationType::Release,         EncapsulationType::Data,
        EncapsulationType::Challenge,       EncapsulationType::Go,
        EncapsulationType::Missing};
    return has_extensions ? kExt : kBase;
}

std::string describe(const FuzzCase& fuzz) {
    std::string text(to_string(fuzz.state));
    text += ':';
    for (const Stimulus& stimulus : fuzz.stimuli) {
        if (text.back() != ':') text += ';';
        text += ' ' + form_of(stimulus, fuzz.state, true).to_string();
        if (stimulus.times > 1) text += fmt::format(", {} times", stimulus.times);
        for (const Mutation& mutation : stimulus.mutations)
            text += ", " + mutation.to_string();
        std::string mended;
        if (stimulus.repairs.transport) mended += " transport";
        if (stimulus.repairs.inner) mended += " inner";
        if (stimulus.repairs.header) mended += " header";
        if (!mended.empty() && !stimulus.mutations.empty()) text += ", checksums:" + mended;
    }
    return text;
}

}  // namespace conform::fuzzing
