// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/http_conversation.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <variant>
#include <vector>

#include "shunt/base/mutant.hh"
#include "shunt/farm/http_request.hh"
#include "shunt/farm/url_map.hh"
#include "shunt/node/content_query.hh"
#include "shunt/node/content_type.hh"
#include "shunt/node/generated_content.hh"
#include "shunt/node/named_content.hh"
#include "shunt/node/percent_decoding.hh"

namespace shunt::node {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kTailPrefix = "/tail/";

/// A tail without a wish of its own ends once its object has not grown for so long, in seconds; no
/// longer wish is taken.
constexpr std::uint32_t kQuietSeconds = 10;
constexpr std::uint32_t kQuietSecondsMax = 3'600;

constexpr std::uint32_t looks_in(std::uint32_t seconds) {
    return seconds * static_cast<std::uint32_t>(Duration::seconds(1).to_microseconds() /
                                                HttpResponse::kLookPause.to_microseconds());
}
static_assert(looks_in(kQuietSecondsMax) == HttpResponse::kQuietLooksMax);

/// Of the parameter "quiet_s=N", among others that are none of ours; nothing: it is no such number.
std::optional<std::uint32_t> quiet_looks(std::string_view query) {
    constexpr std::string_view name = "quiet_s=";
    while (!query.empty() && !query.starts_with(name))
        query.remove_prefix(std::min(query.find('&'), query.size() - 1) + 1);
    if (query.empty()) return looks_in(kQuietSeconds);
    const std::string_view value = query.substr(name.size());
    const std::string_view digits = value.substr(0, value.find('&'));
    std::uint32_t seconds = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    const bool is_number = error == std::errc{} && end == digits.data() + digits.size();
    const bool is_taken = is_number && seconds >= 1 && seconds <= kQuietSecondsMax;
    return is_taken ? std::optional(looks_in(seconds)) : std::nullopt;
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

/// A defect: one count for the bodies of all conversations.
std::uint64_t& count_of(std::uint64_t& own) {
    static std::uint64_t shared = 0;
    return is_mutant(Mutant::ConfusesUploads) ? shared : own;
}

}  // namespace

void HttpConversation::advance(tcp::Connection& connection, Instant now) {
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
                goes_on = write_response(connection, now);
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
    takes_chunks_ = head->takes_chunks;
    is_head_request_ = head->method == "HEAD";
    request_body_left_ = head->content_length.value_or(0);
    count_of(request_body_read_) = 0;
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
    is_greeted_ = !is_mutant(Mutant::GreetsEveryRequest);
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
    if (is_request_body_verified_ && !response_->is_content(count_of(request_body_read_), bytes)) {
        refuse("422 Unprocessable Content", "the body is not generated content\n");
        return true;
    }
    connection.consume(bytes.size());
    count_of(request_body_read_) += count;
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

void HttpConversation::answer(std::string_view method, std::string_view target) {
    if (method != "GET" && method != "HEAD" && method != "POST" && method != "PUT") {
        answer_text("501 Not Implemented", "only GET, HEAD, POST and PUT are served\n");
        return;
    }
    const std::string_view whole = farm::path_of(target);
    const std::size_t path_size = std::min(whole.find('?'), whole.size());
    const auto path = percent_decoded(whole.substr(0, path_size));
    if (!path) {
        answer_text("400 Bad Request", "the path is not percent-encoded as RFC 3986 demands\n");
        return;
    }
    const std::string_view query = whole.substr(path_size).substr(path_size < whole.size());
    if (path->starts_with(kTailPrefix)) {
        if (answer_tail(std::string_view(*path).substr(kTailPrefix.size() - 1), query)) return;
    }
    if (const auto size = generated_size(*path)) {
        answer_generated(*size, query, method == "POST" || method == "PUT");
        return;
    }
    if (const auto size = contents_.size_of(*path)) {
        HttpResponse& response = start("200 OK", content_type_of(*path), *size);
        response.source = HttpResponse::Source::Contents;
        response.path = *path;
        response.version = contents_.version_of(*path);
        return;
    }
    answer_text("404 Not Found", "there is no such object\n");
}

void HttpConversation::answer_generated(std::uint64_t size, std::string_view query,
                                        bool is_upload) {
    const auto wanted = read_content_query(query);
    if (!wanted || (wanted->stream && size > kNamedSizeMax)) {
        answer_text("400 Bad Request",
                    "stream= takes six lower-case hexadecimal digits, once, "
                    "and content of 64 GiB at most\n");
        return;
    }
    // Of a stream the target says how long it is; without one, of the answer alone.
    if (wanted->is_verified && wanted->stream && is_upload && request_body_left_ != size) {
        answer_text("422 Unprocessable Content", "the body is not as long as the target says\n");
        return;
    }
    is_request_body_verified_ = wanted->is_verified;
    HttpResponse& response = start("200 OK", "application/octet-stream", size);
    response.source =
        wanted->stream ? HttpResponse::Source::Named : HttpResponse::Source::Generated;
    response.stream = wanted->stream.value_or(0);
}

void HttpConversation::answer_text(std::string_view status, std::string_view text) {
    start(status, "text/plain", text.size()).text = text;
}

/// False: there is nothing to follow.
bool HttpConversation::answer_tail(std::string_view path, std::string_view query) {
    const auto quiet = quiet_looks(query);
    if (!quiet) {
        answer_text("400 Bad Request", "a tail takes quiet_s=1 to 3600\n");
        return true;
    }
    if (const auto end = generated_size(path)) {
        HttpResponse& response = start("200 OK", "application/octet-stream", *end);
        if (is_head_request_) return true;
        response.source = HttpResponse::Source::GrowingGenerated;
        response.size = 0;
        response.growth.end = *end;
        return true;
    }
    if (!contents_.size_of(path)) return false;
    // To whom nothing can be sent in chunks the end of the connection is that of the response.
    if (!takes_chunks_) keeps_alive_ = false;
    HttpResponse& response = begin_response("200 OK", content_type_of(path),
                                            takes_chunks_ ? "Transfer-Encoding: chunked\r\n" : "");
    if (is_head_request_) return true;
    response.path = path;
    response.follow(*quiet, takes_chunks_);
    return true;
}

HttpResponse& HttpConversation::start(std::string_view status, std::string_view type,
                                      std::uint64_t size) {
    HttpResponse& response =
        begin_response(status, type, fmt::format("Content-Length: {}\r\n", size));
    response.size = is_head_request_ ? 0 : size;
    return response;
}

HttpResponse& HttpConversation::begin_response(std::string_view status, std::string_view type,
                                               std::string_view framing) {
    response_ = std::make_unique<HttpResponse>();
    response_->head =
        fmt::format("HTTP/1.1 {}\r\nServer: shunt/{}\r\nContent-Type: {}\r\n{}{}\r\n", status,
                    server_name_, type, framing, keeps_alive_ ? "" : "Connection: close\r\n");
    state_ = State::Response;
    return *response_;
}

bool HttpConversation::write_response(tcp::Connection& connection, Instant now) {
    switch (response_->write(connection, contents_, now)) {
        case HttpResponse::Progress::Waiting:
            return false;
        case HttpResponse::Progress::Broken:
            state_ = State::Closing;
            return true;
        case HttpResponse::Progress::Done:
            break;
    }
    finish_exchange();
    if (state_ == State::Closing) connection.close();
    return true;
}

std::optional<Instant> HttpConversation::wake_at() const {
    return state_ == State::Response ? response_->wake_at() : std::nullopt;
}

void HttpConversation::finish_exchange() {
    response_.reset();
    state_ = keeps_alive_ ? State::Head : State::Closing;
}

}  // namespace shunt::node
