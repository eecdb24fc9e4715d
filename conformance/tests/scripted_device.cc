// SPDX-License-Identifier: Apache-2.0
#include "scripted_device.hh"

#include <algorithm>
#include <string_view>

namespace conform::tests {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kServerStart = 0xFFFFFFF0;  // wraps within the first response
constexpr std::uint32_t kServerClock = 7'000'000;
constexpr std::uint32_t kCopy = 0xC0FFEE;
constexpr std::uint16_t kServerWindow = 50'000;
constexpr std::uint8_t kServerScale = 3;
constexpr std::string_view kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";

bool contains(const Bytes& bytes, std::string_view text) {
    return std::search(bytes.begin(), bytes.end(), text.begin(), text.end()) != bytes.end();
}

}  // namespace

void ScriptedDevice::at(Duration later, std::function<void()> action) {
    timers_.emplace(now_ + later, std::move(action));
}

void ScriptedDevice::emit(Link link, Bytes frame) {
    output_.push_back({link, std::move(frame)});
}

std::uint32_t ScriptedDevice::clock() const {
    const auto ticks = static_cast<std::uint32_t>(milliseconds_of(now_));
    return kServerClock + (is(Defect::ClockStandsStill) ? 0 : ticks);
}

std::vector<LinkFrame> ScriptedDevice::progress(Time until) {
    while (output_.empty() && !timers_.empty() && timers_.begin()->first <= until) {
        now_ = std::max(now_, timers_.begin()->first);
        const std::function<void()> action = std::move(timers_.begin()->second);
        timers_.erase(timers_.begin());
        action();
    }
    if (output_.empty()) now_ = std::max(now_, until);
    return std::exchange(output_, {});
}

void ScriptedDevice::send(Link, ByteView bytes) {
    if (is(Defect::Dead)) return;
    const Frame frame = decode_frame(bytes, iut_.framing);
    if (frame.ipv4 && frame.ipv4->icmp) handle_echo(*frame.ipv4->icmp);
    if (frame.ipv4 && frame.ipv4->tcp) handle_client(*frame.ipv4);
    if (!frame.encapsulation) return;
    const Encapsulation& header = *frame.encapsulation;
    if (header.is(EncapsulationType::Connection)) handle_connection(header);
    if (header.is(EncapsulationType::Acknowledgement)) handle_acknowledgement(header);
    if (header.is(EncapsulationType::Go)) phase_ = Phase::Owner;
    if (header.is(EncapsulationType::Forwarded)) handle_forwarded(*frame.inner->tcp);
}

void ScriptedDevice::handle_echo(const IcmpMessage& echo) {
    IcmpMessage reply = echo;
    std::swap(reply.source, reply.destination);
    reply.type = icmp_type::kEchoReply;
    emit(Link::Front, encode_ethernet(iut_.client_mac, iut_.device.front_mac, ether_type::kIpv4,
                                      encode_icmp_packet(reply)));
}

void ScriptedDevice::emit_segment(const TcpSegment& segment) {
    Bytes frame = encode_ethernet(iut_.client_mac, iut_.device.front_mac, ether_type::kIpv4,
                                  encode_tcp_packet(segment));
    if (is(Defect::TcpChecksumWrong)) frame[kEthernetHeaderSize + 20 + 16] ^= 1;
    emit(Link::Front, std::move(frame));
}

void ScriptedDevice::emit_encapsulated(EncapsulationType type, Bytes payload,
                                       SocketAddress destination) {
    Encapsulation header;
    header.source = client_;
    header.destination = destination;
    header.type = static_cast<std::uint8_t>(type);
    header.payload = std::move(payload);
    Bytes bytes = encode_encapsulation(header);
    if (is(Defect::FrameChecksumWrong)) bytes[kEncapsulationChecksumOffset] ^= 0x40;
    emit(Link::Back, encode_ethernet(iut_.peers.front().back_mac, iut_.device.back_mac,
                                     iut_.framing.ethertype, bytes));
}

// As home.

