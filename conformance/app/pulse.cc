// SPDX-License-Identifier: Apache-2.0
#include "app/pulse.hh"

#include <algorithm>
#include <utility>

#include "pdu/build.hh"
#include "roles/echo.hh"

namespace conform {
namespace {

/// Behind all ports of cases, which are the identifiers of their echoes.
constexpr std::uint16_t kIdentifier = 64'200;
/// An answer that takes longer than so many beats is none.
constexpr std::size_t kSentMax = 1'000;
/// An hour of nothing but noise.
constexpr std::size_t kSamplesMax = 400'000;
/// Less is no noise, and would only fill the list.
constexpr std::chrono::milliseconds kWorthNoting{1};

constexpr std::size_t kProtocol = kEthernetHeaderSize + 9;
constexpr std::size_t kType = kEthernetHeaderSize + 20;
constexpr std::string_view kText = "shunt-conform pulse, which a device answers";
constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kEchoReply = 0;

}  // namespace

Pulse::Pulse(std::unique_ptr<Attachment> device, const Iut& iut)
    : device_(std::move(device)), iut_(iut), next_beat_(device_->now()), returned_(next_beat_) {}

void Pulse::beat() {
    const Time time = now();
    if (time < next_beat_) return;
    next_beat_ = time + kBeat;
    device_->send(Link::Front,
                  encode_echo_request(iut_, kIdentifier, sequence_++, to_bytes(kText)));
    sent_.push_back(time);
    if (sent_.size() > kSentMax) sent_.pop_front();
}

void Pulse::note(const Noise& noise) {
    if (noise.late < kWorthNoting && noise.dropped == 0) return;
    samples_.push_back({now(), noise});
    if (samples_.size() > kSamplesMax) samples_.pop_front();
}

/// By as much as it is late it has stood still, and since the request before, perhaps: that one was
/// answered in time.
void Pulse::note_answer(Duration delay) {
    least_ = std::min(least_, delay);
    const Duration late = delay - least_;
    if (late >= kWorthNoting) note({late + kBeat});
}

bool Pulse::take(const LinkFrame& frame) {
    const ByteView bytes = frame.bytes;
    if (frame.link != Link::Front || bytes.size() < kType + 8) return false;
    const bool is_plain = load_u16(bytes, 12) == ether_type::kIpv4 &&
                          bytes[kEthernetHeaderSize] == 0x45 && bytes[kProtocol] == kIcmp;
    if (!is_plain || bytes[kType] != kEchoReply || load_u16(bytes, kType + 4) != kIdentifier ||
        !std::ranges::equal(bytes.subspan(std::min(bytes.size(), kType + 8)), to_bytes(kText))) {
        return false;
    }
    const auto behind = static_cast<std::uint16_t>(sequence_ - load_u16(bytes, kType + 6));
    if (behind < 1 || behind > sent_.size()) return false;
    std::optional<Time>& sent = sent_[sent_.size() - behind];
    // An answer that comes twice is the cases' to judge.
    if (!sent) return false;
    note_answer(now() - *sent);
    sent.reset();
    return true;
}

std::vector<LinkFrame> Pulse::progress(Time until) {
    // The judge was busy with something else, or was not let run: what has come meanwhile waited.
    note({now() - returned_});
    for (;;) {
        beat();
        const Time wake = std::min(until, next_beat_);
        std::vector<LinkFrame> frames = device_->progress(wake);
        if (frames.empty() && wake > Time::zero()) note({now() - wake});
        std::erase_if(frames, [this](const LinkFrame& frame) { return take(frame); });
        returned_ = now();
        if (!frames.empty() || returned_ >= until) return frames;
    }
}

Noise Pulse::noise_since(Time from) {
    const std::uint64_t dropped = device_->dropped();
    note({Duration{}, dropped - std::exchange(dropped_, dropped)});
    Noise sum;
    for (auto sample = samples_.rbegin(); sample != samples_.rend(); ++sample) {
        if (sample->at < from) break;
        sum.late = std::max(sum.late, sample->noise.late);
        sum.dropped += sample->noise.dropped;
    }
    return sum;
}

}  // namespace conform
