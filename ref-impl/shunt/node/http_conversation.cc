// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/http_conversation.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <variant>
#include <vector>

#include "shunt/farm/http_request.hh"
#include "shunt/farm/url_map.hh"
#include "shunt/node/generated_content.hh"
#include "shunt/node/percent_decoding.hh"

namespace shunt::node {
namespace {

/// Body bytes written in one step; a multiple of the generated block. Of generated content that is
/// longer nothing is copied.
constexpr std::size_t kChunk = 16 * 1024;
constexpr std::string_view kLineEnd = "\r\n";

ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The receive queue is a ring: a head that lies across its end is put together first.
farm::ParsedRequest parse_head(const tcp::Connection& connection) {
    const ByteView front = connection.readable();
    auto parsed = farm::parse_request_head(front);
    const bool is_whole = front.size() == connection.receive_queue_size();
    if (is_whole || !std::holds_alternative<farm::IncompleteRequest>(parsed)) return parsed;
    std::vector<std::uint8_t> queue(connection.receive_queue_size());
    connection.copy_receive_queue(queue);
    return farm::parse_request_head(queue);
}

}  // namespace

void HttpConversation::advance(tcp::Connection& connection) {
    bool goes_on = true;
    while (goes_on) {
        switch (state_) {
            case State::Head:
                goes_on = read_head(connection);
                break;
            case State::RequestBody:
                goes_on = read_body(connection);
                break;
            case State::Response:
                goes_on = write_response(connection);
                break;
            case State::Closing:
                connection.consume(connection.receive_queue_size());
                return;
        }
    }
}

bool HttpConversation::read_head(tcp::Connection& connection) {
    const auto parsed = parse_head(connection);
    if (std::holds_alternative<farm::IncompleteRequest>(parsed)) {
        if (!tcp::has_peer_finished(connection.state())) return false;
        connection.close();
        state_ = State::Closing;
        return true;
    }
    const auto* head = std::get_if<farm::RequestHead>(&parsed);
    if (head == nullptr) {
        refuse_head(std::get<farm::MalformedRequest>(parsed));
        return true;
    }
    connection.consume(head->header_bytes);
    if (head->is_chunked) {
        refuse("411 Length Required", "a request body needs a Content-Length\n");
        return true;
    }
    keeps_alive_ = head->is_kept_alive;
    is_head_request_ = head->method == "HEAD";
    request_body_left_ = head->content_length.value_or(0);
    request_body_read_ = 0;
    is_request_body_verified_ = false;
    if (is_greeted_ || sessions_ == nullptr) {
        answer(head->method, head->target);
    } else {
        answer_first(*head, connection);
    }
    if (request_body_left_ > 0) state_ = State::RequestBody;
    return true;
}

/// SES-1: the first response of the connection says who keeps the client's session. A response
/// without an object is a redirect to who does.
void HttpConversation::answer_first(const farm::RequestHead& head,
                                    const tcp::Connection& connection) {
    is_greeted_ = true;
    const tcp::Identity& identity = connection.identity();
    const bool is_safe = head.method == "GET" || head.method == "HEAD";
    const Sessions::Greeting greeting = sessions_->greet(
        {head.cookies, head.target, identity.local_address, identity.local_port, is_safe});
    std::string field = greeting.field;
    if (greeting.location.empty()) {
        answer(head.method, head.target);
    } else {
        answer_text("302 Found", "the server that keeps this session has another address\n");
        field = "Location: " + greeting.location + "\r\n";
    }
    std::string& answered = response_->head;
    answered.insert(answered.size() - kLineEnd.size(), field);
}

void HttpConversation::refuse_head(const farm::MalformedRequest& request) {
    if (request.is_too_long) {
        refuse("431 Request Header Fields Too Large", "the head of the request is too long\n");
    } else {
        refuse("400 Bad Request", "the request is not HTTP/1.1\n");
    }
}

void HttpConversation::refuse(std::string_view status, std::string_view text) {
    // What follows in the stream cannot be told apart from the bad request: the last exchange.
    keeps_alive_ = false;
    is_head_request_ = false;
    answer_text(status, text);
}

bool HttpConversation::read_body(tcp::Connection& connection) {
    const ByteView front = connection.readable();
    const std::uint64_t count = std::min<std::uint64_t>(front.size(), request_body_left_);
    const ByteView bytes = front.first(static_cast<std::size_t>(count));
    if (is_request_body_verified_ && !is_body_right(bytes)) {
        refuse("422 Unprocessable Content", "the body is not generated content\n");
        return true;
    }
    connection.consume(bytes.size());
    request_body_read_ += count;
    request_body_left_ -= count;
    if (request_body_left_ == 0) {
        state_ = State::Response;
        return true;
    }
    if (count == 0 && tcp::has_peer_finished(connection.state())) {
        connection.abort();  // the body it announced will never come
        state_ = State::Closing;
    }
    return count > 0;
}

bool HttpConversation::is_body_right(ByteView bytes) const {
    std::array<std::uint8_t, kContentBlock * 16> expected;
    std::uint64_t offset = request_body_read_;
    while (!bytes.empty()) {
        const std::size_t count = std::min(expected.size(), bytes.size());
        const MutableBytes piece = MutableBytes(expected).first(count);
        generate(offset, piece);
        if (!std::ranges::equal(piece, bytes.first(count))) return false;
        bytes = bytes.subspan(count);
        offset += count;
    }
    return true;
}

void HttpConversation::answer(std::string_view method, std::string_view target) {
    if (method != "GET" && method != "HEAD" && method != "POST" && method != "PUT") {
        answer_text("501 Not Implemented", "only GET, HEAD, POST and PUT are served\n");
        return;
    }
    const std::string_view whole = farm::path_of(target);
    const auto path = percent_decoded(whole.substr(0, whole.find('?')));
    if (!path) {
        answer_text("400 Bad Request", "the path is not percent-encoded as RFC 3986 demands\n");
        return;
    }
    if (const auto size = generated_size(*path)) {
        is_request_body_verified_ = whole.ends_with("?verify");
        start("200 OK", "application/octet-stream", *size).source = Source::Generated;
        return;
    }
    if (const auto size = contents_.size_of(*path)) {
        Response& response = start("200 OK", "application/octet-stream", *size);
        response.source = Source::Contents;
        response.path = *path;
        response.version = contents_.version_of(*path);
        return;
    }
    answer_text("404 Not Found", "there is no such object\n");
}

void HttpConversation::answer_text(std::string_view status, std::string_view text) {
    start(status, "text/plain", text.size()).text = text;
}

HttpConversation::Response& HttpConversation::start(std::string_view status, std::string_view type,
                                                    std::uint64_t size) {
    response_ = std::make_unique<Response>();
    response_->head = fmt::format(
        "HTTP/1.1 {}\r\nServer: shunt/{}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n",
        status, server_name_, type, size, keeps_alive_ ? "" : "Connection: close\r\n");
    response_->size = is_head_request_ ? 0 : size;
    state_ = State::Response;
    return *response_;
}

bool HttpConversation::write_head(tcp::Connection& connection) {
    const std::size_t sent = connection.send(as_bytes(response_->head));
    response_->head.erase(0, sent);
    return response_->head.empty();
}

/// The next bytes of the body; fewer than asked if the object has no more.
std::size_t HttpConversation::fill(MutableBytes chunk) {
    switch (response_->source) {
        case Source::Text: {
            const auto from = static_cast<std::ptrdiff_t>(response_->offset);
            std::copy_n(response_->text.begin() + from, chunk.size(), chunk.begin());
            return chunk.size();
        }
        case Source::Generated:
            generate(response_->offset, chunk);
            return chunk.size();
        case Source::Contents:
            return contents_.read(response_->path, response_->offset, chunk);
    }
    return 0;
}

bool HttpConversation::write_response(tcp::Connection& connection) {
    if (!write_head(connection)) return false;
    while (response_->offset < response_->size) {
        const std::size_t written = write_piece(connection);
        if (written == 0) return state_ == State::Closing;
        response_->offset += written;
    }
    finish_exchange();
    if (state_ == State::Closing) connection.close();
    return true;
}

/// How many bytes of the body the connection took; 0: it is full, or this was the end.
std::size_t HttpConversation::write_piece(tcp::Connection& connection) {
    const std::uint64_t left = response_->size - response_->offset;
    const bool is_by_reference = response_->source == Source::Generated && response_->size > kChunk;
    if (is_by_reference) return connection.send({generated_source(), response_->offset, left});
    const MutableBytes room =
        connection.send_room(static_cast<std::size_t>(std::min<std::uint64_t>(left, kChunk)));
    if (room.empty()) return 0;
    const std::size_t got = fill(room);
    if (got == 0) {  // the object shrank under us: the announced length cannot be kept
        connection.abort();
        state_ = State::Closing;
    }
    connection.send_written(got);
    return got;
}

void HttpConversation::finish_exchange() {
    response_.reset();
    state_ = keeps_alive_ ? State::Head : State::Closing;
}

}  // namespace shunt::node
