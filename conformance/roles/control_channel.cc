// SPDX-License-Identifier: Apache-2.0
#include "roles/control_channel.hh"

#include <fmt/format.h>

#include <algorithm>

#include "pdu/build.hh"

namespace conform {
namespace {

constexpr std::chrono::milliseconds kLook{5};
/// The lower id opens at once, for its connection is the one that stays (CTL-1); the other gives it
/// so much time.
constexpr std::chrono::milliseconds kOpenLater{200};
/// CTL-2: from 100 ms on.
constexpr std::chrono::milliseconds kOpenAgain{300};
constexpr std::chrono::milliseconds kStatePeriod{1'000};  // SEL-6
constexpr std::chrono::milliseconds kDead{3'000};         // CTL-3
constexpr std::uint16_t kPortFirst = 30'000;
constexpr std::uint16_t kPortSpan = 30'000;

}  // namespace

ControlChannel::ControlChannel(Wire& wire, const ServerAddresses& self,
                               const ServerAddresses& other, std::uint32_t profiles,
                               ServerState state, Random& random, Report report)
    : wire_(wire),
      self_(self),
      other_(other),
      profiles_(profiles),
      state_(std::move(state)),
      random_(random.next_u64(), self.name),
      report_(std::move(report)),
      boot_(random_.next_u64()),
      next_port_(static_cast<std::uint16_t>(kPortFirst + random_.below(kPortSpan))),
      segments_(wire.scheduler()),
      changes_(wire.scheduler()),
      received_(wire.scheduler()),
      open_at_(wire.now() + (self.id < other.id ? Duration::zero() : kOpenLater)) {
    wire_.add_listener(*this);
}

Task<> ControlChannel::run() {
    for (;;) {
        act();
        tell_of_changes();
        const std::optional<std::size_t> number = co_await segments_.next(next_deadline());
        if (number) take_segment(*number);
    }
}

void ControlChannel::tell_of_changes() {
    const bool is_up = choose() != nullptr;
    if (is_up == was_up_ && is_ready() == was_ready_) return;
    was_up_ = is_up;
    was_ready_ = is_ready();
    changes_.push(0);
}

Task<bool> ControlChannel::wait_until_ready(Duration within) {
    const Time deadline = wire_.now() + within;
    while (!is_ready() && wire_.now() < deadline)
        co_await changes_.next(deadline);
    co_return is_ready();
}

Task<bool> ControlChannel::wait_until_restarted(std::uint64_t before, Duration within) {
    const Time deadline = wire_.now() + within;
    const auto is_new = [this, before] {
        const std::optional<Hello> hello = greeting();
        return is_ready() && hello && hello->boot != before;
    };
    while (!is_new() && wire_.now() < deadline)
        co_await wire_.scheduler().sleep(kLook);
    co_return is_new();
}

bool ControlChannel::is_ready() const {
    const Conversation* stays = choose();
    return stays != nullptr && stays->has_spoken && stays->stream.is_all_acknowledged() &&
           wire_.now() < stays->heard + kDead;
}

std::optional<Hello> ControlChannel::greeting() const {
    const Conversation* stays = choose();
    return stays == nullptr ? std::nullopt : stays->hello;
}

void ControlChannel::cut() {
    is_cut_ = true;
    segments_.nudge();
}

void ControlChannel::mend() {
    is_cut_ = false;
    segments_.nudge();
}

void ControlChannel::behave(const Behaviour& behaviour) {
    behaviour_ = behaviour;
    tell_at_ = wire_.now();
    segments_.nudge();
}

void ControlChannel::restart() {
    conversations_.clear();
    boot_ = random_.next_u64();
    open_at_ = wire_.now();
    segments_.nudge();
}

void ControlChannel::close() {
    for (const auto& conversation : conversations_)
        conversation->stream.close(wire_.now());
    segments_.nudge();
}

void ControlChannel::open_another() {
    open();
    segments_.nudge();
}

void ControlChannel::send_bytes(ByteView bytes) {
    if (Conversation* stays = chosen()) {
        stays->stream.send(bytes, wire_.now());
        stays->has_spoken = true;
    }
    segments_.nudge();
}

void ControlChannel::tell(ServerState state) {
    state_ = std::move(state);
    tell_at_ = wire_.now();
    segments_.nudge();
}

Task<std::optional<ReceivedControlFrame>> ControlChannel::receive(Duration within) {
    const std::optional<std::size_t> number = co_await received_.next(wire_.now() + within);
    if (!number) co_return std::nullopt;
    co_return frames_[*number];
}

Task<ReceivedControlFrame> ControlChannel::expect(const char* requirement, std::uint8_t kind,
                                                  Duration within) {
    const Time deadline = wire_.now() + within;
    for (;;) {
        std::optional<ReceivedControlFrame> received = co_await receive(deadline - wire_.now());
        if (!received) {
            throw Violation(
                {requirement,
                 fmt::format("control frame {} for {}", describe_control_kind(kind), self_.name),
                 fmt::format("none within {} ms", milliseconds_of(within))});
        }
        if (received->content.kind == kind) co_return std::move(*received);
    }
}

void ControlChannel::forget_received() {
    while (!received_.is_empty())
        received_.pop();
}

Task<> ControlChannel::expect_loss(const char* requirement, const char* when, Duration within) {
    const Time deadline = wire_.now() + within;
    while (choose() != nullptr) {
        if (wire_.now() >= deadline) {
            throw Violation({requirement,
                             fmt::format("the channel with {} closed {}", self_.name, when),
                             fmt::format("not within {} ms", milliseconds_of(within))});
        }
        co_await changes_.next(deadline);
    }
}

bool ControlChannel::hear(std::size_t number, const CapturedFrame& captured) {
    if (captured.link != Link::Back || captured.frame.destination != self_.back_mac) return false;
    if (!captured.frame.ipv4 || !captured.frame.ipv4->tcp) return false;
    const TcpSegment& segment = *captured.frame.ipv4->tcp;
    if (segment.destination.address != self_.control_ip ||
        segment.source.address != other_.control_ip) {
        return false;
    }
    if (!is_cut_) segments_.push(number);
    return true;
}

void ControlChannel::emit(const TcpSegment& segment) {
    if (is_cut_) return;
    Bytes frame = encode_ethernet(other_.back_mac, self_.back_mac, ether_type::kIpv4,
                                  encode_tcp_packet(segment));
    if (carrier_) return carrier_(std::move(frame));
    wire_.send(Link::Back, std::move(frame));
}

ControlChannel::Conversation& ControlChannel::add(SocketAddress own, SocketAddress theirs,
                                                  bool is_ours) {
    Stream stream(own, theirs, random_.next_u32(),
                  [this](const TcpSegment& segment) { emit(segment); });
    conversations_.push_back(
        std::make_unique<Conversation>(Conversation{std::move(stream), is_ours}));
    conversations_.back()->heard = wire_.now();
    return *conversations_.back();
}

void ControlChannel::open() {
    const SocketAddress own{self_.control_ip, next_port_++};
    add(own, {other_.control_ip, kControlPort}, true).stream.open(wire_.now());
}

void ControlChannel::take_segment(std::size_t number) {
    const TcpSegment segment = *wire_.capture()[number].frame.ipv4->tcp;
    const auto found =
        std::find_if(conversations_.begin(), conversations_.end(), [&](const auto& conversation) {
            return conversation->stream.self() == segment.destination &&
                   conversation->stream.other() == segment.source;
        });
    if (found != conversations_.end()) {
        Conversation& conversation = **found;
        conversation.stream.hear(segment, wire_.now());
        take_bytes(conversation, number);
    } else if (segment.flags == tcp_flag::kSyn && segment.destination.port == kControlPort) {
        take_syn(segment);
    } else {
        answer_stray(segment);
    }
}

void ControlChannel::take_syn(const TcpSegment& syn) {
    attempts_.push_back(wire_.now());
    if (!behaviour_.accepts) return answer_stray(syn);
    add(syn.destination, syn.source, false).stream.accept(syn, wire_.now());
}

/// RFC 9293 3.10.7.1. A bare ACK is left alone: it is the last word of a connection that we have
/// forgotten earlier than TIME-WAIT demands.
void ControlChannel::answer_stray(const TcpSegment& segment) {
    if (segment.has(tcp_flag::kRst) || segment.length() == 0) return;
    TcpSegment reset;
    reset.source = segment.destination;
    reset.destination = segment.source;
    reset.flags = tcp_flag::kRst | tcp_flag::kAck;
    reset.sequence = segment.has(tcp_flag::kAck) ? segment.acknowledgment : 0;
    reset.acknowledgment = segment.sequence + segment.length();
    wire_.send(Link::Back, encode_ethernet(other_.back_mac, self_.back_mac, ether_type::kIpv4,
                                           encode_tcp_packet(reset)));
}

void ControlChannel::take_bytes(Conversation& conversation, std::size_t number) {
    const Bytes bytes = conversation.stream.take_received();
    if (bytes.empty()) return;
    conversation.heard = wire_.now();
    conversation.reader.add(bytes);
    while (const std::optional<ControlFrame> frame = conversation.reader.next())
        take_frame(conversation, *frame, number);
    if (!conversation.reader.is_broken()) return;
    report_({"CTL-5", "control frames of version 1 and a length from 12 to 16 MiB",
             to_hex(bytes, 16), number});
    conversation.stream.abort();
}

void ControlChannel::take_frame(Conversation& conversation, const ControlFrame& frame,
                                std::size_t number) {
    if (!conversation.hello) {
        conversation.hello =
            frame.kind == control_kind::kHello ? parse_hello(frame.body) : std::nullopt;
        if (!conversation.hello || conversation.hello->server != other_.id) {
            report_({"CTL-1", fmt::format("first the hello of server {}", other_.id),
                     fmt::format("{} with {}", describe_control_kind(frame.kind),
                                 to_hex(frame.body, 16)),
                     number});
            return conversation.stream.abort();
        }
        settle();
    } else if (!conversation.has_greeted) {
        report_({"CTL-1", "nothing but hello before both hellos have come",
                 describe_control_kind(frame.kind), number});
    }
    if (frame.kind == control_kind::kPing && behaviour_.answers_pings) {
        conversation.stream.send(encode(ControlFrame{control_kind::kPong, frame.transaction}),
                                 wire_.now());
        conversation.has_spoken = true;
    }
    frames_.push_back({number, wire_.now(), frame});
    received_.push(frames_.size() - 1);
}

const ControlChannel::Conversation* ControlChannel::choose() const {
    const bool are_ours_first = self_.id < other_.id;
    const Conversation* best = nullptr;
    for (const auto& conversation : conversations_) {
        const bool is_up =
            conversation->stream.is_open() && conversation->hello && conversation->has_greeted;
        if (!is_up) continue;
        // The later of two stands behind the earlier one.
        const bool is_better = best == nullptr || best->is_ours == conversation->is_ours ||
                               conversation->is_ours == are_ours_first;
        if (is_better) best = conversation.get();
    }
    return best;
}

ControlChannel::Conversation* ControlChannel::chosen() {
    const Conversation* stays = choose();
    for (const auto& conversation : conversations_) {
        if (conversation.get() == stays) return conversation.get();
    }
    return nullptr;
}

void ControlChannel::settle() {
    const Conversation* stays = choose();
    if (stays == nullptr) return;
    for (const auto& conversation : conversations_) {
        if (conversation.get() == stays || !conversation->hello) continue;
        if (behaviour_.closes_duplicates) conversation->stream.close(wire_.now());
    }
    tell_at_ = wire_.now();
}

void ControlChannel::act() {
    const Time now = wire_.now();
    if (is_cut_) return;
    for (const auto& conversation : conversations_) {
        conversation->stream.act(now);
        greet(*conversation);
        if (now >= conversation->heard + kDead) conversation->stream.abort();
    }
    const std::size_t before = conversations_.size();
    std::erase_if(conversations_, [](const auto& each) { return each->stream.is_gone(); });
    if (conversations_.empty() && before > 0) open_at_ = now + kOpenAgain;
    if (conversations_.empty() && now >= open_at_) {
        open_at_ = now + kOpenAgain;
        if (behaviour_.opens) open();
    }
    if (now < tell_at_ || choose() == nullptr) return;
    tell_at_ = now + kStatePeriod;
    if (!behaviour_.tells_state) return;
    Conversation& stays = *chosen();
    stays.stream.send(encode(ControlFrame{control_kind::kServerState, 0, encode(state_)}), now);
    stays.has_spoken = true;
}

void ControlChannel::greet(Conversation& conversation) {
    if (conversation.has_greeted || !behaviour_.greets) return;
    if (!conversation.stream.is_open()) return;
    conversation.has_greeted = true;
    const Hello hello{self_.id, boot_, profiles_, self_.name};
    conversation.stream.send(encode(ControlFrame{control_kind::kHello, 0, encode(hello)}),
                             wire_.now());
    if (conversation.hello) settle();
}

std::size_t ControlChannel::connections() const {
    return conversations_.size();
}

bool ControlChannel::is_opened_by_us() const {
    const Conversation* stays = choose();
    return stays != nullptr && stays->is_ours;
}

std::uint16_t ControlChannel::port() const {
    const Conversation* stays = choose();
    return stays == nullptr ? std::uint16_t{0} : stays->stream.self().port;
}

Time ControlChannel::next_deadline() const {
    if (is_cut_) return kNever;
    if (conversations_.empty()) return open_at_;
    Time deadline = choose() == nullptr ? kNever : tell_at_;
    for (const auto& conversation : conversations_) {
        deadline =
            std::min({deadline, conversation->stream.next_deadline(), conversation->heard + kDead});
    }
    return deadline;
}

}  // namespace conform
