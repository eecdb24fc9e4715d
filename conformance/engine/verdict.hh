// SPDX-License-Identifier: Apache-2.0
/// Verdicts of cases and of runs (conformance page, "Verdicts").
#pragma once

#include <cstdint>
#include <string_view>

namespace conform {

/// In the order of growing gravity: a verdict only gets worse.
enum class Verdict : std::uint8_t {
    Pass,
    Info,
    NonStrict,
    NotRun,
    Unsupported,
    Inconclusive,
    Fail,
    Hang,
    Crash,
    Error,
};

constexpr Verdict kVerdicts[] = {
    Verdict::Pass,         Verdict::Info, Verdict::NonStrict, Verdict::NotRun, Verdict::Unsupported,
    Verdict::Inconclusive, Verdict::Fail, Verdict::Hang,      Verdict::Crash,  Verdict::Error};

constexpr Verdict worse(Verdict a, Verdict b) {
    return a < b ? b : a;
}

constexpr std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::Pass:
            return "PASS";
        case Verdict::Info:
            return "INFO";
        case Verdict::NonStrict:
            return "NON-STRICT";
        case Verdict::NotRun:
            return "NOT-RUN";
        case Verdict::Unsupported:
            return "UNSUPPORTED";
        case Verdict::Inconclusive:
            return "INCONCLUSIVE";
        case Verdict::Fail:
            return "FAIL";
        case Verdict::Hang:
            return "HANG";
        case Verdict::Crash:
            return "CRASH";
        case Verdict::Error:
            return "ERROR";
    }
    return "?";
}

enum class RunVerdict : std::uint8_t { Conformant, NotConformant, Inconclusive };

constexpr std::string_view to_string(RunVerdict verdict) {
    switch (verdict) {
        case RunVerdict::Conformant:
            return "CONFORMANT";
        case RunVerdict::NotConformant:
            return "NOT-CONFORMANT";
        case RunVerdict::Inconclusive:
            return "INCONCLUSIVE";
    }
    return "?";
}

/// Exit codes of all programs (interfaces page).
constexpr int exit_code(RunVerdict verdict) {
    switch (verdict) {
        case RunVerdict::Conformant:
            return 0;
        case RunVerdict::NotConformant:
            return 1;
        case RunVerdict::Inconclusive:
            return 3;
    }
    return 3;
}

}  // namespace conform
