// SPDX-License-Identifier: Apache-2.0
#include "oracle/statement.hh"

#include <fmt/format.h>

#include <algorithm>

#include "pdu/control_frame.hh"
#include "pdu/http_message.hh"

namespace conform {
namespace {

/// Types from here on are of extensions (endpoint page, "Framing").
constexpr std::uint8_t kFirstOfExtensions = 0x10;
constexpr std::size_t kCasesShown = 3;

/// Profile bits of a hello (system page, "Control channel"), and what they claim.
struct ProfileBit {
    std::uint32_t bit;
    const char* claim;
};
constexpr ProfileBit kProfileBits[] = {
    {1, "profile endpoint"}, {2, "profile blob"}, {4, "profile handoff"}, {8, "option ext"}};

/// What every farm shows that has it, in some case of the suite. Objects and sessions of TLS are
/// asked for by cases of their own, which FAIL.
constexpr const char* kAlwaysShown[] = {"option ext",
                                        "option control-channel",
                                        "option sessions",
                                        "option session-redirect",
                                        "option routed-binding",
                                        "profile endpoint",
                                        "profile blob",
                                        "profile tcp"};

bool has_cookie(const HttpResponse& response, const std::string& name) {
    const std::vector<std::string> cookies = response.values_of("Set-Cookie");
    return std::any_of(cookies.begin(), cookies.end(), [&name](const std::string& cookie) {
        return cookie.starts_with(name + "=");
    });
}

bool is_redirect(const HttpResponse& response) {
    return response.status >= 300 && response.status < 400 &&
           !response.values_of("Location").empty();
}

}  // namespace

bool StatementCheck::is_claimed(std::string_view claim) const {
    const std::string_view name = claim.substr(claim.find(' ') + 1);
    return claim.starts_with("profile") ? iut_.statement.has_profile(name)
                                        : iut_.statement.has_option(name);
}

void StatementCheck::see(std::string_view claim, std::string what, std::string_view case_id,
                         std::size_t frame) {
    sights_.try_emplace(std::string(claim), Sight{std::move(what), std::string(case_id), frame});
}

void StatementCheck::observe(const Capture& capture, std::string_view case_id) {
    ++cases_;
    for (std::size_t number = 0; number < capture.size(); ++number) {
        if (capture[number].direction != Direction::FromDevice) continue;
        observe_frame(capture[number], case_id, number);
    }
}

void StatementCheck::observe_frame(const CapturedFrame& captured, std::string_view case_id,
                                   std::size_t number) {
    if (captured.frame.encapsulation) {
        const std::uint8_t type = captured.frame.encapsulation->type;
        const std::string what = describe_encapsulation_type(type);
        see("profile endpoint", what, case_id, number);
        if (type >= kFirstOfExtensions) see("option ext", what, case_id, number);
        if (captured.frame.ipv4) see("option routed-binding", what + " in UDP", case_id, number);
    }
    if (captured.frame.ipv4 && captured.frame.ipv4->tcp) {
        observe_segment(captured, case_id, number);
    }
}

void StatementCheck::observe_segment(const CapturedFrame& captured, std::string_view case_id,
                                     std::size_t number) {
    const TcpSegment& segment = *captured.frame.ipv4->tcp;
    const bool is_control =
        captured.link == Link::Back &&
        (segment.source.port == kControlPort || segment.destination.port == kControlPort);
    if (is_control && segment.has(tcp_flag::kSyn)) {
        see("option control-channel", describe(segment), case_id, number);
    }
    if (is_control) {
        ControlFrameReader reader;
        reader.add(segment.payload);
        const std::optional<ControlFrame> frame = reader.next();
        if (!frame || frame->kind != control_kind::kHello) return;
        const std::optional<Hello> hello = parse_hello(frame->body);
        for (const ProfileBit& each : kProfileBits) {
            if (!hello || (hello->profiles & each.bit) == 0) continue;
            see(each.claim, fmt::format("a hello with bit {}", each.bit), case_id, number);
        }
        return;
    }
    if (captured.link != Link::Front) return;
    if (segment.has(tcp_flag::kSyn | tcp_flag::kAck)) {
        see("profile tcp", describe(segment), case_id, number);
    }
    const std::optional<HttpResponse> response = parse_http_response(segment.payload);
    if (!response) return;
    const std::string& cookie = iut_.sessions.cookie;
    if (has_cookie(*response, cookie)) {
        see("option sessions", "Set-Cookie: " + cookie, case_id, number);
    }
    if (is_redirect(*response)) {
        see("option session-redirect", fmt::format("a response with status {}", response->status),
            case_id, number);
    }
}

void StatementCheck::note_unsupported(std::string_view case_id) {
    unsupported_.emplace_back(case_id);
}

std::string StatementCheck::describe_unsupported() const {
    const std::size_t shown = std::min(unsupported_.size(), kCasesShown);
    const std::size_t hidden = unsupported_.size() - shown;
    return fmt::format("an upper tester is claimed, and answers unsupported in {}{}",
                       fmt::join(unsupported_.begin(),
                                 unsupported_.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                       hidden > 0 ? fmt::format(" and {} more", hidden) : std::string());
}

std::vector<std::string> StatementCheck::findings(bool is_whole_run) const {
    std::vector<std::string> lines;
    for (const auto& [claim, sight] : sights_) {
        // That a member of a farm speaks TCP is no claim of its own.
        if (is_claimed(claim) || claim == "profile tcp") continue;
        lines.push_back(fmt::format("{} is not claimed, and the device sent {} ({}, packet {})",
                                    claim, sight.what, sight.case_id, sight.frame + 1));
    }
    if (!is_whole_run || cases_ == 0) return lines;
    for (const char* claim : kAlwaysShown) {
        if (!is_claimed(claim) || sights_.contains(claim)) continue;
        lines.push_back(
            fmt::format("{} is claimed, and nothing of it was seen in {} cases", claim, cases_));
    }
    return lines;
}

}  // namespace conform
