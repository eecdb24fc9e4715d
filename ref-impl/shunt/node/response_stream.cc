// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/response_stream.hh"

#include <algorithm>

#include "shunt/node/context_bytes.hh"
#include "shunt/node/http_context_format.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::node {

using namespace http_context;

std::unique_ptr<ResponseStream> ResponseStream::resume(Contents& contents, ByteView context) {
    ContextReader in(context);
    const bool is_known = in.number(1) == kVersion;
    const std::uint64_t state = in.number(1);
    const auto flags = static_cast<std::uint8_t>(in.number(1));
    in.number(8);  // of the request's body nothing is left to be read
    in.number(8);
    // The head of a request, or its body, is not for this application (EP-42).
    const bool is_response = state == static_cast<std::uint64_t>(http_context::State::Response) &&
                             (flags & kHasResponse) != 0;
    if (!is_known || !is_response) return nullptr;
    auto response = HttpResponse::read_from(in);
    if (!response || !in.is_read_to_its_end() || !response->can_go_on(contents)) return nullptr;
    return std::unique_ptr<ResponseStream>(
        new ResponseStream(contents, flags, std::move(*response)));
}

std::optional<std::vector<std::uint8_t>> ResponseStream::context() const {
    using Written = http_context::State;
    const Written written = response_                  ? Written::Response
                            : state_ == State::Closing ? Written::Closing
                                                       : Written::Head;
    const unsigned with_response = response_ ? kHasResponse : 0U;
    ContextWriter out;
    out.number(kVersion, 1);
    out.number(static_cast<std::uint8_t>(written), 1);
    out.number((flags_ & ~unsigned{kHasResponse}) | with_response, 1);
    out.number(0, 8);
    out.number(0, 8);
    if (response_ && !response_->append_to(out, contents_)) return std::nullopt;
    return out.take();
}

void ResponseStream::advance(tcp::Connection& connection, Instant now) {
    bool goes_on = true;
    while (goes_on) {
        switch (state_) {
            case State::Responding:
                goes_on = respond(connection, now);
                break;
            case State::Sending:
                goes_on = wait_until_sent(connection);
                break;
            case State::Leaving:
                goes_on = wait_for_a_way(connection, now);
                break;
            case State::Closing:
                connection.consume(connection.receive_queue_size());
                return;
        }
    }
}

bool ResponseStream::respond(tcp::Connection& connection, Instant now) {
    switch (response_->write(connection, contents_, now)) {
        case HttpResponse::Progress::Waiting:
            return false;
        case HttpResponse::Progress::Broken:
            state_ = State::Closing;
            break;
        case HttpResponse::Progress::Done:
            state_ = (flags_ & kKeepsAlive) != 0 ? State::Sending : State::Closing;
            if (state_ == State::Closing) connection.close();
            break;
    }
    response_.reset();
    return true;
}

/// What is sent already need not move, and may take its time with a slow client.
bool ResponseStream::wait_until_sent(const tcp::Connection& connection) {
    if (connection.send_queue_size() > 0) return false;
    state_ = State::Leaving;
    return true;
}

bool ResponseStream::wait_for_a_way(tcp::Connection& connection, Instant now) {
    const bool is_silent =
        tcp::has_peer_finished(connection.state()) && connection.receive_queue_size() == 0;
    const bool is_stuck = tries_ == kTriesMax && now >= next_try_;
    if (!is_silent && !is_stuck) return false;
    // The response was whole, and its head has promised to go on: a FIN between two responses is an
    // end that every client has to expect (RFC 9112 9.5).
    connection.close();
    state_ = State::Closing;
    return true;
}

std::optional<Instant> ResponseStream::wake_at() const {
    switch (state_) {
        case State::Responding:
            return response_->wake_at();
        case State::Leaving:
            return next_try_;
        case State::Sending:
        case State::Closing:
            break;
    }
    return std::nullopt;
}

bool ResponseStream::asks_to_leave(Instant now) {
    if (state_ != State::Leaving || tries_ == kTriesMax || now < next_try_) return false;
    next_try_ = now + std::min(kPauseMax, kPauseMin * (std::int64_t{1} << tries_));
    ++tries_;
    return true;
}

}  // namespace shunt::node
