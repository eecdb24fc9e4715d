// SPDX-License-Identifier: Apache-2.0
#include "report/signature.hh"

#include <algorithm>
#include <regex>

namespace conform {
namespace {

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Whether a run of digits, hex digits, points and colons is an address or a number, and which.
std::string replacement(const std::string& word) {
    static const std::regex kAddress(R"(\d{1,3}(\.\d{1,3}){3}(:\d+)?)");
    static const std::regex kMac(R"([0-9a-f]{2}(:[0-9a-f]{2}){5})");
    static const std::regex kNumber(R"(\d{2,})");
    static const std::regex kHex(R"(0x[0-9a-f]{3,}|[0-9a-f]{8,}(\.\.)?)");
    if (std::regex_match(word, kAddress)) return "ADDRESS";
    if (std::regex_match(word, kMac)) return "MAC";
    if (std::regex_match(word, kNumber)) return "N";
    if (std::regex_match(word, kHex)) return "HEX";
    return word;
}

bool is_failure(Verdict verdict, bool is_strict) {
    return verdict == Verdict::Fail || verdict == Verdict::Hang || verdict == Verdict::Crash ||
           (is_strict && verdict == Verdict::NonStrict);
}

}  // namespace

std::string normalized(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        if (!is_word(text[at])) {
            result += text[at++];
            continue;
        }
        // A word of an address goes on behind its points and colons; a sentence's does not.
        std::size_t end = at;
        while (end < text.size() &&
               (is_word(text[end]) || ((text[end] == '.' || text[end] == ':') &&
                                       end + 1 < text.size() && is_word(text[end + 1])))) {
            ++end;
        }
        constexpr std::size_t kWordMax = 64;
        const std::string word(text.substr(at, end - at));
        result += word.size() > kWordMax ? std::string("HEX") : replacement(word);
        at = end;
    }
    return result;
}

std::vector<std::string> signatures(const CaseResult& result, bool is_strict) {
    if (!is_failure(result.verdict, is_strict)) return {};
    std::vector<std::string> found;
    const auto add = [&found](std::string signature) {
        if (std::find(found.begin(), found.end(), signature) == found.end()) {
            found.push_back(std::move(signature));
        }
    };
    if (result.verdict != Verdict::Fail && result.verdict != Verdict::NonStrict) {
        add(std::string(to_string(result.verdict)));
    }
    for (const Finding& finding : result.findings) {
        if (finding.level == Level::Should && !is_strict) continue;
        add(finding.requirement + ": expected " + normalized(finding.expected));
    }
    // A device that says what is no message fails without a finding, or beside its findings. HANG
    // and CRASH name themselves.
    const bool is_named = result.verdict == Verdict::Hang || result.verdict == Verdict::Crash;
    if (found.empty() || (!is_named && has_own_reason(result))) add(normalized(result.reason));
    return found;
}

}  // namespace conform
