// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/pair/stream_application.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace shunt::sim {
namespace {

constexpr std::uint64_t kChunk = 8 * 1'024;

}  // namespace

std::optional<std::string> StreamApplication::advance(tcp::Connection& connection, Instant now) {
    std::optional<std::string> fault = read(connection, now);
    if (auto event = handle_events(connection); event && !fault) fault = std::move(event);
    is_broken_ = is_broken_ || fault.has_value();
    write(connection);
    return fault;
}

std::optional<std::string> StreamApplication::read(tcp::Connection& connection, Instant now) {
    std::uint64_t allowance = plan_.read_size == 0 ? ~std::uint64_t{0} : plan_.read_size;
    if (next_read_ && now < *next_read_) return std::nullopt;
    next_read_.reset();
    while (allowance > 0 && !connection.readable().empty()) {
        const ByteView readable = connection.readable();
        const std::size_t count = std::min<std::uint64_t>(readable.size(), allowance);
        std::optional<std::string> fault;
        if (!is_broken_) fault = oracle_.check(readable.first(count));
        received_ += count;
        allowance -= count;
        connection.consume(count);
        if (fault) return fault;
    }
    if (allowance == 0) next_read_ = now + plan_.read_pause;
    return std::nullopt;
}

std::optional<std::string> StreamApplication::handle_events(tcp::Connection& connection) {
    std::optional<std::string> fault;
    while (const auto event = connection.poll_event()) {
        switch (*event) {
            case tcp::Event::Reset:
            case tcp::Event::TimedOut:
                is_aborted_ = true;
                // Who has everything may be reset when the other side's TIME-WAIT is over.
                if (has_all()) break;
                fault = fmt::format("{} after {} of {} octets", to_string(*event), received_,
                                    plan_.receive_size);
                break;
            case tcp::Event::PeerFinished:
                has_peer_finished_ = true;
                break;
            case tcp::Event::Established:
            case tcp::Event::Urgent:
            case tcp::Event::Readable:
            case tcp::Event::Writable:
            case tcp::Event::Unreachable:
            case tcp::Event::Unanswered:
            case tcp::Event::Closed:
                break;
        }
    }
    const bool is_short = has_peer_finished_ && connection.readable().empty() &&
                          !oracle_.is_complete() && !is_broken_;
    if (is_short && !fault) {
        fault = fmt::format("the stream ends after {} of {} octets", received_, plan_.receive_size);
    }
    return fault;
}

void StreamApplication::write(tcp::Connection& connection) {
    for (std::uint64_t left = may_send(); left > 0; left = may_send()) {
        const std::size_t room = connection.send_capacity();
        std::array<std::uint8_t, kChunk> chunk;
        const std::size_t count = std::min({left, kChunk, std::uint64_t{room}});
        if (count == 0) break;
        const MutableBytes bytes(chunk.data(), count);
        write_content(sent_, bytes);
        sent_ += connection.send(bytes);
    }
    // In SYN-SENT it would delete the connection and what it was given (RFC 9293 3.10.4).
    const bool is_open =
        is_synchronized(connection.state()) || connection.state() == tcp::State::SynReceived;
    const bool is_through =
        is_broken_ || (sent_ == plan_.send_size && (plan_.closes_early || oracle_.is_complete()));
    if (is_open && is_through) connection.close();
}

std::uint64_t StreamApplication::may_send() const {
    std::uint64_t allowed = plan_.send_size;
    if (plan_.message_size > 0) {
        const std::uint64_t came = received_ / plan_.message_size;
        allowed = std::min(allowed, (came + (plan_.does_ask ? 1 : 0)) * plan_.message_size);
    }
    return allowed - std::min(allowed, sent_);
}

}  // namespace shunt::sim