void ScriptedDevice::handle_client(const Ipv4Packet& packet) {
    const TcpSegment& segment = *packet.tcp;
    if (segment.has(tcp_flag::kSyn)) return answer_syn(segment);
    if (phase_ == Phase::Forwarding) return forward(packet.bytes);
    if (phase_ == Phase::Migrating) return held_.push_back(packet.bytes);
    timestamp_recent_ = segment.timestamps->value;
    client_window_ = static_cast<std::uint32_t>(segment.window) << *syn_.window_scale;
    if (phase_ == Phase::Handshake) {
        phase_ = Phase::Open;
        handshake_ack_ = packet.bytes;
        if (is(Defect::OffersBeforeRequest)) offer();
    }
    if (!contains(segment.payload, iut_.requests.moved)) return;
    if (is(Defect::DiesAtRequest)) throw DeviceGone("the device closed the connection");
    held_.push_back(packet.bytes);
    offer();
    if (is(Defect::AcknowledgesTheRequest) || is(Defect::ResetsTheClient)) {
        TcpSegment ack = syn_ack_;
        ack.mss.reset();
        ack.window_scale.reset();
        ack.is_sack_permitted = false;
        ack.sequence = kServerStart + 1;
        ack.acknowledgment = segment.sequence + segment.length();
        ack.flags = is(Defect::ResetsTheClient) ? tcp_flag::kRst : tcp_flag::kAck;
        emit_segment(ack);
    }
}

void ScriptedDevice::answer_syn(const TcpSegment& syn) {
    phase_ = Phase::Handshake;
    syn_ = syn;
    client_ = syn.source;
    syn_ack_.source = syn.destination;
    syn_ack_.destination = syn.source;
    syn_ack_.sequence = kServerStart;
    syn_ack_.acknowledgment = syn.sequence + 1;
    syn_ack_.flags = tcp_flag::kSyn | tcp_flag::kAck;
    syn_ack_.window = kServerWindow;
    syn_ack_.mss = 1444;
    syn_ack_.window_scale = kServerScale;
    syn_ack_.is_sack_permitted = true;
    syn_ack_.timestamps = TcpTimestamps{clock(), syn.timestamps->value};
    emit_segment(syn_ack_);
    if (!is(Defect::SynAckNotRepeated)) at(milliseconds(1000), [this] { repeat_syn_ack(); });
}

void ScriptedDevice::repeat_syn_ack() {
    if (phase_ != Phase::Handshake) return;
    if (is(Defect::SynAckWithNewSequence)) syn_ack_.sequence += 5;
    syn_ack_.timestamps->value = clock();
    emit_segment(syn_ack_);
}

void ScriptedDevice::offer() {
    if (phase_ == Phase::Migrating) return;
    phase_ = Phase::Migrating;
    ConnectionInformation information{syn_.destination, export_block()};
    offered_ = encode(information);
    if (is(Defect::ConnectionCutShort)) offered_.pop_back();
    repeat_offer();
    for (const int later : {50, 150, 350}) {
        at(milliseconds(later), [this] {
            if (phase_ == Phase::Migrating || is(Defect::OffersForEver)) repeat_offer();
        });
    }
    if (is(Defect::OffersForEver)) at(milliseconds(600), [this] { repeat_offer(); });
    if (is(Defect::ForwardsBeforeAnswer)) {
        at(milliseconds(60), [this] {
            if (!held_.empty()) forward(held_.front());
        });
    }
}

void ScriptedDevice::repeat_offer() {
    const ServerAddresses& peer = iut_.peers.front();
    const Ipv4Address to = is(Defect::ToControlAddress) ? peer.control_ip : peer.forward_ip.front();
    emit_encapsulated(EncapsulationType::Connection, offered_, {to, syn_.destination.port});
    constexpr std::size_t kEpochEnd = 6 + 7;
    if (is(Defect::RepetitionWithNewEpoch)) ++offered_[kEpochEnd];
}

ControlBlock ScriptedDevice::export_block() const {
    ControlBlock block;
    block.ts_val = clock();
    block.epoch = 1;
    block.t_state = block_state::kEstablished;
    block.t_rxtcur = 1000;
    block.t_maxseg = *syn_.mss;
    block.t_flags = block_flag::kRequestedTimestamps | block_flag::kReceivedTimestamps |
                    block_flag::kSackPermitted;
    if (!is(Defect::ScaleFlagsMissing)) {
        block.t_flags |= block_flag::kRequestedScale | block_flag::kReceivedScale;
    }
    block.iss = is(Defect::SequencesSwapped) ? syn_.sequence : kServerStart;
    block.irs = is(Defect::SequencesSwapped) ? kServerStart : syn_.sequence;
    block.snd_una = block.snd_nxt = block.snd_max = block.snd_up = block.snd_wl2 = kServerStart + 1;
    block.rcv_nxt = block.rcv_up = block.snd_wl1 = block.last_ack_sent = syn_.sequence + 1;
    block.rcv_adv = block.rcv_nxt + kServerWindow;
    if (is(Defect::RequestConsumed)) block.rcv_nxt += 10;
    block.rcv_wnd = kServerWindow;
    block.snd_wnd = block.max_sndwnd =
        is(Defect::WindowNotScaled) ? client_window_ >> *syn_.window_scale : client_window_;
    block.snd_cwnd = 10U * block.t_maxseg;
    block.snd_ssthresh = 1U << 30;
    block.snd_scale = *syn_.window_scale;
    block.rcv_scale = kServerScale;
    block.reserved = is(Defect::ReservedNotZero) ? 1 : 0;
    block.ts_recent = timestamp_recent_;
    return block;
}

