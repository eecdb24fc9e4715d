// SPDX-License-Identifier: Apache-2.0
#include "fuzzing/fuzz_case.hh"

#include <fmt/format.h>

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
    }
    return "?";
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
        text += ' ' + describe_encapsulation_type(static_cast<std::uint8_t>(stimulus.type));
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
