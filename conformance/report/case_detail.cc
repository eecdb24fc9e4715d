// SPDX-License-Identifier: Apache-2.0
#include "report/case_detail.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/packet_name.hh"
#include "report/pcapng.hh"
#include "report/text.hh"

namespace conform {
namespace {

constexpr std::size_t kStepsAtEnds = 150;
constexpr std::size_t kStepsAround = 5;
constexpr std::size_t kViolationsShown = 50;
constexpr std::size_t kPacketsShown = 20;
constexpr std::size_t kLinesShown = 200;
constexpr std::size_t kLineShown = 300;

/// The columns of a ladder: who is behind which MAC address.
class Columns {
  public:
    explicit Columns(const Iut& iut) {
        add("clients", {iut.client_mac});
        const std::string device = iut.device.name.empty() ? "device" : iut.device.name;
        device_ = add(device + " (device)", {iut.device.front_mac, iut.device.back_mac});
        for (const ServerAddresses& peer : iut.peers)
            add(peer.name, {peer.front_mac, peer.back_mac});
        others_ = names_.size();
        names_.emplace_back("others");
        used_.assign(names_.size(), false);
        used_[0] = used_[device_] = true;
    }

    /// A frame's two ends: one is the device.
    std::pair<std::size_t, std::size_t> ends_of(const CapturedFrame& captured) {
        const bool is_devices = captured.direction == Direction::FromDevice;
        const std::size_t other =
            find(is_devices ? captured.frame.destination : captured.frame.source);
        used_[other] = true;
        return is_devices ? std::pair(device_, other) : std::pair(other, device_);
    }

    /// Takes out who said nothing; what `ends_of` has given is renumbered.
    Ladder close(std::vector<LadderStep> steps) const {
        std::vector<std::size_t> places(names_.size());
        Ladder ladder;
        for (std::size_t i = 0; i < names_.size(); ++i) {
            places[i] = ladder.columns.size();
            if (used_[i]) ladder.columns.push_back(names_[i]);
        }
        for (LadderStep& step : steps) {
            step.from = places[step.from];
            step.to = places[step.to];
        }
        ladder.steps = std::move(steps);
        return ladder;
    }

  private:
    std::size_t add(std::string name, std::initializer_list<MacAddress> stations) {
        for (const MacAddress& mac : stations)
            columns_[mac] = names_.size();
        names_.push_back(std::move(name));
        return names_.size() - 1;
    }

    /// What the device broadcasts is for others; it is never its own peer.
    std::size_t find(const MacAddress& mac) const {
        const auto found = columns_.find(mac);
        return found == columns_.end() || found->second == device_ ? others_ : found->second;
    }

