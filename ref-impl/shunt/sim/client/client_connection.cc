// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/client/client_connection.hh"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace shunt::sim {
namespace {

// A client with a large upload fills its send buffer, not its memory.
constexpr std::size_t kUnsentMax = 1 << 20;

void append_text(std::vector<std::uint8_t>& bytes, std::string_view text) {
    bytes.insert(bytes.end(), text.begin(), text.end());
}

}  // namespace

ClientConnection::ClientConnection(tcp::Connection connection, const ConnectionPlan& plan)
    : tcp_(std::move(connection)), plan_(plan) {}

std::optional<std::string> ClientConnection::advance(Instant now) {
    std::optional<std::string> fault;
    // A reset that an earlier fault has caused would only hide it.
    while (const auto event = tcp_.poll_event()) {
        auto found = handle_event(*event);
        if (!fault && !is_broken_) fault = std::move(found);
    }
    while (!tcp_.readable().empty()) {
        const ByteView bytes = tcp_.readable();
        if (!fault && !is_broken_) fault = reader_.read(bytes);
        tcp_.consume(bytes.size());
    }
    if (!fault && !is_broken_ && has_server_finished_ && !has_all()) {
        fault = fmt::format("the server closes after {} of {} responses", reader_.completed(),
                            plan_.sizes.size());
    }
    is_broken_ = is_broken_ || fault.has_value();
    write(now);
    return fault;
}

bool ClientConnection::is_finished() const {
    return has_all() &&
           (tcp_.state() == tcp::State::Closed || tcp_.state() == tcp::State::TimeWait);
}

ClientFate ClientConnection::fate() const {
    if (is_finished()) return ClientFate::Served;
    if (is_reset_) return ClientFate::Reset;
    return tcp_.is_closed() ? ClientFate::Silence : ClientFate::Waiting;
}

std::optional<std::string> ClientConnection::handle_event(tcp::Event event) {
    switch (event) {
        case tcp::Event::Reset:
            is_aborted_ = true;
            is_reset_ = true;
            // Its last acknowledgments were lost for longer than anybody remembers it.
            if (has_all()) return std::nullopt;
            return fmt::format("a reset after {} of {} responses", reader_.completed(),
                               plan_.sizes.size());
        case tcp::Event::TimedOut:
            is_aborted_ = true;
            return fmt::format("no answer, given up after {} of {} responses", reader_.completed(),
                               plan_.sizes.size());
        case tcp::Event::PeerFinished:
            has_server_finished_ = true;
            return std::nullopt;
        case tcp::Event::Established:
        case tcp::Event::Urgent:
        case tcp::Event::Readable:
        case tcp::Event::Writable:
        case tcp::Event::Unreachable:
        case tcp::Event::Unanswered:
        case tcp::Event::Closed:
            return std::nullopt;
    }
    return std::nullopt;
}

std::optional<Instant> ClientConnection::deadline() const {
    const bool is_pausing = asked_ == 1 && plan_.sizes.size() > 1 && !has_closed_;
    return is_pausing ? std::optional(plan_.start + plan_.pause) : std::nullopt;
}

void ClientConnection::write(Instant now) {
    while (may_ask_next(now))
        append_request(asked_++);
    const std::size_t sent = tcp_.send(unsent_);
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
    const bool is_through = has_all() && (!plan_.does_server_close || has_server_finished_);
    if ((is_through || is_broken_) && !has_closed_) {
        has_closed_ = true;
        tcp_.close();
    }
}

bool ClientConnection::may_ask_next(Instant now) const {
    if (asked_ > 0 && now < plan_.start + plan_.pause) return false;
    if (asked_ == plan_.sizes.size() || is_broken_ || has_closed_) return false;
    if (tcp_.state() == tcp::State::SynSent || unsent_.size() >= kUnsentMax) return false;
    return plan_.is_pipelined || !reader_.is_waiting();
}

void ClientConnection::append_request(std::size_t number) {
    const bool is_last = number + 1 == plan_.sizes.size();
    const std::uint64_t size = plan_.sizes[number];
    // The server verifies what it is asked to, byte by byte, and refuses anything else.
    const bool is_upload = plan_.upload_size > 0;
    append_text(unsent_, fmt::format("{} {}/bytes/{}{} HTTP/1.1\r\nHost: service\r\n",
                                     is_upload ? "POST" : "GET", plan_.is_growing ? "/tail" : "",
                                     size, is_upload ? "?verify" : ""));
    if (is_upload) append_text(unsent_, fmt::format("Content-Length: {}\r\n", plan_.upload_size));
    if (is_last && plan_.does_server_close) append_text(unsent_, "Connection: close\r\n");
    append_text(unsent_, "\r\n");
    const auto body = content_range(0, plan_.upload_size);
    unsent_.insert(unsent_.end(), body.begin(), body.end());
    reader_.expect(size);
}

}  // namespace shunt::sim
