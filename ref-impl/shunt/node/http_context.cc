// SPDX-License-Identifier: Apache-2.0
// An HTTP conversation as it moves to another server in mid-use (EP-42): what of the exchange under
// way is still to be read and to be written. What is queued in the connection moves with that.
#include <utility>

#include "shunt/base/mutant.hh"
#include "shunt/node/context_bytes.hh"
#include "shunt/node/http_context_format.hh"
#include "shunt/node/http_conversation.hh"

namespace shunt::node {
using namespace http_context;

std::optional<std::vector<std::uint8_t>> HttpConversation::context() const {
    ContextWriter out;
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
    if (!response_->append_to(out, contents_)) return std::nullopt;
    return out.take();
}

std::unique_ptr<HttpConversation> HttpConversation::resume(Contents& contents,
                                                           std::string_view server_name,
                                                           ByteView context, Sessions* sessions) {
    ContextReader in(context);
    auto resumed = std::make_unique<HttpConversation>(contents, server_name, sessions);
    const bool is_known = in.number(1) == kVersion;
    const std::uint64_t state = in.number(1);
    const std::uint64_t flags = in.number(1);
    resumed->request_body_left_ = in.number(8);
    resumed->request_body_read_ = in.number(8);
    resumed->keeps_alive_ = (flags & kKeepsAlive) != 0;
    resumed->is_head_request_ = (flags & kIsHeadRequest) != 0;
    resumed->is_request_body_verified_ = (flags & kIsBodyVerified) != 0;
    resumed->is_greeted_ = (flags & kIsGreeted) != 0 && !is_mutant(Mutant::GreetsBehindMoves);
    if (!is_known || state > static_cast<std::uint8_t>(State::Closing)) return nullptr;
    resumed->state_ = static_cast<State>(state);
    if ((flags & kHasResponse) != 0) {
        auto response = HttpResponse::read_from(in);
        if (!response) return nullptr;
        resumed->response_ = std::make_unique<HttpResponse>(std::move(*response));
    }
    const bool is_right = in.is_read_to_its_end() && resumed->is_consistent();
    return is_right ? std::move(resumed) : nullptr;
}

/// What the state needs is there, and the object is one that this server has too.
bool HttpConversation::is_consistent() const {
    const bool needs_response = state_ == State::RequestBody || state_ == State::Response;
    if (needs_response != (response_ != nullptr)) return false;
    if (state_ == State::RequestBody && request_body_left_ == 0) return false;
    if (request_body_left_ > HttpResponse::kSizeMax || request_body_read_ > HttpResponse::kSizeMax)
        return false;
    return !response_ || response_->can_go_on(contents_);
}

}  // namespace shunt::node
