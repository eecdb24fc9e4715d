// SPDX-License-Identifier: Apache-2.0
#include "replay/recorded_case.hh"

#include <fmt/format.h>

#include <algorithm>

#include "report/pcapng.hh"

namespace conform {
namespace {

/// Reads the packets of a file in their order, each in its turn.
class ConversationReader {
  public:
    ConversationReader(const CaptureFile& file, const CaseRecord& record, const Iut& iut)
        : file_(file), record_(record), iut_(iut) {}

    Conversation read() {
        conversation_.turns = record_.turns;
        conversation_.port = record_.port;
        conversation_.has_channels = record_.has_channels;
        auto packet = file_.packets.begin();
        for (std::size_t turn = 0; turn < record_.turns.size(); ++turn) {
            const std::size_t count = record_.turn_packets[turn];
            if (count > static_cast<std::size_t>(file_.packets.end() - packet)) {
                fail(file_.record_offset, fmt::format("turn {} has {} packets, and {} are left",
                                                      turn, count, file_.packets.end() - packet));
            }
            for (const auto end = packet + static_cast<std::ptrdiff_t>(count); packet != end;
                 ++packet)
                add(*packet, turn);
        }
        if (packet != file_.packets.end()) fail(packet->offset, "a packet of no turn");
        if (!piece_.empty()) fail(file_.record_offset, "the last control line is cut");
        if (answers_ != record_.questions.size())
            fail(file_.record_offset, "more questions than lines of the upper tester");
        return std::move(conversation_);
    }

  private:
    [[noreturn]] void fail(std::size_t offset, const std::string& reason) const {
        throw CaptureFileError(fmt::format("{}: offset {}: {}", file_.path, offset, reason));
    }

    void add(const FilePacket& packet, std::size_t turn) {
        if (!packet.direction) fail(packet.offset, "a packet without direction");
        const Time at = record_.turns[turn];
        if (packet.time != at + record_.epoch_offset)
            fail(packet.offset, fmt::format("the packet's time is not that of turn {}", turn));
        const std::string& interface = file_.interfaces[packet.interface];
        if (interface == kControlInterface) return add_piece(packet, at, turn);
        const bool is_front = interface == to_string(Link::Front);
        if (!is_front && interface != to_string(Link::Back))
            fail(packet.offset, "a packet of an interface that is neither front, back nor control");
        conversation_.frames.push_back({at, is_front ? Link::Front : Link::Back, *packet.direction,
                                        packet.bytes, decode_frame(packet.bytes, iut_.framing),
                                        packet.comments, false, false, turn});
    }

    void add_piece(const FilePacket& packet, Time at, std::size_t turn) {
        if (packet.bytes.size() <= kEthernetHeaderSize)
            fail(packet.offset, "a control line without text");
        piece_.append(packet.bytes.begin() + kEthernetHeaderSize, packet.bytes.end());
        if (piece_.back() != '\n') return;
        piece_.pop_back();
        ControlLine line{at,   *packet.direction,           std::move(piece_),
                         turn, conversation_.frames.size(), 0};
        piece_.clear();
        if (line.direction == Direction::FromDevice) {
            if (answers_ == record_.questions.size())
                fail(packet.offset, "a line of the upper tester that nobody has asked for");
            line.question = record_.questions[answers_++];
        }
        conversation_.control.push_back(std::move(line));
    }

    const CaptureFile& file_;
    const CaseRecord& record_;
    const Iut& iut_;
    Conversation conversation_;
    std::string piece_;
    std::size_t answers_ = 0;
};

bool has_mac(const std::vector<MacAddress>& stations, const Frame& frame) {
    const auto is_one = [&](const MacAddress& mac) {
        return std::find(stations.begin(), stations.end(), mac) != stations.end();
    };
    return is_one(frame.source) || is_one(frame.destination);
}

}  // namespace

RecordedCase read_recorded_case(const CaptureFile& file, const Iut& iut) {
    RecordedCase recorded;
    try {
        recorded.record = parse_case_record(*file.record);
    } catch (const CaseRecordError& error) {
        throw CaptureFileError(fmt::format("{}: offset {}: the case's record: {}", file.path,
                                           file.record_offset, error.what()));
    }
    recorded.conversation = ConversationReader(file, recorded.record, iut).read();
    return recorded;
}

Capture read_foreign_capture(const CaptureFile& file, const Iut& iut) {
    std::vector<MacAddress> back = {iut.device.back_mac};
    for (const ServerAddresses& peer : iut.peers)
        back.push_back(peer.back_mac);
    Capture capture;
    for (const FilePacket& packet : file.packets) {
        Frame frame = decode_frame(packet.bytes, iut.framing);
        const bool is_devices =
            frame.source == iut.device.front_mac || frame.source == iut.device.back_mac;
        const std::string& interface = file.interfaces[packet.interface];
        const bool is_back = interface == to_string(Link::Back) ||
                             (interface != to_string(Link::Front) && has_mac(back, frame));
        capture.push_back(
            {packet.time - file.packets.front().time, is_back ? Link::Back : Link::Front,
             packet.direction.value_or(is_devices ? Direction::FromDevice : Direction::ToDevice),
             packet.bytes, std::move(frame), packet.comments});
    }
    return capture;
}

}  // namespace conform