void ScriptedDevice::handle_acknowledgement(const Encapsulation& header) {
    const bool is_first = phase_ == Phase::Migrating;
    if (!is_first && (phase_ != Phase::Forwarding || is(Defect::RepeatedAnswerIgnored))) return;
    phase_ = Phase::Forwarding;
    if (iut_.framing.has_extensions) {
        std::optional<IdentifiedCopy> identified = parse_identified_copy(header.payload);
        if (is(Defect::CopyNotEchoed)) ++identified->copy;
        emit_encapsulated(EncapsulationType::Go, encode(*identified),
                          {iut_.peers.front().forward_ip.front(), syn_.destination.port});
    } else if (!is_first) {
        forward(handshake_ack_);
    }
    if (is(Defect::HeldPacketsReversed)) std::reverse(held_.begin(), held_.end());
    for (Bytes& packet : std::exchange(held_, {}))
        forward(std::move(packet));
}

void ScriptedDevice::forward(Bytes packet) {
    constexpr std::size_t kTcpFlagsOffset = 33;
    if (is(Defect::DropsFin) && (packet[kTcpFlagsOffset] & tcp_flag::kFin) != 0) return;
    if (is(Defect::TtlDecremented)) {
        --packet[8];
        ++packet[10];  // RFC 1624 on the byte that the TTL shares a word with
    }
    if (is(Defect::PaddingForwarded)) {
        packet.push_back(0);
        ++packet[3];
        --packet[11];
    }
    emit_encapsulated(EncapsulationType::Forwarded, std::move(packet),
                      {iut_.peers.front().forward_ip.front(), syn_.destination.port});
}

// As target.

void ScriptedDevice::handle_connection(const Encapsulation& header) {
    const auto information = parse_connection_information(header.payload);
    client_ = header.source;
    connection_ = header;
    block_ = information->block;
    service_ = information->service;
    next_sequence_ = block_.snd_nxt + (is(Defect::SequenceOffByOne) ? 1 : 0);
    imported_ = now_;
    phase_ = Phase::Copied;
    acknowledge();
    for (const int later : {50, 150, 350, 750}) {
        at(milliseconds(later), [this] {
            if (phase_ == Phase::Copied) acknowledge();
        });
    }
    if (is(Defect::SpeaksBeforeRelease)) at(milliseconds(200), [this] { respond({}); });
}

void ScriptedDevice::acknowledge() {
    Bytes payload;
    if (iut_.framing.has_extensions) {
        payload = encode(IdentifiedCopy{{service_, block_.iss, block_.epoch}, kCopy});
    }
    emit_encapsulated(EncapsulationType::Acknowledgement, std::move(payload),
                      {iut_.peers.front().forward_ip.front(), service_.port});
}

void ScriptedDevice::handle_forwarded(const TcpSegment& segment) {
    if (phase_ == Phase::Copied && !iut_.framing.has_extensions) phase_ = Phase::Owner;
    if (phase_ == Phase::Owner && !segment.payload.empty()) respond(segment);
}

void ScriptedDevice::respond(const TcpSegment& request) {
    TcpSegment segment;
    segment.source = service_;
    if (is(Defect::AnswersFromOwnAddress)) segment.source.address = iut_.device.service.front();
    segment.destination = client_;
    segment.sequence = next_sequence_;
    segment.acknowledgment =
        request.payload.empty() ? block_.rcv_nxt : request.sequence + request.length();
    segment.flags = tcp_flag::kAck | tcp_flag::kPsh;
    segment.window = static_cast<std::uint16_t>(
        is(Defect::ReceiveScaleLost) ? block_.rcv_wnd : (block_.rcv_wnd >> block_.rcv_scale) + 1);
    const auto ticks = static_cast<std::uint32_t>(milliseconds_of(now_ - imported_));
    segment.timestamps =
        TcpTimestamps{(is(Defect::TimestampsFromZero) ? 0 : block_.ts_val) + ticks,
                      request.timestamps ? request.timestamps->value : block_.ts_recent};
    segment.payload = to_bytes(kResponse);
    if (is(Defect::SendScaleLost)) segment.payload.resize(request.window);
    next_sequence_ += segment.length();
    emit_segment(segment);
}

}  // namespace conform::tests