    std::map<MacAddress, std::size_t> columns_;
    std::vector<std::string> names_;
    std::vector<bool> used_;
    std::size_t device_ = 0;
    std::size_t others_ = 0;
};

/// Which frames are shown: the first, the last, and those around a violation.
std::vector<bool> shown_frames(std::size_t count,
                               const std::map<std::size_t, std::vector<std::string>>& violations) {
    std::vector<bool> is_shown(count, count <= 2 * kStepsAtEnds);
    for (std::size_t i = 0; i < std::min(count, kStepsAtEnds); ++i)
        is_shown[i] = is_shown[count - 1 - i] = true;
    for (const auto& [frame, ignored] : violations) {
        const std::size_t begin = frame - std::min(frame, kStepsAround);
        for (std::size_t i = begin; i < std::min(count, frame + kStepsAround + 1); ++i)
            is_shown[i] = true;
    }
    return is_shown;
}

std::vector<std::string> control_transcript(const Conversation& conversation) {
    std::vector<std::string> lines;
    for (const ControlLine& line : conversation.control) {
        if (lines.size() == kLinesShown) {
            lines.push_back(
                fmt::format(".. {} lines left out ..", conversation.control.size() - kLinesShown));
            break;
        }
        const bool is_cut = line.text.size() > kLineShown;
        lines.push_back(fmt::format("{:10.6f} {} {}{}",
                                    std::chrono::duration<double>(line.at).count(),
                                    line.direction == Direction::ToDevice ? "->" : "<-",
                                    line.text.substr(0, kLineShown), is_cut ? ".." : ""));
    }
    return lines;
}

std::string arrow(const Ladder& ladder, const LadderStep& step) {
    constexpr std::size_t kWidth = 16;
    std::string text(ladder.columns.size() * kWidth, ' ');
    for (std::size_t column = 0; column < ladder.columns.size(); ++column)
        text[column * kWidth] = '|';
    const std::size_t left = std::min(step.from, step.to) * kWidth;
    const std::size_t right = std::max(step.from, step.to) * kWidth;
    for (std::size_t i = left + 1; i < right; ++i)
        text[i] = '-';
    if (step.from < step.to) text[right - 1] = '>';
    if (step.from > step.to) text[left + 1] = '<';
    return text;
}

std::string ladder_text(const Ladder& ladder) {
    std::string text = "     #      time s  ";
    for (const std::string& column : ladder.columns)
        text += fmt::format("{:<16}", printable(column).substr(0, 15));
    text += "\n";
    for (const LadderStep& step : ladder.steps) {
        if (step.packet == 0) {
            text += fmt::format("        .. {} packets left out ..\n", step.left_out);
            continue;
        }
        text += fmt::format("{} {:4} {:11.6f}  {}{}\n", step.violations.empty() ? " " : "!",
                            step.packet, std::chrono::duration<double>(step.at).count(),
                            arrow(ladder, step), step.label);
        for (const std::string& violation : step.violations)
            text += fmt::format("       ^ {}\n", printable(violation));
    }
    return text;
}

}  // namespace

CaseDetail describe_conversation(Conversation& conversation, const CaseResult& result,
                                 const Iut& iut) {
    std::map<std::size_t, std::vector<std::string>> violations;
    for (const Finding& finding : result.findings) {
        if (!finding.frame || *finding.frame >= conversation.frames.size()) continue;
        if (violations.size() == kViolationsShown && !violations.contains(*finding.frame)) continue;
        violations[*finding.frame].push_back(finding.message());
    }
    const std::vector<bool> is_shown = shown_frames(conversation.frames.size(), violations);
    CaseDetail detail;
    Columns columns(iut);
    PacketNamer namer(conversation.frames);
    std::vector<LadderStep> steps;
    for (std::size_t frame = 0; frame < conversation.frames.size(); ++frame) {
        CapturedFrame& captured = conversation.frames[frame];
        const std::string label = namer.name(captured);
        captured.comments.push_back(label);
        if (!is_shown[frame]) {
            if (steps.back().packet != 0) steps.emplace_back();
            ++steps.back().left_out;
            continue;
        }
        const auto [from, to] = columns.ends_of(captured);
        const auto found = violations.find(frame);
        LadderStep step{packet_number(conversation, frame), 0, captured.at, from, to, label, {}};
        if (found != violations.end()) step.violations = found->second;
        steps.push_back(std::move(step));
        if (found == violations.end() || detail.packets.size() == kPacketsShown) continue;
        std::vector<ByteRange> marked;
        for (const Finding& finding : result.findings) {
            if (finding.frame != frame) continue;
            if (const auto range = offending_bytes(finding, captured)) marked.push_back(*range);
        }
        detail.packets.push_back(
            {steps.back().packet, label, found->second, hex_rows(captured.bytes, marked)});
    }
    detail.ladder = columns.close(std::move(steps));
    detail.control = control_transcript(conversation);
    return detail;
}

std::string to_text(const CaseResult& result, const CaseDetail& detail) {
    std::string text = fmt::format("{}  {}\n", to_string(result.verdict), result.id);
    if (!result.reason.empty()) text += printable(result.reason) + "\n";
    for (const Finding& finding : result.findings) {
        if (finding.packet) break;
        text += "  " + printable(finding.message()) + "\n";
    }
    text +=
        fmt::format("\nagain: {}\n{}\n\n", printable(result.rerun), printable(detail.environment));
    text += ladder_text(detail.ladder);
    for (const MarkedPacket& packet : detail.packets) {
        text += fmt::format("\npacket {}: {}\n", packet.packet, packet.label);
        for (const std::string& violation : packet.violations)
            text += "  " + printable(violation) + "\n";
        text += hex_text(packet.rows);
    }
    if (!detail.control.empty()) text += "\nupper tester\n";
    for (const std::string& line : detail.control)
        text += printable(line) + "\n";
    return text;
}

}  // namespace conform
