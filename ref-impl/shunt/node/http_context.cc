// SPDX-License-Identifier: Apache-2.0
// An HTTP conversation as it moves to another server in mid-use (EP-42): what of the exchange under
// way is still to be read and to be written. What is queued in the connection moves with that.
#include <limits>
#include <utility>

#include "shunt/node/http_conversation.hh"

namespace shunt::node {
namespace {

constexpr std::uint8_t kVersion = 3;
constexpr std::uint8_t kHasResponse = 1;
constexpr std::uint8_t kKeepsAlive = 2;
constexpr std::uint8_t kIsHeadRequest = 4;
constexpr std::uint8_t kIsBodyVerified = 8;
constexpr std::uint8_t kIsGreeted = 16;
constexpr std::uint64_t kBodyMax = std::uint64_t{1} << 60U;

/// Appends integers, big-endian, and texts behind their length.
class Writer {
  public:
    void number(std::uint64_t value, std::size_t size) {
        for (std::size_t i = size; i-- > 0;)
            bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    void text(std::string_view text) {
        number(text.size(), 2);
        bytes_.insert(bytes_.end(), text.begin(), text.end());
    }
    std::vector<std::uint8_t> take() { return std::move(bytes_); }

  private:
    std::vector<std::uint8_t> bytes_;
};

/// Reads them; once the bytes do not suffice it is at fault, and everything is zero.
class Reader {
  public:
    explicit Reader(ByteView bytes) : bytes_(bytes) {}

    std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : take(size))
            value = value << 8U | byte;
        return value;
    }
    std::string text() {
        const auto size = static_cast<std::size_t>(number(2));
        const ByteView bytes = take(size);
        return {bytes.begin(), bytes.end()};
    }
    bool is_read_to_its_end() const { return !is_at_fault_ && bytes_.empty(); }

  private:
    ByteView take(std::size_t size) {
        is_at_fault_ = is_at_fault_ || size > bytes_.size();
        if (is_at_fault_) return {};
        const ByteView taken = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return taken;
    }

    ByteView bytes_;
    bool is_at_fault_ = false;
};

}  // namespace

std::optional<std::vector<std::uint8_t>> HttpConversation::context() const {
    Writer out;
    out.number(kVersion, 1);
    out.number(static_cast<std::uint8_t>(state_), 1);
    out.number((response_ ? kHasResponse : 0U) | (keeps_alive_ ? kKeepsAlive : 0U) |
                   (is_head_request_ ? kIsHeadRequest : 0U) |
                   (is_request_body_verified_ ? kIsBodyVerified : 0U) |
                   (is_greeted_ ? kIsGreeted : 0U),
               1);
    out.number(request_body_left_, 8);
    out.number(request_body_read_, 8);
    if (!response_) return out.take();
    constexpr std::size_t text_max = std::numeric_limits<std::uint16_t>::max();
    if (response_->path.size() > text_max || response_->text.size() > text_max) {
        return std::nullopt;
    }
    out.number(static_cast<std::uint8_t>(response_->source), 1);
    out.number(response_->offset, 8);
    out.number(response_->size, 8);
    out.number(response_->version, 8);
    out.text(response_->head);
    out.text(response_->path);
    out.text(response_->text);
    return out.take();
}

std::unique_ptr<HttpConversation> HttpConversation::resume(Contents& contents,
                                                           std::string_view server_name,
                                                           ByteView context, Sessions* sessions) {
    Reader in(context);
    auto resumed = std::make_unique<HttpConversation>(contents, server_name, sessions);
    const bool is_known = in.number(1) == kVersion;
    const std::uint64_t state = in.number(1);
    const std::uint64_t flags = in.number(1);
    resumed->request_body_left_ = in.number(8);
    resumed->request_body_read_ = in.number(8);
    resumed->keeps_alive_ = (flags & kKeepsAlive) != 0;
    resumed->is_head_request_ = (flags & kIsHeadRequest) != 0;
    resumed->is_request_body_verified_ = (flags & kIsBodyVerified) != 0;
    resumed->is_greeted_ = (flags & kIsGreeted) != 0;
    if (!is_known || state > static_cast<std::uint8_t>(State::Closing)) return nullptr;
    resumed->state_ = static_cast<State>(state);
    if ((flags & kHasResponse) != 0) {
        resumed->response_ = std::make_unique<Response>();
        Response& response = *resumed->response_;
        const std::uint64_t source = in.number(1);
        if (source > static_cast<std::uint8_t>(Source::Contents)) return nullptr;
        response.source = static_cast<Source>(source);
        response.offset = in.number(8);
        response.size = in.number(8);
        response.version = in.number(8);
        response.head = in.text();
        response.path = in.text();
        response.text = in.text();
    }
    const bool is_right = in.is_read_to_its_end() && resumed->is_consistent();
    return is_right ? std::move(resumed) : nullptr;
}

/// What the state needs is there, and the object is one that this server has too.
bool HttpConversation::is_consistent() const {
    const bool needs_response = state_ == State::RequestBody || state_ == State::Response;
    if (needs_response != (response_ != nullptr)) return false;
    if (state_ == State::RequestBody && request_body_left_ == 0) return false;
    if (request_body_left_ > kBodyMax || request_body_read_ > kBodyMax) return false;
    if (!response_) return true;
    if (response_->offset > response_->size || response_->size > kBodyMax) return false;
    switch (response_->source) {
        case Source::Text:
            return response_->size <= response_->text.size();
        case Source::Generated:
            return true;
        case Source::Contents: {
            if (response_->size == 0) return true;  // nothing of it is read (HEAD)
            const auto size = contents_.size_of(response_->path);
            const std::uint64_t version = contents_.version_of(response_->path);
            return size == response_->size && version == response_->version;
        }
    }
    return false;
}

}  // namespace shunt::node
